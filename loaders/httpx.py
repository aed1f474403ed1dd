"""The loader of httpx's output (the probe by ProjectDiscovery, not the Python library): JSONL or CSV.

Recognised: keys or columns `url` and `input`, with `status_code`, `failed`, `words` or `lines`.
Read: the host (`host_ip`, else `host`, which older versions give the address in, else the URL's), `port` (else the
URL's), `timestamp`, the network (`asn`), and the answer: `body` (`-include-response`; also base64), the path asked for,
`header` or `webserver`.
Ignored: rows with `failed` (rejected); bodies that came from another host or port after redirects (`final_url`);
titles, technologies and hashes; `asn.as_country`, because a network's country is not where the host is.
Lenient: CSV has no body in most versions; where it has one, it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from cohabit.loaders.bodies import Answer
from cohabit.loaders.carrier import Context, Loader, Record, json_records, missing, observation
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of, headers_of, mapping, path_of
from cohabit.loaders.records import Observation
from cohabit.loaders.streams import Stream
from cohabit.loaders.tables import rows
from cohabit.loaders.values import RecordError, endpoint, host, port, shown

_MARKS = frozenset({"status_code", "failed", "words", "lines"})


class _Row(msgspec.Struct):
    timestamp: Any = None
    url: Any = None
    host: Any = None
    host_ip: Any = None
    port: Any = None
    path: Any = None
    final_url: Any = None
    failed: Any = None
    error: Any = None
    body: Any = None
    header: Any = None
    webserver: Any = None
    asn: Any = None


_decode = object_decoder(_Row)


def _sniff(head: Head) -> bool:
    return any({"url", "input"} <= keys and keys & _MARKS for keys in (*map(set, head.records), {*head.columns}))


def _read(stream: Stream, context: Context) -> Iterator[Record]:
    if stream.head.lstrip()[:1] not in (b"{", b"[") and "url" in Head(stream.head, stream.complete).columns:
        return rows(stream, context, _Row, _parse)
    return json_records(lambda raw, known: _parse(_decode(raw), known))(stream, context)


def _parse(row: _Row, context: Context) -> Sequence[Observation]:
    if row.failed is True or row.failed == "true":
        raise RecordError("the request failed" + (f": {shown(row.error)}" if row.error else ""))
    address = row.host if missing(row.host_ip) else row.host_ip
    number = row.port
    if missing(address) or missing(number):
        if missing(row.url):
            raise RecordError('no address or port: "host_ip", "port" and "url" are missing')
        name, asked = endpoint(row.url)
        address = name if missing(address) else address
        number = asked if missing(number) else number
    network = mapping(row.asn)
    found = observation(
        _answer(row),
        host=host(address),
        port=port(number),
        seen_at=context.second(row.timestamp, "timestamp"),
        asn=network.get("as_number"),
        as_name=network.get("as_name"),
    )
    return (found,)


def _answer(row: _Row) -> Answer | None:
    if missing(row.body):
        return None
    path = path_of(row.url) if missing(row.path) else row.path
    if not missing(row.final_url):
        try:
            if endpoint(row.final_url) != endpoint(row.url):
                return None
        except RecordError:
            return None
        path = path_of(row.final_url)
    headers = headers_of(row.header)
    if isinstance(row.webserver, str):
        headers.setdefault("server", row.webserver)
    return answer_of(row.body, path, headers)


LOADER = Loader(
    name="httpx",
    title="httpx results (JSONL or CSV), bodies with -include-response",
    sniff=_sniff,
    read=_read,
)
