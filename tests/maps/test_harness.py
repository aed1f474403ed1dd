"""The harness must find what it is for: each kind of fault in a page made for it, and the holes of stock pyvis."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyvis.network import Network

from tests.maps.harness import Chromium

READY = "<script>window.__ready = true</script>"
POLICY = "<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-1'\">"
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
FAULTS = {
    "request": f"{READY}<script>fetch('http://192.0.2.1/x').catch(() => 0)</script>",
    "dialog": f"{READY}<script>alert(1)</script>",
    "error": f"{READY}<script>throw new Error('made up')</script>",
    "console": f"{READY}<script>console.error('made up')</script>",
    "policy": f"{POLICY}<script nonce=1>window.__ready = true</script><script>1</script>",
    "executed": f"{READY}<script>window.__pwn = 1</script>",
    "markup": f"{READY}<script></script><img src='{PIXEL}'>",
    "not ready": "<script></script><script></script>",
    "popup": f"{READY}<script>window.open('about:blank')</script>",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_is_found(chromium: Chromium, tmp_path: Path, kind: str) -> None:
    page = tmp_path / "fault.html"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>x</title>{FAULTS[kind]}")
    with chromium.open(page, scripts=2) as visit:
        visit.page.wait_for_timeout(100)
        assert kind in {problem.kind for problem in visit.problems()}


def test_clean_page_has_no_problem(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "clean.html"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>x</title>{READY}<p>text</p>")
    with chromium.open(page, scripts=1) as visit:
        assert visit.problems() == []
        assert visit.requests == [page.as_uri()]


@pytest.mark.parametrize(
    "markup", ["<img src=x>", "<img src=fault.html>", "<script src=x></script>", "<link rel=stylesheet href=x>"]
)
def test_files_beside_the_page_are_requests_too(chromium: Chromium, tmp_path: Path, markup: str) -> None:
    page = tmp_path / "fault.html"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>x</title>{READY}{markup}")
    with chromium.open(page, scripts=1) as visit:
        visit.page.wait_for_timeout(100)
        assert "request" in {problem.kind for problem in visit.problems()}


def test_colours_tell_a_blank_canvas_from_a_drawn_one(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "canvas.html"
    page.write_text(
        "<!DOCTYPE html><meta charset=utf-8><title>x</title><canvas id=blank width=20 height=20></canvas>"
        "<canvas id=drawn width=20 height=20></canvas><script>const c = document.getElementById('drawn')"
        ".getContext('2d'); c.fillStyle = '#0072b2'; c.fillRect(5, 5, 10, 10); window.__ready = true</script>"
    )
    with chromium.open(page, scripts=1) as visit:
        assert visit.colours("#blank") == {"#ffffff": 400}
        assert visit.colours("#drawn") == {"#ffffff": 300, "#0072b2": 100}


def stock_pyvis(node: str, **options: object) -> str:
    network = Network(cdn_resources="in_line", **options)
    network.add_node(node)
    return str(network.generate_html())


def test_stock_pyvis_select_menu_fails(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "pyvis.html"
    page.write_text(stock_pyvis("</script><script>window.__pwn=1</script>", select_menu=True), encoding="utf-8")
    with chromium.open(page, scripts=6, wait=False) as visit:
        kinds = {problem.kind for problem in visit.problems()}
    assert {"executed", "request", "markup"} <= kinds


def test_stock_pyvis_asks_the_internet_even_when_nothing_is_hostile(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "pyvis.html"
    page.write_text(stock_pyvis("llama"), encoding="utf-8")
    with chromium.open(page, scripts=6, wait=False) as visit:
        problems = visit.problems()
    assert "executed" not in {problem.kind for problem in problems}
    assert any(problem.kind == "request" and "https://" in problem.text for problem in problems)
