"""A picture as a file of its own: the main figure of a map with its title, what it holds for, and where it is from."""

from __future__ import annotations

import math

from cohabit import __version__
from cohabit.maps.charts import Drawing
from cohabit.maps.data import Frame
from cohabit.maps.place_figures import hatch
from cohabit.maps.svg import standalone, tag, text, wrapped
from cohabit.text import visible

_MARGIN = 20.0
_NARROWEST = 640.0
_TITLE_LIMIT = 150
_FACT_LIMIT = 400
_NAME_LIMIT = 60


def stamp(frame: Frame) -> tuple[str, ...]:
    """The lines that stay with a picture cut out of its page."""
    lines = [
        f"Source: {frame.source}. Seen: {frame.dates}.",
        f"Base n: {frame.base_words}.",
        f"Filters: {'; '.join(frame.filters) or 'none'}. Made with cohabit {__version__}.",
    ]
    if frame.published:
        lines.append(f"{frame.published[0].upper()}{frame.published[1:]}: no group of fewer hosts is shown.")
    if frame.simulated:
        lines.insert(0, "SIMULATED DATA – these hosts do not exist.")
    return tuple(visible(line, _FACT_LIMIT) for line in lines)


def how(lines: int, pairs: int, *said: str, lines_follow: str = "") -> str:
    """How to read a network: what dots and lines are, how many of the pairs are lines, and the sentences `said`.

    Empty ones are left out.
    """
    shown = f"Lines: {lines:,} of {pairs:,} pairs, with lift above 1, the strongest of each"
    width = f"; {lines_follow}." if lines_follow else "."
    sentences = ("Dots: area follows hosts.", shown + width, *said, "Distance is not a measure.")
    return " ".join(sentence for sentence in sentences if sentence)


def not_linked(a: str, b: str, hosts: int, lift: float | None) -> str:
    """Say of the pair on most hosts that it has no line: a picture of lines alone would hide it."""
    told = ""
    if lift is not None and not math.isnan(lift):
        told = f": lift {lift:.2f}" + (", not among the strongest" if lift > 1 else "")
    return (
        f"{visible(a, _NAME_LIMIT)} and {visible(b, _NAME_LIMIT)}, together on {hosts:,} hosts, are not linked{told}."
    )


def room(width: int | None) -> float | None:
    """The room for a drawing in a file of this width; None where it takes what it needs."""
    return None if width is None else width - 2 * _MARGIN


def poster(frame: Frame, drawing: Drawing, *, how: str = "", width: int | None = None) -> str:
    """Return an SVG file; `how` says how to read the picture, `width` (pixels) is that of the file."""
    inside = room(width) or max(drawing.width, _NARROWEST)
    parts, y = [hatch()], 12.0
    for line in wrapped(visible(frame.title, _TITLE_LIMIT), 19, inside):
        y += 24
        parts.append(text(_MARGIN, y, line, size=19, class_="h", width=inside))
    y += 20
    # What is narrower than a width that was asked for stands in its middle.
    left = _MARGIN + (max(inside - drawing.width, 0.0) / 2 if width else 0.0)
    parts.append(tag("g", drawing.body, transform=f"translate({left:g} {y:g})"))
    y += drawing.height + 12
    for line in (part for said in (*([how] if how else []), *stamp(frame)) for part in wrapped(said, 12, inside)):
        y += 17
        parts.append(text(_MARGIN, y, line, size=12, class_="m", width=inside))
    title = f"{'SIMULATED DATA – ' if frame.simulated else ''}{frame.heading}"
    return standalone(title, round(inside + 2 * _MARGIN), round(y + _MARGIN), "".join(parts))
