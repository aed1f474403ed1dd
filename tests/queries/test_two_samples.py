"""Differences of shares: published limits, other ways to the same numbers, and how often intervals hold the truth."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cohabit.queries.two_samples import Sample, TwoSamples, compared, fisher

Z = 1.959963984540054


def samples(
    first: Any, n: int, second: Any, m: int, shared: int = 0, both: Any = 0, *, same_window: bool = False
) -> TwoSamples:
    """Of the shared hosts, `both` have the item twice; `first` and `second` count all hosts that have it."""
    one = (np.atleast_1d(np.asarray(x, np.int64)) for x in (first, second, both))
    a, b, ab = np.broadcast_arrays(*one)
    return TwoSamples(a, b, n, m, shared, ab, np.zeros_like(a), np.zeros_like(a), same_window)


def paired(a: Any, b: Any, c: Any, d: int, first_rest: Any = 0, n: int = 0, second_rest: Any = 0, m: int = 0) -> Any:
    """a have the item in both, b in the first, c in the second, d in none; n and m hosts are in one sample only."""
    a, b, c = (np.atleast_1d(np.asarray(x, np.int64)) for x in (a, b, c))
    shared = int((a + b + c)[0]) + d
    return TwoSamples(a + b + first_rest, a + c + second_rest, shared + n, shared + m, shared, a, b, c)


# Newcombe 1998, Statistics in Medicine 17, 873–890, table II, method 10: two independent samples.
INDEPENDENT = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0)),
    ((10, 10, 0, 10), (0.6075, 1.0)),
]
# Newcombe 1998, Statistics in Medicine 17, 2635–2650, method 10: pairs by (both, first only, second only, neither).
PAIRED = [
    ((36, 12, 2, 0), (0.0569, 0.3404)),
    ((18, 12, 2, 18), (0.0562, 0.3290)),
    ((53, 0, 0, 1), (-0.0729, 0.0729)),
    ((0, 30, 0, 0), (0.8395, 1.0)),
]


@pytest.mark.parametrize(("counts", "limits"), INDEPENDENT)
@pytest.mark.parametrize("same_window", [True, False])
def test_published_limits_of_independent_samples(
    counts: tuple[int, int, int, int], limits: tuple[float, float], same_window: bool
) -> None:
    low, high = samples(*counts, same_window=same_window).interval()
    assert (low[0], high[0]) == pytest.approx(limits, abs=5.1e-5)


@pytest.mark.parametrize(("counts", "limits"), PAIRED)
def test_published_limits_of_pairs(counts: tuple[int, int, int, int], limits: tuple[float, float]) -> None:
    low, high = paired(*counts).interval()
    assert (low[0], high[0]) == pytest.approx(limits, abs=5.1e-5)


def wilson(k: int, n: int) -> tuple[float, float]:
    """Both roots of (p̂ − p)² = z²·p(1 − p)/n."""
    a, b, c = 1 + Z * Z / n, -(2 * k / n + Z * Z / n), (k / n) ** 2
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def test_samples_that_overlap_in_part_lie_between() -> None:
    """By hand, with the correlation of the 40 common hosts: φ = (15·15 − 5·5 − 20)/400 = 0.45."""
    found = paired(15, 5, 5, 15, first_rest=10, n=20, second_rest=24, m=60)
    p, q = 30 / 60, 44 / 100
    (l1, u1), (l2, u2) = wilson(30, 60), wilson(44, 100)
    correlation = 0.45 * 40 / math.sqrt(60 * 100)
    low = p - q - math.sqrt((p - l1) ** 2 + (u2 - q) ** 2 - 2 * correlation * (p - l1) * (u2 - q))
    high = p - q + math.sqrt((u1 - p) ** 2 + (q - l2) ** 2 - 2 * correlation * (u1 - p) * (q - l2))
    assert found.difference[0] == pytest.approx(0.06)
    assert [x[0] for x in found.interval()] == pytest.approx([low, high], rel=1e-12)
    independent = samples(30, 60, 44, 100).interval()
    assert independent[0][0] < low < high < independent[1][0]


def test_a_part_against_the_whole_is_the_part_against_the_rest_scaled() -> None:
    """12 of 40 in the part, 30 of 100 in the rest: 12/40 − 42/140 is 100/140 of 12/40 − 30/100."""
    nested = samples(12, 40, 36, 140, shared=40, both=12, same_window=True)
    rest = samples(12, 40, 24, 100)
    scaled = [x[0] * 100 / 140 for x in (rest.difference, *rest.interval())]
    assert [nested.difference[0], *(x[0] for x in nested.interval())] == pytest.approx(scaled, rel=1e-12)
    assert nested.p_values()[0] == rest.p_values()[0]
    turned = samples(36, 140, 12, 40, shared=40, both=12, same_window=True)
    assert turned.interval()[0][0] == pytest.approx(-nested.interval()[1][0], rel=1e-12)
    assert turned.p_values()[0] == nested.p_values()[0]


def test_the_same_hosts_do_not_differ() -> None:
    same = samples([3, 0], 10, [3, 0], 10, shared=10, both=[3, 0], same_window=True)
    for values, expected in zip((same.difference, *same.interval(), same.p_values()), (0, 0, 0, 1), strict=True):
        assert values.tolist() == [expected, expected]


def test_an_empty_sample_has_no_answer() -> None:
    for first_base, second_base in ((0, 5), (5, 0), (0, 0)):
        for same_window in (True, False):
            found = samples(0, first_base, 0, second_base, same_window=same_window)
            assert np.isnan([found.difference, *found.interval(), found.p_values()]).all()


def exact(a: int, n: int, b: int, m: int) -> float:
    """Twice the smaller tail of the hypergeometric distribution, in whole numbers."""
    ways = {k: math.comb(n, k) * math.comb(m, a + b - k) for k in range(max(0, a + b - m), min(n, a + b) + 1)}
    total = sum(ways.values())
    tails = (sum(w for k, w in ways.items() if k >= a), sum(w for k, w in ways.items() if k <= a))
    return float(min(Fraction(2 * min(tails), total), Fraction(1)))


def test_fisher_is_exact() -> None:
    tables = [(a, 12, b, 30) for a in range(13) for b in range(0, 31, 3)]
    found = fisher(np.array([t[0] for t in tables]), 12, np.array([t[2] for t in tables]), 30)
    assert found == pytest.approx([exact(*t) for t in tables], rel=1e-9)
    large = fisher(np.array([900]), 20_000, np.array([1_400]), 40_000)
    assert large[0] == pytest.approx(exact(900, 20_000, 1_400, 40_000), rel=1e-6)


def test_the_test_of_pairs_is_mcnemars() -> None:
    """z² = (b − c)² / (b + c) where all hosts are common."""
    found = paired([20, 7], [12, 0], [4, 29], 30)
    z = [8 / math.sqrt(16), 29 / math.sqrt(29)]
    assert found.p_values() == pytest.approx([math.erfc(x / math.sqrt(2)) for x in z], rel=1e-12)
    assert paired([5], [0], [0], 5).p_values() == [1.0]


def draws(seed: int, p: tuple[float, float], together: float, sizes: tuple[int, int, int]) -> TwoSamples:
    """4,000 pairs of samples: of `sizes` hosts common ones have the item in both with chance `together`."""
    random = np.random.default_rng(seed)
    shared, n, m = sizes
    cells = [together, p[0] - together, p[1] - together, 1 - p[0] - p[1] + together]
    a, b, c, _ = random.multinomial(shared, cells, size=4_000).T
    rest = random.binomial(n, p[0], 4_000), random.binomial(m, p[1], 4_000)
    return TwoSamples(a + b + rest[0], a + c + rest[1], shared + n, shared + m, shared, a, b, c)


@pytest.mark.parametrize(
    ("p", "together", "sizes"),
    [
        ((0.3, 0.4), 0.25, (150, 50, 100)),
        ((0.5, 0.5), 0.45, (80, 10, 30)),
        ((0.1, 0.15), 0.08, (200, 0, 0)),
        ((0.6, 0.3), 0.1, (60, 40, 40)),
        ((0.02, 0.03), 0.015, (400, 300, 500)),
    ],
)
def test_intervals_hold_the_truth_in_95_of_100_cases(
    p: tuple[float, float], together: float, sizes: tuple[int, int, int]
) -> None:
    """The standard error of a coverage from 4,000 draws is 0.35 points; Wilson's own coverage is off by about one."""
    low, high = draws(1, p, together, sizes).interval()
    held = np.mean((low <= p[0] - p[1]) & (p[0] - p[1] <= high))
    assert 0.935 < held < 0.972


