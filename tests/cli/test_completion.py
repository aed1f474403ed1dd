"""What the shell offers: commands, words and names of the graph, and no name that a shell would act on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Program

HOSTILE = ("$(id)", "`id`", "a;id", "two words", "*", "-x", "\x1b[31mred", "qwen2'\"")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A graph with plain families and hostile ones."""
    folder = tmp_path_factory.mktemp("named")
    models = [{"name": f"m{i}", "details": {"family": f}} for i, f in enumerate(("llama", "llama4", "qwen2", *HOSTILE))]
    record = {"ip": "192.0.2.1", "port": 11434, "timestamp": "2025-03-03T00:00:00Z", "country_code": "DE"}
    (folder / "scan.ndjson").write_bytes(msgspec.json.encode({**record, "models": models}))
    program = Program(folder)
    assert program("load", "scan.ndjson").code == 0
    return program


def offered(program: Program, *words: str, **environment: str) -> list[str]:
    """What is offered for the last of the words."""
    asked = {"_COHABIT_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = program(**asked, **environment)
    assert done.err == ""
    return [line for line in done.text.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("coo",), ["cooccurrence"]),
        (("cooccurrence", "lla"), ["llama", "llama4"]),
        (("hosts", "--family", "q"), ["qwen2"]),
        (("hosts", "--model", "m1"), ["m10:latest", "m1:latest"]),
        (("rank", "--by", "provider-"), ["provider-kind"]),
        (("rank", "--country", "D"), ["DE"]),
        (("map", "fam"), ["families"]),
        (("notify", "--as", "st"), ["stix"]),
        (("query", "--name", "multi"), ["multi-model-hosts"]),
        (("cooccurrence", "--level", "lab-country", "x"), []),
    ],
)
def test_names_and_words_are_offered(named: Program, words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(named, "cohabit", *words) == expected


def test_no_name_is_offered_that_a_shell_would_act_on(named: Program) -> None:
    assert offered(named, "cohabit", "hosts", "--family", "") == ["llama", "llama4", "qwen2"]


def test_without_a_graph_nothing_is_offered_and_nothing_is_said(tmp_path: Path) -> None:
    assert offered(Program(tmp_path), "cohabit", "hosts", "--family", "") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_script_for_bash_completes_in_bash(named: Program) -> None:
    script = named(_COHABIT_COMPLETE="source_bash").text
    (named.folder / "cohabit").write_text(f'#!/bin/sh\nexec {sys.executable} -m cohabit "$@"\n')
    (named.folder / "cohabit").chmod(0o755)
    lines = 'COMP_WORDS=(cohabit cooccurrence qw); COMP_CWORD=2; _cohabit_completion cohabit; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", f"PATH=$PWD:$PATH\n{script}\n{lines}"],
        cwd=named.folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "qwen2\n", done.stderr
