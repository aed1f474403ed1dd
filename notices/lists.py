"""What each host listed last, of all weeks or after one: how a notice found it, and how it is now."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from cohabit.graph.incidence import addresses_of
from cohabit.graph.store import GraphStore
from cohabit.queries.listed import edge_values
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.selected import Items, matching
from cohabit.timeline import thursday_of, weeks_from

_ALL_WEEKS = 1_000


@dataclass(frozen=True)
class Listed:
    """The models of the items in a host's newest list, and all digests it ever reported for them; both sorted."""

    models: tuple[str, ...]
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Lists:
    """The newest list of every host that showed one, by address, and the newest ISO week of the graph."""

    week: int
    of_host: dict[str, Listed]


def newest_week(store: GraphStore) -> int:
    """The newest ISO week in which any host was seen (0 in an empty graph)."""
    weeks = store.table("MATCH (h:Host) UNWIND h.weeks AS week RETURN max(week) AS week").column("week")
    return int(weeks[0].as_py() or 0)


def newest_lists(store: GraphStore, items: Items, after: int | None = None) -> Lists:
    """Read the newest lists of the graph, or those of the weeks after one; of no items means all models."""
    week = newest_week(store)
    within = _ALL_WEEKS if after is None else len(weeks_from(after, week)) - 1
    if not week or within < 1:
        return Lists(week, {})
    incidence = read_incidence(store, Scope(at=thursday_of(week).isoformat(), within=min(within, _ALL_WEEKS)))
    rows, row_of_edge = edge_values(store, incidence, "digests")
    edges, bounds = incidence.by_host(matching(store, incidence, items))
    names = [incidence.models.names[model] for model in incidence.model_index[edges].tolist()]
    digests = [rows[row]["digests"] or () for row in row_of_edge[edges].tolist()]
    found = {}
    for address, (start, end) in zip(addresses_of(store, incidence.hosts), pairwise(bounds), strict=True):
        reported = {digest for one in digests[start:end] for digest in one}
        found[address] = Listed(tuple(sorted(names[start:end])), tuple(sorted(reported)))
    return Lists(week, found)
