"""The hosts that run all of the items that were asked for, and which of their deployments are of these items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from cohabit.graph.incidence import Incidence, read_deployments
from cohabit.graph.store import GraphStore
from cohabit.queries.digests import SHORT, only_digest, require_digest
from cohabit.queries.items import find_at, require_at
from cohabit.queries.listed import Mask, hosts_of
from cohabit.queries.scope import Scope, read_incidence

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
    """Read the hosts in scope that run all of the items. A digest counts for a host if it ever reported it."""
    incidence = read_incidence(store, scope)
    if not items:
        return Selection(incidence, np.ones(len(incidence.host_index), bool))
    chosen = np.ones(len(incidence.hosts), bool)
    matched = np.zeros(len(incidence.host_index), bool)
    for hosts, edges in _of_items(store, incidence, items):
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


def _of_items(store: GraphStore, incidence: Incidence, items: Items) -> Iterator[tuple[Mask, Mask]]:
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
        holders = read_deployments(store, incidence.models, digest=_whole_digest(store, value))
        yield np.isin(incidence.hosts, holders.hosts), np.isin(own, holders.hosts * width + holders.models)


def _whole_digest(store: GraphStore, value: str) -> str:
    """The digest that is meant by its 64 digits, or by the first 12 of them; UsageError where these mean several."""
    digest = require_digest(value)
    if len(digest) > SHORT:
        return digest
    table = store.table(
        "MATCH (:Host)-[d:DEPLOYS]->(:Model) UNWIND d.digests AS digest "
        "WITH DISTINCT digest WHERE digest STARTS WITH $short RETURN digest AS digest",
        {"short": digest},
    )
    return only_digest(digest, sorted(table.column("digest").to_pylist()))
