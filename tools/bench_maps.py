"""Opening maps in a real browser: from the file to the first full picture, and stock pyvis with the same graph.

Stock pyvis lays its graph out in the browser, so it is ready when vis-network says that this has ended. Pages are
opened by turns, each in a fresh profile; requests beyond the file are cut off, as on a laptop without a network.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from pyvis.network import Network

from cohabit.graph.store import open_store
from cohabit.maps.browser import find_browser
from cohabit.maps.kinds import KINDS, make_map
from cohabit.maps.request import Request
from cohabit.queries.scope import Scope

AIMS = {"families": 1.0, "models": 2.0, "hosts": 3.0}
# What hosts of one country draw is about the most that a page holds.
SCOPES = {"hosts": Scope(country=("CN",))}
PATIENCE = 100.0
_OURS = "performance.getEntriesByName('ready')[0]?.startTime"
_STOCK = "window.__stabilised"
_FLAGS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@dataclass
class Opened:
    """One file, and the seconds to its first full picture; infinite when `PATIENCE` was over first."""

    kind: str
    way: str
    file: Path
    shows: str
    ready: str
    seconds: list[float]


def measure(data: Path, folder: Path, runs: int) -> str:
    """Make a map of every kind from the embedded graph of a data folder, open each `runs` times; a Markdown table."""
    files = list(_files(data, folder))
    with sync_playwright() as playwright:
        program = find_browser("the benchmark of maps")
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            for number in range(runs):
                # Stock pyvis takes minutes: once is enough to see that.
                for one in files if number == 0 else (f for f in files if f.ready == _OURS):
                    one.seconds.append(_open(browser, one))
                    print(f"{one.kind}, {one.way}: {one.seconds[-1]:.2f} s", file=sys.stderr, flush=True)
        finally:
            browser.close()
    lines = ["| map | way | shows | kB | first full picture s | aim |", "|---|---|---|---:|---:|---:|"]
    for one in files:
        seconds = median(one.seconds)
        said = f"{seconds:.2f}" if seconds < PATIENCE else f"none in {PATIENCE:.0f}"
        aim = f"≤ {AIMS[one.kind]}" if one.kind in AIMS and one.ready == _OURS else ""
        size = one.file.stat().st_size / 1000
        lines.append(f"| {one.kind} | {one.way} | {one.shows} | {size:,.0f} | {said} | {aim} |")
    return "\n".join(lines)


def _files(data: Path, folder: Path) -> list[Opened]:
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    store = open_store(data, "embedded")
    try:
        for kind in KINDS:
            page = make_map(store, kind, Request(scope=SCOPES.get(kind, Scope())))
            payload = json.loads(page.split('id="data">')[1].split("</script>")[0])
            shows = re.search(r'id="shown"[^>]*>([^<]*)', page)
            ours = Opened(kind, "cohabit", folder / f"{kind}.html", shows[1] if shows else "", _OURS, [])
            ours.file.write_text(page, "utf-8")
            files.append(ours)
            if kind in ("families", "models"):
                files.append(Opened(kind, "stock pyvis", folder / f"{kind}-pyvis.html", ours.shows, _STOCK, []))
                files[-1].file.write_text(_stock(payload), "utf-8")
    finally:
        store.close()
    return files


def _stock(payload: dict[str, Any]) -> str:
    """The same dots and lines as pyvis writes them, with a word from vis-network when it has laid them out."""
    names, pairs = payload["items"]["name"], payload["pairs"]
    drawn = payload["drawn"] if "drawn" in payload else [edge["id"] for edge in payload["network"]["edges"]]
    network = Network(directed=True, cdn_resources="in_line")
    for index, name in enumerate(names):
        network.add_node(index, label=name)
    for index in drawn:
        network.add_edge(pairs["a"][index], pairs["b"][index])
    page = network.generate_html()
    event = "network.once('stabilizationIterationsDone', () => { window.__stabilised = performance.now(); });"
    return str(page).replace("return network;", f"{event} return network;", 1)


def _open(browser: Browser, one: Opened) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        own = one.file.as_uri()
        page.route("**/*", lambda route: route.continue_() if route.request.url == own else route.abort())
        page.goto(own, wait_until="commit")
        waited = 0.0
        while waited < PATIENCE:
            page.wait_for_timeout(100)
            waited += 0.1
            try:
                page.set_default_timeout(PATIENCE * 1000)
                found = page.evaluate(one.ready)
            except PlaywrightError:
                break
            if found:
                return float(found) / 1000
        return float("inf")
    finally:
        context.close()
