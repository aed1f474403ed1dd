"""Still pictures of a given width: laid out for it, with nothing beyond the edges and text as large as ever."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import cohabit
from cohabit.errors import UsageError
from cohabit.graph.store import open_store
from cohabit.maps.charts import Drawing, narrowed
from cohabit.maps.kinds import KINDS, make_file, make_still
from cohabit.maps.request import Request
from cohabit.maps.svg import measured, text
from cohabit.queries.scope import Scope
from tests.maps.test_place_figures import SVG, safe

Matrix = tuple[float, float, float, float, float, float]
_ITSELF: Matrix = (1, 0, 0, 1, 0, 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("widths")
    cohabit.load(cohabit.simulate(hosts=600, seed=4, output=made).path, data=made / "data")
    return made / "data"


def times(outer: Matrix, transform: str) -> Matrix:
    """The matrix (a, b, c, d, e, f of SVG) of an element within a group."""
    a, b, c, d, e, f = outer
    for name, values in re.findall(r"(\w+)\(([^)]*)\)", transform):
        n = [float(value) for value in re.split(r"[ ,]+", values.strip())]
        if name == "translate":
            p: Matrix = (1, 0, 0, 1, n[0], n[1])
        elif name == "scale":
            p = (n[0], 0, 0, n[0], 0, 0)
        else:
            turn = math.radians(n[0])
            p = (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn), 0, 0)
        a, b, c, d, e, f = (
            *(a * p[0] + c * p[1], b * p[0] + d * p[1], a * p[2] + c * p[3], b * p[2] + d * p[3]),
            *(a * p[4] + c * p[5] + e, b * p[4] + d * p[5] + f),
        )
    return a, b, c, d, e, f


def written(element: ET.Element, outer: Matrix = _ITSELF) -> Iterator[tuple[str, float, float, float]]:
    """Of every line of text: the text, its left and right end, and its size in pixels."""
    inner = times(outer, element.get("transform", ""))
    if element.tag == f"{SVG}text":
        size = float(element.get("font-size") or 13)
        # Browsers differ from the estimate by a few per cent.
        wide = measured(element.text or "", size) * 0.97
        x, y = float(element.get("x") or 0), float(element.get("y") or 0)
        start = x - {"end": wide, "middle": wide / 2}.get(element.get("text-anchor") or "", 0.0)
        ends = [inner[0] * at + inner[2] * y + inner[4] for at in (start, start + wide)]
        yield element.text or "", min(ends), max(ends), size * math.hypot(inner[0], inner[1])
    for child in element:
        yield from written(child, inner)


@pytest.mark.parametrize("width", [480, 680, 1600])
@pytest.mark.parametrize("kind", KINDS)
def test_a_still_is_as_wide_as_is_asked_for_and_its_text_stays_large(folder: Path, kind: str, width: int) -> None:
    with closing(open_store(folder, "embedded")) as store:
        root = ET.fromstring(make_still(store, kind, Request(width=width)))
    safe(root)
    assert (root.get("width"), (root.get("viewBox") or "").split()[2]) == (str(width), str(width))
    lines = list(written(root))
    assert len(lines) > 10
    for said, left, right, size in lines:
        assert -1 <= left <= right <= width + 1, said
        assert size >= 11.9, said


def test_narrow_places_stand_below_each_other(folder: Path) -> None:
    with closing(open_store(folder, "embedded")) as store:
        heights = [
            float(ET.fromstring(make_still(store, "countries", Request(width=width))).get("height") or 0)
            for width in (680, None)
        ]
    assert heights[0] > 1.3 * heights[1]


def test_time_has_its_parts_alone_countries_their_colours_and_months_in_part_a_mark(folder: Path) -> None:
    def has(part: str | None, level: str | None = None) -> ET.Element:
        return ET.fromstring(make_still(store, "time", Request(part=part, level=level)))

    with closing(open_store(folder, "embedded")) as store:
        for part, curves, edges in (("shares", True, False), ("network", False, True), (None, True, True)):
            root = has(part)
            assert (next(root.iter(f"{SVG}polyline"), None) is not None) == curves
            assert any(line.get("class") == "edge" for line in root.iter(f"{SVG}line")) == edges
        elements = list(has("shares", "lab-country").iter())
        at = make_still(store, "families", Request(Scope(at="2025-12-31", within=2)))
        with pytest.raises(UsageError, match="--part 'curves': choose from shares, network"):
            make_file(store, "time", ".svg", Request(part="curves"))
        with pytest.raises(UsageError, match="--part is of a still picture of time"):
            make_file(store, "families", ".svg", Request(part="shares"))
    # Each name stands behind the dot of its curve: blue and orange, as in the networks.
    dots = {one.text: dot.get("class") for dot, one in pairwise(elements) if one.tag == f"{SVG}text"}
    assert (dots["United States"], dots["China"]) == ("node f0", "node f4")
    words = " ".join(one.text or "" for one in elements if one.tag == f"{SVG}text")
    assert "2025-03*" in words
    assert re.search(r"\* A part of the month: 2025-03 \(\d of its 4 weeks: 2025-W1", words)
    said = " ".join(one.text or "" for one in ET.fromstring(at).iter(f"{SVG}text"))
    assert "Seen: listed at 2025-12-31: the newest list of each host, of the 2 weeks before." in said


def test_a_width_that_no_picture_has(folder: Path) -> None:
    with closing(open_store(folder, "embedded")) as store:
        for width in (479, 4001, -1):
            with pytest.raises(UsageError, match=f"--width {width}: pixels, from 480 to 4,000"):
                make_file(store, "families", ".svg", Request(width=width))
        for kind, ending in (("families", ".html"), ("report", ".pdf")):
            with pytest.raises(UsageError, match="--width is of a still picture"):
                make_file(store, kind, ending, Request(width=600))


def test_what_cannot_be_laid_out_narrow_is_made_smaller_as_a_whole() -> None:
    """Names at the edge count: the drawing asks for less room until it has enough, and at last is scaled."""
    asked = []

    def draw(width: float) -> Drawing:
        asked.append(width)
        return Drawing(width + 100, 50, text(0, 10, "x"))

    assert narrowed(500, draw).width <= 500
    assert asked[0] == 500
    assert asked[-1] == pytest.approx(400, abs=12)
    stubborn = narrowed(300, lambda _width: Drawing(600, 50, text(0, 10, "x")))
    assert (stubborn.width, stubborn.height) == (300, 25)
    assert 'transform="scale(0.5)"' in stubborn.body
