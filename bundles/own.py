"""Queries of one's own in a bundle: saved ones by name, and files, whose text goes with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohabit.errors import UsageError
from cohabit.queries.explore import ordered_by
from cohabit.queries.guard import check_reading, parameters_of
from cohabit.queries.own_queries import headed, query_called, read_statement
from cohabit.queries.saved import SavedQuery, saved_queries
from cohabit.text import visible

_ENDING = ".cypher"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.IGNORECASE)
_UNORDERED = "The query has no ORDER BY: made again, its rows can come in another order."


@dataclass(frozen=True)
class OwnQuery:
    """One query; `text` is the content of its file, None for one of the program's own."""

    name: str
    text: str | None
    values: Mapping[str, Any]

    @property
    def file(self) -> str:
        """Where its text lies in the bundle."""
        return f"queries/{self.name}{_ENDING}"

    @property
    def call(self) -> list[str]:
        """The arguments of the program that ask it: whoever gets the bundle has the file, not the folder it is from."""
        return ["query", "--name", self.name] if self.text is None else ["query", "--file", self.file]

    @property
    def asked(self) -> tuple[str, tuple[Any, ...]]:
        """The question and its arguments."""
        values = dict(self.values)
        return ("saved", (self.name, values)) if self.text is None else ("query", (self.text, values))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of its table must know."""
        return () if self.text is None or ordered_by(check_reading(self.text)) is not None else (_UNORDERED,)


def read_queries(names: Sequence[str], data: Path) -> tuple[OwnQuery, ...]:
    """The queries of these names or `.cypher` files; UsageError for what only whoever made it could ask again."""
    found: dict[str, OwnQuery] = {}
    for given in names:
        query = _read(given, data)
        if query.name in found:
            raise UsageError(f"--query {visible(given, 80)}: two queries are called so; rename a file")
        found[query.name] = query
    return tuple(found.values())


def _read(given: str, data: Path) -> OwnQuery:
    said = f"--query {visible(given, 80)}"
    saved: SavedQuery | None
    if given in saved_queries():
        name, text, saved = given, None, saved_queries()[given]
    elif given.endswith(_ENDING):
        name, text = Path(given).stem, read_statement(Path(given))
        saved = headed(name, text)
    else:
        saved = query_called(given, data)
        name, text = saved.name, saved.text
    if not _NAME.fullmatch(name):
        raise UsageError(f"{said}: a query's file name has letters, digits, - and _; rename it")
    statement = check_reading(saved.cypher if text is None and saved else text or "")
    usual = {p.name: p.value for p in saved.parameters if not p.required} if saved else {}
    if missing := [name for name in parameters_of(statement) if name not in usual]:
        raise UsageError(
            f"{said}: ${visible(missing[0], 60)} has no default, and a bundle gives no parameters; write its value "
            "into a query of your own"
        )
    return OwnQuery(name, text, usual)
