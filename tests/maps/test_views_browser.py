"""Heatmap, combinations and saved pictures of the map of families in a real browser, with plain and hostile names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cohabit.maps.data import MapData
from tests.maps.harness import Chromium, Visit
from tests.maps.samples import HOSTILE

SCRIPTS = 3  # data, drawing library, own
PAGES = pytest.mark.parametrize("which", ["plain", "hostile"])
SVG = "{http://www.w3.org/2000/svg}"


def page_of(which: str, request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(f"{which}_page")
    return path


def open_tab(visit: Visit, name: str) -> None:
    visit.page.get_by_role("tab", name=name, exact=True).click()


def saved(visit: Visit, view: str, kind: str) -> bytes:
    with visit.page.expect_download() as download:
        visit.page.click(f'[data-of="{view}"][data-save="{kind}"]')
    assert download.value.suggested_filename == f"cohabit-{view}.{kind}"
    return Path(download.value.path()).read_bytes()


def check_svg(raw: bytes) -> ElementTree.Element:
    """Parse the file as XML; only drawing elements, no attribute that runs or loads anything."""
    root = ElementTree.fromstring(raw)
    assert {one.tag for one in root.iter()} <= {SVG + tag for tag in ("svg", "rect", "circle", "polyline", "text")}
    for one in root.iter():
        for name, value in one.attrib.items():
            assert not name.lower().startswith("on"), name
            assert "href" not in name.lower()
            assert "url(" not in value.lower()
            assert "var(" not in value
    return root


def words(root: ElementTree.Element) -> str:
    return "\n".join(one.text or "" for one in root.iter(SVG + "text"))


@PAGES
@pytest.mark.parametrize(("tab", "view"), [("Network", "network"), ("Heatmap", "heatmap"), ("Combinations", "upset")])
def test_saved_pictures_are_whole_and_inert(
    chromium: Chromium, request: pytest.FixtureRequest, which: str, tab: str, view: str
) -> None:
    page = page_of(which, request)
    data: MapData = request.getfixturevalue(f"{which}_data")
    with chromium.open(page, scripts=SCRIPTS, dark=True) as visit:
        open_tab(visit, tab)
        root = check_svg(saved(visit, view, "svg"))
        colours = chromium.colours(saved(visit, view, "png"))
        assert visit.problems() == []
        # Saving asks nobody: blob: is this page's own memory.
        assert [url for url in visit.requests if not url.startswith("blob:")] == [page.as_uri()]
    assert f"{data.frame.base:,} hosts with a known family" in words(root).replace("\n", " ")
    assert ("SIMULATED DATA" in words(root)) is data.frame.simulated
    # White paper, whatever the screen's theme; and more than paper.
    assert colours.most_common(1)[0][0] == "#ffffff"
    assert len(colours) > 20


@PAGES
def test_heatmap_tells_each_cell_by_mouse_and_keys(
    chromium: Chromium, request: pytest.FixtureRequest, which: str
) -> None:
    data: MapData = request.getfixturevalue(f"{which}_data")
    with chromium.open(page_of(which, request), scripts=SCRIPTS) as visit:
        open_tab(visit, "Heatmap")
        order = visit.page.evaluate("data.heatmap")
        assert sorted(order) == list(range(min(60, len(data.items))))
        names = [i.name for i in sorted(data.items, key=lambda i: (-i.hosts, i.name))]
        both = {frozenset((p.a, p.b)): p for p in data.pairs}
        visit.page.focus("#heatmap")
        visit.page.keyboard.press("ArrowRight")
        for column in range(1, 5):
            visit.page.keyboard.press("ArrowRight")
            pair = both.get(frozenset((names[order[0]], names[order[column]])))
            said = visit.page.locator("#heatmap-says").inner_text()
            if pair is None:
                assert said.endswith("no host has both")
            else:
                assert f"{pair.hosts:,} hosts with both, lift " in said
                assert pair.lift is not None
                assert abs(float(said.split("lift ")[1].split(";")[0]) - pair.lift) < 0.0051
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("choice.selected") == order[0]
        visit.page.keyboard.press("Escape")
        lift = visit.colours("#heatmap")
        visit.page.select_option("#heatmap-measure", "share")
        assert visit.colours("#heatmap") != lift
        assert "60 % and more" in visit.page.locator("#heatmap-legend").inner_text()
        box = visit.page.locator("#heatmap svg").bounding_box()
        assert box is not None
        for step in range(12):
            visit.page.mouse.move(box["x"] + box["width"] * (0.4 + step / 24), box["y"] + box["height"] * 0.6)
        visit.page.fill("#search", "a")
        assert visit.problems() == []


def test_similar_ones_share_a_colour_class(chromium: Chromium, plain_page: Path, plain_data: MapData) -> None:
    # The class of a lift by hand; few hosts are a point, the diagonal is neither.
    steps = (0.5, 0.8, 1.25, 2, 4, 8)
    expected: Counter[str] = Counter()
    shown = {i.name for i in sorted(plain_data.items, key=lambda i: (-i.hosts, i.name))[:60]}
    for pair in plain_data.pairs:
        if {pair.a, pair.b} <= shown and pair.hosts >= 5 and pair.lift is not None:
            expected[f"d{sum(pair.lift >= step for step in steps)}"] += 2
    with chromium.open(plain_page, scripts=SCRIPTS) as visit:
        open_tab(visit, "Heatmap")
        fills = visit.page.eval_on_selector_all("#heatmap rect", "all => all.map(one => one.getAttribute('fill'))")
    found = Counter(fill[6:-1] for fill in fills if fill.startswith("var(--d"))
    assert found == expected


@PAGES
def test_combinations_are_those_of_the_data_in_picture_and_table(
    chromium: Chromium, request: pytest.FixtureRequest, which: str
) -> None:
    data: MapData = request.getfixturevalue(f"{which}_data")
    with chromium.open(page_of(which, request), scripts=SCRIPTS) as visit:
        open_tab(visit, "Combinations")
        drawn = min(25, len(data.sets))
        hosts = sum(one.hosts for one in data.sets[:drawn])
        said = visit.page.locator("#panel-upset .says").inner_text()
        assert f"{drawn} of {data.set_count:,} combinations shown, on {hosts:,} of {data.set_hosts:,} hosts" in said
        big = visit.page.locator("#upset circle[r='5.5']").count()
        assert big == sum(len(one.items) for one in data.sets[:drawn])
        texts = visit.page.locator("#upset text").all_text_contents()
        for one in data.sets[:drawn]:
            assert f"{one.hosts:,}" in texts
        open_tab(visit, "Table")
        visit.page.click("#show-sets")
        rows = visit.page.eval_on_selector_all(
            "#sets-table tbody tr", "all => all.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        assert [row[2] for row in rows] == [f"{one.hosts:,}" for one in data.sets]
        assert [row[1] for row in rows] == [str(len(one.items)) for one in data.sets]
        assert [row[4] for row in rows] == ["yes"] * drawn + ["no"] * (len(data.sets) - drawn)
        assert visit.problems() == []


def test_hostile_names_stand_in_the_saved_file_as_text(chromium: Chromium, hostile_page: Path) -> None:
    with chromium.open(hostile_page, scripts=SCRIPTS) as visit:
        text = words(check_svg(saved(visit, "network", "svg")))
    assert "<img src=x" in text
    assert "\u202e" not in text
    assert HOSTILE[0][:9] in text


@pytest.mark.parametrize("width", [1280, 390])
@PAGES
def test_no_view_is_wider_than_the_window(
    chromium: Chromium, request: pytest.FixtureRequest, which: str, width: int
) -> None:
    with chromium.open(page_of(which, request), scripts=SCRIPTS, width=width) as visit:
        for tab in ("Heatmap", "Combinations", "Table", "Network"):
            open_tab(visit, tab)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.problems() == []
