"""What the data commands do between parsing and printing: results of loading, one line for what changed."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cohabit.commands.archive_hosts import masker_of
from cohabit.errors import DataError, UsageError
from cohabit.graph import sync as work
from cohabit.graph.archive import Archive
from cohabit.graph.store import GraphStore, SyncReport, data_folder, opened
from cohabit.loaders import registry, values
from cohabit.loaders.carrier import Columns
from cohabit.loaders.catalogue import Catalogue
from cohabit.loaders.geo import read_geo_file
from cohabit.loaders.reading import expand
from cohabit.options import Where
from cohabit.progress import progress_bar
from cohabit.queries.lacking import after_loading
from cohabit.queries.result import Result, result
from cohabit.queries.words import count
from cohabit.text import visible

LOAD_COLUMNS = (
    "file",
    "loader",
    "sha256",
    "status",
    "read",
    "accepted",
    "rejected",
    "partial",
    "observations",
    "hosts",
    "seconds",
    "error",
)
TABLE_COLUMNS = ("file", "status", "read", "rejected", "observations", "hosts", "loader", "partial", "seconds")


def load(
    where: Where,
    paths: list[str],
    *,
    loader: str | None,
    host: str | None,
    seen_at: str | None,
    columns: str | None,
    catalogue: str | None,
    geo: GeoFiles | None,
    no_sync: bool,
    show_addresses: bool,
    quiet: bool,
) -> tuple[Result, list[str]]:
    """Load files and bring the store level; the result, and one line for each file that failed."""
    if not paths:
        raise UsageError("load what? Name files, folders, globs, or - for standard input")
    data = data_folder(where.data)
    options = work.LoadOptions(loader=loader, seen_at=_seconds(seen_at), host=_host(host), columns=_columns(columns))
    # What cannot work is said before anything is changed: a name that is not there, a server that does not answer.
    if loader is not None:
        registry.get(loader)
    expand(paths)
    with progress_bar(quiet) as progress, opened(data, where.store, write=True) as store:
        if not no_sync:
            store.refuse_foreign(Archive(data).id if Archive(data).folder.is_dir() else "")
        _use(data, catalogue, geo)
        files = work.load(data, paths, options, progress=progress)
        usable = any(f.status in ("loaded", "already loaded") for f in files)
        missing: list[str] = []
        if not no_sync and usable:
            work.sync(data, store, progress=progress)
            missing = after_loading(store)
    masker = masker_of(data, show_addresses)
    files = [replace(f, file=masker.text(f.file), error=f.error and masker.text(f.error)) for f in files]
    failed = [f"cohabit: {visible(f.error or '')}" for f in files if f.status == "failed"]
    caveats = _skipped([f.error or "" for f in files if f.status == "skipped"])
    empty = [f.file for f in files if f.status == "loaded" and not f.read]
    caveats += [f"{name}: loaded, but it holds no records" for name in empty]
    caveats += [f"{f.file}: {f.note}" for f in files if f.note]
    caveats += _simulation(data)
    caveats += missing
    if any(f.rejected for f in files):
        caveats.append("`cohabit rejected` lists the rejected records with their reasons")
    totals = {k: sum(getattr(f, k) for f in files) for k in ("read", "rejected", "observations")}
    headline = (
        f"{count(totals['read'], 'record')} read, {totals['rejected']:,} rejected, "
        f"{count(totals['observations'], 'observation')}."
    )
    rows = [{c: v for c, v in asdict(f).items() if c in LOAD_COLUMNS} for f in files]
    simulated = bool(files) and all(f.simulated for f in files if f.status != "failed") and usable
    made = result(LOAD_COLUMNS, rows, headline=headline, caveats=caveats, table_columns=TABLE_COLUMNS)
    return replace(made, simulated=simulated), failed


def _skipped(errors: Sequence[str]) -> list[str]:
    """A line for each file that nobody knows, and once for all of them what is known."""
    said, known = [], ""
    for error in errors:
        what, _, names = error.rpartition(registry.KNOWN_ARE)
        said.append(f"skipped: {visible(what or error)}")
        known = names if what else known
    return [*said, f"known to `load` are: {visible(known)}"] if known else said


def loaders() -> Result:
    """The registered loaders."""
    rows = [{"loader": x.name, "reads": x.title} for x in registry.loaders()]
    return result(("loader", "reads"), rows)


def sync(
    where: Where, *, adopt: bool, catalogue: str | None, geo: GeoFiles | None, quiet: bool
) -> tuple[str, list[str]]:
    """Bring the store level and say what changed; also what no host has."""
    data = data_folder(where.data)
    if not Archive(data).parts():
        raise DataError(f"{data}: no archive here; `cohabit load FILE…` makes one (or give --data)")
    with progress_bar(quiet) as progress, opened(data, where.store, write=True) as store:
        store.refuse_foreign(Archive(data).id, adopt=adopt)
        _use(data, catalogue, geo)
        report = work.sync(data, store, adopt=adopt, force=True, progress=progress)
        return _said(store.uri, report), after_loading(store)


@contextmanager
def levelled(where: Where, data: Path, *, no_sync: bool, quiet: bool) -> Iterator[GraphStore]:
    """Open the store around a change of the archive, and bring it level when that is done, unless without sync."""
    with progress_bar(quiet) as progress, opened(data, where.store, write=True) as store:
        if not no_sync:
            # A server that does not answer, or holds another archive, is told before anything is gone.
            store.refuse_foreign(Archive(data).id)
        yield store
        if not no_sync:
            work.sync(data, store, progress=progress)


def rejected(where: Where, show_addresses: bool) -> Result:
    """Rejected records of all loaded scans; addresses in reasons and raw text are masked."""
    data = data_folder(where.data)
    if not Archive(data).folder.is_dir():
        raise DataError(f"{data}: no archive here; `cohabit load FILE…` makes one (or give --data)")
    masker = masker_of(data, show_addresses)
    rows = [
        {"file": masker.text(r.file), "line": r.line, "reason": masker.text(r.reason), "raw": masker.text(r.raw)}
        for r in Archive(data).rejected()
    ]
    headline = f"{count(len(rows), 'record')} rejected."
    return result(("file", "line", "reason", "raw"), rows, headline=headline)


def use_catalogue(data: Path, name: str) -> None:
    """Use that catalogue file from now on, or the bundled one."""
    file = None if name == "bundled" else Path(name)
    Catalogue.load(file)  # a bad one is told before the data folder is made
    work.use_catalogue(data, file)


@dataclass(frozen=True)
class GeoFiles:
    """Databases to use from now on (none: what scans say alone), checked, and whether they win over scans."""

    paths: tuple[Path, ...]
    prefer: bool


def geo_files(names: list[str] | None, *, prefer: bool) -> GeoFiles | None:
    """Read and check `--geo` and `--prefer-geo`; None when neither was given."""
    if not names:
        if prefer:
            raise UsageError("--prefer-geo needs --geo FILE")
        return None
    if "none" in names:
        if len(names) > 1 or prefer:
            raise UsageError("--geo none goes alone: it takes all databases away")
        return GeoFiles((), prefer=False)
    paths = tuple(map(Path, names))
    for path in paths:
        read_geo_file(path)  # a bad one is told before anything is changed
    return GeoFiles(paths, prefer)


def _use(data: Path, catalogue: str | None, geo: GeoFiles | None) -> None:
    if catalogue:
        use_catalogue(data, catalogue)
    if geo is not None:
        work.change_geo(data, geo.paths, prefer=geo.prefer)


def _said(uri: str, report: SyncReport) -> str:
    if not report.changed:
        return f"{uri}: level with the archive, nothing to change"
    return (
        f"{uri}: level with the archive; {count(report.hosts_written, 'host')} written, "
        f"{report.hosts_removed:,} removed"
    )


def _simulation(data: Path) -> list[str]:
    """Say that the archive holds simulated scans, and warn when it holds real ones too."""
    from cohabit.session import MIXED, SIMULATED

    kinds = {facts.simulated for facts in Archive(data).scans() if facts.records}
    if True not in kinds:
        return []
    return [MIXED if False in kinds else SIMULATED]


def _seconds(text: str | None) -> int | None:
    try:
        return None if text is None else values.second(text, int(time.time()))
    except values.RecordError as error:
        raise UsageError(f"--seen-at: {error}") from None


def _columns(text: str | None) -> Columns | None:
    """Read `KEY=COLUMN,…`, the names of all columns in their order, or a file that says one of them."""
    if text is None:
        return None
    if text.lower().endswith(".toml"):
        return _columns_file(Path(text))
    parts = [part.strip() for part in text.split(",")]
    pairs = [part.partition("=")[::2] for part in parts if "=" in part]
    if not all(parts) or len(pairs) not in (0, len(parts)) or not all(map(all, pairs)):
        raise UsageError(
            f"--columns {text!r}: write KEY=COLUMN,KEY=COLUMN or the columns in order, NAME,NAME, or FILE.toml"
        )
    if pairs:
        return Columns(of={key.strip(): column.strip() for key, column in pairs})
    return Columns(order=tuple(parts))


def _columns_file(file: Path) -> Columns:
    """Read `KEY = "COLUMN"` lines, or `order = ["NAME", …]`, from a TOML file."""
    where = f"--columns {visible(str(file))}"
    try:
        said = tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{where}: the file cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: not valid TOML: {error}") from None
    order = said.pop("order", None)
    if isinstance(order, list) and order and not said and all(isinstance(name, str) for name in order):
        return Columns(order=tuple(order))
    if order is None and said and all(isinstance(column, str) and column for column in said.values()):
        return Columns(of=said)
    raise UsageError(f'{where}: write lines KEY = "COLUMN", or order = ["NAME", "NAME"] alone')


def _host(text: str | None) -> tuple[str | None, int | None] | None:
    """Read `ADDRESS`, `ADDRESS:PORT`, `[IPV6]:PORT` or `:PORT`."""
    if text is None:
        return None
    bare, _, port = text.rpartition(":") if re.fullmatch(r"(\[.*\]|[^:]*):\d+", text) else (text, "", "")
    try:
        return values.host(bare) if bare or not port else None, values.port(port) if port else None
    except values.RecordError as error:
        raise UsageError(f"--host: {error}") from None
