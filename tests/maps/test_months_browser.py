"""The map over time, from scans to the page: figures are those of `trends`, places stay, the slider moves the rest."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cohabit
from cohabit.errors import UsageError
from tests.maps.harness import Chromium, Visit
from tests.maps.samples import HOSTILE
from tests.maps.test_accessibility import serious
from tests.maps.test_families import payload
from tests.maps.test_views_browser import check_svg, saved, words

SCRIPTS = 2
MONTHS = ("2025-02", "2025-03", "2025-05")
PLAIN = ("llama", "qwen2", "bert", "nomic-bert", "gemma3", "qwen3", "phi3", "mllama", "gemma2", "granite")


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for which in ("plain", "hostile"):
        folder = tmp_path_factory.mktemp(which)
        chance = random.Random(6)
        names = PLAIN if which == "plain" else [n[:900] for n in HOSTILE if n.strip() and "\ud800" not in n]
        with (folder / "scan.ndjson").open("w", encoding="utf-8") as scan:
            for number, month in enumerate(MONTHS):
                for host in range(0, 120, 1 + number):
                    # Two circles of families; the last month loses one of the first.
                    own = names[host % 2 :: 2][: 4 if number < 2 else 3]
                    chosen = [name for name in own if chance.random() < 0.7] + [chance.choice(names)]
                    models = [{"name": name, "details": {"family": name}} for name in dict.fromkeys(chosen)]
                    day = f"{month}-12T00:00:00Z"
                    record = {"ip": f"192.0.2.{host}", "port": 11434, "timestamp": day, "models": models}
                    scan.write(json.dumps(record) + "\n")
        program = [sys.executable, "-m", "cohabit", "load", "scan.ndjson"]
        subprocess.run(program, cwd=folder, check=True, capture_output=True)
        found[which] = folder / "cohabit-data"
        with cohabit.open(found[which]) as graph:
            (folder / "map.html").write_text(graph.map("time"), encoding="utf-8")
    return found


@pytest.fixture(params=["plain", "hostile"])
def visit(request: pytest.FixtureRequest, chromium: Chromium, graphs: dict[str, Path]) -> Iterator[Visit]:
    page = graphs[request.param].parent / "map.html"
    with chromium.open(page, scripts=SCRIPTS) as visit:
        yield visit
        assert visit.problems() == []
        assert [url for url in visit.requests if not url.startswith("blob:")] == [page.as_uri()]


def test_figures_are_those_of_trends(graphs: dict[str, Path]) -> None:
    with cohabit.open(graphs["plain"]) as graph:
        html = graph.map("time")
        assert html == graph.map("time")
        trends = graph.trends(level="family", every="month")
        pairs = graph.cooccurrence(level="family", since="2025-05-01", until="2025-05-31")
    found = payload(html)
    months = found["months"]
    assert months["label"] == list(MONTHS)
    for row in trends.to_dict("records"):
        at = months["label"].index(row["period"])
        item = found["items"]["name"].index(row["item"])
        assert (months["hosts"][at][item], months["base"][at]) == (row["hosts"], row["base"])
    both = {frozenset((row["a"], row["b"])): (row["hosts"], row["lift"]) for row in pairs.to_dict("records")}
    names = found["items"]["name"]
    assert months["drawn"][2]
    for pair in months["drawn"][2]:
        ends = frozenset((names[found["pairs"]["a"][pair]], names[found["pairs"]["b"][pair]]))
        assert months["pairHosts"][2][pair] == both[ends][0]
        assert months["pairLift"][2][pair] == pytest.approx(both[ends][1], rel=1e-3)
    assert months["pairs"][2] == len(both)


def test_other_levels_are_followed_too(graphs: dict[str, Path]) -> None:
    with cohabit.open(graphs["plain"]) as graph:
        html = graph.map("time", level="lab-country")
        drawn = graph.picture("time", ".svg", level="lab-country").decode()
        trends = graph.trends(level="lab-country", every="month").to_dict("records")
        assert graph.map("time", level="family") == graph.map("time")
        for kind, level, said in (("families", "lab", "--level is of the map time"), ("time", "model", "choose from")):
            with pytest.raises(UsageError, match=said):
                graph.map(kind, level=level)
    found = payload(html)
    assert (found["unit"], found["units"]) == ("lab-country", "lab countries")
    names = {"US": "United States", "CN": "China"}
    assert {names[row["item"]] for row in trends} == set(found["items"]["name"]) == set(names.values())
    for row in trends:
        at, item = found["months"]["label"].index(row["period"]), found["items"]["name"].index(names[row["item"]])
        assert (found["months"]["hosts"][at][item], found["months"]["base"][at]) == (row["hosts"], row["base"])
    assert "Countries of labs month by month" in html
    assert "lab countries, those on most hosts" in html
    assert "Countries of labs month by month" in drawn
    assert "The network of 2025-05 (1 of its 5 weeks: 2025-W20): 40 hosts whose list was seen." in drawn


def test_what_no_month_may_tell_leaves_the_network_to_be_seen(graphs: dict[str, Path], chromium: Chromium) -> None:
    """With a large K there are families that all months together may name, and no single one."""
    with cohabit.open(graphs["plain"]) as graph:
        html = next(
            html
            for k in range(20, 80, 4)
            if not all(map(any, zip(*payload(html := graph.map("time", publish=k))["months"]["hosts"], strict=True)))
        )
    page = graphs["plain"].parent / "published.html"
    page.write_text(html, encoding="utf-8")
    with chromium.open(page, scripts=SCRIPTS) as visit:
        visit.page.focus("#month")
        visit.page.keyboard.press("Home")
        assert visit.page.evaluate("data.months.hosts[0].some((hosts) => hosts > 0)")
        assert len(visit.colours("#network")) > 20
        assert visit.problems() == []


def test_the_slider_exchanges_dots_and_lines_and_keeps_the_places(visit: Visit) -> None:
    page = visit.page
    places = "Object.fromEntries(window.__map.dots().map(dot => [dot.item, [dot.x, dot.y]]))"
    last = page.evaluate(places)
    assert page.locator("#month-value").inner_text().startswith("2025-05, n = 40")
    page.focus("#month")
    for expected in (1, 0):
        page.keyboard.press("ArrowLeft")
        assert page.evaluate("choice.month") == expected
        assert page.evaluate("window.__map.edges()") == page.evaluate(f"data.months.drawn[{expected}]")
        now = page.evaluate(places)
        assert all(now[item] == pytest.approx(last[item]) for item in now.keys() & last.keys())
        shown = page.evaluate(f"data.months.hosts[{expected}].filter(hosts => hosts > 0).length")
        assert len(now) == shown
    assert f"{page.evaluate('data.months.drawn[0].length')} of " in page.locator("#shown").inner_text()
    assert len(visit.colours("#network")) > 20


def test_play_goes_to_the_end_and_stops(visit: Visit) -> None:
    page = visit.page
    page.click("#play")
    assert page.locator("#play").inner_text() == "Pause"
    assert page.evaluate("choice.month") == 0
    assert visit.wait_until("choice.month === 2")
    assert visit.wait_until("document.getElementById('play').textContent === 'Play'")


def test_no_motion_where_the_system_asks_for_none(chromium: Chromium, graphs: dict[str, Path]) -> None:
    with chromium.open(graphs["plain"].parent / "map.html", scripts=SCRIPTS) as visit:
        visit.page.emulate_media(reduced_motion="reduce")
        visit.page.reload()
        assert visit.page.locator("#play").is_hidden()
        assert "no motion" in visit.page.locator("#still").inner_text()


def test_shares_tables_and_saved_pictures(visit: Visit) -> None:
    page = visit.page
    assert len(visit.chromium.colours(saved(visit, "network", "png"))) > 20
    assert page.locator("#shares polyline").count() > 7
    root = check_svg(saved(visit, "shares", "svg"))
    assert "2025-03" in words(root)
    page.get_by_role("tab", name="Table").click()
    number = page.evaluate("items.name.length")
    assert page.locator("#months-table tbody tr").count() == 3 * number
    assert page.locator("#lines-table tbody tr").count() == page.evaluate("data.months.drawn.flat().length")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_axe_finds_nothing_serious(visit: Visit, axe_source: str) -> None:
    for tab in visit.page.get_by_role("tab").all():
        tab.click()
        assert serious(visit, axe_source) == [], tab.inner_text()
