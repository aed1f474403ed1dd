"""What the shell offers: commands, words and names of the graph, and no name that a shell would act on."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.main import get_command

from cohabit.cli import app
from tests.cli.conftest import Program

HOSTILE = ("$(id)", "`id`", "a;id", "two words", "*", "-x", "\x1b[31mred", "qwen2'\"")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A graph with plain families and hostile ones."""
    folder = tmp_path_factory.mktemp("named")
    models = [{"name": f"m{i}", "details": {"family": f}} for i, f in enumerate(("llama", "llama4", "qwen2", *HOSTILE))]
    models += [{"name": name, "details": {"family": "qwen2"}} for name in ("qwen3:8b", "qwen3:0.6b", "q-192.0.2.9:1")]
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
        (("rank", "--country", "E"), ["EEA", "EU"]),
        (("rank", "--not-country", "G7,D"), ["G7,DE"]),
        (("map", "fam"), ["families"]),
        (("notify", "--as", "st"), ["stix"]),
        (("hosts", "--advisory", "CVE-2026-7"), ["CVE-2026-7482"]),
        (("hosts", "--advisory", "a"), ["any"]),
        (("rank", "--severity", "c"), ["critical"]),
        (("query", "--name", "multi"), ["multi-model-hosts"]),
        (("cooccurrence", "--level", "lab-country", "x"), []),
        (("cooccurrence", "--level", "lab", "lab:Al"), ["lab:Alibaba"]),
        (("cooccurrence", "line:qw"), []),
        (("impact", "qw"), ["qwen2", "qwen3", "qwen3:0.6b", "qwen3:8b"]),
        (("impact", "line:qw"), ["line:qwen3"]),
        (("impact", "lab-country:"), ["lab-country:CN"]),
        (("impact", "model:qwen3"), ["model:qwen3:0.6b", "model:qwen3:8b"]),
        (("impact", "model:q-"), []),
        (("rank", "--has", "Ali"), ["Alibaba"]),
        (("rank", "--without", "qwen3:8"), ["qwen3:8b"]),
        (("trends", "--view", "di"), ["digests"]),
        (("trends", "--view", "digests", "--item", "qw"), ["qwen3:0.6b", "qwen3:8b"]),
        (("centrality", "--sort", "page"), ["pagerank"]),
    ],
)
def test_names_and_words_are_offered(named: Program, words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(named, "cohabit", *words) == expected


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, *path, name)
    if not hasattr(group, "commands"):
        yield path, group


def test_words_that_the_help_lists_are_offered() -> None:
    """What an option can be, its help says at its end: `A: b, c or d.`"""
    listed = re.compile(r"(?:^|: )((?:[a-z0-9+-]+, )*[a-z0-9+-]+) or ([a-z0-9+-]+)\.?$")
    seen = 0
    for path, command in commands(get_command(app)):
        for option in command.params:
            if found := listed.search(getattr(option, "help", None) or ""):
                context = command.context_class(command, info_name=path[-1])
                offered_words = {item.value for item in option.shell_complete(context, "")}
                assert {*found[1].split(", "), found[2]} <= offered_words, (path, option.name)
                seen += 1
    assert seen > 50


def test_the_list_of_commands_is_whole_at_80_columns(tmp_path: Path) -> None:
    listed = Program(tmp_path)("--help", COLUMNS="80").text
    assert "compare        Compare two groups of hosts.\n" in listed
    assert listed.count("...") == 1  # the usage line's own


def test_no_name_is_offered_that_a_shell_would_act_on(named: Program) -> None:
    assert offered(named, "cohabit", "hosts", "--family", "") == ["llama", "llama4", "qwen2"]


def test_without_a_graph_nothing_is_offered_and_nothing_is_said(tmp_path: Path) -> None:
    assert offered(Program(tmp_path), "cohabit", "hosts", "--family", "") == []


def test_queries_of_ones_own_are_offered(tmp_path: Path) -> None:
    program = Program(tmp_path)
    for folder in ("queries", "elsewhere"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    (tmp_path / "data" / "queries" / "older.cypher").write_text("// title: x\nRETURN 1 AS x")
    (tmp_path / "data" / "queries" / "old-broken.cypher").write_text("no title")
    (tmp_path / "data" / "elsewhere" / "olden.cypher").write_text("// title: x\nRETURN 1 AS x")
    asked = ("cohabit", "query", "--data", "data", "--name")
    assert offered(program, *asked, "old") == ["older"]
    assert offered(program, *asked, "old", COHABIT_QUERIES="data/elsewhere") == ["olden"]
    assert offered(program, *asked, "multi", COHABIT_QUERIES="nowhere") == ["multi-model-hosts"]


# bash cuts words at colons, and puts what is offered in the place of what is behind the last.
IN_BASH = {
    "cooccurrence qw": "qwen2",
    "impact qwen3 : 8": "8b",
    "impact line :": "qwen3",
    "rank --has line : qwen3 --without model : qwen3 : 0": "0.6b",
    "impact '\"qwen3:8'": "qwen3:8b",
    "rank --has line : ''": "",
}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_script_for_bash_completes_in_bash(named: Program) -> None:
    script = named(_COHABIT_COMPLETE="source_bash").text
    (named.folder / "cohabit").write_text(f'#!/bin/sh\nexec {sys.executable} -m cohabit "$@"\n')
    (named.folder / "cohabit").chmod(0o755)
    ask = 'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _cohabit_completion cohabit; echo "${COMPREPLY[@]}"'
    lines = "\n".join(f"COMP_WORDS=(cohabit {words}); {ask}" for words in IN_BASH)
    done = subprocess.run(
        ["bash", "-c", f"PATH=$PWD:$PATH\n{script}\n{lines}"],
        cwd=named.folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert dict(zip(IN_BASH, done.stdout.splitlines(), strict=True)) == IN_BASH, done.stderr
