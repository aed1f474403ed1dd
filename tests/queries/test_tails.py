"""Tail probabilities against exact fractions and 60-digit sums."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohabit.queries.tails import (
    hypergeometric_log_lower_tail,
    hypergeometric_log_tail,
    poisson_binomial_log_lower_tail,
    poisson_binomial_log_tail,
)


def exact_log_tail(sizes: list[int], chances: list[float], k: int, *, lower: bool = False) -> float:
    """ln P(X >= k), or P(X <= k), the classes' binomial terms multiplied out with 60 digits."""
    with localcontext(prec=60):
        terms = [Decimal(1)]
        for size, chance in zip(sizes, chances, strict=True):
            q = Decimal(chance)
            own = [math.comb(size, j) * power(q, j) * power(1 - q, size - j) for j in range(size + 1)]
            product = [Decimal(0)] * (len(terms) + size)
            for i, x in enumerate(terms):
                for j, y in enumerate(own):
                    product[i + j] += x * y
            terms = product
        tail = sum(terms[: max(k + 1, 0)]) if lower else sum(terms[k:])
        return float(tail.ln()) if tail else -math.inf


def power(base: Decimal, exponent: int) -> Decimal:
    """Decimal itself refuses 0 to the 0."""
    return base**exponent if exponent else Decimal(1)


def relative_error(found: float, log_exact: float) -> float:
    return abs(math.expm1(found - log_exact))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from([0.0, 1e-9, 1e-3, 0.05, 0.3, 0.5, 0.9, 0.999, 1.0])), max_size=6
    ),
    st.integers(-1, 80),
)
def test_small_supports_are_exact(classes: list[tuple[int, float]], k: int) -> None:
    sizes, chances = [s for s, _ in classes], [q for _, q in classes]
    exact = exact_log_tail(sizes, chances, max(k, 0))
    found = poisson_binomial_log_tail(sizes, np.array([chances]).reshape(1, -1), [k])[0]
    if exact == -math.inf:
        assert found == -math.inf
    else:
        assert relative_error(found, exact) < 1e-9
    fewer = exact_log_tail(sizes, chances, k, lower=True)
    found = poisson_binomial_log_lower_tail(sizes, np.array([chances]).reshape(1, -1), [k])[0]
    assert found == fewer if fewer == -math.inf else relative_error(found, fewer) < 1e-9


def test_a_chance_of_a_half_at_the_mean() -> None:
    """Two of three fair trials or more: 4 of 8 outcomes; the tilt is none, and the Fourier sum meets an exact 0."""
    assert math.exp(poisson_binomial_log_tail([3], [[0.5]], [2])[0]) == pytest.approx(0.5, rel=1e-12)
    assert math.exp(poisson_binomial_log_tail([3, 2], [[0.5, 0.0]], [2])[0]) == pytest.approx(0.5, rel=1e-12)


def test_exact_branch_against_fractions() -> None:
    """The convolution once more with no rounding at all: 3 + 2 trials of 1/4 and 1/2."""
    terms = [Fraction(1)]
    for q in [Fraction(1, 4)] * 3 + [Fraction(1, 2)] * 2:
        terms = [
            (terms[j] if j < len(terms) else 0) * (1 - q) + (terms[j - 1] if j else 0) * q
            for j in range(len(terms) + 1)
        ]
    for k in range(6):
        found = poisson_binomial_log_tail([3, 2], [[0.25, 0.5]], [k])[0]
        assert math.exp(found) == pytest.approx(float(sum(terms[k:])), rel=1e-9)


# Many hosts with few items and few hosts with many, as they are found; and about the log10 of the least tail.
CLASSES = [
    ([400, 150, 40, 10], [0.01, 0.05, 0.3, 0.8], -1000),
    ([500, 60, 5], [0.002, 0.2, 0.99], -1000),
    ([300, 200], [0.4, 0.6], -150),
    ([600], [0.1], -500),
    ([140, 200, 30], [0.9, 0.97, 0.6], -9),
]


