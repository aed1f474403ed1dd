"""Assets: addresses, prefixes, AS numbers and DNS names, as somebody lists them, and the hosts each of them means."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cohabit.errors import DataError
from cohabit.graph.collection import no_cycle_collection
from cohabit.graph.prefixes import Integers, Prefix, PrefixTable, parse_prefix
from cohabit.loaders.values import RecordError, host
from cohabit.privacy import holds_address
from cohabit.text import visible

Asset = Prefix | int | str
"""A prefix (or one address), an AS number, or a DNS name; `*.example.net` are the names below a name."""

_ASN = re.compile(r"(?:AS)?([0-9]{1,10})", re.I)
_LIKE_ASN = re.compile(r"(?=.*[0-9]{2})AS[0-9a-z_-]+", re.I)
_PSEUDONYM = re.compile(r"host-[0-9a-f]{16}", re.I)
_NO_ASSET = (
    "is no address, prefix, AS number or DNS name; write it as 192.0.2.1, 192.0.2.0/24, 2001:db8::/32, AS64496 or "
    "gpu.example.net"
)
# How the column with the assets may be called, and that with the labels, the first found is taken.
_ASSETS = ("asset", "prefix", "cidr", "address", "ip", "host", "hostname", "domain", "network", "asn")
_LABELS = ("label", "owner", "team", "name", "description")
_DELIMITERS = ",;\t"


def parse_asset(text: str) -> Asset:
    """Read an asset; ValueError says what is wrong with it, without the text itself."""
    text = text.strip()
    if "/" in text or ":" in text or (not text.strip("0123456789.") and "." in text):
        return parse_prefix(text)
    if number := _ASN.fullmatch(text):
        if 0 < int(number[1]) < 2**32:
            return int(number[1])
        raise ValueError(_NO_ASSET)
    if _PSEUDONYM.fullmatch(text):
        raise ValueError("is a pseudonym; write the address or the name itself")
    try:
        name = host(text.removeprefix("*."))
    except RecordError:
        raise ValueError(_NO_ASSET) from None
    if name.rpartition(".")[2][:1].isdigit():
        raise ValueError(
            f"{_NO_ASSET} (the last part of a name does not begin with a digit: is it a misspelt address?)"
        )
    return f"*.{name}" if text.startswith("*.") else name


def asset_text(asset: Asset) -> str:
    """Its canonical text."""
    return f"AS{asset}" if isinstance(asset, int) else str(asset)


class AssetTable:
    """Assets that hosts are looked up in; answers are positions in the order in which the assets came.

    The more specific comes first: longer prefixes, the name itself, longer names that it is below, then the network.
    """

    def __init__(self, assets: Iterable[Asset]) -> None:
        self.networks: dict[int, list[int]] = defaultdict(list)
        """Positions by AS number."""
        self._names: dict[str, list[int]] = defaultdict(list)
        prefixes: list[Prefix] = []
        positions: list[int] = []
        self._size = 0
        for position, asset in enumerate(assets):
            self._size += 1
            if isinstance(asset, Prefix):
                prefixes.append(asset)
                positions.append(position)
            elif isinstance(asset, int):
                self.networks[asset].append(position)
            else:
                self._names[asset].append(position)
        self._prefixes = PrefixTable(prefixes)
        self._of_prefix = np.array([*positions, -1], np.int64)  # the last stands for no prefix

    def best(self, addresses: Sequence[str], networks: Sequence[int | None]) -> Integers:
        """Position of the most specific asset that means each host (of equal ones the first); −1 where none does.

        `networks` are the hosts' AS numbers.
        """
        found = self._of_prefix[self._prefixes.longest(addresses)]
        for i, (address, network) in enumerate(zip(addresses, networks, strict=True)):
            if found[i] < 0:
                found[i] = next(self._others(address, network), -1)
        return found

    def all(self, addresses: Sequence[str], networks: Sequence[int | None]) -> tuple[Integers, Integers]:
        """Every pair of a host and an asset that means it, as two parallel arrays; the more specific comes first."""
        owners, found = self._prefixes.all(addresses)
        others = [
            (i, position)
            for i, (address, network) in enumerate(zip(addresses, networks, strict=True))
            for position in self._others(address, network)
        ]
        rows = np.array(others, np.int64).reshape(len(others), 2)
        owners, found = np.concatenate([owners, rows[:, 0]]), np.concatenate([self._of_prefix[found], rows[:, 1]])
        order = np.argsort(owners, kind="stable")
        return owners[order], found[order]

    def used(self, addresses: Sequence[str], networks: Sequence[int | None]) -> npt.NDArray[np.bool_]:
        """Whether each asset means one of the hosts."""
        used = np.zeros(self._size, bool)
        used[self._of_prefix[:-1]] = self._prefixes.used(addresses)
        for address, network in zip(addresses, networks, strict=True):
            for position in self._others(address, network):
                used[position] = True
        return used

    def _others(self, address: str, network: int | None) -> Iterator[int]:
        """Positions of the names and networks that mean a host."""
        if self._names:
            for name in names_of(address):
                yield from self._names.get(name, ())
        if network is not None:
            yield from self.networks.get(network, ())


def names_of(name: str) -> Iterator[str]:
    """Yield how a name can be listed: itself, then what it is below, the longest first."""
    yield name
    while "." in name:
        name = name.partition(".")[2]
        yield f"*.{name}"


@dataclass(frozen=True)
class AssetList:
    """The assets of a file, in its order: parallel lists, a label may be missing, lines count from 1."""

    assets: list[Asset] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def read_assets(path: Path, found_by: Callable[[str], str | None] | None = None) -> AssetList:
    """Read assets, one a line (what follows a `#` does not count), or of a table with a header such as `asset,label`.

    `found_by` gives the host that a pseudonym stands for; without it a pseudonym is a mistake. DataError names the
    first line that cannot be read, and says how many more there are: a list that is used in part misleads.
    """
    where = visible(str(path))
    listed = AssetList()
    bad: list[tuple[int, str]] = []
    with no_cycle_collection():
        for line, text, label in _rows(path, where):
            try:
                if found_by and _PSEUDONYM.fullmatch(text):
                    text = _address_of(text.lower(), found_by)
                listed.assets.append(parse_asset(text))
            except ValueError as error:
                # Errors go into logs and mails: what looks like an address is not repeated.
                said = "" if not text or holds_address(text) else f" ({visible(text, 40)!r})"
                bad.append((line, f"{said} {error}"))
                continue
            listed.labels.append(label)
            listed.lines.append(line)
    if bad:
        line, reason = bad[0]
        more = f" ({len(bad) - 1:,} more of its lines cannot be read either)" if len(bad) > 1 else ""
        raise DataError(f"{where}, line {line}: this{reason}{more}")
    if not listed.assets:
        raise DataError(f"{where}: there are no assets in it; write one a line: address, prefix, AS number or DNS name")
    return listed


def is_bare(asset: Asset) -> bool:
    """Whether it is a name without a dot: that of a host as some scan has it, or anything else somebody meant."""
    return isinstance(asset, str) and "." not in asset


def not_a_host(name: str, place: str) -> str:
    """Why a bare name is refused where no host of that place (a graph, an archive) has it."""
    meant = (
        "is it a misspelt AS number? Write it as AS64496"
        if _LIKE_ASN.fullmatch(name)
        else "write an address, a prefix, an AS number, or a name with its domain"
    )
    return f"{visible(name, 40)!r} is the name of no host of this {place}; {meant}"


def refuse_unknown_names(listed: AssetList, where: str, place: str, hosts: Callable[[], Collection[str]]) -> None:
    """Raise DataError for a list with bare names that are no hosts: a misspelt line must not pass for one that holds.

    `hosts` gives the names and addresses of all hosts of the place; it is asked only where there are bare names.
    """
    bare = [i for i, asset in enumerate(listed.assets) if is_bare(asset)]
    known = set(hosts()) if bare else set()
    unknown = [i for i in bare if listed.assets[i] not in known]
    if unknown:
        more = f" ({len(unknown) - 1:,} more of its lines are no hosts either)" if len(unknown) > 1 else ""
        said = not_a_host(asset_text(listed.assets[unknown[0]]), place)
        raise DataError(f"{where}, line {listed.lines[unknown[0]]}: {said}{more}")


def _address_of(pseudonym: str, found_by: Callable[[str], str | None]) -> str:
    address = found_by(pseudonym)
    if address is None:
        raise ValueError("is a pseudonym of no host here")
    return address


def _rows(path: Path, where: str) -> Iterator[tuple[int, str, str | None]]:
    """Yield line, asset and label."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"{where}: the assets cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: this is not a text file in UTF-8; write one asset a line") from error
    first = next((i for i, line in enumerate(lines) if _content(line)), 0)
    columns = _columns(lines[first]) if lines else None
    if columns is None:
        for number, line in enumerate(lines, 1):
            if text := _content(line):
                if any(delimiter in text for delimiter in _DELIMITERS):
                    raise DataError(
                        f"{where}, line {number}: this has several columns; a file with labels begins with the line "
                        "asset,label"
                    )
                yield number, text, None
        return
    delimiter, asset, label = columns
    # Strict: a quote that nobody closes would take the rest of the file for a label.
    reader = csv.reader(lines[first + 1 :], delimiter=delimiter, skipinitialspace=True, strict=True)
    begins = first + 2
    try:
        for row in reader:
            text = row[asset].strip() if len(row) > asset else ""
            if any(row) and not row[0].startswith("#"):
                said = row[label].strip() if label is not None and len(row) > label else ""
                yield begins, text, said or None
            begins = first + 2 + reader.line_num
    except csv.Error as error:
        raise DataError(f"{where}, line {begins}: not a row of a table ({error}); correct it") from error


def _content(line: str) -> str:
    return line.partition("#")[0].strip()


def _columns(header: str) -> tuple[str, int, int | None] | None:
    """Delimiter, and the columns of assets and labels; None for a line that is no header."""
    for delimiter in _DELIMITERS:
        cells = [cell.strip(' "').lower() for cell in header.split(delimiter)]
        if asset := [cells.index(name) for name in _ASSETS if name in cells]:
            return delimiter, asset[0], next((cells.index(name) for name in _LABELS if name in cells), None)
    return None
