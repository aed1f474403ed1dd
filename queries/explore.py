"""Free and saved Cypher, read-only, on either store."""

from __future__ import annotations

from typing import Any

from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries.guard import check_reading
from cohabit.queries.result import Result, result
from cohabit.queries.saved import saved_query

MASKING_CAVEAT = (
    "Addresses inside the values are masked; that guards against accident, not against the author of the query."
)


def explore(store: GraphStore, masker: Masker, cypher: str, parameters: dict[str, Any] | None = None) -> Result:
    """Run a reading statement of the user; the columns are the query's own, in its own row order."""
    columns, values = store.explore(check_reading(cypher), parameters)
    rows = [{c: masker.value(v) for c, v in zip(columns, row, strict=True)} for row in values]
    return result(columns, rows, caveats=() if masker.show else (MASKING_CAVEAT,), own_columns=True)


def run_saved(store: GraphStore, masker: Masker, name: str, parameters: dict[str, Any] | None = None) -> Result:
    """Run a saved query; rows come sorted by code point, so that both stores give the same order.

    Rows with a column `hosts` come by hosts first.
    """
    query = saved_query(name)
    given = parameters or {}
    values = {p.name: given.get(p.name, p.default) for p in query.parameters}
    columns, raw = store.explore(query.cypher, values)
    rows = [{c: masker.value(v) for c, v in zip(columns, row, strict=True)} for row in raw]
    rows.sort(key=lambda r: (-r.get("hosts", 0), [_key(r[c]) for c in columns]))
    return result(columns, rows, headline=query.title, caveats=query.caveats, own_columns=True)


def _key(value: Any) -> tuple[str, Any]:
    return (type(value).__name__, "" if value is None else value)
