"""What a carrier is: a format of scan files, how it is recognised, and how its records become observations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cohabit.errors import DataError
from cohabit.loaders.bodies import Answer
from cohabit.loaders.decoding import json_value
from cohabit.loaders.head import Head
from cohabit.loaders.pieces import LIMIT, PAGE_LIMIT, Piece, documents, elements, lines
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.streams import Stream
from cohabit.loaders.values import RecordError, Texts, asn, second, stored

MAX_RAW = 2_000  # characters kept of a rejected record
_NOT_KEPT = "(not kept: it cannot be told apart from what is private in it)"


class Unrecognised(DataError):  # noqa: N818 - it says what the source is, not what went wrong
    """No loader knows the format of a source, or what its columns mean."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What the caller says of rows without keys: their columns in `order`, or the column `of` each of our keys."""

    order: tuple[str, ...] = ()
    of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the caller knows: the time now, and a time and a host (with port) for records that have none. Seconds.

    `name` is the path of the source as the caller calls it ("-" for standard input); it can name a host too.
    """

    now: int
    seen_at: int | None = None
    host: str | None = None
    port: int | None = None
    name: str = "-"
    columns: Columns = Columns()

    def second(self, value: object, key: str) -> int:
        """Return a record's time, or the caller's where the record has none. Raises RecordError.

        `key` is where it should be, for the message; "" where the format has no place for it.
        """
        if not missing(value):
            return second(value, self.now)
        if self.seen_at is None:
            raise RecordError(f'no time: "{key}" is missing' if key else "no time: give --seen-at TIME")
        return self.seen_at


Record = Sequence[Observation] | Rejected  # one record can hold several answers, of several ports say
Parse = Callable[[bytes, Context], Sequence[Observation]]
Page = Callable[[bytes], "Sequence[bytes | msgspec.Raw] | None"]
Read = Callable[[Stream, Context], Iterator[Record]]


@dataclass(frozen=True)
class Loader:
    """One format: its name for people to type, what it is, how to recognise it, how to read it.

    `read` yields one item for each record, in order: its observations, or why it was rejected. `note` is what people
    are told of a file none of whose observations shows a model list, where the format itself is the reason.
    """

    name: str
    title: str
    sniff: Callable[[Head], bool]
    read: Read
    note: str = ""


def missing(value: object) -> bool:
    """Say whether a record leaves a value out: not there, null or blank."""
    return value is None or (isinstance(value, str) and not value.strip())


def json_lines(parse: Parse) -> Read:
    """Return a reader for one JSON object a line. `parse` gets the bytes of one and may raise RecordError."""
    return lambda stream, context: records(lines(stream.read), parse, context)


def json_array(parse: Parse) -> Read:
    """Return a reader for a JSON array. `parse` gets the bytes of an element and may raise RecordError."""
    return lambda stream, context: records(elements(stream.read), parse, context)


def json_records(parse: Parse, page: Page | None = None, private: Collection[str] = ()) -> Read:
    """Return a reader for JSON objects in any layout: an array, one a line, or one after another on many lines.

    `page` gets an object and returns the records that it wraps (an answer of a search, say), or None when it is a
    record itself; it may raise RecordError. Wrapped records are counted one by one. What stands under the keys
    `private`, at any depth, is not even kept of a rejected record.
    """

    def read(stream: Stream, context: Context) -> Iterator[Record]:
        head, limit = Head(stream.head, stream.complete), LIMIT
        if head.elements is not None:
            pieces = elements(stream.read)
        elif head.is_lines:
            pieces = lines(stream.read)
        else:
            pieces, limit = documents(stream.read), PAGE_LIMIT
        return records(pieces if page is None else _unwrapped(pieces, page), parse, context, limit, private)

    return read


def _unwrapped(pieces: Iterable[Piece], page: Page) -> Iterator[Piece]:
    number = 0
    for _, raw, whole in pieces:
        try:
            inner = page(raw) if whole else None
        except RecordError:
            inner = None  # it is rejected when it is read as a record
        for record in [raw] if inner is None else inner:
            number += 1
            yield number, bytes(record), whole


def page_of(*paths: tuple[str, ...], unless: str = "port") -> Page:
    """Return a page function for objects that hold their records in an array at one of these paths.

    An object with the key `unless` is a record itself, whatever else it holds.
    """
    marks = [re.compile(rb'"%s"\s*:\s*\[' % path[-1].encode()) for path in paths]

    def page(raw: bytes) -> list[bytes] | None:
        if not any(mark.search(raw) for mark in marks):
            return None
        whole = json_value(raw)
        if not isinstance(whole, dict) or unless in whole:
            return None
        for path in paths:
            inner: object = whole
            for key in path:
                inner = inner.get(key) if isinstance(inner, dict) else None
            if isinstance(inner, list):
                return [json.dumps(record).encode() for record in inner]
        return None

    return page


def observation(
    answer: Answer | None,
    *,
    host: str,
    port: int,
    seen_at: int,
    **said: Any,
) -> Observation:
    """Put together what a server answered and what the carrier says of the host.

    `said` are raw values of `software`, `version`, `country_code`, `country`, `asn`, `as_name`, `org`; each one of the
    wrong type counts as absent. What the server says of its software wins over what the carrier makes of it; the
    carrier's version is then left out where it is that of another software.
    """
    texts = Texts()
    known = answer or Answer()
    software = texts.take(said.get("software"))
    if known.software and software and software.lower() != known.software:
        said["version"] = None
    return Observation(
        host=host,
        port=port,
        seen_at=seen_at,
        models=known.listing.models,
        software=known.software or software,
        version=known.version or texts.take(said.get("version")),
        country_code=texts.take(said.get("country_code")),
        country=texts.take(said.get("country")),
        asn=asn(said.get("asn")),
        as_name=texts.take(said.get("as_name")),
        org=texts.take(said.get("org")),
        dropped=known.listing.dropped,
        replaced=known.listing.replaced + texts.replaced,
    )


def records(
    pieces: Iterable[Piece], parse: Parse, context: Context, limit: int = LIMIT, private: Collection[str] = ()
) -> Iterator[Record]:
    """Yield for each piece what `parse` makes of it, or why it was rejected; `limit` bytes is the longest piece."""
    for number, raw, whole in pieces:
        try:
            if not whole:
                raise RecordError(f"longer than {limit >> 20} MiB")
            yield parse(raw, context)
        except RecordError as error:
            kept = _public(raw, private) if private else raw
            text = kept[: 4 * MAX_RAW].strip().decode("utf-8", "replace")[:MAX_RAW]
            yield Rejected(line=number, reason=str(error), raw=stored(text)[0])


def _public(raw: bytes, private: Collection[str]) -> bytes:
    """Return a JSON value without what stands under the keys `private`; nothing of what is no whole JSON value."""

    def public(value: object) -> object:
        if isinstance(value, dict):
            return {key: "…" if key.lower() in private else public(inner) for key, inner in value.items()}
        return [public(inner) for inner in value] if isinstance(value, list) else value

    try:
        return json.dumps(public(json_value(raw)), ensure_ascii=False).encode("utf-8", "replace")
    except (RecordError, RecursionError):
        return _NOT_KEPT.encode()
