"""Which hosts are to be forgotten: nothing of them stays in a data folder, and later scans do not bring them back.

What was forgotten is kept as HMAC-SHA256 under the data folder's key: enough to know an address when it comes again,
and not the address.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from cohabit.errors import DataError
from cohabit.graph.archive import write_atomically
from cohabit.graph.assets import Asset
from cohabit.graph.prefixes import Prefix, network, packed_address
from cohabit.privacy import Finder, read_key

MARK = "forgotten"
"""Takes the place of a forgotten address inside other text."""

_CHECK = b"which key"
# IPv4 addresses that records write as numbers, by the name of the field.
_NUMBERED = re.compile(r'"(?:ip|[sd]addr_raw)"\s*:\s*"?([0-9]{1,10})\b')


class _Kept(msgspec.Struct, kw_only=True):
    """The list as it is on disk. The lengths of prefixes and the labels of names are not hidden."""

    check: str
    hashes: list[str] = []
    lengths: dict[int, list[int]] = {}
    labels: int = 0


@dataclass
class Forgotten(Finder):
    """The list of a data folder, with the key it was made with."""

    key: bytes = field(repr=False)
    kept: _Kept

    @cached_property
    def digest(self) -> str:
        """What a graph, and a cleared part of the archive, depend on of it; empty for an empty list."""
        hashes = self.kept.hashes
        return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest() if hashes else ""

    def has(self, host: str) -> bool:
        """Whether a host, in canonical text, is to be forgotten."""
        known = self._seen.get(host)
        if known is None:
            known = self._seen[host] = self._is_among(host)
        return known

    def covers(self, asset: Asset) -> bool:
        """Whether everything that an asset means is to be forgotten."""
        if isinstance(asset, Prefix):
            return any(self._hashed(asset.packed, length) in self._hashes for length in self._lengths(asset.packed))
        return isinstance(asset, str) and self.is_name(asset)

    def put(self, written: str, address: str) -> str:
        """The mark, for what is to be forgotten."""
        return MARK if self.has(address) else written

    def names_known(self) -> int:
        """Labels of the longest forgotten name."""
        return self.kept.labels

    def is_name(self, name: str) -> bool:
        """Whether that name is to be forgotten."""
        return _hash(self.key, name.encode()) in self._hashes

    def is_in(self, raw: str) -> bool:
        """Whether a text names one of the hosts, also by number."""
        if self.text(raw) != raw:
            return True
        numbers = (int(found[1]) for found in _NUMBERED.finditer(raw))
        return any(self._is_packed(n.to_bytes(4)) for n in numbers if n < 2**32)

    def _is_among(self, host: str) -> bool:
        packed = packed_address(host)
        return self.is_name(host) if packed is None else self._is_packed(packed)

    def _is_packed(self, packed: bytes) -> bool:
        return any(self._hashed(packed, length) in self._hashes for length in self._lengths(packed))

    def _lengths(self, packed: bytes) -> list[int]:
        return self.kept.lengths.get(len(packed), [])

    def _hashed(self, packed: bytes, length: int) -> str:
        return _hash(self.key, network(packed, length) + bytes([length]))

    @cached_property
    def _hashes(self) -> frozenset[str]:
        return frozenset(self.kept.hashes)

    @cached_property
    def _seen(self) -> dict[str, bool]:
        return {}


def _hash(key: bytes, content: bytes) -> str:
    # Not the hash of pseudonyms: what was printed of a host before must not lead to it here.
    return hmac.new(key, b"cohabit forgotten " + content, hashlib.sha256).hexdigest()


def forgotten_in_use(data: Path) -> Forgotten | None:
    """The list of this data folder, None where nothing was ever forgotten.

    DataError when it is damaged or was made with another key: forgotten hosts would come back unnoticed.
    """
    path = _path(data)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path}: the list of forgotten hosts cannot be read ({error.strerror})") from error
    try:
        kept = msgspec.json.decode(content, type=_Kept)
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: damaged ({error}); put back a copy of it, or forget those hosts again") from error
    key, _ = read_key(data)
    if not hmac.compare_digest(kept.check, _hash(key, _CHECK)):
        raise DataError(
            f"{path}: made with another key; give that one (COHABIT_KEY_FILE, or {data / 'key'}), or remove the list "
            "and forget those hosts again"
        )
    return Forgotten(key, kept)


def remember(data: Path, assets: Iterable[Asset]) -> None:
    """Write the list with these added; the caller holds the data folder's lock. DataError for assets of other kinds.

    From here on whatever happens ends with them gone: `clearing.clear` needs no more than the list.
    """
    forgotten = forgotten_in_use(data)
    key, lasts = read_key(data)
    if not lasts:
        raise DataError(
            f"{data}: no key can be kept there, so nothing could be known again; give one (COHABIT_KEY_FILE)"
        )
    kept = forgotten.kept if forgotten else _Kept(check=_hash(key, _CHECK))
    hashes, lengths, labels = set(kept.hashes), {w: set(own) for w, own in kept.lengths.items()}, kept.labels
    for asset in assets:
        if isinstance(asset, Prefix):
            lengths.setdefault(len(asset.packed), set()).add(asset.length)
            hashes.add(_hash(key, asset.packed + bytes([asset.length])))
        elif isinstance(asset, str) and not asset.startswith("*."):
            labels = max(labels, asset.count(".") + 1)
            hashes.add(_hash(key, asset.encode()))
        else:
            raise DataError(
                "hosts are forgotten by address, prefix or DNS name, not by network or by what is below one"
            )
    new = _Kept(
        check=kept.check,
        hashes=sorted(hashes),
        lengths={width: sorted(own, reverse=True) for width, own in lengths.items()},
        labels=labels,
    )
    write_atomically(_path(data), msgspec.json.encode(new) + b"\n")


def _path(data: Path) -> Path:
    return data / "forgotten.json"
