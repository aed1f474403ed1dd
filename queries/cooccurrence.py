"""Co-occurrence: which items live together on a host, and how much more often than by chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.items import require_at
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent, unknown_caveat

COLUMNS = (
    "a",
    "b",
    "hosts",
    "hosts_a",
    "hosts_b",
    "share_of_a",
    "share_of_b",
    "share_of_multi_model_hosts",
    "low",
    "high",
    "lift",
    "jaccard",
    "npmi",
    "odds_ratio",
    "odds_low",
    "odds_high",
    "base",
)
TABLE_COLUMNS = (
    "a",
    "b",
    "hosts",
    "hosts_a",
    "hosts_b",
    "share_of_multi_model_hosts",
    "low",
    "high",
    "lift",
    "jaccard",
)
SORTS = ("hosts", "lift", "jaccard", "npmi", "odds_ratio", "share_of_a", "share_of_b")


def cooccurrence(
    store: GraphStore,
    names: tuple[str, ...] = (),
    *,
    level: str = "family",
    scope: Scope | None = None,
    min_hosts: int = 1,
    sort: str = "hosts",
) -> Result:
    """Pairs of items by the hosts that run both.

    Without names: every pair with at least `min_hosts` hosts, a < b by code point. With one name: its pairs, the name
    in column a. With two: that pair, even when no host runs both. `low` and `high` are the Wilson 95 % interval of
    `share_of_multi_model_hosts`; `base` is the n of lift, npmi and the odds ratio.
    """
    if sort not in SORTS:
        raise UsageError(f"--sort {sort!r}: not a column to sort by; choose from {', '.join(SORTS)}")
    if len(names) > 2:
        raise UsageError(f"co-occurrence is about pairs: name one item or two, not {len(names)}")
    incidence = read_incidence(store, scope or Scope())
    matrix = incidence.at(level)
    named = [matrix.labels.index(require_at(incidence.models, level, name)) for name in names]
    if len(named) == 2 and named[0] == named[1]:
        raise UsageError(f"{matrix.labels[named[0]]!r} is named twice; a pair needs two different items")
    first, second, together = _pairs(matrix, named, min_hosts)
    rows = _rows(matrix, incidence.multi_model_hosts, first, second, together)
    rows.sort(key=lambda r: (_descending(r[sort]), -r["hosts"], r["a"], r["b"]))
    headline = _headline(incidence, matrix, rows, named)
    return result(
        COLUMNS, rows, headline=headline, caveats=unknown_caveat(incidence, matrix), table_columns=TABLE_COLUMNS
    )


def _pairs(matrix: ItemMatrix, named: list[int], min_hosts: int) -> tuple[Any, Any, Any]:
    """Positions of a and b of every pair to report, and the hosts that have both (ab = BᵀB off the diagonal)."""
    if len(named) == 2:
        both = np.intersect1d(matrix.hosts_of(named[0]), matrix.hosts_of(named[1]), assume_unique=True)
        return np.array([named[0]]), np.array([named[1]]), np.array([len(both)])
    if named:
        together = matrix.matrix.T @ _indicator(matrix, named[0])
        together[named[0]] = 0
        second = np.flatnonzero(together >= max(min_hosts, 1))
        return np.full(len(second), named[0]), second, together[second]
    counts = (matrix.matrix.T @ matrix.matrix).tocoo()
    upper = (counts.row < counts.col) & (counts.data >= max(min_hosts, 1))
    return counts.row[upper], counts.col[upper], counts.data[upper]


def _indicator(matrix: ItemMatrix, item: int) -> Any:
    column = np.zeros(matrix.host_count, np.int64)
    column[matrix.hosts_of(item)] = 1
    return column


def _rows(matrix: ItemMatrix, multi: int, first: Any, second: Any, ab: Any) -> list[Row]:
    a, b, n = matrix.hosts_per_item[first], matrix.hosts_per_item[second], matrix.base
    odds, odds_low, odds_high = measures.odds_ratio(n, a, b, ab)
    low, high = measures.wilson(ab, np.full(len(ab), multi))
    columns: dict[str, list[Any]] = {
        "a": [matrix.labels[i] for i in first],
        "b": [matrix.labels[i] for i in second],
        "hosts": ab.tolist(),
        "hosts_a": a.tolist(),
        "hosts_b": b.tolist(),
        "share_of_a": measures.ratio(ab, a).tolist(),
        "share_of_b": measures.ratio(ab, b).tolist(),
        "share_of_multi_model_hosts": measures.ratio(ab, np.full(len(ab), multi)).tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
        "lift": measures.lift(n, a, b, ab).tolist(),
        "jaccard": measures.jaccard(a, b, ab).tolist(),
        "npmi": measures.npmi(n, a, b, ab).tolist(),
        "odds_ratio": odds.tolist(),
        "odds_low": odds_low.tolist(),
        "odds_high": odds_high.tolist(),
        "base": [n] * len(ab),
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _descending(value: float) -> tuple[bool, float]:
    """Largest first, undefined last."""
    return (True, 0.0) if value != value else (False, -value)


def _headline(incidence: Incidence, matrix: ItemMatrix, rows: list[Row], named: list[int]) -> str:
    multi = incidence.multi_model_hosts
    if len(named) == 2:
        r = rows[0]
        if not r["hosts"]:
            return (
                f"No host runs both {r['a']} and {r['b']} ({count(r['hosts_a'], 'host')} with {r['a']}, "
                f"{count(r['hosts_b'], 'host')} with {r['b']})."
            )
        verb = "runs" if r["hosts"] == 1 else "run"
        return (
            f"{count(r['hosts'], 'host')} {verb} both: {percent(r['share_of_multi_model_hosts'])} of the "
            f"{count(multi, 'multi-model host')}, {percent(r['share_of_a'])} of the {r['hosts_a']:,} with {r['a']}, "
            f"{percent(r['share_of_b'])} of the {r['hosts_b']:,} with {r['b']}."
        )
    if not rows:
        return f"No two items of level {matrix.level} live together on {count(len(incidence.hosts), 'host')}."
    top = rows[0]
    return (
        f"{count(len(rows), 'pair')} at level {matrix.level} on {count(multi, 'multi-model host')}; first: "
        f"{top['a']} and {top['b']} on {count(top['hosts'], 'host')}."
    )
