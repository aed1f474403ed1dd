"""The loader of nuclei's output: JSONL (`-jsonl`) or an array (`-json-export`), one match a record.

Recognised: an object with `template-id` and `matched-at`, `matcher-status` or `host`.
Read: the host (`ip`, else `host`), `port` (else that of `matched-at` or `url`), `timestamp`; the answer in `response`,
asked for with the path of `matched-at`. Where the response is left out or has no list, `extracted-results` are the
models when `extractor-name` speaks of models, the version when it speaks of a version; and a template that detects
one server (`ollama-detect`) names the software.
Ignored: what did not match (`matcher-status` false; rejected), `info`, `request`, `curl-command`, the template itself.
Lenient: `host` may be an address, a name, either with a port, or a URL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from cohabit.loaders.bodies import Answer, http_response, listed_models
from cohabit.loaders.carrier import Context, Loader, json_records, missing, observation
from cohabit.loaders.decoding import object_decoder
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of, path_of
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, endpoint, host, port

_DETECTS = {
    f"{name}-detect": software
    for name, software in {
        "koboldcpp": "koboldcpp",
        "lmstudio": "lm-studio",
        "localai": "localai",
        "ollama": "ollama",
        "sglang": "sglang",
        "tgi": "tgi",
        "vllm": "vllm",
    }.items()
}


class _Match(msgspec.Struct, rename={"template_id": "template-id", "matched_at": "matched-at"}):
    template_id: Any = None
    matched_at: Any = None
    host: Any = None
    ip: Any = None
    port: Any = None
    url: Any = None
    timestamp: Any = None
    response: Any = None
    matched: Any = msgspec.field(default=None, name="matcher-status")
    extractor: Any = msgspec.field(default=None, name="extractor-name")
    extracted: Any = msgspec.field(default=None, name="extracted-results")


_decode = object_decoder(_Match)


def _sniff(head: Head) -> bool:
    marks = {"matched-at", "matcher-status", "host"}
    return any("template-id" in record and record.keys() & marks for record in head.records)


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    match = _decode(raw)
    if match.matched is False:
        raise RecordError("the template did not match")
    where, number = _endpoint(match, context)
    answer = _answer(match)
    said = re.sub(r"[^a-z]", "", match.extractor.lower()) if isinstance(match.extractor, str) else ""
    results = match.extracted if isinstance(match.extracted, list) else []
    if answer.listing.models is None and "model" in said:
        answer = answer._replace(listing=listed_models(results))
    found = observation(
        answer,
        host=where,
        port=number,
        seen_at=context.second(match.timestamp, "timestamp"),
        software=_DETECTS.get(match.template_id) if isinstance(match.template_id, str) else None,
        version=results[0] if results and "version" in said else None,
    )
    return (found,)


def _answer(match: _Match) -> Answer:
    if not isinstance(match.response, str):
        return Answer()
    headers, body = http_response(match.response)
    return answer_of(body, path_of(match.matched_at), headers) or Answer()


def _endpoint(match: _Match, context: Context) -> tuple[str, int]:
    """Return host and port from the fields that say them alone, else from one that says both."""
    address, number = match.ip, match.port
    for both in (match.matched_at, match.url, match.host):
        if missing(address) or missing(number):
            name, asked = _split(both)
            address = name if missing(address) else address
            number = asked if missing(number) else number
    address = context.host if missing(address) else address
    number = context.port if missing(number) else number
    if address is None:
        raise RecordError('no address: "ip" and "host" are missing')
    if number is None:
        raise RecordError('no port: "port" and "matched-at" are missing')
    return host(address), port(number)


def _split(value: object) -> tuple[str | None, int | None]:
    """Return host and port of a URL, of an address or name with or without a port; None for what is not there."""
    if not isinstance(value, str) or missing(value):
        return None, None
    if "://" in value:
        try:
            return endpoint(value)
        except RecordError:
            return None, None
    name, colon, number = value.rpartition(":")
    if colon and number.isdigit() and (":" not in name or name.endswith("]")):
        return host(name), port(number)
    return host(value), None


LOADER = Loader(
    name="nuclei",
    title="nuclei matches (JSONL or a JSON array)",
    sniff=_sniff,
    read=json_records(_parse),
)
