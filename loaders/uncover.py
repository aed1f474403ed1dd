"""The loader of uncover's output: hosts and ports that several search engines know of.

Recognised: an object with exactly the keys `timestamp`, `source`, `ip`, `port`, `host`, `url`.
Read: `ip` (else `host`), `port`, `timestamp` (seconds since 1970). No list of models was seen.
Ignored: `source` and `url`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cohabit.loaders.carrier import Context, Loader, json_records, missing, observation
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, host, port

_KEYS = {"timestamp", "source", "ip", "port", "host", "url"}


class _Found(msgspec.Struct):
    ip: Any = None
    host: Any = None
    port: Any = None
    timestamp: Any = None


_decode = object_decoder(_Found)


def _sniff(head: Head) -> bool:
    return any(record.keys() == _KEYS for record in head.records)


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    found = _decode(raw)
    address = found.host if missing(found.ip) else found.ip
    if missing(address):
        raise RecordError('no address: "ip" is missing')
    if missing(found.port):
        raise RecordError('no port: "port" is missing')
    seen_at = context.second(found.timestamp, "timestamp")
    return (observation(None, host=host(address), port=port(found.port), seen_at=seen_at),)


LOADER = Loader(name="uncover", title="uncover results (hosts and ports only)", sniff=_sniff, read=json_records(_parse))
