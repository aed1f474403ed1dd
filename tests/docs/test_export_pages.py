"""The pages on exports and on Neo4j: their commands run, their Python runs, their tables and links are right."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cohabit.cli import app
from cohabit.exports.formats import formats
from cohabit.graph.schema import MODEL_SEARCH
from tests.docs.blocks import blocks
from tests.parts import ROOT

EXPORT, NEO4J = ROOT / "docs" / "export.md", ROOT / "docs" / "neo4j.md"


def run(*arguments: str) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, (arguments, done.output, done.exception)


def commands(page: Path) -> list[list[str]]:
    lines = [line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()]
    return [shlex.split(line) for line in lines if line.strip()]


def test_the_commands_and_the_python_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("COHABIT_DATA", "COHABIT_STORE"):
        monkeypatch.delenv(name, raising=False)
    run("simulate", "--hosts", "400")
    run("load", str(next(tmp_path.glob("simulated-*"))))
    found = commands(EXPORT)
    assert {c[2] for c in found} <= {*formats(), "neo4j-browser"}
    for command in found:
        assert command[0] == "cohabit"
        run(*command[1:])
        assert Path(command[command.index("-o") + 1]).exists()
    for command in commands(NEO4J):
        assert command in found
    scripts = [block.text for block in blocks(EXPORT) if block.language == "python"]
    assert len(scripts) == 2
    for number, script in enumerate(scripts):
        exec(compile(script, f"block {number} of {EXPORT.name}", "exec"), {})
    assert Path("german-hosts", "hosts.csv").exists()
    # What the page says of the importer's arguments and of the schema.
    (text,) = (block.text for block in blocks(NEO4J) if "import full" in block.text)
    named = re.findall(r"@(\S+)|--file (\S+)", text)
    assert all(Path("for-import", one or other).exists() for one, other in named)
    assert MODEL_SEARCH in Path("for-import", "schema.cypher").read_text("utf-8")
    assert MODEL_SEARCH in NEO4J.read_text("utf-8")


def test_tables_and_links() -> None:
    text = EXPORT.read_text("utf-8")
    listed = re.findall(r"^\| `([a-z0-9-]+)` \| (?:one|a) ", text, re.MULTILINE)
    assert listed == [*formats(), "neo4j-browser"]
    for page in (EXPORT, NEO4J):
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), target
    for name, one in formats().items():
        for ending in one.endings:
            assert f"`{ending}`" in text, name


def test_columns_of_the_page_are_those_of_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cohabit.session import Graph

    monkeypatch.chdir(tmp_path)
    run("simulate", "--hosts", "100")
    run("load", str(next(tmp_path.glob("simulated-*"))), "--data", "data")
    with Graph("data", "embedded") as graph:
        tables = graph.to_arrow()
    text = " ".join(EXPORT.read_text("utf-8").split())
    for name, table in tables.items():
        said = re.search(rf"\* `{name}`: (.+?)[;.] ?(?=\*|$)", text.partition("**The network")[0])
        assert said is not None
        words = re.sub(r"\([^)]*\)", "", said[1]).replace(" ", "").split(",")
        assert words == table.column_names, name
