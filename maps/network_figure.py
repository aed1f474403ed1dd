"""The network of items as a still picture: dots, lines, names where they find room, and the tray of unlinked items."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cohabit.maps.positions import Arrangement
from cohabit.maps.svg import fitted, measured, tag, text

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

    def covers(self, x: float, y: float, radius: float) -> bool:
        dx = x - max(self.x, min(x, self.x + self.width))
        dy = y - max(self.y, min(y, self.y + _HEIGHT))
        return dx * dx + dy * dy < radius * radius


def network_figure(
    labels: Sequence[str],
    groups: Sequence[int],
    edges: Sequence[tuple[int, int, float]],
    arrangement: Arrangement,
) -> tuple[float, float, str]:
    """Width, height and SVG of a network; `groups` are numbers of colours, `edges` (item, item, line width).

    Items are in order of importance: the earlier one's name finds room first.
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
    for i, label in enumerate(labels):
        room = tray.cell_width - 8 if tray is not None and i not in linked else _LONGEST
        shown = fitted(label, _SIZE, room)
        width = measured(shown, _SIZE)
        spots = [_Box(x[i] + radius[i] + 4, y[i] - _HEIGHT / 2, width)]
        if i in linked:
            spots += _around(x[i], y[i], radius[i], width)
        others = [j for j in range(len(labels)) if j != i]
        for box in spots:
            if any(box.overlaps(other) for other, _ in placed):
                continue
            if any(box.covers(x[j], y[j], radius[j]) for j in others):
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
