"""Rows of files that name their columns and hold typed values: Parquet files and SQLite databases.

Both yield one dict for each row, with our keys and plain values (no dates, no decimals, no bytes).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from cohabit.errors import DataError
from cohabit.loaders.carrier import Columns, Unrecognised
from cohabit.loaders.headings import explained, guessed, is_enough, known_keys, listed, mapped
from cohabit.loaders.pieces import LIMIT
from cohabit.text import visible

Row = dict[str, Any]

PARQUET = b"PAR1"
SQLITE = b"SQLite format 3\x00"
_BATCH = 4_096  # rows in memory at a time


def parquet_rows(path: Path, said: Columns, *, host_given: bool = False) -> Iterator[Row]:
    """Yield the rows of a Parquet file, a bounded number at a time. Raises DataError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            column_of = mapped(file.schema_arrow.names, said, host_given=host_given)
            for batch in file.iter_batches(_BATCH, columns=list(dict.fromkeys(column_of.values()))):
                values = {name: _values(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
                for number in range(batch.num_rows):
                    yield {key: values[column][number] for key, column in column_of.items()}
    except (pa.ArrowException, OSError) as error:
        why = visible(" ".join(str(error).split()), 120)
        raise DataError(f"the Parquet file is damaged ({why}); nothing of it is loaded") from None


def _values(column: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):  # to seconds since 1970; without a zone it means UTC
        column = column.cast(pa.timestamp("s", column.type.tz), safe=False).cast(pa.int64())
    try:
        return [plain(value) for value in column.to_pylist()]
    except (ValueError, OverflowError, LookupError) as error:  # years beyond 9999, time zones that are none
        raise DataError(f"a column of type {visible(str(column.type), 60)} cannot be read ({error})") from None


def plain(value: object) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, float) and value != value:  # NaN, which pandas writes where there is nothing
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return value


@contextmanager
def sqlite_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an SQLite database for reading; nothing that its author put into the schema is run. Raises DataError."""
    if path.stat().st_size < _declared_size(path):
        raise DataError("the SQLite database is truncated; nothing of it is loaded")
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LIMIT)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
            yield connection
    except (sqlite3.Error, ValueError) as error:  # ValueError: a name with NUL in it
        raise DataError(f"the SQLite database cannot be read ({error}); nothing of it is loaded") from None


def _declared_size(path: Path) -> int:
    """Return the bytes that the header speaks of: SQLite itself takes pages that are not there for empty ones."""
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100:
        return 100
    page, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
    # The number of pages is valid when the last writer knew it; a page of 64 KiB is written as 1.
    return (65_536 if page == 1 else page) * pages if header[24:28] == header[92:96] else 0


def sqlite_rows(path: Path, said: Columns, *, host_given: bool = False) -> Iterator[Row]:
    """Yield the rows of the one table that fits, or that the caller names (`address=hosts.ip`). Raises DataError."""
    with sqlite_database(path) as connection:
        table, column_of = _chosen(_tables(connection), said, host_given=host_given)
        names = list(dict.fromkeys(column_of.values()))
        places = {key: names.index(column) for key, column in column_of.items()}
        query = f"SELECT {', '.join(map(_quoted, names))} FROM {_quoted(table)}"  # noqa: S608 - quoted
        for row in connection.execute(query):
            yield {key: plain(row[place]) for key, place in places.items()}


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Real tables with their columns: a view or a virtual table runs what its author wrote."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND sql NOT LIKE 'CREATE VIRTUAL%' "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    ).fetchall()
    about = "SELECT name FROM pragma_table_info(?)"
    return {name: [column for (column,) in connection.execute(about, (name,))] for (name,) in names}


def _chosen(tables: Mapping[str, list[str]], said: Columns, *, host_given: bool) -> tuple[str, dict[str, str]]:
    if said.of:
        return _said(tables, said, host_given=host_given)
    found = {name: guessed(columns) for name, columns in tables.items()}
    fitting = [name for name, of in found.items() if is_enough(of) or (host_given and "model" in of)]
    if len(fitting) == 1:
        return fitting[0], found[fitting[0]]
    if not fitting:
        raise Unrecognised(explained(_dotted(tables), "tables have the columns"))
    example = ",".join(f"{key}={fitting[0]}.{column}" for key, column in found[fitting[0]].items())
    several = f"several of its tables could be meant: {listed(fitting)}"
    raise Unrecognised(f"{several}; name the columns of one: --columns {visible(example, 200)}")


def _said(tables: Mapping[str, list[str]], said: Columns, *, host_given: bool) -> tuple[str, dict[str, str]]:
    """Find the table of columns that are said as `table.column` or, where only one table has them all, `column`."""
    known_keys(said)
    fitting = []
    for name, columns in tables.items():
        bare = {key: column.removeprefix(f"{name}.") for key, column in said.of.items()}
        try:
            fitting.append((name, mapped(columns, Columns(of=bare), host_given=host_given)))
        except Unrecognised:
            continue
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise Unrecognised(
            f"--columns: {listed(name for name, _ in fitting)} have these columns; write them as TABLE.COLUMN"
        )
    raise Unrecognised(f"--columns: no table has all these columns; there are {listed(_dotted(tables))}")


def _dotted(tables: Mapping[str, list[str]]) -> list[str]:
    return [f"{name}.{column}" for name, columns in tables.items() for column in columns]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
