"""The network of items as a still picture: dots, lines, names where they find room, and the tray of unlinked items."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cohabit.maps.positions import Arrangement
from cohabit.maps.svg import fitted, measured, tag, text

Floats = NDArray[np.float64]

_HEIGHT = 14.0
_SIZE = 12.0
_LONGEST = 150.0


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float

    def overlaps(self, other: _Box) -> bool:
        aside = self.x >= other.x + other.width or other.x >= self.x + self.width
        return not (aside or abs(self.y - other.y) >= _HEIGHT)

    def covers(self, x: Floats, y: Floats, radius: Floats) -> NDArray[np.bool_]:
        """Which of these dots it touches."""
        dx = x - np.clip(x, self.x, self.x + self.width)
        dy = y - np.clip(y, self.y, self.y + _HEIGHT)
        touched: NDArray[np.bool_] = dx * dx + dy * dy < radius * radius
        return touched


def network_figure(
    labels: Sequence[str],
    groups: Sequence[int],
    edges: Sequence[tuple[int, int, float]],
    arrangement: Arrangement,
    named: Sequence[int] | None = None,
    soft: Sequence[int] = (),
) -> tuple[float, float, str]:
    """Width, height and SVG of a network; `groups` are numbers of colours, `edges` (item, item, line width).

    Items are in order of importance: the earlier one's name finds room first. Of many, only those in `named` get one.
    A name may stand on the dots in `soft`.
    """
    x, y, radius = arrangement.x, arrangement.y, arrangement.radius
    linked = {end for a, b, _ in edges for end in (a, b)}
    lines = [
        tag("line", x1=x[a], y1=y[a], x2=x[b], y2=y[b], stroke_width=width, class_="edge") for a, b, width in edges
    ]
    dots = [
        tag("circle", cx=x[i], cy=y[i], r=radius[i], class_=f"node f{groups[i]}")
        for i in sorted(range(len(labels)), key=lambda i: (-radius[i], i))
    ]
    tray = arrangement.tray
    if tray is not None:
        frame = tag("rect", x=tray.x, y=tray.y, width=tray.width, height=tray.height, class_="line")
        lines = [frame, text(tray.x + 8, tray.y + 16, "Not linked here", class_="m"), *lines]
    placed: list[tuple[_Box, str]] = []
    centres_x, centres_y, radii = (np.array(values, np.float64) for values in (x, y, radius))
    radii[list(soft)] = 0.0
    for i in range(len(labels)) if named is None else named:
        label = labels[i]
        room = tray.cell_width - 8 if tray is not None and i not in linked else _LONGEST
        shown = fitted(label, _SIZE, room)
        width = measured(shown, _SIZE)
        spots = [_Box(x[i] + radius[i] + 4, y[i] - _HEIGHT / 2, width)]
        if i in linked:
            spots += _around(x[i], y[i], radius[i], width)
        for box in spots:
            if any(box.overlaps(other) for other, _ in placed):
                continue
            touched = box.covers(centres_x, centres_y, radii)
            touched[i] = False
            if touched.any():
                continue
            placed.append((box, shown))
            break
    names = [text(box.x, box.y + _HEIGHT - 3.5, shown, class_="label") for box, shown in placed]
    left = min([0.0, *(xi - r for xi, r in zip(x, radius, strict=True)), *(box.x for box, _ in placed)]) - 4
    top = min([0.0, *(yi - r for yi, r in zip(y, radius, strict=True)), *(box.y for box, _ in placed)]) - 4
    right = max([*(xi + r for xi, r in zip(x, radius, strict=True)), *(box.x + box.width for box, _ in placed)])
    bottom = max([*(yi + r for yi, r in zip(y, radius, strict=True)), *(box.y + _HEIGHT for box, _ in placed)])
    if tray is not None:
        right, bottom = max(right, tray.x + tray.width), max(bottom, tray.y + tray.height)
    body = tag("g", *lines, *dots, *names, transform=f"translate({-left:.1f} {-top:.1f})")
    return math.ceil(right - left + 4), math.ceil(bottom - top + 4), body


def _around(x: float, y: float, radius: float, width: float) -> Iterator[_Box]:
    """Where else a name can stand: left, below, above, and at the four corners."""
    corner = radius * 0.75
    yield _Box(x - radius - 4 - width, y - _HEIGHT / 2, width)
    yield _Box(x - width / 2, y + radius + 1, width)
    yield _Box(x - width / 2, y - radius - 1 - _HEIGHT, width)
    yield _Box(x + corner, y + corner, width)
    yield _Box(x + corner, y - corner - _HEIGHT, width)
    yield _Box(x - corner - width, y + corner, width)
    yield _Box(x - corner - width, y - corner - _HEIGHT, width)
