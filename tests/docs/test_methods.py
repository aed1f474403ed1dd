"""The worked examples of the methods page are what the program prints, and their arithmetic is right."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cohabit.queries.claims import MEASURES, load_claims
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
    assert len(shown) >= 7
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


def test_arithmetic_of_trends() -> None:
    text = METHODS.read_text("utf-8")
    first, last = math.log(70.5 / 64.5), math.log(116.5 / 78.5)
    drift = (last - first) / 10
    assert (round(first, 3), round(last, 3), round(drift, 4)) == (0.089, 0.395, 0.0306)
    assert "ln(70.5/64.5) = 0.089 in March 2025, ln(116.5/78.5) = 0.395 in January 2026" in text
    assert "0.395 + 0.0306 = 0.425, a share of 1 / (1 + e^−0.425) = 0.605" in text
    assert round(last + drift, 3) == 0.425
    assert round(1 / (1 + math.exp(-last - drift)), 3) == 0.605


def test_arithmetic_of_lifetimes() -> None:
    text = METHODS.read_text("utf-8")
    first = 1 - 1786 / 4507
    second = first * (1 - 335 / 2673)
    third = second * (1 - 248 / 2298)
    assert [round(s, 3) for s in (first, second, third)] == [0.604, 0.528, 0.471]
    assert "1 − 1,786/4,507 = 0.604; times 1 − 335/2,673 = 0.528; times 1 − 248/2,298 = 0.471" in text
    assert 4507 + 21 + 472 == 5000
    assert 4507 - 1786 - 48 == 2673
    greenwood = 1786 / (4507 * 2721)
    assert greenwood == pytest.approx(1.456e-4, rel=5e-4)
    spread = math.sqrt(greenwood) / -math.log(first)
    assert round(spread, 4) == 0.0239
    bounds = [round(first ** math.exp(sign * 1.96 * spread), 3) for sign in (1, -1)]
    assert bounds == [0.589, 0.618]
    assert "is 0.589 and 0.618" in text
    assert 304 + 0 + 115 == 419
    assert 115 + 6 + 13 == 134
    assert round(115 / 134, 3) == 0.858


def test_the_claims_of_the_page_are_claims(tmp_path: Path) -> None:
    (text,) = (block.text for block in blocks(METHODS) if block.language == "toml" and "[[claim]]" in block.text)
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    study = load_claims(tmp_path / "mine.toml")
    assert [(claim.measure, claim.published, claim.slack) for claim in study.claims] == [("share-with", 0.25, 0.02)]
    page = METHODS.read_text("utf-8")
    assert [measure for measure in MEASURES if f"`{measure}`" not in page] == []
