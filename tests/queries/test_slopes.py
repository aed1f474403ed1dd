"""Theil and Sen's slope and the test of Mann and Kendall: tables, SciPy, permutations and plain loops."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest
import scipy.stats

from cohabit.queries.slopes import slopes


def one(values: list[float], times: list[float] | None = None) -> dict[str, float]:
    found = slopes(np.array(times or range(len(values)), float), np.array([values], float))
    return {name: float(getattr(found, name)[0]) for name in ("slope", "low", "high", "s", "p")}


# One-sided chances of S or more without a trend: Kendall (1975), as printed in Gilbert (1987), table A18.
KENDALL = {
    4: {0: 0.625, 2: 0.375, 4: 0.167, 6: 0.042},
    5: {0: 0.592, 2: 0.408, 4: 0.242, 6: 0.117, 8: 0.042, 10: 0.0083},
    8: {0: 0.548, 2: 0.452, 4: 0.360, 6: 0.274, 8: 0.199, 10: 0.138, 12: 0.089, 14: 0.054, 16: 0.031, 18: 0.016},
}


@pytest.mark.parametrize("n", KENDALL)
def test_chances_are_those_of_the_printed_table(n: int) -> None:
    for s, chance in KENDALL[n].items():
        values = next(list(p) for p in itertools.permutations(range(n)) if score(list(p)) == s)
        found = one([float(v) for v in values])
        assert found["s"] == s
        assert found["p"] == pytest.approx(min(1.0, 2 * chance), abs=1.1e-3)


def score(values: list[float]) -> int:
    return sum((b > a) - (b < a) for a, b in itertools.combinations(values, 2))


def test_chances_are_those_of_all_permutations() -> None:
    for n in (3, 6):
        scores = [score(list(p)) for p in itertools.permutations(range(n))]
        for values in ([1.0, 2, 3, 4, 5, 6][:n], [2.0, 1, 4, 3, 6, 5][:n]):
            extreme = sum(abs(s) >= abs(score(values)) for s in scores)
            assert one(values)["p"] == pytest.approx(extreme / len(scores), rel=1e-12)


def test_against_scipy() -> None:
    rng = np.random.default_rng(5)
    for n in (3, 7, 20, 50):
        for tied in (False, True):
            values = rng.normal(size=n) + 0.05 * np.arange(n)
            values = np.round(values, 1) if tied else values
            times = np.sort(rng.choice(200, n, replace=False)).astype(float)
            found = one(values.tolist(), times.tolist())
            theil = scipy.stats.theilslopes(values, times, 0.95)
            assert (found["slope"], found["low"], found["high"]) == pytest.approx(
                (theil.slope, theil.low_slope, theil.high_slope), rel=1e-12
            )
            if len(set(values)) == n:
                exact = scipy.stats.kendalltau(times, values, method="exact").pvalue
                assert found["p"] == pytest.approx(exact, rel=1e-9)


def test_with_ties_and_long_series_the_normal_distribution() -> None:
    """z = (|S| − 1) / √var with var = (n(n−1)(2n+5) − Σ t(t−1)(2t+5)) / 18 (Kendall 1975)."""
    values = [1.0, 1, 2, 2, 2, 3, 5, 4, 6, 6]
    s = score(values)
    variance = (10 * 9 * 25 - 2 * (2 * 1 * 9) - 3 * 2 * 11) / 18
    z = (abs(s) - 1) / math.sqrt(variance)
    found = one(values)
    assert found["s"] == s == 38
    assert found["p"] == pytest.approx(2 * (1 - statistics.NormalDist().cdf(z)), rel=1e-9)
    long = [math.sin(i) + i / 100 for i in range(80)]
    z = (abs(score(long)) - 1) / math.sqrt(80 * 79 * 165 / 18)
    assert one(long)["p"] == pytest.approx(2 * (1 - statistics.NormalDist().cdf(z)), rel=1e-6)


def test_by_hand() -> None:
    """Slopes of the pairs of 1, 3, 2, 8 at 0, 1, 2, 4: 2, ½, 7/4, −1, 5/3, 3; their median is (5/3 + 7/4) / 2."""
    found = one([1.0, 3, 2, 8], [0, 1, 2, 4])
    assert found["slope"] == pytest.approx((5 / 3 + 7 / 4) / 2)
    assert found["s"] == 4
    assert one([0.2, 0.2, 0.2, 0.2]) == {"slope": 0, "low": 0, "high": 0, "s": 0, "p": 1}


def test_a_burst_does_not_move_it() -> None:
    straight = [0.1 + 0.02 * i for i in range(12)]
    burst = [*straight[:5], 0.9, *straight[6:]]
    assert one(burst)["slope"] == pytest.approx(0.02, rel=0.05)


def test_too_few_and_many_at_once() -> None:
    assert all(math.isnan(v) for v in one([0.1, 0.2]).values())
    assert len(slopes(np.arange(5.0), np.empty((0, 5))).slope) == 0
    rng = np.random.default_rng(1)
    # 100 × 250² is more than is computed in one piece.
    many = rng.normal(size=(100, 250))
    together = slopes(np.arange(250.0), many)
    for i in (0, 63, 64, 99):
        alone = slopes(np.arange(250.0), many[i : i + 1])
        assert (together.slope[i], together.p[i]) == (alone.slope[0], alone.p[0])
