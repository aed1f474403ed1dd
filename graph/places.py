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
from cohabit.loaders.geo import Geo, GeoFile, read_geo_file

if TYPE_CHECKING:
    import pyarrow as pa

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
    """The databases of this data folder; DataError when one of them is gone or is not what it was."""
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
            raise DataError(f"{copy}: the database {file.name} is gone; give it again with --geo, or `--geo none`")
    return Geo(files, used.prefer)


def use_geo(data: Path, paths: Sequence[Path], *, prefer: bool = False) -> None:
    """Use these databases from now on, in this order of trust; none of them: what scans say alone."""
    files = [read_geo_file(path) for path in paths]
    with writing(data):
        folder = data / "geo"
        folder.mkdir(parents=True, exist_ok=True)
        for path, file in zip(paths, files, strict=True):
            copy = _copy_path(data, file)
            if not copy.exists():
                part = copy.with_suffix(".part")
                shutil.copyfile(path, part)
                part.replace(copy)
        if files:
            write_atomically(_list_path(data), msgspec.json.encode(_Used(files=files, prefer=prefer)) + b"\n")
        else:
            _list_path(data).unlink(missing_ok=True)
        kept = {_copy_path(data, file) for file in files}
        for old in folder.glob("*.mmdb"):
            if old not in kept:
                old.unlink()


def _list_path(data: Path) -> Path:
    return data / "geo" / "files.json"


def _copy_path(data: Path, file: GeoFile) -> Path:
    return data / "geo" / f"{file.sha256}.mmdb"


def with_places(hosts: pa.Table, geo: Geo) -> pa.Table:
    """Fill country, network and provider of the hosts from the databases; of scans and databases one wins throughout.

    `hosts` has address, country, asn and provider, null where no scan says one. A name of an organisation is taken only
    together with the network that it belongs to.
    """
    if not geo.files:
        return hosts
    import pyarrow as pa

    columns = {name: hosts.column(name).to_pylist() for name in ("country", "asn", "provider")}
    found = geo.look_up(hosts.column("address").to_pylist())
    for i, facts in enumerate(found):
        said = (columns["asn"][i], columns["provider"][i])
        first, second = (facts.country, columns["country"][i]) if geo.prefer else (columns["country"][i], facts.country)
        columns["country"][i] = first or second
        known = (facts.asn, facts.organisation)
        network, other = (known, said) if geo.prefer else (said, known)
        if network[0] is None:
            network = other
        elif network[1] is None and other[0] == network[0]:
            network = (network[0], other[1])
        columns["asn"][i], columns["provider"][i] = network
    for name, kind in (("country", pa.string()), ("asn", pa.int64()), ("provider", pa.string())):
        position = hosts.schema.get_field_index(name)
        hosts = hosts.set_column(position, name, pa.array(columns[name], kind))
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


def kind_of(provider: str) -> str | None:
    """Kind of an organisation by its name: the table's, else what the name itself says; None where neither does."""
    kinds = dict(organisations().values())
    if provider in kinds:
        return kinds[provider]
    return "university" if _UNIVERSITY.search(provider) else None
