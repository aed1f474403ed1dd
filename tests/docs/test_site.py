"""The documentation as a whole: every page can be found, every link leads somewhere, every block is run or excused."""

from __future__ import annotations

import csv
import re
import shlex
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cohabit.cli import app
from tests.docs.blocks import Block, blocks, exchanges
from tests.docs.site import DOCS, anchors, links, named_files, navigation, pages, prose, to_run
from tests.parts import ROOT

# One session: the tutorial begins with an empty folder, the others go on in it, in this order.
SESSION = (
    "tutorial.md",
    "for/researchers.md",
    "for/certs.md",
    "for/analysts.md",
    "for/publishers.md",
    "for/journalists.md",
    "faq.md",
)
# Each of these begins with an empty folder of its own.
ALONE = ("python.md", "places.md")
# The blocks of all pages that no test runs, as (page, language); the page says why, above the block.
NOT_RUN = {
    ("for/certs.md", "sh"): 1,
    ("install.md", "sh"): 1,
    ("places.md", "sh"): 1,
    ("report.md", "sh"): 1,
    ("tutorial.md", "sh"): 2,
}
# Numbers of the session's pages that no command prints as they stand there, computed here.
COMPUTED = {
    "475": round(1163 * 776 / 1900),
    "23": round(100 * 465 / 2000),
    "119.6": round(61.2 + 40.8 + 17.6, 1),
    "100": 2000 - 1900,
    "7.7": round(7.72, 1),
    "6.1": round(6.08, 1),
    "9.8": round(9.81, 1),
    "0.0001": round(0.000118, 4),
    "54": round(54.2),
}
# Names, and facts that are not of these data; the power is what the page's own Python asserts.
NO_RESULTS = re.compile(r"Python 3\.11|Llama 2 to 3\.3|Qwen2\.5|10\^−32|not to 10,000")


def test_every_page_is_in_the_navigation_once() -> None:
    assert sorted([*navigation(), "index.md"]) == pages()


@pytest.mark.parametrize("name", pages())
def test_links_lead_somewhere(name: str) -> None:
    page = DOCS / name
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.is_file(), f"{name}: {target}"
        assert file.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(file), f"{name}: {target}"


def test_the_check_of_links_sees_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A & B: `c`\n\n[x](#a--b-c) [y](no.md#z) [z](https://example.net)\n\n```text\n[w](w.md)\n# D\n```\n"
    )
    assert links(page) == ["#a--b-c", "no.md#z"]
    assert anchors(page) == {"a--b-c"}


def test_every_block_is_run_or_says_why_not() -> None:
    excused: dict[tuple[str, str], int] = {}
    tests = {
        path: path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py") if path.name != "test_site.py"
    }
    for name in pages():
        page = DOCS / name
        for block in blocks(page):
            if block.not_run:
                excused[name, block.language] = excused.get((name, block.language), 0) + 1
        if name not in {*SESSION, *ALONE} and to_run(page):
            # A page with a test of its own: it names the page, and takes its blocks.
            assert [path for path, text in tests.items() if f'"{name}"' in text and "blocks(" in text], name
    assert excused == NOT_RUN


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("session")


