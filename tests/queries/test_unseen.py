"""Chao's lower bound: worked examples from the literature, and populations of known size."""

from __future__ import annotations

import random

import pytest

from cohabit.queries.unseen import unseen_at_least


def test_cottontail_rabbits() -> None:
    """Edwards and Eberhardt (1967): 135 rabbits released in a pen, 18 nights of traps, 76 caught at least once.

    Caught exactly once 43, exactly twice 16. Chao (1987): 76 + 43² / (2 · 16) = 133.8, close to the 135.
    """
    assert 76 + unseen_at_least(43, 16) == pytest.approx(133.78, abs=0.005)
    assert 76 + unseen_at_least(43, 16, 18) == pytest.approx(76 + 17 / 18 * 1849 / 32)


def test_spiders() -> None:
    """Sackett et al. (2011) as in Chao et al. (2014): 26 species, 12 singletons, 4 doubletons of 168 give 43.893."""
    assert 26 + unseen_at_least(12, 4, 168) == pytest.approx(43.893, abs=0.0005)
    assert 37 + unseen_at_least(14, 4, 252) == pytest.approx(61.403, abs=0.0005)


def test_nothing_seen_twice() -> None:
    assert unseen_at_least(5, 0) == 5 * 4 / 2
    assert unseen_at_least(5, 0, 10) == 0.9 * 5 * 4 / 2
    assert unseen_at_least(1, 0, 10) == 0
    assert unseen_at_least(0, 0, 10) == 0
    assert unseen_at_least(0, 7, 10) == 0


def estimate(chances: list[float], weeks: int, rng: random.Random) -> float:
    """Seen hosts plus the bound, for hosts that answer each week with their own chance."""
    seen = [sum(rng.random() < chance for _ in range(weeks)) for chance in chances]
    return sum(s > 0 for s in seen) + unseen_at_least(seen.count(1), seen.count(2), weeks)


def test_known_total() -> None:
    """Alike hosts: the bound is the number itself, on average. Different hosts: it stays below, yet above the seen."""
    rng = random.Random(11)
    alike = [estimate([0.08] * 2000, 12, rng) for _ in range(30)]
    assert sum(alike) / 30 == pytest.approx(2000, rel=0.01)
    seen_of_these = 2000 * (1 - 0.92**12)
    assert seen_of_these < 1270
    unlike = [estimate([0.02] * 1000 + [0.3] * 1000, 12, rng) for _ in range(30)]
    seen_of_these = 1000 * (1 - 0.98**12) + 1000 * (1 - 0.7**12)
    assert seen_of_these + 100 < sum(unlike) / 30 < 2000
