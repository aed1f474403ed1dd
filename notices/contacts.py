"""Whom to write to: a file of AS numbers and prefixes with their recipients."""

from __future__ import annotations

import contextlib
import csv
import io
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cohabit.errors import DataError, UsageError
from cohabit.queries.scope import parse_asn
from cohabit.queries.words import count
from cohabit.text import visible

UNMATCHED = "unmatched"
_NETWORKS = frozenset({"asn", "as", "network", "asn or prefix", "network or prefix"})
_ADDRESSES = frozenset({"prefix", "cidr", "ip", "address", "ip or prefix"})
"""Headings of the first column: a bare number is an AS number under the first kind, and nothing under the second."""
_RECIPIENTS = frozenset(
    {"recipient", "contact", "email", "e-mail", "mail", "abuse", "name", "organisation", "organization"}
)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+|[^@<>]+<[^@\s<>]+@[^@\s<>]+>")
_EXAMPLE = "AS64496,abuse@example.net or 192.0.2.0/24,abuse@example.net"
_Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Contacts:
    """Recipients by AS number, and by prefix: version and length → network address as a number → recipient."""

    networks: Mapping[int, str]
    prefixes: Mapping[tuple[int, int], Mapping[int, str]]

    def recipient(self, address: str, asn: int | None) -> str | None:
        """Recipient of the longest prefix that holds the address; without one, that of its network; else None."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:  # a DNS name
            return None if asn is None else self.networks.get(asn)
        bits, value = ip.max_prefixlen, int(ip)
        for version, length in self.prefixes:
            if version == ip.version:
                found = self.prefixes[version, length].get(value >> (bits - length) << (bits - length))
                if found is not None:
                    return found
        return None if asn is None else self.networks.get(asn)


def read_contacts(path: Path) -> Contacts:
    """Read a CSV file of two columns, AS number or prefix, and recipient; DataError says which line is wrong, and how.

    A recipient is an e-mail address or a name, but no number, address or AS number. A first line of headings, blank
    lines and lines that begin with `#` do not count.
    """
    where = visible(str(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{where}: the contacts cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: this is not UTF-8 text; write one contact a line: {_EXAMPLE}") from error
    networks: dict[int, str] = {}
    prefixes: dict[_Prefix, str] = {}
    lines: dict[int | _Prefix, int] = {}
    heading = ""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            fields = [cell.strip() for cell in cells]
            if not any(fields) or fields[0].startswith("#"):
                continue
            at = f"{where}, line {reader.line_num}"
            if not lines and not heading and fields[0].lower() in _NETWORKS | _ADDRESSES:
                heading = _heading(at, fields)
                continue
            key, recipient = _contact(at, fields, heading)
            known = networks.get(key) if isinstance(key, int) else prefixes.get(key)
            if known is not None and known != recipient:
                raise DataError(
                    f"{at}: {visible(fields[0], 60)} has another recipient in line {lines[key]}; leave one of the two"
                )
            if isinstance(key, int):
                networks[key] = recipient
            else:
                prefixes[key] = recipient
            lines.setdefault(key, reader.line_num)
    except csv.Error as error:
        raise DataError(f"{where}, line {reader.line_num}: not CSV ({error}); write {_EXAMPLE}") from error
    if not lines:
        raise DataError(f"{where}: there are no contacts in it; write one a line: {_EXAMPLE}")
    return Contacts(networks, _by_length(prefixes))


def _heading(at: str, fields: list[str]) -> str:
    """The heading of the first column; that of the second must be one of whom to write to."""
    if len(fields) == 2 and fields[1].lower() not in _RECIPIENTS:
        raise DataError(
            f"{at}: the second column is called {visible(fields[1], 60)!r}, and has to say whom to write to; call it "
            "`recipient` if it does"
        )
    return fields[0].lower()


def _contact(at: str, fields: list[str], heading: str) -> tuple[int | _Prefix, str]:
    if len(fields) != 2:
        raise DataError(f"{at}: {count(len(fields), 'column')} where two are wanted; write {_EXAMPLE}")
    key, recipient = fields
    if not recipient:
        raise DataError(f"{at}: there is no recipient; write {_EXAMPLE}")
    if recipient.casefold() == UNMATCHED:
        raise DataError(f"{at}: {UNMATCHED!r} is the name of what has no recipient; give it another one")
    if problem := _no_recipient(recipient):
        raise DataError(f"{at}: {visible(recipient, 60)!r} is {problem}, and the second column says whom to write to")
    if key.isdecimal() and heading in _ADDRESSES:
        raise DataError(
            f"{at}: {visible(key, 60)!r} is a bare number under {heading!r}; write an address or a prefix, or "
            f"AS{visible(key, 60)} if the network is meant"
        )
    if "." not in key and ":" not in key:
        try:
            return parse_asn(key), recipient
        except UsageError:
            raise DataError(
                f"{at}: {visible(key, 60)!r} is neither an AS number nor a prefix; write {_EXAMPLE}"
            ) from None
    try:
        return ipaddress.ip_network(key), recipient
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(key, strict=False)
    except ValueError:
        raise DataError(
            f"{at}: {visible(key, 60)!r} is not a prefix; write it as 192.0.2.0/24 or 2001:db8::/32"
        ) from None
    raise DataError(f"{at}: {visible(key, 60)} has bits behind the prefix; write {meant} if that is what is meant")


def _no_recipient(text: str) -> str | None:
    """What a recipient is that nobody can be written to by; None where it may be a name or an address for mail."""
    if "@" in text:
        return None if _MAIL.fullmatch(text) else "no whole e-mail address"
    with contextlib.suppress(ValueError):
        ipaddress.ip_interface(text)
        return "an address or a prefix"
    if text.isdecimal():
        return "a number"
    with contextlib.suppress(UsageError):
        parse_asn(text)
        return "an AS number"
    return None if any(letter.isalnum() for letter in text) else "no name"


def _by_length(prefixes: Mapping[_Prefix, str]) -> dict[tuple[int, int], dict[int, str]]:
    """The prefixes by version and length, the longest first."""
    found: dict[tuple[int, int], dict[int, str]] = {}
    for prefix in sorted(prefixes, key=lambda p: -p.prefixlen):
        found.setdefault((prefix.version, prefix.prefixlen), {})[int(prefix.network_address)] = prefixes[prefix]
    return found
