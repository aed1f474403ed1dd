from __future__ import annotations

import math
import random
from itertools import combinations

import pytest

from cohabit.maps.packing import Packed, pack

Edges = list[tuple[int, int, float]]


def case(number: int, groups: int, lonely: int = 0) -> tuple[list[int], list[int], Edges]:
    """Return hosts (falling as 1/rank), communities and edges: a random tree inside each, one bridge between them."""
    chance = random.Random(number)
    hosts = [9000 // (i + 1) + 1 for i in range(number + lonely)]
    group = [i % groups for i in range(number)] + [-1] * lonely
    edges: Edges = [(i, i - groups * chance.randint(1, i // groups), 1.0) for i in range(groups, number)]
    edges += [(g, g - 1, 0.5) for g in range(1, groups)]
    return hosts, group, edges


def gaps(found: Packed) -> list[float]:
    dots = list(zip(found.x, found.y, found.radius, strict=True))
    return [math.hypot(p[0] - q[0], p[1] - q[1]) - p[2] - q[2] for p, q in combinations(dots, 2)]


@pytest.mark.parametrize(("number", "groups", "lonely"), [(1, 1, 0), (2, 1, 0), (60, 3, 0), (300, 9, 120), (0, 1, 40)])
def test_no_two_dots_touch(number: int, groups: int, lonely: int) -> None:
    hosts, group, edges = case(number, groups, lonely)
    assert min(gaps(pack(hosts, group, edges)), default=1.0) > 0


def test_communities_stand_apart() -> None:
    hosts, group, edges = case(120, 4)
    found = pack(hosts, group, edges)
    centre = [
        (
            sum(x for x, h in zip(found.x, group, strict=True) if h == g) / 30,
            sum(y for y, h in zip(found.y, group, strict=True) if h == g) / 30,
        )
        for g in range(4)
    ]
    nearest = [
        min(range(4), key=lambda g: math.hypot(x - centre[g][0], y - centre[g][1]))
        for x, y in zip(found.x, found.y, strict=True)
    ]
    assert sum(n == g for n, g in zip(nearest, group, strict=True)) >= 110


def test_what_has_no_edge_is_in_the_tray_below_the_rest() -> None:
    hosts, group, edges = case(50, 2, lonely=30)
    found = pack(hosts, group, edges)
    assert found.tray is not None
    x, y, w, h = found.tray
    inside = [
        x <= px - r and px + r <= x + w + 0.2 and y <= py - r and py + r <= y + h + 0.2
        for px, py, r in zip(found.x, found.y, found.radius, strict=True)
    ]
    assert inside == [False] * 50 + [True] * 30
    assert max(found.y[:50]) < y


def test_area_follows_hosts() -> None:
    found = pack([10_000, 2_500, 1], [0, 0, 0], [(0, 1, 1.0), (1, 2, 1.0)])
    assert found.radius[0] == pytest.approx(2 * found.radius[1], rel=0.02)
    assert found.radius[2] == 2.4


def test_same_seed_same_places_other_seed_others() -> None:
    hosts, group, edges = case(80, 4, 5)
    assert pack(hosts, group, edges, seed=1) == pack(hosts, group, edges, seed=1)
    assert pack(hosts, group, edges, seed=1) != pack(hosts, group, edges, seed=2)


def test_nothing_is_no_error() -> None:
    assert pack([], [], []) == Packed((), (), (), None)
