"""The loader of FOFA's answers: rows without keys, in the order of the fields that were asked for.

Recognised: an object with `results`, an array of arrays (or of texts), and one of `mode`, `query`; an error answer.
Read: the fields `host` (a URL or a name with its port), `ip`, `port`, `country`, `country_name`, `as_number`,
`as_organization`, `server`, `product`, `header`, `banner` and `lastupdatetime`. The answer does not repeat which
fields were asked for: `--columns ip,port,host,lastupdatetime` says so; without it they are FOFA's default,
`host,ip,port`.
Ignored: all other fields; an answer with `error` true is rejected with FOFA's own words.
Lenient: times have no zone and are those of China (UTC+8), as far as is known; the time is needed, from
`lastupdatetime` or `--seen-at`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import count

from cohabit.loaders.bodies import http_response
from cohabit.loaders.carrier import Context, Loader, Record, Unrecognised, json_records, missing, observation
from cohabit.loaders.decoding import json_value
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of
from cohabit.loaders.records import Observation
from cohabit.loaders.streams import Stream
from cohabit.loaders.values import RecordError, endpoint, host, port, shown

_DEFAULT = ("host", "ip", "port")
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def _sniff(head: Head) -> bool:
    return any(
        (isinstance(record.get("results"), list) and ("mode" in record or "query" in record))
        or (record.get("error") is True and "errmsg" in record)
        for record in head.records
    )


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    number = count()
    # Only a first page of other rows refuses the file: an odd one further on must not cost the rest.
    return json_records(_parse, lambda raw: _page(raw, told=bool(context.columns.order) or next(number) > 0))(
        stream, context
    )


def _page(raw: bytes, *, told: bool) -> list[bytes] | None:
    page = json_value(raw)
    if not isinstance(page, dict) or page.get("error") is True or not isinstance(page.get("results"), list):
        return None
    rows = page["results"]
    if rows and not told and not any(isinstance(row, list) and len(row) == len(_DEFAULT) for row in rows):
        size = len(rows[0]) if isinstance(rows[0], list) else "no"
        raise Unrecognised(
            f"FOFA rows of {size} fields, which do not say what they are: give the fields that were asked "
            "for, in their order, such as --columns ip,port,host,lastupdatetime"
        )
    return [json.dumps(row).encode() for row in rows]


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    row = json_value(raw)
    if isinstance(row, dict):
        raise RecordError(f"FOFA answers with an error: {shown(row.get('errmsg'))}")
    order = context.columns.order or _DEFAULT
    cells = row if isinstance(row, list) else [row]
    if len(cells) != len(order):
        raise RecordError(f"{len(cells)} fields, but {len(order)} are expected ({','.join(order)}): give --columns")
    said = {name: cell for name, cell in zip(order, cells, strict=True) if not missing(cell)}
    where, number = _host(said, context)
    moment = said.get("lastupdatetime")
    if isinstance(moment, str) and _NO_ZONE.fullmatch(moment):
        moment += "+08:00"
    banner = f"{said['header']}\r\n\r\n" if isinstance(said.get("header"), str) else ""
    headers, body = http_response(f"{banner}{said.get('banner', '')}")
    seen = observation(
        answer_of(body, None, headers),
        host=where,
        port=number,
        seen_at=context.second(moment, "lastupdatetime"),
        software=said.get("product"),
        country_code=said.get("country"),
        country=said.get("country_name"),
        asn=said.get("as_number"),
        as_name=said.get("as_organization"),
    )
    return (seen,)


def _host(said: dict[str, object], context: Context) -> tuple[str, int]:
    address, number = said.get("ip"), said.get("port")
    url = said.get("host")
    if (address is None or number is None) and isinstance(url, str):
        name, asked = endpoint(url if "://" in url else f"http://{url}")
        address, number = address or name, number or asked
    number = number or context.port
    if address is None or number is None:
        raise RecordError('no address: neither "ip" nor "host" is among the fields; --columns names them in order')
    return host(address), port(number)


LOADER = Loader(
    name="fofa",
    title="FOFA answers (rows; --columns says which fields were asked for)",
    sniff=_sniff,
    read=_read,
)
