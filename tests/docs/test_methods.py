"""The worked examples of the methods page are what the program prints, and their arithmetic is right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import blocks, exchanges
from tests.parts import ROOT

METHODS = ROOT / "docs" / "methods.md"


def test_the_worked_examples_are_what_is_printed(tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "NEO4J_", "COLUMNS"))}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "cohabit", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("simulate", "--hosts", "5000")
    run("load", str(next(tmp_path.glob("simulated-*"))))
    shown = [e for block in blocks(METHODS) if block.language == "console" for e in exchanges(block)]
    assert len(shown) >= 3
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
        ("4,069 / 5,000 = 0.814", 4069 / 5000),
        ("11,267 / 15,501 = 0.727", 11267 / 15501),
        ("3,379 / 4,714 = 0.717", 3379 / 4714),
        ("109 + 44 = 153", 109 + 44),
        ("109 / 5,000 = 0.022", 109 / 5000),
        ("23 / 109 = 0.211", 23 / 109),
        ("ρ = 0.912·489/√(837·2,387) = 0.316", 0.912 * 489 / (837 * 2387) ** 0.5),
        ("323 / 950 = 0.340", 323 / 950),
        ("790 / 1,435 = 0.551", 790 / 1435),
    ):
        assert said in text
        assert value == pytest.approx(float(said.rpartition(" ")[2]), abs=5e-4)
    # Q4_K_M, Q4_0 and MXFP4; and hosts counted twice.
    assert 11267 - 7367 - 3742 == 158
    assert 3206 + 2069 - 4069 == 1206
    assert "2,921·1,937 / 4,750 = 1,191" in text
    assert round(2921 * 1937 / 4750) == 1191
    for said, hosts, base in (
        ("= 89 of 837, 10.6 %", 89, 837),
        ("= 373 of 2,387, 15.6 %", 373, 2387),
    ):
        assert said in text
        assert f"{hosts / base:.1%}".replace("%", " %") in said
    # φ of the 489 rescanned hosts, with the correction of half a host each.
    phi = (52 * 429 - 489 / 2) / (60 * 429 * 52 * 437) ** 0.5
    assert f"is {phi:.3f} after the correction" in text
    low = -0.2105 - (0.029**2 + 0.026**2) ** 0.5
    assert "−0.2105 − √(0.029² + 0.026²) = −0.250" in text
    assert low == pytest.approx(-0.250, abs=1e-3)
