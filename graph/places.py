"""Places of hosts beyond what scans say: databases kept in the data folder, and the table of known organisations.

A database that was given with `--geo` is copied into the data folder under its hash, so that every later projection
finds the very file, whatever becomes of the original.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import re
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cohabit.errors import DataError
from cohabit.graph.archive import write_atomically, writing
from cohabit.graph.names import country_code
from cohabit.loaders.geo import Geo, GeoFile, read_geo_file
from cohabit.text import visible

if TYPE_CHECKING:
    import pyarrow as pa

_FILLED = ("country", "asn", "provider", "provider_kind")
KINDS = ("cloud", "hosting", "fixed access", "mobile", "university", "other")
_TABLE = "providers.toml"
# The one kind that a name alone can tell.
_UNIVERSITY = re.compile(
    r"\b(?:universit(?:y|at|ät|é|e|à|a|eit|et|äten|ies)|universidad|universidade|uniwersytet)\b", re.I
)


class _Used(msgspec.Struct, frozen=True, kw_only=True):
    files: list[GeoFile]
    prefer: bool = False


def geo_in_use(data: Path) -> Geo:
    """The databases of this data folder; DataError when one of them is gone or is not what it was.

    Every projection looks, so that no graph is made with other facts than it says.
    """
    path = _list_path(data)
    if not path.exists():
        return Geo()
    try:
        used = msgspec.json.decode(path.read_bytes(), type=_Used)
    except (OSError, msgspec.DecodeError) as error:
        raise DataError(f"{path}: damaged ({error}); give the databases again with --geo, or `--geo none`") from error
    files = tuple((file, _copy_path(data, file)) for file in used.files)
    for file, copy in files:
        if not copy.is_file():
            raise DataError(
                f"{copy}: the database {visible(file.name)} is gone; give it again with --geo, or `--geo none`"
            )
        if not _is(copy, file):
            raise DataError(
                f"{copy}: the database {visible(file.name)} was changed; give it again with --geo, or `--geo none`"
            )
    return Geo(files, used.prefer)


def use_geo(data: Path, paths: Sequence[Path], *, prefer: bool = False) -> None:
    """Use these databases from now on, in this order of trust; none of them: what scans say alone."""
    given = {file.sha256: (path, file) for path in paths for file in (read_geo_file(path),)}
    files = [file for _, file in given.values()]
    with writing(data):
        folder = data / "geo"
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.part"):  # by a crash: the caller holds the data folder's lock
            left.unlink()
        for path, file in given.values():
            copy = _copy_path(data, file)
            if not (copy.exists() and _is(copy, file)):
                part = copy.with_suffix(".part")
                shutil.copyfile(path, part)
                if not _is(part, file):
                    part.unlink()
                    raise DataError(f"{visible(str(path))}: it was changed while it was read; give it again")
                part.replace(copy)
        if files:
            write_atomically(_list_path(data), msgspec.json.encode(_Used(files=files, prefer=prefer)) + b"\n")
        else:
            _list_path(data).unlink(missing_ok=True)
        kept = {_copy_path(data, file) for file in files}
        for old in folder.glob("*.mmdb"):
            if old not in kept:
                old.unlink()


def _is(path: Path, file: GeoFile) -> bool:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256


def _list_path(data: Path) -> Path:
    return data / "geo" / "files.json"


def _copy_path(data: Path, file: GeoFile) -> Path:
    return data / "geo" / f"{file.sha256}.mmdb"


def with_places(hosts: pa.Table, geo: Geo) -> pa.Table:
    """Fill country, network and provider of the hosts from the databases; of scans and databases one wins throughout.

    `hosts` has address, country, asn, provider and provider_kind, null where no scan says one. The name of an
    organisation, and its kind, are taken only together with the network that they belong to.
    """
    if not geo.files:
        return hosts
    import pyarrow as pa

    columns = {name: hosts.column(name).to_pylist() for name in _FILLED}
    found = geo.look_up(hosts.column("address").to_pylist())
    for i, facts in enumerate(found):
        said = (columns["asn"][i], columns["provider"][i])
        # Databases write a code that is no country's where they do not know one.
        country = country_code(facts.country, None)
        first, second = (country, columns["country"][i]) if geo.prefer else (columns["country"][i], country)
        columns["country"][i] = first or second
        known = (facts.asn, facts.organisation)
        network, other = (known, said) if geo.prefer else (said, known)
        if network[0] is None:
            network = other
        elif network[1] is None and other[0] == network[0]:
            network = (network[0], other[1])
        columns["asn"][i], columns["provider"][i] = network
        if network[0] != said[0]:
            columns["provider_kind"][i] = None
    for name in _FILLED:
        position = hosts.schema.get_field_index(name)
        hosts = hosts.set_column(position, name, pa.array(columns[name], pa.int64() if name == "asn" else pa.string()))
    return hosts


class _Organisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    networks: list[int]
    kind: str | None = None


@functools.cache
def organisations() -> Mapping[int, tuple[str, str | None]]:
    """Known organisations by AS number: name and kind (None where its networks are of several)."""
    document: dict[str, Any] = tomllib.loads(_content().decode())
    found: dict[int, tuple[str, str | None]] = {}
    for value in document["organisations"]:
        one = msgspec.convert(value, _Organisation)
        found |= dict.fromkeys(one.networks, (one.name, one.kind))
    return found


def organisations_digest() -> str:
    """What a graph depends on of that table."""
    return hashlib.sha256(_content()).hexdigest()


def _content() -> bytes:
    return importlib.resources.files("cohabit.graph").joinpath(_TABLE).read_bytes()


def named_networks(networks: pa.Table) -> pa.Table:
    """Give networks of known organisations the organisation's name; `networks` has asn and provider."""
    import pyarrow as pa

    known = organisations()
    numbers, names = networks.column("asn").to_pylist(), networks.column("provider").to_pylist()
    chosen = [known[number][0] if number in known else name for number, name in zip(numbers, names, strict=True)]
    return networks.set_column(networks.schema.get_field_index("provider"), "provider", pa.array(chosen, pa.string()))


def kind_of(provider: str, told: str | None = None) -> str | None:
    """Kind of an organisation: the table's, else what scans tell, else what the name says; None where none does."""
    kind = _kinds().get(provider) or told
    # A name in the table without a kind is one whose networks are of several.
    return kind or ("university" if provider not in _kinds() and _UNIVERSITY.search(provider) else None)


@functools.cache
def _kinds() -> Mapping[str, str | None]:
    return dict(organisations().values())
