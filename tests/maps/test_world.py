from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest

from cohabit.graph.names import country_name
from cohabit.maps.world import world
from tests.parts import load_tool

tool = load_tool("world_outlines")

# Longitude and latitude by hand; capitals in the middle of their countries rather than at borders.
CAPITALS = {
    "DE": (13.4, 52.5),
    "FR": (2.35, 48.86),
    "US": (-77.0, 38.9),
    "BR": (-47.9, -15.8),
    "IN": (77.2, 28.6),
    "CN": (116.4, 39.9),
    "RU": (37.6, 55.75),
    "AU": (149.1, -35.3),
    "KE": (36.8, -1.3),
    "TW": (121.0, 24.0),
}
ISLANDS = {"SG": (103.8, 1.35), "HK": (114.2, 22.3), "MT": (14.4, 35.9), "RE": (55.5, -21.1), "TK": (-171.8, -9.2)}


def on_the_map(longitude: float, latitude: float) -> tuple[float, float]:
    """The projection and its fit to the drawing once more, from the facts that the paper and the file give."""
    x, y = tool.equal_earth((longitude - 10 + 180) % 360 - 180, latitude)
    scale = 2000 / (2 * 2.7066299836)
    # The northernmost outline (Greenland, 83.645°) is the upper edge.
    return 1000 + x * scale, (tool.equal_earth(0, 83.64513)[1] - y) * scale


def rings(path: str) -> list[list[tuple[int, int]]]:
    """Read path data of the form M x y l dx dy … z."""
    found = []
    for part in path.split("z")[:-1]:
        numbers = [int(n) for n in re.findall(r"-?\d+", part)]
        points = [(numbers[0], numbers[1])]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        found.append(points)
    return found


def inside(path: str, x: float, y: float) -> bool:
    """Even-odd rule."""
    crossings = 0
    for ring in rings(path):
        for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                crossings += 1
    return crossings % 2 == 1


def area(path: str) -> float:
    return abs(sum(tool.signed_area(ring) for ring in rings(path)))


def test_equal_earth_is_that_of_the_paper() -> None:
    # Šavrič et al. 2018: the plane is 2.05458 times as wide as high, the poles 0.59247 of the equator.
    x, _ = tool.equal_earth(180, 0)
    pole_x, y = tool.equal_earth(180, 90)
    assert x / y == pytest.approx(2.05458, abs=1e-5)
    assert pole_x / x == pytest.approx(0.59247, abs=1e-5)
    assert tool.equal_earth(0, 0) == (0, 0)
    # Equal areas: the whole plane has the area of the unit sphere.
    steps = [tool.equal_earth(180, 90 * i / 2000) for i in range(2001)]
    half = sum((x0 + x1) / 2 * (y1 - y0) for (x0, y0), (x1, y1) in pairwise(steps))
    assert 4 * half == pytest.approx(4 * math.pi, rel=1e-5)


def test_all_countries_but_antarctica_are_there() -> None:
    found = world()
    assert len(found.paths) == 174  # 177 of Natural Earth without Antarctica, Northern Cyprus and Somaliland
    assert "AQ" not in found.paths
    assert found.without_code
    assert {"XK", "TW", "PS"} <= set(found.paths)
    for code in (*found.paths, *found.points):
        assert re.fullmatch("[A-Z]{2}", code)
        assert country_name(code) != code
    assert {"SG", "HK", "MO", "MT", "BH", "MU", "LI", "GI", "LU"} <= set(found.points)


def test_everything_is_within_the_drawing() -> None:
    found = world()
    for path in (*found.paths.values(), found.without_code):
        assert re.fullmatch(r"(M\d+ \d+l-?\d+( \d+|-\d+)+z)+", path)
        for x, y in (point for ring in rings(path) for point in ring):
            assert 0 <= x <= found.width
            assert 0 <= y <= found.height
    assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in found.points.values())


@pytest.mark.parametrize("code", CAPITALS)
def test_capitals_are_in_their_countries_and_in_no_other(code: str) -> None:
    x, y = on_the_map(*CAPITALS[code])
    assert [c for c, path in world().paths.items() if inside(path, x, y)] == [code]


@pytest.mark.parametrize("code", ISLANDS)
def test_small_countries_are_points_at_their_places(code: str) -> None:
    assert math.dist(world().points[code], on_the_map(*ISLANDS[code])) < 4


def test_areas_are_to_scale() -> None:
    # Land areas in million km² (CIA World Factbook), within what outlines of this scale leave out.
    paths = world().paths
    unit = area(paths["BR"]) / 8.358
    for code, millions in {"US": 9.147, "AU": 7.633, "DZ": 2.382, "FR": 0.640, "RU": 16.377, "GL": 2.166}.items():
        assert area(paths[code]) / unit == pytest.approx(millions, rel=0.06), code


def test_a_ring_over_the_edge_of_the_map_comes_in_at_the_other_side() -> None:
    # A square from 160 W to 180 W; the map ends at 170 W.
    parts = tool.on_the_map([(-160.0, 0.0), (180.0, 0.0), (180.0, 10.0), (-160.0, 10.0)])
    spans = sorted((min(x for x, _ in part), max(x for x, _ in part)) for part in parts)
    assert spans == [(-180.0, -170.0), (170.0, 180.0)]
    assert sum(abs(tool.signed_area(part)) for part in parts) == pytest.approx(200)


def test_the_licence_is_beside_the_outlines() -> None:
    from importlib.resources import files

    text = files("cohabit.maps").joinpath("world.LICENSE").read_text(encoding="utf-8")
    assert "Permission to use, copy, modify, and/or distribute" in text