def test_taking_common_hosts_for_others_would_be_seen() -> None:
    found = draws(1, (0.5, 0.5), 0.45, (80, 10, 30))
    low, high = samples(found.first, 90, found.second, 110).interval()
    assert np.mean((low <= 0) & (high >= 0)) > 0.99


def overlapping(seed: int, chances: tuple[float, float, float], sizes: tuple[int, int, int]) -> TwoSamples:
    """4,000 pairs of groups in one time window: hosts of the first only, of both, of the second only."""
    random = np.random.default_rng(seed)
    a, s, b = (random.binomial(n, p, 4_000) for n, p in zip(sizes, chances, strict=True))
    zero = np.zeros_like(a)
    return TwoSamples(a + s, b + s, sizes[0] + sizes[1], sizes[1] + sizes[2], sizes[1], s, zero, zero, True)


@pytest.mark.parametrize("sizes", [(60, 90, 40), (0, 80, 200), (150, 20, 150)])
def test_intervals_of_groups_that_overlap(sizes: tuple[int, int, int]) -> None:
    chances = (0.2, 0.5, 0.35)
    n, m = sizes[0] + sizes[1], sizes[1] + sizes[2]
    share = [(sizes[0] * 0.2 + sizes[1] * 0.5) / n, (sizes[2] * 0.35 + sizes[1] * 0.5) / m]
    low, high = overlapping(2, chances, sizes).interval()
    truth = share[0] - share[1]
    assert 0.935 < np.mean((low <= truth) & (truth <= high)) < 0.972


