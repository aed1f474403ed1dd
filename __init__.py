"""cohabit: which AI models live together on internet-exposed hosts.

>>> import cohabit
>>> with cohabit.open() as graph:
...     graph.cooccurrence("llama", "qwen2")[["a", "b", "hosts"]]
       a      b  hosts
0  llama  qwen2    116
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cohabit.errors import CohabitError, DataError, UsageError

if TYPE_CHECKING:
    from cohabit.keeping import (
        bundle,
        exclude,
        forget,
        include,
        known_loaders,
        load,
        rejected,
        saved_queries,
        simulate,
        sync,
    )
    from cohabit.session import Graph
    from cohabit.session import open_graph as open  # noqa: A004 - the library's front door

    __version__: str

# Functions of `cohabit.keeping`.
_KEPT = frozenset(
    {"bundle", "exclude", "forget", "include", "known_loaders", "load", "rejected", "saved_queries", "simulate", "sync"}
)
__all__ = [
    "CohabitError",
    "DataError",
    "Graph",
    "UsageError",
    "bundle",
    "exclude",
    "forget",
    "include",
    "known_loaders",
    "load",
    "open",
    "rejected",
    "saved_queries",
    "simulate",
    "sync",
]


def __dir__() -> list[str]:
    """What completion in a notebook offers: all there is, loaded or not."""
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    # The command line imports this package for every call: what is heavy comes when it is asked for.
    if name in ("open", "Graph"):
        from cohabit import session

        return session.open_graph if name == "open" else session.Graph
    if name in _KEPT:
        from cohabit import keeping

        return getattr(keeping, name)
    if name == "__version__":
        from importlib.metadata import version

        return version("cohabit")
    raise AttributeError(f"module 'cohabit' has no attribute {name!r}")