@pytest.mark.parametrize(("sizes", "chances", "least"), CLASSES)
def test_the_whole_range_of_tails(sizes: list[int], chances: list[float], least: float) -> None:
    """From nearly 1 over 1e-1 and 1e-74 to far below 1e-300."""
    seen = []
    for k in range(1, sum(sizes) + 1, 13):
        exact = exact_log_tail(sizes, chances, k)
        found = poisson_binomial_log_tail(sizes, [chances], [k])[0]
        assert relative_error(found, exact) < 1e-3, (k, exact / math.log(10))
        seen.append(exact / math.log(10))
        fewer = exact_log_tail(sizes, chances, k - 1, lower=True)
        found = poisson_binomial_log_lower_tail(sizes, [chances], [k - 1])[0]
        assert relative_error(found, fewer) < 1e-3, (k, fewer / math.log(10))
    assert max(seen) > -0.01
    assert any(-74 < s < -0.5 for s in seen)
    assert min(seen) < least


def binomial_log_tail(n: int, q: float, k: int) -> float:
    """ln P(X >= k) of one binomial above its mean, from the first term and the ratios of the next."""
    first = (
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(q) + (n - k) * math.log1p(-q)
    )
    total = term = 1.0
    for j in range(k, n):
        term *= (n - j) / (j + 1) * q / (1 - q)
        total += term
        if term < total * 1e-17:
            break
    return first + math.log(total)


@pytest.mark.parametrize("n", [130, 400, 100_000])
def test_rare_events_down_to_where_only_the_first_term_counts(n: int) -> None:
    """The hardest case of the expansion: an expected count far below the one seen."""
    for k in (1, 2, 8, 20, 33, 40, 100):
        for times in (1e-6, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.999):
            q = times * k / n
            found = poisson_binomial_log_tail([n], [[q]], [k])[0]
            assert relative_error(found, binomial_log_tail(n, q, k)) < 1e-3, (k, times)


def test_many_rows_at_once_are_the_rows_one_by_one() -> None:
    random = np.random.default_rng(3)
    sizes = random.integers(1, 3_000, 30)
    chances = np.exp(-random.exponential(4, (5_000, 30)))
    counts = random.poisson(chances @ sizes * random.uniform(0.5, 2, 5_000))
    together = poisson_binomial_log_tail(sizes, chances, counts)
    assert np.isfinite(together).all()
    assert (together <= 0).all()
    for row in range(0, 5_000, 271):
        alone = poisson_binomial_log_tail(sizes, chances[[row]], counts[[row]])
        assert together[row] == pytest.approx(alone[0], rel=1e-9, abs=1e-12)


def test_more_hosts_are_never_more_probable() -> None:
    """Also across the borders between the ways of computing."""
    sizes, chances = [3_000, 400, 50], [0.004, 0.05, 0.6]
    counts = np.arange(0, 400)
    found = poisson_binomial_log_tail(sizes, np.tile(chances, (400, 1)), counts)
    assert (np.diff(found) <= 0).all()
    assert found[0] == 0


def exact_hypergeometric(n: int, a: int, b: int, k: int) -> Fraction:
    ways = sum(math.comb(a, j) * math.comb(n - a, b - j) for j in range(max(k, 0), min(a, b) + 1) if b - j <= n - a)
    return Fraction(ways, math.comb(n, b))


@given(st.integers(0, 50), st.data())
def test_hypergeometric_against_fractions(n: int, data: st.DataObject) -> None:
    a, b, k = data.draw(st.integers(0, n)), data.draw(st.integers(0, n)), data.draw(st.integers(0, n + 1))
    exact = exact_hypergeometric(n, a, b, k)
    found = hypergeometric_log_tail(n, [a], [b], [k])[0]
    assert math.exp(found) == pytest.approx(float(exact), rel=1e-10)
    fewer = hypergeometric_log_lower_tail(n, [a], [b], [k - 1])[0]
    assert math.exp(fewer) == pytest.approx(float(1 - exact), rel=1e-10)


@pytest.mark.parametrize(
    ("a", "b", "k"), [(2_250, 1_500, 675), (2_250, 1_500, 780), (40, 3_000, 39), (2_250, 1_500, 1_250)]
)
def test_hypergeometric_of_many_hosts(a: int, b: int, k: int) -> None:
    exact = exact_hypergeometric(5_000, a, b, k)
    with localcontext(prec=60):
        log_exact = float((Decimal(exact.numerator) / Decimal(exact.denominator)).ln())
    assert relative_error(hypergeometric_log_tail(5_000, [a], [b], [k])[0], log_exact) < 1e-8
