"""Weeks and months at the turn of years, what follows them, gaps in words, and host weeks in any order of rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cohabit.errors import UsageError
from cohabit.queries.periods import HostWeeks, Periods, periods_of, read_host_weeks, spans
from cohabit.queries.scope import Scope, time_window
from cohabit.queries.windows import TimeWindow
from cohabit.timeline import month_after, month_name, week_name, weeks_from, weeks_of_month


class Store:
    """One table of hosts, as a server may give it."""

    host_key = "h.key"

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def table(self, *_: Any) -> pa.Table:
        return pa.Table.from_pylist(self.rows)


def test_host_weeks_do_not_depend_on_the_order_of_rows() -> None:
    rows: list[dict[str, Any]] = [
        {"key": 30, "observations": 3, "weeks": [202510, 202511], "listed_weeks": [202511]},
        {"key": 10, "observations": 1, "weeks": [202509], "listed_weeks": []},
        {"key": 20, "observations": 2, "weeks": [202509, 202512], "listed_weeks": [202509, 202512]},
    ]
    found = read_host_weeks(Store(rows))  # type: ignore[arg-type]
    assert (found.keys.tolist(), found.observations.tolist()) == ([10, 20, 30], [1, 2, 3])
    seen = sorted(zip(found.keys[found.seen_hosts].tolist(), found.seen_weeks.tolist(), strict=True))
    assert seen == [(10, 202509), (20, 202509), (20, 202512), (30, 202510), (30, 202511)]
    listed = sorted(zip(found.keys[found.listed_hosts].tolist(), found.listed_weeks.tolist(), strict=True))
    assert listed == [(20, 202509), (20, 202512), (30, 202511)]


def test_a_server_whose_lists_are_all_empty() -> None:
    found = read_host_weeks(
        Store([{"key": 1, "observations": 1, "weeks": [202509], "listed_weeks": []}])  # type: ignore[arg-type]
    )
    assert found.listed_weeks.tolist() == []


def of(weeks: list[int], every: str, window: TimeWindow | None = None) -> Periods:
    seen = np.array(weeks, np.int64)
    none = np.empty(0, np.int64)
    return periods_of(HostWeeks(none, none, none, seen, none, none), every, window or TimeWindow(None))


def test_months_are_those_of_the_thursdays() -> None:
    """Every week of ten years, with the calendar alone."""
    day = date(2020, 1, 2)
    while day.year < 2030:
        week = day.isocalendar()[0] * 100 + day.isocalendar()[1]
        assert month_name(week) == f"{day.year}-{day.month:02}"
        assert week in weeks_of_month(month_name(week))
        day += timedelta(days=7)
    # 2020 has 53 weeks; the last one ends in January 2021 and belongs to December.
    assert weeks_of_month("2020-12") == [202049, 202050, 202051, 202052, 202053]
    assert weeks_of_month("2021-01") == [202101, 202102, 202103, 202104]
    assert (week_name(202053), month_name(202053)) == ("2020-W53", "2020-12")
    assert weeks_from(202052, 202102) == [202052, 202053, 202101, 202102]
    assert [month_after("2025-11", n) for n in (0, 1, 2, 14)] == ["2025-11", "2025-12", "2026-01", "2027-01"]


def test_periods_and_their_gaps() -> None:
    monthly = of([202451, 202503, 202503, 202510], "month")
    assert monthly.labels == ["2024-12", "2025-01", "2025-02", "2025-03"]
    assert monthly.scans.tolist() == [1, 1, 0, 1]
    assert monthly.of(np.array([202450, 202451, 202501, 202510, 202511])).tolist() == [-1, 0, 1, 3, -1]
    missing, partly = monthly.gaps()
    assert missing == "No scan in 1 of 4 months: 2025-02. There is nothing to count then; that is not zero."
    # What comes before the first and after the last week with a scan counts as a week of the month without one.
    assert partly.endswith("2024-12 (1 of 4: 2024-W51), 2025-01 (1 of 5: 2025-W03), 2025-03 (1 of 4: 2025-W10).")
    assert [monthly.partly(i) for i in (1, 3)] == [" (1 of its 5 weeks: 2025-W03)", " (1 of its 4 weeks: 2025-W10)"]
    weekly = of([202451, 202503], "week")
    assert weekly.labels == ["2024-W51", "2024-W52", "2025-W01", "2025-W02", "2025-W03"]
    assert "No scan in 3 of 5 weeks: 2024-W52 to 2025-W02." in weekly.gaps()[0]
    assert of([202501, 202502, 202503, 202504, 202505], "month").gaps() == ()
    assert spans([0, 2, 3, 5], list("abcdef")) == "a, c to d, f"


def test_a_month_that_is_all_of_the_one_before_says_so() -> None:
    """29 to 31 December 2025 are of the week 2026-W01, whose Thursday is New Year's Day."""
    assert date(2025, 12, 29).isocalendar()[:2] == date(2026, 1, 1).isocalendar()[:2] == (2026, 1)
    found = of([202551, 202552, 202601], "month")
    assert found.labels == ["2025-12", "2026-01"]
    assert found.partly(1) == " (1 of its 5 weeks: 2026-W01)"
    partly, begins = found.gaps()
    assert partly.endswith("2025-12 (2 of 4: 2025-W51 to 2025-W52), 2026-01 (1 of 5: 2026-W01).")
    assert (
        begins == "A month is the ISO weeks (Monday to Sunday) whose Thursday lies in it: 2026-01 begins on 2025-12-29."
    )
    # Without a scan in that week, or with one in each, or by weeks, there is nothing to mistake.
    assert len(of([202551, 202602], "month").gaps()) == 1
    assert of([202601, 202602, 202603, 202604, 202605], "month").gaps() == ()
    assert of([202601], "week").labels == ["2026-W01"]
    assert of([202601], "week").gaps() == ()


def test_what_follows() -> None:
    assert of([202451, 202503], "month").after(13)[-1] == "2026-02"
    # 2020-W52 is in December: the rest of it, and January.
    assert of([202051, 202052], "week").after(1) == ["2020-W53", "2021-W01", "2021-W02", "2021-W03", "2021-W04"]
    assert of([], "month").after(3) == []


def test_the_window_cuts() -> None:
    window = time_window(Scope(since="2025-01-13", until="2025-03-02"))
    assert of([202451, 202503, 202510], "month", window).labels == ["2025-01"]
    assert len(of([202451], "week", window)) == 0
    assert of([202451], "week", window).of(np.array([202451])).tolist() == [-1]
    with pytest.raises(UsageError, match="--every 'day': choose from week, month"):
        of([202451], "day")
