"""The real program, run in a process of its own, and data folders that many tests only read."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.records import REJECTED, ndjson, records

FORKED = Path(__file__).with_name("forked.py")
MODULE = (sys.executable, "-m", "cohabit")


@dataclass(frozen=True)
class Done:
    """What a call of the program left behind."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode("utf-8")

    @property
    def json(self) -> Any:
        """Standard output as JSON; what JSON has not (NaN) is an error."""
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


@dataclass(frozen=True)
class Program:
    """The program in a folder, with nothing of the caller's settings."""

    folder: Path
    command: tuple[str, ...] = MODULE

    def __call__(self, *arguments: str, stdin: bytes = b"", **environment: str) -> Done:
        """Run it to its end."""
        done = self._run([*self.command, *arguments], stdin, environment)
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8"))

    def each(self, calls: Sequence[str | Sequence[str]]) -> list[Done]:
        """Run many calls (lists of arguments, or shell-like lines), quicker than one by one."""
        split = [shlex.split(call) if isinstance(call, str) else list(call) for call in calls]
        if sys.platform != "linux":
            return [self(*call) for call in split]
        with tempfile.TemporaryDirectory() as folder:
            done = self._run([sys.executable, str(FORKED), folder], json.dumps(split).encode(), {})
            assert done.returncode == 0, done.stderr.decode()
            return [self._kept(Path(folder), number) for number in range(len(split))]

    def _run(self, command: list[str], stdin: bytes, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "NEO4J_", "COLUMNS"))}
        return subprocess.run(
            command, cwd=self.folder, env={**kept, **environment}, input=stdin, capture_output=True, timeout=300
        )

    @staticmethod
    def _kept(folder: Path, number: int) -> Done:
        code, out, err = (folder / f"{number}.{ending}" for ending in ("code", "out", "err"))
        return Done(int(code.read_text()), out.read_bytes(), err.read_text("utf-8"))


def contents(folder: Path) -> dict[str, str]:
    """Every file under a folder with the hash of its content."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in an empty folder."""
    return Program(tmp_path)


@pytest.fixture
def loaded_copy(loaded: Program, tmp_path: Path) -> Program:
    """The program in a folder of its own whose `cohabit-data` holds the records; for tests that may change it."""
    copy = tmp_path / "cohabit-data"
    for name in contents(loaded.folder / "cohabit-data"):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((loaded.folder / "cohabit-data" / name).read_bytes())
    return Program(tmp_path)


@pytest.fixture(scope="session")
def load_result(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Done]:
    """A folder in which the records were loaded, and what the program said when it did."""
    folder = tmp_path_factory.mktemp("loaded")
    (folder / "scan.ndjson").write_bytes(ndjson(records() + REJECTED))
    program = Program(folder)
    return program, program("load", "scan.ndjson", "--format", "json")


@pytest.fixture(scope="session")
def loaded(load_result: tuple[Program, Done]) -> Program:
    """The program in a folder whose `cohabit-data` holds the records. Tests only read it."""
    program, done = load_result
    assert done.code == 0, done.err
    return program


@pytest.fixture
def closed_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
