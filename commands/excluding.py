"""What the commands about exclusions do between parsing and printing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cohabit.commands.loading import masker_of, named_asset
from cohabit.errors import UsageError
from cohabit.graph import exclusions as work
from cohabit.graph import sync
from cohabit.graph.archive import Archive
from cohabit.graph.assets import asset_text, parse_asset
from cohabit.graph.store import data_folder, opened
from cohabit.options import Where
from cohabit.privacy import Masker
from cohabit.progress import progress_bar
from cohabit.queries import exclusions as question
from cohabit.queries.result import Result
from cohabit.queries.words import count
from cohabit.text import visible


def add(where: Where, names: list[str], reason: str, *, no_sync: bool, quiet: bool) -> str:
    """Exclude hosts from now on and say how many that keeps out."""
    data = data_folder(where.data)
    if not reason.strip():
        raise UsageError("--reason says why: whoever asks later, when nobody remembers, must find an answer")
    masker = masker_of(data, show=False)
    assets = [named_asset(data, masker, name) for name in names]
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
    gone = [_listed(masker, listed, name) for name in names]
    with _changing(where, data, no_sync=no_sync, quiet=quiet) as level:
        work.include(data, gone)
        return f"{count(len(set(gone)), 'exclusion')} removed" + level()


def listed(where: Where, *, show_addresses: bool) -> Result:
    """The exclusions of the data folder."""
    data = data_folder(where.data)
    return question.exclusions(work.exclusions_in_use(data), masker_of(data, show=show_addresses))


def _listed(masker: Masker, listed: list[str], name: str) -> str:
    """The exclusion that is named, by itself or as `exclude list` shows it."""
    try:
        text = asset_text(parse_asset(name))
    except ValueError:
        text = ""
    for asset in listed:
        if asset == text or question.shown(masker, asset) == name.strip().lower():
            return asset
    # As it was typed: with a pseudonym in its place nobody sees the slip.
    raise UsageError(f"{visible(name, 80)!r} is not excluded; `cohabit exclude list` lists what is")


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
