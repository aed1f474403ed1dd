"""Masking: hosts appear as pseudonyms unless the user asks for addresses.

It guards against accident (a screenshot, a table in a mail), not against the author of a Cypher query, who can compute
on addresses before they are masked.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cohabit.errors import DataError
from cohabit.loaders.values import RecordError, host

_PSEUDONYM = re.compile(r"host-[0-9a-f]{16}")
# Runs of characters that can hold an address, whatever stands around it; what a run holds is looked at below.
_RUN = re.compile(r"[0-9A-Fa-f]{0,4}[:.][0-9A-Fa-f:.]{1,100}")
_IPV4 = re.compile(r"(?<!\d)(?<!\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\d)(?!\.\d)")
_LONGEST_IPV6 = 45
_MOST_COLONS = 8  # 1:2:3:4:5:6:7::
_MOST_BOUNDS = 2 * (_MOST_COLONS + 3) + 2  # both sides of each colon, and of the dots of an IPv4 tail
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*\.)+[A-Za-z0-9_-]+|[A-Za-z0-9_][A-Za-z0-9_-]*")
_LEAST_KEY = 16


class Finder:
    """Finds IP literals and known DNS names inside text and puts something in their place: `put` says what.

    `names_known` is the number of labels of the longest known name (0: there is none), `is_name` knows them.
    """

    def put(self, written: str, address: str) -> str:
        """What takes the place of an address or name, given as the text has it and in canonical form."""
        raise NotImplementedError

    def names_known(self) -> int:
        """Labels of the longest known name."""
        return 0

    def is_name(self, name: str) -> bool:
        """Whether a lower-case name is known."""
        return False

    def text(self, text: str) -> str:
        """Replace every IP literal, and every known DNS name, inside a string."""
        text = _RUN.sub(self._in_run, text)
        return _NAME.sub(lambda m: ".".join(self._named(m[0].split("."))), text) if self.names_known() else text

    def value(self, value: Any) -> Any:
        """The same for every string inside a value of a query's result."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(k): self.value(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(v) for v in value]
        return value

    def _in_run(self, match: re.Match[str]) -> str:
        found = _ipv6_in(match)
        if found is None:
            return _IPV4.sub(self._ipv4, match[0])
        start, end, address = found
        before, after = match.string[match.start() : start], match.string[end : match.end()]
        written = match.string[start:end]
        return f"{_RUN.sub(self._in_run, before)}{self.put(written, address)}{_RUN.sub(self._in_run, after)}"

    def _ipv4(self, match: re.Match[str]) -> str:
        # With leading zeros it is no canonical address, but everybody can read it as one.
        octets = [int(octet) for octet in match[0].split(".")]
        return self.put(match[0], ".".join(map(str, octets))) if max(octets) < 256 else match[0]

    def _named(self, labels: list[str]) -> list[str]:
        """Replace known names among the labels of a dotted word (`gpu.example.net` in `gpu.example.net.json`)."""
        for size in range(min(len(labels), self.names_known()), 0, -1):
            for start in range(len(labels) - size + 1):
                written = ".".join(labels[start : start + size])
                if self.is_name(written.lower()):
                    rest = self._named(labels[start + size :])
                    return [*self._named(labels[:start]), self.put(written, written.lower()), *rest]
        return labels


class Masker(Finder):
    """Turns addresses into `host-` and 16 hexadecimal digits of their HMAC-SHA256 under a key.

    `names` yields the graph's hosts that are DNS names; it is asked at most once, and only when text is masked.
    `used` says whether a pseudonym has been made.
    """

    def __init__(self, key: bytes, *, show: bool = False, names: Callable[[], Iterable[str]] | None = None) -> None:
        self._key = key
        self.show = show
        self.used = False
        self._name_source = names
        self._names: frozenset[str] | None = None
        self._most_labels = 0

    def pseudonym(self, address: str) -> str:
        """Pseudonym of a canonical address or name."""
        self.used = True
        return "host-" + hmac.digest(self._key, address.encode(), "sha256").hex()[:16]

    def address(self, address: str) -> str:
        """The address as it may be shown."""
        return address if self.show else self.pseudonym(address)

    @staticmethod
    def is_pseudonym(text: str) -> bool:
        """Whether that is how a pseudonym is written."""
        return _PSEUDONYM.fullmatch(text) is not None

    def text(self, text: str) -> str:
        """Replace every IP literal, and every DNS name that is a host of the graph, inside a string."""
        return text if self.show else super().text(text)

    def addresses(self, text: str) -> str:
        """Replace every IP literal inside a string; names of hosts stay, which can be those of models, too."""
        return text if self.show else _RUN.sub(self._in_run, text)

    def put(self, written: str, address: str) -> str:
        """The pseudonym."""
        return self.pseudonym(address)

    def names_known(self) -> int:
        """Labels of the longest of the graph's names."""
        self._known_names()
        return self._most_labels

    def is_name(self, name: str) -> bool:
        """Whether that is a host of the graph."""
        return name in self._known_names()

    def _known_names(self) -> frozenset[str]:
        if self._names is None:
            self._names = frozenset(self._name_source() if self._name_source else ())
            self._most_labels = max((name.count(".") + 1 for name in self._names), default=0)
        return self._names


