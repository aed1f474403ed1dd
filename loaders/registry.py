"""All loaders, and the one way to open a source: recognise it, then iterate over its records.

A new format is one module with a `LOADER`, named in `built_in()` (before the formats it could be taken for), a sample
and its expected result; its docstring becomes its part of the documentation. Loaders of other distributions plug in
from outside, see `plugins`.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from functools import cache
from types import TracebackType

from cohabit.errors import DataError, UsageError
from cohabit.loaders import (
    answers,
    censys,
    censys_flat,
    fofa,
    httpx,
    hunter,
    leakix,
    masscan,
    nmap,
    nuclei,
    observations,
    ollama_hunter,
    server_list,
    shodan,
    shodan_csv,
    table,
    terminalai,
    uncover,
    zgrab2,
    zmap,
    zoomeye,
)
from cohabit.loaders.carrier import Columns, Context, Loader, Unrecognised
from cohabit.loaders.head import Head
from cohabit.loaders.headings import explained
from cohabit.loaders.plugins import outside_loaders
from cohabit.loaders.reading import Source, about
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.streams import CHUNK, Stream
from cohabit.loaders.values import RecordError, second
from cohabit.loaders.values import host as canonical_host
from cohabit.loaders.values import port as checked_port
from cohabit.text import visible

__all__ = ["KNOWN_ARE", "Loader", "Reading", "Unrecognised", "built_in", "get", "loaders", "open_reading"]

KNOWN_ARE = ". Known are: "
"""In the message of a source that nobody knows: before it what the source is, behind it what is alike for all."""

_outside = cache(outside_loaders)


def built_in() -> tuple[Loader, ...]:
    """Return cohabit's own loaders, the most specific first."""
    return (
        nmap.LOADER,
        ollama_hunter.LOADER,
        shodan.LOADER,
        shodan_csv.LOADER,
        censys.LOADER,
        censys_flat.LOADER,
        zgrab2.LOADER,
        nuclei.LOADER,
        httpx.LOADER,
        masscan.LOADER,
        zmap.LOADER,
        leakix.LOADER,
        uncover.LOADER,
        fofa.LOADER,
        zoomeye.LOADER,
        hunter.LOADER,
        terminalai.LOADER,
        server_list.LOADER,
        observations.LOADER,
        answers.LOADER,
        table.LOADER,
    )


def loaders() -> tuple[Loader, ...]:
    """Return all loaders: the first that recognises a source reads it.

    Those of other distributions come first, because whoever installs one wants it. Raises DataError when one of them
    cannot be used.
    """
    own = built_in()
    return (*_outside(frozenset(loader.name for loader in own)), *own)


def get(name: str) -> Loader:
    """Return the loader of that name. Raises UsageError."""
    for loader in loaders():
        if loader.name == name:
            return loader
    names = ", ".join(sorted(loader.name for loader in loaders()))
    raise UsageError(f"there is no loader {visible(name, 40)}; choose one of: {names}")


class Reading:
    """An opened source; iterate over it once for its observations and rejected records, in order.

    A record is a non-blank line or an element of an array. At every moment `read` = `accepted` + `rejected`;
    `partial` counts the accepted ones that lost an entry of their model list. `listed` counts the observations that
    show a model list, `note` is what the loader says where none does. `bytes_read` of `bytes_total` stored
    bytes show the progress. Iterating raises DataError when the source turns out damaged or truncated: what came
    before must then be discarded.
    """

    def __init__(self, source: Source, stream: Stream, loader: Loader, context: Context) -> None:
        self.loader = loader.name
        self.bytes_total: int | None = stream.bytes_total
        self.read = self.accepted = self.rejected = self.partial = self.listed = 0
        self._note = loader.note
        self._stream = stream
        self._exhausted = False
        self._items = self._iterate(source, loader, context)

    def __iter__(self) -> Iterator[Observation | Rejected]:
        return self._items

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def bytes_read(self) -> int:
        """Stored bytes read so far."""
        return self._stream.bytes_read

    @property
    def note(self) -> str:
        """Why no model list was seen so far, where the format is the reason; else nothing."""
        return self._note if self.accepted and not self.listed else ""

    @property
    def sha256(self) -> str:
        """The SHA-256, in hex, of the bytes as stored. Raises RuntimeError before the reading is exhausted."""
        if not self._exhausted:
            raise RuntimeError("the hash is known when all records have been read")
        return self._stream.sha256

    def close(self) -> None:
        """Close the source's file."""
        self._items.close()
        self._stream.close()

    def _iterate(
        self, source: Source, loader: Loader, context: Context
    ) -> Generator[Observation | Rejected, None, None]:
        with about(source):
            for record in loader.read(self._stream, context):
                self.read += 1
                if isinstance(record, Rejected):
                    self.rejected += 1
                    yield record
                    continue
                self.accepted += 1
                dropped = 0
                for observation in record:
                    dropped += observation.dropped
                    self.listed += observation.models is not None
                self.partial += dropped > 0
                yield from record
            while self._stream.read(CHUNK):  # a loader may stop early, damage may come late
                pass
            self._exhausted = True


def open_reading(
    source: Source,
    *,
    loader: str | None = None,
    seen_at: int | None = None,
    host: tuple[str | None, int | None] | None = None,
    columns: Columns | None = None,
) -> Reading:
    """Open a source with the loader that recognises its content, or with the one named.

    `seen_at` (seconds since 1970) is the time of records that have none, `host` (address or DNS name, port; either may
    be None) the host and port of records that name none, `columns` what the columns of rows mean that do not say it
    themselves. Raises UsageError for an unknown loader or an impossible time or host, DataError for a source that
    cannot be read or is empty, and Unrecognised when no loader knows it.
    """
    chosen = get(loader) if loader is not None else None
    context = _context(source, seen_at, host, columns or Columns())
    with about(source), ExitStack() as opened:
        stream = opened.enter_context(closing(Stream(source)))
        if stream.complete and not stream.head.strip():
            raise DataError("the file is empty")
        reading = Reading(source, stream, chosen or _recognised(Head(stream.head, stream.complete), context), context)
        opened.pop_all()
    return reading


def _context(
    source: Source, seen_at: int | None, host: tuple[str | None, int | None] | None, columns: Columns
) -> Context:
    now = int(time.time())
    try:
        name, number = host or (None, None)
        return Context(
            now=now,
            seen_at=None if seen_at is None else second(seen_at, now),
            host=None if name is None else canonical_host(name),
            port=None if number is None else checked_port(number),
            name=source.name,
            columns=columns,
        )
    except RecordError as error:
        raise UsageError(str(error)) from None


def _recognised(head: Head, context: Context) -> Loader:
    for loader in loaders():
        if loader.sniff(head):
            return loader
    if context.columns != Columns() and head.columns:  # whoever says what the columns mean says that it is a table
        return table.LOADER
    if head.is_table:
        raise Unrecognised(f"this is a table; {explained(head.columns)}")
    names = ", ".join(sorted(loader.name for loader in loaders()))
    raise Unrecognised(f"this is {head.seen()}{KNOWN_ARE}{names} (`cohabit load --list` says what each reads)")
