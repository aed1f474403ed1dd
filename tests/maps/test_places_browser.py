"""Maps of places in a real browser: safe with hostile names, right in what they show, readable at any width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cohabit.maps.data import Frame
from cohabit.maps.page import plural
from cohabit.maps.place_data import Place, PlaceFigures
from cohabit.maps.place_page import render
from cohabit.maps.scale import percent
from cohabit.maps.world import world
from cohabit.queries.measures import wilson
from cohabit.queries.place_shares import PlaceMeasure
from tests.maps import place_samples
from tests.maps.harness import Chromium, Visit
from tests.maps.samples import HOSTILE
from tests.maps.test_place_figures import SVG, safe

SAMPLES: dict[str, Callable[[], PlaceFigures]] = {
    "countries": place_samples.countries,
    "providers": place_samples.providers,
    "hostile countries": lambda: place_samples.hostile("country"),
    "hostile providers": place_samples.hostile,
}
SCRIPTS = 2  # the data and the page's own


def frame(figures: PlaceFigures, **rest: object) -> Frame:
    hosts = figures.measures[0]
    everything = " ".join(HOSTILE)
    facts: dict[str, object] = {
        "title": f"Places: {everything}",
        "unit": figures.by,
        "source": everything,
        "date_from": HOSTILE[0],
        "date_to": "2026-10-25",
        "filters": HOSTILE,
        "caveats": HOSTILE,
        "simulated": True,
        **rest,
    }
    counts = {"base": sum(hosts.counts), "hosts": hosts.overall_base, "multi_model_hosts": 0}
    return Frame(**counts, **facts)  # type: ignore[arg-type]


def calm(figures: PlaceFigures) -> Frame:
    facts = {"title": "Where hosts are", "source": "12 scans", "date_from": "2026-08-03", "filters": (), "caveats": ()}
    return frame(figures, **facts)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("places")
    made = {}
    for name, sample in SAMPLES.items():
        figures = sample()
        made[name] = folder / f"{name.replace(' ', '-')}.html"
        about = frame(figures) if name.startswith("hostile") else calm(figures)
        made[name].write_text(render(about, figures), encoding="utf-8")
    return made


@contextmanager
def opened(chromium: Chromium, page: Path, **how: int | bool) -> Iterator[Visit]:
    with chromium.open(page, scripts=SCRIPTS, **how) as visit:  # type: ignore[arg-type]
        yield visit
        assert visit.problems() == []
        assert [url for url in visit.requests if not url.startswith("blob:")] == [page.as_uri()]


@pytest.mark.parametrize("name", SAMPLES)
def test_everything_can_be_used_and_nothing_happens(chromium: Chromium, pages: dict[str, Path], name: str) -> None:
    with opened(chromium, pages[name]) as visit:
        page = visit.page
        for number in range(page.locator("#measure option").count()):
            page.select_option("#measure", str(number))
        for shape in page.locator("#world [data-place]").all()[::5]:
            shape.dispatch_event("mouseover")
            shape.dispatch_event("click")
        for button in page.locator("#ranking button").all()[:6]:
            button.click()
            assert page.locator("#details h2").count() == 1
        for text in ("script", "href", "e", ""):
            page.fill("#search", text)
            page.press("#search", "Enter")
        for tab in page.get_by_role("tab").all():
            tab.click()
            panel = page.locator(f"#{tab.get_attribute('aria-controls')}")
            assert len(panel.inner_text()) > 80
            box = panel.bounding_box()
            assert box is not None
            assert box["height"] > 150
        for button in page.locator("thead button").all():
            button.click()


@pytest.mark.parametrize("name", ["countries", "providers", "hostile countries"])
def test_what_is_drawn_is_what_python_says(chromium: Chromium, pages: dict[str, Path], name: str) -> None:
    figures = SAMPLES[name]()
    with opened(chromium, pages[name]) as visit:
        for number, shares in list(enumerate(figures.shares))[:8]:
            visit.page.select_option("#measure", str(number))
            assert visit.page.evaluate("__map.ranking()") == list(shares.ranking)
            for shape in visit.page.evaluate("__map.drawn()"):
                assert shape["as"] == shares.drawn(shape["place"])
            for place in shares.ranking[:4]:
                k, n = shares.measure.counts[place], shares.measure.bases[place]
                low, high = wilson(k, n)
                assert visit.page.evaluate(f"__map.interval({place})") == pytest.approx([float(low), float(high)])
            shown = visit.page.locator("#ranking .share").all_inner_texts()
            assert shown == [percent(shares.share(place) or 0.0) for place in shares.ranking[:25]]


def test_the_table_has_every_place_with_the_figures_of_the_measure(chromium: Chromium, pages: dict[str, Path]) -> None:
    figures = place_samples.countries()
    number = next(i for i, s in enumerate(figures.shares) if s.title == "qwen2")
    measure = figures.measures[number]
    with opened(chromium, pages["countries"]) as visit:
        page = visit.page
        page.get_by_role("tab", name="Table").click()
        assert page.locator("tbody tr").count() == len(figures.places)
        page.get_by_role("tab", name="Map").click()
        page.select_option("#measure", str(number))
        page.get_by_role("tab", name="Table").click()
        rows = [row.inner_text().split("\t") for row in page.locator("tbody tr").all()]
        for place, row in zip(figures.places, rows, strict=True):
            i = figures.places.index(place)
            assert row[0].strip() == place.name
            assert row[2:4] == [f"{measure.counts[i]:,}", f"{measure.bases[i]:,}"]
            assert row[7] == (f"cluster {place.cluster}" if place.cluster else "none: few hosts")
            assert row[8].startswith("yes" if measure.bases[i] >= 50 else "no")
        page.fill("#search", "deutsch")
        assert page.locator("tbody tr:visible").count() == 1


def test_small_multiples_and_clusters_are_copies_of_the_world(chromium: Chromium, pages: dict[str, Path]) -> None:
    figures = place_samples.countries()
    with opened(chromium, pages["countries"]) as visit:
        page = visit.page
        page.get_by_role("tab", name="Who is alike").click()
        classes = page.locator("#cluster-world [data-place]").evaluate_all(
            "all => all.map(one => [Number(one.dataset.place), one.getAttribute('class').split(' ')[1]])"
        )
        expected = {None: "few", 1: "f0", 2: "f1"}
        assert classes
        assert all(drawn == expected[figures.places[place].cluster] for place, drawn in classes)
        page.get_by_role("tab", name="Side by side").click()
        titles = page.locator(".miniature figcaption").all_inner_texts()
        assert titles == [shares.title for shares in figures.families[:6]]
        second = (
            page.locator(".miniature")
            .nth(1)
            .locator("[data-place]")
            .evaluate_all("all => all.map(one => [Number(one.dataset.place), one.getAttribute('class').split(' ')[1]])")
        )
        assert all(drawn == figures.families[1].drawn(place) for place, drawn in second)
        # The page has one map with that name, whatever is copied.
        assert page.locator("#world").count() == 1


def test_keys_go_through_the_ranking(chromium: Chromium, pages: dict[str, Path]) -> None:
    figures = place_samples.countries()
    order = figures.shares[0].ranking
    with opened(chromium, pages["countries"]) as visit:
        page = visit.page
        page.focus("#world")
        for place in order[:3]:
            page.keyboard.press("ArrowDown")
            assert page.locator("#details h2").inner_text() == figures.places[place].name
        page.keyboard.press("ArrowUp")
        assert page.locator("#details h2").inner_text() == figures.places[order[1]].name
        chosen = page.locator("#world .chosen").evaluate_all("all => all.map(one => Number(one.dataset.place))")
        assert set(chosen) == {order[1]}
        page.keyboard.press("Escape")
        assert page.locator("#details h2").count() == 0
        page.get_by_role("tab", name="Map").focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("#panel-alike").is_visible()


def test_details_say_figures_with_their_base(chromium: Chromium, pages: dict[str, Path]) -> None:
    figures = place_samples.countries()
    germany = next(i for i, place in enumerate(figures.places) if place.code == "DE")
    with opened(chromium, pages["countries"]) as visit:
        visit.page.fill("#search", "Deutschland")
        visit.page.press("#search", "Enter")
        said = visit.page.locator("#details").inner_text()
        assert f"{figures.measures[0].counts[germany]:,} (" in said
        assert "cluster 2" in said
        top = max(figures.families, key=lambda s: s.share(germany) or 0)
        assert f"{percent(top.share(germany) or 0)} of {top.measure.bases[germany]:,}" in said


@pytest.mark.parametrize("name", ["countries", "hostile countries", "hostile providers"])
@pytest.mark.parametrize("panel", ["map", "alike", "multiples"])
def test_pictures_are_safe_and_not_blank(
    chromium: Chromium, pages: dict[str, Path], tmp_path: Path, name: str, panel: str
) -> None:
    with opened(chromium, pages[name]) as visit:
        page = visit.page
        page.locator(f"#tab-{panel}").click()
        for kind in ("svg", "png"):
            with page.expect_download() as download:
                page.locator(f"#panel-{panel} [data-save={kind}]").click()
            download.value.save_as(tmp_path / f"picture.{kind}")
            assert re.fullmatch(r"cohabit-\w+(-\w+)?\.(svg|png)", download.value.suggested_filename)
        root = ET.fromstring((tmp_path / "picture.svg").read_text("utf-8"))
        safe(root)
        assert "SIMULATED DATA" in [(e.text or "")[:14] for e in root.iter(f"{SVG}text")]
        colours = chromium.colours((tmp_path / "picture.png").read_bytes())
        assert len(colours) > 20
        assert colours.most_common(1)[0][0] == "#ffffff"


@pytest.mark.parametrize("name", ["countries", "providers"])
@pytest.mark.parametrize("drawing", ["profiles", "panels"])
def test_no_label_is_on_another(chromium: Chromium, pages: dict[str, Path], name: str, drawing: str) -> None:
    with opened(chromium, pages[name]) as visit:
        visit.page.locator("#tab-alike" if drawing == "profiles" else "#tab-multiples").click()
        boxes = visit.page.locator(f"#{drawing} text").evaluate_all(
            """all => all.filter((one) => !one.closest("[transform*=rotate]")).map((one) => {
              const box = one.getBoundingClientRect();
              return [one.textContent, box.left, box.top, box.right, box.bottom];
            })"""
        )
        assert len(boxes) > 20
        for i, (text, left, top, right, bottom) in enumerate(boxes):
            for other, left2, top2, right2, bottom2 in boxes[i + 1 :]:
                apart = left >= right2 - 1 or left2 >= right - 1 or top >= bottom2 - 4 or top2 >= bottom - 4
                assert apart, (text, other)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_phone_scrolls_in_one_direction_only(chromium: Chromium, pages: dict[str, Path], name: str) -> None:
    with opened(chromium, pages[name], width=390, height=800) as visit:
        for tab in visit.page.get_by_role("tab").all():
            tab.click()
            assert visit.page.evaluate("document.scrollingElement.scrollWidth") <= 390, tab.inner_text()


def test_light_dark_and_paper(chromium: Chromium, pages: dict[str, Path]) -> None:
    with opened(chromium, pages["countries"]) as visit:
        light = visit.colours("#world")
    with opened(chromium, pages["countries"], dark=True) as visit:
        dark = visit.colours("#world")
        visit.page.emulate_media(media="print", color_scheme="dark")
        visit.page.evaluate("document.documentElement.classList.add('printing')")
        paper = visit.colours("#world")
    assert light.most_common(1)[0][0] == paper.most_common(1)[0][0] == "#ffffff"
    assert dark.most_common(1)[0][0] == "#14171c"
    # The darkest shade is that of the style sheet.
    assert light["#0a3a75"] > 1000


def test_all_countries_of_the_world_fit_into_400_kilobytes(chromium: Chromium, tmp_path: Path) -> None:
    codes = sorted({*world().paths, *world().points})
    sizes = {code: (60 + 37 * i, i % 2) for i, code in enumerate(codes)}
    items = tuple(f"family-{i}" for i in range(20))
    figures = place_samples.figures(place_samples.population(sizes, items)[::3], clusters=dict.fromkeys(codes, 1))
    figures = replace(figures, measures=(*figures.measures, *figures.measures[2:], *figures.measures[2:4]))
    assert len(figures.measures) > 40
    page = tmp_path / "world.html"
    page.write_text(render(calm(figures), figures), encoding="utf-8")
    assert page.stat().st_size <= 400_000
    with opened(chromium, page) as visit:
        assert visit.page.locator("#world .none").count() == 1  # the land without a code
        assert visit.ready_after() < 5_000


def test_without_a_known_place_the_page_says_so(chromium: Chromium, tmp_path: Path) -> None:
    hosts = PlaceMeasure("hosts", "hosts", [], [], 8181, 8181)
    for by in ("country", "provider", "network"):
        reason = f"The {by} of none of the 8,181 hosts in scope is known."
        figures = PlaceFigures(by, (), (hosts,), (), 50, none_shown=reason)
        page = tmp_path / f"{by}.html"
        page.write_text(render(calm(figures), figures), encoding="utf-8")
        with chromium.open(page, scripts=SCRIPTS, wait=False) as visit:
            assert reason in visit.page.locator(".empty").inner_text()
            assert visit.problems() == []


def test_one_place_with_few_hosts(chromium: Chromium, tmp_path: Path) -> None:
    figures = place_samples.figures([("SG", frozenset({"llama"})), ("SG", frozenset())])
    page = tmp_path / "one.html"
    page.write_text(render(calm(figures), figures), encoding="utf-8")
    with opened(chromium, page) as visit:
        assert visit.page.locator("#ranking li").count() == 0
        visit.page.select_option("#measure", "2")
        assert "1 with fewer than 50 hosts are not ranked" in visit.page.locator("#ranked").inner_text()
        for tab in visit.page.get_by_role("tab").all():
            tab.click()
        assert visit.page.locator("#panel-table tbody tr").count() == 1


def test_the_page_is_the_same_for_the_same_data() -> None:
    figures = place_samples.countries()
    assert render(calm(figures), figures) == render(calm(figures), figures)
    assert replace(figures, places=(Place("X"), *figures.places[1:])) != figures
    assert plural("country") == "countries"
