"""Make `maps/world.json` of Natural Earth's countries, as the npm package world-atlas ships them.

    npm pack world-atlas@2.0.2 && tar xf world-atlas-2.0.2.tgz
    python tools/world_outlines.py package

Outlines are those of scale 1:110 million without Antarctica, projected and rounded; countries too small for it are
points, where scale 1:50 million has them or the table below says. The package's licence goes beside the result.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.core import get_global

Point = tuple[float, float]
Ring = list[Point]

OUT = Path(__file__).resolve().parent.parent / "maps" / "world.json"
WIDTH = 2000
# The map is cut in the Bering Strait, where it cuts no mainland, and not at 180°, where it would cut Russia and Fiji.
CENTRAL_MERIDIAN = 10.0
SOUTHERNMOST = -60.0
# Of the plane's square units; smaller shapes get a point beside their outline.
SMALL = 60.0
_NO_CODE = {"Kosovo": "XK"}
_ANTARCTICA = "AQ"
# Part of another country's shape, or missing, in Natural Earth (longitude, latitude).
_OTHER_POINTS = {
    "BQ": (-68.3, 12.2),
    "CC": (96.8, -12.2),
    "CX": (105.6, -10.5),
    "GF": (-53.1, 4.0),
    "GI": (-5.35, 36.14),
    "GP": (-61.5, 16.2),
    "MQ": (-61.0, 14.65),
    "RE": (55.5, -21.1),
    "SJ": (16.0, 78.5),
    "TK": (-171.8, -9.2),
    "TV": (179.2, -8.5),
    "YT": (45.15, -12.8),
}


def equal_earth(longitude: float, latitude: float) -> Point:
    """Project degrees to the plane of a unit sphere, y upwards.

    Equal Earth (Šavrič, Patterson and Jenny 2018, International Journal of Geographical Information Science 33): equal
    areas, straight parallels; coefficients of the paper.
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    root = math.sqrt(3) / 2
    t = math.asin(root * math.sin(math.radians(latitude)))
    slope = a1 + 3 * a2 * t**2 + t**6 * (7 * a3 + 9 * a4 * t**2)
    x = math.radians(longitude) * math.cos(t) / (root * slope)
    return x, t * (a1 + a2 * t**2 + t**6 * (a3 + a4 * t**2))


@dataclass(frozen=True)
class Plane:
    """From degrees to the units of the drawing, y downwards from the northernmost outline."""

    scale: float
    top: float

    @classmethod
    def over(cls, latitudes: Iterable[float]) -> Plane:
        """The plane whose top is the highest of the latitudes."""
        return cls(WIDTH / (2 * equal_earth(180, 0)[0]), equal_earth(0, max(latitudes))[1])

    def at(self, longitude: float, latitude: float) -> Point:
        """Place a point whose longitude counts from the central meridian."""
        x, y = equal_earth(longitude, latitude)
        return WIDTH / 2 + x * self.scale, (self.top - y) * self.scale


def rings_of(topology: dict[str, Any], geometry: dict[str, Any]) -> list[Ring]:
    """The rings (degrees) of one geometry of a quantised TopoJSON file; holes are rings like others."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    rings = []
    for arcs in (ring for polygon in polygons for ring in polygon):
        points: Ring = []
        for index in arcs:
            x = y = 0
            arc: Ring = []
            for step_x, step_y in topology["arcs"][~index if index < 0 else index]:
                x, y = x + step_x, y + step_y
                arc.append((x * kx + dx, y * ky + dy))
            points += (arc if index >= 0 else arc[::-1])[1 if points else 0 :]
        rings.append(points)
    return rings


def unrolled(ring: Ring) -> Ring:
    """The ring without jumps from one side of 180° to the other, longitudes counted from the central meridian."""
    turned: Ring = []
    for longitude, latitude in ring:
        x = longitude - CENTRAL_MERIDIAN
        if turned:
            x += 360 * round((turned[-1][0] - x) / 360)
        turned.append((x, latitude))
    middle = (min(x for x, _ in turned) + max(x for x, _ in turned)) / 2
    shift = -360 * round(middle / 360)
    return [(x + shift, y) for x, y in turned]


def clipped(ring: Ring, limit: float, sign: int) -> Ring:
    """The part with sign · longitude <= sign · limit (Sutherland and Hodgman 1974)."""
    kept: Ring = []
    for (x0, y0), (x1, y1) in zip([ring[-1], *ring[:-1]], ring, strict=True):
        inside0, inside1 = sign * x0 <= sign * limit, sign * x1 <= sign * limit
        if inside0 != inside1:
            kept.append((limit, y0 + (y1 - y0) * (limit - x0) / (x1 - x0)))
        if inside1:
            kept.append((x1, y1))
    return kept


def on_the_map(ring: Ring) -> list[Ring]:
    """The ring within 180° of the central meridian; what is beyond comes in again at the other side."""
    ring = unrolled(ring)
    parts = [clipped(clipped(ring, 180.0, 1), -180.0, -1)]
    parts.append([(x - 360, y) for x, y in clipped(ring, 180.0, -1)])
    parts.append([(x + 360, y) for x, y in clipped(ring, -180.0, 1)])
    return [part for part in parts if len(part) > 2]


def signed_area(ring: Sequence[Point]) -> float:
    """Area by the shoelace formula; its sign is the direction."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2


