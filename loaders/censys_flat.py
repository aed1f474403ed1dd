"""The loader of Censys hosts flattened to CSV, one service a row.

Recognised: a header with a column that begins with `services.` or `host.services.`.
Read: `ip`, `services.port`, `services.scan_time` (or `services.observed_at`), version and model names, digests, sizes
and families of `services.endpoints.ollama`, country and autonomous system; `host.` before a column's name may be
there or not. Several values stand in one cell as a JSON list. Where lists of names and of another property differ in
length, nobody knows which belongs to which: the property is left out.
Ignored: all other columns.
Lenient: no list of the columns is published, so none but address, port and time is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from cohabit.loaders.bodies import Answer, listed_models
from cohabit.loaders.carrier import Context, Loader, Record, missing, observation
from cohabit.loaders.decoding import json_value
from cohabit.loaders.head import Head
from cohabit.loaders.records import Observation
from cohabit.loaders.streams import Stream
from cohabit.loaders.tables import rows
from cohabit.loaders.values import RecordError, host, port

_TIME_ZONE = re.compile(r" UTC$")  # BigQuery's way to write it
_OLLAMA = "services.endpoints.ollama"
_COLUMNS = {
    "port": "services.port",
    "scan_time": "services.scan_time",
    "observed_at": "services.observed_at",
    "version": f"{_OLLAMA}.version",
    "name": f"{_OLLAMA}.models.name",
    "digest": f"{_OLLAMA}.models.digest",
    "size": f"{_OLLAMA}.models.size",
    "family": f"{_OLLAMA}.models.family",
    "country_code": "location.country_code",
    "country": "location.country",
    "asn": "autonomous_system.asn",
    "as_name": "autonomous_system.name",
}


class _Row(msgspec.Struct, rename=_COLUMNS):
    ip: str = ""
    port: str = ""
    scan_time: str = ""
    observed_at: str = ""
    version: str = ""
    name: str = ""
    digest: str = ""
    size: str = ""
    family: str = ""
    country_code: str = ""
    country: str = ""
    asn: str = ""
    as_name: str = ""


def _bare(heading: str) -> str:
    return heading.strip().removeprefix("host.")


def _sniff(head: Head) -> bool:
    return any(_bare(column).startswith("services.") for column in head.columns)


def _parse(row: _Row, context: Context) -> Sequence[Observation]:
    if missing(row.ip):
        raise RecordError('no address: "ip" is missing')
    seen = observation(
        _answer(row),
        host=host(row.ip),
        port=port(row.port),
        seen_at=context.second(_TIME_ZONE.sub("+00:00", row.scan_time or row.observed_at), "services.scan_time"),
        country_code=row.country_code,
        country=row.country,
        asn=row.asn,
        as_name=row.as_name,
    )
    return (seen,)


def _answer(row: _Row) -> Answer | None:
    names = _values(row.name)
    if names is None:
        return Answer("ollama", row.version) if row.version else None
    entries: list[object] = [{"name": name} for name in names]
    columns = {key: _values(getattr(row, key)) for key in ("digest", "size", "family")}
    for key, values in columns.items():
        if values is not None and len(values) == len(names):
            for entry, value in zip(entries, values, strict=True):
                if isinstance(entry, dict):
                    entry |= {"details": {"family": value}} if key == "family" else {key: value}
    return Answer("ollama", row.version or None, listed_models(entries))


def _values(cell: str) -> list[object] | None:
    """Return the values of a cell: a JSON list, or the one text; None for an empty cell."""
    if missing(cell):
        return None
    try:
        value = json_value(cell.encode("utf-8", "surrogatepass"))
    except RecordError:
        value = cell
    return value if isinstance(value, list) else [cell if isinstance(value, dict) else value]


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    return rows(stream, context, _Row, _parse, renamed=_bare)


LOADER = Loader(name="censys-flat", title="Censys hosts flattened to CSV", sniff=_sniff, read=_read)
