"""Places for hundreds to ten thousand dots: each community in a disc of its own, linked discs near each other.

A force layout of the whole takes minutes and ends in a lump. Here communities are laid out one by one, the discs are
packed greedily, largest first, and what has no edge stands in a tray below. Seconds for 10,000 items; the same input
and seed give the same places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Indexes = NDArray[np.int64]

_LARGEST, _SMALLEST = 26.0, 2.4
GAP = 3.0
_WIDE = 1.5
TRAY_HEAD = 26.0
"""Room for the line of text above the items without an edge, in pixels at zoom 1."""
_ROUNDS = 60


@dataclass(frozen=True)
class Packed:
    """Centres and radii in world units; `tray` is x, y, width, height of the items without an edge, where there are."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    radius: tuple[float, ...]
    tray: tuple[float, float, float, float] | None


def pack(
    hosts: Sequence[int],
    group: Sequence[int],
    edges: Sequence[tuple[int, int, float]],
    *,
    seed: int = 0,
    tray: bool = True,
) -> Packed:
    """Return places for items with `hosts` (the area of a dot) in communities `group`; edges have weights > 0.

    With `tray`, items without an edge stand below the others; without, they are in their communities like all.
    """
    number = len(hosts)
    radius = np.maximum(
        _LARGEST * np.sqrt(np.array(hosts, np.float64) / max(*hosts, 1)) if number else np.zeros(0), _SMALLEST
    )
    places: Points = np.zeros((number, 2))
    linked = sorted({end for a, b, _ in edges for end in (a, b)}) if tray else list(range(number))
    members: dict[int, list[int]] = {}
    for item in linked:
        members.setdefault(group[item], []).append(item)
    order = sorted(members, key=lambda g: (-len(members[g]), g))
    inner = {g: _inside(members[g], edges, radius, seed) for g in order}
    reach = {g: _reach(inner[g], radius[members[g]]) for g in order}
    centres = _discs(order, reach, _between(group, edges))
    for g in order:
        places[members[g]] = inner[g] + centres[g]
    below = _tray(places, radius, sorted(set(range(number)) - set(linked), key=lambda i: (-hosts[i], i)), linked)
    rounded = np.round(places, 1)
    return Packed(
        tuple(rounded[:, 0].tolist()),
        tuple(rounded[:, 1].tolist()),
        tuple(np.round(radius, 1).tolist()),
        None if below is None else (round(below[0], 1), round(below[1], 1), round(below[2], 1), round(below[3], 1)),
    )


def _inside(members: list[int], edges: Sequence[tuple[int, int, float]], radius: Points, seed: int) -> Points:
    """Places of one community around 0: spring layout, evened out so that the middle is no lump, no two dots touch."""
    if len(members) == 1:
        return np.zeros((1, 2))
    inside = set(members)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(members)
    graph.add_weighted_edges_from((a, b, w) for a, b, w in edges if a in inside and b in inside)
    found = nx.spring_layout(graph, weight="weight", seed=seed, iterations=80, method="force")
    points: Points = np.array([found[item] for item in members], np.float64)
    points -= points.mean(axis=0)
    distance = np.maximum(np.hypot(points[:, 0], points[:, 1]), 1e-9)
    rank = np.argsort(np.argsort(distance, kind="stable"), kind="stable") + 0.5
    sizes = radius[members]
    whole = 2.0 * math.sqrt(float(np.sum((sizes + GAP) ** 2)))
    wanted = whole * (0.4 * distance / distance.max() + 0.6 * np.sqrt(rank / len(members)))
    return apart(points * (wanted / distance)[:, None], sizes)


