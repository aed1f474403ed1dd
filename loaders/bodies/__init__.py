"""Answers of AI servers: bodies that say what software answered and which models it has.

A body carries no address and no time; carriers (a Shodan banner, a ZGrab2 record, a file in a folder) bring those and
call `parse_body`, the one place that understands every server's answers and tells the software apart. It looks at the
body, not at the port or the path: llama.cpp, LocalAI, KoboldCpp and Open WebUI answer Ollama's paths too. The path only
helps where a body means nothing without it (an empty list, a version alone).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from cohabit.loaders.bodies.answer import Answer, Listing
from cohabit.loaders.bodies.messages import http_response
from cohabit.loaders.bodies.ollama import listed_models, ollama_answer
from cohabit.loaders.bodies.openai import openai_answer
from cohabit.loaders.bodies.others import other_answer
from cohabit.loaders.decoding import json_value, object_decoder, salvaged
from cohabit.loaders.values import RecordError

__all__ = ["Answer", "Listing", "http_response", "listed_models", "parse_body"]

_BANNER = "Ollama is running"
_LONGEST_TEXT = 200  # characters of an answer that is no JSON and still looked at
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


class _Body(msgspec.Struct):
    """What the answers have at their top; `models` and `data` stay undecoded until it is known whose they are."""

    models: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()
    object: Any = None
    version: Any = None
    router: Any = None
    model_id: Any = None
    model_type: Any = None
    max_total_tokens: Any = None
    model_info: Any = None
    modelfile: Any = None
    template: Any = None
    details: Any = None
    capabilities: Any = None
    remote_host: Any = None
    remote_model: Any = None
    features: Any = None
    default_locale: Any = None
    model_name: Any = None
    lora_names: Any = None


_decode = object_decoder(_Body)


def parse_body(
    body: bytes | str, *, path: str | None = None, headers: Mapping[str, str] | None = None
) -> Answer | None:
    """Read the body of an HTTP answer; None when it is no answer of an AI server. Never raises.

    `path` is the path that was asked for, where the carrier knows it (`/api/tags`; of `/api/show` the model that was
    asked for can follow, as in `/api/show/llama3.2:3b`), `headers` are those of the answer, names in any case. A body
    that breaks off gives what is complete in it and counts one dropped entry, so that its record is partial; a body
    that a scanner wrote in base64 is read all the same.
    """
    raw = (_encoded(body) if isinstance(body, str) else body).strip()
    if not raw.startswith(b"{"):
        return _not_json(raw, path, headers)
    try:
        return _answer(_decode(raw), path, headers)
    except RecordError:
        pass
    try:
        whole = salvaged(raw.decode("utf-8", "surrogateescape"))
    except RecordError:
        return None
    if not isinstance(whole, dict):
        return None
    found = _answer(_Body(**{k: whole[k] for k in _Body.__struct_fields__ if k in whole}), path, headers)
    if found is None or found.listing.models is None:
        return found
    return found._replace(listing=found.listing._replace(dropped=found.listing.dropped + 1))


def _answer(body: _Body, path: str | None, headers: Mapping[str, str] | None) -> Answer | None:
    if _is_there(body.models) and not _is_there(body.data):
        return ollama_answer(body.models, path)
    if _is_there(body.data):
        return openai_answer(_value(body.data), body.object, headers or {})
    return other_answer(body, path)


def _is_there(field: object) -> bool:
    return not isinstance(field, msgspec.Raw) or bool(field)


def _value(raw: object) -> object:
    """A field that was left undecoded, or that the slower way decoded already."""
    return json_value(raw) if isinstance(raw, msgspec.Raw) else raw


def _not_json(raw: bytes, path: str | None, headers: Mapping[str, str] | None) -> Answer | None:
    if len(raw) <= _LONGEST_TEXT and raw.decode("utf-8", "replace").strip().startswith(_BANNER):
        return Answer("ollama")
    if _BASE64.fullmatch(raw) and len(raw) % 4 == 0:
        try:
            inner = base64.b64decode(raw, validate=True).strip()
        except (binascii.Error, ValueError):
            return None
        if inner.startswith((b"{", _BANNER.encode())):
            return parse_body(inner, path=path, headers=headers)
    return None


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a pair: it cannot stand for a byte
        return text.encode("utf-8", "surrogatepass")
