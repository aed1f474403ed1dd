"""Charts as SVG that more than one picture uses: legends, rows of dots with intervals, shares over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cohabit.maps.scale import percent, scale_end
from cohabit.maps.svg import measured, tag, text, wrapped

_ROW = 22.0
_ATTEMPTS = 8


@dataclass(frozen=True)
class Drawing:
    """SVG elements, their upper left corner at 0, 0, and the room they take."""

    width: float
    height: float
    body: str


@dataclass(frozen=True)
class Dot:
    """A share with its 95 % interval; `label` and `note` as anybody wrote them."""

    label: str
    share: float
    low: float
    high: float
    note: str


def stacked(drawings: Sequence[Drawing], gap: float = 14.0) -> Drawing:
    """Drawings one below the other."""
    y, parts = 0.0, []
    for drawing in drawings:
        parts.append(tag("g", drawing.body, transform=f"translate(0 {y:.1f})"))
        y += drawing.height + gap
    return Drawing(max((d.width for d in drawings), default=0.0), max(y - gap, 0.0), "".join(parts))


def beside(left: Drawing, right: Drawing, gap: float = 24.0) -> Drawing:
    """Two drawings side by side."""
    moved = tag("g", right.body, transform=f"translate({left.width + gap:.1f} 0)")
    return Drawing(left.width + gap + right.width, max(left.height, right.height), left.body + moved)


def narrowed(room: float, draw: Callable[[float], Drawing]) -> Drawing:
    """The largest drawing found that is no wider than `room`: names at the edge make one wider than was asked for.

    Where none is, the last one is made smaller as a whole, text and all.
    """
    asked = room
    for _ in range(_ATTEMPTS):
        drawn = draw(asked)
        if drawn.width <= room:
            return drawn
        asked *= 0.98 * max(room / drawn.width, 0.5)
    scale = room / drawn.width
    return Drawing(room, drawn.height * scale, tag("g", drawn.body, transform=f"scale({scale:.4g})"))


def caption(words: str, width: float, class_: str = "m") -> Drawing:
    """Words above a drawing, in as many lines as they take."""
    found = wrapped(words, 13, width)
    body = "".join(text(0, 14 + 18 * i, line, class_=class_, width=width) for i, line in enumerate(found))
    return Drawing(width, 2 + 18 * len(found), body)


def legend(classes: Sequence[tuple[str, str]], width: float) -> Drawing:
    """Swatches (class, meaning), row after row."""
    x, y, parts = 0.0, 0.0, []
    for class_, words in classes:
        room = 18 + measured(words, 12) + 18
        if x and x + room > width:
            x, y = 0.0, y + 20
        parts.append(tag("rect", x=x, y=y + 2, width=13, height=13, rx=2, class_=f"swatch {class_}"))
        parts.append(text(x + 18, y + 13, words, size=12, class_="m", width=width - 20))
        x += room
    return Drawing(width, y + 20, "".join(parts))


def dots(rows: Sequence[Dot], width: float) -> Drawing:
    """One row a share: label, a dot with its interval on a common scale from 0, the figure, the note; and the scale."""
    names = min(190.0, width * 0.37)
    notes = max((measured(row.note, 12) for row in rows), default=0.0)
    left, right = names + 8, width - notes - 62
    end = scale_end(max((row.high for row in rows), default=1.0))

    def at(share: float) -> float:
        return left + (right - left) * share / end

    parts = []
    for i, row in enumerate(rows):
        y = i * _ROW + 11
        parts += [
            tag("line", x1=left, x2=right, y1=y, y2=y, class_="line"),
            text(names, y + 4.5, row.label, width=names, anchor="end"),
            tag("line", x1=at(row.low), x2=at(row.high), y1=y, y2=y, class_="interval"),
            tag("circle", cx=at(row.share), cy=y, r=4, class_="mark"),
            text(right + 52, y + 4.5, percent(row.share), anchor="end"),
            text(width, y + 4.5, row.note, size=12, class_="m", anchor="end"),
        ]
    bottom = len(rows) * _ROW
    for share in (0.0, end) if rows else ():
        parts.append(tag("line", x1=at(share), x2=at(share), y1=2, y2=bottom, class_="line"))
        parts.append(text(at(share), bottom + 12, percent(share), size=12, class_="m", anchor="middle"))
    return Drawing(width, bottom + 16, "".join(parts))


@dataclass(frozen=True)
class Line:
    """Shares over time: (period's number, share, low, high), ascending; gaps are where numbers are missing.

    `colour` is the number of a colour (None: that of the line's place among the others).
    """

    label: str
    points: tuple[tuple[int, float, float, float], ...]
    colour: int | None = None


def lines(periods: Sequence[str], series: Sequence[Line], width: float, height: float) -> Drawing:
    """Shares over time with bands of their 95 % intervals; names stand at the ends of the lines."""
    left, right, top, bottom = 46.0, width - 130.0, 10.0, height - 24.0
    highest = max((high for line in series for _, _, _, high in line.points), default=1.0) or 1.0
    step = next((s for s in (0.01, 0.02, 0.05, 0.1, 0.2) if highest / s <= 6), 0.25)
    end = min(1.0, (int(highest / step - 1e-9) + 1) * step)
    last = max(len(periods) - 1, 1)

    def x(period: int) -> float:
        return left + (right - left) * period / last

    def y(share: float) -> float:
        return bottom - (bottom - top) * share / end

    colours = [number if line.colour is None else line.colour for number, line in enumerate(series)]
    parts = []
    for tick in range(int(end / step + 1e-9) + 1):
        share = tick * step
        parts.append(tag("line", x1=left, x2=right, y1=y(share), y2=y(share), class_="line"))
        parts.append(text(left - 6, y(share) + 4, f"{share * 100:g} %", size=12, class_="m", anchor="end"))
    every = -(-len(periods) * 62 // max(int(right - left), 1)) or 1
    for i in range(0, len(periods), every):
        parts.append(text(x(i), height - 6, periods[i], size=12, class_="m", anchor="middle"))
    for colour, line in zip(colours, series, strict=True):
        parts += _line(line, colour, x, y)
    for line_y, number in _apart([(y(line.points[-1][1]), n) for n, line in enumerate(series) if line.points]):
        # Colours are not the only sign: each name stands at its line.
        parts.append(tag("circle", cx=right + 12, cy=line_y, r=4, class_=f"node f{colours[number]}"))
        parts.append(text(right + 20, line_y + 4, series[number].label, size=12, width=106))
    return Drawing(width, height, "".join(parts))


def _line(line: Line, colour: int, x: Callable[[int], float], y: Callable[[float], float]) -> list[str]:
    parts = []
    stretches: list[list[tuple[int, float, float, float]]] = []
    for point in line.points:
        if stretches and stretches[-1][-1][0] == point[0] - 1:
            stretches[-1].append(point)
        else:
            stretches.append([point])
    for stretch in stretches:
        upper = [f"{x(p):.1f},{y(high):.1f}" for p, _, _, high in stretch]
        lower = [f"{x(p):.1f},{y(low):.1f}" for p, _, low, _ in reversed(stretch)]
        middle = [f"{x(p):.1f},{y(share):.1f}" for p, share, _, _ in stretch]
        parts.append(tag("polygon", points=" ".join(upper + lower), class_=f"band f{colour}"))
        parts.append(tag("polyline", points=" ".join(middle), class_=f"course s{colour}"))
        parts += [tag("circle", cx=x(p), cy=y(share), r=2.5, class_=f"f{colour}") for p, share, _, _ in stretch]
    return parts


def _apart(labels: Sequence[tuple[float, int]], gap: float = 15.0) -> list[tuple[float, int]]:
    """Move labels (height, number) down until none is on another, then back up where they are below the lowest."""
    ordered = sorted(labels)
    heights: list[float] = []
    for height, _ in ordered:
        heights.append(max(height, heights[-1] + gap) if heights else height)
    lowest = max((height for height, _ in ordered), default=0.0) + gap / 2
    for i in reversed(range(len(heights))):
        below = heights[i + 1] - gap if i + 1 < len(heights) else lowest
        heights[i] = min(heights[i], below)
    return [(height, number) for height, (_, number) in zip(heights, ordered, strict=True)]
