"""The map of families in a real browser: what readers do has its effect, and nothing else happens."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cohabit.maps.data import Frame, MapData, MapPair
from cohabit.maps.families import render
from cohabit.queries.backbone import backbone
from cohabit.text import visible
from tests.maps import samples
from tests.maps.harness import Chromium, Visit

SCRIPTS = 3  # data, drawing library, own
BLUE = "#0072b2"


@pytest.fixture
def plain(chromium: Chromium, plain_page: Path) -> Iterator[Visit]:
    with chromium.open(plain_page, scripts=SCRIPTS) as visit:
        yield visit
        assert visit.problems() == []
        assert visit.requests == [plain_page.as_uri()]


@pytest.fixture
def hostile(chromium: Chromium, hostile_page: Path) -> Iterator[Visit]:
    with chromium.open(hostile_page, scripts=SCRIPTS) as visit:
        yield visit
        assert visit.problems() == []
        assert visit.requests == [hostile_page.as_uri()]


def dots(page: Page) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate("window.__map.dots()")
    return found


def edges(page: Page) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate("window.__map.edges()")
    return found


def labels(page: Page) -> list[dict[str, Any]]:
    # Two frames: the drawing after a choice, and one more to be sure that it is done.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found: list[dict[str, Any]] = page.evaluate("window.__map.labels()")
    return found


def shown_name(name: str) -> str:
    return visible(name) if name.strip() else f'"{name}"'


def ordered(data: MapData) -> list[str]:
    """Return the names as the page numbers them: by hosts, then by name."""
    return [item.name for item in sorted(data.items, key=lambda item: (-item.hosts, item.name))]


def drawn(data: MapData) -> list[MapPair]:
    pairs = sorted(data.pairs, key=lambda pair: (-pair.hosts, pair.a, pair.b))
    number = {item.name: index for index, item in enumerate(data.items)}
    ends = [[number[p.a] for p in pairs], [number[p.b] for p in pairs]]
    lifts = [math.nan if p.lift is None else p.lift for p in pairs]
    return [pairs[index] for index in backbone(*ends, [p.hosts for p in pairs], lifts).edges]


def neighbours(data: MapData, name: str) -> set[str]:
    return {pair.b if pair.a == name else pair.a for pair in drawn(data) if name in (pair.a, pair.b)}


def bright(visit: Visit, data: MapData) -> set[str] | None:
    found = visit.page.evaluate("window.__map.bright()")
    return None if found is None else {ordered(data)[item] for item in found}


def click_dot(visit: Visit, item: int) -> None:
    dot = next(dot for dot in dots(visit.page) if dot["item"] == item)
    visit.page.mouse.click(*visit.to_element("#network", dot["x"], dot["y"]))


def rows(page: Page, table: str) -> list[list[str]]:
    return page.eval_on_selector_all(
        f"#{table} tbody tr:not([hidden])", "lines => lines.map(line => [...line.cells].map(cell => cell.textContent))"
    )


def number(text: str) -> float:
    return float(text.replace(",", "").replace("%", "").replace("<", "").strip())


def fixed(value: float, digits: int) -> str:
    """Return what JavaScript's toFixed does: the exact value of the float, ties away from zero."""
    return str(Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def percent(share: float) -> str:
    return "< 0.1 %" if share < 0.001 else fixed(share * 100, 1) + " %"


# ---- drawing ----


def test_the_canvas_is_drawn_and_says_how_much_of_the_data_it_shows(plain: Visit, plain_data: MapData) -> None:
    colours = plain.colours("#network canvas")
    assert colours["#ffffff"] > 0.5 * colours.total()
    # The largest dot alone covers more: blue, for the group with the most hosts.
    assert colours[BLUE] > math.pi * dots(plain.page)[0]["r"] ** 2
    expect(plain.page.locator("#shown")).to_have_text(
        f"{len(drawn(plain_data)):,} of {len(plain_data.pairs):,} pairs shown · "
        f"{len(plain_data.items)} of {len(plain_data.items)} families"
    )
    assert len(dots(plain.page)) == len(plain_data.items)
    assert len(edges(plain.page)) == len(drawn(plain_data))


@pytest.mark.parametrize(("width", "share"), [(1280, 1.0), (1920, 1.0), (390, 0.8)])
def test_names_cover_neither_names_nor_dots_and_none_is_cut(
    chromium: Chromium, plain_page: Path, plain_data: MapData, width: int, share: float
) -> None:
    with chromium.open(plain_page, scripts=SCRIPTS, width=width, height=900) as visit:
        names, points = labels(visit.page), dots(visit.page)
        box = visit.page.locator("#network").bounding_box()
        assert box is not None
        assert len(names) >= share * len(plain_data.items)
        for p, q in combinations(names, 2):
            apart = p["x"] + p["w"] <= q["x"] or q["x"] + q["w"] <= p["x"]
            assert apart or p["y"] + p["h"] <= q["y"] or q["y"] + q["h"] <= p["y"], (p["text"], q["text"])
        for name in names:
            assert name["x"] >= 0
            assert name["y"] >= 0
            assert name["x"] + name["w"] <= box["width"]
            assert name["y"] + name["h"] <= box["height"]
            for dot in points:
                if dot["item"] != name["item"]:
                    dx = dot["x"] - min(max(dot["x"], name["x"]), name["x"] + name["w"])
                    dy = dot["y"] - min(max(dot["y"], name["y"]), name["y"] + name["h"])
                    assert math.hypot(dx, dy) >= dot["r"] - 0.01
        for dot in points:
            assert dot["r"] <= dot["x"] <= box["width"] - dot["r"]
            assert dot["r"] <= dot["y"] <= box["height"] - dot["r"]
        for p, q in combinations(points, 2):
            assert math.hypot(p["x"] - q["x"], p["y"] - q["y"]) > p["r"] + q["r"]
        assert visit.problems() == []


def test_dark_and_paper(chromium: Chromium, plain_page: Path) -> None:
    with chromium.open(plain_page, scripts=SCRIPTS, dark=True) as visit:
        assert visit.colours("#network canvas").most_common(1)[0][0] == "#14171c"
        assert visit.colours("body").most_common(1)[0][0] == "#14171c"
        visit.page.emulate_media(media="print")
        assert visit.colours("body").most_common(1)[0][0] == "#ffffff"
        on_paper = visit.colours("#network canvas")
        assert on_paper.most_common(1)[0][0] == "#ffffff"
        assert on_paper["#1b1f24"] > 100
        expect(visit.page.locator(".banner")).to_be_visible()
        expect(visit.page.locator("#search")).to_be_hidden()
        visit.page.emulate_media(media="screen", color_scheme="light")
        assert visit.colours("#network canvas").most_common(1)[0][0] == "#ffffff"
        assert visit.problems() == []
    with chromium.open(plain_page, scripts=SCRIPTS) as visit:
        visit.page.emulate_media(media="print")
        from_light = visit.colours("#network canvas")
    # The same picture but for a few pixels of rounding: nothing of the dark theme reaches the paper.
    assert ((from_light - on_paper) + (on_paper - from_light)).total() < 100


def test_printing_from_the_dark_theme_restores_it(chromium: Chromium, plain_page: Path) -> None:
    with chromium.open(plain_page, scripts=SCRIPTS, dark=True) as visit:
        assert visit.page.pdf().startswith(b"%PDF")
        assert visit.colours("#network canvas").most_common(1)[0][0] == "#14171c"
        assert visit.problems() == []


def test_a_phone_gets_the_tall_arrangement_and_nothing_hangs_over(chromium: Chromium, plain_page: Path) -> None:
    with chromium.open(plain_page, scripts=SCRIPTS, width=390, height=844) as visit:
        page = visit.page
        assert page.evaluate("window.__map.tall()") is True
        for tab in ("#tab-table", "#tab-network"):
            page.click(tab)
            assert page.evaluate("document.documentElement.scrollWidth") == 390
        visible_controls = page.locator("button:visible, input:visible")
        for index in range(visible_controls.count()):
            box = visible_controls.nth(index).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        page.set_viewport_size({"width": 1280, "height": 900})
        assert visit.wait_until("window.__map.tall() === false")
        assert len(labels(page)) == len(dots(page))
        assert fills(visit)
        page.set_viewport_size({"width": 1600, "height": 1000})
        assert visit.wait_until("document.querySelector('#network').clientWidth > 1100")
        labels(page)
        assert fills(visit)
        assert visit.problems() == []


def fills(visit: Visit) -> bool:
    """Whether the dots reach near to both ends of the map in at least one direction."""
    box = visit.page.locator("#network").bounding_box()
    assert box is not None
    return any(
        min(dot[axis] - dot["r"] for dot in dots(visit.page)) < 60
        and max(dot[axis] + dot["r"] for dot in dots(visit.page)) > box[side] - 150
        for axis, side in (("x", "width"), ("y", "height"))
    )


# ---- the network ----


def test_hovering_tells_each_dot(plain: Visit, plain_data: MapData) -> None:
    hosts = {item.name: item for item in plain_data.items}
    tooltip = plain.page.locator(".vis-tooltip")
    for dot in dots(plain.page):
        name = ordered(plain_data)[int(dot["item"])]
        plain.page.mouse.move(*plain.to_element("#network", dot["x"], dot["y"]))
        expect(tooltip).to_contain_text(f"{hosts[name].hosts:,} hosts (")
        expect(tooltip).to_have_text(f"{name}{hosts[name].hosts:,} hosts ({percent(hosts[name].share)})")
        expect(tooltip).to_be_visible()


def test_hovering_tells_edges(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    number = {name: index for index, name in enumerate(ordered(plain_data))}
    points = {int(dot["item"]): dot for dot in dots(page)}
    lines = {pair: (points[number[pair.a]], points[number[pair.b]]) for pair in drawn(plain_data)}
    told = 0
    for pair, (p, q) in lines.items():
        middle = {"x": (p["x"] + q["x"]) / 2, "y": (p["y"] + q["y"]) / 2}
        # Only where one edge alone is meant: apart from other edges, and from dots.
        others = [to_segment(middle, *ends) for other, ends in lines.items() if other is not pair]
        if min(others) < 14 or min(distance(middle, dot) - dot["r"] for dot in points.values()) < 10:
            continue
        page.mouse.move(*plain.to_element("#network", 2, 2))
        expect(page.locator(".vis-tooltip")).to_be_hidden()
        page.mouse.move(*plain.to_element("#network", middle["x"], middle["y"]))
        expect(page.locator(".vis-tooltip")).to_be_visible()
        lift = fixed(float(f"{pair.lift:.5g}"), 2)
        said = f"{pair.a}\n{pair.b}\n{pair.hosts:,} hosts with both · lift {lift}"
        assert page.locator(".vis-tooltip").inner_text() == said
        told += 1
    assert told >= 10


def distance(p: dict[str, float], q: dict[str, float]) -> float:
    return math.hypot(p["x"] - q["x"], p["y"] - q["y"])


def to_segment(point: dict[str, float], p: dict[str, float], q: dict[str, float]) -> float:
    """Return the distance of a point from the segment p–q."""
    dx, dy = q["x"] - p["x"], q["y"] - p["y"]
    along = ((point["x"] - p["x"]) * dx + (point["y"] - p["y"]) * dy) / (dx * dx + dy * dy)
    along = min(1.0, max(0.0, along))
    return math.hypot(p["x"] + along * dx - point["x"], p["y"] + along * dy - point["y"])


def test_clicking_each_dot_shows_its_neighbours_and_figures(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    items = {item.name: item for item in plain_data.items}
    for index, name in enumerate(ordered(plain_data)):
        click_dot(plain, index)
        expect(page.locator("#details h2")).to_have_text(name)
        assert bright(plain, plain_data) == {name, *neighbours(plain_data, name)}
        details = page.locator("#details").inner_text()
        assert f"{items[name].hosts:,}" in details
        assert f"Group\n{items[name].group or 'not known'}\n" in details
        listed = page.locator("#details ul bdi").all_inner_texts()
        assert set(listed) == neighbours(plain_data, name)
    click_empty(plain)
    assert bright(plain, plain_data) is None
    expect(page.locator("#details h2")).to_have_text("Details")


def click_empty(visit: Visit) -> None:
    points = dots(visit.page)
    box = visit.page.locator("#network").bounding_box()
    assert box is not None
    spot = next(
        (x, y)
        for x in range(20, int(box["width"]) - 20, 15)
        for y in range(20, int(box["height"]) - 20, 15)
        if all(math.hypot(x - dot["x"], y - dot["y"]) > dot["r"] + 20 for dot in points)
    )
    visit.page.mouse.click(*visit.to_element("#network", *spot))


def test_choosing_dims_the_picture(plain: Visit) -> None:
    before = plain.colours("#network canvas")
    click_dot(plain, len(dots(plain.page)) - 1)
    labels(plain.page)
    after = plain.colours("#network canvas")
    assert after[BLUE] < before[BLUE] / 5


def test_details_lead_from_neighbour_to_neighbour(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    names = ordered(plain_data)
    page.get_by_role("button", name=names[0], exact=True).click()
    expect(page.locator("#details h2")).to_have_text(names[0])
    expect(page.locator("#details h2")).to_be_focused()
    other = page.locator("#details ul button").first
    target = other.inner_text()
    other.press("Enter")
    expect(page.locator("#details h2")).to_have_text(target)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#details h2")).to_have_text("Details")
    expect(page.locator("#search")).to_be_focused()


def test_search_dims_the_rest_and_enter_walks_the_matches(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    box = page.get_by_role("searchbox", name="Search")
    matches = [name for name in ordered(plain_data) if "gem" in name]
    assert len(matches) == 4
    box.fill("GEM ")
    assert bright(plain, plain_data) == set(matches)
    assert {label["text"] for label in labels(page)} == set(matches)
    expect(page.locator("#found")).to_have_text("4 matches")
    for key, name in [("Enter", matches[0]), ("Enter", matches[1]), ("Shift+Enter", matches[0])]:
        box.press(key)
        expect(page.locator("#details h2")).to_have_text(name)
        assert bright(plain, plain_data) == {name, *neighbours(plain_data, name)}
    box.press("Escape")
    expect(box).to_have_value("")
    expect(page.locator("#found")).to_have_text("")
    assert bright(plain, plain_data) is None
    box.fill("no such family")
    expect(page.locator("#found")).to_have_text("0 matches")
    assert bright(plain, plain_data) == set()
    box.press("Enter")
    expect(page.locator("#details h2")).to_have_text("Details")


def test_slider_hides_dots_and_edges_below_the_minimum(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    slider = page.get_by_role("slider", name="Minimum hosts")
    value = 1
    for expected in (2, 5, 10, 20, 50, 100, 200):
        slider.press("ArrowRight")
        value = expected
        expect(page.locator("#minimum-value")).to_have_text(str(value))
    assert slider.get_attribute("aria-valuetext") == "200 hosts or more"
    kept = {item.name for item in plain_data.items if item.hosts >= value}
    kept_edges = [pair for pair in drawn(plain_data) if pair.hosts >= value]
    assert 0 < len(kept) < len(plain_data.items)
    assert 0 < len(kept_edges) < len(drawn(plain_data))
    assert {ordered(plain_data)[int(dot["item"])] for dot in dots(page)} == kept
    assert len(edges(page)) == len(kept_edges)
    assert {label["item"] for label in labels(page)} <= {dot["item"] for dot in dots(page)}
    expect(page.locator("#shown")).to_have_text(
        f"{len(kept_edges)} of {len(plain_data.pairs):,} pairs shown · {len(kept)} of {len(plain_data.items)} families"
    )
    hidden = next(name for name in ordered(plain_data) if name not in kept)
    page.get_by_role("searchbox").fill(hidden)
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#details")).to_contain_text("Hidden in the map by the slider or the legend.")
    slider.press("Home")
    expect(page.locator("#details")).not_to_contain_text("Hidden in the map")
    assert len(dots(page)) == len(plain_data.items)
    assert len(edges(page)) == len(drawn(plain_data))


def test_legend_hides_and_shows_each_group(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    chips = page.locator(".chip")
    everything = len(plain_data.items)
    assert chips.count() == 8
    for index in range(8):
        chip = chips.nth(index)
        text = chip.inner_text()
        members = int(text.rsplit("(", 1)[1].rstrip(")"))
        expect(chip).to_have_attribute("aria-pressed", "true")
        chip.press("Enter")
        expect(chip).to_have_attribute("aria-pressed", "false")
        assert len(dots(page)) == everything - members
        chip.press("Space")
        expect(chip).to_have_attribute("aria-pressed", "true")
        assert len(dots(page)) == everything
    page.get_by_role("button", name="US (").click()
    american = {item.name for item in plain_data.items if item.group == "US"}
    left = [pair for pair in drawn(plain_data) if not {pair.a, pair.b} & american]
    assert {ordered(plain_data)[int(dot["item"])] for dot in dots(page)} == {
        i.name for i in plain_data.items
    } - american
    assert len(edges(page)) == len(left)
    labels(page)
    assert plain.colours("#network canvas")[BLUE] == 0


def test_zoom_by_buttons_and_keys(plain: Visit) -> None:
    page = plain.page

    def scale() -> float:
        return float(page.evaluate("window.__map.scale()"))

    fitted = scale()
    page.get_by_role("button", name="Zoom in").click()
    assert scale() == pytest.approx(fitted * 1.25)
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Zoom out").click()
    assert scale() == pytest.approx(fitted * 0.8)
    page.get_by_role("button", name="Fit").click()
    assert scale() == pytest.approx(fitted)
    network = page.get_by_role("application", name="Network of families")
    network.focus()
    before = dots(page)[0]
    page.keyboard.press("ArrowRight")
    assert dots(page)[0]["x"] == pytest.approx(before["x"] - 60)
    page.keyboard.press("ArrowUp")
    assert dots(page)[0]["y"] == pytest.approx(before["y"] + 60)
    page.keyboard.press("+")
    assert scale() == pytest.approx(fitted * 1.25)
    page.keyboard.press("0")
    assert dots(page)[0] == pytest.approx(before)
    for _ in range(20):
        page.keyboard.press("-")
    assert scale() == pytest.approx(fitted * 0.5)
    click_dot(plain, 0)
    page.keyboard.press("Escape")
    expect(page.locator("#details h2")).to_have_text("Details")


def test_dragging_moves_the_view_and_not_the_dots(plain: Visit) -> None:
    before = dots(plain.page)
    x, y = plain.to_element("#network", before[0]["x"], before[0]["y"])
    plain.page.mouse.move(x, y)
    plain.page.mouse.down()
    plain.page.mouse.move(x + 40, y + 30, steps=4)
    plain.page.mouse.up()
    after = dots(plain.page)
    moved = {(round(q["x"] - p["x"], 3), round(q["y"] - p["y"], 3)) for p, q in zip(before, after, strict=True)}
    assert len(moved) == 1
    assert moved != {(0, 0)}


# ---- tabs and tables ----


def test_tabs_by_mouse_and_keyboard(plain: Visit) -> None:
    page = plain.page
    network, table = page.get_by_role("tab", name="Network"), page.get_by_role("tab", name="Table")
    expect(network).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel", name="Network")).to_be_visible()
    network.focus()
    page.keyboard.press("ArrowRight")
    heatmap = page.get_by_role("tab", name="Heatmap")
    expect(heatmap).to_be_focused()
    expect(heatmap).to_have_attribute("aria-selected", "true")
    expect(network).to_have_attribute("tabindex", "-1")
    expect(page.get_by_role("tabpanel", name="Heatmap")).to_be_visible()
    expect(page.locator("#panel-network")).to_be_hidden()
    for key, focused in [("ArrowLeft", network), ("ArrowLeft", table), ("Home", network), ("End", table)]:
        page.keyboard.press(key)
        expect(focused).to_be_focused()
    network.click()
    expect(page.locator("#panel-network")).to_be_visible()
    labels(page)
    assert fills(plain)
    page.get_by_role("button", name="Zoom in").click()
    chosen = dots(page)
    table.click()
    network.click()
    labels(page)
    assert dots(page) == [pytest.approx(dot) for dot in chosen]
    assert plain.colours("#network canvas")[BLUE] > 500


def test_the_table_has_all_pairs_with_the_same_figures(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    page.get_by_role("tab", name="Table").click()
    table = page.get_by_role("table", name=f"All {len(plain_data.pairs):,} pairs")
    expect(table).to_be_visible()
    links = {(pair.a, pair.b) for pair in drawn(plain_data)}
    expected = [
        [
            pair.a,
            pair.b,
            f"{pair.hosts:,}",
            percent(pair.share_of_a or 0),
            percent(pair.share_of_b or 0),
            fixed(float(f"{pair.lift:.5g}"), 2),
            fixed(pair.jaccard or 0, 4),
            "yes" if (pair.a, pair.b) in links else "no",
        ]
        for pair in sorted(plain_data.pairs, key=lambda pair: (-pair.hosts, pair.a, pair.b))
    ]
    assert rows(page, "pairs-table") == expected
    scopes = page.eval_on_selector_all("#pairs-table th", "all => all.map(th => th.scope)")
    assert scopes.count("col") == 8
    assert scopes.count("row") == 2 * len(expected)
    assert f"base n = {plain_data.frame.base:,} hosts" in page.locator("#pairs-table caption").inner_text()


def test_every_column_sorts_both_ways(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    page.get_by_role("tab", name="Table").click()
    headings = page.locator("#pairs-table thead th")
    expect(headings.nth(2)).to_have_attribute("aria-sort", "descending")
    for column in range(8):
        heading = headings.nth(column)
        numeric = 2 <= column <= 6
        button = heading.get_by_role("button")
        button.press("Enter")
        order = heading.get_attribute("aria-sort")
        # What readers look for first: the largest figure, the first name.
        assert order == ("descending" if numeric else "ascending")
        for expected_order in (order, "descending" if order == "ascending" else "ascending"):
            if heading.get_attribute("aria-sort") != expected_order:
                button.click()
            expect(heading).to_have_attribute("aria-sort", expected_order)
            values: list[Any] = [row[column] for row in rows(page, "pairs-table")]
            if numeric:
                values = [number(value) for value in values]
            elif column == 7:
                values = [value == "no" for value in values]
            assert values == sorted(values, reverse=expected_order == "descending")
            assert len(values) == len(plain_data.pairs)
        others = [headings.nth(other).get_attribute("aria-sort") for other in range(8) if other != column]
        assert others == ["none"] * 7


def test_the_table_of_items(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    page.get_by_role("tab", name="Table").click()
    page.get_by_role("button", name="Families", exact=True).click()
    expect(page.locator("#pairs-table")).to_be_hidden()
    table = page.get_by_role("table", name=f"All {len(plain_data.items)} families")
    expect(table).to_be_visible()
    items = {item.name: item for item in plain_data.items}
    found = rows(page, "items-table")
    assert [row[0] for row in found] == ordered(plain_data)
    for name, hosts, share, group, links in found:
        assert hosts == f"{items[name].hosts:,}"
        assert share == percent(items[name].share)
        assert group == (items[name].group or "not known")
        assert int(links) == len(neighbours(plain_data, name))
    page.get_by_role("button", name="Pairs").click()
    expect(page.locator("#items-table")).to_be_hidden()
    expect(page.locator("#pairs-table")).to_be_visible()


def test_search_filters_the_tables(plain: Visit, plain_data: MapData) -> None:
    page = plain.page
    page.get_by_role("tab", name="Table").click()
    page.get_by_role("searchbox").fill("nomic")
    found = rows(page, "pairs-table")
    assert len(found) == sum("nomic" in pair.a or "nomic" in pair.b for pair in plain_data.pairs)
    assert all("nomic" in row[0] or "nomic" in row[1] for row in found)
    expect(page.locator("#pairs-table caption")).to_contain_text(
        f"{len(found)} of {len(plain_data.pairs):,} rows match the search."
    )
    page.get_by_role("searchbox").press("Escape")
    assert len(rows(page, "pairs-table")) == len(plain_data.pairs)
    expect(page.locator("#pairs-table caption")).not_to_contain_text("match")


# ---- use without a mouse, small data ----


def test_every_control_has_a_name_and_a_visible_focus(plain: Visit) -> None:
    page = plain.page
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        state = page.evaluate(
            "(() => { const at = document.activeElement; if (at === document.body) return null;"
            " const style = getComputedStyle(at); return [at.id || at.className || at.textContent,"
            " at.getAttribute('aria-label') || (at.labels && at.labels[0] && at.labels[0].textContent)"
            " || at.textContent, style.outlineStyle, parseFloat(style.outlineWidth)]; })()"
        )
        if state is None:
            break
        identity, name, outline, width = state
        assert name.strip(), identity
        assert outline == "solid", identity
        assert width >= 2, identity
        reached.append(identity)
    assert {"tab-network", "search", "minimum", "chip", "zoom-in", "zoom-fit", "network", "link"} <= set(reached)
    assert "tab-table" not in reached
    # The frame that the drawing library makes focusable inside the map is no second stop.
    assert "vis-network" not in reached


@pytest.mark.parametrize("number_of_hosts", [0, 5])
def test_nothing_or_one_item_is_said_not_blank(chromium: Chromium, tmp_path: Path, number_of_hosts: int) -> None:
    if number_of_hosts:
        data = samples.map_data([{"llama"}] * number_of_hosts, {})
    else:
        data = MapData(Frame("Families", "family", 0, 0, 0, "1 scan", "2026-01-01", "2026-01-01"), (), ())
    page = tmp_path / "map.html"
    page.write_text(render(data), encoding="utf-8")
    with chromium.open(page, scripts=2) as visit:
        expect(visit.page.locator("#panel-network .empty")).to_contain_text("A network needs two")
        visit.page.get_by_role("searchbox").fill("x")
        visit.page.get_by_role("tab", name="Table").click()
        expect(visit.page.get_by_role("table", name="All 0 pairs")).to_be_visible()
        visit.page.get_by_role("searchbox").press("Escape")
        visit.page.get_by_role("button", name="Families", exact=True).click()
        assert len(rows(visit.page, "items-table")) == (1 if number_of_hosts else 0)
        assert visit.problems() == []


@pytest.mark.parametrize("hosts", [[{"llama", "qwen2"}] * 3, [{"llama"}] * 6 + [{"qwen2"}] * 4], ids=["pair", "apart"])
def test_two_items(chromium: Chromium, tmp_path: Path, hosts: list[set[str]]) -> None:
    page = tmp_path / "map.html"
    page.write_text(render(samples.map_data(hosts, {})), encoding="utf-8")
    with chromium.open(page, scripts=SCRIPTS) as visit:
        assert {label["text"] for label in labels(visit.page)} == {"llama", "qwen2"}
        click_dot(visit, 1)
        expect(visit.page.locator("#details h2")).to_have_text("qwen2")
        assert visit.problems() == []


@pytest.mark.parametrize("width", [1280, 390])
def test_five_families_look_like_a_map(chromium: Chromium, tmp_path: Path, width: int) -> None:
    hosts = [{"llama", "qwen2", "bert"}] * 200 + [{"llama", "qwen2"}] * 150 + [{"bert", "nomic-bert"}] * 170
    hosts += [{"gemma3"}] * 200 + [{"gemma3", "llama"}] * 5 + [{"bert"}] * 30
    page = tmp_path / "map.html"
    page.write_text(render(samples.map_data(hosts, {"llama": "US"})), encoding="utf-8")
    with chromium.open(page, scripts=SCRIPTS, width=width) as visit:
        assert {label["text"] for label in labels(visit.page)} == {"llama", "qwen2", "bert", "nomic-bert", "gemma3"}
        box = visit.page.locator("#network").bounding_box()
        assert box is not None
        points = dots(visit.page)
        span = max(dot["x"] for dot in points) - min(dot["x"] for dot in points)
        assert span > 0.4 * box["width"]
        assert max(dot["r"] for dot in points) < 60
        assert visit.problems() == []


# ---- the page's own policy ----


@pytest.mark.parametrize(
    ("attack", "directive"),
    [
        (
            "const s = document.createElement('script'); s.append('window.__pwn = 1'); document.body.append(s)",
            "require-trusted",
        ),
        ("document.body.setAttribute('onclick', 'window.__pwn = 2'); document.body.click()", "require-trusted"),
        ("document.body.innerHTML = '<b>x</b>'", "require-trusted"),
        ("fetch('http://192.0.2.1/').catch(() => 0)", "connect-src"),
        ("new Image().src = 'http://192.0.2.1/x.png'", "img-src"),
        ("const s = document.createElement('style'); s.append('p {color: red}'); document.head.append(s)", "style-src"),
    ],
)
def test_what_gets_in_all_the_same_is_stopped(
    chromium: Chromium, plain_page: Path, attack: str, directive: str
) -> None:
    with chromium.open(plain_page, scripts=SCRIPTS) as visit:
        visit.page.evaluate(f"try {{ {attack} }} catch (error) {{ }}")
        visit.page.wait_for_timeout(100)
        assert any(p.kind == "policy" and p.text.startswith(directive) for p in visit.problems())
        assert visit.page.evaluate("window.__pwn") is None


# ---- hostile data ----


def test_hostile_dots_and_edges_hovered_and_clicked(hostile: Visit, hostile_data: MapData) -> None:
    page = hostile.page
    assert hostile.colours("#network canvas")[BLUE] > 200
    for dot in dots(page):
        name = shown_name(ordered(hostile_data)[int(dot["item"])])
        place = hostile.to_element("#network", dot["x"], dot["y"])
        page.mouse.move(*place)
        label = name if len(name) <= 60 else name[:59] + "…"
        expect(page.locator(".vis-tooltip")).to_contain_text(label)
        page.mouse.click(*place)
        # The full text: nothing cut, nothing interpreted.
        assert page.locator("#details h2").text_content() == name
    page.keyboard.press("Escape")
    for edge in edges(page):
        page.mouse.move(*hostile.to_element("#network", edge["x"], edge["y"]))
        page.wait_for_timeout(120)
    assert hostile.problems() == []


def test_hostile_names_in_details_and_tables(hostile: Visit, hostile_data: MapData) -> None:
    page = hostile.page
    for name in samples.HOSTILE:
        page.locator("#search").fill(visible(name).lower()[:200])
        page.locator("#search").press("Enter")
        for button in page.locator("#details ul button").all()[:1]:
            button.click()
        assert hostile.problems() == []
    page.locator("#search").fill("")
    page.get_by_role("tab", name="Table").click()
    found = rows(page, "pairs-table")
    assert {(row[0], row[1]) for row in found} == {
        (shown_name(pair.a), shown_name(pair.b)) for pair in hostile_data.pairs
    }
    for heading in page.locator("#pairs-table thead button").all():
        heading.click()
    page.locator("#show-items").click()
    for heading in page.locator("#items-table thead button").all():
        heading.click()
    assert {row[0] for row in rows(page, "items-table")} == {shown_name(name) for name in samples.HOSTILE}
    assert page.locator("#items-table tbody tr").count() == len(samples.HOSTILE)


def test_hostile_groups_toggle_and_the_slider_moves(hostile: Visit, hostile_data: MapData) -> None:
    page = hostile.page
    chips = page.locator(".chip")
    for index in range(chips.count()):
        chips.nth(index).click()
    assert dots(page) == []
    expect(page.locator("#shown")).to_contain_text(f"0 of {len(hostile_data.pairs)} pairs shown")
    for index in range(chips.count()):
        chips.nth(index).click()
    page.locator("#minimum").press("End")
    assert len(dots(page)) < len(hostile_data.items)
    page.locator("#minimum").press("Home")
    assert len(dots(page)) == len(hostile_data.items)


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_text_breaks_no_line_out_of_the_page(chromium: Chromium, hostile_page: Path, width: int) -> None:
    with chromium.open(hostile_page, scripts=SCRIPTS, width=width, dark=True) as visit:
        for tab in ("#tab-table", "#tab-network"):
            visit.page.click(tab)
            assert visit.page.evaluate("document.documentElement.scrollWidth") == width
        assert "SIMULATED" not in visit.page.title()
        assert visit.page.title().startswith("</script><script>window.__pwn=1</script>")
        assert visit.problems() == []
