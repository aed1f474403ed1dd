"""The loader of masscan's output as JSON or NDJSON (its XML is read like Nmap's).

Recognised: an object with `ip` and `timestamp`, and either a list `ports` or a `rec_type`.
Read: `ip`, `timestamp`, and every open TCP port; a banner of HTTP is read as an answer (without a path).
Ignored: ports that are closed or not TCP (a record without another is rejected), ttl, reason, other banners.
Lenient: what masscan writes is often no valid JSON: a comma too many, a missing bracket at the end, a last
`{finished: 1}`, and `\\x0d` in banners. Objects are therefore taken one by one, each line for itself where a line is
one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from cohabit.loaders.bodies import Answer, http_response
from cohabit.loaders.carrier import Context, Loader, Record, json_records, missing, observation, records
from cohabit.loaders.decoding import json_value, object_decoder
from cohabit.loaders.head import LOOKED_AT, Head
from cohabit.loaders.http import answer_of, mapping
from cohabit.loaders.pieces import Piece, lines
from cohabit.loaders.records import Observation
from cohabit.loaders.streams import Stream
from cohabit.loaders.values import RecordError, host, port

_END = re.compile(rb"\{\s*finished\s*:\s*\d+\s*\}")
_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")
_ESCAPED = re.compile(r"\\x([0-9A-Fa-f]{2})")


class _Event(msgspec.Struct):
    ip: Any = None
    timestamp: Any = None
    ports: Any = None
    rec_type: Any = None
    port: Any = None
    proto: Any = None
    data: Any = None


_decode = object_decoder(_Event)


def _sniff(head: Head) -> bool:
    found = head.records or Head(_mended(head.data), head.complete).records
    return any(
        "ip" in event and "timestamp" in event and (isinstance(event.get("ports"), list) or "rec_type" in event)
        for event in found
    )


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    # Its own layout is an object a line: by line, damage costs one record. Other layouts come from other tools.
    own = any(b'"ip"' in line and _is_object(_bare(line)) for line in stream.head.split(b"\n")[:LOOKED_AT])
    return records(_events(stream), _parse, context) if own else json_records(_parse)(stream, context)


def _events(stream: Stream) -> Iterator[Piece]:
    """Yield the lines that are objects, without the brackets and commas of the array around them."""
    for number, raw, whole in lines(stream.read):
        bare = _bare(raw)
        if bare and not _END.fullmatch(bare):
            yield number, bare, whole


def _bare(piece: bytes) -> bytes:
    return piece.lstrip(b" \t\r\n,[").rstrip(b" \t\r\n,]")


def _is_object(data: bytes) -> bool:
    try:
        return isinstance(json_value(_mended(data)), dict)
    except RecordError:
        return False


def _mended(data: bytes) -> bytes:
    """Return JSON with `\\x0d` in texts, which JSON does not have, as `\\u000d`."""
    return _ESCAPE.sub(rb"\1\\u00\2", data) if rb"\x" in data else data


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    event = _decode(_mended(raw))
    address = context.host if missing(event.ip) else event.ip
    if address is None:
        raise RecordError('no address: "ip" is missing')
    where = host(address)
    seen_at = context.second(event.timestamp, "timestamp")
    if isinstance(event.ports, list):
        ports = [(mapping(one), mapping(one), mapping(mapping(one).get("service"))) for one in event.ports]
    else:
        data = mapping(event.data)
        ports = [({"port": event.port, "proto": event.proto}, data, data)]
    found = [
        observation(banner_answer(service.get("banner")), host=where, port=port(one.get("port")), seen_at=seen_at)
        for one, status, service in ports
        if one.get("proto") in (None, "tcp") and status.get("status") in (None, "open")
    ]
    if not found:
        raise RecordError("no open TCP port")
    return found


def banner_answer(banner: object) -> Answer | None:
    """Read a banner of HTTP, as masscan writes it: one character for each byte, some of them as `\\x0d`."""
    if not isinstance(banner, str) or "HTTP/" not in banner[:16]:
        return None
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), banner)
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    headers, body = http_response(text)
    return answer_of(body, None, headers)


LOADER = Loader(
    name="masscan",
    title="masscan results (JSON or NDJSON), open ports and banners",
    sniff=_sniff,
    read=_read,
)
