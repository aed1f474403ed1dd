"""Rank items by hosts, and places by hosts, and items within places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, Integers
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.places import PLACES, Membership, memberships
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent

UNKNOWN = "unknown"
_FIGURES = ("hosts", "share", "low", "high", "base", "listings", "host_weeks", "networks", "countries")


@dataclass(frozen=True)
class _Edges:
    """Edges to count: host position, group of each, observations, and the weeks of each (or None)."""

    hosts: Integers
    groups: Integers
    observations: Integers | None
    weeks: Integers | None
    week_edges: Integers | None


def rank(store: GraphStore, *, level: str | None = None, by: str | None = None, scope: Scope | None = None) -> Result:
    """Rank by hosts: items of a level (default family), places (`by`), or items within places (both).

    `share` has the Wilson 95 % interval `low` to `high` and the base `base`: for items the hosts in scope with at least
    one known item of the level (of the place), for places all hosts in scope. The row `unknown` counts what the
    catalogue or the source does not know, on the base of hosts with a model, or all hosts.
    `listings` sums the observations of the deployments (None under a time filter), `host_weeks` counts distinct
    (host, week) pairs with the item, `networks` and `countries` those of its hosts.
    """
    scope = scope or Scope()
    if by is not None and by not in PLACES:
        raise UsageError(f"--by {by!r}: not a place; choose from {', '.join(PLACES)}")
    if level is None and by is None:
        level = "family"
    incidence = read_incidence(store, scope, details=scope.at is None)
    spread = tuple(memberships(store, place, incidence.hosts) for place in ("network", "country"))
    edges = _edges(incidence)
    timed = scope.timed
    columns: tuple[str, ...]
    if by is None:
        assert level is not None  # noqa: S101 - for the type checker
        rows = _items(incidence, level, edges, spread, timed)
        columns = ("item", *_FIGURES)
    else:
        place = memberships(store, by, incidence.hosts)
        if level is None:
            rows, columns = _places(incidence, place, edges, spread, timed), ("place", *_FIGURES)
        else:
            rows, columns = [], ("place", "item", *_FIGURES)
            for index, label in enumerate(place.labels):
                here = np.zeros(len(incidence.hosts), bool)
                here[place.hosts[place.places == index]] = True
                part = incidence.restricted(here)
                part_spread = tuple(s.within(part.hosts, incidence.hosts) for s in spread)
                for row in _items(part, level, _edges(part), part_spread, timed):
                    rows.append({"place": label, **row})
    return result(columns, rows, headline=_headline(rows, level, by, incidence), caveats=_caveats(rows, level, by))


def _items(incidence: Incidence, level: str, edges: _Edges, spread: tuple[Membership, ...], timed: bool) -> list[Row]:
    matrix = incidence.at(level)
    labels = [*matrix.labels, UNKNOWN]
    position: dict[str | None, int] = {label: i for i, label in enumerate(matrix.labels)}
    of_model = np.array([position.get(i, len(matrix.labels)) for i in incidence.models.items[level]], np.int64)
    groups = of_model[incidence.model_index] if len(of_model) else incidence.model_index
    edges = _Edges(edges.hosts, groups, edges.observations, edges.weeks, edges.week_edges)
    pairs = _distinct(edges.hosts, groups, len(labels))
    bases = np.full(len(labels), matrix.base)
    bases[-1] = incidence.hosts_with_models
    return _ranked("item", labels, pairs, bases, edges, spread, timed)


def _places(
    incidence: Incidence, place: Membership, edges: _Edges, spread: tuple[Membership, ...], timed: bool
) -> list[Row]:
    # Every host of the place counts, also those without a model; edges are joined to the places of their host.
    joined = _join(edges, place, len(incidence.hosts))
    bases = np.full(len(place.labels), len(incidence.hosts))
    pairs = _distinct(place.hosts, place.places, len(place.labels))
    return _ranked("place", place.labels, pairs, bases, joined, spread, timed)


def _ranked(
    key: str,
    labels: list[str],
    pairs: tuple[Integers, Integers],
    bases: Integers,
    edges: _Edges,
    spread: tuple[Membership, ...],
    timed: bool,
) -> list[Row]:
    hosts, groups = pairs
    size = len(labels)
    counts = np.bincount(groups, minlength=size)
    low, high = measures.wilson(counts, bases)
    share = measures.ratio(counts, bases)
    listings = None
    if edges.observations is not None and not timed:
        listings = np.bincount(edges.groups, edges.observations, minlength=size).astype(np.int64)
    host_weeks = counts
    if edges.weeks is not None and edges.week_edges is not None:
        host_weeks = _host_weeks(edges, size)
    places = [s.count(hosts, groups, size) for s in spread]
    rows: list[Row] = []
    for i in np.flatnonzero(counts):
        rows.append(
            {
                key: labels[i],
                "hosts": int(counts[i]),
                "share": float(share[i]),
                "low": float(low[i]),
                "high": float(high[i]),
                "base": int(bases[i]),
                "listings": None if listings is None else int(listings[i]),
                "host_weeks": int(host_weeks[i]),
                "networks": int(places[0][i]),
                "countries": int(places[1][i]),
            }
        )
    rows.sort(key=lambda r: (r[key] == UNKNOWN, -r["hosts"], r[key]))
    return rows


def _host_weeks(edges: _Edges, size: int) -> Integers:
    assert edges.weeks is not None  # noqa: S101 - for the type checker
    assert edges.week_edges is not None  # noqa: S101 - for the type checker
    weeks, week_index = np.unique(edges.weeks, return_inverse=True)
    host = edges.hosts[edges.week_edges]
    group = edges.groups[edges.week_edges]
    triples = np.unique((host * max(len(weeks), 1) + week_index) * size + group)
    return np.bincount(triples % size, minlength=size).astype(np.int64)


def _distinct(hosts: Integers, groups: Integers, size: int) -> tuple[Integers, Integers]:
    keys = np.unique(hosts * max(size, 1) + groups)
    return keys // max(size, 1), keys % max(size, 1)


def _edges(incidence: Incidence) -> _Edges:
    e = incidence.edges
    return _Edges(incidence.host_index, np.zeros(0, np.int64), e.observations, e.weeks, e.week_edges)


def _join(edges: _Edges, place: Membership, hosts: int) -> _Edges:
    """Repeat every edge for each place its host is in (software: there can be several)."""
    order = np.argsort(edges.hosts, kind="stable")
    per_host = np.bincount(edges.hosts, minlength=hosts)
    starts = np.concatenate([[0], np.cumsum(per_host)])[:-1]
    lengths = per_host[place.hosts]
    groups = np.repeat(place.places, lengths)
    offsets = np.arange(len(groups)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    source = order[np.repeat(starts[place.hosts], lengths) + offsets]
    observations = None if edges.observations is None else edges.observations[source]
    if edges.weeks is None or edges.week_edges is None:
        return _Edges(edges.hosts[source], groups, observations, None, None)
    week_counts = np.bincount(edges.week_edges, minlength=len(edges.hosts))
    week_starts = np.cumsum(week_counts) - week_counts
    by_edge = np.argsort(edges.week_edges, kind="stable")
    repeated = week_counts[source]
    week_edges = np.repeat(np.arange(len(source)), repeated)
    week_offsets = np.arange(len(week_edges)) - np.repeat(np.cumsum(repeated) - repeated, repeated)
    weeks = edges.weeks[by_edge[np.repeat(week_starts[source], repeated) + week_offsets]]
    return _Edges(edges.hosts[source], groups, observations, weeks, week_edges)


def _headline(rows: list[Row], level: str | None, by: str | None, incidence: Incidence) -> str:
    total = count(len(incidence.hosts), "host")
    if not rows:
        return f"Nothing to rank on {total}."
    top = rows[0]
    if level and by:
        return f"Items of level {level} within each {by}, on {total}."
    what = top.get("item") or top.get("place")
    return f"{what} leads with {count(top['hosts'], 'host')}, {percent(top['share'])} of {top['base']:,}."


def _caveats(rows: list[Row], level: str | None, by: str | None) -> tuple[str, ...]:
    key = "place" if level is None else "item"
    unknown = next((r for r in rows if r[key] == UNKNOWN), None)
    if unknown is None or (level and by):
        return ()
    return (f"{key} unknown: {count(unknown['hosts'], 'host')}, {percent(unknown['share'])} of {unknown['base']:,}.",)
