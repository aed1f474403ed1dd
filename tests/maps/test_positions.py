from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import combinations
from statistics import correlation

import pytest

from cohabit.maps.positions import TALL, WIDE, Arrangement, Frame, arrange

Edges = list[tuple[int, int, float]]
FRAMES = pytest.mark.parametrize("frame", [WIDE, TALL], ids=["wide", "tall"])


def graph(kind: str) -> tuple[list[str], list[int], Edges]:
    """Return labels, hosts and edges of a case that layouts find hard."""
    chance = random.Random(11)
    number = {"two": 2, "three components": 9, "star": 60, "dense": 40, "equal sizes": 80, "chain": 60}[kind]
    hosts = [50_000 // (i + 1) for i in range(number)]
    edges: Edges
    if kind == "star":
        edges = [(0, i, 1.0) for i in range(1, number)]
    elif kind == "three components":
        edges = [(i, i + 1, 1.0) for i in range(number - 1) if i % 3 != 2]
    elif kind == "dense":
        edges = [(a, b, chance.random() + 0.1) for a, b in combinations(range(number), 2)]
    elif kind == "equal sizes":
        hosts = [700] * number
        edges = [(i, chance.randrange(i), 1.0) for i in range(1, number)]
    else:
        edges = [(i, i + 1, 1.0) for i in range(number - 1)]
    return [f"family-{i:02d}" for i in range(number)], hosts, edges


def gaps(found: Arrangement) -> list[float]:
    """Return the free space between each two dots, by the distance of points in the plane."""
    dots = list(zip(found.x, found.y, found.radius, strict=True))
    return [math.hypot(p[0] - q[0], p[1] - q[1]) - p[2] - q[2] for p, q in combinations(dots, 2)]


@FRAMES
@pytest.mark.parametrize("kind", ["two", "three components", "star", "dense", "equal sizes", "chain"])
def test_no_two_dots_touch(kind: str, frame: Frame) -> None:
    assert min(gaps(arrange(*graph(kind), frame))) > 0.5


@FRAMES
def test_items_without_an_edge_stand_in_the_tray_and_the_others_outside(frame: Frame) -> None:
    labels, hosts, edges = graph("chain")
    labels += [f"lonely-{i}" for i in range(31)]
    hosts += [40_000, 9_000] + [3] * 29
    found = arrange(labels, hosts, edges, frame)
    tray = found.tray
    assert tray is not None
    inside = [
        tray.x <= x - r and x + r <= tray.x + tray.width and tray.y <= y - r and y + r <= tray.y + tray.height
        for x, y, r in zip(found.x, found.y, found.radius, strict=True)
    ]
    assert inside == [False] * 60 + [True] * 31
    outside = [
        x + r < tray.x or y + r < tray.y for x, y, r in list(zip(found.x, found.y, found.radius, strict=True))[:60]
    ]
    assert all(outside)
    assert min(gaps(found)) > 0.5


@FRAMES
@pytest.mark.parametrize("number", [1, 2, 5, 80])
def test_without_any_edge_everything_is_in_the_tray(frame: Frame, number: int) -> None:
    found = arrange([f"n{i}" for i in range(number)], [100] * number, [], frame)
    assert found.tray is not None
    assert min(gaps(found), default=1.0) > 0.5
    assert len(set(zip(found.x, found.y, strict=True))) == number
    assert found.tray.width <= frame.width * 1.2


def test_nothing_at_all_is_no_error() -> None:
    assert arrange([], [], [], WIDE) == Arrangement((), (), (), None)


def test_area_follows_hosts_above_the_smallest_size() -> None:
    found = arrange(["a", "b", "c"], [10_000, 2_500, 1], [(0, 1, 1.0), (1, 2, 1.0)], WIDE)
    assert found.radius[0] / found.radius[1] == pytest.approx(2, rel=0.02)
    assert found.radius[2] == WIDE.smallest


def test_many_dots_of_one_size_leave_room() -> None:
    found = arrange(*graph("equal sizes"), WIDE)
    covered = sum(math.pi * radius**2 for radius in found.radius)
    assert covered <= 0.08 * WIDE.width * WIDE.height


@FRAMES
def test_same_seed_same_places_other_seed_other_places(frame: Frame) -> None:
    case = graph("dense")
    assert arrange(*case, frame, seed=3) == arrange(*case, frame, seed=3)
    assert arrange(*case, frame, seed=3) != arrange(*case, frame, seed=4)


def test_the_tall_arrangement_is_taller_and_the_wide_one_wider() -> None:
    def ratio(found: Arrangement) -> float:
        return (max(found.x) - min(found.x)) / (max(found.y) - min(found.y))

    case = graph("dense")
    assert ratio(arrange(*case, WIDE)) > 1.2
    assert ratio(arrange(*case, TALL)) < 0.8


def test_the_tall_arrangement_is_the_wide_one_with_its_axes_swapped() -> None:
    case = graph("chain")
    wide, tall = arrange(*case, WIDE), arrange(*case, TALL)
    assert correlation(wide.x, tall.y) > 0.9
    assert correlation(wide.y, tall.x) > 0.9


def test_an_area_too_small_for_its_dots_grows() -> None:
    small = replace(WIDE, width=150, height=100, smallest=9, labelled=0)
    found = arrange(*graph("dense"), small)
    # 40 dots of radius 9 take 40 · 18² at the least; the area has 15,000.
    assert (max(found.x) - min(found.x)) * (max(found.y) - min(found.y)) > 40 * 18**2
    assert min(gaps(found)) > 0.5


def test_linked_items_are_nearer_than_others() -> None:
    # Four groups of ten, linked inside and by one bridge each: the layout must show them.
    edges: Edges = [(10 * g + a, 10 * g + b, 1.0) for g in range(4) for a, b in combinations(range(10), 2)]
    edges += [(0, 10, 0.2), (10, 20, 0.2), (20, 30, 0.2)]
    found = arrange([f"n{i}" for i in range(40)], [100] * 40, edges, WIDE)

    def mean(pairs: list[tuple[int, int]]) -> float:
        return sum(math.hypot(found.x[a] - found.x[b], found.y[a] - found.y[b]) for a, b in pairs) / len(pairs)

    everything = list(combinations(range(40), 2))
    inside = [(a, b) for a, b in everything if a // 10 == b // 10]
    assert mean(inside) < 0.6 * mean([p for p in everything if p not in inside])
