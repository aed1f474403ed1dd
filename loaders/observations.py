"""The loader of cohabit's own records: NDJSON, one observation a line.

```
{"ip": "192.0.2.7", "port": 11434, "timestamp": "2026-10-05T10:11:12Z", "country_code": "DE", "asn": 64500,
 "models": ["llama3.2:3b", {"name": "qwen2.5:7b", "digest": "…", "details": {"family": "qwen2"}}]}
```

Recognised: one object a line with a host, `port`, and `models` or no keys but those of this format.
Read: the host (`ip`, else `address`, else `ip_str`: an address or a DNS name), `port`, the time (`timestamp`, else
`seen_at`); `models`, a list of names or of Ollama's `/api/tags` entries, where `[]` is an empty list, and null or no
such key says that no list was seen (unlike in an answer of Ollama itself, where null is an empty list);
`country_code`, `country`, `asn`, `as_name`, `org`, `provider_kind`, `software`, `version`, `simulated`. Without
`software` it is "ollama" where the models show that.
Ignored: all other keys, and optional values of the wrong type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cohabit.loaders.bodies import listed_models
from cohabit.loaders.carrier import Context, Loader, json_lines, missing
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head, objects
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, Texts, asn, host, port


class _Line(msgspec.Struct):
    ip: Any = None
    address: Any = None
    ip_str: Any = None
    port: Any = None
    timestamp: Any = None
    seen_at: Any = None
    country_code: Any = None
    country: Any = None
    asn: Any = None
    as_name: Any = None
    org: Any = None
    provider_kind: Any = None
    software: Any = None
    version: Any = None
    simulated: Any = None
    models: msgspec.Raw = msgspec.Raw()


_decode = object_decoder(_Line)
_KEYS = frozenset(_Line.__struct_fields__)
_HOST_KEYS = frozenset({"ip", "address", "ip_str"})


def _sniff(head: Head) -> bool:
    # Other scanners' records have an address and a port too, and a list of models that would be lost here: without
    # `models`, only records with no key but ours are taken.
    return any(
        "port" in line and line.keys() & _HOST_KEYS and ("models" in line or line.keys() <= _KEYS)
        for line in objects(head.lines)
    )


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    line = _decode(raw)
    where, number = _endpoint(line, context)
    seen_at = context.second(line.seen_at if missing(line.timestamp) else line.timestamp, "timestamp")
    listing = listed_models(line.models)
    texts = Texts()
    observation = Observation(
        host=where,
        port=number,
        seen_at=seen_at,
        models=listing.models,
        software=texts.take(line.software) or listing.software,
        version=texts.take(line.version),
        country_code=texts.take(line.country_code),
        country=texts.take(line.country),
        asn=asn(line.asn),
        as_name=texts.take(line.as_name),
        org=texts.take(line.org),
        provider_kind=texts.take(line.provider_kind),
        simulated=line.simulated is True,
        dropped=listing.dropped,
        replaced=listing.replaced + texts.replaced,
    )
    return (observation,)


def _endpoint(line: _Line, context: Context) -> tuple[str, int]:
    address = line.ip
    if missing(address):
        address = line.ip_str if missing(line.address) else line.address
    if missing(address):
        address = context.host
    if address is None:
        raise RecordError('no address: "ip" is missing')
    number = context.port if missing(line.port) else line.port
    if number is None:
        raise RecordError('no port: "port" is missing')
    return host(address), port(number)


LOADER = Loader(
    name="observations",
    title="NDJSON, one object a line with ip, port, timestamp and models",
    sniff=_sniff,
    read=json_lines(_parse),
)
