"""The style, the scripts and the guide for the Neo4j Browser; and the real Browser, which takes and runs them."""

from __future__ import annotations

import base64
import re
import zipfile
from pathlib import Path
from typing import Any

import neo4j
import pytest
from playwright.sync_api import Playwright

from cohabit.exports import browser
from cohabit.graph import schema
from cohabit.queries.saved import drawing_queries, saved_queries
from tests.conformance.conftest import Place
from tests.conformance.population import Record
from tests.parts import ROOT

DROP = """([content, name]) => {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  for (const type of ["dragenter", "dragover", "drop"])
    document.querySelector(".filedrop").dispatchEvent(
      new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported folder."""
    made = tmp_path_factory.mktemp("browser") / "for-browser"
    browser.export(made)
    return made


def test_the_folder(folder: Path, tmp_path: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == ["cohabit-queries.zip", "cohabit.grass", "guide.html"]
    browser.export(tmp_path / "again")
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
    with zipfile.ZipFile(folder / browser.QUERIES) as archive:
        names = archive.namelist()
        texts = [archive.read(name).decode() for name in names]
    assert len(names) == len(saved_queries()) + len(drawing_queries())
    assert {name.partition("/")[0] for name in names} == {
        f"cohabit {folder}" for folder in ("draw", "hosts", "models", "places", "time", "together")
    }
    assert all(text.startswith("// ") for text in texts)
    assert not any("$" in text for text in texts)


def test_colours_are_those_of_the_maps() -> None:
    """The maps have hosts in the first colour and models in the second (`maps/hosts.py`)."""
    page = (ROOT / "maps" / "static" / "page.css").read_text("utf-8")
    palette = re.findall(r"--c\d: (#[0-9a-f]{6})", page)[:8]
    assert [look.colour for look in browser.LOOKS.values()][:8] == palette
    assert list(browser.LOOKS)[:2] == ["Host", "Model"]
    assert set(browser.LOOKS) == {n.label for n in schema.NODES}
    for label, look in browser.LOOKS.items():
        assert look.caption in schema.node(label).names
        assert contrast(look.colour, look.text) >= 3, label


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2 defines it; 3 is enough for large text."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_guide_names_every_query(folder: Path) -> None:
    text = (folder / browser.GUIDE).read_text("utf-8")
    for query in [*saved_queries().values(), *drawing_queries().values()]:
        assert f"<dt>{query.title.replace(chr(39), '&#x27;')}</dt>" in text
    assert "<script" not in text
    assert "http" not in text
    assert "{" not in text.partition("</style>")[2].replace("{labels}", "{")


@pytest.fixture
def filled(neo4j_server: Any, neo4j_store_uri: str, tmp_path: Path, records: list[Record]) -> Any:
    """The server with the records and derived facts."""
    from cohabit.session import Graph

    place = Place(tmp_path / "data", neo4j_store_uri)
    place.load(records)
    with Graph(place.data, place.uri) as graph:
        graph.analyse(null="hypergeometric")
    return neo4j_server


def test_the_real_browser_takes_and_runs_them(
    filled: Any, folder: Path, browser_path: Path, playwright: Playwright
) -> None:
    """And every script as the zip archive holds it is one statement that the server runs."""
    scripts = [browser.script(q) for q in [*saved_queries().values(), *drawing_queries().values()]]
    access = {"auth": (filled.username, filled.password), "notifications_min_severity": "OFF"}
    with neo4j.GraphDatabase.driver(filled.bolt_uri, **access) as driver, driver.session() as session:
        for script in scripts:
            session.run(script).consume()
    chromium = playwright.chromium.launch(
        executable_path=browser_path, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
    )
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    # Fonts and news from elsewhere are no part of it.
    page.route("**/*", lambda route: route.continue_() if "127.0.0.1" in route.request.url else route.abort())
    page.set_default_timeout(60_000)
    page.goto(f"{filled.http_uri}/browser/?dbms={filled.bolt_uri}", wait_until="domcontentloaded")
    page.select_option("[data-testid=bolt-scheme-select]", "bolt://")
    page.fill("[data-testid=username]", filled.username)
    page.fill("[data-testid=password]", filled.password)
    page.click("[data-testid=connect]")
    page.get_by_text("You are connected as user").first.wait_for()
    for name in (browser.STYLE, browser.QUERIES):
        page.evaluate(DROP, [base64.b64encode((folder / name).read_bytes()).decode(), name])
    page.click("[data-testid=navigationFavorites]")
    page.click("[data-testid='expandFolder-cohabit draw']")
    for name, labels in (("labs", {"Country", "Lab", "Line"}), ("two-families", {"Host", "Model", "Family"})):
        title = drawing_queries()[name].title
        page.get_by_test_id(f"scriptTitle-{title}").click()
        page.click("[data-testid=editor-Run]")
        frame = page.locator("[data-testid=frame]").first
        frame.get_by_text(f"// {title}").first.wait_for()
        frame.locator("svg g.node").first.wait_for()
        with (
            neo4j.GraphDatabase.driver(filled.bolt_uri, **access) as driver,
            driver.session() as session,
        ):
            expected = session.run(browser.script(drawing_queries()[name])).graph()
        assert frame.locator("svg g.node").count() == len(expected.nodes)
        assert {label for node in expected.nodes for label in node.labels} == labels
        fills = set(
            frame.locator("svg g.node circle.b-outline").evaluate_all("all => all.map((c) => c.getAttribute('fill'))")
        )
        assert fills == {browser.LOOKS[label].colour for label in labels}
        captions = " ".join(frame.locator("svg g.node text").all_text_contents())
        assert {"labs": "Google", "two-families": "llama"}[name] in captions
    chromium.close()