def _ipv6_in(match: re.Match[str]) -> tuple[int, int, str] | None:
    """Start, end and canonical text of the longest IPv6 address in a run; letters and digits around it belong to it."""
    run, text = match[0], match.string
    if "::" not in run and run.count(":") < 6:
        return None  # a time of day, an address with its port
    inner = {i + side for i, c in enumerate(run) if c in ":." for side in (0, 1)}
    bounds = [match.start() + i for i in sorted({0, len(run), *inner})]
    spans = [
        (start, end)
        for i, start in enumerate(bounds)
        for end in bounds[i + 1 : i + _MOST_BOUNDS]
        if 2 < end - start <= _LONGEST_IPV6
    ]
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        span = text[start:end]
        if _has_colons_of_ipv6(span) and (_is_plain(span) or not _touches_word(text, start, end)):
            with contextlib.suppress(RecordError):
                return start, end, host(text[start:end])
    return None


def _is_plain(span: str) -> bool:
    """Whether nobody could mean anything but an address, whatever it stands next to (`std::vector` holds `d::`)."""
    return len(list(filter(None, span.split(":")))) > 2


def _touches_word(text: str, start: int, end: int) -> bool:
    around = text[start - 1 : start] + text[end : end + 1]
    return any(c.isascii() and c.isalnum() for c in around)


def _has_colons_of_ipv6(text: str) -> bool:
    """What is quickly seen: hostile text holds thousands of spans that only look a little like an address."""
    colons = text.count(":")
    shortened = text.count("::")
    return (shortened == 1 and ":::" not in text and colons <= _MOST_COLONS) or (not shortened and colons in (6, 7))


class _Marker(Finder):
    """Takes addresses out."""

    def put(self, written: str, address: str) -> str:
        return ""


def holds_address(text: str) -> bool:
    """Whether an IP literal is somewhere in a string."""
    return _Marker().text(text) != text


def is_address(text: str) -> bool:
    """Whether a host is an IP address (and not a name)."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def read_key(data: Path) -> tuple[bytes, bool]:
    """The masking key, and whether it will be there next time.

    COHABIT_KEY_FILE, else the data folder's own key (made once, readable by its owner only), else one for this run:
    a reader of somebody's server needs no data folder. DataError for a key that cannot be read or is too short.
    """
    given = os.environ.get("COHABIT_KEY_FILE")
    if given:
        return _read(Path(given), "check COHABIT_KEY_FILE"), True
    path = data / "key"
    if not path.exists():
        key = secrets.token_hex(32).encode()
        if not data.is_dir() or not _keep(key, path):
            return key, False
    return _read(path, "remove it to get a new one"), True


def _keep(key: bytes, path: Path) -> bool:
    """Put a new key in its place, whole or not at all; the key of somebody who was faster stays."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key + b"\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except FileNotFoundError:
            # A writer that began meanwhile took it for what a crash left.
            return _keep(key, path)
        except OSError:
            # A disk without links: there the last of two first runs wins.
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _read(path: Path, remedy: str) -> bytes:
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise DataError(f"{path}: the masking key cannot be read ({error.strerror}); {remedy}") from error
    if len(key) < _LEAST_KEY:
        raise DataError(f"{path}: a masking key has at least {_LEAST_KEY} bytes, this one has {len(key)}; {remedy}")
    return key
