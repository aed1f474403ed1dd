"""Agreement of rankings: SciPy's τ-b, and rank-biased overlap by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from cohabit.queries.agreement import kendall_tau_b, rank_biased_overlap


@pytest.mark.parametrize("seed", range(20))
def test_tau_b_is_that_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Few values make many ties.
    a, b = rng.integers(0, 6, (2, 25))
    assert kendall_tau_b(a, b) == pytest.approx(float(kendalltau(a, b).statistic), abs=1e-12)


def test_tau_b_of_what_is_all_alike_is_undefined() -> None:
    assert math.isnan(kendall_tau_b([3, 3, 3], [1, 2, 3]))


def test_rank_biased_overlap_by_hand() -> None:
    """Overlaps of a b c and b a c: 0, 2/2, 3/3. With p = 0.9: 0.9³ + (0.1/0.9)·(0.9² + 0.9³) = 0.9."""
    assert rank_biased_overlap("abc", "bac") == pytest.approx(0.9)
    # One of two shared from the second place on: overlaps 0, 1/2; 0.5·0.81 + (1/9)·(0.5·0.81) = 0.45.
    assert rank_biased_overlap("ab", "ca") == pytest.approx(0.45)


def test_rank_biased_overlap_at_its_ends() -> None:
    assert rank_biased_overlap("abcdef", "abcdef") == pytest.approx(1.0)
    assert rank_biased_overlap("abc", "def") == 0.0
    assert math.isnan(rank_biased_overlap("", ""))
