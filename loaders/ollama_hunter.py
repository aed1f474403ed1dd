"""The loader of what the tools called «ollama hunter» write: a text, a JSON array, an SQLite database.

Recognised: a text of lines `ADDRESS:` with lines ` - MODEL` under each; a JSON array of objects with `ip_address`,
`last_seen` and `models`; an SQLite database with the tables `hosts` (`ip_address`) and `models` (`host_id`).
Read: the address, the country's name, `last_seen` (without a zone: UTC), and of each model the name, `parameter_size`
and `quantization_level`. None of them says a port: it is Ollama's, 11434, unless `--host :PORT` gives another. The
text has no time: `--seen-at` gives it.
Ignored: speed, whether the host was alive at the last check, when a model was pulled.
Lenient: a block of the text is one record, numbered by its first line. A database is read from a copy of it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import msgspec

from cohabit.errors import DataError
from cohabit.loaders.bodies import Answer, listed_models
from cohabit.loaders.carrier import Context, Loader, Record, json_records, missing, observation, records
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head
from cohabit.loaders.pieces import LIMIT, Piece, lines
from cohabit.loaders.records import Observation
from cohabit.loaders.streams import Stream
from cohabit.loaders.values import RecordError, host

_PORT = 11434
_SQLITE = b"SQLite format 3\x00"
_ADDRESS = re.compile(rb"(\S+):\s*")
_MODEL = re.compile(rb"\s+-\s+(.*\S)\s*")


class _Host(msgspec.Struct):
    ip_address: Any = None
    country: Any = None
    last_seen: Any = None
    models: Any = None


_decode = object_decoder(_Host)


def _sniff(head: Head) -> bool:
    if head.data.startswith(_SQLITE):
        return b"ip_address" in head.data and b"host_id" in head.data
    if any({"ip_address", "last_seen", "models"} <= record.keys() for record in head.records):
        return True
    first, _, rest = head.data.lstrip().partition(b"\n")
    return bool(_ADDRESS.fullmatch(first) and _MODEL.fullmatch(rest.partition(b"\n")[0]))


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    if stream.head.startswith(_SQLITE):
        return records(_rows(stream), _parse, context)
    if stream.head.lstrip()[:1] in (b"[", b"{"):
        return json_records(_parse)(stream, context)
    return records(_blocks(stream), _parse, context)


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    found = _decode(raw)
    if missing(found.ip_address):
        raise RecordError('no address: "ip_address" is missing')
    entries = found.models
    if isinstance(entries, list):
        entries = [_entry(one) for one in entries]
    listing = listed_models(entries)
    seen = observation(
        Answer("ollama", None, listing),
        host=host(found.ip_address),
        port=context.port or _PORT,
        seen_at=context.second(found.last_seen, "last_seen"),
        country=found.country,
    )
    return (seen,)


def _entry(model: object) -> object:
    return {"name": model.get("name"), "details": model} if isinstance(model, dict) else model


def _blocks(stream: Stream) -> Iterator[Piece]:
    """Turn each block of the text into the JSON object that the other tool writes."""
    start, address = 0, None
    models: list[str] = []
    for number, raw, whole in lines(stream.read):
        model = _MODEL.fullmatch(raw) if whole else None
        if model and address is not None:
            models.append(model[1].decode("utf-8", "replace"))
            continue
        if address is not None:
            yield _block(start, address, models)
        named = _ADDRESS.fullmatch(raw.strip()) if whole else None
        start, address, models = number, named[1].decode("utf-8", "replace") if named else None, []
        if named is None:
            yield number, raw, whole
    if address is not None:
        yield _block(start, address, models)


def _block(number: int, address: str, models: list[str]) -> Piece:
    raw = json.dumps({"ip_address": address, "models": models}).encode()
    return number, raw, len(raw) <= LIMIT


def _rows(stream: Stream) -> Iterator[Piece]:
    """Turn each host of a database into that object too."""
    with stream.as_file() as file:
        try:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
                # What is no UTF-8, or no text, costs its own record at most, as in every other format.
                connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
                hosts = connection.execute(
                    "SELECT h.ip_address, h.country, h.last_seen, json_group_array(json_object('name', "
                    "CAST(m.name AS TEXT), 'parameter_size', CAST(m.parameter_size AS TEXT), 'quantization_level', "
                    "CAST(m.quantization_level AS TEXT))) FILTER (WHERE m.host_id IS NOT NULL) "
                    "FROM hosts AS h LEFT JOIN models AS m ON m.host_id = h.id GROUP BY h.id ORDER BY h.id"
                )
                for number, (address, country, last_seen, models) in enumerate(hosts, 1):
                    row = json.dumps({"ip_address": address, "country": country, "last_seen": last_seen}, default=str)
                    yield number, f'{row[:-1]}, "models": {models or "[]"}}}'.encode("utf-8", "surrogateescape"), True
        except sqlite3.Error as error:
            raise DataError(f"the SQLite database cannot be read ({error}); nothing of it is loaded") from None


LOADER = Loader(
    name="ollama-hunter",
    title="results of the «ollama hunter» tools (text, JSON, SQLite)",
    sniff=_sniff,
    read=_read,
)
