"""Tail probabilities of counts, as natural logarithms: Poisson-binomial by classes, and hypergeometric.

Chances are tilted until the count in question is the expected one, so that a probability of 1e-500 is as good as one
of 0.1. Nothing is sampled, and no tail is taken for a normal one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cohabit.graph.incidence import Integers
from cohabit.queries.measures import Floats

# Below this variance, or with so few trials, the expansion is not good enough, and a short Fourier sum is exact.
_LEAST_VARIANCE = 32.0
_FEW_TRIALS = 127
# Points of that sum: more than the trials, or than twice 63, what a count of variance 32
# strays from its mean with probability 1e-16 (Bernstein's inequality).
_POINTS = 128
# So many array elements at a time: what fits a processor's cache.
_CHUNK = 200_000
_NEAR_MEAN = 0.5


def poisson_binomial_log_tail(sizes: npt.ArrayLike, chances: npt.ArrayLike, counts: npt.ArrayLike) -> Floats:
    """ln P(X >= k) for X the number of events in independent trials, one X a row.

    `sizes` (classes,) are the trials of each class, `chances` (rows, classes) their probabilities, `counts` (rows,)
    the k. For small supports exact (relative error under 1e-9); else the saddlepoint approximation of Lugannani and
    Rice (1980) with the second continuity correction of Daniels (1987) and the next term of its expansion: relative
    error under 0.1 %.
    """
    sizes_ = np.asarray(sizes, np.float64)
    chances_ = np.asarray(chances, np.float64)
    counts_ = np.asarray(counts, np.int64)
    found = np.empty(len(counts_), np.float64)
    step = max(1, _CHUNK // max(len(sizes_), 1))
    for start in range(0, len(counts_), step):
        rows = slice(start, start + step)
        found[rows] = _chunk(sizes_, chances_[rows], counts_[rows])
    return found


def poisson_binomial_log_lower_tail(sizes: npt.ArrayLike, chances: npt.ArrayLike, counts: npt.ArrayLike) -> Floats:
    """ln P(X <= k), shapes and accuracy as above: at most k events are at least N − k trials without one.

    A chance too small to leave a trace in 1 − q changes ln P by N·1e-16 at most.
    """
    sizes_ = np.asarray(sizes, np.float64)
    chances_ = np.asarray(chances, np.float64)
    counts_ = np.asarray(counts, np.int64)
    found = np.empty(len(counts_), np.float64)
    # None or one, which most pairs of rare items have: the product of all 1 − q, and with the sum of q / (1 − q).
    few = (counts_ >= 0) & (counts_ <= 1) & (chances_ < 1).all(axis=1)
    none = np.log1p(-chances_[few]) @ sizes_
    odds = (chances_[few] / (1 - chances_[few])) @ sizes_
    found[few] = np.minimum(none + np.log1p(odds * counts_[few]), 0.0)
    found[~few] = poisson_binomial_log_tail(sizes_, 1 - chances_[~few], int(sizes_.sum()) - counts_[~few])
    return found


def _chunk(sizes: Floats, chances: Floats, counts: Integers) -> Floats:
    """Trials that always or never succeed are taken out; what is then not certain is computed."""
    certain = chances >= 1
    uncertain = (chances > 0) & ~certain
    trials = np.where(uncertain, sizes, 0.0)
    q = np.where(uncertain, chances, 0.5)  # without trials any value does
    k = counts - (certain @ sizes).astype(np.int64)
    found = np.where(k <= 0, 0.0, -np.inf)
    one = (k == 1) & (trials.sum(axis=1) >= 1)
    found[one] = np.log(-np.expm1(np.sum(trials[one] * np.log1p(-q[one]), axis=1)))
    more = (k > 1) & (k <= trials.sum(axis=1))
    if more.any():
        found[more] = _uncertain(trials[more], np.log(q[more]) - np.log1p(-q[more]), k[more])
    return np.minimum(found, 0.0)


def _uncertain(trials: Floats, log_odds: Floats, k: Integers) -> Floats:
    """The side of k away from the mean is computed; where that is the lower one, as trials without event."""
    t = _solve(trials, log_odds, k.astype(np.float64) - 0.5)
    lower = t < 0
    total = trials.sum(axis=1)
    k = np.where(lower, total.astype(np.int64) - k + 1, k)
    tilted = _Tilted(trials, np.where(lower[:, None], -log_odds, log_odds), k, np.abs(t))
    exact = (tilted.variance < _LEAST_VARIANCE) | (total <= _FEW_TRIALS)
    side = np.empty(len(k))
    if exact.any():
        side[exact] = _fourier(tilted.rows(exact))
    if not exact.all():
        side[~exact] = _saddlepoint(tilted.rows(~exact))
    with np.errstate(divide="ignore"):
        return np.where(lower, np.log1p(-np.exp(np.minimum(side, 0.0))), side)


def _solve(trials: Floats, log_odds: Floats, goal: Floats) -> Floats:
    """The t at which the tilted mean is the goal, by Newton's method on its log odds, within a shrinking bracket.

    With one class the log odds are a straight line in t.
    """
    from scipy.special import expit

    total = trials.sum(axis=1)
    wanted = np.log(goal / (total - goal))
    bound = np.abs(log_odds).max(axis=1) + 60
    low, high, t = -bound, bound, np.zeros(len(total))
    for _ in range(200):
        chance, rest = expit(log_odds + t[:, None]), expit(-log_odds - t[:, None])
        mean, missing = np.sum(trials * chance, axis=1), np.sum(trials * rest, axis=1)
        off = np.log(mean / missing) - wanted
        if np.all(np.abs(off) < 1e-12):
            break
        low, high = np.where(off < 0, t, low), np.where(off > 0, t, high)
        step = t - off * mean * missing / total / np.sum(trials * chance * rest, axis=1)
        t = np.where((step > low) & (step < high), step, (low + high) / 2)
    return t


@dataclass(frozen=True)
class _Tilted:
    """Sums X of independent trials, tilted by exp(tX) with t >= 0 so that the mean is k − ½."""

    trials: Floats
    log_odds: Floats
    k: Integers
    t: Floats

    def rows(self, chosen: npt.NDArray[np.bool_]) -> _Tilted:
        return _Tilted(self.trials[chosen], self.log_odds[chosen], self.k[chosen], self.t[chosen])

    @property
    def chances(self) -> Floats:
        """Tilted chances of the classes, q·exp(t) / (1 − q + q·exp(t))."""
        from scipy.special import expit

        found: Floats = expit(self.log_odds + self.t[:, None])
        return found

    @property
    def spreads(self) -> Floats:
        """What each class adds to the tilted variance."""
        from scipy.special import expit

        found: Floats = self.trials * self.chances * expit(-self.log_odds - self.t[:, None])
        return found

    @property
    def variance(self) -> Floats:
        found: Floats = self.spreads.sum(axis=1)
        return found

    @property
    def generating(self) -> Floats:
        """Cumulant generating function, ln E exp(tX)."""
        from scipy.special import expit

        near = np.log1p(expit(self.log_odds) * np.expm1(np.minimum(self.t, 1))[:, None])
        far = np.logaddexp(0, self.log_odds + self.t[:, None]) - np.logaddexp(0, self.log_odds)
        found: Floats = np.sum(self.trials * np.where(self.t[:, None] < 1, near, far), axis=1)
        return found


def _fourier(x: _Tilted) -> Floats:
    """ln P(X >= k) as sum over j >= k of exp(−t(j − k)) P_t(X = j), each P_t from the characteristic function.

    The discrete Fourier transform has more points than X has values that matter. The tilt makes the first terms large,
    so the error, about 1e-16 of the largest, is one of the sum too.
    """
    chance, half = x.chances, _POINTS // 2
    total = np.zeros(len(x.k))
    for m in range(half + 1):
        angle = 2 * np.pi * m / _POINTS
        real = -2 * chance * (1 - chance) * (1 - np.cos(angle))
        with np.errstate(divide="ignore"):
            # ln |1 + q(exp(iφ) − 1)|²; −∞ for a chance of ½ at the opposite point, which makes the whole product 0.
            sizes = np.log1p(np.maximum(real, -1), where=x.trials > 0, out=np.zeros_like(chance))
        size = np.sum(x.trials * sizes, axis=1, where=x.trials > 0) / 2
        turn = np.arctan2(chance * np.sin(angle), 1 - chance + chance * np.cos(angle))
        character = np.exp(size + 1j * (np.sum(x.trials * turn, axis=1) - angle * x.k))
        z = -(x.t + 1j * angle)
        # The geometric series of `half` terms; at z = 0 their number.
        with np.errstate(divide="ignore", invalid="ignore"):
            series = np.where(z == 0, half, np.expm1(half * z) / np.expm1(z))
        # Points m and −m are conjugate.
        total += np.real(character * series) * (1 if m in (0, half) else 2)
    return x.generating - x.t * x.k + np.log(total / _POINTS)


def _saddlepoint(x: _Tilted) -> Floats:
    """ln P(X >= k): normal density times (Mills ratio + correction)."""
    from scipy.special import erfcx

    chance, spreads, second, half = x.chances, x.spreads, x.variance, x.t / 2
    sigma = np.sqrt(second)
    # Standardised third and fourth cumulants of the tilted count.
    skew = np.sum(spreads * (1 - 2 * chance), axis=1) / second**1.5
    kurtosis = np.sum(spreads * (1 - 6 * chance * (1 - chance)), axis=1) / second**2
    w = np.sqrt(2 * np.maximum(x.t * (x.k - 0.5) - x.generating, 0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        u = 2 * np.sinh(half) * sigma
        coth, csch = 1 / np.tanh(half), 1 / np.sinh(half)
        first = 1 / u - 1 / w
        more = (kurtosis / 8 - 5 * skew**2 / 24 - coth * skew / (4 * sigma) - (coth**2 + csch**2) / (8 * second)) / u
        # Near the mean the terms are differences of large numbers: there the first one does, or its limit.
        bend = np.where(w > _NEAR_MEAN, first + more + w**-3.0, np.where(w > 1e-3, first, -skew / 6))
    mills = np.sqrt(np.pi / 2) * erfcx(w / np.sqrt(2))
    found: Floats = -(w**2) / 2 - 0.5 * np.log(2 * np.pi) + np.log(mills + bend)
    return found


def hypergeometric_log_tail(n: int, first: npt.ArrayLike, second: npt.ArrayLike, counts: npt.ArrayLike) -> Floats:
    """ln P(X >= k), X the marked ones among `second` drawn without replacement from n of which `first` are marked.

    The probability of k from log-gamma functions, times the sum of the ratios of the terms after it; below the mean,
    1 minus the terms before it. Relative error about 1e-15 · n.
    """
    from scipy.special import gammaln

    a, b, k = (np.asarray(x, np.float64) for x in (first, second, counts))

    def log_choose(m: npt.ArrayLike, j: Floats) -> Floats:
        found: Floats = gammaln(np.add(m, 1)) - gammaln(j + 1) - gammaln(np.subtract(m, j) + 1)
        return found

    least = np.maximum(a + b - n, 0)
    above = k > a * b / max(n, 1)
    possible = (k > least) & (k <= np.minimum(a, b))
    start = np.where(possible, np.where(above, k, k - 1), least)
    log_term = log_choose(a, start) + log_choose(n - a, b - start) - log_choose(n, b)
    log_side = log_term + np.log(_ratio_sum(n, a, b, start, above))
    with np.errstate(divide="ignore"):
        found = np.where(above, log_side, np.log1p(-np.exp(np.minimum(log_side, 0.0))))
    return np.minimum(np.where(k <= least, 0.0, np.where(possible, found, -np.inf)), 0.0)


def hypergeometric_log_lower_tail(n: int, first: npt.ArrayLike, second: npt.ArrayLike, counts: npt.ArrayLike) -> Floats:
    """ln P(X <= k): of those drawn at least b − k are not marked."""
    a, b, k = (np.asarray(x, np.int64) for x in (first, second, counts))
    return hypergeometric_log_tail(n, n - a, b, b - k)


def _ratio_sum(n: int, a: Floats, b: Floats, start: Floats, above: npt.NDArray[np.bool_]) -> Floats:
    """The terms from `start` away from the mean (upwards where `above`), in units of the first of them."""
    total = np.ones(len(start))
    running = np.arange(len(start))
    term, j = np.ones(len(start)), start.copy()
    while len(running):
        up = above[running]
        i = np.where(up, j, j - 1)
        forward = (a[running] - i) * (b[running] - i)
        backward = (i + 1) * (n - a[running] - b[running] + i + 1)
        ratio = np.where(up, forward, backward) / np.maximum(np.where(up, backward, forward), 1)
        term = term * ratio
        total[running] += term
        keep = term > total[running] * 1e-17
        running, term, j = running[keep], term[keep], np.where(up, j + 1, j - 1)[keep]
    return total
