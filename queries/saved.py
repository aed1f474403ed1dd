"""Saved Cypher queries: one file each in `cypher/`, with a header that says what it answers.

A file begins with comment lines `// title:`, `// parameter NAME (TYPE, default …): meaning` and `// caveat:`; the rest
is the statement. Every saved query runs on every store.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from cohabit.errors import UsageError
from cohabit.text import visible

_PARAMETER = re.compile(r"parameter (\w+) \((text|integer|texts|integers)(?:, default (.+?))?\): (.+)")
_TYPES = {
    "integer": "a whole number",
    "texts": "texts with commas between them",
    "integers": "whole numbers with commas between them",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a saved query; without a default it must be given."""

    name: str
    type: str
    default: Any
    required: bool
    meaning: str

    def parse(self, text: str) -> Any:
        """Read a value from the command line."""
        if self.type == "text":
            return text
        try:
            if self.type == "integer":
                return _integer(text)
            values = [part.strip() for part in text.split(",") if part.strip()]
            return [_integer(v) for v in values] if self.type == "integers" else values
        except ValueError:
            wanted = _TYPES[self.type]
            raise UsageError(f"--param {self.name}={visible(text, 80)}: {self.name} takes {wanted}") from None


def _integer(text: str) -> int:
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise ValueError("stores have integers of 64 bits")
    return value


@dataclass(frozen=True)
class SavedQuery:
    """One saved query."""

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    caveats: tuple[str, ...]
    text: str

    @property
    def cypher(self) -> str:
        """The statement without its header."""
        return "\n".join(line for line in self.text.splitlines() if not line.startswith("//")).strip()

    def values(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Values of all parameters, from the texts of `--param NAME=VALUE` and the defaults."""
        known = {p.name: p for p in self.parameters}
        return self.complete({name: known[name].parse(text) if name in known else text for name, text in given.items()})

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The given values with the defaults of the others; UsageError for an unknown or a missing one."""
        known = {p.name for p in self.parameters}
        for name in given:
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                raise UsageError(f"query {self.name} has no parameter {visible(name, 80)} (it has: {listed})")
        for p in self.parameters:
            if p.required and p.name not in given:
                raise UsageError(f"query {self.name} needs --param {p.name}=… ({p.meaning})")
        return {p.name: given.get(p.name, p.default) for p in self.parameters}


@cache
def saved_queries() -> dict[str, SavedQuery]:
    """All saved queries by name."""
    folder = resources.files("cohabit.queries.cypher")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".cypher")), key=lambda f: f.name)
    return {name: _parse(name, f.read_text(encoding="utf-8")) for f in files for name in [f.name.partition(".")[0]]}


def saved_query(name: str) -> SavedQuery:
    """Return one saved query (UsageError lists them)."""
    try:
        return saved_queries()[name]
    except KeyError:
        listed = ", ".join(saved_queries())
        raise UsageError(f"no saved query is called {visible(name, 80)!r}; there are: {listed}") from None


def _parse(name: str, text: str) -> SavedQuery:
    title, parameters, caveats = "", [], []
    for line in text.splitlines():
        if not line.startswith("//"):
            continue
        comment = line.removeprefix("//").strip()
        if comment.startswith("title:"):
            title = comment.removeprefix("title:").strip()
        elif comment.startswith("caveat:"):
            caveats.append(comment.removeprefix("caveat:").strip())
        elif match := _PARAMETER.fullmatch(comment):
            default = msgspec.json.decode(match[3]) if match[3] else None
            parameters.append(Parameter(match[1], match[2], default, match[3] is None, match[4]))
        else:
            raise ValueError(f"{name}.cypher: header line not understood: {line}")
    if not title:
        raise ValueError(f"{name}.cypher: no title")
    return SavedQuery(name, title, tuple(parameters), tuple(caveats), text)
