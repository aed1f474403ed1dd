"""HTTP answers as they came over the wire, as some scanners keep them."""

from __future__ import annotations

import re

_END_OF_HEAD = re.compile(r"\r?\n\r?\n")
_SIZE = re.compile(rb"\s*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


def http_response(text: str) -> tuple[dict[str, str], str]:
    """Return the headers of an HTTP answer (names in lower case, the first of equal ones) and its body, unchunked.

    Text that does not begin like an answer is all body. Of a chunked body that breaks off, what there is of it is
    returned; a body that is called chunked but is not comes as it is. Never raises.
    """
    if not text.startswith("HTTP/"):
        return {}, text
    head, *bodies = _END_OF_HEAD.split(text, maxsplit=1)
    headers: dict[str, str] = {}
    for line in head.split("\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    body = bodies[0] if bodies else ""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        # Sizes count bytes; a chunk may end inside a character, and a scanner may have cut one.
        body = _unchunked(body.encode("utf-8", "replace")).decode("utf-8", "replace")
    return headers, body


def _unchunked(data: bytes) -> bytes:
    if not _SIZE.match(data):
        return data
    parts: list[bytes] = []
    place = 0
    while (match := _SIZE.match(data, place)) and (size := int(match[1], 16)):
        parts.append(data[match.end() : match.end() + size])
        place = match.end() + size
    return b"".join(parts)
