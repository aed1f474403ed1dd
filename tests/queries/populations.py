"""Incidences from plain dictionaries, for questions that need no store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from cohabit.graph.incidence import LEVELS, Deployments, Incidence, ItemMatrix, ModelTable
from cohabit.queries import bootstrap, combinations, cooccurrence, pair_words
from cohabit.queries.places import Membership

Hosts = Mapping[str, set[str]]

# Six hosts, three families: A on 1, 2, 3, 4; B on 1, 2, 3, 6; C on 3, 5, 6.
#
#        A  B  C
#   1    x  x        n = 6, multi-model hosts 1, 2, 3, 6: 4
#   2    x  x        a = 4, b = 4, c = 3
#   3    x  x  x     ab = 3 (1, 2, 3), ac = 1 (3), bc = 2 (3, 6), abc = 1 (3)
#   4    x
#   5          x
#   6       x  x
SIX: Hosts = {"1": {"A", "B"}, "2": {"A", "B"}, "3": {"A", "B", "C"}, "4": {"A"}, "5": {"C"}, "6": {"B", "C"}}


def incidence(hosts: Hosts, items: set[str] | None = None) -> Incidence:
    """Every item is a model that is its own family, line and so on; `items` adds some that no host has.

    `A/1` and `A/2` are two models of the item A.
    """
    labels = sorted(set().union(*hosts.values(), items or set()))
    pairs = sorted((h, labels.index(item)) for h, own in enumerate(hosts.values()) for item in own)
    host_index = np.array([h for h, _ in pairs], np.int64)
    model_index = np.array([m for _, m in pairs], np.int64)
    keys = np.arange(len(hosts), dtype=np.int64)
    models = ModelTable(labels, {level: [name.partition("/")[0] for name in labels] for level in LEVELS})
    return Incidence(keys, host_index, model_index, models, Deployments(host_index, model_index))


def matrix(hosts: Hosts, items: set[str] | None = None) -> ItemMatrix:
    """The host × item matrix of the level family."""
    return incidence(hosts, items).at("family")


class Questions:
    """Ask the questions of a population in memory instead of a store."""

    def __init__(
        self, patch: pytest.MonkeyPatch, hosts: Hosts, networks: Mapping[str, int | None] | None = None
    ) -> None:
        self.patch, self.hosts, self.networks = patch, hosts, networks or {}
        self.items: set[str] = set()

    def _place(self, *_: Any) -> Membership:
        known = sorted({n for n in self.networks.values() if n is not None})
        of_host = [self.networks.get(h) for h in self.hosts]
        places = [len(known) if n is None else known.index(n) for n in of_host]
        labels = [*(f"AS{n}" for n in known), "unknown"]
        return Membership(labels, np.arange(len(places)), np.array(places, np.int64))

    def _ask(self, question: Any, *arguments: Any, **options: Any) -> Any:
        for module in (cooccurrence, combinations):
            self.patch.setattr(module, "read_incidence", lambda store, scope: incidence(self.hosts, self.items))
        self.patch.setattr(bootstrap, "memberships", self._place)
        self.patch.setattr(pair_words, "days_seen", lambda store, scope: None)
        return question(None, *arguments, **options)

    def cooccurrence(self, *names: str, **options: Any) -> Any:
        """Ask `cooccurrence`."""
        return self._ask(cooccurrence.cooccurrence, names, **options)

    def combinations(self, **options: Any) -> Any:
        """Ask `combinations`."""
        return self._ask(combinations.combinations, **options)
