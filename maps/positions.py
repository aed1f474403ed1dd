"""Where the dots go: the same input and seed give the same places, no two dots touch, and labels find room.

Browsers only draw. Two arrangements are made, one wide and one tall, because a wide one shrunk to a phone is
unreadable; both come from one layout, the tall one with its axes swapped, so that neighbourhoods stay the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import networkx as nx
import numpy as np
from numpy.typing import NDArray

_Points = NDArray[np.float64]
_LABEL_HEIGHT = 15.0
_CHARACTER = 6.6
_LONGEST_RESERVED = 20
_APART = 3.0
_GROWTH = 1.12
_COVERED = 0.08


@dataclass(frozen=True)
class Frame:
    """A drawing area in pixels at zoom 1: its size, the radii of dots, and the cells of the tray.

    `labelled` is how many of the largest dots get room for a label beside them.
    """

    width: float
    height: float
    largest: float
    smallest: float
    labelled: int
    turned: bool
    cell_width: float
    cell_height: float


WIDE = Frame(900, 600, 30, 3.5, 10_000, turned=False, cell_width=128, cell_height=21)
TALL = Frame(350, 530, 17, 3.0, 20, turned=True, cell_width=102, cell_height=23)


def frame_within(width: float) -> Frame:
    """The wide area, made to fit a still picture: taller where it is narrow, and then turned, its tray below."""
    height = min(max(WIDE.height, WIDE.width * WIDE.height / width), 2 * WIDE.height)
    largest = WIDE.largest * min(1.0, max(0.6, width / WIDE.width))
    return replace(WIDE, width=width, height=height, largest=largest, turned=width < WIDE.width)


@dataclass(frozen=True)
class Tray:
    """The rectangle (pixels at zoom 1) of the items without an edge; `cell_width` is the room for a label."""

    x: float
    y: float
    width: float
    height: float
    cell_width: float


@dataclass(frozen=True)
class Arrangement:
    """Centres and radii of all items in their given order, and the tray where some have no edge."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    radius: tuple[float, ...]
    tray: Tray | None


def arrange(
    labels: Sequence[str],
    hosts: Sequence[int],
    edges: Sequence[tuple[int, int, float]],
    frame: Frame,
    *,
    seed: int = 0,
) -> Arrangement:
    """Return places for the items; `edges` are (item, item, weight > 0), the area of a dot follows `hosts`.

    Dots smaller than the frame's smallest are drawn at that size. O(items³) for the layout: meant for up to a few
    hundred items.
    """
    radius = _radii(hosts, frame)
    linked = sorted({end for a, b, _ in edges for end in (a, b)})
    lonely = sorted(set(range(len(labels))) - set(linked), key=lambda i: (-hosts[i], i))
    # Few dots on a large area would be far apart for no reason.
    spread = min(1.0, max(0.5, math.sqrt(len(linked) / 38)))
    places: _Points = np.zeros((len(labels), 2))
    right, bottom = 0.0, 0.0
    if linked:
        size = np.array([frame.width, frame.height]) * spread
        if lonely and not frame.turned:
            size[0] -= frame.cell_width * 0.5
        found = _linked_places(tuple(linked), tuple(edges), seed)
        reserve = _label_room(labels, hosts, linked, frame)
        found = _fit(found, radius[linked], reserve, size, frame.turned)
        places[linked] = found
        right = float(np.max(found[:, 0] + radius[linked] + reserve))
        bottom = float(np.max(found[:, 1] + radius[linked]))
    tray = None
    if lonely:
        tray = _fill_tray(places, radius, lonely, frame, right, bottom)
    rounded = np.round(places, 1)
    return Arrangement(
        x=tuple(float(value) for value in rounded[:, 0]),
        y=tuple(float(value) for value in rounded[:, 1]),
        radius=tuple(float(value) for value in radius),
        tray=tray,
    )


def _radii(hosts: Sequence[int], frame: Frame) -> _Points:
    top = max(hosts, default=0) or 1
    scaled = frame.largest * np.sqrt(np.array(hosts, dtype=np.float64) / top)
    # Many dots of one size must not fill the area: together they cover at most a share of it.
    covered = math.pi * float(np.sum(scaled**2)) / (frame.width * frame.height)
    scaled *= min(1.0, math.sqrt(_COVERED / max(covered, 1e-9)))
    # Rounded down, so that rounding never makes two dots touch.
    radii: _Points = np.floor(np.maximum(scaled, frame.smallest) * 10) / 10
    return radii


def _label_room(labels: Sequence[str], hosts: Sequence[int], linked: Sequence[int], frame: Frame) -> _Points:
    by_size = sorted(linked, key=lambda i: (-hosts[i], i))[: frame.labelled]
    room = {i: 6 + _CHARACTER * min(len(labels[i]), _LONGEST_RESERVED) for i in by_size}
    return np.array([room.get(i, 0.0) for i in linked])


@lru_cache(maxsize=2)
def _linked_places(linked: tuple[int, ...], edges: tuple[tuple[int, int, float], ...], seed: int) -> _Points:
    """Return places in the unit square: spring layout for the order, Kamada–Kawai for even distances.

    They do not hang on the area, and are the slow part: of several areas for one network they are found once.
    """
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(linked)
    heaviest = max(value for _, _, value in edges)
    for a, b, value in edges:
        share = value / heaviest
        graph.add_edge(a, b, weight=share, length=1 / (0.35 + share))
    _hold_together(graph)
    start = nx.spring_layout(graph, weight="weight", seed=seed, iterations=100)
    final = nx.kamada_kawai_layout(graph, pos=start, weight="length")
    points: _Points = np.array([final[node] for node in linked], dtype=np.float64)
    found = _even_out(_upright(points))
    found.setflags(write=False)
    return found


