"""Answers of AI servers: bodies that say what software answered and which models it has.

A body carries no address and no time; carriers (a Shodan banner, a ZGrab2 record, a file in a folder) bring those and
call `parse_body`, the one place that understands every server's answers and tells the software apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cohabit.loaders.bodies.messages import http_response
from cohabit.loaders.bodies.ollama import Listing, listed_models
from cohabit.loaders.decoding import json_value
from cohabit.loaders.values import RecordError

__all__ = ["Answer", "Listing", "http_response", "listed_models", "parse_body"]


class Answer(NamedTuple):
    """What one answer says: the software that gave it and its version (None: it does not say), and its models."""

    software: str | None = None
    version: str | None = None
    listing: Listing = Listing(None)


def parse_body(
    body: bytes | str, *, path: str | None = None, headers: Mapping[str, str] | None = None
) -> Answer | None:
    """Read the body of an HTTP answer; None when it is no answer of an AI server. Never raises.

    `path` is the path that was asked for, where the carrier knows it (`/api/tags`): some answers mean nothing without
    it. `headers` are those of the answer, names in any case.
    """
    try:
        value = json_value(_encoded(body) if isinstance(body, str) else body)
    except RecordError:
        return None
    if isinstance(value, dict) and isinstance(value.get("models"), list):
        listing = listed_models(value["models"])
        return Answer(listing.software, None, listing)
    return None


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a pair: it cannot stand for a byte
        return text.encode("utf-8", "surrogatepass")
