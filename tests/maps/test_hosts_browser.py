"""The map of hosts: single hosts or sets of equal ones, what is left out, the canvas with plain and hostile names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cohabit.graph.incidence import ItemMatrix
from cohabit.maps import hosts as kind
from cohabit.maps.canvas import graph_page
from cohabit.maps.hosts import Unit, graph_of
from tests.maps import samples
from tests.maps.harness import Chromium
from tests.maps.test_families import payload
from tests.maps.test_views_browser import check_svg, saved, words

SCRIPTS = 2


def page_of(*arguments: Any, **options: Any) -> str:
    return graph_page(graph_of(*arguments, **options))


def single(hosts: Sequence[set[str]]) -> tuple[ItemMatrix, list[Unit]]:
    matrix = samples.matrix_of(hosts)[1]
    position = {label: index for index, label in enumerate(matrix.labels)}
    units = [
        Unit(f"host-{index:016x}", 1, tuple(sorted(position[name] for name in one)))
        for index, one in enumerate(hosts)
        if one
    ]
    return matrix, units


def hosts_of(which: str) -> list[set[str]]:
    if which == "plain":
        return samples.many_models(60, 300)
    return samples.population([(name, frozenset({"ab"[i % 2]})) for i, name in enumerate(samples.HOSTILE)], 200, 5)


def test_sets_are_counted_and_the_most_frequent_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = samples.many_models(30, 500)
    matrix = samples.matrix_of(hosts)[1]
    units = kind._sets(matrix)
    counted = Counter(frozenset(one) for one in hosts if one)
    found = {frozenset(matrix.labels[model] for model in unit.models): unit.hosts for unit in units}
    assert found == counted
    assert [unit.hosts for unit in units] == sorted(counted.values(), reverse=True)
    assert kind._left_out(matrix, units) == "All 500 hosts with a model are in it."
    monkeypatch.setattr(kind, "MOST_LINES_OF_SETS", 10)
    few = kind._sets(matrix)
    assert sum(len(unit.models) for unit in few) <= 10
    shown = sum(unit.hosts for unit in few)
    assert f"Shown are {shown:,} of 500 hosts" in kind._left_out(matrix, few)


def test_lines_are_the_listings() -> None:
    hosts = hosts_of("plain")
    found = payload(page_of(samples.frame(), *single(hosts), "Rule."))
    names = found["items"]["name"]
    lines = {(names[a], names[b]) for a, b in zip(found["pairs"]["a"], found["pairs"]["b"], strict=True)}
    assert lines == {(name, f"host-{index:016x}") for index, one in enumerate(hosts) for name in one}
    assert "lift" not in found["pairs"]


def test_no_two_dots_touch_much_and_same_seed_same_bytes() -> None:
    matrix, units = single(hosts_of("plain"))
    html = page_of(samples.frame(), matrix, units, "Rule.")
    assert html == page_of(samples.frame(), matrix, units, "Rule.")
    nodes = payload(html)["nodes"]
    x, y, r = (np.array(nodes[key]) for key in ("x", "y", "r"))
    gaps = np.hypot(x[:, None] - x, y[:, None] - y) - r[:, None] - r
    np.fill_diagonal(gaps, 1)
    # Of all pairs hardly any overlap by more than a hair.
    assert np.count_nonzero(gaps < -1) < 0.0005 * gaps.size


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("which", ["plain", "hostile"])
def test_the_page(chromium: Chromium, tmp_path: Path, which: str, width: int) -> None:
    hosts = hosts_of(which)
    matrix, units = single(hosts)
    page = tmp_path / "map.html"
    everything = " ".join(samples.HOSTILE)
    page.write_text(page_of(samples.frame(title=everything), matrix, units, everything), encoding="utf-8")
    listings = sum(len(one) for one in hosts)
    with chromium.open(page, scripts=SCRIPTS, width=width) as visit:
        assert visit.page.locator("#shown").inner_text().startswith(f"{listings:,} of {listings:,} lines shown · ")
        assert len(visit.colours("#network")) > 20
        dot = visit.page.evaluate("window.__map.dots()[0]")
        visit.page.mouse.click(*visit.to_element("#network", dot["x"], dot["y"]))
        most = max(Counter(name for one in hosts for name in one).values())
        assert visit.page.locator("#details ul li").count() == most
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        root = check_svg(saved(visit, "network", "svg"))
        assert "hosts with a known model" in words(root).replace("\n", " ")
        visit.page.get_by_role("tab", name="Table").click()
        assert visit.page.locator("#pairs-table tbody tr").count() == listings
        assert visit.page.locator("#pairs-table thead th").all_text_contents() == ["Model", "On", "Hosts"]
        assert visit.problems() == []
        assert [url for url in visit.requests if not url.startswith("blob:")] == [page.as_uri()]


def test_no_host_is_said(chromium: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "map.html"
    page.write_text(page_of(samples.frame(base=0), samples.matrix_of([])[1], [], "Rule."), encoding="utf-8")
    with chromium.open(page, scripts=SCRIPTS) as visit:
        assert "There is no model in this selection" in visit.page.locator("#panel-network").inner_text()
        assert visit.problems() == []
