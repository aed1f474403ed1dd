"""Time windows: the hosts seen in one, and what they listed then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cohabit.graph.incidence import (
    Deployments,
    Integers,
    ModelTable,
    host_keys,
    list_lengths_and_values,
    positions,
    read_deployments,
    without_nulls,
)
from cohabit.graph.store import GraphStore


@dataclass(frozen=True)
class TimeWindow:
    """The ISO weeks of the window (None: ever), and whether only each host's newest listed week counts."""

    weeks: tuple[int, ...] | None
    newest_only: bool = False


_Read = tuple[Integers, Deployments]


def read_windows(store: GraphStore, models: ModelTable, windows: Sequence[TimeWindow], *, details: bool) -> list[_Read]:
    """Hosts and deployments of each window, before any filter."""
    spans = sorted({w.weeks for w in windows if w.newest_only and w.weeks is not None})
    found: dict[TimeWindow, _Read] = {}
    for window in windows:
        if window not in found and not window.newest_only:
            where = " WHERE any(w IN $weeks WHERE w IN h.weeks)" if window.weeks is not None else ""
            parameters = {"weeks": list(window.weeks)} if window.weeks is not None else None
            hosts = host_keys(store, where, parameters)
            found[window] = hosts, read_deployments(store, models, window.weeks, details=details)
    ever = found.get(TimeWindow(None))
    all_edges = ever[1] if ever is not None and details else None
    for span, lists in zip(spans, _newest_lists(store, models, spans, all_edges), strict=True):
        found[TimeWindow(span, newest_only=True)] = lists
    return [found[window] for window in windows]


def _newest_lists(
    store: GraphStore, models: ModelTable, spans: Sequence[tuple[int, ...]], edges: Deployments | None
) -> list[_Read]:
    """For each span of weeks: each host's newest listed week in it, with the models listed in that week.

    `edges` are all deployments with their weeks, where they are read already.
    """
    if not spans:
        return []
    weeks = sorted({week for span in spans for week in span})
    none = np.empty(0, np.int64)
    listed = store.table(
        f"MATCH (h:Host) WHERE any(w IN $weeks WHERE w IN h.listed_weeks) "
        f"RETURN {store.host_key} AS host, h.listed_weeks AS weeks",
        {"weeks": weeks},
    )
    if not listed.num_rows:
        return [(none, Deployments(none, none)) for _ in spans]
    lengths, listed_weeks = list_lengths_and_values(listed.column("weeks"))
    listing = np.repeat(without_nulls(listed.column("host")), lengths)
    if edges is None:
        edges = read_deployments(store, models, weeks, details=True)
    found = []
    for span in spans:
        inside = np.isin(listed_weeks, span)
        hosts, position = np.unique(listing[inside], return_inverse=True)
        newest = np.zeros(len(hosts), np.int64)
        np.maximum.at(newest, position, listed_weeks[inside])
        found.append((hosts, _listed_in(edges, hosts, newest)))
    return found


def _listed_in(edges: Deployments, hosts: Integers, weeks: Integers) -> Deployments:
    """The edges of those hosts that were listed in the week of their host."""
    kept = np.zeros(len(edges.hosts), bool)
    if edges.weeks is not None and edges.week_edges is not None and len(hosts):
        # No week of a host is 0, so an edge of another host matches none.
        wanted = np.append(weeks, 0)[positions(edges.hosts, hosts)]
        kept[edges.week_edges[wanted[edges.week_edges] == edges.weeks]] = True
    return Deployments(edges.hosts[kept], edges.models[kept])
