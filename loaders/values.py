"""Single values of a record: hosts, ports, times, AS numbers and texts, as sources really write them.

What a record cannot do without (host, port, time) raises `RecordError` with the reason people read;
what it can do without comes back as None when it is missing, blank, of a wrong type or beyond all measure.
"""

from __future__ import annotations

import ipaddress
import math
import re
import socket
from datetime import UTC, datetime, timedelta

from cohabit.text import visible

EARLIEST = 1_672_531_200  # 2023-01-01: no server of this kind answered before
DAY = 86_400
IMPOSSIBLE_TIMES = ("is before 2023", "is more than a day ahead")
"""How the reasons end with which records of impossible times are rejected: too early, too late."""
MAX_TEXT = 1_024  # characters of a name or an optional text: graph stores index such keys, and not much longer ones

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_MILLISECONDS_FROM = 100_000_000_000  # as seconds this is the year 5138
_NUMBER_TEXT = re.compile(r"([0-9]{9,19})(?:\.[0-9]*)?")  # eight digits are an ISO date, YYYYMMDD
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
# A last label that is a number makes it a bad or disguised IPv4 address (300.1.1.1, 0x7f000001), never a name.
_DNS_NAME = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*(?!(?:[0-9]+|0[xX][0-9A-Fa-f]*)\Z){_LABEL}")
_URL = re.compile(
    r"(https?)://(?:[^/?#@\s]*@)?(\[[^\]/?#\s]*\]|[^\[\]:/?#\s]*)(?::([^/?#\s]*))?(?:[/?#].*)?", re.I | re.S
)
_ASN = re.compile(r"(?:AS)?([0-9]{1,10})", re.I)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class RecordError(ValueError):
    """A record cannot become an observation; the message is the reason, for people."""


def shown(value: object) -> str:
    """Return a short form of a value from a record that is safe inside a one-line reason."""
    if isinstance(value, str):
        return f'"{visible(value[:80], 60)}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)) and abs(value) < 10**18:
        return str(value)
    return kind(value)


def kind(value: object) -> str:
    """Name the JSON type of a decoded value, with its article."""
    if value is None:
        return "null"
    names: dict[type, str] = {dict: "an object", list: "an array", str: "a text", bool: "a truth value"}
    return names.get(type(value), "a number")


def host(value: object) -> str:
    """Return the canonical text of a host: an IP address or a lower-case DNS name, never resolved.

    Every syntactically valid address counts, private and reserved ones too. IPv6 is compressed; an IPv4-mapped
    one (``::ffff:192.0.2.1``) is the same host as its IPv4 address and becomes that. A scope (``fe80::1%eth0``)
    means something on the scanning machine only, so such an address is refused. Raises RecordError.
    """
    if not isinstance(value, str):
        raise RecordError(f"the address is {kind(value)}, not a text")
    if _IPV4.fullmatch(value):
        return value
    text = value.strip()
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" in bare:
        if (canonical := _canonical_ipv6(bare)) is not None:
            return canonical
        try:
            address = ipaddress.IPv6Address(bare)
        except ValueError:
            raise RecordError(f"{shown(value)} is not an IPv6 address") from None
        if address.scope_id is not None:
            raise RecordError(f"{shown(value)} has a scope, which names nothing outside the scanning machine")
        return str(address.ipv4_mapped or address)
    if _IPV4.fullmatch(text):
        return text
    name = text.removesuffix(".")
    if _DNS_NAME.fullmatch(name):
        return name.lower()
    raise RecordError(f"{shown(value)} is neither an IP address nor a DNS name")


def _canonical_ipv6(text: str) -> str | None:
    """Return what `ipaddress` would, ten times as fast; None for what only it should judge."""
    try:
        packed = socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return None
    # The system writes addresses that begin with 80 zero bits with an IPv4 address at the end.
    return socket.inet_ntop(socket.AF_INET6, packed) if any(packed[:10]) and "." not in text else None


def port(value: object) -> int:
    """Return a port from an integer or a text of digits. Raises RecordError."""
    number = value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        number = int(value[:20])  # more digits do not make it smaller
    if not isinstance(number, int) or isinstance(number, bool):
        raise RecordError(f"port {shown(value)} is not a whole number")
    if not 1 <= number <= 65_535:
        raise RecordError(f"port {shown(value)} is not between 1 and 65535")
    return number


def endpoint(value: object) -> tuple[str, int]:
    """Return host and port of an http or https URL; without a port it is 80 or 443. Raises RecordError.

    User name, path and query are left out.
    """
    match = _URL.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise RecordError(f"{shown(value)} is not an http or https URL")
    scheme, name, number = match.groups()
    return host(name), port(number) if number else (80 if scheme.lower() == "http" else 443)


def second(value: object, now: int) -> int:
    """Return a time as whole seconds since 1970 in UTC, truncated.

    Read are ISO 8601 texts (without a zone they mean UTC, a date alone its midnight) and epoch numbers, also as
    texts, in seconds or milliseconds. `now` is in seconds; times before 2023 or more than a day after `now` are
    refused, because they say that the source's clock or our reading of it is wrong. Raises RecordError.
    """
    seconds = _whole_second(value)
    if seconds is None:
        raise RecordError(f"time {shown(value)} is neither ISO 8601 nor seconds since 1970")
    if seconds < EARLIEST:
        raise RecordError(f"time {shown(value)} {IMPOSSIBLE_TIMES[0]}")
    if seconds > now + DAY:
        raise RecordError(f"time {shown(value)} {IMPOSSIBLE_TIMES[1]}")
    return seconds


def _whole_second(value: object) -> int | None:
    if isinstance(value, str):
        digits = _NUMBER_TEXT.fullmatch(value)
        if digits is None:
            try:
                moment = datetime.fromisoformat(value.strip().upper())
            except ValueError:
                return None
            return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _SECOND
        value = int(digits[1])
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return int(value // 1000 if value >= _MILLISECONDS_FROM else value // 1)


def asn(value: object) -> int | None:
    """Return an AS number from 64500, "64500" or "AS64500"; None for anything else, 0 included."""
    if isinstance(value, str):
        match = _ASN.fullmatch(value.strip())
        value = int(match[1]) if match else None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**32:
        return value
    return None


def stored(text: str) -> tuple[str, int]:
    """Return `text` as every store can keep it, and how many characters had to become U+FFFD for that."""
    if text.isascii() and "\x00" not in text:
        return text, 0
    return _UNSTORABLE.subn("\ufffd", text)


class Texts:
    """Takes the optional texts of one record and counts the characters that had to be replaced."""

    __slots__ = ("replaced",)

    def __init__(self) -> None:
        self.replaced = 0

    def take(self, value: object) -> str | None:
        """Return a text as it came (but storable), or None: missing, no text, blank, over 1,024 characters."""
        if not isinstance(value, str) or not value or len(value) > MAX_TEXT or value.isspace():
            return None
        if value.isascii() and "\x00" not in value:
            return value
        text, replaced = stored(value)
        self.replaced += replaced
        return text
