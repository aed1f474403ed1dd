"""Forgotten hosts: nothing of them stays in a data folder, and later scans do not bring them back.

What was forgotten is kept as HMAC-SHA256 under the data folder's key: enough to know an address when it comes again,
and not the address. So the list alone says what has to go, and whatever a crash left is cleared by the next run.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec
import pyarrow as pa

from cohabit.errors import DataError
from cohabit.graph.archive import Archive, RejectedRecord, ScanFacts, fsync_replace, write_atomically, writing
from cohabit.graph.assets import Asset, parse_asset
from cohabit.graph.embedded import discard
from cohabit.graph.exclusions import exclusions_in_use, keep_exclusions
from cohabit.graph.locks import write_lock
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


@dataclass
class Cleared:
    """What was removed: hosts, their observations, and rejected records that name them."""

    hosts: set[str] = field(default_factory=set)
    observations: int = 0
    rejected: int = 0
    exclusions: int = 0


def forget_hosts(data: Path, assets: Iterable[Asset]) -> Cleared:
    """Forget addresses, prefixes and names: remove what there is of them, and keep them out of what is loaded later.

    The graph of the data folder is removed with them; a sync builds it again. DataError for other assets.
    """
    with write_lock(data), writing(data):
        Archive(data).remove_unfinished()
        _remember(data, assets)
        return clear(data)


def _remember(data: Path, assets: Iterable[Asset]) -> None:
    """Write the list with these added; from here on whatever happens ends with them gone."""
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


def clear(data: Path) -> Cleared:
    """Remove what is left of forgotten hosts; the caller holds the data folder's lock. Again and again is as once."""
    cleared = Cleared()
    forgotten = forgotten_in_use(data)
    if forgotten is None:
        return cleared
    archive = Archive(data)
    with writing(data):
        old = [
            (part, facts) for part in archive.parts() if (facts := archive.facts(part)).cleared_of != forgotten.digest
        ]
        if old:
            # It was made from these parts; one beside a server is of no other use.
            discard(data / "graph")
        for part, facts in old:
            _clear_part(archive, part, facts, forgotten, cleared)
        for left in set(archive.rejected_folder.glob("*.ndjson")):
            if not archive.part(left.stem).exists():
                left.unlink()  # by a crash, before its scan was whole
        _clear_exclusions(data, forgotten, cleared)
    return cleared


def clear_scan(archive: Archive, sha256: str) -> None:
    """Take forgotten hosts out of a scan that was loaded just now; the caller holds the data folder's lock."""
    forgotten = forgotten_in_use(archive.data)
    if forgotten is not None:
        part = archive.part(sha256)
        _clear_part(archive, part, archive.facts(part), forgotten, Cleared())


def _clear_part(archive: Archive, part: Path, facts: ScanFacts, forgotten: Forgotten, cleared: Cleared) -> None:
    """The rejected records first: the part says when both are done."""
    _clear_rejected(archive.rejected_of(facts.sha256), facts, forgotten, cleared)
    facts.file_name = forgotten.text(facts.file_name)
    facts.cleared_of = forgotten.digest
    archive.rewrite(part, _without(archive.batches(part), facts, forgotten, cleared), facts)


def _without(
    batches: Iterable[pa.RecordBatch], facts: ScanFacts, forgotten: Forgotten, cleared: Cleared
) -> Iterator[pa.RecordBatch]:
    """Yield the observations of all other hosts, without forgotten addresses in their text; counts and times follow."""
    clean: set[str] = set()
    first: list[int] = []
    for batch in batches:
        hosts = batch.column("host").to_pylist()
        keep = [not forgotten.has(host) for host in hosts]
        gone = {host for host, kept in zip(hosts, keep, strict=True) if not kept}
        cleared.hosts |= gone
        cleared.observations += keep.count(False)
        facts.forgotten += keep.count(False)
        kept_batch = batch.filter(pa.array(keep, pa.bool_())) if gone else batch
        if kept_batch.num_rows:
            seen = kept_batch.column("seen_at").to_pylist()
            first += [min(seen), max(seen)]
        yield _without_text(kept_batch, forgotten, clean)
    facts.first_seen, facts.last_seen = (min(first), max(first)) if first else (None, None)


def _without_text(batch: pa.RecordBatch, forgotten: Forgotten, clean: set[str]) -> pa.RecordBatch:
    """The batch with the mark in the place of forgotten addresses; `clean` are texts without one."""
    texts = {text for column in batch.columns for text in _texts(column)} - clean
    named = {text for text in texts if forgotten.text(text) != text}
    clean |= texts - named
    if not named:
        return batch
    return pa.RecordBatch.from_pylist(forgotten.value(batch.to_pylist()), schema=batch.schema)


def _texts(array: pa.Array) -> Iterator[str]:
    """Yield the distinct texts of a column, inside lists and structures too."""
    if pa.types.is_string(array.type):
        yield from (text for text in array.unique().to_pylist() if text is not None)
    elif pa.types.is_list(array.type):
        yield from _texts(array.flatten())
    elif pa.types.is_struct(array.type):
        for child in array.flatten():
            yield from _texts(child)


def _clear_rejected(path: Path, facts: ScanFacts, forgotten: Forgotten, cleared: Cleared) -> None:
    if not path.exists():
        return
    accepted, kept, gone, changed = facts.accepted, 0, 0, False
    temporary = path.with_name(f".{path.stem}.part")
    try:
        with path.open("rb") as lines, temporary.open("wb") as written:
            for line in lines:
                record = msgspec.json.decode(line, type=RejectedRecord)
                if forgotten.is_in(record.raw) or forgotten.is_in(record.reason):
                    gone += 1
                    continue
                record.file = forgotten.text(record.file)
                new = msgspec.json.encode(record) + b"\n"
                changed = changed or new != line
                kept += written.write(new) and 1
        if gone or changed:
            fsync_replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    cleared.rejected += gone
    facts.rejected, facts.records = kept, accepted + kept


def _clear_exclusions(data: Path, forgotten: Forgotten, cleared: Cleared) -> None:
    """A forgotten host needs no exclusion any more, which would name it."""
    listed = exclusions_in_use(data).listed
    kept = [
        msgspec.structs.replace(one, reason=forgotten.text(one.reason))
        for one in listed
        if not forgotten.covers(parse_asset(one.asset))
    ]
    cleared.exclusions += len(listed) - len(kept)
    if tuple(kept) != listed:
        keep_exclusions(data, kept)


def still_named_in(data: Path) -> list[Path]:
    """Files of the user's own in a data folder that name a forgotten host: only the user can say what to do there."""
    forgotten = forgotten_in_use(data)
    if forgotten is None:
        return []
    files = [path for path in (data / "catalogue.toml", data / "geo" / "files.json") if path.exists()]
    return [path for path in files if forgotten.is_in(path.read_text("utf-8", "replace"))]


def _path(data: Path) -> Path:
    return data / "forgotten.json"
