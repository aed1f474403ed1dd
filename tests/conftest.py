"""Fixtures for what comes from outside: a Neo4j server, a browser, real data."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

from tests.parts import ROOT, load_tool, require, required_parts

AXE = "4.14.1"  # of axe-core


def pytest_configure() -> None:
    """Refuse a misspelt part at once: it would never be missed; and let no width of this terminal into any output."""
    os.environ.pop("COLUMNS", None)
    required_parts()


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Yield one running `Neo4jServer` with a password, for the whole run (`COHABIT_NEO4J_VERSION`, default 5)."""
    tool = load_tool("neo4j_server")
    version = os.environ.get("COHABIT_NEO4J_VERSION") or "5"
    how = f"`make neo4j` or `python tools/neo4j_server.py --version {version} --install-only`"
    # 150 MB are not fetched behind the back of someone who only runs the tests.
    fetch = "neo4j" in required_parts() or bool(os.environ.get("CI"))
    require("neo4j", fetch or tool.installed(version), how)
    try:
        tool.install(version)
        tool.find_java(version)
    except tool.ServerError as error:
        require("neo4j", False, str(error))
    home = tmp_path_factory.mktemp("neo4j")
    # The first compiler stage only: halves the start, and no test runs long enough for the second to pay.
    server = tool.Neo4jServer(version, home, "made-up-password", java_options=["-XX:TieredStopAtLevel=1"])
    with server:
        yield server
    shutil.rmtree(home)


@pytest.fixture
def neo4j_store_uri(neo4j_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the Bolt address of the server, emptied completely, with user and password in the environment."""
    neo4j_server.empty()
    monkeypatch.setenv("NEO4J_USERNAME", neo4j_server.username)
    monkeypatch.setenv("NEO4J_PASSWORD", neo4j_server.password)
    monkeypatch.delenv("NEO4J_DATABASE", raising=False)
    return str(neo4j_server.bolt_uri)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder with real scan exports: `COHABIT_TEST_DATA`, else `../shared/data` beside the repository."""
    folder = Path(os.environ.get("COHABIT_TEST_DATA") or ROOT.parent / "shared" / "data").absolute()
    require("data", folder.is_dir(), f"{folder} is no folder; set COHABIT_TEST_DATA to one with scan exports")
    return folder


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """Return a Chromium program: `COHABIT_CHROMIUM`, else `chromium`, `chromium-browser` or `google-chrome`."""
    names = [os.environ.get("COHABIT_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    require("browser", found is not None, "install Chromium or set COHABIT_CHROMIUM to its program")
    return Path(str(found))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Yield Playwright, which can be started once in a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def axe_source() -> str:
    """Return axe-core, which looks for what readers with a disability cannot use: from npm, kept in the cache."""
    cache = Path(os.environ.get("COHABIT_CACHE") or Path.home() / ".cache" / "cohabit").expanduser().absolute()
    file = cache / f"axe-core-{AXE}.min.js"
    npm = shutil.which("npm")
    if not file.exists() and npm and ("browser" in required_parts() or os.environ.get("CI")):
        with tempfile.TemporaryDirectory() as folder:
            command = [npm, "pack", "--silent", f"axe-core@{AXE}"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
                member = package.extractfile("package/axe.min.js")
                assert member is not None
                source = member.read()
        cache.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(source)
        part.replace(file)
    require("browser", file.exists(), f"axe-core: install npm, or put axe.min.js of {AXE} at {file}")
    return file.read_text(encoding="utf-8")
