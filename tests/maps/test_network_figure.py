from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cohabit.maps.data import MapData
from cohabit.maps.families import figure
from cohabit.maps.network_figure import network_figure
from cohabit.maps.positions import WIDE, Arrangement, arrange
from cohabit.maps.poster import poster, stamp
from cohabit.maps.svg import measured
from cohabit.text import visible
from tests.maps import samples
from tests.maps.test_place_figures import SVG, safe

LABELS = [f"family {i}" for i in range(14)]
HOSTS = [2000 // (i + 1) for i in range(14)]
EDGES = [(0, i, 1.0 + i) for i in range(1, 10)] + [(3, 4, 2.0), (5, 9, 1.0)]


def drawn() -> tuple[ET.Element, tuple[float, float]]:
    width, height, body = network_figure(LABELS, [i % 8 for i in range(14)], EDGES, arrange(LABELS, HOSTS, EDGES, WIDE))
    return ET.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>'), (width, height)


def number(element: ET.Element, name: str) -> float:
    return float(element.get(name) or 0)


def test_dots_lines_and_names_are_those_given() -> None:
    root, _ = drawn()
    circles = list(root.iter(f"{SVG}circle"))
    assert len(circles) == 14
    assert len(list(root.iter(f"{SVG}line"))) == len(EDGES)
    names = [e.text for e in root.iter(f"{SVG}text") if e.get("class") == "label"]
    assert set(names) == set(LABELS)
    # Area follows hosts where dots are not at the smallest size.
    radii = sorted((number(c, "r") for c in circles), reverse=True)
    assert (radii[0] / radii[1]) ** 2 == pytest.approx(HOSTS[0] / HOSTS[1], rel=0.05)


def test_no_name_is_on_another_or_on_a_dot_and_all_is_within() -> None:
    root, (width, height) = drawn()
    group = next(root.iter(f"{SVG}g"))
    shift = [float(v) for v in (group.get("transform") or "")[10:-1].split()]
    boxes = []
    for name in (e for e in root.iter(f"{SVG}text") if e.get("class") == "label"):
        x, y = number(name, "x"), number(name, "y")
        boxes.append((x, y - 10.5, x + measured(name.text or "", 12), y + 3.5))
    dots = [(number(c, "cx"), number(c, "cy"), number(c, "r")) for c in root.iter(f"{SVG}circle")]
    for i, (left, top, right, bottom) in enumerate(boxes):
        for left2, top2, right2, bottom2 in boxes[i + 1 :]:
            assert left >= right2 or left2 >= right or top >= bottom2 - 0.11 or top2 >= bottom - 0.11
        for x, y, radius in dots:
            near = (max(left, min(x, right)), max(top, min(y, bottom)))
            assert math.dist((x, y), near) >= radius - 0.11
        assert 0 <= left + shift[0] <= right + shift[0] <= width
        assert 0 <= top + shift[1] <= bottom + shift[1] <= height


@pytest.mark.parametrize("sample", ["plain", "hostile"])
def test_a_poster_keeps_what_it_holds_for(sample: str, plain_data: MapData, hostile_data: MapData) -> None:
    data = plain_data if sample == "plain" else hostile_data
    root = ET.fromstring(poster(data.frame, figure(data)[0]))
    safe(root)
    texts = [e.text or "" for e in root.iter(f"{SVG}text")]
    title = [e.text or "" for e in root.iter(f"{SVG}text") if e.get("font-size") == "19"]
    assert visible(data.frame.title, 150).startswith(title[0])
    assert len(title) == 1 if sample == "plain" else 1 < len(title) < 5
    assert all(measured(line, 19) <= number(root, "width") - 40 for line in title)
    said = " ".join(texts)
    for line in stamp(data.frame):
        assert line.split(" ")[0] in said
    assert ("SIMULATED DATA – these hosts do not exist." in texts) == data.frame.simulated
    for line in texts:
        assert measured(line, 12) <= number(root, "width")


def test_one_item_makes_no_network() -> None:
    data = samples.map_data([["llama"]], {})
    assert "No network: 1 of the two items" in figure(data)[0].body


def test_of_many_only_the_named_get_a_name_and_it_may_stand_on_soft_dots() -> None:
    # Dot 1 stands where the name of dot 0 would, and so do others all around it.
    around = [(14.0, 0.0), (-14.0, 0.0), (0.0, 14.0), (0.0, -14.0), (11.0, 11.0), (-11.0, 11.0), (11.0, -11.0)]
    spots = [(0.0, 0.0), *around, (-11.0, -11.0)]
    places = Arrangement(tuple(x for x, _ in spots), tuple(y for _, y in spots), (5.0,) * 9, None)
    labels, edges = [f"dot {i}" for i in range(9)], [(0, i, 1.0) for i in range(1, 9)]

    def names(**options: Any) -> list[str]:
        _, _, body = network_figure(labels, [0] * 9, edges, places, **options)
        root = ET.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>')
        return [e.text or "" for e in root.iter(f"{SVG}text")]

    assert names(named=[0]) == []
    assert names(named=[0], soft=range(1, 9)) == ["dot 0"]
    assert len(names()) > 1
