"""What a carrier is: a format of scan files, how it is recognised, and how its records become observations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cohabit.loaders.head import Head
from cohabit.loaders.pieces import LIMIT, Piece, elements, lines
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.streams import Stream
from cohabit.loaders.values import RecordError, second, stored

MAX_RAW = 2_000  # characters kept of a rejected record


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the caller knows: the time now, and a time and a host (with port) for records that have none. Seconds."""

    now: int
    seen_at: int | None = None
    host: str | None = None
    port: int | None = None

    def second(self, value: object, key: str) -> int:
        """Return a record's time, or the caller's where the record has none. Raises RecordError."""
        if not missing(value):
            return second(value, self.now)
        if self.seen_at is None:
            raise RecordError(f'no time: "{key}" is missing')
        return self.seen_at


Record = Sequence[Observation] | Rejected  # one record can hold several answers, of several ports say
Parse = Callable[[bytes, Context], Sequence[Observation]]
Read = Callable[[Stream, Context], Iterator[Record]]


@dataclass(frozen=True)
class Loader:
    """One format: its name for people to type, what it is, how to recognise it, how to read it.

    `read` yields one item for each record, in order: its observations, or why it was rejected.
    """

    name: str
    title: str
    sniff: Callable[[Head], bool]
    read: Read


def missing(value: object) -> bool:
    """Say whether a record leaves a value out: not there, null or blank."""
    return value is None or (isinstance(value, str) and not value.strip())


def json_lines(parse: Parse) -> Read:
    """Return a reader for one JSON object a line. `parse` gets the bytes of one and may raise RecordError."""
    return lambda stream, context: _records(lines(stream.read), parse, context)


def json_array(parse: Parse) -> Read:
    """Return a reader for a JSON array. `parse` gets the bytes of an element and may raise RecordError."""
    return lambda stream, context: _records(elements(stream.read), parse, context)


def _records(pieces: Iterable[Piece], parse: Parse, context: Context) -> Iterator[Record]:
    for number, raw, whole in pieces:
        try:
            if not whole:
                raise RecordError(f"longer than {LIMIT >> 20} MiB")
            yield parse(raw, context)
        except RecordError as error:
            text = raw[: 4 * MAX_RAW].strip().decode("utf-8", "replace")[:MAX_RAW]
            yield Rejected(line=number, reason=str(error), raw=stored(text)[0])
