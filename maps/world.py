"""The countries of the world as outlines and points on a plane, in units of the drawing.

Natural Earth (public domain) at scale 1:110 million through world-atlas 2.0.2 (ISC, `world.LICENSE`), in the Equal
Earth projection; `tools/world_outlines.py` makes the file. Boundaries are as Natural Earth draws them: who holds a
territory, not whose it is.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class World:
    """`paths` is SVG path data by country code (ISO 3166-1 alpha-2); `points` are x and y of the small ones.

    A small country can have both. `without_code` is the land of no country with a code.
    """

    width: int
    height: int
    paths: Mapping[str, str]
    points: Mapping[str, tuple[int, int]]
    without_code: str


@functools.cache
def world() -> World:
    """Read the outlines."""
    found = json.loads(files("cohabit.maps").joinpath("world.json").read_text(encoding="utf-8"))
    points = {code: (x, y) for code, (x, y) in found["points"].items()}
    return World(found["width"], found["height"], found["paths"], points, found["without_code"])
