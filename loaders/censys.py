"""The loader of Censys hosts: the Platform's, with its Ollama section, and those of the retired Search v2.

Recognised: a host with `services` whose elements have `scan_time` or `endpoints` (Platform) or `service_name` (Search
v2), bare or inside `host`, `result`, `result.resource`, `host_v1.resource`; a page with such hosts in `result.hits`.
Read: one observation for each service, and for each endpoint of the Platform: `ip`, `port`, `scan_time` or
`observed_at`; models and version of the section `ollama` (with the family of each model), and the answer in
`http.body` or `http.response.body` with its path and headers, which is an observation of its own beside a section only
where it shows a list; AI software that Censys itself recognised; the
autonomous system, the country. A host of which no service can be read is rejected; a service that cannot be read
beside others is not.
Ignored: `source_ip` (the scanner's address; not kept of a rejected host either), whois, DNS, certificates,
`running_models` (part of the models, with the memory in use for their size).
Lenient: every field may be missing; a section `ollama` counts also directly in a service.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from cohabit.loaders.bodies import Answer, listed_models
from cohabit.loaders.carrier import Context, Loader, json_records, observation, page_of
from cohabit.loaders.decoding import json_value
from cohabit.loaders.head import Head
from cohabit.loaders.http import answer_of, beside, headers_of, mapping
from cohabit.loaders.records import Observation
from cohabit.loaders.values import RecordError, Texts, host, kind, port

_WRAPPERS = ("result", "host_v1", "resource", "host")
# Censys names what it sees on a port, the operating system included; only these are asked about here.
_SOFTWARE = {
    "ollama": "ollama",
    "vllm": "vllm",
    "sglang": "sglang",
    "llama.cpp": "llama.cpp",
    "lm_studio": "lm-studio",
    "localai": "localai",
    "litellm": "litellm",
    "open_webui": "open-webui",
}
_MARKS = ("scan_time", "endpoints", "service_name")

Object = dict[str, Any]


def _unwrapped(value: Object) -> Object:
    """Return the host inside the wrappers of look-ups, searches and exports."""
    for _ in _WRAPPERS:
        inner = next((value[key] for key in _WRAPPERS if isinstance(value.get(key), dict)), None)
        if inner is None or "services" in value:
            break
        value = inner
    return value


def _objects(value: object) -> Iterator[Object]:
    yield from (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def _sniff(head: Head) -> bool:
    for record in head.records:
        hits = list(_objects(mapping(record.get("result")).get("hits")))
        if any("host_v1" in hit for hit in hits) or mapping(record.get("result")).get("hits") == []:
            return True
        for one in (record, *hits[:3]):
            services = list(_objects(_unwrapped(one).get("services")))
            if any(mark in service for service in services[:5] for mark in _MARKS):
                return True
    return False


def _parse(raw: bytes, context: Context) -> Sequence[Observation]:
    value = json_value(raw)
    if not isinstance(value, dict):
        raise RecordError(f"{kind(value)}, not a JSON object")
    found = _unwrapped(value)
    address = found.get("ip")
    if not isinstance(address, str):
        raise RecordError('no address: "ip" is missing')
    where = host(address)
    seen: list[Observation] = []
    why = 'no service in "services"'
    for service in _objects(found.get("services")):
        endpoints = [one for one in _objects(service.get("endpoints")) if "http" in one or "ollama" in one]
        for endpoint in endpoints or [{}]:
            try:
                seen += _observations(where, found, service, endpoint, context)
            except RecordError as error:
                why = str(error)
    if not seen:
        raise RecordError(why)
    return seen


def _observations(
    where: str, found: Object, service: Object, endpoint: Object, context: Context
) -> Sequence[Observation]:
    number = endpoint.get("port", service.get("port"))
    moment = endpoint.get("scan_time") or service.get("scan_time") or service.get("observed_at")
    network, location = mapping(found.get("autonomous_system")), mapping(found.get("location"))
    software, version = _recognised(service)
    said: dict[str, Any] = {
        "host": where,
        "port": port(number),
        "seen_at": context.second(moment, "scan_time"),
        "software": software,
        "version": version,
        "country_code": location.get("country_code"),
        "country": location.get("country"),
        "asn": network.get("asn"),
        "as_name": network.get("organization") or network.get("name"),
    }
    return [observation(answer, **said) for answer in beside(_section(service, endpoint), _answer(service, endpoint))]


def _section(service: Object, endpoint: Object) -> Answer | None:
    section = endpoint.get("ollama", service.get("ollama"))
    if not isinstance(section, dict):
        return None
    entries = section.get("models")
    # A section without a list: only the version was asked for.
    listing = listed_models([_entry(one) for one in entries] if isinstance(entries, list) else None)
    return Answer("ollama", Texts().take(section.get("version")), listing)


def _answer(service: Object, endpoint: Object) -> Answer | None:
    http = mapping(endpoint.get("http", service.get("http")))
    response = mapping(http.get("response")) or http
    headers = {
        name: mapping(values).get("headers", values) for name, values in mapping(response.get("headers")).items()
    }
    uri = http.get("uri", mapping(http.get("request")).get("uri"))
    return answer_of(response.get("body"), _path(uri, endpoint.get("path")), headers_of(headers))


def _entry(model: object) -> object:
    """Give the family the place that servers give it."""
    if not isinstance(model, dict):
        return model
    return {**model, "details": {"family": model.get("family")}}


def _path(uri: object, path: object) -> object:
    try:
        return urlsplit(uri).path if isinstance(uri, str) else path
    except ValueError:
        return path


def _recognised(service: Object) -> tuple[str | None, object]:
    for one in _objects(service.get("software")):
        product = one.get("product")
        if isinstance(product, str) and product.lower() in _SOFTWARE:
            version = one.get("version")
            return _SOFTWARE[product.lower()], version if version != "*" else None
    return None, None


LOADER = Loader(
    name="censys",
    title="Censys hosts (Platform, with its Ollama section, and Search v2)",
    sniff=_sniff,
    read=json_records(_parse, page_of(("result", "hits")), private=("source_ip",)),
)
