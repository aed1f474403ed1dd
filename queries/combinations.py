"""Combinations: the exact set of items that each host runs, and how many hosts run it, overall or place by place."""

from __future__ import annotations

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.places import UNKNOWN, Membership, places_by_base, untold
from cohabit.queries.profiles import place_membership
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent, unknown_caveat

COLUMNS = ("items", "size", "hosts", "share", "low", "high", "base")


def combinations(
    store: GraphStore,
    *,
    level: str = "family",
    by: str | None = None,
    scope: Scope | None = None,
    min_size: int = 1,
    min_hosts: int = 1,
) -> Result:
    """The distinct sets of known items of a level, each with the hosts (of a place: `by`) that run exactly this set.

    Sets have at least `min_size` items and `min_hosts` hosts; most hosts first, then by their items (code points, and
    `items` is in that order too). `share` is of the `base`, the hosts in scope (of the place) with at least one known
    item, whatever is left out, with the Wilson 95 % interval `low` to `high`. The place with the largest base comes
    first, `unknown` last.
    """
    for name, value in (("--min-size", min_size), ("--min-hosts", min_hosts)):
        if value < 1:
            raise UsageError(f"{name} {value}: it takes 1 or more")
    incidence = read_incidence(store, scope or Scope())
    place = place_membership(store, by, incidence.hosts) if by else Membership.everywhere(len(incidence.hosts))
    matrix = incidence.at(level)
    sets, set_of_host = exact_sets(matrix)
    known = np.flatnonzero(set_of_host >= 0)
    source, places = place.join(known)
    width = max(len(sets), 1)
    groups, counts = np.unique(places * width + set_of_host[known[source]], return_counts=True)
    bases = np.bincount(places, minlength=len(place.labels))[groups // width]
    large = np.array([len(items) for items in sets], np.int64)[groups % width] >= min_size
    kept = np.flatnonzero(large & (counts >= min_hosts)).tolist()
    low, high = measures.wilson(counts[kept], bases[kept])
    rows: list[Row] = [
        {
            "place": place.labels[groups[i] // width],
            "items": [matrix.labels[item] for item in sets[groups[i] % width]],
            "size": len(sets[groups[i] % width]),
            "hosts": int(counts[i]),
            "share": int(counts[i]) / int(bases[i]),
            "low": float(bounds[0]),
            "high": float(bounds[1]),
            "base": int(bases[i]),
        }
        for i, bounds in zip(kept, zip(low, high, strict=True), strict=True)
    ]
    rows.sort(key=lambda r: (-r["hosts"], r["items"]))
    caveats = unknown_caveat(incidence, matrix)
    if by is None:
        return result(COLUMNS, rows, headline=_headline(rows, matrix), caveats=caveats)
    order = places_by_base(rows)
    rows.sort(key=lambda r: order[r["place"]])
    headline = untold(place, by) or _headline_of_places(rows, matrix, by)
    return result(("place", *COLUMNS), rows, headline=headline, caveats=caveats)


def exact_sets(matrix: ItemMatrix) -> tuple[list[tuple[int, ...]], Integers]:
    """The distinct sets of items, and which of them each host in scope has (−1: no known item).

    A set is a tuple of positions in `matrix.labels`, ascending; sets come by size, then by their items.
    """
    degrees = np.bincount(matrix.rows, minlength=matrix.host_count)
    starts = np.cumsum(degrees) - degrees
    set_of_host = np.full(matrix.host_count, -1)
    sets: list[tuple[int, ...]] = []
    for size in np.unique(degrees[degrees > 0]).tolist():
        hosts = np.flatnonzero(degrees == size)
        # The entries of a host lie side by side, items ascending.
        items = matrix.columns[starts[hosts][:, None] + np.arange(size)]
        distinct, of_host = np.unique(items, axis=0, return_inverse=True)
        set_of_host[hosts] = len(sets) + of_host
        sets += [tuple(row) for row in distinct.tolist()]
    return sets, set_of_host


def _headline(rows: list[Row], matrix: ItemMatrix) -> str:
    total = count(matrix.base, "host")
    if not rows:
        return f"No combination of level {matrix.level} to show on {total}."
    sentence = f"{count(len(rows), 'combination')} at level {matrix.level} on {total}; {_described(rows[0])}"
    several = next((r for r in rows if r["size"] > 1), None)
    if rows[0]["size"] == 1 and several:
        sentence += f"; of two or more {_described(several)}"
    return f"{sentence}."


def _headline_of_places(rows: list[Row], matrix: ItemMatrix, by: str) -> str:
    total = count(matrix.base, "host")
    if not rows:
        return f"No combination of level {matrix.level} to show on {total}."
    first = rows[0]
    where = f"of unknown {by}" if first["place"] == UNKNOWN else f"in {first['place']}"
    places = count(len({row["place"] for row in rows}), "place")
    return (
        f"Combinations at level {matrix.level} in {places} by {by}, on {total}; of {first['base']:,} {where} "
        f"{_described(first)}."
    )


def _described(row: Row) -> str:
    """`most often llama and qwen2 (10 hosts, 4.0 %)`."""
    *most, last = row["items"]
    items = f"{', '.join(most)} and {last}" if most else f"only {last}"
    return f"most often {items} ({count(row['hosts'], 'host')}, {percent(row['share'])})"
