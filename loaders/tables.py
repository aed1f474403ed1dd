"""Rows of CSV and TSV files as records."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from cohabit.loaders.carrier import MAX_RAW, Context, Record
from cohabit.loaders.pieces import LIMIT, Piece, lines
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.streams import Stream
from cohabit.loaders.values import RecordError, stored

T = TypeVar("T", bound=msgspec.Struct)

MAX_CELL = 1 << 20  # characters; also what an opening quote without its partner can swallow

# A setting of the whole process, the only one that the module knows: raised, never lowered.
csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))


def rows(
    stream: Stream,
    context: Context,
    kind_of: type[T],
    parse: Callable[[T, Context], Sequence[Observation]],
    columns: Sequence[str] = (),
    renamed: Callable[[str], str] = str.strip,
) -> Iterator[Record]:
    """Yield one record for each row: `parse` gets its cells as a struct, which may raise RecordError.

    The struct's fields are columns; one that the file does not have keeps its default. The columns are `columns`, or
    the first row where there are none; `context.columns.of` says which column a field is in. Cells may be quoted and
    then hold line breaks; the number of a row is that of its first line. `renamed` turns a heading into a column.
    """
    taken: list[Piece] = []
    line = stream.head.lstrip().partition(b"\n")[0]
    reader = csv.reader(_texts(stream, taken), delimiter=max(",;\t", key=lambda mark: line.count(mark.encode())))
    order: list[str] | None = [*columns] or None
    places = None if order is None else _places(kind_of, order, context)
    while True:
        taken.clear()
        try:
            cells = next(reader, None)
            if cells is None:
                return
            if not taken:
                continue
            if not cells or (len(taken) > 1 and not all(whole for _, _, whole in taken)):
                raise RecordError(f"longer than {LIMIT >> 20} MiB")
            if order is None or places is None:
                order = [renamed(cell) for cell in cells]
                places = _places(kind_of, order, context)
                continue
            if len(cells) > len(order):
                raise RecordError(f"{len(cells)} cells, but {len(order)} columns")
            yield parse(kind_of(**{name: cells[at] for name, at in places if at < len(cells)}), context)
        except (RecordError, csv.Error) as error:
            text = b"\n".join(piece[1] for piece in taken)[: 4 * MAX_RAW].strip().decode("utf-8", "replace")
            why = f"not valid CSV: {error}" if isinstance(error, csv.Error) else str(error)
            yield Rejected(line=taken[0][0], reason=why, raw=stored(text[:MAX_RAW])[0])


def _texts(stream: Stream, taken: list[Piece]) -> Iterator[str]:
    """Yield the lines as text and note each in `taken`; blank ones are no rows, but can be part of a cell."""
    before = 0
    for piece in lines(stream.read):
        for _ in range(before + 1, piece[0]):
            yield "\n"
        before = piece[0]
        taken.append(piece)
        yield piece[1].decode("utf-8", "replace") + "\n" if piece[2] else "\n"


def _places(kind_of: type[msgspec.Struct], order: list[str], context: Context) -> list[tuple[str, int]]:
    of = context.columns.of
    named = ((field.name, of.get(field.encode_name, field.encode_name)) for field in msgspec.structs.fields(kind_of))
    return [(name, order.index(column)) for name, column in named if column in order]
