"""The examples of the help texts: every command has one, and all can be typed as they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from cohabit.cli import app


def commands(command: Any = None, path: str = "cohabit") -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that call it."""
    command = command or get_command(app)
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, f"{path} {name}")
    if not hasattr(command, "commands"):
        yield path, command


def examples(command: Any) -> list[str]:
    """The lines of a help text that are commands."""
    text = re.sub(r"\\\n\s*", "", command.help or "")
    return [line.strip() for line in text.splitlines() if line.strip().startswith("cohabit ")]


@pytest.mark.parametrize(
    ("path", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_examples_can_be_typed(path: str, command: Any) -> None:
    found = examples(command)
    assert found
    known = dict(commands())
    for line in found:
        called = max((name for name in known if line.startswith(f"{name} ") or line == name), key=len)
        arguments = shlex.split(line)[len(called.split()) :]
        # Parsed in full, and not run: what is no option or lacks an argument is an error.
        with known[called].make_context(called, arguments) as context:
            assert context.params
    assert any(line.startswith(path) for line in found)
