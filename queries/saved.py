"""Saved Cypher queries: one file each in `cypher/`, with a header that says what it answers.

A file begins with comment lines `// title:`, `// parameter NAME (TYPE, default …): meaning` and `// caveat:`; the rest
is the statement. Every saved query runs on every store.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from cohabit.errors import UsageError

_PARAMETER = re.compile(r"parameter (\w+) \((text|integer|texts|integers)(?:, default (.+?))?\): (.+)")


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
                return int(text)
            values = [part.strip() for part in text.split(",") if part.strip()]
            return [int(v) for v in values] if self.type == "integers" else values
        except ValueError:
            raise UsageError(f"--param {self.name}={text}: {self.name} takes {self.type}") from None


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

    def values(self, given: dict[str, str]) -> dict[str, Any]:
        """Values of all parameters, from `NAME=VALUE` pairs and the defaults."""
        known = {p.name for p in self.parameters}
        for name in given:
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                raise UsageError(f"--param {name}: query {self.name} has no such parameter (it has: {listed})")
        values = {}
        for p in self.parameters:
            if p.name in given:
                values[p.name] = p.parse(given[p.name])
            elif p.required:
                raise UsageError(f"query {self.name} needs --param {p.name}=… ({p.meaning})")
            else:
                values[p.name] = p.default
        return values


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
        raise UsageError(f"no saved query is called {name!r}; there are: {', '.join(saved_queries())}") from None


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
