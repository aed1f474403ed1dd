"""The loader of ZGrab2's output: NDJSON, one host a line, with the results of one or several scans in `data`.

Recognised: an object whose `data` holds an object with `status` and `protocol`.
Read: every scan with `protocol` "http", whatever its name: the host (`ip`, else `domain`), `port` (else that of the
request's URL), `timestamp`, and the answer (`body`, also as base64; path from the request's URL; headers). After
redirects it is the last answer that came from the scanned host itself. A scan without an answer is no observation; a
line without any answer is rejected, with the status of the scan.
Ignored: scans of other protocols, certificates, hashes, answers of other hosts that a redirect led to.
Lenient: an answer counts also where the status is not "success" (a redirect too many, a body that broke off); the
version of HTTP may be an object or a text, as it is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cohabit.loaders.carrier import Context, Loader, json_records, missing, observation
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of, headers_of, mapping
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, endpoint, host, port, shown


class _Grab(msgspec.Struct):
    ip: Any = None
    domain: Any = None
    data: Any = None


_decode = object_decoder(_Grab)


def _sniff(head: Head) -> bool:
    return any(
        "status" in scan and "protocol" in scan
        for record in head.records
        for scan in map(mapping, mapping(record.get("data")).values())
    )


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    grab = _decode(raw)
    address = next((value for value in (grab.ip, grab.domain) if not missing(value)), context.host)
    if address is None:
        raise RecordError('no address: "ip" and "domain" are missing')
    where = host(address)
    found = []
    ended = 'no scan of protocol "http" in "data"'
    for name, scan in mapping(grab.data).items():
        if not isinstance(scan, dict) or scan.get("protocol") != "http":
            continue
        result = mapping(scan.get("result"))
        if isinstance(result.get("response"), dict):
            found.append(_observation(scan, result, where, grab, context))
        else:
            ended = f"no answer: {shown(name)} ended with {shown(scan.get('status'))}"
    if not found:
        raise RecordError(ended)
    return found


def _observation(
    scan: dict[str, Any], result: dict[str, Any], where: str, grab: _Grab, context: Context
) -> Observation:
    response = result["response"]
    number = scan.get("port")
    chain = result.get("redirect_response_chain")
    if isinstance(chain, list) and chain:
        names = {where} if missing(grab.domain) else {where, host(grab.domain)}
        response, number = _own(response, chain, names, number)
    url = mapping(mapping(response.get("request")).get("url"))
    if missing(number):
        number = _asked(url)[1] if url.get("host") else context.port
    if number is None:
        raise RecordError('no port: "port" is missing')
    return observation(
        answer_of(response.get("body"), url.get("path"), headers_of(response.get("headers"))),
        host=where,
        port=port(number),
        seen_at=context.second(scan.get("timestamp"), "timestamp"),
    )


def _own(last: dict[str, Any], chain: list[object], names: set[str], number: object) -> tuple[dict[str, Any], object]:
    """Return the last answer that the scanned host gave itself, and the port that gave it."""
    for response in (last, *map(mapping, reversed(chain))):
        try:
            name, asked = _asked(mapping(mapping(response.get("request")).get("url")))
        except RecordError:
            continue
        if name in names:
            return response, asked
    return mapping(chain[0]), number


def _asked(url: dict[str, Any]) -> tuple[str, int]:
    return endpoint(f"{url.get('scheme')}://{url.get('host')}")


LOADER = Loader(
    name="zgrab2",
    title="ZGrab2 results (NDJSON), scans of the module http",
    sniff=_sniff,
    read=json_records(_parse),
)
