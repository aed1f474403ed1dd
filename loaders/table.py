"""The loader of any other table: CSV, TSV, Parquet, or a table of an SQLite database.

* Recognised: columns with usual names for the address (`ip`, `host`, `address`, `url` …) and the models (`model`,
  `models`, `model_name` …). With `--columns` any table: `address=ip,model=llm` says which column holds what, and then
  nothing is guessed; `address,port,model` names the columns of a CSV file in their order, where it has no header.
  `--columns FILE.toml` holds the same as `address = "ip"` or `order = ["address", "port", "model"]`. Which table of a
  database is meant is said as `address=hosts.ip`.
* Read: the address (also as `192.0.2.7:11434` or a URL), `port`, `seen_at`, `country`, `country_code`, `asn`,
  `as_name`, `org`, `software`, `version`, and `model`: one name, several with `;`, `,` or `|` between them, a list in
  JSON or as Python writes it, a list of Parquet, or a whole answer of a server; for rows of one model also `digest`,
  `size` (bytes), `family`, `parameter_size`, `quantization`, `format`. Rows of the same host, port and second are one
  observation.
* Ignored: all other columns; views and virtual tables of a database. An empty cell, `null`, `none`, `nan`, `n/a` and
  `\\N` say nothing: with such a cell for its models, a row says that no list was seen (`[]` is an empty list).
* Lenient: the separator is the one of `,`, `;` and tab that the first line has most of; numbers may end in `.0`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from cohabit.loaders.carrier import MAX_RAW, Columns, Context, Loader, Record, Unrecognised, observation
from cohabit.loaders.cells import ATTRIBUTES, answer_in, host_and_port, moment, says_nothing, whole
from cohabit.loaders.databases import PARQUET, SQLITE, Row, parquet_rows, sqlite_rows
from cohabit.loaders.head import Head
from cohabit.loaders.headings import guessed, is_enough, is_heading, mapped
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.streams import Stream
from cohabit.loaders.tables import rows
from cohabit.loaders.values import RecordError, host, port, stored


class _Row(msgspec.Struct):
    address: Any = None
    url: Any = None
    port: Any = None
    model: Any = None
    seen_at: Any = None
    country_code: Any = None
    country: Any = None
    asn: Any = None
    as_name: Any = None
    org: Any = None
    software: Any = None
    version: Any = None
    digest: Any = None
    size: Any = None
    family: Any = None
    parameter_size: Any = None
    quantization: Any = None
    format: Any = None


_Parse = Callable[[_Row, Context], Sequence[Observation]]


def _sniff(head: Head) -> bool:
    return head.data.startswith((PARQUET, SQLITE)) or is_enough(guessed(head.columns))


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    host_given = context.host is not None
    if stream.head.startswith((PARQUET, SQLITE)):
        if context.columns.order:
            raise Unrecognised("--columns: its columns have names; write KEY=COLUMN,KEY=COLUMN")
        found_in = parquet_rows if stream.head.startswith(PARQUET) else sqlite_rows
        with stream.as_file() as file:
            yield from _records(found_in(file, context.columns, host_given=host_given), context)
    else:
        order, column_of = _header(Head(stream.head, stream.complete), context, host_given=host_given)
        known = replace(context, columns=Columns(of={**dict.fromkeys(_Row.__struct_fields__, "\0"), **column_of}))
        yield from rows(stream, known, _Row, _parser(column_of), order)


def _header(head: Head, context: Context, *, host_given: bool) -> tuple[Sequence[str], Mapping[str, str]]:
    """Return the columns in order (none: the first row names them) and the column of each key."""
    first = head.columns or [head.text.lstrip().partition("\n")[0].strip()]
    order = context.columns.order
    column_of = mapped(order or first, context.columns, host_given=host_given)
    if not order:
        return (), column_of
    key, column = next(iter(column_of.items()))  # the address, where there is one
    place = order.index(column)
    if place < len(first) and is_heading(first[place], key):
        named = dict(zip(order, first, strict=False))
        return (), {key: named[column] for key, column in column_of.items() if column in named}
    return order, column_of


def _records(found: Iterable[Row], context: Context) -> Iterator[Record]:
    parse: _Parse | None = None
    for number, row in enumerate(found, 1):
        parse = parse or _parser({key: key for key in row})
        try:
            yield parse(_Row(**row), context)
        except RecordError as error:
            raw = json.dumps({key: str(value)[:MAX_RAW] for key, value in row.items()}, ensure_ascii=False)
            yield Rejected(line=number, reason=str(error), raw=stored(raw[:MAX_RAW])[0])


def _parser(column_of: Mapping[str, str]) -> _Parse:
    """Return what makes an observation of a row in which these keys can have a value."""
    keys = tuple(column_of)
    attributes = tuple(key for key in ATTRIBUTES if key in column_of)

    def parse(row: _Row, context: Context) -> Sequence[Observation]:
        for key in keys:
            if says_nothing(getattr(row, key)):
                setattr(row, key, None)
        where, number = host_and_port(row.address, row.url, row.port)
        where = context.host if where is None else where
        number = context.port if number is None else number
        if where is None:
            raise RecordError("no address: the cell is empty")
        if number is None:
            raise RecordError("no port: --host :PORT gives it")
        found = observation(
            answer_in(row.model, {key: getattr(row, key) for key in attributes}),
            host=host(where),
            port=port(number),
            seen_at=context.second(moment(row.seen_at), column_of.get("seen_at", "")),
            software=row.software,
            version=row.version,
            country_code=row.country_code,
            country=row.country,
            asn=whole(row.asn),
            as_name=row.as_name,
            org=row.org,
        )
        return (found,)

    return parse


LOADER = Loader(
    name="table",
    title="a table (CSV, TSV, Parquet, SQLite) with usual headings, or with --columns",
    sniff=_sniff,
    read=_read,
)
