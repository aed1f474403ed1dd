"""The loader of LeakIX events (l9format): NDJSON, one event a line.

Recognised: an object with `event_type`, `event_source` and `ip`.
Read: `ip` (else `host`), `port`, `time`, name and version of `service.software`, country from `geoip`, autonomous
system and organisation from `network`, and the answer in `summary`, with `http.url` as its path.
Ignored: `service.credentials` and `leak`, which can hold secrets, certificates, and all other fields. Empty texts and
the year 1 stand for what is not known. Of a rejected event neither those two nor `summary` are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cohabit.loaders.bodies import http_response
from cohabit.loaders.carrier import Context, Loader, json_records, missing, observation
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of, headers_of, mapping
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, host, port

_ZERO = "0001-01-01"
_PRIVATE = frozenset({"credentials", "leak", "summary"})


class _Event(msgspec.Struct):
    ip: Any = None
    host: Any = None
    port: Any = None
    time: Any = None
    http: Any = None
    summary: Any = None
    service: Any = None
    geoip: Any = None
    network: Any = None


_decode = object_decoder(_Event)


def _sniff(head: Head) -> bool:
    return any({"event_type", "event_source", "ip"} <= record.keys() for record in head.records)


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    event = _decode(raw)
    address = event.host if missing(event.ip) else event.ip
    if missing(address):
        raise RecordError('no address: "ip" is missing')
    if missing(event.port):
        raise RecordError('no port: "port" is missing')
    headers, body = http_response(event.summary) if isinstance(event.summary, str) else ({}, "")
    http = mapping(event.http)
    software = mapping(mapping(event.service).get("software"))
    place, network = mapping(event.geoip), mapping(event.network)
    unknown = isinstance(event.time, str) and event.time.startswith(_ZERO)
    seen = observation(
        answer_of(body, http.get("url"), headers or headers_of(http.get("header"))),
        host=host(address),
        port=port(event.port),
        seen_at=context.second(None if unknown else event.time, "time"),
        software=software.get("name"),
        version=software.get("version"),
        country_code=place.get("country_iso_code"),
        country=place.get("country_name"),
        asn=network.get("asn"),
        as_name=network.get("organization_name"),
    )
    return (seen,)


LOADER = Loader(
    name="leakix",
    title="LeakIX events (l9format)",
    sniff=_sniff,
    read=json_records(_parse, private=_PRIVATE),
)
