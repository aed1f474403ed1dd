"""The page on figures for everybody: its commands print what it shows, and what it says of numbers is so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from cohabit.queries.protection import LEAST, Protection
from cohabit.queries.publishing_rules import RULES
from tests.docs.blocks import blocks, exchanges
from tests.parts import ROOT

PAGE = ROOT / "docs" / "publish.md"


def test_commands_print_what_the_page_shows(tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "NEO4J_", "COLUMNS"))}
    assert {block.language for block in blocks(PAGE)} == {"console"}
    shown = [exchange for block in blocks(PAGE) for exchange in exchanges(block)]
    assert len(shown) == 7
    for exchange in shown:
        program, *arguments = exchange.command.split()
        assert program == "cohabit"
        done = subprocess.run(
            [sys.executable, "-m", "cohabit", *arguments],
            cwd=tmp_path,
            env={**kept, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        assert exchange.agrees(done.stdout), done.stdout
    assert {"countries.html", "report.html", "study.zip"} <= {file.name for file in tmp_path.iterdir()}


def test_its_numbers_and_its_table() -> None:
    text = PAGE.read_text("utf-8")
    ten = Protection(10)
    assert f"K is {LEAST} or more" in text
    assert "160 stands for 160 to 169" in text
    assert {ten.count(n) for n in range(160, 170)} == {160}
    places = {"CN": 604, "US": 407, "DE": 26, "FR": 3}
    assert f"of {sum(places.values()):,}." in text
    assert ten.shown(places) == {"CN", "US"}
    assert ten.count(26 + 3) == 20
    five = Protection(5)
    assert [five.count(n) for n in (28, 12)] == [25, 10]
    table = text.partition("## What each command says")[2].partition("```")[0]
    named = set(re.findall(r"`([a-z]+)", table))
    # Of info, query, concentration, hosts and exclude.
    assert set(RULES) - named == {"scans", "saved", "quotients", "spread", "endpoints", "exclusions"}
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (PAGE.parent / target).exists(), target
