"""What stands around a store: for whatever it does not do itself it is that store."""

from __future__ import annotations

from typing import Any

from cohabit.graph.store import GraphStore


class Around:
    """The base of classes that answer `table` in their own way, and leave all else to the store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
