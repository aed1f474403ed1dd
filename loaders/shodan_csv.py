"""The loader of Shodan's CSV (`shodan convert FILE csv`).

Recognised: a header that begins with `data,hostnames,ip,ip_str`.
Read: the host (`ipv6`, else `ip_str`), `port`, `timestamp`, `product`, `version`, `asn`, `org`, `isp`, the country.
An answer is read from `html`, or from what follows the headers in `data`; but the converter leaves `html` empty for
banners of today, so that such a file says nothing of models: `load` then says so. Load the download itself,
`.json.gz`, instead.
Ignored: all other columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from cohabit.loaders.bodies import http_response
from cohabit.loaders.carrier import Context, Loader, Record, missing, observation
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of
from cohabit.loaders.records import Observation
from cohabit.loaders.streams import Stream
from cohabit.loaders.tables import rows
from cohabit.loaders.values import RecordError, host, port

_HEADER = ["data", "hostnames", "ip", "ip_str"]


class _Row(msgspec.Struct, rename={"country_code": "location.country_code", "country": "location.country_name"}):
    data: str = ""
    ip_str: str = ""
    ipv6: str = ""
    port: str = ""
    timestamp: str = ""
    product: str = ""
    version: str = ""
    html: str = ""
    asn: str = ""
    org: str = ""
    isp: str = ""
    country_code: str = ""
    country: str = ""


def _sniff(head: Head) -> bool:
    return head.columns[:4] == _HEADER


def _parse(row: _Row, context: Context) -> Sequence[Observation]:
    address = row.ipv6 or row.ip_str
    if missing(address):
        raise RecordError('no address: "ip_str" is missing')
    headers, body = http_response(row.data)
    seen = observation(
        answer_of(row.html or body, None, headers),
        host=host(address),
        port=port(row.port),
        seen_at=context.second(row.timestamp, "timestamp"),
        software=row.product,
        version=row.version,
        country_code=row.country_code,
        country=row.country,
        asn=row.asn,
        as_name=row.isp,
        org=row.org,
    )
    return (seen,)


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    return rows(stream, context, _Row, _parse)


LOADER = Loader(
    name="shodan-csv",
    title="Shodan CSV (mostly without model lists)",
    sniff=_sniff,
    read=_read,
    note="no model list was seen, as Shodan's CSV leaves the answers out; load the download itself (.json.gz) instead",
)
