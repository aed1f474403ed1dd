"""Combinations: the exact set of items that each host runs, and how many hosts run it."""

from __future__ import annotations

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent, unknown_caveat

COLUMNS = ("items", "size", "hosts", "share", "low", "high", "base")


def combinations(
    store: GraphStore,
    *,
    level: str = "family",
    scope: Scope | None = None,
    min_size: int = 1,
    min_hosts: int = 1,
) -> Result:
    """The distinct sets of known items of a level, each with the hosts that run exactly this set.

    Sets have at least `min_size` items and `min_hosts` hosts; most hosts first, then by their items (code points, and
    `items` is in that order too). `share` is of the `base`, the hosts in scope with at least one known item, whatever
    is left out, with the Wilson 95 % interval `low` to `high`.
    """
    for name, value in (("--min-size", min_size), ("--min-hosts", min_hosts)):
        if value < 1:
            raise UsageError(f"{name} {value}: it takes 1 or more")
    incidence = read_incidence(store, scope or Scope())
    matrix = incidence.at(level)
    sets, set_of_host = exact_sets(matrix)
    hosts = np.bincount(set_of_host[set_of_host >= 0], minlength=len(sets))
    kept = [i for i, items in enumerate(sets) if len(items) >= min_size and hosts[i] >= min_hosts]
    low, high = measures.wilson(hosts[kept], np.full(len(kept), matrix.base))
    rows: list[Row] = [
        {
            "items": [matrix.labels[item] for item in sets[i]],
            "size": len(sets[i]),
            "hosts": int(hosts[i]),
            "share": int(hosts[i]) / matrix.base,
            "low": float(bounds[0]),
            "high": float(bounds[1]),
            "base": matrix.base,
        }
        for i, bounds in zip(kept, zip(low, high, strict=True), strict=True)
    ]
    rows.sort(key=lambda r: (-r["hosts"], r["items"]))
    return result(COLUMNS, rows, headline=_headline(rows, matrix), caveats=unknown_caveat(incidence, matrix))


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


def _described(row: Row) -> str:
    """`most often llama and qwen2 (10 hosts, 4.0 %)`."""
    *most, last = row["items"]
    items = f"{', '.join(most)} and {last}" if most else f"only {last}"
    return f"most often {items} ({count(row['hosts'], 'host')}, {percent(row['share'])})"
