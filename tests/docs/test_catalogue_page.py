"""The page on the catalogue: its file is loaded, its commands print what it shows, its Cypher runs, its claims hold."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cohabit.loaders.catalogue import Catalogue
from cohabit.loaders.catalogue_file import CAPABILITIES
from tests.docs.blocks import blocks, exchanges
from tests.parts import ROOT

PAGE = ROOT / "docs" / "catalogue.md"


def of(language: str) -> list[str]:
    return [block.text for block in blocks(PAGE) if block.language == language]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's file and scan."""
    made = tmp_path_factory.mktemp("catalogue-page")
    (file,), (scan,) = of("toml"), of("json")
    (made / "mine.toml").write_text(file, "utf-8")
    (made / "scan.ndjson").write_text(scan, "utf-8")
    return made


def run(folder: Path, *arguments: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "NEO4J_", "COLUMNS"))}
    command = [sys.executable, "-m", "cohabit", *arguments]
    environment = {**kept, "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_commands_print_what_the_page_shows(folder: Path) -> None:
    shown = [e for block in blocks(PAGE) if block.language == "console" for e in exchanges(block)]
    assert len(shown) == 7
    for exchange in shown:
        program, *arguments = exchange.command.split()
        assert program == "cohabit"
        printed = run(folder, *arguments)
        assert exchange.agrees(printed), printed
    (cypher,) = of("cypher")
    assert "llama3.2:3b" in run(folder, "query", cypher)


def test_the_example_says_what_the_page_says_of_it(folder: Path) -> None:
    catalogue = Catalogue.load(folder / "mine.toml")
    for name, expected in {
        "acme-chat:8b": ("acme-chat", "Acme", "llama3.1", ("completion", "tools")),
        "acme-eyes:1b": ("acme-eyes", "Acme", None, ("completion",)),
        "acme-big-vision:latest": ("acme-eyes", "Acme", None, ("completion", "vision")),
        "house-wind:latest": ("mistral", "Mistral AI", None, ("completion", "tools")),
        "mistral:latest": ("mistral", "Mistral AI", None, ("completion", "tools")),
        "qwq:latest": ("qwq", "Alibaba", "qwen2.5", ("completion", "thinking", "tools")),
        "llama3.2:3b": ("llama3.2", "Meta Platforms", None, ("completion", "tools")),
    }.items():
        entry = catalogue.lookup(name)
        assert entry is not None
        assert (entry.line, entry.lab, entry.derived_from, entry.capabilities) == expected
    assert catalogue.lookup("mario:latest") is None
    assert catalogue.lookup("llama-farm:latest") is None
    mixture = catalogue.lookup("mistral-4x7b:latest")
    assert mixture is not None
    assert mixture.parameter_count == 24_200_000_000


def test_its_numbers_and_words() -> None:
    text = PAGE.read_text("utf-8")
    catalogue = Catalogue.load()
    assert "more than 300 lines\nof about 110 labs" in text
    assert 300 < len(catalogue.lines()) < 400
    assert abs(len(catalogue.labs()) - 110) < 5
    assert f"Ollama's words: {', '.join(CAPABILITIES)}." in text
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (PAGE.parent / target).exists(), target
