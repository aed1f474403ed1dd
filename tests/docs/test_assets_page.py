"""The page on own assets, exclusion and forgetting: its commands print what it shows, its Python runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cohabit.cli import app
from cohabit.graph import assets
from tests.docs.blocks import blocks, exchanges
from tests.parts import ROOT

PAGE = ROOT / "docs" / "assets.md"


def of(language: str) -> list[str]:
    return [block.text for block in blocks(PAGE) if block.language == language]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the page's files."""
    monkeypatch.chdir(tmp_path)
    for name in ("COHABIT_DATA", "COHABIT_STORE", "COHABIT_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    # Rows of one asset are in the order of the pseudonyms, and that in the order of the page under this key.
    (tmp_path / "cohabit-data").mkdir()
    (tmp_path / "cohabit-data" / "key").write_text(f"{1:064x}")
    for name, language in (("scan.ndjson", "json"), ("own.csv", "csv"), ("asked.txt", "text")):
        (content,) = of(language)
        (tmp_path / name).write_text(content, "utf-8")
    return tmp_path


def test_commands_print_what_the_page_shows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = [e for block in blocks(PAGE) if block.language == "console" for e in exchanges(block)]
    assert len(shown) == 14
    for number, exchange in enumerate(shown):
        program, *arguments = shlex.split(exchange.command)
        assert program == "cohabit"
        done = CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)
        assert done.exit_code == 0, done.output
        assert exchange.agrees(done.output), done.output
        if number == 4:
            (code,) = of("python")
            exec(compile(code, str(PAGE), "exec"), {})
            assert re.search(r"Bonn lab +1\n", capsys.readouterr().out)


def test_its_words() -> None:
    text = PAGE.read_text("utf-8")
    listed = re.findall(r"`(\w+)`", text.partition("names its columns: one of ")[2].partition(", the first")[0])
    assert tuple(listed) == assets._ASSETS + assets._LABELS
    assert {block.language for block in blocks(PAGE)} == {"json", "csv", "text", "console", "python"}
