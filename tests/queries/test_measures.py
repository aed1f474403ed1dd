"""Measures of association against values worked out by hand or taken from the literature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohabit.queries import measures

# Six hosts: 1 {A, B}, 2 {A, B}, 3 {A, B, C}, 4 {A}, 5 {C}, 6 {B, C}. So a = 4, b = 4, c = 3, ab = 3, ac = 1, bc = 2.
N = 6


def test_six_hosts_by_hand() -> None:
    a, b, ab = np.array([4, 4, 4]), np.array([4, 3, 3]), np.array([3, 1, 2])  # A–B, A–C, B–C
    assert measures.lift(N, a, b, ab) == pytest.approx([18 / 16, 6 / 12, 12 / 12])
    assert measures.jaccard(a, b, ab) == pytest.approx([3 / 5, 1 / 6, 2 / 5])
    assert measures.npmi(N, a, b, ab) == pytest.approx([math.log(1.125) / math.log(2), math.log(0.5) / math.log(6), 0])


def test_odds_ratio_with_a_half_added_to_each_cell() -> None:
    """A–B: both 3, only A 1, only B 1, neither 1; with ½ each 3.5, 1.5, 1.5, 1.5."""
    ratio, low, high = measures.odds_ratio(N, np.array([4]), np.array([4]), np.array([3]))
    half = 1.959963984540054 * math.sqrt(1 / 3.5 + 3 / 1.5)
    assert ratio == pytest.approx([3.5 * 1.5 / 1.5**2])
    assert low == pytest.approx([math.exp(math.log(3.5 / 1.5) - half)])
    assert high == pytest.approx([math.exp(math.log(3.5 / 1.5) + half)])


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3 (score without correction), four decimals.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_against_the_literature(k: int, n: int, low: float, high: float) -> None:
    found = measures.wilson(k, n)
    assert (float(found[0]), float(found[1])) == pytest.approx((low, high), abs=5e-5)


def test_undefined_is_nan_and_bounds_are_kept() -> None:
    assert np.isnan(measures.wilson(0, 0)).all()
    assert measures.wilson([0, 7], [7, 7])[0][0] == 0
    assert measures.wilson([0, 7], [7, 7])[1][1] == 1
    assert np.isnan(measures.lift(5, 0, 3, 0))
    assert np.isnan(measures.ratio(0, 0))
    assert measures.npmi(5, 3, 2, 0) == -1
    assert np.isnan(measures.npmi(5, 5, 5, 5))


@given(st.integers(1, 60), st.data())
def test_symmetry_and_ranges(n: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(1, n)), data.draw(st.integers(1, n))
    ab = data.draw(st.integers(max(0, a + b - n), min(a, b)))
    for measure in (
        lambda x, y: measures.lift(n, x, y, ab),
        lambda x, y: measures.jaccard(x, y, ab),
        lambda x, y: measures.odds_ratio(n, x, y, ab)[0],
    ):
        assert float(measure(a, b)) == pytest.approx(float(measure(b, a)))
    assert 0 <= float(measures.jaccard(a, b, ab)) <= 1
    npmi = float(measures.npmi(n, a, b, ab))
    assert math.isnan(npmi) or -1 <= npmi <= 1 + 1e-12