def centroid(ring: Sequence[Point]) -> Point:
    """Centre of mass."""
    x = y = 0.0
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = x0 * y1 - x1 * y0
        x, y = x + (x0 + x1) * cross, y + (y0 + y1) * cross
    area = signed_area(ring)
    return x / (6 * area), y / (6 * area)


def path(rings: Iterable[Sequence[Point]]) -> str:
    """SVG path data: integers, each point from the one before."""
    parts = []
    for ring in rings:
        rounded = [(round(x), round(y)) for x, y in ring]
        x, y = rounded[0]
        steps = []
        for next_x, next_y in rounded[1:]:
            if (next_x, next_y) != (x, y):
                steps += [next_x - x, next_y - y]
            x, y = next_x, next_y
        if len(steps) >= 4:
            numbers = "".join(str(step) if step < 0 or not i else f" {step}" for i, step in enumerate(steps))
            parts.append(f"M{rounded[0][0]} {rounded[0][1]}l{numbers}z")
    return "".join(parts)


def code_of(geometry: dict[str, Any]) -> str | None:
    """ISO 3166-1 alpha-2 of a shape: its numeric code's, as CLDR has it (through Babel)."""
    number = geometry.get("id")
    if number is None:
        return _NO_CODE.get(geometry["properties"]["name"])
    return str(get_global("territory_aliases")[number][0])


def shapes(topology: dict[str, Any]) -> list[tuple[str | None, list[Ring]]]:
    """Code and rings on the map of every country but Antarctica."""
    found = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = code_of(geometry)
        if code == _ANTARCTICA:
            continue
        rings = [part for ring in rings_of(topology, geometry) for part in on_the_map(ring)]
        found.append((code, [ring for ring in rings if max(y for _, y in ring) > SOUTHERNMOST]))
    return found


def world(coarse: dict[str, Any], fine: dict[str, Any]) -> dict[str, Any]:
    """Paths and points by country code, shapes without one, and the size of the drawing."""
    outlines = shapes(coarse)
    plane = Plane.over(y for _, rings in outlines for ring in rings for _, y in ring)
    placed = [(code, [[plane.at(*p) for p in ring] for ring in rings]) for code, rings in outlines]
    # Islands of no more than a unit or two would be left without an area: the largest ring always stays.
    paths = {code: drawn for code, rings in placed if code and (drawn := path(rings))}
    tiny = {code for code, rings in placed if code and abs(sum(map(signed_area, rings))) < SMALL}
    points = {code: plane.at(*unrolled([point])[0]) for code, point in _OTHER_POINTS.items()}
    for code, rings in shapes(fine):
        if code and (code in tiny or code not in paths):
            largest = max(rings, key=lambda ring: abs(signed_area(ring)))
            points[code] = centroid([plane.at(*p) for p in largest])
    lowest = max(y for _, rings in placed for ring in rings for _, y in ring)
    return {
        "width": WIDTH,
        "height": math.ceil(lowest) + 1,
        "paths": dict(sorted(paths.items())),
        "points": {code: [round(x), round(y)] for code, (x, y) in sorted(points.items())},
        "without_code": path(ring for code, rings in placed if code is None for ring in rings),
    }


def main() -> None:
    """Read the unpacked package, write the outlines and the licence."""
    if len(sys.argv) != 2:
        sys.exit("give the folder of the unpacked package world-atlas: python tools/world_outlines.py package")
    folder = Path(sys.argv[1])
    coarse, fine = (json.loads((folder / f"countries-{scale}.json").read_text("utf-8")) for scale in ("110m", "50m"))
    text = json.dumps(world(coarse, fine), separators=(",", ":"), sort_keys=True)
    OUT.write_text(text.replace('","', '",\n"').replace('],"', '],\n"') + "\n", encoding="utf-8")
    OUT.with_suffix(".LICENSE").write_text((folder / "LICENSE").read_text("utf-8"), encoding="utf-8")
    print(f"{OUT.name}: {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
