"""The server store: Neo4j, brought level by content hashes.

A sync reads the content hash of every host and model in the store (one cheap read), upserts what differs as absolute
values and removes what is gone. A host, its relationships and its hash are written in one transaction, so an
interrupted sync leaves hosts that are either old or new, and the next one carries on from there.

Only labels, relationship types and properties of the schema are touched. A node that people attached something to (a
relationship, a label or a property of theirs) is not deleted: it loses what is ours but its key, and waits under the
label `Former…` to be taken up again when a later scan sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec
from neo4j.graph import Node, Path, Relationship

from cohabit.errors import DataError
from cohabit.graph import schema, server_hosts, server_nodes
from cohabit.graph.derived import CHANGED, DerivedFacts, Rows, clearing, properties
from cohabit.graph.server_connection import Connection, batches, run
from cohabit.graph.store import Parameters, Progress, State, SyncReport

if TYPE_CHECKING:
    import neo4j
    import pyarrow as pa

    from cohabit.graph.tables import GraphTables

_STATE = f"MATCH (s:{schema.STATE_LABEL})"
_STATE_VALUES = "s.archive, s.version, s.digest, s.geo, s.excluded, s.complete, s.derived"

_LISTINGS = {
    "label": ("db.labels", "label"),
    "relationship type": ("db.relationshipTypes", "relationshipType"),
    "property": ("db.propertyKeys", "propertyKey"),
}


class ServerStore:
    """A Neo4j database: see `Connection` for what tells which."""

    host_key = "id(h)"

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._connection = Connection(uri)

    def state(self) -> State | None:
        """Return the store's state; None when it was never filled."""
        record = self._connection.rows(f"{_STATE} RETURN {_STATE_VALUES}")
        return _state(record[0]) if record else None

    def sync(
        self, tables: GraphTables, state: State, *, adopt: bool = False, progress: Progress | None = None
    ) -> SyncReport:
        """Bring the database level with these tables (DataError when it holds another archive's graph)."""
        self.refuse_foreign(state.archive, adopt=adopt)
        for statement in schema.server_constraints():
            self._connection.write(statement)
        self._set_state(state, complete=False)
        self._clear_derived()
        others = [n for n in schema.NODES if n is not schema.HOST]
        for n in others:
            server_nodes.upsert(self._connection, n, tables)
        for r in schema.RELATIONSHIPS:
            if r.source != schema.HOST.label:
                server_nodes.level_relationships(self._connection, r, tables)
        report = server_hosts.level(self._connection, tables, progress)
        for n in reversed(others):
            wanted = set(tables.nodes[n.label].column(0).to_pylist())
            server_nodes.remove(self._connection, n, server_nodes.keys_of(self._connection, n) - wanted)
        self._set_state(state, complete=True)
        return report

    def tidy(self, is_forgotten: Callable[[str], bool] | None) -> None:
        """Take their address from nodes that people kept alive, where their host is to be forgotten."""
        if is_forgotten:
            server_nodes.erase_former(self._connection, schema.HOST, is_forgotten)

    def write_derived(self, facts: DerivedFacts | None, state: State) -> None:
        """Replace them in one transaction; they are some thousands at most."""

        def work(transaction: neo4j.ManagedTransaction) -> None:
            # Writing locks the state, so that no sync begins before this is done.
            run(transaction, f"{_STATE} SET s.derived = $derived", derived=facts is not None).consume()
            held = [_state(r.values()) for r in run(transaction, f"{_STATE} RETURN {_STATE_VALUES}")]
            if held != [msgspec.structs.replace(state, derived=facts is not None)]:
                raise DataError(f"{self.uri}: {CHANGED}")
            for cypher, rows in derived_statements(facts):
                for batch in batches(rows) if rows is not None else [None]:
                    run(transaction, cypher, rows=batch).consume()

        self._connection.transact(work)

    def table(self, cypher: str, parameters: Parameters | None = None) -> pa.Table:
        """Run one reading statement of ours and return its columns."""
        import pyarrow as pa

        with self._connection.reading() as session:
            result = session.run(cast("Any", cypher), dict(parameters or {}))
            names = list(result.keys())
            columns: list[list[Any]] = [[] for _ in names]
            for record in result:
                for column, value in zip(columns, record.values(), strict=True):
                    column.append(value)
        return pa.table({name: pa.array(column) for name, column in zip(names, columns, strict=True)})

    def explore(self, cypher: str, parameters: Parameters | None = None) -> tuple[list[str], list[list[Any]]]:
        """Run a user's statement, already checked to be a reading one; return column names and rows."""
        with self._connection.reading() as session:
            result = session.run(cast("Any", cypher), dict(parameters or {}))
            names = list(result.keys())
            return names, [[_plain(v) for v in record.values()] for record in result]

    def lacks(self, kind: str, name: str) -> bool:
        """Whether the database, with what people attached to it, has no such name."""
        listing, one = _LISTINGS[kind]
        return not self._connection.rows(
            f"CALL {listing}() YIELD {one} WHERE {one} = $name RETURN {one}", {"name": name}
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def refuse_foreign(self, archive: str, *, adopt: bool = False) -> None:
        """Raise DataError when the database holds something that this archive did not make."""
        if adopt:
            return
        current = self.state()
        if current is None:
            if self._connection.rows("MATCH (n:Host|Model) RETURN 1 LIMIT 1"):
                raise DataError(
                    f"{self.uri}: this database has Host or Model nodes that cohabit did not write; "
                    "use another database (NEO4J_DATABASE), or `cohabit sync --adopt` to take it over"
                )
        elif current.archive != archive:
            raise DataError(
                f"{self.uri}: this store was filled from another archive; use another database or data folder, "
                "or `cohabit sync --adopt` to replace what it holds"
            )

    def _set_state(self, state: State, *, complete: bool) -> None:
        self._connection.write(
            f"MERGE (s:{schema.STATE_LABEL} {{name: 'cohabit'}}) SET s.archive = $archive, s.version = $version, "
            "s.digest = $digest, s.geo = $geo, s.excluded = $excluded, s.complete = $complete",
            {
                "archive": state.archive,
                "version": state.version,
                "digest": state.digest,
                "geo": list(state.geo),
                "excluded": state.excluded,
                "complete": complete,
            },
        )

    def _clear_derived(self) -> None:
        """Remove the facts that `write_derived` wrote; such properties of others stay where it never did."""
        state = self.state()
        if state is None or not state.derived:
            return

        def work(transaction: neo4j.ManagedTransaction) -> None:
            for cypher in (*clearing(), f"{_STATE} SET s.derived = false"):
                run(transaction, cypher).consume()

        self._connection.transact(work)


def _state(values: Sequence[Any]) -> State:
    archive, version, digest, geo, excluded, complete, derived = values
    return State(
        archive=archive,
        version=version,
        digest=digest,
        geo=tuple(geo or ()),
        excluded=excluded or 0,
        complete=bool(complete),
        derived=bool(derived),
    )


def derived_statements(facts: DerivedFacts | None) -> Iterator[tuple[str, Rows | None]]:
    """Yield the statements that replace all derived facts by these, and their rows (None: it takes none)."""
    yield from ((cypher, None) for cypher in clearing())
    if facts is None:
        return
    yield from properties(facts)
    for r, rows in zip(schema.DERIVED_RELATIONSHIPS, facts.relationships, strict=True):
        a, b = schema.node(r.source).key.name, schema.node(r.target).key.name
        yield (
            f"UNWIND $rows AS row MATCH (a:{r.source} {{{a}: row.source}}) MATCH (b:{r.target} {{{b}: row.target}}) "
            f"CREATE (a)-[r:{r.type}]->(b)" + server_nodes.settings("r", r.names),
            rows,
        )


def _plain(value: Any) -> Any:
    """Nodes and relationships as maps of their properties, paths as lists: what the table formats can show."""
    if isinstance(value, Node | Relationship):
        return dict(value.items())
    if isinstance(value, Path):
        return [_plain(part) for pair in zip(value.nodes, [*value.relationships, None], strict=True) for part in pair][
            :-1
        ]
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    iso_format: Callable[[], str] | None = getattr(value, "iso_format", None)
    return iso_format() if iso_format else value