def _hold_together(graph: nx.Graph[int]) -> None:
    """Tie separate components to the largest one, for the layout only: else they drift apart or overlap."""
    parts = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda p: (-len(p), p[0]))
    for part in parts[1:]:
        graph.add_edge(parts[0][0], part[0], weight=0.1, length=2.5)


def _upright(points: _Points) -> _Points:
    """Turn the longest axis to the horizontal, with signs that do not depend on the solver."""
    centred: _Points = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    turned: _Points = centred @ axes.T
    for column in range(2):
        if turned[int(np.argmax(np.abs(turned[:, column]))), column] < 0:
            turned[:, column] *= -1
    return turned


def _even_out(points: _Points) -> _Points:
    """Map each axis to 0 … 1, half by value and half by rank: no lump in the middle, no far outlier."""
    result = np.full_like(points, 0.5)
    for column in range(2):
        values = points[:, column]
        spread = float(np.ptp(values))
        if len(values) < 2 or spread == 0:
            continue
        rank = np.argsort(np.argsort(values, kind="stable"), kind="stable") / (len(values) - 1)
        result[:, column] = 0.55 * (values - values.min()) / spread + 0.45 * rank
    return result


def _fit(points: _Points, radius: _Points, reserve: _Points, size: _Points, turned: bool) -> _Points:
    """Scale to `size` and push apart until no dots touch; the area grows when there is no room."""
    unit = points[:, ::-1] if turned else points
    while True:
        low = np.column_stack([radius, radius])
        high = size - np.column_stack([radius + reserve, radius])
        placed = low + unit * np.maximum(high - low, 0)
        placed = _push_apart(placed, radius, reserve, low, high, rounds=400)
        placed = _push_apart(placed, radius, np.zeros_like(reserve), low, high, rounds=400)
        if not _touching(placed, radius):
            return placed
        size = size * _GROWTH


def _touching(points: _Points, radius: _Points) -> bool:
    gap = np.linalg.norm(points[:, None] - points[None], axis=2) - radius[:, None] - radius[None]
    np.fill_diagonal(gap, np.inf)
    return bool((gap < 1.0).any())


def _push_apart(
    points: _Points, radius: _Points, reserve: _Points, low: _Points, high: _Points, *, rounds: int
) -> _Points:
    """Move overlapping boxes (dot plus label room at its right) apart along the shorter way, staying in the area."""
    points = points.copy()
    half = np.column_stack([radius + reserve / 2, np.maximum(radius, _LABEL_HEIGHT / 2 * (reserve > 0))]) + _APART
    offset = np.column_stack([reserve / 2, np.zeros_like(reserve)])
    order = np.arange(len(points))
    # Where two centres coincide, the earlier one goes left and up.
    tie = np.sign(order[:, None] - order[None])
    for _ in range(rounds):
        centre = points + offset
        delta = centre[:, None] - centre[None]
        overlap = half[:, None] + half[None] - np.abs(delta)
        np.einsum("iik->ik", overlap)[:] = 0
        clash = (overlap > 0).all(axis=2)
        if not clash.any():
            break
        sideways = overlap[:, :, 0] < overlap[:, :, 1]
        direction = np.where(delta == 0, tie[:, :, None], np.sign(delta))
        step = direction * overlap * 0.26
        step[:, :, 0] *= clash & sideways
        step[:, :, 1] *= clash & ~sideways
        points = np.clip(points + step.sum(axis=1), low, np.maximum(low, high))
    return points


def _fill_tray(
    places: _Points, radius: _Points, lonely: Sequence[int], frame: Frame, right: float, bottom: float
) -> Tray:
    """Put the items without an edge in cells, column by column at the right, or row by row below a tall layout."""
    head, pad, gap = 24.0, 8.0, 26.0
    heights = [max(frame.cell_height, 2 * float(radius[i]) + 4) for i in lonely]
    below = frame.turned or not right
    if below:
        columns = _columns_below(radius[lonely], frame)
        x, y = 0.0, bottom + gap if right else 0.0
    else:
        room = max(bottom, frame.height * 0.6) - head
        columns = max(1, math.ceil(sum(heights) / room))
        x, y = right + gap, 0.0
    columns = min(columns, len(lonely))
    rows = math.ceil(len(lonely) / columns)
    lowest, left = y, x + pad
    for column in range(columns):
        # Along the rows below, down the columns at the side: read in order of size either way.
        numbers = range(column, len(lonely), columns) if below else range(column * rows, (column + 1) * rows)
        cells = [number for number in numbers if number < len(lonely)]
        edge = max((float(radius[lonely[number]]) for number in cells), default=0.0)
        top = y + head
        for number in cells:
            places[lonely[number]] = (left + edge, top + heights[number] / 2)
            top += heights[number]
        left += frame.cell_width + 2 * edge
        lowest = max(lowest, top)
    return Tray(x, y, left - x, lowest - y + pad / 2, frame.cell_width)


def _columns_below(radius: _Points, frame: Frame) -> int:
    """Return how many columns fit side by side, the first row holding the largest dots (a little more is shrunk)."""
    columns = 1
    while columns < len(radius):
        width = (columns + 1) * frame.cell_width + 2 * float(radius[: columns + 1].sum())
        if width > frame.width * 1.12:
            break
        columns += 1
    return columns
