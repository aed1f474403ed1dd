"""How steadily series rise or fall: Theil and Sen's slope, and the test of Mann and Kendall."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np

from cohabit.queries.measures import Z95, Floats

FEWEST = 3
"""Periods below which no slope is given."""

# Up to so many periods, and without ties, the distribution of S is counted; beyond, it is a normal one.
_EXACT = 50
_CELLS = 4_000_000


@dataclass(frozen=True)
class Slopes:
    """One value a series: slope with its 95 % interval (per unit of time), Kendall's S and the two-sided p-value."""

    slope: Floats
    low: Floats
    high: Floats
    s: Floats
    p: Floats


def slopes(times: Floats, series: Floats) -> Slopes:
    """Slopes of many series (rows) over the same times (ascending, without repeats); NaN with fewer than 3 times.

    The slope is the median of the slopes between all pairs of times (Theil 1950, Sen 1968), the interval Sen's, from
    the variance of S. S counts pairs that rise less pairs that fall (Mann 1945, Kendall 1975). Its p-value is exact
    without ties and up to 50 times; else from the normal distribution with the variance for ties and a correction for
    continuity.
    """
    n = len(times)
    if n < FEWEST or not len(series):
        return Slopes(*np.full((5, len(series)), np.nan))
    rows = max(1, _CELLS // n**2)
    parts = [_slopes(times, series[i : i + rows]) for i in range(0, len(series), rows)]
    return Slopes(*(np.concatenate([part[i] for part in parts]) for i in range(5)))


def _slopes(times: Floats, series: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    n = len(times)
    first, second = np.triu_indices(n, 1)
    rises = series[:, second] - series[:, first]
    between = np.sort(rises / (times[second] - times[first]), axis=1)
    s = np.sign(rises).sum(axis=1)
    # Each member of a group of k equal values adds (k−1)(2k+5), the group k times as much.
    alike = np.count_nonzero(series[:, :, None] == series[:, None, :], axis=2)
    ties = ((alike - 1.0) * (2.0 * alike + 5.0)).sum(axis=1)
    variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18
    reach = Z95 * np.sqrt(variance)
    lower = np.maximum(np.rint((len(first) - reach) / 2).astype(np.int64) - 1, 0)
    upper = np.minimum(np.rint((len(first) + reach) / 2).astype(np.int64), len(first) - 1)
    row = np.arange(len(series))
    p = np.array([_p_value(*one, n) for one in zip(s.tolist(), variance.tolist(), ties.tolist(), strict=True)])
    return np.median(between, axis=1), between[row, lower], between[row, upper], s, p


def _p_value(s: float, variance: float, ties: float, n: int) -> float:
    if not ties and n <= _EXACT:
        # S falls by 2 with every pair that is not in order: as many permutations as have so many such pairs.
        return min(1.0, 2 * _chances(n)[round((n * (n - 1) / 2 - abs(s)) / 2)])
    if not s:
        return 1.0
    return math.erfc((abs(s) - 1) / math.sqrt(2 * variance))


@cache
def _chances(n: int) -> list[float]:
    """Chance of at most 0, 1, 2 … pairs out of order in a random order of n values."""
    ways = [1]
    for k in range(2, n + 1):
        # The k-th value stands before any 0 to k − 1 of the others: a running sum over k neighbours.
        sums = [0, *accumulate(ways + [0] * (k - 1))]
        ways = [sums[i + 1] - sums[max(i + 1 - k, 0)] for i in range(len(sums) - 1)]
    total = math.factorial(n)
    return [one / total for one in accumulate(ways)]
