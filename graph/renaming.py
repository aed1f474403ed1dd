"""A store that gives names as they may be shown, for what shows all names it reads and none that a user typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from cohabit.graph.around import Around
from cohabit.graph.store import GraphStore, Parameters

if TYPE_CHECKING:
    import pyarrow as pa

# Columns of names that strangers chose. Models are not among them: they are asked for by their real names.
_NAMES = ("family", "line", "lab", "place")


def renaming(store: GraphStore, shown: Callable[[str], str]) -> GraphStore:
    """The same store, with families, lines, labs and providers as `shown` has them; two names must stay two."""
    return cast("GraphStore", _Renaming(store, shown))


class _Renaming(Around):
    def __init__(self, store: GraphStore, shown: Callable[[str], str]) -> None:
        super().__init__(store)
        self._shown = shown

    def table(self, cypher: str, parameters: Parameters | None = None) -> pa.Table:
        import pyarrow as pa

        table = self._store.table(cypher, parameters)
        for name in _NAMES:
            if name in table.column_names and pa.types.is_string(table.schema.field(name).type):
                names = table.column(name).to_pylist()
                shown = {one: self._shown(one) for one in set(names) if one is not None}
                if any(one != other for one, other in shown.items()):
                    column = pa.array([None if one is None else shown[one] for one in names], pa.string())
                    table = table.set_column(table.column_names.index(name), name, column)
        return table
