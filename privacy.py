"""Masking: hosts appear as pseudonyms unless the user asks for addresses.

It guards against accident (a screenshot, a table in a mail), not against the author of a Cypher query, who can compute
on addresses before they are masked.
"""

from __future__ import annotations

import hashlib
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
# Candidates only; each is checked by the ipaddress module. An IPv6 candidate is any run with two colons.
_IPV4 = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w])(?!\.\d)"
_IPV6 = r"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:(?:[0-9A-Fa-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3})(?![\w:])"
_ADDRESS = re.compile(f"{_IPV6}|{_IPV4}")
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*\.)+[A-Za-z0-9_-]+|[A-Za-z0-9_][A-Za-z0-9_-]*")


class Masker:
    """Turns addresses into `host-` and 16 hexadecimal digits of their HMAC-SHA256 under a key.

    `names` yields the graph's hosts that are DNS names; it is asked at most once, and only when text is masked.
    """

    def __init__(self, key: bytes, *, show: bool = False, names: Callable[[], Iterable[str]] | None = None) -> None:
        self._key = key
        self.show = show
        self._name_source = names
        self._names: frozenset[str] | None = None

    def pseudonym(self, address: str) -> str:
        """Pseudonym of a canonical address or name."""
        return "host-" + hmac.new(self._key, address.encode(), hashlib.sha256).hexdigest()[:16]

    def address(self, address: str) -> str:
        """The address as it may be shown."""
        return address if self.show else self.pseudonym(address)

    @staticmethod
    def is_pseudonym(text: str) -> bool:
        """Whether that is how a pseudonym is written."""
        return _PSEUDONYM.fullmatch(text) is not None

    def text(self, text: str) -> str:
        """Replace every IP literal, and every DNS name that is a host of the graph, inside a string."""
        if self.show:
            return text
        text = _ADDRESS.sub(self._replaced, text)
        names = self._known_names()
        return _NAME.sub(lambda m: self._named(m[0], names), text) if names else text

    def value(self, value: Any) -> Any:
        """The same for every string inside a value of a query's result."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(k): self.value(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(v) for v in value]
        return value

    def _known_names(self) -> frozenset[str]:
        if self._names is None:
            self._names = frozenset(self._name_source() if self._name_source else ())
        return self._names

    def _replaced(self, match: re.Match[str]) -> str:
        try:
            return self.pseudonym(host(match[0]))
        except RecordError:
            return match[0]

    def _named(self, word: str, names: frozenset[str]) -> str:
        name = word.lower()
        return self.pseudonym(name) if name in names else word


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
    a reader of somebody's server needs no data folder.
    """
    given = os.environ.get("COHABIT_KEY_FILE")
    if given:
        try:
            key = Path(given).read_bytes().strip()
        except OSError as error:
            raise DataError(
                f"{given}: the masking key cannot be read ({error.strerror}); check COHABIT_KEY_FILE"
            ) from error
        if len(key) < 16:
            raise DataError(f"{given}: a masking key has at least 16 bytes; this file has {len(key)}")
        return key, True
    path = data / "key"
    try:
        return path.read_bytes().strip(), True
    except FileNotFoundError:
        pass
    except OSError as error:
        raise DataError(f"{path}: the masking key cannot be read ({error.strerror})") from error
    key = secrets.token_hex(32).encode()
    if not data.is_dir():
        return key, False
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip(), True
    except OSError:
        return key, False
    with os.fdopen(descriptor, "wb") as file:
        file.write(key + b"\n")
    return key, True
