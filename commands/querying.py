"""What the `query` command does between parsing and asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from cohabit.errors import CohabitError, UsageError
from cohabit.graph.store import data_folder
from cohabit.queries.own_queries import headed, query_called, read_own, read_statement
from cohabit.queries.result import Result, result
from cohabit.queries.saved import saved_queries


def saved_list(data: Path | None) -> tuple[Result, list[CohabitError]]:
    """The saved queries, one's own first, with their titles and parameters; and what files are not understood."""
    own, faults = read_own(data_folder(data))
    rows = [
        {
            "name": q.name,
            "source": "own" if q.name in own else "cohabit",
            "title": q.title,
            "parameters": [p.name for p in q.parameters],
        }
        for q in (own | saved_queries()).values()
    ]
    # Beside a title that is folded a parameter would read as a part of it.
    shown = ("name", "source", "parameters", "title")
    return result(("name", "source", "title", "parameters"), rows, table_columns=shown), faults


def saved_text(name: str | None, data: Path | None) -> str:
    """Text of a saved query, header included."""
    if name is None:
        raise UsageError("--show prints a saved query: give its --name too")
    return query_called(name, data_folder(data)).text


def question(
    cypher: str | None, file: Path | None, name: str | None, params: list[str], data: Path | None
) -> tuple[str, tuple[Any, ...]]:
    """The question to ask and its arguments: a statement, the content of a file, or a saved query."""
    if sum(x is not None for x in (cypher, file, name)) != 1:
        raise UsageError(
            "give one of: a Cypher statement, --file FILE, --name SAVED (`cohabit query --list` lists them)"
        )
    given: dict[str, str] = {}
    for pair in params:
        key, equals, value = pair.partition("=")
        if not equals or not key.isidentifier():
            raise UsageError(f"--param {pair!r}: write it as NAME=VALUE")
        given[key] = value
    if name is not None:
        return "saved", (name, query_called(name, data_folder(data)).values(given))
    if file is not None:
        cypher = read_statement(file)
        if query := headed(file.stem, cypher):
            return "query", (cypher, query.values(given), str(file))
    values = {key: _value(text) for key, text in given.items()}
    return "query", (cypher, values) if file is None else (cypher, values, str(file))


def _value(text: str) -> Any:
    """A parameter of a free query: JSON where it is JSON (a number, a list), else the text itself."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
