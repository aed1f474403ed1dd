"""The loader of the answers of Hunter and of Quake, two engines of one shape.

Recognised: a page with an array `data.arr` (Hunter), or with `data` beside `meta.pagination` (Quake).
Read: `ip` (else `domain` or `hostname`), `port`, `updated_at` or `time`, the first `component` as software,
`country`, `asn`, `as_org`, `isp`, and the answer in `banner`.
Ignored: all other fields; an error is rejected with the engine's own words, a page without results is empty.
Lenient: what Quake says beyond address and port has no certain source: `components`, `location`, `org` and the answer
in `service.http.body` or `service.response` are read where they are. Names of places can be in Chinese and are then
not recognised; a date without a time is its midnight; times without a zone are taken as UTC.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from cohabit.loaders.bodies import http_response
from cohabit.loaders.carrier import Context, Loader, json_records, missing, observation, page_of
from cohabit.loaders.decoding import json_value
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of, mapping
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, host, kind, port, shown

_NO_RESULTS = re.compile(rb'"arr"\s*:\s*null')
_pages = page_of(("data", "arr"), ("data",))


def _sniff(head: Head) -> bool:
    return any(
        "arr" in mapping(record.get("data"))
        or (isinstance(record.get("data"), list) and "pagination" in mapping(record.get("meta")))
        for record in head.records
    )


def _page(raw: bytes) -> Sequence[bytes | msgspec.Raw] | None:
    if _NO_RESULTS.search(raw):
        page = mapping(json_value(raw))
        if "ip" not in page and page.get("code") == 200 and mapping(page.get("data")).get("arr", ...) is None:
            return []
    return _pages(raw)


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    one = json_value(raw)
    if not isinstance(one, dict):
        raise RecordError(f"{kind(one)}, not a JSON object")
    if "code" in one and "ip" not in one:
        raise RecordError(f"the page has no results: {shown(one.get('message', one.get('msg')))}")
    address = next((one[key] for key in ("ip", "domain", "hostname") if not missing(one.get(key))), None)
    if address is None:
        raise RecordError('no address: "ip" is missing')
    if missing(one.get("port")):
        raise RecordError('no port: "port" is missing')
    service, place = mapping(one.get("service")), mapping(one.get("location"))
    component = _first(one.get("component")) or _first(one.get("components"))
    banner = service.get("response") if missing(one.get("banner")) else one["banner"]
    headers, body = http_response(banner) if isinstance(banner, str) else ({}, "")
    http = mapping(service.get("http"))
    moment = one.get("updated_at")
    seen = observation(
        answer_of(body if missing(http.get("body")) else http["body"], http.get("path"), headers),
        host=host(address),
        port=port(one["port"]),
        seen_at=context.second(one.get("time") if missing(moment) else moment, "updated_at"),
        software=component.get("name") or component.get("product_name_en"),
        version=component.get("version"),
        country_code=place.get("country_code"),
        country=one.get("country") or place.get("country_en"),
        asn=one.get("asn"),
        as_name=one.get("as_org") or one.get("org"),
        org=one.get("isp"),
    )
    return (seen,)


def _first(components: object) -> dict[str, Any]:
    return mapping(components[0]) if isinstance(components, list) and components else {}


LOADER = Loader(
    name="hunter",
    title="Hunter and Quake answers",
    sniff=_sniff,
    read=json_records(_parse, _page),
)
