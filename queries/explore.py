"""Free and saved Cypher, read-only, on either store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from cohabit.errors import DataError, UsageError
from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries.cypher_names import check_names
from cohabit.queries.cypher_paths import check_paths
from cohabit.queries.guard import check_reading, located, parameters_of
from cohabit.queries.not_analysed import not_analysed
from cohabit.queries.refusals import explained
from cohabit.queries.result import Result, Row, result
from cohabit.queries.saved import SavedQuery
from cohabit.text import visible

MASKING_CAVEAT = (
    "Addresses inside the values are masked; that guards against accident, not against the author of the query."
)

# What the embedded store numbers nodes and relationships by: no property, and another number after every sync.
_NUMBERED = ("_id", "_src", "_dst")


def explore(
    store: GraphStore,
    masker: Masker,
    cypher: str,
    parameters: Mapping[str, Any] | None = None,
    file: str | None = None,
) -> Result:
    """Run a reading statement of the user; the columns are the query's own, in its own row order.

    Dates and times come as ISO 8601 texts, decimals as numbers, bytes as hexadecimal digits, anything else that JSON
    has not as text. UsageError when the statement does not only read, misses a parameter, names two columns alike, or
    asks for a path that the schema does not have; DataError when the store refuses it. `file` is the file that the
    statement is all of: errors say where in it.
    """
    statement = check_reading(cypher, file)
    # The embedded store takes a parameter that is not there for null, and finds nothing.
    if missing := [name for name in parameters_of(statement) if name not in (parameters or {})]:
        where = f"{file}: " if file else ""
        name = visible(missing[0], 80)
        raise UsageError(f"{where}the query has ${name}: give --param {name}=VALUE")
    columns, rows, notes = _run(store, masker, statement, parameters or {}, file)
    return result(columns, rows, caveats=(*notes, *(() if masker.show else (MASKING_CAVEAT,))), own_columns=True)


def run_saved(
    store: GraphStore, masker: Masker, query: SavedQuery, parameters: Mapping[str, Any] | None = None
) -> Result:
    """Run a saved query; rows come by its own ORDER BY, equal ones by code point, so that both stores give one order.

    Without ORDER BY rows with a column `hosts` come by hosts first; by what is no column they come as the store has
    them. UsageError for a missing or an unknown parameter.
    """
    # The text has the lines of the file; of its header only comments are left out.
    statement = check_reading(query.text, query.file)
    columns, rows, notes = _run(store, masker, statement, query.complete(parameters or {}), query.file)
    order = ordered_by(statement)
    if order is None:
        rows.sort(key=lambda r: (-_hosts(r), [_key(r[c]) for c in columns]))
    elif all(name in columns for name, _ in order):
        rows.sort(key=lambda r: [_key(r[c]) for c in columns])
        for name, down in reversed(order):
            rows.sort(key=lambda r, c=name: _ranked(r[c]), reverse=down)  # type: ignore[misc]
    return result(columns, rows, headline=query.title, caveats=(*notes, *query.caveats), own_columns=True)


def _run(
    store: GraphStore, masker: Masker, statement: str, parameters: Mapping[str, Any], file: str | None
) -> tuple[list[str], list[Row], list[str]]:
    """Columns and rows of a checked statement, and what is to be said of facts that it asks for and nobody made."""
    check_names(store, statement, file)
    check_paths(store, statement, file)
    columns, rows = _rows(store, masker, statement, parameters, file)
    note = not_analysed(store, statement)
    return columns, rows, [note] if note else []


def _rows(
    store: GraphStore, masker: Masker, statement: str, parameters: Mapping[str, Any], file: str | None
) -> tuple[list[str], list[Row]]:
    try:
        names, values = store.explore(statement.lstrip(), parameters)
    except DataError as error:
        # Stores quote the value or the piece of the query that they stumble over.
        raise DataError(masker.text(explained(str(error), statement, file))) from error
    columns = [masker.text(name) for name in names]
    if twice := [name for name, count in Counter(columns).items() if count > 1]:
        raise UsageError(f"two columns of the query are called {visible(twice[0], 80)}; tell them apart with AS")
    return columns, [{c: masker.value(_plain(v)) for c, v in zip(columns, row, strict=True)} for row in values]


def _plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(_plain(k)): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.hex() if isinstance(value, bytes | bytearray) else str(value)


def _hosts(row: Row) -> float:
    """Hosts of a row, where it counts some (a query of one's own can call anything so)."""
    hosts = row.get("hosts")
    return hosts if isinstance(hosts, int | float) else 0


def ordered_by(statement: str) -> list[tuple[str, bool]] | None:
    """What the last RETURN of a statement is ordered by, and whether downwards; None without ORDER BY."""
    words = [text for _, text, _ in located(statement)]
    upper = [word.upper() for word in words]
    last = max((i for i, word in enumerate(upper) if word == "RETURN"), default=0)
    at = next((i for i in range(last, len(words) - 1) if upper[i : i + 2] == ["ORDER", "BY"]), None)
    if at is None:
        return None
    end = next((i for i in range(at, len(words)) if upper[i] in ("SKIP", "LIMIT")), len(words))
    terms: list[list[str]] = [[]]
    for word in words[at + 2 : end]:
        if word == ",":
            terms.append([])
        else:
            terms[-1].append(word)
    found = []
    for term in terms:
        down = term[-1].upper() in ("DESC", "DESCENDING")
        names = term[:-1] if term[-1].upper() in ("DESC", "DESCENDING", "ASC", "ASCENDING") else term
        found.append(("".join(names).strip("`"), down))
    return found


def _ranked(value: Any) -> tuple[bool, str, Any]:
    """As Cypher orders: numbers alike whatever their type, null last."""
    kind = "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    return (value is None, kind, _key(value)[1])


def _key(value: Any) -> tuple[str, Any]:
    """One order for values of every kind: nodes, paths and maps by their properties, lists member by member."""
    if isinstance(value, Mapping):
        return ("map", sorted((name, _key(member)) for name, member in value.items() if name not in _NUMBERED))
    if isinstance(value, list):
        return ("list", [_key(member) for member in value])
    return (type(value).__name__, "" if value is None else value)
