"""Loading, forgetting and bringing a store level: the three things that change a graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from cohabit.errors import DataError
from cohabit.graph.archive import Archive, ScanFacts, write_atomically, writing
from cohabit.graph.exclusions import exclusions_in_use
from cohabit.graph.forgotten import clear, clear_scan, forgotten_in_use
from cohabit.graph.locks import write_lock
from cohabit.graph.places import geo_in_use, organisations_digest, use_geo
from cohabit.graph.projection import project
from cohabit.graph.store import GraphStore, Progress, State, SyncReport
from cohabit.loaders import registry
from cohabit.loaders.carrier import Columns
from cohabit.loaders.catalogue import Catalogue
from cohabit.loaders.reading import Source, expand, sha256_of
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.values import stored
from cohabit.timeline import now_iso


@dataclass(frozen=True)
class LoadResult:
    """What became of one file; the fields are the columns of `load`'s output."""

    file: str
    loader: str | None
    sha256: str | None
    status: str
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    partial: int = 0
    observations: int = 0
    hosts: int = 0
    seconds: float = 0.0
    error: str | None = None
    simulated: bool = False
    note: str = ""


@dataclass(frozen=True)
class LoadOptions:
    """How to read what the files do not say themselves."""

    loader: str | None = None
    seen_at: int | None = None
    host: tuple[str | None, int | None] | None = None
    columns: Columns | None = None


def load(
    data: Path, paths: Sequence[str], options: LoadOptions | None = None, *, progress: Progress | None = None
) -> list[LoadResult]:
    """Read files into the archive; the graph stores stay as they are until `sync`."""
    options = options or LoadOptions()
    sources = expand(paths)
    archive = Archive(data)
    with write_lock(data):
        clear(data)
        return [_load_one(archive, source, options, progress) for source in sources]


def _load_one(archive: Archive, source: Source, options: LoadOptions, progress: Progress | None) -> LoadResult:
    started = perf_counter()
    sha256: str | None = None
    try:
        sha256 = sha256_of(source)
        part = archive.part(sha256)
        if part.exists():
            return _result(archive, archive.facts(part), source.name, "already loaded", started)
        with registry.open_reading(
            source, loader=options.loader, seen_at=options.seen_at, host=options.host, columns=options.columns
        ) as reading:
            facts = ScanFacts(
                sha256=sha256, file_name=stored(Path(source.name).name)[0], loader=reading.loader, loaded_at=now_iso()
            )
            archive.add(facts, _watched(reading, source.name, progress), reading)
        clear_scan(archive, sha256)
        facts = archive.facts(part)
        notes = [
            reading.note,
            f"{facts.forgotten:,} observations of forgotten hosts left out" if facts.forgotten else "",
        ]
        return replace(_result(archive, facts, source.name, "loaded", started), note="; ".join(filter(None, notes)))
    except registry.Unrecognised as error:
        status = "failed" if source.named else "skipped"
        return LoadResult(source.name, None, sha256, status, error=str(error), seconds=perf_counter() - started)
    except DataError as error:
        return LoadResult(source.name, None, sha256, "failed", error=str(error), seconds=perf_counter() - started)


def _watched(reading: registry.Reading, name: str, progress: Progress | None) -> Iterator[Observation | Rejected]:
    """Pass the records through, telling now and then how much of the file has been read."""
    for number, record in enumerate(reading, 1):
        if progress and number % 2_000 == 0:
            progress(f"reading {Path(name).name}", reading.bytes_read, reading.bytes_total or 0)
        yield record


def _result(archive: Archive, facts: ScanFacts, name: str, status: str, started: float) -> LoadResult:
    observations, hosts = archive.counts(facts.sha256)
    return LoadResult(
        file=name,
        loader=facts.loader,
        sha256=facts.sha256,
        status=status,
        read=facts.records,
        accepted=facts.accepted,
        rejected=facts.rejected,
        partial=facts.partial,
        observations=observations,
        hosts=hosts,
        seconds=perf_counter() - started,
        simulated=facts.simulated,
    )


def sync(
    data: Path, store: GraphStore, *, adopt: bool = False, force: bool = False, progress: Progress | None = None
) -> SyncReport:
    """Bring the store level with the archive; nothing is done where it already is, unless forced."""
    archive = Archive(data)
    with write_lock(data):
        archive.remove_unfinished()
        clear(data)
        forgotten = forgotten_in_use(data)
        catalogue, geo = catalogue_in_use(data), geo_in_use(data)
        exclusions = exclusions_in_use(data)
        digests = (catalogue.digest, organisations_digest(), geo.digest, exclusions.digest)
        version = archive.version(*digests, forgotten.digest if forgotten else "")
        held = store.state()
        if held and held.complete and held.version == version and held.archive == archive.id and not force:
            store.tidy(forgotten.has if forgotten else None)
            return SyncReport(changed=False)
        if progress:
            progress("projecting the archive", 0, 0)
        tables = project(archive, catalogue, geo, exclusions)
        state = State(
            archive=archive.id, version=version, digest=tables.digest(), geo=geo.names, excluded=tables.excluded
        )
        report = store.sync(tables, state, adopt=adopt, progress=progress)
        store.tidy(forgotten.has if forgotten else None)
        return report


def forget(data: Path, scan: str) -> ScanFacts:
    """Remove one scan, named by the beginning of its hash or by its file name, from the archive."""
    archive = Archive(data)
    with write_lock(data):
        found = [
            facts
            for facts in archive.scans()
            if (len(scan) >= 6 and facts.sha256.startswith(scan.lower())) or facts.file_name == scan
        ]
        if not found:
            raise DataError(f"no loaded scan is called {scan!r}; `cohabit info --scans` lists them")
        if len(found) > 1:
            raise DataError(f"{len(found)} loaded scans are called {scan!r}; name one by its hash")
        archive.remove(found[0].sha256)
        return found[0]


def catalogue_in_use(data: Path) -> Catalogue:
    """The user's catalogue of this data folder, else the bundled one."""
    path = _catalogue_path(data)
    return Catalogue.load(path if path.exists() else None)


def use_catalogue(data: Path, file: Path | None) -> None:
    """Record a catalogue file in the data folder, or go back to the bundled one (None); checked before it is kept."""
    path = _catalogue_path(data)
    with write_lock(data), writing(data):
        if file is None:
            path.unlink(missing_ok=True)
            return
        Catalogue.load(file)
        write_atomically(path, file.read_bytes())


def change_geo(data: Path, paths: Sequence[Path], *, prefer: bool) -> None:
    """Use these databases of places and networks from now on; see `places.use_geo`."""
    with write_lock(data):
        use_geo(data, paths, prefer=prefer)


def _catalogue_path(data: Path) -> Path:
    return data / "catalogue.toml"
