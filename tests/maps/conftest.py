"""One browser for all tests of maps, and the pages they look at, each made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from cohabit.maps.data import MapData
from cohabit.maps.families import render
from tests.maps import samples
from tests.maps.harness import Chromium


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, browser_path: Path) -> Iterator[Chromium]:
    browser = Chromium(playwright, browser_path)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def plain_data() -> MapData:
    return samples.realistic(hosts=12_000, simulated=True)


@pytest.fixture(scope="session")
def plain_page(plain_data: MapData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(plain_data, tmp_path_factory)


@pytest.fixture(scope="session")
def hostile_data() -> MapData:
    return samples.hostile()


@pytest.fixture(scope="session")
def hostile_page(hostile_data: MapData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(hostile_data, tmp_path_factory)


def _written(data: MapData, factory: pytest.TempPathFactory) -> Path:
    path = factory.mktemp("map") / "map.html"
    path.write_text(render(data), encoding="utf-8")
    return path
