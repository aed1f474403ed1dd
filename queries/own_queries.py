"""Saved queries of one's own: a folder of `.cypher` files, written as the built-in ones are.

The folder is COHABIT_QUERIES, else `queries` in the data folder. A header needs no more than a title; `folder` is then
«Own».
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from cohabit.choices import close_to
from cohabit.errors import CohabitError, DataError, UsageError
from cohabit.queries.cypher_paths import impossible
from cohabit.queries.guard import check_reading, parameters_of
from cohabit.queries.saved import SavedQuery, drawing_queries, parse_query, saved_queries
from cohabit.text import visible

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FOLDER = re.compile(r"[\w -]{1,40}")
_MOST_BYTES = 100_000
_USUAL = {"folder": "Own", "shows": "A query of your own."}


def query_called(name: str, data: Path) -> SavedQuery:
    """The saved query of that name, built in or one's own (UsageError lists them)."""
    if name in saved_queries():
        return saved_queries()[name]
    path = _folder(data) / f"{name}.cypher"
    if _NAME.fullmatch(name) and path.is_file():
        return _read(path)
    known = known_queries(data)
    close = close_to(name, known, 3)
    hint = f"close: {', '.join(close)}; " if close else ""
    raise UsageError(f"no saved query is called {visible(name, 80)!r}; {hint}`cohabit query --list` lists them")


def read_statement(file: Path) -> str:
    """The text of a file with one statement; DataError where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: the query cannot be read ({error})") from error


def headed(name: str, text: str) -> SavedQuery | None:
    """The query of a file with the header of a saved one, whose parameters have types and defaults; else None."""
    try:
        query = parse_query(name, text, {"title": name, "folder": "Own", "shows": name})
    except ValueError:  # comments of another kind
        return None
    return query if query.parameters else None


def known_queries(data: Path) -> dict[str, SavedQuery]:
    """The built-in queries that run on every store, and those of one's own that can be read, by name."""
    return {**saved_queries(), **read_own(data)[0]}


def own_queries(data: Path) -> dict[str, SavedQuery]:
    """One's own saved queries by name; none where there is no such folder.

    DataError, with file and line, for a query that cannot be read; UsageError for one that does not only read.
    """
    read, faults = read_own(data)
    if faults:
        raise faults[0]
    return read


def read_own(data: Path) -> tuple[dict[str, SavedQuery], list[CohabitError]]:
    """One's own saved queries by name, and what is wrong with the files that are none: one error a file."""
    folder = _folder(data)
    files = sorted(p for p in folder.glob("*.cypher") if not p.name.startswith(".")) if folder.is_dir() else []
    read: dict[str, SavedQuery] = {}
    faults: list[CohabitError] = []
    for path in files:
        try:
            read[path.stem] = _read(path)
        except CohabitError as error:
            faults.append(error)
    return read, faults


def empty_paths(queries: Iterable[SavedQuery]) -> list[str]:
    """What the schema cannot have of paths in queries that go where no graph can be asked: one sentence a query."""
    found = (next(impossible(check_reading(q.text, q.file), q.file), None) for q in queries)
    return [f"{wrong[1]}; as it stands the query finds nothing" for wrong in found if wrong]


def _folder(data: Path) -> Path:
    given = os.environ.get("COHABIT_QUERIES")
    folder = Path(given) if given else data / "queries"
    if given and not folder.is_dir():
        raise DataError(f"{folder}: no such folder; check COHABIT_QUERIES")
    return folder


def _read(path: Path) -> SavedQuery:
    if not _NAME.fullmatch(path.stem):
        raise DataError(f"{path}: a query's file name has small letters, digits, - and _; rename it")
    if path.stem in saved_queries() or path.stem in drawing_queries():
        raise DataError(f"{path}: a saved query is called {path.stem} already; rename the file")
    try:
        content = path.read_bytes()
        if len(content) > _MOST_BYTES:
            raise DataError(f"{path}: more than {_MOST_BYTES:,} bytes, which is no query")
        query = parse_query(path.stem, content.decode("utf-8-sig"), _USUAL)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise DataError(f"{path}: {error}") from error
    if not _FOLDER.fullmatch(query.folder):
        raise DataError(f"{path}: a folder's name has letters, digits, spaces and -: {visible(query.folder, 80)!r}")
    check_reading(query.text, str(path))
    declared = {parameter.name for parameter in query.parameters}
    if unknown := [name for name in parameters_of(query.cypher) if name not in declared]:
        name = visible(unknown[0], 60)
        raise DataError(
            f"{path}: the query has ${name}, and no line of its header says so: add `// parameter {name} "
            '(text, default "…"): …`'
        )
    return replace(query, file=str(path))
