"""How long hosts are there: lifetimes, who comes and goes from period to period, and who is seen how often."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries.churn import churn
from cohabit.queries.effort import effort, effort_sentence
from cohabit.queries.periods import HostWeeks, check_every, check_span, read_host_weeks
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence, time_window
from cohabit.queries.survival import Survival, kaplan_meier
from cohabit.queries.windows import TimeWindow
from cohabit.queries.words import count, percent
from cohabit.timeline import thursday_of, week_name

VIEWS = ("survival", "churn", "observations")
GONE_AFTER = 4

_COLUMNS = ("weeks", "at_risk", "ended", "censored", "survival", "low", "high")
_MOST_WEEKS = 1_000

_CAVEATS = (
    "A host is an address: a machine that moves to another one ends here and begins there, so machines live longer "
    "than this (`cohabit quality` looks for moves).",
    "Weeks are from the first sighting to the last, both included: what happened before, after and between scans was "
    "not seen.",
)


def lifetimes(
    store: GraphStore,
    *,
    view: str = "survival",
    every: str | None = None,
    gone_after: int = GONE_AFTER,
    scope: Scope | None = None,
) -> Result:
    """How long hosts stay (`view` survival), who comes and goes (churn), or who is seen how often (observations).

    Survival: a life runs from the week of the first sighting to that of the last, both included. A host has ended when
    it is not seen in at least `gone_after` later weeks with a scan; what is too recent to tell is censored at the last
    week about which this is known. Hosts of the first week with a scan were there before, nobody knows how long, and
    are left out. With `since`, hosts first seen before enter at the age that they have then (left truncation).
    """
    scope = scope or Scope()
    check_span(scope)
    _check(view, every, gone_after)
    window = time_window(scope)
    # Filters choose hosts over all time: a window would cut lives before they are measured.
    hosts = read_incidence(store, replace(scope, since=None, until=None)).hosts
    weeks = read_host_weeks(store)
    scanned = distinct(weeks.seen_weeks)
    chosen = np.isin(weeks.keys, hosts)
    if view == "churn":
        return churn(weeks, chosen, every or "month", gone_after, window)
    if view == "observations":
        return effort(weeks, chosen, window)
    return _survival(weeks, chosen, scanned, gone_after, window)


def _check(view: str, every: str | None, gone_after: int) -> None:
    if view not in VIEWS:
        raise UsageError(f"--view {view!r}: choose from {', '.join(VIEWS)}")
    if every is not None:
        check_every(every)
        if view != "churn":
            raise UsageError(f"--every goes with --view churn, not {view}")
    check_gone_after(gone_after)


def check_gone_after(gone_after: int) -> None:
    """Refuse a number of weeks after which nobody, or everybody, would be gone."""
    if not 1 <= gone_after <= _MOST_WEEKS:
        raise UsageError(f"--gone-after {gone_after}: it takes 1 to {_MOST_WEEKS} weeks")


@dataclass(frozen=True)
class Lives:
    """Lives under observation: ages in weeks at entry and exit, and whether they ended. `left_out` had no known age."""

    entry: Integers
    exit: Integers
    ended: npt.NDArray[np.bool_]
    left_out: int
    too_recent: int


def lives_of(first: Integers, last: Integers, scanned: Integers, gone_after: int, window: TimeWindow) -> Lives | None:
    """Lives from the first and last week of every host; None where the scans are too few to tell who has ended.

    Weeks are counted from Monday to Monday without gaps, `scanned` are the weeks with a scan, ascending, of the whole
    graph. Who ended is judged by all of them, also those after the window.
    """
    inside = scanned if window.weeks is None else scanned[np.isin(scanned, numbered(np.array(window.weeks)))]
    if len(scanned) <= gone_after or not len(inside) or inside[0] > scanned[-1 - gone_after]:
        return None
    # The last week about which one knows who was there later: as many scans follow it.
    end = min(int(inside[-1]), int(scanned[-1 - gone_after]))
    begin = int(inside[0])
    unknown = first == scanned[0]
    there = (last >= begin) & (first <= end) & ~unknown
    entry = np.maximum(begin - first, 0)[there]
    ended = last[there] <= end
    exit_ = np.minimum(last, end)[there] - first[there] + 1
    recent = int(np.count_nonzero((first > end) & ~unknown))
    return Lives(entry, exit_, ended, int(np.count_nonzero(unknown & (last >= begin))), recent)


def numbered(weeks: Integers) -> Integers:
    """ISO weeks as consecutive numbers."""
    distinct, index = np.unique(weeks, return_inverse=True)
    numbers = np.array([thursday_of(week).toordinal() // 7 for week in distinct.tolist()], np.int64)
    return numbers[index] if len(weeks) else np.empty(0, np.int64)


def ends(weeks: HostWeeks, chosen: npt.NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Numbers of the first and of the last week of the chosen hosts."""
    size = len(weeks.keys)
    number = numbered(weeks.seen_weeks)
    first, last = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
    np.minimum.at(first, weeks.seen_hosts, number)
    np.maximum.at(last, weeks.seen_hosts, number)
    return first[chosen], last[chosen]


