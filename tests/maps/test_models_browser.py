"""The map of models: what is in the file, and what the canvas does in a real browser, with plain and hostile names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cohabit.maps.canvas import graph_page
from cohabit.maps.models import MOST_PAIRS, graph_of
from cohabit.queries.onemode import OneMode, one_mode
from tests.maps import samples
from tests.maps.harness import Chromium, Visit
from tests.maps.test_families import payload
from tests.maps.test_views_browser import check_svg, saved, words

SCRIPTS = 2  # data, own


def page_of(*arguments: Any, **options: Any) -> str:
    return graph_page(graph_of(*arguments, **options))


def network_of(which: str) -> OneMode:
    if which == "plain":
        return one_mode(samples.matrix_of(samples.many_models(240, 3000))[1])
    kinds = ("a", "b", "c")
    names = [(name, frozenset({kinds[index % 3]})) for index, name in enumerate(samples.HOSTILE)]
    return one_mode(samples.matrix_of([*samples.population(names, 1500, 5), {"alone"}])[1])


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    found = {}
    for which in ("plain", "hostile"):
        found[which] = folder / f"{which}.html"
        everything = " ".join(samples.HOSTILE) if which == "hostile" else "Models"
        frame = samples.frame(title=everything, source=everything, simulated=which == "plain", base=3000, hosts=3001)
        found[which].write_text(page_of(frame, network_of(which)), encoding="utf-8")
    return found


@pytest.fixture(params=["plain", "hostile"])
def visit(request: pytest.FixtureRequest, chromium: Chromium, pages: dict[str, Path]) -> Iterator[Visit]:
    with chromium.open(pages[request.param], scripts=SCRIPTS) as visit:
        yield visit
        assert visit.problems() == []
        assert [url for url in visit.requests if not url.startswith("blob:")] == [pages[request.param].as_uri()]


def dots(visit: Visit) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = visit.page.evaluate("window.__map.dots()")
    return found


def settled(visit: Visit) -> None:
    # The drawing that follows the last move by 140 ms.
    visit.page.wait_for_timeout(250)


def test_the_file_has_the_backbone_and_the_strongest_pairs() -> None:
    network = network_of("plain")
    found = payload(page_of(samples.frame(base=3000), network))
    names = found["items"]["name"]
    assert found["items"]["hosts"] == sorted(network.hosts.tolist(), reverse=True)
    rows = found["pairs"]
    both = {
        frozenset((network.labels[a], network.labels[b])): int(n)
        for a, b, n in zip(network.first.tolist(), network.second.tolist(), network.both.tolist(), strict=True)
    }
    written = {frozenset((names[a], names[b])): n for a, b, n in zip(rows["a"], rows["b"], rows["hosts"], strict=True)}
    assert written.items() <= both.items()
    assert len(written) == len(rows["a"]) <= MOST_PAIRS
    drawn = {frozenset((names[rows["a"][i]], names[rows["b"][i]])) for i in found["drawn"]}
    backbone = {
        frozenset((network.labels[network.first[i]], network.labels[network.second[i]])) for i in network.backbone.edges
    }
    assert drawn == backbone
    assert found["pairsInAll"] == len(network.both)
    # Lift by its definition, from the counts in the file.
    for a, b, n, lift in zip(rows["a"], rows["b"], rows["hosts"], rows["lift"], strict=True):
        expected = network.base * n / (found["items"]["hosts"][a] * found["items"]["hosts"][b])
        assert lift == pytest.approx(expected, rel=1e-3)


def test_groups_are_communities_of_the_lines_named_by_their_largest_models() -> None:
    network = network_of("plain")
    found = payload(page_of(samples.frame(), network))
    texts = [found["groupTexts"][i] for i in found["items"]["groupText"]]
    for text in set(texts) - {"not linked here"}:
        members = [name for name, own in zip(found["items"]["name"], texts, strict=True) if own == text]
        assert text == ", ".join(members[:3])
    linked = {i for pair in found["drawn"] for i in (found["pairs"]["a"][pair], found["pairs"]["b"][pair])}
    assert {i for i, text in enumerate(texts) if text != "not linked here"} == linked
    sizes = [entry["items"] for entry in found["groups"] if entry["colour"] < 7]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(entry["items"] for entry in found["groups"]) == len(texts)


def test_same_network_and_seed_same_bytes_other_seed_others() -> None:
    network = network_of("hostile")
    assert page_of(samples.frame(), network) == page_of(samples.frame(), network)
    assert page_of(samples.frame(), network, seed=1) != page_of(samples.frame(), network)


def test_1500_models_with_5000_pairs_stay_below_500_kb_and_10000_are_all() -> None:
    chance = random.Random(1)
    rng = np.random.default_rng(1)
    number, pairs = 10_500, 40_000
    hosts = np.sort(rng.integers(50, 20_000, number))[::-1].astype(np.int64)
    ends = {tuple(sorted(chance.sample(range(1500), 2))) for _ in range(pairs)}
    first, second = np.array(sorted(ends), np.int64).T
    both = rng.integers(15, 50, len(first)).astype(np.int64)
    labels = [f"some-family-{i:05d}:instruct-q4_k_m" for i in range(number)]
    small = OneMode(labels[:1500], hosts[:1500], first, second, both, 10**7)
    html = page_of(samples.frame(base=10**7), small)
    assert len(payload(html)["pairs"]["a"]) == 5000
    assert len(html.encode()) <= 500_000
    large = OneMode(labels, hosts, first, second, both, 10**7)
    html = page_of(samples.frame(base=10**7), large)
    assert len(payload(html)["items"]["name"]) == 10_000
    assert "The 500 models on fewest hosts are left out" in html


def test_the_canvas_is_drawn_and_says_how_much_it_shows(visit: Visit) -> None:
    colours = visit.colours("#network")
    assert len(colours) > 20
    total, drawn = visit.page.evaluate("[data.pairsInAll, data.drawn.length]")
    said = visit.page.locator("#shown").inner_text()
    assert said.startswith(f"{drawn:,} of {total:,} pairs shown · {len(dots(visit)):,} of ")
    labels = visit.page.evaluate("window.__map.labels()")
    assert labels
    for index, p in enumerate(labels):
        for q in labels[index + 1 :]:
            apart = (
                p["x"] + p["w"] <= q["x"]
                or q["x"] + q["w"] <= p["x"]
                or p["y"] + p["h"] <= q["y"]
                or q["y"] + q["h"] <= p["y"]
            )
            assert apart, (p, q)


def test_click_shows_neighbours_and_escape_clears(visit: Visit) -> None:
    dot = dots(visit)[0]
    visit.page.mouse.click(*visit.to_element("#network", dot["x"], dot["y"]))
    ends = visit.page.evaluate("data.network.edges.filter(e => e.from === 0 || e.to === 0).map(e => e.from + e.to)")
    assert visit.page.evaluate("window.__map.bright()") == sorted({0, *ends})
    assert visit.page.locator("#details-title").inner_text() == visit.page.evaluate("items.name[0]").strip()
    assert visit.page.locator("#details ul li").count() == len(ends)
    visit.page.focus("#network")
    visit.page.keyboard.press("Escape")
    assert visit.page.evaluate("window.__map.bright()") is None


def test_sliders_hide_what_is_below(visit: Visit) -> None:
    page = visit.page
    page.focus("#lift")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    least = page.evaluate("choice.minimumLift")
    assert least == 2
    expected = page.evaluate("data.drawn.filter(pair => pairs.lift[pair] >= 2)")
    assert page.evaluate("window.__map.edges()") == expected
    page.focus("#minimum")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    hosts = page.evaluate("choice.minimum")
    assert hosts == 100
    assert len(dots(visit)) == page.evaluate("items.hosts.filter(hosts => hosts >= 100).length")
    for chip in page.locator("[data-group]").all():
        chip.click()
    assert dots(visit) == []


def test_zoom_drag_hover_and_search(visit: Visit) -> None:
    page = visit.page
    before = page.evaluate("window.__map.scale()")
    page.focus("#network")
    for key in ("+", "+", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    assert page.evaluate("window.__map.scale()") == pytest.approx(before * 1.25**2)
    settled(visit)
    assert len(visit.colours("#network")) > 10
    page.keyboard.press("0")
    assert page.evaluate("window.__map.scale()") == pytest.approx(before)
    first = dots(visit)[0]
    x, y = visit.to_element("#network", 8, 8)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y + 30, steps=4)
    page.mouse.up()
    after = dots(visit)[0]
    assert after["x"] - first["x"] == pytest.approx(50, abs=14)
    settled(visit)
    page.click("#zoom-fit")
    for dot in dots(visit)[:25]:
        page.mouse.move(*visit.to_element("#network", dot["x"], dot["y"]))
        assert page.locator(".tip").is_visible()
    page.fill("#search", "a")
    found = page.evaluate("window.__map.bright()")
    assert found == page.evaluate(
        "items.name.map((name, i) => [name, i]).filter(([n]) => n.toLowerCase().includes('a')).map(([, i]) => i)"
    )


def test_tables_have_the_rows_of_the_file(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("tab", name="Table").click()
    assert page.locator("#pairs-table tbody tr").count() == page.evaluate("pairs.a.length")
    page.click("#show-items")
    assert page.locator("#items-table tbody tr").count() == page.evaluate("items.name.length")
    assert "strongest of" in page.locator("#pairs-table caption").text_content()  # type: ignore[operator]


def test_saved_pictures(visit: Visit) -> None:
    root = check_svg(saved(visit, "network", "svg"))
    assert sum(one.tag.endswith("circle") for one in root.iter()) == len(dots(visit))
    assert "hosts with a known model" in words(root).replace("\n", " ")
    assert len(visit.chromium.colours(saved(visit, "network", "png"))) > 20


@pytest.mark.parametrize("which", ["plain", "hostile"])
def test_a_phone(chromium: Chromium, pages: dict[str, Path], which: str) -> None:
    with chromium.open(pages[which], scripts=SCRIPTS, width=390, dark=True) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
        width = visit.page.evaluate("document.getElementById('network').clientWidth")
        assert all(0 <= dot["x"] <= width for dot in dots(visit))
        assert visit.problems() == []


@pytest.mark.parametrize("hosts", [[], [{"llama:latest"}] * 3])
def test_nothing_linked_is_no_blank_page(chromium: Chromium, tmp_path: Path, hosts: list[set[str]]) -> None:
    page = tmp_path / "map.html"
    page.write_text(page_of(samples.frame(base=len(hosts)), one_mode(samples.matrix_of(hosts)[1])), encoding="utf-8")
    with chromium.open(page, scripts=SCRIPTS) as visit:
        text = visit.page.locator("#panel-network").inner_text()
        assert "no model in this selection" in text if not hosts else "0 of 0 pairs shown · 1 of 1 models" in text
        assert visit.problems() == []
