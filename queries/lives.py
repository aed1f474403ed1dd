"""Lives: from a first week to a last one, as far as the weeks with scans let them be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cohabit.graph.incidence import Integers
from cohabit.queries.periods import HostWeeks
from cohabit.queries.windows import TimeWindow
from cohabit.timeline import thursday_of


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
    return observed(first, last, begin=int(inside[0]), end=end, unknown=first == scanned[0])


def observed(
    first: Integers, last: Integers, *, begin: int, end: Integers | int, unknown: npt.NDArray[np.bool_]
) -> Lives:
    """Lives that are under observation from the week `begin` to `end`, which can be another one for each."""
    there = (np.minimum(last, end) >= begin) & (first <= end) & ~unknown
    entry = np.maximum(begin - first, 0)[there]
    ended = (last <= end)[there]
    exit_ = (np.minimum(last, end) - first)[there] + 1
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
