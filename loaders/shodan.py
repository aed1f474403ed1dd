"""The loader of Shodan's banners: what `shodan download` writes, and the answers of its search and host look-up.

Recognised: an object with `ip_str`, `port` and one of `_shodan`, `opts`; a page with such objects in `matches`, or a
host with them in `data`.
Read: the host (`ipv6`, else `ip_str`), `port`, `timestamp` (without a zone: UTC), the answer (`http.html`, asked at
`http.location`; else what follows the headers in `data`), `product` and `version`, `asn`, `org`, `isp` (as the name
of the network), country from `location`.
Ignored: everything else of a banner: certificates, vulnerabilities, host names, coordinates.
Lenient: an object `ollama` (no source shows one) is read as `version` and `models`, beside the answer where that shows
a list too; every field but address, port and time may be missing, as downloads can be cut down to some fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cohabit.loaders.bodies import Answer, http_response, listed_models
from cohabit.loaders.carrier import Context, Loader, json_records, missing, observation, page_of
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of, beside, mapping
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, Texts, host, port


class _Banner(msgspec.Struct):
    ip_str: Any = None
    ipv6: Any = None
    port: Any = None
    timestamp: Any = None
    data: Any = None
    http: Any = None
    ollama: Any = None
    product: Any = None
    version: Any = None
    asn: Any = None
    org: Any = None
    isp: Any = None
    location: Any = None


_decode = object_decoder(_Banner)


def _sniff(head: Head) -> bool:
    if any(record.get("matches") == [] and "total" in record for record in head.records):
        return True  # a search that found nothing
    return any(
        "ip_str" in one and "port" in one and ("_shodan" in one or "opts" in one)
        for record in head.records
        for inner in (record.get("matches"), record.get("data"), [record])
        for one in map(mapping, inner[:3] if isinstance(inner, list) else [])
    )


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    banner = _decode(raw)
    address = banner.ip_str if missing(banner.ipv6) else banner.ipv6
    if missing(address):
        raise RecordError('no address: "ip_str" is missing')
    if missing(banner.port):
        raise RecordError('no port: "port" is missing')
    location = mapping(banner.location)
    said: dict[str, Any] = {
        "host": host(address),
        "port": port(banner.port),
        "seen_at": context.second(banner.timestamp, "timestamp"),
        "software": banner.product,
        "version": banner.version,
        "country_code": location.get("country_code"),
        "country": location.get("country_name"),
        "asn": banner.asn,
        "as_name": banner.isp,
        "org": banner.org,
    }
    return [observation(answer, **said) for answer in beside(_section(banner), _answer(banner))]


def _section(banner: _Banner) -> Answer | None:
    if not isinstance(banner.ollama, dict):
        return None
    version = Texts().take(banner.ollama.get("version"))
    return Answer("ollama", version, listed_models(banner.ollama.get("models")))


def _answer(banner: _Banner) -> Answer | None:
    headers, body = http_response(banner.data) if isinstance(banner.data, str) else ({}, "")
    http = mapping(banner.http)
    html = http.get("html")
    return answer_of(body if missing(html) else html, http.get("location"), headers)


LOADER = Loader(
    name="shodan",
    title="Shodan banners (downloads, pages of a search, look-ups of a host)",
    sniff=_sniff,
    read=json_records(_parse, page_of(("matches",), ("data",))),
)
