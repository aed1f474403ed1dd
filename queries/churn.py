"""Who comes and goes between periods, as far as the scans can tell."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cohabit.graph.incidence import Integers
from cohabit.queries import measures
from cohabit.queries.periods import HostWeeks, Periods, periods_of
from cohabit.queries.result import Result, Row, result
from cohabit.queries.windows import TimeWindow
from cohabit.queries.words import count, percent

_COLUMNS = (
    "period",
    "before",
    "hosts",
    "arrived",
    "returned",
    "stayed",
    "left",
    "not_rescanned",
    "hosts_before",
    "share_stayed",
    "low",
    "high",
    "coverage",
)

# What a narrow terminal has room for comes first.
_TABLE_COLUMNS = (
    *("period", "hosts", "share_stayed", "low", "high", "hosts_before", "stayed", "left", "not_rescanned"),
    *("arrived", "returned", "coverage", "before"),
)

_CAVEAT = (
    "`left` are hosts of the period before that are not seen any more, in {gone_after} or more weeks with a scan; "
    "`not_rescanned` were seen later, or it is too early to tell. `coverage`: of hosts seen before and after the "
    "period, the share seen in it."
)


def churn(weeks: HostWeeks, chosen: npt.NDArray[np.bool_], every: str, gone_after: int, window: TimeWindow) -> Result:
    """From each period with a scan to the next: hosts that arrived (never seen before), returned, stayed, left.

    `hosts` = arrived + returned + stayed; `hosts_before` = stayed + left + not_rescanned; `share_stayed` is of
    `hosts_before`, with its Wilson 95 % interval. Who arrived and who left is judged by all weeks of the graph, the
    window only chooses the periods. `coverage` is None where no host was seen on both sides.
    """
    periods = periods_of(weeks, every, TimeWindow(None))
    shown = periods_of(weeks, every, window).labels
    with_scan = np.flatnonzero(periods.scans)
    steps = [(int(a), int(b)) for a, b in pairwise(with_scan)]
    steps = [(a, b) for a, b in steps if periods.labels[a] in shown and periods.labels[b] in shown]
    caveats = (*periods.gaps(), _CAVEAT.format(gone_after=gone_after))
    if not chosen.any():
        return result(_COLUMNS, [], headline="No host in scope: nobody came or went.", caveats=periods.gaps())
    if not steps:
        headline = f"Scans in fewer than two {every}s: there is nothing to compare."
        return result(_COLUMNS, [], headline=headline, caveats=periods.gaps())
    seen = _seen(weeks, chosen, periods)
    gone = _gone(weeks, chosen, periods, gone_after)
    rows = [_row(seen, gone, periods.labels, a, b) for a, b in steps]
    return result(
        _COLUMNS, rows, headline=_headline(rows, every), caveats=caveats, table_columns=_TABLE_COLUMNS, series=()
    )


def _seen(weeks: HostWeeks, chosen: npt.NDArray[np.bool_], periods: Periods) -> npt.NDArray[np.bool_]:
    """Whether each chosen host was seen in each period."""
    table = np.zeros((len(weeks.keys), len(periods)), bool)
    table[weeks.seen_hosts, periods.of(weeks.seen_weeks)] = True
    return table[chosen]


def _gone(weeks: HostWeeks, chosen: npt.NDArray[np.bool_], periods: Periods, gone_after: int) -> npt.NDArray[np.bool_]:
    """Whether enough weeks with a scan follow the last sighting of each chosen host."""
    last: Integers = np.zeros(len(weeks.keys), np.int64)
    np.maximum.at(last, weeks.seen_hosts, weeks.seen_weeks)
    scanned = periods.weeks[periods.scanned_weeks]
    return len(scanned) - np.searchsorted(scanned, last[chosen], side="right") >= gone_after


def _row(seen: npt.NDArray[np.bool_], gone: npt.NDArray[np.bool_], labels: list[str], a: int, b: int) -> Row:
    now, then = seen[:, b], seen[:, a]
    earlier, later = seen[:, :b].any(axis=1), seen[:, b + 1 :].any(axis=1)
    missing = then & ~now
    left = missing & ~later & gone
    numbers = {
        "hosts": now,
        "arrived": now & ~earlier,
        "returned": now & earlier & ~then,
        "stayed": now & then,
        "left": left,
        "not_rescanned": missing & ~left,
        "hosts_before": then,
    }
    counts = {name: int(np.count_nonzero(mask)) for name, mask in numbers.items()}
    low, high = measures.wilson(counts["stayed"], counts["hosts_before"])
    around = int(np.count_nonzero(earlier & later))
    return {
        "period": labels[b],
        "before": labels[a],
        **counts,
        "share_stayed": float(measures.ratio(counts["stayed"], counts["hosts_before"])),
        "low": float(low),
        "high": float(high),
        "coverage": int(np.count_nonzero(earlier & later & now)) / around if around else None,
    }


def _headline(rows: list[Row], every: str) -> str:
    before, stayed, left = (sum(row[name] for row in rows) for name in ("hosts_before", "stayed", "left"))
    if not before:
        return "No host in scope in these periods."
    return (
        f"From one {every} to the next {percent(stayed / before)} of the hosts stay and {percent(left / before)} "
        f"leave, over {count(len(rows), 'step')}; {rows[-1]['arrived']:,} arrived in {rows[-1]['period']}."
    )
