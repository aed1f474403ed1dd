"""What rises and falls: the share of hosts with an item, period by period, its slope, and a forecast on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.appearances import APPEARANCES, appearances
from cohabit.queries.digest_series import digest_series
from cohabit.queries.forecast import Forecast, check_months, forecasts, verdict
from cohabit.queries.null_models import benjamini_hochberg
from cohabit.queries.places import FEW, NOBODY, UNKNOWN
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.series import Series, read_series
from cohabit.queries.slopes import Slopes, slopes
from cohabit.queries.words import count, percent

VIEWS = ("shares", "slopes", *APPEARANCES, "digests")

_FIGURES = ("hosts", "share", "low", "high", "base", "kind")
_TESTED = ("tests", "error", "error_no_change")
# What a narrow terminal has room for comes first.
_TABLE = ("share", "low", "high", "base", "hosts", "kind")
_TABLE_TESTED = ("kind", "share", "low", "high", "error", "error_no_change", "base", "hosts", "tests")
_SLOPES = (
    "hosts",
    "periods",
    "first_share",
    "last_share",
    "course",
    "slope",
    "slope_low",
    "slope_high",
    "p_value",
    "q_value",
    "base",
)

_NOT_INDEPENDENT = (
    "Most hosts of a period are those of the one before: periods are not independent, so p-values are too small. "
    "Read them as a gate, not as a proof."
)
_UNEVEN = 2.0


def trends(
    store: GraphStore,
    *,
    level: str | None = None,
    by: str | None = None,
    every: str = "month",
    item: Sequence[str] = (),
    forecast: int | None = None,
    view: str = "shares",
    scope: Scope | None = None,
) -> Result:
    """Follow items of a level (default family), places (`by`), or items within places (both) over time.

    `view` shares: one row a period and item. `share` is of the hosts (of the place) whose list was seen in the period,
    empty or not (`base`), with its Wilson 95 % interval; periods without such hosts have no row, and the notes say so.
    `forecast` adds rows of kind `forecast` for so many months, with a 95 % prediction interval and the errors of a
    backtest. `view` slopes: one row an item, `slope` in share per period; digests: those of `digest_series`. The other
    views are of `appearances`.
    """
    scope = scope or Scope()
    _check(level, by, forecast, view)
    if view == "digests":
        return digest_series(store, item, level=level, every=every, scope=scope)
    if level is None and by is None:
        level = "family"
    if view in APPEARANCES:
        return appearances(store, view, level=level or "family", every=every, names=item, scope=scope)
    series = read_series(store, scope, level=level, by=by, every=every, names=item)
    keys = tuple(key for key, wanted in (("place", by), ("item", level)) if wanted)
    fitted = _slopes(series)
    notes = (*series.notes, *uneven(series))
    nowhere = NOBODY.format(by.replace("-", " ")) if by and set(series.places) == {UNKNOWN} else None
    if view == "slopes":
        rows = _slope_rows(series, fitted)
        headline = nowhere or _headline(series, fitted)
        extra = (_NOT_INDEPENDENT,) if rows else ()
        return result((*keys, *_SLOPES), rows, headline=headline, caveats=(*notes, *extra), table_columns=_table(keys))
    if forecast is None:
        return result(
            ("period", *keys, *_FIGURES),
            _share_rows(series, {}),
            headline=nowhere or _headline(series, fitted),
            caveats=notes,
            table_columns=("period", *keys, *_TABLE),
            series=keys,
        )
    answer = forecast_answer(series, forecast, keys)
    return replace(answer, headline=nowhere) if nowhere else answer


def forecast_answer(series: Series, months: int, keys: tuple[str, ...] = ("item",)) -> Result:
    """The shares of a series and their forecast for so many months, with its backtest."""
    found = forecasts(series, months)
    sentence, tested = verdict(series, found)
    return result(
        ("period", *keys, *_FIGURES, *_TESTED),
        _share_rows(series, found),
        headline=sentence or _headline(series, _slopes(series)),
        caveats=(*tested, *series.notes, *uneven(series)),
        table_columns=("period", *keys, *_TABLE_TESTED),
        series=keys,
    )


def _check(level: str | None, by: str | None, forecast: int | None, view: str) -> None:
    if view not in VIEWS:
        raise UsageError(f"--view {view!r}: {among(view, VIEWS)}")
    if view in (*APPEARANCES, "digests") and by is not None:
        raise UsageError(f"--view {view} is about items; leave out --by {by}")
    if forecast is not None:
        check_months(forecast)
        if view != "shares":
            raise UsageError(f"--forecast goes with --view shares, not {view}")


def _table(keys: tuple[str, ...]) -> tuple[str, ...]:
    return (*keys, "hosts", "first_share", "last_share", "course", "slope", "slope_low", "slope_high", "p_value")


def _share_rows(series: Series, forecasted: dict[int, Forecast]) -> list[Row]:
    """Observed rows, those of an item followed by its forecast."""
    low, high = measures.wilson(series.counts, series.bases)
    labels = series.periods.labels
    figures = zip(
        series.counts.tolist(),
        series.bases.tolist(),
        series.shares.tolist(),
        low.tolist(),
        high.tolist(),
        strict=True,
    )
    rows: list[Row] = []
    for group, columns in enumerate(figures):
        own = {"place": series.places[group], "item": series.items[group]}
        nothing = dict.fromkeys(_TESTED)
        for period, hosts, base, share, least, most in zip(labels, *columns, strict=True):
            if base:
                observed = {"hosts": hosts, "share": share, "low": least, "high": most, "base": base}
                rows.append({"period": period, **own, **observed, "kind": "observed", **nothing})
        if group in forecasted:
            rows += [{**own, "hosts": None, "base": None, **row} for row in forecasted[group].rows()]
    return rows


def _slopes(series: Series) -> Slopes:
    """Slopes of all groups, over the periods in which each has a base."""
    found = Slopes(*np.full((5, len(series)), np.nan))
    observed = series.observed
    shares = series.shares
    patterns, of = np.unique(observed, axis=0, return_inverse=True) if len(series) else (observed, np.empty(0))
    for i, pattern in enumerate(patterns):
        rows = np.flatnonzero(of.ravel() == i)
        times = np.flatnonzero(pattern).astype(np.float64)
        part = slopes(times, shares[np.ix_(rows, np.flatnonzero(pattern))])
        for name in ("slope", "low", "high", "s", "p"):
            getattr(found, name)[rows] = getattr(part, name)
    return found


def _slope_rows(series: Series, fitted: Slopes) -> list[Row]:
    q = np.full(len(series), np.nan)
    tested = np.isfinite(fitted.p)
    q[tested] = benjamini_hochberg(fitted.p[tested])
    rows = []
    for i in range(len(series)):
        observed = np.flatnonzero(series.observed[i])
        if not len(observed):
            continue
        shares = series.shares[i].tolist()
        rows.append(
            {
                "place": series.places[i],
                "item": series.items[i],
                "hosts": int(series.hosts[i]),
                "periods": len(observed),
                "first_share": shares[observed[0]],
                "last_share": shares[observed[-1]],
                "course": [None if share != share else share for share in shares],
                "slope": float(fitted.slope[i]),
                "slope_low": float(fitted.low[i]),
                "slope_high": float(fitted.high[i]),
                "p_value": float(fitted.p[i]),
                "q_value": float(q[i]),
                "base": int(series.bases[i, observed[-1]]),
            }
        )
    return rows


def _headline(series: Series, fitted: Slopes) -> str:
    """The course of one item, or the steepest rise and fall among those that the test lets through."""
    if not series.observed.any():
        return "No list was seen of a host in scope: there is nothing to follow."
    periods = int(np.count_nonzero(series.observed.any(axis=0)))
    every = series.periods.every
    if len(series) == 1:
        return _course(series, fitted, "host")
    if not np.isfinite(fitted.slope).any():
        return f"{count(periods, every)} with lists: too few for a slope, which needs three."
    of_few = _of_few(series)
    if of_few.all():
        return f"No place has a list of {FEW} hosts or more in most {every}s: of fewer, no rise or fall is named."
    passed = (fitted.p < 0.05) & ~of_few
    parts = []
    for word, chosen in (("rises", passed & (fitted.slope > 0)), ("falls", passed & (fitted.slope < 0))):
        if chosen.any():
            steepest = int(np.argmax(np.where(chosen, np.abs(fitted.slope), -1.0)))
            slope = f"{fitted.slope[steepest] * 100:+.2f} points a {every}, {_ends(series, steepest)}"
            parts.append(f"{series.name(steepest)} {word} most ({slope})")
    where = f", in places with {FEW} hosts or more in most {every}s," if of_few.any() else ""
    if not parts:
        return f"Over {count(periods, every)}{where} nothing rises or falls steadily (Mann–Kendall, p < 0.05)."
    return f"Over {count(periods, every)}{where} {'; '.join(parts)}."


def _of_few(series: Series) -> npt.NDArray[np.bool_]:
    """Groups whose share is of a few hosts in most periods; only items within places have bases of their own."""
    middle = np.array([np.median(row[row > 0]) if row.any() else 0.0 for row in series.bases])
    few: npt.NDArray[np.bool_] = middle < FEW
    return few if any(series.places) and any(series.items) else np.zeros(len(series), bool)


def course(series: Series, noun: str) -> str:
    """The course of a series of one group in a sentence; its bases are so many of `noun`."""
    if not series.observed.any():
        return f"No {noun} in scope showed a list: there is nothing to follow."
    return _course(series, _slopes(series), noun)


def _course(series: Series, fitted: Slopes, noun: str) -> str:
    observed = np.flatnonzero(series.observed[0])
    first, last = int(observed[0]), int(observed[-1])
    text = f"{series.name(0)}: {percent(float(series.shares[0, last]))} of {count(int(series.bases[0, last]), noun)}"
    text += f" in {series.periods.labels[last]}{series.periods.partly(last)}"
    if first < last:
        text += f", after {percent(float(series.shares[0, first]))} in {series.periods.labels[first]}"
    if np.isfinite(fitted.slope[0]):
        low, high = fitted.low[0] * 100, fitted.high[0] * 100
        text += f"; {fitted.slope[0] * 100:+.2f} points a {series.periods.every} (95 %: {low:+.2f} to {high:+.2f}; "
        text += f"Mann–Kendall p = {fitted.p[0]:.2g})"
    return f"{text}."


def _ends(series: Series, group: int) -> str:
    shares = series.shares[group][series.observed[group]].tolist()
    return f"from {percent(shares[0])} to {percent(shares[-1])}"


def uneven(series: Series) -> tuple[str, ...]:
    """Say that scans of different size are compared, where the bases differ much."""
    bases: npt.NDArray[np.int64] = series.bases.max(axis=0, initial=0)
    bases = bases[bases > 0]
    if len(bases) < 2 or bases.max() < _UNEVEN * bases.min():
        return ()
    return ("The largest base is more than twice the smallest: shares can move because other hosts were looked at.",)
