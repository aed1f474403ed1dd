"""The hosts that run all of the items that were asked for, and which of their deployments are of these items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from cohabit.graph.incidence import Incidence
from cohabit.graph.store import GraphStore
from cohabit.queries.digest_filter import holders
from cohabit.queries.digest_names import digest_called
from cohabit.queries.items import find_at, require_at
from cohabit.queries.listed import Mask, hosts_of
from cohabit.queries.scope import Scope, last_week, read_incidence

_LEVELS = ("model", "family", "line", "lab")


@dataclass(frozen=True)
class Items:
    """What hosts are asked for, by level; none means every host."""

    model: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    line: tuple[str, ...] = ()
    lab: tuple[str, ...] = ()
    digest: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))


@dataclass(frozen=True)
class Selection:
    """The hosts that run all items, with everything they run; `matched` are their deployments of one of the items.

    Without items all deployments are matched.
    """

    incidence: Incidence
    matched: Mask


def select(store: GraphStore, items: Items, scope: Scope) -> Selection:
    """Read the hosts in scope that run all of the items.

    A digest counts for a host that had reported it by the end of the time asked for.
    """
    incidence = read_incidence(store, scope)
    if not items:
        return Selection(incidence, np.ones(len(incidence.host_index), bool))
    chosen = np.ones(len(incidence.hosts), bool)
    matched = np.zeros(len(incidence.host_index), bool)
    for hosts, edges in _of_items(store, incidence, items, last_week(scope)):
        chosen &= hosts
        matched |= edges
    return Selection(incidence.restricted(chosen), matched[chosen[incidence.host_index]])


def matching(store: GraphStore, incidence: Incidence, items: Items) -> Mask:
    """Which deployments are of one of the items; an item that the graph does not have any more matches none."""
    if not items:
        return np.ones(len(incidence.host_index), bool)
    known = {
        level: tuple(name for name in getattr(items, level) if find_at(incidence.models, level, name) is not None)
        for level in _LEVELS
    }
    matched = np.zeros(len(incidence.host_index), bool)
    for _, edges in _of_items(store, incidence, replace(items, **known)):
        matched |= edges
    return matched


def _of_items(
    store: GraphStore, incidence: Incidence, items: Items, until: int | None = None
) -> Iterator[tuple[Mask, Mask]]:
    """Yield for each item the hosts that run it, and their deployments of it."""
    for level in _LEVELS:
        for name in getattr(items, level):
            label = require_at(incidence.models, level, name)
            of_model = np.array([item == label for item in incidence.models.items[level]], bool)
            edges = of_model[incidence.model_index]
            yield hosts_of(incidence, edges), edges
    width = max(len(incidence.models.names), 1)
    own = incidence.hosts[incidence.host_index] * width + incidence.model_index
    for value in items.digest:
        # What no host reported is kept as it is written: that nobody has it is an answer.
        held = holders(store, incidence.models, digest_called(store, value) or value, until)
        edges = np.isin(own, held.hosts * width + held.models)
        yield hosts_of(incidence, edges), edges
