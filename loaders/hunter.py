"""The loader of the answers of Hunter and of Quake, two engines of one shape.

Recognised: a page with an array `data.arr` (Hunter), or with `data` beside `meta.pagination` (Quake).
Read: `ip` (else `domain` or `hostname`), `port`, `updated_at` or `time`, the first `component` as software,
`country`, `asn`, `as_org`, `isp`, and the answer in `banner`.
Ignored: all other fields; an error is rejected with the engine's own words.
Lenient: names of places can be in Chinese and are then not recognised; a date without a time is its midnight; times
without a zone are taken as UTC.
"""

from __future__ import annotations

from collections.abc import Sequence

from cohabit.loaders.bodies import http_response
from cohabit.loaders.carrier import Context, Loader, json_records, missing, observation, page_of
from cohabit.loaders.decoding import json_value
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of, mapping
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, host, kind, port, shown


def _sniff(head: Head) -> bool:
    return any(
        "arr" in mapping(record.get("data"))
        or (isinstance(record.get("data"), list) and "pagination" in mapping(record.get("meta")))
        for record in head.records
    )


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
    components = one.get("component")
    first = mapping(components[0]) if isinstance(components, list) and components else {}
    headers, body = http_response(one["banner"]) if isinstance(one.get("banner"), str) else ({}, "")
    moment = one.get("updated_at")
    seen = observation(
        answer_of(body, None, headers),
        host=host(address),
        port=port(one["port"]),
        seen_at=context.second(one.get("time") if missing(moment) else moment, "updated_at"),
        software=first.get("name"),
        version=first.get("version"),
        country=one.get("country"),
        asn=one.get("asn"),
        as_name=one.get("as_org"),
        org=one.get("isp"),
    )
    return (seen,)


LOADER = Loader(
    name="hunter",
    title="Hunter and Quake answers",
    sniff=_sniff,
    read=json_records(_parse, page_of(("data", "arr"), ("data",))),
)
