"""What the layout promises: who imports whom, what the command line does not import, what the wheel holds."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import ROOT, load_tool

# What the modules of a folder may import of cohabit; longest prefix counts, and a folder may import itself.
SHARED = {"cohabit", "cohabit.choices", "cohabit.errors", "cohabit.text", "cohabit.timeline", "cohabit.zstandard"}
ALLOWED = {
    "loaders": SHARED,
    "graph": SHARED | {"cohabit.loaders", "cohabit.privacy"},
    "queries": SHARED | {"cohabit.loaders", "cohabit.graph", "cohabit.privacy"},
    "maps": SHARED | {"cohabit.graph", "cohabit.queries"},
    "notices": SHARED | {"cohabit.graph", "cohabit.queries", "cohabit.privacy"},
    "exports": SHARED | {"cohabit.graph", "cohabit.queries", "cohabit.privacy"},
    "bundles": SHARED | {"cohabit.graph", "cohabit.queries", "cohabit.questions", "cohabit.session"},
    "simulation": SHARED,
}
# Layers that nothing below the command line may reach for.
TOP = {"cohabit.cli", "cohabit.commands", "cohabit.options", "cohabit.output"}


def tracked(*patterns: str) -> list[str]:
    return subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True).stdout.split()


def package_files() -> list[Path]:
    return [ROOT / name for name in tracked("*.py") if not name.startswith(("tests/", "tools/"))]


def imports_of(file: Path) -> Iterator[str]:
    """Full names of everything that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_inside(name: str, prefixes: set[str]) -> bool:
    return any(name == p or (p != "cohabit" and name.startswith(f"{p}.")) for p in prefixes)


@pytest.mark.parametrize("folder", ALLOWED)
def test_import_directions(folder: str) -> None:
    files = [file for file in package_files() if file.relative_to(ROOT).parts[0] == folder]
    assert files
    for file in files:
        for name in imports_of(file):
            if name.startswith("cohabit"):
                allowed = ALLOWED[folder] | {f"cohabit.{folder}", "cohabit.__version__"}
                assert is_inside(name, allowed), f"{file.relative_to(ROOT)} imports {name}"


def test_nothing_below_imports_the_command_line() -> None:
    above = {"cli.py", "__main__.py", "options.py", "output.py", "tables.py", "cells.py", "keeping.py"}
    below = [f for f in package_files() if f.parent.name != "commands" and f.name not in above]
    for file in below:
        assert not [name for name in imports_of(file) if is_inside(name, TOP)], file


def test_the_package_is_never_imported_by_its_folders() -> None:
    """`import graph` would work in the root folder, and make every module exist twice."""
    folders = {f.relative_to(ROOT).parts[0] for f in package_files() if f.parent != ROOT}
    for file in [*package_files(), *(ROOT / name for name in tracked("tests/*.py"))]:
        assert not folders & {name.partition(".")[0] for name in imports_of(file)}, file


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = {"duckdb", "ibis", "ladybug", "matplotlib", "neo4j", "networkx", "numpy", "pandas", "pyarrow", "pyvis", "scipy"}
HEAVY |= {"pymisp", "stix2"}


def test_help_imports_nothing_heavy() -> None:
    found = modules_after(
        "import sys\nsys.argv = ['cohabit', 'cooccurrence', '--help']\nfrom cohabit.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    assert "cohabit.commands.ask" in found
    assert not found & HEAVY


def test_the_package_imports_nothing_heavy() -> None:
    found = modules_after("import cohabit")
    assert not found & HEAVY
    assert "cohabit.session" not in found


def test_answers_on_the_embedded_store_do_without_pandas(tmp_path: Path) -> None:
    """Importing pandas alone takes half as long as the answer."""
    scan = tmp_path / "scan.ndjson"
    record = {"ip": "192.0.2.7", "port": 1, "timestamp": "2025-06-01", "models": ["llama3:8b", "qwen2:7b"]}
    scan.write_text(json.dumps(record))
    run = [sys.executable, "-m", "cohabit", "load", str(scan), "--data", str(tmp_path / "data")]
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    asked = ["cooccurrence llama qwen2", "rank", "info", "hosts", "hosts --endpoints"]
    asked += ["risks", "risks --monoculture", "impact family:llama"]
    asked += ["diff 2025-03-01 2025-06-01", "compare --with min-weeks=1", "study", "trends", "lifetimes"]
    for call in map(str.split, asked):
        found = modules_after(
            f"import sys\nsys.argv = ['cohabit', *{call}, '--data', {str(tmp_path / 'data')!r}]\n"
            "from cohabit.cli import main\ntry:\n    main()\nexcept SystemExit as end:\n    assert not end.code"
        )
        assert "ladybug" in found
        assert not found & {"pandas", "ibis", "neo4j", "networkx", "pyvis", "scipy.stats"}, call
        assert not {"graph", "loaders", "queries", "maps"} & found


def test_the_wheel_holds_what_is_tracked(tmp_path: Path) -> None:
    """A sub-package that is not listed would be missing without a word."""
    wheel = load_tool("wheel_smoke").build_wheel(tmp_path)
    packed = {n.removeprefix("cohabit/") for n in zipfile.ZipFile(wheel).namelist() if n.startswith("cohabit/")}
    outside = ("tests/", "tools/", "docs/", ".ci/")
    top = {name for name in tracked() if "/" not in name and not name.endswith((".py", ".typed"))}
    assert packed == {name for name in tracked() if not name.startswith(outside)} - top
