"""cohabit: which AI models live together on internet-exposed hosts.

>>> import cohabit
>>> graph = cohabit.open("cohabit-data")  # doctest: +SKIP
>>> graph.cooccurrence(level="family")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cohabit.errors import CohabitError, DataError, UsageError

if TYPE_CHECKING:
    from cohabit.session import Graph
    from cohabit.session import open_graph as open  # noqa: A004 - the library's front door

__version__ = "0.1.0"
__all__ = ["CohabitError", "DataError", "Graph", "UsageError", "open"]


def __getattr__(name: str) -> Any:
    # The command line imports this package for every call: what is heavy comes when it is asked for.
    if name in ("open", "Graph"):
        from cohabit import session

        return session.open_graph if name == "open" else session.Graph
    raise AttributeError(f"module 'cohabit' has no attribute {name!r}")
