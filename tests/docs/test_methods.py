"""The worked example of the methods page is what the program prints, and its arithmetic is right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import blocks, exchanges
from tests.parts import ROOT

METHODS = ROOT / "docs" / "methods.md"


def test_the_worked_example_is_what_is_printed(tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "NEO4J_", "COLUMNS"))}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "cohabit", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("simulate", "--hosts", "5000")
    run("load", str(next(tmp_path.glob("simulated-*"))))
    shown = [e for block in blocks(METHODS) if block.language == "console" for e in exchanges(block)]
    assert len(shown) == 1
    for exchange in shown:
        program, *arguments = exchange.command.split()
        assert program == "cohabit"
        printed = run(*arguments)
        assert exchange.agrees(printed), printed


def test_its_arithmetic() -> None:
    text = METHODS.read_text("utf-8")
    for said, value in (
        ("1,162 / 2,235 = 0.520", 1162 / 2235),
        ("4,750·1,162 / (2,921·1,937) = 0.976", 4750 * 1162 / (2921 * 1937)),
        ("1,162 / (2,921 + 1,937 − 1,162) = 0.314", 1162 / (2921 + 1937 - 1162)),
    ):
        assert said in text
        assert value == pytest.approx(float(said.rpartition(" ")[2]), abs=5e-4)
    assert "2,921·1,937 / 4,750 = 1,191" in text
    assert round(2921 * 1937 / 4750) == 1191
