"""The README is run as it stands: its commands, what they print, its Python, and the shell lines beside them."""

from __future__ import annotations

import gzip
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import Block, Exchange, blocks, exchanges
from tests.parts import ROOT

README = ROOT / "README.md"
BIN = Path(sys.executable).parent
SCAN = (
    '{"ip": "192.0.2.7", "port": 11434, "timestamp": "2025-06-01T12:00:00Z", "models": ["llama3.2:3b"]}\n'
    '{"ip": "192.0.2.8", "port": 11434, "timestamp": "2025-06-01T12:00:00Z", "models": ["qwen2.5:7b"]}\n'
)


def of(*languages: str) -> list[Block]:
    return [block for block in blocks(README) if block.language in languages]


def shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line as a reader would, with the program on the path."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "NEO4J_"))}
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=folder,
        env={**kept, "PATH": path, "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {block.language for block in blocks(README)} <= {"sh", "console", "python"}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[Exchange, Any]]]:
    """All console blocks in one folder, one after another."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "demo").mkdir()
    done = [(e, shell(e.command, folder)) for block in of("console") for e in exchanges(block)]
    return folder, done


def test_commands_print_what_the_readme_shows(session: tuple[Path, list[tuple[Exchange, Any]]]) -> None:
    assert len(session[1]) >= 7
    for exchange, done in session[1]:
        assert done.returncode == 0, done.stderr
        assert exchange.agrees(done.stdout), f"$ {exchange.command}\n{done.stdout}"


def test_the_check_of_outputs_can_fail() -> None:
    exchange = Exchange("x", "a  b\n… shown\n")
    assert exchange.agrees("a b  \n20 of 30 shown\n")
    assert not exchange.agrees("a c\n20 of 30 shown\n")
    assert not exchange.agrees("a b\n20 of 30 shown\nmore\n")


def test_the_demo_is_the_session_of_the_readme() -> None:
    planned = subprocess.run(["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    of_make = [line.partition("bin/")[2] for line in planned.splitlines() if "bin/cohabit" in line]
    first = next(block for block in of("console"))
    assert of_make == [exchange.command for exchange in exchanges(first)]


def test_python_runs(session: tuple[Path, list[tuple[Exchange, Any]]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(session[0])
    scripts = of("python")
    assert scripts
    for number, block in enumerate(scripts):
        script = session[0] / f"block-{number}.py"
        script.write_text(block.text, "utf-8")
        runpy.run_path(str(script))


def lines_of_shell() -> list[str]:
    """The commands of all `sh` blocks without their remarks."""
    lines = [line for block in of("sh") for line in block.text.splitlines()]
    return [bare for line in lines if (bare := re.sub(r"\s+#.*", "", line).strip())]


def test_shell_lines_run(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "scan.ndjson").write_text(SCAN)
    (tmp_path / "scan.ndjson.gz").write_bytes(gzip.compress(SCAN.encode()))
    makes, ours = [], []
    for line in lines_of_shell():
        (makes if line.startswith("make ") else ours).append(line)
    for line in makes:
        # Running the tests inside the tests would never end: that there is such a target must do.
        planned = subprocess.run(["make", "-n", *line.split()[1:]], cwd=ROOT, capture_output=True, text=True)
        assert planned.returncode == 0, planned.stderr
    embedded = [line for line in ours if "COHABIT_STORE" not in line]
    assert len(embedded) >= 2
    for line in embedded:
        done = shell(line, tmp_path)
        assert done.returncode == 0, done.stderr
        if " load " in line:
            assert "2 records read" in done.stdout
        else:
            written = tmp_path / line.split()[-1]
            assert written.stat().st_size > 1_000, line


def test_shell_lines_run_with_a_server(tmp_path: Path, neo4j_server: Any, neo4j_store_uri: str) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "scan.ndjson").write_text(SCAN)
    block = next(block for block in of("sh") if "COHABIT_STORE" in block.text)
    assert "neo4j://localhost:7687" in block.text
    text = block.text.replace("neo4j://localhost:7687", neo4j_store_uri).replace(
        "PASSWORD=…", f"PASSWORD={neo4j_server.password}"
    )
    done = shell(f"{text}\ncohabit info --format csv --quiet", tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "cohabit-data" / "graph").exists()
    header, values = done.stdout.splitlines()[-2:]
    assert dict(zip(header.split(","), values.split(","), strict=True))["hosts"] == "2"


def test_the_picture_and_the_links_are_there() -> None:
    text = README.read_text("utf-8")
    targets = [t for t in re.findall(r"\]\(([^)]+)\)", text) if not t.startswith("http")]
    assert len(targets) >= 5
    for target in targets:
        assert (ROOT / target.partition("#")[0]).exists(), target


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_every_target_of_make_that_is_named_exists() -> None:
    named = set(re.findall(r"`(?:\w+=\S+ )?make ([a-z0-9-]+)`", README.read_text("utf-8")))
    assert {"help", "test", "check", "bench", "neo4j", "demo"} <= named
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert named <= targets
