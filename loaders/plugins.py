"""Loaders of other distributions, which plug in by an entry point.

    [project.entry-points."cohabit.loaders"]
    acme = "acme_cohabit:LOADER"

The object is a `Loader` (`from cohabit.loaders.carrier import Loader`). Nothing is imported before a source is opened.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points

from cohabit.errors import DataError
from cohabit.loaders.carrier import Loader
from cohabit.text import visible

GROUP = "cohabit.loaders"


def outside_loaders(taken: Collection[str]) -> tuple[Loader, ...]:
    """Return the loaders that installed distributions bring, by name.

    Raises DataError for one that cannot be imported, is no Loader, or has a name that is in `taken` or that another
    one has.
    """
    found: dict[str, Loader] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        loader = _loaded(point)
        if loader.name in taken or loader.name in found:
            raise _refused(point, f"there is another loader named {visible(loader.name, 40)}")
        found[loader.name] = loader
    return tuple(found[name] for name in sorted(found))


def _loaded(point: EntryPoint) -> Loader:
    try:
        loader = point.load()
    except Exception as error:  # whatever the other distribution's code does when it is imported
        raise _refused(point, f"{type(error).__name__}: {error}") from error
    if not isinstance(loader, Loader):
        raise _refused(point, f"it is a {type(loader).__name__}, not a Loader")
    return loader


def _refused(point: EntryPoint, why: str) -> DataError:
    owner = point.dist.name if point.dist else "an unknown distribution"
    text = visible(" ".join(why.split()), 200)
    return DataError(
        f"the loader {visible(point.value, 80)} of {visible(owner, 60)} cannot be used: {text}; mend or uninstall it"
    )
