"""One pair over time: period by period, on how many hosts two items are together, and how that share moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.items import require_at
from cohabit.queries.pairs import SHARE_COLUMNS, shares_of
from cohabit.queries.periods import read_host_weeks
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.series import Series, Sightings, read_sightings, sightings
from cohabit.queries.trends import course, uneven
from cohabit.queries.words import unknown_caveat

COLUMNS = (
    "period",
    "a",
    "b",
    *SHARE_COLUMNS,
    "lift",
    "jaccard",
    "base",
)
TABLE_COLUMNS = (
    "period",
    "hosts",
    "share_of_multi_model_hosts",
    "low",
    "high",
    "multi_model_hosts",
    "hosts_a",
    "hosts_b",
    "lift",
    "jaccard",
)


def pair_series(
    store: GraphStore,
    names: tuple[str, ...],
    *,
    level: str = "family",
    every: str = "month",
    scope: Scope | None = None,
) -> Result:
    """Follow two items: one row a period, as `cooccurrence` counts the pair with that period as its time window.

    `hosts` listed both in the period, not necessarily at once; `multi_model_hosts` listed two or more models in it, and
    the share of these has its Wilson 95 % interval; `base` (n of `lift`) listed a known item of the level. Periods in
    which no list was seen of a host in scope have no row, and the notes say so.
    """
    if len(names) != 2:
        raise UsageError("--every follows one pair over time: name two items")
    scope = scope or Scope()
    host_weeks = read_host_weeks(store)
    seen = read_sightings(store, scope, level, every, host_weeks)
    models = sightings(host_weeks, seen.incidence, seen.periods, "model")
    a, b = (require_at(seen.incidence.models, level, name) for name in names)
    if a == b:
        raise UsageError(f"{a!r} is named twice; name different items")
    of_a, of_b = (_pairs_of(seen, seen.items == seen.labels.index(item)) for item in (a, b))
    both = np.intersect1d(of_a, of_b)
    multi = _multi_model(models)
    counts = {
        "hosts": _per_period(seen, both),
        "hosts_a": _per_period(seen, of_a),
        "hosts_b": _per_period(seen, of_b),
        "multi_model_hosts": _per_period(seen, multi),
        "base": _per_period(seen, distinct(_pairs_of(seen, np.ones(len(seen.items), bool)))),
    }
    series = Series(
        seen.periods,
        [""],
        [f"{a} and {b}"],
        counts["hosts"][None, :],
        counts["multi_model_hosts"][None, :],
        np.array([len(distinct(both // _width(seen)))], np.int64),
        (*seen.periods.gaps(), *unknown_caveat(seen.incidence, seen.incidence.at(level))),
    )
    listed = np.bincount(seen.listed_periods, minlength=len(seen.periods)) > 0
    return result(
        COLUMNS,
        _rows(seen.periods.labels, a, b, counts, listed),
        headline=course(series, "multi-model host"),
        caveats=(*series.notes, *uneven(series)),
        table_columns=TABLE_COLUMNS,
        series=(),
    )


def _width(seen: Sightings) -> int:
    return max(len(seen.periods), 1)


def _pairs_of(seen: Sightings, chosen: npt.NDArray[np.bool_]) -> Integers:
    """Host and period, as one number, of some of the sightings of items."""
    return seen.item_hosts[chosen] * _width(seen) + seen.item_periods[chosen]


def _multi_model(models: Sightings) -> Integers:
    """Host and period where two or more models were listed."""
    keys, number = np.unique(_pairs_of(models, np.ones(len(models.items), bool)), return_counts=True)
    return np.asarray(keys[number >= 2], np.int64)


def _per_period(seen: Sightings, keys: Integers) -> Integers:
    return np.bincount(keys % _width(seen), minlength=len(seen.periods)).astype(np.int64)


def _rows(labels: list[str], a: str, b: str, counts: dict[str, Integers], listed: npt.NDArray[np.bool_]) -> list[Row]:
    hosts, n = counts["hosts"], counts["base"]
    shares = shares_of(hosts, counts["hosts_a"], counts["hosts_b"], counts["multi_model_hosts"])
    columns: dict[str, list[Any]] = {name: values.tolist() for name, values in (counts | shares).items()}
    columns["lift"] = measures.lift(n, counts["hosts_a"], counts["hosts_b"], hosts).tolist()
    columns["jaccard"] = measures.jaccard(counts["hosts_a"], counts["hosts_b"], hosts).tolist()
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return [
        {"period": label, "a": a, "b": b, **row} for label, row, seen in zip(labels, rows, listed, strict=True) if seen
    ]
