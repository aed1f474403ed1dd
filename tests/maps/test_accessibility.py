"""Readers with a disability: axe-core finds nothing serious in any view of any kind, light or dark, wide or narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohabit.maps import hosts, models, place_page
from cohabit.maps.canvas import graph_page
from cohabit.queries.onemode import one_mode
from tests.maps import place_samples, samples
from tests.maps.harness import Chromium, Visit
from tests.maps.test_hosts_browser import hosts_of, single
from tests.maps.test_places_browser import calm

_RUN = """
async () => (await axe.run(document, {resultTypes: ["violations"], iframes: false})).violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => one.id + ": " + one.nodes.slice(0, 3).map((n) => n.target + " " + n.failureSummary).join(" | "))
"""


def serious(visit: Visit, source: str) -> list[str]:
    visit.page.evaluate(source)
    found: list[str] = visit.page.evaluate(_RUN)
    return found


@pytest.fixture(scope="module")
def pages(plain_page: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, int]]:
    folder = tmp_path_factory.mktemp("accessible")
    network = one_mode(samples.matrix_of(samples.many_models(60, 800))[1])
    (folder / "models.html").write_text(graph_page(models.graph_of(samples.frame(), network)), encoding="utf-8")
    html = graph_page(hosts.graph_of(samples.frame(), *single(hosts_of("plain")), "Rule."))
    (folder / "hosts.html").write_text(html, encoding="utf-8")
    places = {}
    for kind, figures in (("countries", place_samples.countries()), ("providers", place_samples.providers())):
        places[kind] = (folder / f"{kind}.html", 2)
        places[kind][0].write_text(place_page.render(calm(figures), figures), encoding="utf-8")
    return {
        **places,
        "families": (plain_page, 3),
        "models": (folder / "models.html", 2),
        "hosts": (folder / "hosts.html", 2),
    }


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", ["families", "models", "hosts", "countries", "providers"])
def test_nothing_serious(
    chromium: Chromium, axe_source: str, pages: dict[str, tuple[Path, int]], kind: str, dark: bool
) -> None:
    page, scripts = pages[kind]
    with chromium.open(page, scripts=scripts, dark=dark, width=390 if dark else 1280) as visit:
        for tab in visit.page.get_by_role("tab").all():
            tab.click()
            assert serious(visit, axe_source) == [], tab.inner_text()


def test_axe_finds_what_is_wrong(chromium: Chromium, axe_source: str, tmp_path: Path) -> None:
    page = tmp_path / "wrong.html"
    page.write_text(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>x</title><script>window.__ready = true</script>"
        "<main><h1>x</h1><button></button><p style='color: #aaa; background: #fff'>pale</p></main></html>"
    )
    with chromium.open(page, scripts=1) as visit:
        assert {one.split(":")[0] for one in serious(visit, axe_source)} == {"button-name", "color-contrast"}
