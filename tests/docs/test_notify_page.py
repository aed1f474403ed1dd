"""The page on notices: its commands and its Python run one after another, and print what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from cohabit.notices.followup import COLUMNS as FOLLOWUP
from cohabit.notices.notify import COLUMNS as INDEX
from cohabit.notices.table import COLUMNS as TABLE
from cohabit.queries.endpoints import COLUMNS as ENDPOINTS
from tests.docs.blocks import blocks, exchanges
from tests.parts import ROOT

PAGE = ROOT / "docs" / "notify.md"


def run(folder: Path, *command: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "NEO4J_", "COLUMNS"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**kept, "PATH": path, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_session_prints_what_the_page_shows(tmp_path: Path) -> None:
    shown = 0
    for block in blocks(PAGE):
        if block.language == "csv":
            (tmp_path / "contacts.csv").write_text(block.text, "utf-8")
        elif block.language == "python":
            run(tmp_path, sys.executable, "-c", block.text)
        else:
            assert block.language == "console"
            for exchange in exchanges(block):
                printed = run(tmp_path, "bash", "-euo", "pipefail", "-c", exchange.command)
                assert exchange.agrees(printed), f"$ {exchange.command}\n{printed}"
                shown += 1
    assert shown == 10


def test_its_columns_and_links() -> None:
    text = PAGE.read_text("utf-8")
    rows = {name for cell in re.findall(r"^\| (`.+?) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)}
    assert set(ENDPOINTS) <= rows
    bounds = {"open_low", "open_high", "gone_low", "gone_high", "recipient", "median_low", "median_high"}
    assert set(FOLLOWUP) - bounds <= rows
    assert f"`{', '.join(INDEX)}`" in text
    assert f"`{', '.join(c for c in TABLE[:12] if c != 'as_name')}`" in text
    assert f"`{', '.join(TABLE[12:])}`" in text
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (PAGE.parent / target).exists(), target
