"""Geographic and network databases in MaxMind's file format: what they say of an address.

Read are the layouts of GeoLite2 and DB-IP (Country, City, ASN) and of IPinfo; what a file is, is seen from what it says
of addresses, not from its name. Using a file means keeping to its licence: GeoLite2 has an agreement of its own, DB-IP
Lite is CC BY 4.0, IPinfo Lite CC BY-SA 4.0; all three ask to be named where their data are shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cohabit.errors import DataError
from cohabit.loaders.values import asn, stored
from cohabit.text import visible

if TYPE_CHECKING:
    from maxminddb import Reader

_LOOKED_AT = 1_000


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


@dataclass(frozen=True)
class Geo:
    """Databases in order of trust, the first that knows a fact gives it; and whether they win over what scans say."""

    files: tuple[tuple[GeoFile, Path], ...] = ()
    prefer: bool = False

    @property
    def digest(self) -> str:
        """What a graph made with them depends on; empty without any."""
        return "\n".join([*(file.sha256 for file, _ in self.files), *(["prefer"] if self.prefer else [])])

    def look_up(self, addresses: Iterable[str]) -> list[Facts]:
        """Return the facts for each address, in order; names, which no database knows, get none. Raises DataError."""
        found: list[Facts] = []
        readers = [_opened(path) for _, path in self.files]
        try:
            for address in addresses:
                merged = Facts()
                for reader in readers:
                    merged = _merged(merged, facts_of(_record(reader, address)))
                found.append(merged)
        finally:
            for reader in readers:
                reader.close()
        return found


def read_geo_file(path: Path) -> GeoFile:
    """Say what a file is; DataError when it is no such database, cannot be read or says nothing that is used."""
    try:
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{visible(str(path))}: cannot be read: {error.strerror}") from error
    with _opened(path) as reader:
        metadata = reader.metadata()
        known = any(any(facts_of(record)) for record in _first(reader))
    if not known:
        raise DataError(
            f"{visible(str(path))}: the database «{visible(metadata.database_type, 60)}» says neither country nor "
            "network of an address in a layout that is known (GeoLite2, DB-IP, IPinfo)"
        )
    built = datetime.fromtimestamp(metadata.build_epoch, UTC).date().isoformat()
    return GeoFile(sha256=sha256, type=metadata.database_type, built=built, name=path.name)


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


def _opened(path: Path) -> Reader:
    import maxminddb

    try:
        return maxminddb.open_database(path)
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
        raise DataError(f"{visible(str(path))}: no database in MaxMind's format (.mmdb), or a damaged one") from error
    except OSError as error:
        raise DataError(f"{visible(str(path))}: cannot be read: {error.strerror}") from error


def _record(reader: Reader, address: str) -> Any:
    import maxminddb

    try:
        return reader.get(address)
    except ValueError:  # a DNS name, or an IPv6 address in a database of IPv4
        return None
    except maxminddb.InvalidDatabaseError as error:
        raise DataError(
            f"the database «{visible(reader.metadata().database_type, 60)}» is damaged ({error})"
        ) from error


def _first(reader: Reader) -> Sequence[object]:
    import maxminddb

    records = []
    try:
        for _, record in reader:
            records.append(record)
            if len(records) == _LOOKED_AT:
                break
    except maxminddb.InvalidDatabaseError:
        pass  # what was read so far decides
    return records
