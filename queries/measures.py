"""Measures of association between two items, from four counts. Arrays in, arrays out; undefined is NaN.

n hosts with at least one known item, a and b hosts with A and with B, ab hosts with both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# 97.5 % quantile of the standard normal distribution.
Z95 = 1.959963984540054


def wilson(successes: npt.ArrayLike, trials: npt.ArrayLike, z: float = Z95) -> tuple[Floats, Floats]:
    """Wilson score interval of a share (Wilson 1927), 95 % unless another quantile is given; NaN without trials."""
    k = np.asarray(successes, np.float64)
    n = np.asarray(trials, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = k / n
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        # At 0 and 1 the bound is exactly the share; rounding would put it a hair beyond.
        low = np.where(k == 0, 0.0, centre - half)
        high = np.where(k == n, 1.0, centre + half)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def wilson_rounded(successes: npt.ArrayLike, trials: npt.ArrayLike, k: int = 1) -> tuple[Floats, Floats]:
    """An interval that holds for all numbers that two stand for which were rounded down to multiples of k.

    From the lowest of Wilson's lower bounds to the highest of the upper ones; with k = 1 it is Wilson's.
    """
    hosts, bases = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    most = hosts + (k - 1)
    low, _ = wilson(hosts, np.where(bases > 0, bases + (k - 1), 0))
    _, high = wilson(most, np.where(bases > 0, np.maximum(bases, most), 0))
    return low, high


def ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Floats:
    """Quotient, NaN where the denominator is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient = np.asarray(numerator, np.float64) / np.asarray(denominator, np.float64)
    return np.where(np.asarray(denominator) == 0, np.nan, quotient)


def lift(n: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike, ab: npt.ArrayLike) -> Floats:
    """n·ab / (a·b): how many times more hosts list both than if the two were independent."""
    product = np.asarray(a, np.float64) * np.asarray(b, np.float64)
    return ratio(np.asarray(n, np.float64) * np.asarray(ab, np.float64), product)


def jaccard(a: npt.ArrayLike, b: npt.ArrayLike, ab: npt.ArrayLike) -> Floats:
    """ab / (a + b − ab)."""
    return ratio(ab, np.asarray(a) + np.asarray(b) - np.asarray(ab))


def npmi(n: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike, ab: npt.ArrayLike) -> Floats:
    """Normalised pointwise mutual information (Bouma 2009): log(lift) / −log(ab/n); −1 where ab = 0.

    NaN where A or B has no host, and where every host has both (0/0).
    """
    together = np.asarray(ab, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.log(lift(n, a, b, ab)) / -np.log(ratio(ab, n))
    value = np.where(together == 0, -1.0, value)
    defined = (np.asarray(a) > 0) & (np.asarray(b) > 0) & (together < np.asarray(n, np.float64))
    return np.where(defined, value, np.nan)


def odds_ratio(
    n: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike, ab: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Odds ratio with ½ added to each cell (Haldane 1956, Anscombe 1956), and its 95 % interval from the log odds."""
    both = np.asarray(ab, np.float64) + 0.5
    only_a = np.asarray(a, np.float64) - np.asarray(ab) + 0.5
    only_b = np.asarray(b, np.float64) - np.asarray(ab) + 0.5
    neither = np.asarray(n, np.float64) - np.asarray(a) - np.asarray(b) + np.asarray(ab) + 0.5
    value = both * neither / (only_a * only_b)
    half = Z95 * np.sqrt(1 / both + 1 / only_a + 1 / only_b + 1 / neither)
    return value, value * np.exp(-half), value * np.exp(half)
