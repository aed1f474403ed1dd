"""Geographic and network databases in MaxMind's file format: what they say of an address.

Read are the layouts of GeoLite2 and DB-IP (Country, City, ASN) and of IPinfo; what a file is, is seen from what it says
of addresses, not from its name. Using a file means keeping to its licence: GeoLite2 has an agreement of its own, DB-IP
Lite is CC BY 4.0, IPinfo Lite CC BY-SA 4.0; all three ask to be named where their data are shown.
"""

from __future__ import annotations

import hashlib
import ipaddress
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cohabit.errors import DataError
from cohabit.loaders.values import asn, stored
from cohabit.text import visible

if TYPE_CHECKING:
    from maxminddb import Reader

_LOOKED_AT = 1_000
# What a reader stumbles over in a damaged file: whatever its bytes happen to mean.
_STUMBLES = (ValueError, TypeError, LookupError, ArithmeticError, OSError, RecursionError, MemoryError, struct.error)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Facts(NamedTuple):
    """What the databases say of one address: ISO country code, AS number, organisation; None where they do not."""

    country: str | None = None
    asn: int | None = None
    organisation: str | None = None


class GeoFile(msgspec.Struct, frozen=True, kw_only=True):
    """One database: SHA-256 of its bytes, its own name of its type, the day it was built, and what it was called."""

    sha256: str
    type: str
    built: str
    name: str

    def __str__(self) -> str:
        return f"{self.type}, built {self.built}, {self.name}"


@dataclass(frozen=True)
class Geo:
    """Databases in order of trust, the first that knows a fact gives it; and whether they win over what scans say."""

    files: tuple[tuple[GeoFile, Path], ...] = ()
    prefer: bool = False

    @property
    def digest(self) -> str:
        """What a graph made with them depends on; empty without any."""
        return "\n".join([*(file.sha256 for file, _ in self.files), *(["prefer"] if self.prefer else [])])

    @property
    def names(self) -> tuple[str, ...]:
        """What each of them is, in words."""
        return tuple(f"{file}, preferred to scans" if self.prefer else str(file) for file, _ in self.files)

    def look_up(self, addresses: Sequence[str]) -> list[Facts]:
        """Return the facts for each address, in order; names, which no database knows, get none. Raises DataError."""
        parsed = {address: number for address in set(addresses) if (number := _parsed(address)) is not None}
        in_order = sorted(parsed.items(), key=lambda pair: (pair[1].version, int(pair[1])))
        found: dict[str, Facts] = {}
        for file, path in self.files:
            with _opened(path) as reader:
                known = _looked_up(reader, file, [number for _, number in in_order])
                for (address, _), facts in zip(in_order, known, strict=True):
                    found[address] = _merged(found.get(address, Facts()), facts)
        return [found.get(address, Facts()) for address in addresses]


def read_geo_file(path: Path) -> GeoFile:
    """Say what a file is; DataError when it is no such database, cannot be read or says nothing that is used."""
    try:
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{visible(str(path))}: cannot be read: {error.strerror}") from error
    with _opened(path) as reader:
        try:
            kind = stored(reader.metadata().database_type)[0]
            built = datetime.fromtimestamp(reader.metadata().build_epoch, UTC).date().isoformat()
        except _STUMBLES as error:
            raise _unreadable(path) from error
        known = any(any(facts_of(record)) for record in _first(reader))
    if not known:
        raise DataError(
            f"{visible(str(path))}: the database «{visible(kind, 60)}» says neither country nor "
            "network of an address in a layout that is known (GeoLite2, DB-IP, IPinfo)"
        )
    return GeoFile(sha256=sha256, type=kind, built=built, name=stored(path.name)[0])


def facts_of(record: object) -> Facts:
    """Read one record, whichever of the layouts it has; parts of a wrong type count as absent."""
    if not isinstance(record, dict):
        return Facts()
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else record.get("country_code", country)
    number = record.get("autonomous_system_number", record.get("asn"))
    name = record.get("autonomous_system_organization", record.get("as_name"))
    return Facts(
        code.upper() if isinstance(code, str) and len(code) == 2 else None,
        asn(number),
        stored(name)[0].strip() or None if isinstance(name, str) else None,
    )


def _merged(first: Facts, second: Facts) -> Facts:
    # A number and the name that belongs to it come from one database.
    network = first if first.asn is not None else second
    return Facts(first.country or second.country, network.asn, network.organisation)


def _parsed(address: str) -> _Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:  # a DNS name
        return None


def _opened(path: Path) -> Reader:
    import maxminddb

    try:
        # Not the library's faster reader in C: a damaged file makes that one write beyond its memory.
        return maxminddb.open_database(path, maxminddb.MODE_MMAP)
    except OSError as error:
        raise DataError(f"{visible(str(path))}: cannot be read: {error.strerror or error}") from error
    except (maxminddb.InvalidDatabaseError, *_STUMBLES) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> DataError:
    return DataError(f"{visible(str(path))}: no database in MaxMind's format (.mmdb), or a damaged one")


def _looked_up(reader: Reader, file: GeoFile, addresses: Iterable[_Address]) -> Iterator[Facts]:
    """Yield the facts for each of the addresses, which ascend within their version of the protocol."""
    import maxminddb

    # An answer is that of a whole network: the addresses that follow in it need no search of their own.
    facts, version, last = Facts(), 0, -1
    only_ipv4 = reader.metadata().ip_version == 4
    for address in addresses:
        if address.version == 6 and only_ipv4:
            yield Facts()
            continue
        if address.version != version or int(address) > last:
            try:
                record, bits = reader.get_with_prefix_len(address)
            except (maxminddb.InvalidDatabaseError, *_STUMBLES) as error:
                raise DataError(f"the database {visible(file.name)} is damaged; give a whole one with --geo") from error
            facts, version = facts_of(record), address.version
            last = int(address) | ((1 << (address.max_prefixlen - bits)) - 1)
        yield facts


def _first(reader: Reader) -> Sequence[object]:
    import maxminddb

    records = []
    try:
        for _, record in reader:
            records.append(record)
            if len(records) == _LOOKED_AT:
                break
    except (maxminddb.InvalidDatabaseError, *_STUMBLES):
        pass  # what was read so far decides
    return records
