"""A store that is asked the same thing only once, for questions that are made of many questions."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from cohabit.graph.around import Around
from cohabit.graph.store import GraphStore, Parameters

if TYPE_CHECKING:
    import pyarrow as pa


def remembering(store: GraphStore) -> GraphStore:
    """The same store, keeping every table that it gives for as long as this object lives.

    Several threads can ask it, one at a time. For a span in which the graph is only read: what somebody else writes
    meanwhile is not seen. The tables of a graph of 175,108 hosts are some 100 MB.
    """
    return cast("GraphStore", _Remembering(store))


class _Remembering(Around):
    def __init__(self, store: GraphStore) -> None:
        super().__init__(store)
        self._asking = threading.Lock()
        self._tables: dict[tuple[str, str], pa.Table] = {}

    def table(self, cypher: str, parameters: Parameters | None = None) -> pa.Table:
        key = cypher, repr(sorted((parameters or {}).items()))
        with self._asking:
            if key not in self._tables:
                self._tables[key] = self._store.table(cypher, parameters)
            return self._tables[key]
