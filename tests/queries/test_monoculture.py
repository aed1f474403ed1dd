"""The smallest set of items that reaches enough hosts, against a search of all sets."""

from __future__ import annotations

import random
from itertools import combinations
from typing import cast

import numpy as np
import pytest

from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore
from cohabit.queries.monoculture import monoculture, smallest_cover
from cohabit.queries.risks import risks

Sets = list[tuple[int, ...]]


def reached(chosen: tuple[int, ...], sets: Sets, weights: list[int]) -> int:
    return sum(weight for one, weight in zip(sets, weights, strict=True) if set(one) & set(chosen))


def fewest(sets: Sets, weights: list[int], items: int, needed: int) -> int:
    """Try all sets of items, the small ones first."""
    return next(
        size
        for size in range(1, items + 1)
        if any(reached(chosen, sets, weights) >= needed for chosen in combinations(range(items), size))
    )


def test_greedy_is_enough_where_the_largest_items_show_it() -> None:
    # Item 0 on 60 hosts, item 1 on 50, of 100: no single one reaches 90, both together do.
    cover = smallest_cover([(0,), (1,), (0, 1)], np.array([50, 40, 10]), 2, 90)
    assert cover.items == (0, 1)
    assert (cover.covered, cover.at_least, cover.method) == (100, 2, "greedy")


# Greedy takes item 2 (6 of 10 hosts) and then needs two more; items 0 and 1 alone have all ten.
#   hosts   a b c d e   f g h i j
#   item 0  x x x x x
#   item 1              x x x x x
#   item 2      x x x   x x x
TRAP: Sets = [(0,), (0, 2), (1, 2), (1,)]
TRAP_WEIGHTS = [2, 3, 3, 2]


def test_branch_and_bound_finds_what_greedy_misses() -> None:
    cover = smallest_cover(TRAP, np.array(TRAP_WEIGHTS), 3, 10)
    assert set(cover.items) == {0, 1}
    assert (cover.covered, cover.at_least, cover.method) == (10, 2, "branch and bound")


def test_without_nodes_left_the_bound_is_said() -> None:
    cover = smallest_cover(TRAP, np.array(TRAP_WEIGHTS), 3, 10, most_nodes=1)
    assert cover.items == (2, 0, 1)
    assert (cover.covered, cover.at_least, cover.method) == (10, 2, "greedy")


@pytest.mark.parametrize("seed", range(40))
def test_against_all_sets(seed: int) -> None:
    rng = random.Random(seed)
    items = rng.randint(2, 9)
    sets: Sets = sorted({tuple(sorted(rng.sample(range(items), rng.randint(1, min(3, items))))) for _ in range(15)})
    weights = [rng.randint(1, 30) for _ in sets]
    for percentage in (50, 90, 100):
        needed = -(-sum(weights) * percentage // 100)
        cover = smallest_cover(sets, np.array(weights), items, needed)
        assert len(cover.items) == len(set(cover.items)) == fewest(sets, weights, items, needed)
        assert cover.at_least == len(cover.items)
        assert cover.covered == reached(cover.items, sets, weights) >= needed


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_holds_however_few_nodes_there_are(seed: int) -> None:
    rng = random.Random(1_000 + seed)
    items = 8
    sets: Sets = sorted({tuple(sorted(rng.sample(range(items), 2))) for _ in range(14)})
    weights = [rng.randint(1, 9) for _ in sets]
    needed = sum(weights)
    best = fewest(sets, weights, items, needed)
    for nodes in (1, 3, 10, 30):
        cover = smallest_cover(sets, np.array(weights), items, needed, most_nodes=nodes)
        assert cover.at_least <= best <= len(cover.items)
        assert cover.covered == reached(cover.items, sets, weights) >= needed


@pytest.mark.parametrize("said", ["0", "100", "12.5", "-5", "half", "", "50,,60", "²5", "5" * 5_000])
def test_a_goal_that_is_none_has_one_clear_line(said: str) -> None:
    with pytest.raises(
        UsageError, match=r"^--cover '[^\n]*': it takes whole percentages from 1 to 99: 80, or 50,80,95$"
    ):
        monoculture(cast("GraphStore", None), cover=[said])


def test_goals_without_monoculture_are_refused() -> None:
    with pytest.raises(UsageError, match="--cover goes with --monoculture"):
        risks(cast("GraphStore", None), cover=["80"])