def apart(points: Points, sizes: Points) -> Points:
    """Push overlapping dots apart, the farther the more they overlap."""
    from scipy.spatial import cKDTree

    points = points.copy()
    reach = 2 * float(sizes.max()) + GAP
    for _ in range(_ROUNDS):
        pairs = cKDTree(points).query_pairs(reach, output_type="ndarray")
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))] if len(pairs) else pairs
        delta = points[pairs[:, 1]] - points[pairs[:, 0]]
        distance = np.hypot(delta[:, 0], delta[:, 1])
        overlap = sizes[pairs[:, 0]] + sizes[pairs[:, 1]] + GAP - distance
        close = overlap > 0.05
        if not close.any():
            break
        first, second = pairs[close, 0], pairs[close, 1]
        # Two on the same spot go left and right.
        direction = np.where(distance[close, None] > 1e-6, delta[close], [1.0, 0.0])
        direction = direction / np.maximum(distance[close, None], 1e-6)
        step = direction * (overlap[close] * 0.52)[:, None]
        np.add.at(points, first, -step)
        np.add.at(points, second, step)
        points = points - points.mean(axis=0)
    return points


def _reach(points: Points, sizes: Points) -> float:
    return float((np.hypot(points[:, 0], points[:, 1]) + sizes).max()) + 4 * GAP


def _between(group: Sequence[int], edges: Sequence[tuple[int, int, float]]) -> dict[int, dict[int, float]]:
    weights: dict[int, dict[int, float]] = {}
    for a, b, weight in edges:
        for g, h in ((group[a], group[b]), (group[b], group[a])):
            if g != h:
                weights.setdefault(g, {})[h] = weights.get(g, {}).get(h, 0.0) + weight
    return weights


def _discs(order: list[int], reach: dict[int, float], between: dict[int, dict[int, float]]) -> dict[int, Points]:
    """Put disc after disc as near as there is room to those it is linked to, on an area wider than high."""
    placed: dict[int, Points] = {}
    turns = np.arange(0, 720) * 2.399963  # golden angle: even in all directions
    for g in order:
        if not placed:
            placed[g] = np.zeros(2)
            continue
        centres, sizes = np.array(list(placed.values())), np.array([reach[h] for h in placed])
        weights = np.array([between.get(g, {}).get(h, 0.0) for h in placed])
        target = np.average(centres, axis=0, weights=weights) if weights.any() else np.zeros(2)
        step = 0.35 * reach[g] + 4
        for _ in range(40):
            far = step * np.sqrt(np.arange(720))
            spots = target + np.column_stack([_WIDE * far * np.cos(turns), far * np.sin(turns)])
            gaps = np.hypot(*(spots[:, None] - centres[None]).transpose(2, 0, 1)) - sizes - reach[g]
            free = np.flatnonzero((gaps >= 0).all(axis=1))
            if len(free):
                placed[g] = spots[free[0]]
                break
            step *= 1.6
    return placed


def _tray(
    places: Points, radius: Points, lonely: list[int], linked: list[int]
) -> tuple[float, float, float, float] | None:
    """Rows of the items without an edge below all others, largest first; the head has room for a line of text."""
    if not lonely:
        return None
    pad = 8.0
    left, right, bottom = -450.0, 450.0, 0.0
    if linked:
        left = float((places[linked, 0] - radius[linked]).min())
        right = max(float((places[linked, 0] + radius[linked]).max()), left + 500)
        bottom = float((places[linked, 1] + radius[linked]).max()) + 30
    # As wide as what is above, wider where that would make a tower.
    area = float(np.sum((2 * radius[lonely] + 4) ** 2))
    extra = max(0.0, math.sqrt(area * 2.5) - (right - left)) / 2
    left, right = left - extra, right + extra
    x, y, row = left + pad, bottom + TRAY_HEAD, 0.0
    for item in lonely:
        size = float(radius[item])
        if x + 2 * size > right - pad and x > left + pad:
            x, y, row = left + pad, y + row, 0.0
        places[item] = (x + size, y + size)
        x += 2 * size + 4
        row = max(row, 2 * size + 4)
    return left, bottom, right - left, y + row - bottom + pad
