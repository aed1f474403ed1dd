"""The forecast and its backtest: written-out formulas, series of known law, and walks without a direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from cohabit.queries.forecast import Forecast, forecasts, random_walk, verdict
from cohabit.queries.periods import Periods
from cohabit.queries.series import Series
from cohabit.timeline import month_after, week_name, weeks_of_month


def series(counts: Sequence[int], bases: Sequence[int], every: str = "month") -> Series:
    """One item, from January 2025 on, in months of which every week has a scan (or in weeks)."""
    months = [month_after("2025-01", i) for i in range(len(counts))]
    if every == "month":
        weeks = [(week, i) for i, month in enumerate(months) for week in weeks_of_month(month)]
        labels = months
    else:
        weeks = [(week, i) for i, week in enumerate(w for month in months for w in weeks_of_month(month))]
        weeks = weeks[: len(counts)]
        labels = [week_name(week) for week, _ in weeks]
    of = np.array([i for _, i in weeks])
    periods = Periods(every, labels, np.array([w for w, _ in weeks]), of, np.array(bases)[of] > 0)
    one = np.array([counts], np.int64)
    return Series(periods, [""], ["qwen2"], one, np.array([bases], np.int64), np.array([max(counts)]), ())


def odds(count: float, base: float) -> float:
    return math.log((count + 0.5) / (base - count + 0.5))


def share(value: float) -> float:
    return 1 / (1 + math.exp(-value))


COUNTS, BASES = [30, 36, 33, 41, 48, 47, 55], [100, 110, 100, 105, 120, 100, 110]


def drift_forecast(values: Sequence[float], times: Sequence[int], ahead: int) -> tuple[float, float, float]:
    """The drift method of Hyndman and Athanasopoulos, written out; changes over k periods have k times the variance."""
    total = times[-1] - times[0]
    drift = (values[-1] - values[0]) / total
    steps = list(zip(values, values[1:], times, times[1:], strict=False))
    squares = sum((b - a - (t - s) * drift) ** 2 / (t - s) for a, b, s, t in steps)
    sigma = math.sqrt(squares / (len(steps) - 1))
    reach = scipy.stats.t.ppf(0.975, len(steps) - 1) * sigma * math.sqrt(ahead * (1 + ahead / total))
    centre = values[-1] + ahead * drift
    return share(centre), share(centre - reach), share(centre + reach)


@pytest.mark.parametrize("gap", [None, 3])
def test_rows_against_the_formula(gap: int | None) -> None:
    counts, bases = list(COUNTS), list(BASES)
    if gap is not None:
        counts[gap], bases[gap] = 0, 0
    times = [i for i, base in enumerate(bases) if base]
    values = [odds(counts[i], bases[i]) for i in times]
    found = forecasts(series(counts, bases), 3)[0]
    rows = list(found.rows())
    assert [r["period"] for r in rows] == ["2025-08", "2025-09", "2025-10"]
    for ahead, row in enumerate(rows, 1):
        assert (row["share"], row["low"], row["high"]) == pytest.approx(drift_forecast(values, times, ahead))


def backtest(counts: Sequence[int], bases: Sequence[int], horizon: int) -> list[tuple[float, ...]]:
    times = [i for i, base in enumerate(bases) if base]
    tests = []
    for origin in range(max(3, (len(times) + 1) // 2), len(times)):
        known = times[:origin]
        values = [odds(counts[i], bases[i]) for i in known]
        for later in times[origin:]:
            ahead = later - known[-1]
            if ahead <= horizon:
                middle, low, high = drift_forecast(values, known, ahead)
                truth = counts[later] / bases[later]
                now = counts[known[-1]] / bases[known[-1]]
                tests.append((ahead, abs(middle - truth), abs(now - truth), float(low <= truth <= high)))
    return tests


def test_backtest_against_a_loop() -> None:
    counts, bases = [*COUNTS, 0, 50, 61, 70], [*BASES, 0, 90, 110, 120]
    found = forecasts(series(counts, bases), 3)[0]
    expected = backtest(counts, bases, 3)
    test = found.backtest
    assert sorted(zip(test.steps, test.error, test.error_no_change, test.covered, strict=True)) == [
        pytest.approx(e) for e in sorted(expected)
    ]
    for ahead, row in enumerate(found.rows(), 1):
        same = [t for t in expected if t[0] == ahead]
        assert row["tests"] == len(same)
        assert row["error"] == pytest.approx(sum(t[1] for t in same) / len(same))
        assert row["error_no_change"] == pytest.approx(sum(t[2] for t in same) / len(same))
    longer = list(forecasts(series(counts, bases), 9)[0].rows())
    assert [r["tests"] for r in longer][-3:] == [0, 0, 0]
    assert math.isnan(longer[-1]["error"])


def test_growth_along_a_logistic_curve_is_found() -> None:
    base = 10**9
    counts = [round(base * share(-2 + 0.3 * i)) for i in range(10)]
    found = forecasts(series(counts, [base] * 10), 6)[0]
    for ahead, row in enumerate(found.rows(), 1):
        assert row["share"] == pytest.approx(share(-2 + 0.3 * (9 + ahead)), abs=1e-6)
        assert row["high"] - row["low"] < 1e-5
    assert found.backtest.beats
    assert found.backtest.error.max() < 1e-6


def test_nothing_changes_and_nothing_is_claimed() -> None:
    """One half, so that the ½ added on both sides moves nothing: both errors are 0, and a tie is no win."""
    found = forecasts(series([50] * 8, [100] * 8), 2)
    assert found[0].backtest.error.tolist() == found[0].backtest.error_no_change.tolist() == [0.0] * 7
    assert not found[0].backtest.beats
    headline, notes = verdict(series([50] * 8, [100] * 8), found)
    assert headline is not None
    assert "Nothing to claim" in headline
    assert "It does not beat «no change»: make no claim" in notes[0]


def test_a_narrow_win_is_none_wherever_it_is_said() -> None:
    """Its error is 0.972 of that of «no change»; of four such and one that clearly wins, one is counted."""
    counts, bases = [*COUNTS, 51, 49], [*BASES, 100, 100]
    tests = backtest(counts, bases, 3)
    ours, no_change = (sum(t[i] for t in tests) / len(tests) for i in (1, 2))
    assert 0.95 * no_change < ours < no_change
    narrow = forecasts(series(counts, bases), 3)[0]
    headline, notes = verdict(series(counts, bases), {0: narrow})
    assert headline == (
        f"qwen2: 49 % in 2025-09. Nothing to claim beyond it: in the backtest the forecast was off by {ours * 100:.2f} "
        f"points on average, «no change» by {no_change * 100:.2f} points, and so narrow a win is none."
    )
    assert "So narrow a win is none: make no claim from it." in notes[0]
    clear = forecasts(series([*COUNTS, 63], [*BASES, 112]), 3)[0]
    several = replace(series(counts, bases), items=list("abcde"), places=[""] * 5)
    headline, notes = verdict(several, {0: narrow, 1: narrow, 2: clear, 3: narrow, 4: narrow})
    assert headline is None
    assert notes[-1].startswith("Of 5 forecasts 1 beat «no change» in the backtest, by more than a twentieth")


def test_a_walk_without_direction_is_covered_and_not_beaten() -> None:
    """Of 4,000 walks on the log-odds: the interval holds 95 % of what comes; the drift is worse than «no change»."""
    rng = np.random.default_rng(4)
    walks = rng.normal(scale=0.2, size=(4000, 16)).cumsum(axis=1)
    hits = np.zeros(4)
    errors = np.zeros(2)
    times = np.arange(16.0)
    for walk in walks:
        middle, low, high = random_walk(times, walk, np.array([11]), np.arange(1.0, 5))
        truth = 1 / (1 + np.exp(-walk[12:]))
        hits += (low[0] <= truth) & (truth <= high[0])
        now = 1 / (1 + math.exp(-walk[11]))
        errors += np.abs(middle[0] - truth).mean(), np.abs(now - truth).mean()
    assert hits / 4000 == pytest.approx(0.95, abs=0.012)
    assert errors[0] > errors[1] * 1.05


def test_an_item_begins_with_its_first_period() -> None:
    """What came in the third period is forecast as if the others had not been."""
    late = forecasts(series([0, 0, *COUNTS], [90, 95, *BASES]), 2)[0]
    alone = forecasts(series(COUNTS, BASES), 2)[0]
    assert late.share == pytest.approx(alone.share)
    assert late.backtest.error == pytest.approx(alone.backtest.error)


def test_too_few_periods_have_a_sentence() -> None:
    five = series([10, 0, 30, 40, 50, 60], [100] * 6)
    assert forecasts(five, 2) == {}
    headline, notes = verdict(five, {})
    assert headline is None
    assert notes == (
        "No forecast for 1 of 1 item: it takes 6 months with a host, fewer are too few to learn from and to test on.",
    )
    assert len(forecasts(series([10, 20, 30, 40, 50, 60], [100] * 6), 2)) == 1


def test_weeks_are_forecast_to_the_end_of_the_month() -> None:
    """Six weeks from 2025-W01 end in February (2025-W06): two months later is the end of April, 2025-W17."""
    weekly = series(COUNTS[:6], BASES[:6], every="week")
    assert weekly.periods.labels[-1] == "2025-W06"
    found: Forecast = forecasts(weekly, 2)[0]
    assert found.periods == [f"2025-W{n:02}" for n in range(7, 18)]
    assert found.steps.tolist() == list(range(1, 12))


def test_sentences_have_the_numbers() -> None:
    counts, bases = [*COUNTS, 63], [*BASES, 112]
    found = forecasts(series(counts, bases), 18)
    tests = backtest(counts, bases, 18)
    errors = [100 * sum(t[i] for t in tests) / len(tests) for i in (1, 2)]
    headline, notes = verdict(series(counts, bases), found)
    covered = f"{sum(t[3] for t in tests):.0f} of {len(tests)}"
    assert notes[0].startswith(
        f"qwen2: in {len(tests)} tests from 4 months, 1 to 4 months ahead, the forecast was off by {errors[0]:.2f} "
        f"points on average, «no change» by {errors[1]:.2f} points; {covered} outcomes lay in"
    )
    assert notes[0].endswith("Nothing is tested beyond 4 months.")
    assert errors[0] < errors[1]
    middle, low, high = drift_forecast([odds(c, b) for c, b in zip(counts, bases, strict=True)], range(8), 4)
    assert headline == (
        f"qwen2: 56 % in 2025-08; forecast for 2025-12: {middle * 100:.0f} % (95 %: {low * 100:.0f} % to "
        f"{high * 100:.0f} %); what comes later is untested."
    )