def _survival(
    weeks: HostWeeks, chosen: npt.NDArray[np.bool_], scanned: Integers, gone_after: int, window: TimeWindow
) -> Result:
    if not chosen.any():
        return result(_COLUMNS, [], headline="No host in scope: there is no life to measure.")
    first, last = ends(weeks, chosen)
    lives = lives_of(first, last, numbered(scanned), gone_after, window)
    often = effort_sentence(weeks, chosen)
    if lives is None:
        headline = (
            f"Too few weeks with a scan to tell who is gone: it takes {gone_after} after those that are looked at "
            f"(--gone-after). {often}"
        )
        return result(_COLUMNS, [], headline=headline)
    notes = [*_left_out(lives, int(scanned[0]), gone_after, window), *_CAVEATS]
    if not len(lives.exit):
        return result(_COLUMNS, [], headline=f"No life began in this span. {often}", caveats=notes)
    curve = kaplan_meier(lives.entry, lives.exit, lives.ended)
    return result(_COLUMNS, _rows(curve), headline=f"{_median(curve, lives)} {often}", caveats=notes)


def _rows(curve: Survival) -> list[Row]:
    columns = (curve.ages, curve.at_risk, curve.ended, curve.censored, curve.survival, curve.low, curve.high)
    return [dict(zip(_COLUMNS, row, strict=True)) for row in zip(*(c.tolist() for c in columns), strict=True)]


def _median(curve: Survival, lives: Lives) -> str:
    median = curve.half(curve.survival)
    hosts = count(len(lives.exit), "host")
    if median is None:
        return (
            f"After {count(int(curve.ages[-1]), 'week')} {percent(float(curve.survival[-1]))} of {hosts} are still "
            "there: half of them or more outlive the data."
        )
    low, high = curve.half(curve.low), curve.half(curve.high)
    return (
        f"Half of {hosts} are gone after {count(median, 'week')} (95 %: {low} to "
        f"{'beyond the data' if high is None else high})."
    )


def _left_out(lives: Lives, first_scan: int, gone_after: int, window: TimeWindow) -> list[str]:
    notes = [
        f"Ended means not seen in {gone_after} or more later weeks with a scan (--gone-after); "
        f"{np.count_nonzero(~lives.ended):,} of {len(lives.ended):,} lives are censored, as they had not ended yet."
    ]
    if lives.left_out:
        notes.append(
            f"Left out: {count(lives.left_out, 'host')} of the first week, {week_name(first_scan)}; how old they were "
            "is not known."
        )
    if truncated := int(np.count_nonzero(lives.entry)):
        notes.append(f"{count(truncated, 'host')} first seen before the span enter at the age they had then.")
    if lives.too_recent and window.weeks is None:
        notes.append(f"{count(lives.too_recent, 'host')} came too late to tell whether they stay.")
    return notes
