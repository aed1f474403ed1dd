"""Saved Cypher queries: one file each in `cypher/`, with a header that says what it answers.

A file begins with comment lines: `// title:`, `// folder:` (its folder in the Neo4j Browser), `// shows:` (what it is
for), `// parameter NAME (TYPE, default JSON): meaning` (`example JSON` where it must be given) and `// caveat:`; the
rest is the statement. Every saved query runs on every store, but those in `cypher/draw/`: they return nodes and paths,
and the Neo4j Browser draws them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from cohabit.choices import close_to
from cohabit.errors import UsageError
from cohabit.text import visible

_PARAMETER = re.compile(r"parameter (\w+) \((text|integer|texts|integers), (default|example) (.+?)\): (.+)")
_ONCE = ("title", "folder", "shows")
_NONE: Mapping[str, str] = {}
_JSON: dict[str, Any] = {"text": str, "integer": int, "texts": list[str], "integers": list[int]}
_TYPES = {
    "integer": "a whole number",
    "texts": "texts with commas between them",
    "integers": "whole numbers with commas between them",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a saved query; `value` is its default, or an example where it must be given (`required`)."""

    name: str
    type: str
    value: Any
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
    """One saved query; `file` names the file of one of the user's own, for errors."""

    name: str
    title: str
    folder: str
    shows: str
    parameters: tuple[Parameter, ...]
    caveats: tuple[str, ...]
    text: str
    file: str | None = None

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
                listed = f"it has: {', '.join(sorted(known)) or 'none'}"
                if close := close_to(name, known):
                    listed = f"did you mean {close[0]}? {listed}"
                raise UsageError(f"query {self.name} has no parameter {visible(name, 80)} ({listed})")
        for p in self.parameters:
            if p.required and p.name not in given:
                raise UsageError(f"query {self.name} needs --param {p.name}=… ({p.meaning})")
        return {p.name: given.get(p.name, p.value) for p in self.parameters}


@cache
def saved_queries() -> dict[str, SavedQuery]:
    """The saved queries that run on every store, by name."""
    return _queries_in("cohabit.queries.cypher")


@cache
def drawing_queries() -> dict[str, SavedQuery]:
    """The saved queries that the Neo4j Browser draws, by name."""
    return _queries_in("cohabit.queries.cypher.draw")


def _queries_in(package: str) -> dict[str, SavedQuery]:
    folder = resources.files(package)
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".cypher")), key=lambda f: f.name)
    return {
        name: parse_query(name, f.read_text(encoding="utf-8")) for f in files for name in [f.name.partition(".")[0]]
    }


def parse_query(name: str, text: str, usual: Mapping[str, str] = _NONE) -> SavedQuery:
    """Read a query with its header; ValueError says what is wrong. `usual` is for header lines that are not there."""
    said: dict[str, str] = {}
    parameters: list[Parameter] = []
    caveats: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("//"):
            continue
        comment = line.removeprefix("//").strip()
        word, _, rest = comment.partition(": ")
        if word in _ONCE and word not in said:
            said[word] = rest.strip()
        elif word == "caveat":
            caveats.append(rest.strip())
        elif match := _PARAMETER.fullmatch(comment):
            value = _value_of(match[2], match[4])
            if value is None:
                raise ValueError(f"line {number}: {visible(match[4], 80)} is no {match[2]} in JSON")
            parameters.append(Parameter(match[1], match[2], value, match[3] == "example", match[5]))
        else:
            raise ValueError(
                f"line {number}: {visible(comment, 80)!r} is not understood; a header has lines such as "
                '`// title: …`, `// parameter NAME (text, default "…"): …`, `// caveat: …`'
            )
    said = {**usual, **said}
    if missing := [word for word in _ONCE if not said.get(word)]:
        raise ValueError(f"the header has no line `// {missing[0]}: …`")
    title, folder, shows = (said[word] for word in _ONCE)
    return SavedQuery(name, title, folder, shows, tuple(parameters), tuple(caveats), text)


def _value_of(type_name: str, text: str) -> Any:
    """The value that a header gives in JSON; None where it is none of that type."""
    try:
        return msgspec.json.decode(text, type=_JSON[type_name])
    except msgspec.MsgspecError:
        return None
