from __future__ import annotations

import random
from itertools import pairwise

import pytest

from cohabit.maps.order import similar_together


def test_groups_stand_together() -> None:
    # Three groups of four that are alike inside, numbered so that they alternate.
    group = {item: item % 3 for item in range(12)}
    pairs = [(a, b, 0.8 if group[a] == group[b] else 0.1) for a in range(12) for b in range(a)]
    order = similar_together(12, pairs)
    assert sorted(order) == list(range(12))
    runs = [group[item] for item in order]
    assert sum(x != y for x, y in pairwise(runs)) == 2


def test_a_chain_keeps_its_order() -> None:
    chain = [3, 0, 4, 1, 2]
    order = similar_together(5, [(a, b, 0.9) for a, b in pairwise(chain)])
    places = [order.index(item) for item in chain]
    assert sum(abs(p - q) for p, q in pairwise(places)) <= 6


def test_the_order_of_the_pairs_does_not_matter() -> None:
    chance = random.Random(2)
    pairs = [(a, b, round(chance.random(), 2)) for a in range(20) for b in range(a)]
    again = pairs[::-1]
    assert similar_together(20, pairs) == similar_together(20, again)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_few_items_are_as_they_are(number: int) -> None:
    assert similar_together(number, [(0, 5, 1.0)]) == list(range(number))
