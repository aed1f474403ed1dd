"""Exclusions: hosts that are kept out of every graph of a data folder, while its archive keeps them.

The list is a file of the data folder, and holds addresses. Projection applies it, so an exclusion counts for old and
for later scans, and without it the graph is again what it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cohabit.errors import DataError
from cohabit.graph.archive import write_atomically, writing
from cohabit.graph.assets import Asset, AssetTable, asset_text, parse_asset
from cohabit.graph.locks import write_lock
from cohabit.timeline import now_iso


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """One exclusion: the asset's canonical text, why it is excluded, and since when."""

    asset: str
    reason: str
    added: str


@dataclass(frozen=True)
class Exclusions:
    """The exclusions of a data folder, in the order in which they were added."""

    listed: tuple[Exclusion, ...] = ()

    @property
    def digest(self) -> str:
        """What a graph depends on of them; empty without any."""
        assets = sorted(one.asset for one in self.listed)
        return hashlib.sha256("\n".join(assets).encode()).hexdigest() if assets else ""

    def among(self, addresses: Sequence[str], networks: Sequence[int | None]) -> list[str]:
        """Those of these hosts that are excluded; `networks` are their AS numbers."""
        if not self.listed:
            return []
        found = AssetTable(parse_asset(one.asset) for one in self.listed).best(addresses, networks)
        return [address for address, position in zip(addresses, found.tolist(), strict=True) if position >= 0]


def exclusions_in_use(data: Path) -> Exclusions:
    """The exclusions of this data folder; DataError when the list is damaged: nobody may come back unnoticed."""
    path = _path(data)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Exclusions()
    except OSError as error:
        raise DataError(f"{path}: the exclusions cannot be read ({error.strerror})") from error
    try:
        listed = msgspec.json.decode(content, type=tuple[Exclusion, ...])
        for one in listed:
            parse_asset(one.asset)
    except (msgspec.DecodeError, ValueError) as error:
        raise DataError(f"{path}: damaged ({error}); put it right, or remove it and exclude again") from error
    return Exclusions(listed)


def exclude(data: Path, assets: Iterable[Asset], reason: str) -> int:
    """Exclude these assets from now on; an excluded one gets the new reason. Returns how many were not excluded yet."""
    with write_lock(data):
        held = {one.asset: one for one in exclusions_in_use(data).listed}
        new = {text: Exclusion(asset=text, reason=reason, added=now_iso()) for text in map(asset_text, assets)}
        keep_exclusions(data, {**held, **new}.values())
    return len(new.keys() - held.keys())


def include(data: Path, texts: Iterable[str]) -> None:
    """Remove these exclusions, each by its canonical text."""
    gone = set(texts)
    with write_lock(data):
        keep_exclusions(data, [one for one in exclusions_in_use(data).listed if one.asset not in gone])


def keep_exclusions(data: Path, listed: Iterable[Exclusion]) -> None:
    """Write the list anew; the caller holds the data folder's lock."""
    kept = tuple(listed)
    with writing(data):
        if kept:
            write_atomically(_path(data), msgspec.json.format(msgspec.json.encode(kept)) + b"\n")
        else:
            _path(data).unlink(missing_ok=True)


def _path(data: Path) -> Path:
    return data / "exclusions.json"
