"""Clearing a data folder of the forgotten hosts: archive, rejected records, exclusions, and the graph made from them.

What has to go is said by the list alone (`forgotten`), and every part of the archive says which list it was cleared of.
So whatever a crash left is cleared by the next run that writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyarrow as pa

from cohabit.errors import DataError
from cohabit.graph.archive import Archive, RejectedRecord, ScanFacts, fsync_replace, writing
from cohabit.graph.assets import Asset, parse_asset
from cohabit.graph.embedded import discard
from cohabit.graph.exclusions import exclusions_in_use, keep_exclusions
from cohabit.graph.forgotten import Forgotten, forgotten_in_use, remember
from cohabit.graph.locks import write_lock


@dataclass(frozen=True)
class ClearedScan:
    """What was removed from one scan: its file's name, the part of the archive, and how many records of which kind.

    `renamed` are observations of other hosts, which stay, with a mark for each forgotten address in their text.
    """

    file_name: str
    part: Path
    observations: int
    rejected: int
    renamed: int


@dataclass
class Cleared:
    """What was removed: hosts, their observations, and rejected records that name them; and from which scans."""

    hosts: set[str] = field(default_factory=set)
    observations: int = 0
    rejected: int = 0
    exclusions: int = 0
    renamed: int = 0
    scans: list[ClearedScan] = field(default_factory=list)


def forget_hosts(data: Path, assets: Iterable[Asset]) -> Cleared:
    """Forget addresses, prefixes and names: remove what there is of them, and keep them out of what is loaded later.

    The graph of the data folder is removed with them; a sync builds it again. DataError for other assets.
    """
    with write_lock(data), writing(data):
        Archive(data).remove_unfinished()
        remember(data, assets)
        return clear(data)


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
    before = cleared.observations, cleared.rejected, cleared.renamed
    _clear_rejected(archive.rejected_of(facts.sha256), facts, forgotten, cleared)
    facts.file_name = forgotten.text(facts.file_name)
    facts.cleared_of = forgotten.digest
    archive.rewrite(part, _without(archive.batches(part), facts, forgotten, cleared), facts)
    after = cleared.observations, cleared.rejected, cleared.renamed
    if after != before:
        observations, rejected, renamed = (new - old for new, old in zip(after, before, strict=True))
        cleared.scans.append(ClearedScan(facts.file_name, part, observations, rejected, renamed))


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
        yield _without_text(kept_batch, forgotten, clean, cleared)
    facts.first_seen, facts.last_seen = (min(first), max(first)) if first else (None, None)


def _without_text(batch: pa.RecordBatch, forgotten: Forgotten, clean: set[str], cleared: Cleared) -> pa.RecordBatch:
    """The batch with the mark in the place of forgotten addresses; `clean` are texts without one."""
    texts = {text for column in batch.columns for text in _texts(column)} - clean
    named = {text for text in texts if forgotten.text(text) != text}
    clean |= texts - named
    if not named:
        return batch
    rows = batch.to_pylist()
    new = forgotten.value(rows)
    cleared.renamed += sum(one != other for one, other in zip(rows, new, strict=True))
    return pa.RecordBatch.from_pylist(new, schema=batch.schema)


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
                record = _decoded(path, line)
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


def _decoded(path: Path, line: bytes) -> RejectedRecord:
    try:
        return msgspec.json.decode(line, type=RejectedRecord)
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: damaged ({error}); remove it and do this again") from error


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
