"""What `forget` does between parsing and printing: a scan taken back, or all there is of some hosts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cohabit.commands.archive_hosts import host_finder, hosts_of_archive, masker_of, named_asset, named_in_file
from cohabit.commands.loading import levelled
from cohabit.errors import DataError
from cohabit.graph import clearing
from cohabit.graph import sync as work
from cohabit.graph.archive import Archive
from cohabit.graph.assets import Asset, parse_asset
from cohabit.graph.embedded import open_graphs
from cohabit.graph.prefixes import Prefix
from cohabit.graph.store import data_folder, is_server
from cohabit.options import Where
from cohabit.privacy import Masker
from cohabit.queries.words import count
from cohabit.text import visible


def forget(where: Where, scan: str, *, no_sync: bool, quiet: bool) -> str:
    """Remove a scan and say so."""
    data = data_folder(where.data)
    if not Archive(data).parts():
        raise DataError(f"{data}: no archive here, so there is nothing to forget (give --data)")
    with levelled(where, data, no_sync=no_sync, quiet=quiet):
        facts = work.forget(data, scan)
    name = visible(masker_of(data, show=False).text(facts.file_name))
    said = f"forgot {name} ({facts.sha256[:12]}, {count(facts.records, 'record')})"
    return f"{said}; the graph still has it until `cohabit sync`" if no_sync else said


NOT_SEARCHED = (
    "not searched, so look yourself: the scan files, what was written elsewhere (exports, answers in files, maps, "
    "reports, bundles, folders of notices with their notified.json), saved queries of your own, backups and snapshots "
    "of this folder, and on a Neo4j server its backups, transaction logs and other databases"
)
"""Where forgotten hosts can still be."""


def forget_hosts(where: Where, names: list[str], *, no_sync: bool, quiet: bool) -> tuple[list[str], list[str]]:
    """Remove all there is of hosts that are named, or in files, and say of which scans; also what the user has to look
    after.
    """
    data = data_folder(where.data)
    if not Archive(data).folder.is_dir():
        raise DataError(f"{data}: no archive here, so there is nothing to forget (give --data)")
    masker = masker_of(data, show=False)
    found_by = host_finder(data, masker)
    assets = [asset for name in names for asset in _to_forget(data, masker, found_by, name)]
    with levelled(where, data, no_sync=no_sync, quiet=quiet) as store:
        cleared = clearing.forget_hosts(data, assets)
    said = (
        f"forgot {count(len(cleared.hosts), 'host')}: {count(cleared.observations, 'observation')}, "
        f"{count(cleared.rejected, 'rejected record')}, {count(cleared.exclusions, 'exclusion')} removed"
    )
    if no_sync:
        said += "; the graph too, until `cohabit sync` builds it again"
    lines = [said, *(_cleared(data, masker, scan) for scan in cleared.scans)]
    notes = [NOT_SEARCHED]
    notes += [
        f"{visible(str(path))} still names one of them: give it anew without (`cohabit sync --help`)"
        for path in clearing.still_named_in(data)
    ]
    if open_graphs(data / "graph"):
        notes.append("somebody still reads an older graph: run `cohabit sync` when that has ended, which removes it")
    if no_sync and is_server(where.store):
        notes.append(f"{store.uri} has them until `cohabit sync`")
    return lines, notes


def _to_forget(data: Path, masker: Masker, found_by: Callable[[str], str | None], name: str) -> list[Asset]:
    """The hosts that a word means: an address, prefix or pseudonym as such, else those in the file of that name, else
    the host of the archive with that DNS name. A misspelt file must not pass for a host that is not there.
    """
    try:
        asset = (
            named_asset(data, masker, found_by, name)
            if masker.is_pseudonym(name.strip().lower())
            else parse_asset(name)
        )
    except ValueError as error:
        asset, problem = None, f"it {error}"
    else:
        problem = "no host of this archive has that name; names that are not there yet can be given in a file"
    if isinstance(asset, Prefix):
        return [asset]
    if os.path.exists(name):  # noqa: PTH110 - Path raises for a name that is too long
        return named_in_file(data, found_by, name)
    if asset is None or (isinstance(asset, str) and not asset.startswith("*.") and asset not in hosts_of_archive(data)):
        raise DataError(f"--hosts {visible(name, 200)}: there is no such file, and {problem}")
    return [asset]


def _cleared(data: Path, masker: Masker, scan: clearing.ClearedScan) -> str:
    """Which scan, which file of the archive, and what is gone from it."""
    parts = [
        f"{number:,} {noun}{'' if number == 1 else 's'} {what}".strip()
        for number, noun, what in (
            (scan.observations, "observation", ""),
            (scan.rejected, "rejected record", ""),
            (scan.renamed, "observation", "of others that named one"),
        )
        if number
    ]
    return f"{visible(masker.text(scan.file_name))} ({scan.part.relative_to(data)}): {', '.join(parts)}"
