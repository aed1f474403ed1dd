"""What carriers of HTTP answers share: objects that may be anything, headers and paths as scanners write them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from cohabit.loaders.bodies import Answer, parse_body

_PATH = re.compile(r"https?://[^/?#]*([^?#]*)", re.I)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})+[A-Za-z0-9+/]{0,3}={0,2}")


def mapping(value: object) -> dict[str, Any]:
    """Return an object of a record, empty where there is none or something else in its place."""
    return value if isinstance(value, dict) else {}


def headers_of(value: object) -> dict[str, str]:
    """Return the headers of an answer that are written as `{"content_type": ["text/plain"]}` or without the list.

    Names get their hyphens back; of several values the first is taken. ZGrab2 puts headers that it has no name for
    into a list of `{"key": …, "value": […]}` under `unknown`.
    """
    said = mapping(value)
    unknown = said.get("unknown")
    pairs: list[tuple[object, object]] = list(said.items())
    if isinstance(unknown, list):
        pairs += [(field.get("key"), field.get("value")) for field in map(mapping, unknown)]
    found = {}
    for name, values in pairs:
        first = values[0] if isinstance(values, list) and values else values
        if isinstance(name, str) and isinstance(first, str):
            found[name.replace("_", "-")] = first
    return found


def path_of(url: object) -> str | None:
    """Return the path of an http or https URL ("" where it has none); None for what is no such URL."""
    match = _PATH.match(url) if isinstance(url, str) else None
    return match[1] if match else None


def beside(section: Answer | None, answer: Answer | None) -> list[Answer | None]:
    """Return what a scanner made of an answer, and the answer itself where that shows a list too.

    Both say the same of one moment, but the answer gives more of each model than such a section does.
    """
    if section is None:
        return [answer]
    return [section, answer] if answer is not None and answer.listing.models is not None else [section]


def answer_of(body: object, path: object, headers: Mapping[str, str]) -> Answer | None:
    """Read a body that is text, or base64 of one: scanners write that where the bytes were no UTF-8."""
    if not isinstance(body, str) or not body:
        return None
    asked = path if isinstance(path, str) else None
    known = parse_body(body, path=asked, headers=headers)
    if known is None and _BASE64.fullmatch(body):
        try:
            decoded = base64.b64decode(body[: len(body) // 4 * 4])
        except binascii.Error:
            return None
        known = parse_body(decoded, path=asked, headers=headers)
    return known
