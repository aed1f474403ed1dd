"""What the commands about exclusions do between parsing and printing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cohabit.commands.archive_hosts import host_finder, masker_of, named_asset, named_in_file
from cohabit.errors import UsageError
from cohabit.graph import exclusions as work
from cohabit.graph import sync
from cohabit.graph.archive import Archive
from cohabit.graph.assets import Asset, asset_text, parse_asset
from cohabit.graph.store import data_folder, opened
from cohabit.options import Where
from cohabit.privacy import Masker
from cohabit.progress import progress_bar
from cohabit.queries import exclusions as question
from cohabit.queries.result import Result
from cohabit.queries.words import count
from cohabit.text import visible

_FILES = (".csv", ".tsv", ".txt")
"""How files of assets are called, and no DNS name ends."""


def add(where: Where, names: list[str], reason: str, *, no_sync: bool, quiet: bool) -> str:
    """Exclude hosts from now on and say how many that keeps out."""
    data = data_folder(where.data)
    if not reason.strip():
        raise UsageError("--reason says why: whoever asks later, when nobody remembers, must find an answer")
    masker = masker_of(data, show=False)
    found_by = host_finder(data, masker)
    assets = [asset for name in names for asset in _named(data, masker, found_by, name)]
    with _changing(where, data, no_sync=no_sync, quiet=quiet) as level:
        new = work.exclude(data, assets, reason.strip())
        again = len({asset_text(asset) for asset in assets}) - new
        said = f"{new} excluded" if new or not again else "excluded already"
        return said + (f", {again} already were" if new and again else "") + level()


def remove(where: Where, names: list[str], *, no_sync: bool, quiet: bool) -> str:
    """Take exclusions back and say how many hosts are still kept out."""
    data = data_folder(where.data)
    masker = masker_of(data, show=False)
    listed = [one.asset for one in work.exclusions_in_use(data).listed]
    by_name = {question.shown(masker, asset): asset for asset in listed} | {asset: asset for asset in listed}
    gone = [_listed(by_name, name) for name in names]
    with _changing(where, data, no_sync=no_sync, quiet=quiet) as level:
        work.include(data, gone)
        return f"{count(len(set(gone)), 'exclusion')} removed" + level()


def listed(where: Where, *, show_addresses: bool) -> Result:
    """The exclusions of the data folder."""
    data = data_folder(where.data)
    return question.exclusions(work.exclusions_in_use(data), masker_of(data, show=show_addresses))


def _named(data: Path, masker: Masker, found_by: Callable[[str], str | None], name: str) -> list[Asset]:
    """What a word means: an address, prefix, AS number or pseudonym as such, else the assets of the file of that name,
    else a DNS name, which no scan need have seen yet; but none that ends as a file does, which may be misspelt.
    """
    try:
        plain = masker.is_pseudonym(name.strip().lower()) or not isinstance(parse_asset(name), str)
        problem = ""
    except ValueError as error:
        plain, problem = False, f", and it {error}"
    if not plain:
        if os.path.exists(name):  # noqa: PTH110 - Path raises for a name that is too long
            return named_in_file(data, found_by, name)
        if "/" in name or name.lower().endswith(_FILES):
            raise UsageError(f"{visible(masker.text(name), 200)!r}: there is no such file{problem}")
    return [named_asset(data, masker, found_by, name)]


def _listed(by_name: dict[str, str], name: str) -> str:
    """The exclusion that is named, by itself or as `exclude list` shows it."""
    try:
        text = asset_text(parse_asset(name))
    except ValueError:
        text = ""
    found = by_name.get(text) or by_name.get(name.strip().lower())
    if found is None:
        # As it was typed: with a pseudonym in its place nobody sees the slip.
        raise UsageError(f"{visible(name, 80)!r} is not excluded; `cohabit exclude list` lists what is")
    return found


@contextmanager
def _changing(where: Where, data: Path, *, no_sync: bool, quiet: bool) -> Iterator[Callable[[], str]]:
    """Give what brings the graph level and says what is kept out of it; a store that cannot be is told before."""
    if no_sync:
        yield lambda: "; the graph changes with the next `cohabit sync` or `cohabit load`"
    elif not Archive(data).parts():
        yield lambda: "; no scan is loaded yet"
    else:
        with progress_bar(quiet) as progress, opened(data, where.store, write=True) as store:
            store.refuse_foreign(Archive(data).id)

            def level() -> str:
                sync.sync(data, store, progress=progress)
                state = store.state()
                return f"; {count(state.excluded if state else 0, 'host')} of the archive kept out of the graph"

            yield level