def test_false_alarms_are_as_rare_as_said() -> None:
    equal = overlapping(3, (0.3, 0.3, 0.3), (60, 90, 40)).p_values()
    assert 0.035 < np.mean(equal < 0.05) < 0.06
    times = draws(4, (0.4, 0.4), 0.3, (150, 50, 100)).p_values()
    assert 0.035 < np.mean(times < 0.05) < 0.06
    # Exact tests of counts are never too bold, and somewhat shy.
    apart = draws(5, (0.4, 0.4), 0.3, (0, 150, 100))
    assert 0.02 < np.mean(fisher(apart.first, 150, apart.second, 100) < 0.05) <= 0.055


def test_counting_two_samples() -> None:
    """Hosts 10, 20, 30 and 20, 30, 40; items 0 and 1 of three.

    Host 20 has 0 and then 0 and 1; host 30 has 1 and then nothing; 10 has 0; 40 has 1.
    """
    first = Sample(np.array([10, 20, 30]), np.array([0, 1, 2]), np.array([0, 0, 1]), 3)
    second = Sample(np.array([20, 30, 40]), np.array([0, 0, 2]), np.array([0, 1, 1]), 3)
    found = compared(first, second)
    assert (found.first_base, found.second_base, found.shared) == (3, 3, 2)
    assert [x.tolist() for x in (found.first, found.second)] == [[2, 1, 0], [1, 2, 0]]
    assert [x.tolist() for x in (found.both, found.first_only, found.second_only)] == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    smaller = compared(first.without(np.array([20])), second)
    assert (smaller.first.tolist(), smaller.first_base, smaller.shared) == ([1, 1, 0], 2, 1)
