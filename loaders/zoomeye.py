"""The loader of ZoomEye's answers, of both versions of its interface.

Recognised: a page with `code` and objects with `ip` in `data` (version 2), or with objects with `portinfo` in
`matches` (version 1); also those objects alone, one a line.
Read: `ip`, `port`, `update_time` or `timestamp`, product and version, country, autonomous system and organisation
(nested or with a dot in the key), and the answer in `banner`.
Ignored: all other fields.
Lenient: no full list of the fields of version 2 is public, so all but address and port may be missing; times without
a zone are taken as UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cohabit.loaders.bodies import http_response
from cohabit.loaders.carrier import Context, Loader, json_records, missing, observation, page_of
from cohabit.loaders.decoding import json_value
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of, mapping
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, host, kind, port


def _sniff(head: Head) -> bool:
    for record in head.records:
        data, matches = record.get("data"), record.get("matches")
        if isinstance(matches, list) and any("portinfo" in mapping(one) for one in matches[:5]):
            return True
        if record.get("code") == 60000 and isinstance(data, list) and all("ip" in mapping(one) for one in data[:5]):
            return True
        if "portinfo" in record and "ip" in record:
            return True
    return False


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    one = json_value(raw)
    if not isinstance(one, dict):
        raise RecordError(f"{kind(one)}, not a JSON object")
    info = mapping(one.get("portinfo")) or one
    geo = mapping(one.get("geoinfo")) or one
    if missing(one.get("ip")):
        raise RecordError('no address: "ip" is missing')
    number = info.get("port")
    if missing(number):
        raise RecordError('no port: "port" is missing')
    headers, body = http_response(info["banner"]) if isinstance(info.get("banner"), str) else ({}, "")
    country = geo.get("country")
    moment = one.get("update_time")
    seen = observation(
        answer_of(body, None, headers),
        host=host(one["ip"]),
        port=port(number),
        seen_at=context.second(one.get("timestamp") if missing(moment) else moment, "update_time"),
        software=info.get("product") or info.get("app"),
        version=info.get("version"),
        country_code=mapping(country).get("code") or geo.get("country.code"),
        country=_english(country) or geo.get("country.name"),
        asn=geo.get("asn"),
        org=geo.get("organization") or geo.get("organization.name"),
    )
    return (seen,)


def _english(country: object) -> Any:
    return mapping(mapping(country).get("names")).get("en") if isinstance(country, dict) else country


LOADER = Loader(
    name="zoomeye",
    title="ZoomEye answers (version 1 and 2)",
    sniff=_sniff,
    read=json_records(_parse, page_of(("matches",), ("data",))),
)