@pytest.mark.parametrize("name", SESSION)
def test_the_session_prints_what_the_pages_show(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert _run_page(name, monkeypatch) >= 5


@pytest.mark.parametrize("name", ALONE)
def test_pages_that_begin_anew_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _run_page(name, monkeypatch) >= 1


def _run_page(name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a page's blocks in the current folder and return how many commands and scripts were in them."""
    for variable in ("COHABIT_DATA", "COHABIT_STORE", "COHABIT_KEY_FILE"):
        monkeypatch.delenv(variable, raising=False)
    for file, content in named_files(DOCS / name).items():
        Path(file).write_text(content, "utf-8")
    return sum(_run(block) for block in blocks(DOCS / name) if block.not_run is None)


def _run(block: Block) -> int:
    """Run a block and return how many commands or scripts were in it."""
    if block.language == "python":
        exec(compile(block.text, "python block", "exec"), {})
        return 1
    if block.language != "console":
        assert block.language in {"json", "csv", "text"}, f"nobody runs: {block.text}"
        return 0
    for exchange in exchanges(block):
        program, *arguments = shlex.split(exchange.command)
        assert program == "cohabit"
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, f"$ {exchange.command}\n{done.output}"
        assert exchange.agrees(done.stdout), f"$ {exchange.command}\n{done.stdout}"
    return len(exchanges(block))


def test_every_answer_has_the_columns_that_the_reference_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    known = tomllib.loads((ROOT / "tools" / "columns.toml").read_text("utf-8"))["answer"]
    record = '{"ip": "192.0.2.7", "port": 1, "timestamp": "2025-06-01", "models": ["qwen3:8b"]}'
    Path("scan.ndjson").write_text(record)
    Path("own.csv").write_text("asset,label\n192.0.2.0/24,Bonn\n198.51.100.0/24,Berlin\n")
    host = ""
    for answer in known:
        _, *arguments = shlex.split(answer["call"])
        # The session's graph stays what it is.
        own = ["--data", "columns-data"] if arguments[0] == "load" else []
        asked = [host if word == "HOST" else word for word in arguments] + own
        done = CliRunner().invoke(app, [*asked, "--format", "csv"])
        assert done.exit_code == 0, f"{answer['call']}\n{done.output}"
        header, *rows = csv.reader(done.stdout.splitlines())
        expected = answer["columns"]
        assert [name for name in header if name in expected or name != "simulated"] == expected, answer["call"]
        if arguments == ["hosts"]:
            host = rows[0][0]
    # Each command that answers is there.
    commands = {answer["call"].split()[1] for answer in known}
    silent = {"sync", "forget", "simulate", "query", "map", "report", "export", "bundle"}
    assert {str(c.name or c.callback.__name__) for c in app.registered_commands if c.callback} - commands <= silent


_NUMBER = re.compile(r"(?<![\w.^−/-])\d+(?:,\d{3})*(?:\.\d+)?")


@pytest.mark.parametrize("name", SESSION)
def test_no_number_of_the_text_is_one_that_nobody_computed(name: str) -> None:
    shown = " ".join(block.text for page in {"tutorial.md", name} for block in blocks(DOCS / page))
    computed = {*_NUMBER.findall(shown), *re.findall(r"0\.(\d\d)\b", shown), *COMPUTED}
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|^#.*$", "", prose(DOCS / name), flags=re.MULTILINE)
    said = set(_NUMBER.findall(NO_RESULTS.sub("", text)))
    assert said or name == "for/certs.md"
    assert said - computed == set()


def test_what_is_computed_here() -> None:
    assert [said for said, value in COMPUTED.items() if said != str(value)] == []


class _Loaded(HTMLParser):
    """What a page loads or links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if name := values.get("id"):
            self.ids.add(name)
        if tag == "a" and (target := values.get("href")):
            self.links.append(target)
        elif source := values.get("src") or (values.get("href") if tag == "link" else None):
            self.loads.append(source)


def test_the_site_is_built_and_asks_nothing_of_others(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="the docs extra is not installed")
    site = tmp_path / "site"
    options = ["--quiet", "--fail-on-warning", "--doctree-dir", str(tmp_path / "trees"), "-c", "tools/site"]
    build = [sys.executable, "-m", "sphinx", *options, "docs", str(site)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    read = {path.relative_to(site).as_posix(): _Loaded() for path in site.rglob("*.html")}
    for name, page in read.items():
        page.feed((site / name).read_text("utf-8"))
    assert {name.removesuffix(".md") for name in pages()} <= {name.removesuffix(".html") for name in read}
    for name, page in read.items():
        for target in page.loads:
            assert not re.match(r"(?:[a-z]+:)?//", target), f"{name} loads {target}"
        for target in page.links:
            path, _, anchor = target.partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            file = (site / name).parent.joinpath(path).resolve() if path else site / name
            assert file.exists(), f"{name}: {target}"
            if anchor and file.suffix == ".html":
                assert anchor in read[file.relative_to(site.resolve()).as_posix()].ids | {""}, f"{name}: {target}"
    style = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert not re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//", style)
