"""The store protocol: what the embedded store and the Neo4j server both do, and how to open one.

Queries know this protocol and nothing of the stores behind it. A store's `table` returns the same values for the same
Cypher, whatever its engine; row order carries no meaning unless the caller sorts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cohabit.errors import DataError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from cohabit.graph.derived import DerivedFacts
    from cohabit.graph.tables import GraphTables

Parameters = Mapping[str, Any]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""

STORES = ("embedded", "server")
"""Every kind of store; the conformance tests run on each of them."""

SERVER_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Which archive and which version of it a store holds, and whether its last update came to its end.

    `geo` names the databases of places and networks that it was made with, `excluded` is how many hosts of the archive
    exclusions keep out of it, `derived` says whether it has derived facts.
    """

    archive: str
    version: str
    digest: str
    geo: tuple[str, ...] = ()
    excluded: int = 0
    complete: bool = True
    derived: bool = False


@dataclass(frozen=True)
class SyncReport:
    """What a sync changed: `changed` is False when the store already held this version."""

    changed: bool
    hosts_written: int = 0
    hosts_removed: int = 0


class GraphStore(Protocol):
    """A graph store. Reading methods raise DataError in one line when the store says no."""

    uri: str
    host_key: str
    """Cypher expression for an integer that identifies host `h` within this store while it is open."""

    def state(self) -> State | None:
        """Return the store's state; None when it was never filled."""
        ...

    def refuse_foreign(self, archive: str, *, adopt: bool = False) -> None:
        """Raise DataError when the store holds something that this archive did not make, unless it is adopted."""
        ...

    def sync(
        self, tables: GraphTables, state: State, *, adopt: bool = False, progress: Progress | None = None
    ) -> SyncReport:
        """Make the store hold exactly these tables, beside what others attached to it."""
        ...

    def tidy(self, is_forgotten: Callable[[str], bool] | None) -> None:
        """Remove what earlier updates had to leave: files somebody read, and addresses of hosts to be forgotten."""
        ...

    def write_derived(self, facts: DerivedFacts | None, state: State) -> None:
        """Put these derived facts in the place of all there are (None: remove them), at once or not at all.

        DataError when the store no longer has the state that they were computed from.
        """
        ...

    def table(self, cypher: str, parameters: Parameters | None = None) -> pa.Table:
        """Run one reading statement of ours and return its columns."""
        ...

    def explore(self, cypher: str, parameters: Parameters | None = None) -> tuple[list[str], list[list[Any]]]:
        """Run a user's statement, already checked to be a reading one; return column names and rows."""
        ...

    def lacks(self, kind: str, name: str) -> bool:
        """Whether nothing of this kind (those of `schema.NAMES`) is called so in the store."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...


def data_folder(data: str | os.PathLike[str] | None = None) -> Path:
    """Folder of archive and graph: the argument, else COHABIT_DATA, else ./cohabit-data."""
    return Path(data or os.environ.get("COHABIT_DATA") or "cohabit-data")


def is_server(uri: str | None) -> bool:
    """Whether that URI names a server (UsageError when it names neither a server nor the embedded store)."""
    if not uri or uri == "embedded":
        return False
    scheme = uri.partition("://")[0]
    if "://" in uri and scheme in SERVER_SCHEMES:
        return True
    raise UsageError(
        f"store {uri!r}: not known; use neo4j://HOST:PORT or bolt://HOST:PORT for a server, "
        "nothing for the embedded store"
    )


def open_store(data: Path, uri: str | None = None, *, write: bool = False) -> GraphStore:
    """Open a store: `uri`, else COHABIT_STORE, else the embedded graph of the data folder.

    A store opened for reading must be filled and complete (DataError says what to do otherwise).
    """
    uri = uri or os.environ.get("COHABIT_STORE")
    store: GraphStore
    if is_server(uri):
        from cohabit.graph.server import ServerStore

        store = ServerStore(str(uri))
    else:
        from cohabit.graph.embedded import EmbeddedStore

        store = EmbeddedStore(data / "graph")
    if not write:
        try:
            check_readable(store)
        except BaseException:
            store.close()
            raise
    return store


def check_readable(store: GraphStore) -> None:
    """Refuse to answer from a store that is empty or half updated."""
    state = store.state()
    if state is None:
        raise DataError(f"{store.uri}: no graph here yet; `cohabit load FILE…` makes one (or give --data or --store)")
    if not state.complete:
        raise DataError(f"{store.uri}: an update did not come to its end, or is under way; run `cohabit sync`")


@contextmanager
def opened(data: Path, uri: str | None = None, *, write: bool = False) -> Iterator[GraphStore]:
    """Open a store for the length of a block."""
    store = open_store(data, uri, write=write)
    try:
        yield store
    finally:
        store.close()


def read_tables(store: GraphStore) -> GraphTables:
    """Read the whole graph back, as the tables it was made from; `read_tables(store).digest()` is its digest."""
    from cohabit.graph import schema
    from cohabit.graph.tables import GraphTables, node_schema, relationship_schema

    nodes = {}
    for n in schema.NODES:
        columns = ", ".join(f"n.{p.name} AS {p.name}" for p in n.properties)
        nodes[n.label] = _typed(store.table(f"MATCH (n:{n.label}) RETURN {columns}"), node_schema(n))
    relationships = {}
    for r in schema.RELATIONSHIPS:
        source, target = schema.node(r.source).key.name, schema.node(r.target).key.name
        columns = ", ".join(
            [f"a.{source} AS source", f"b.{target} AS target"] + [f"r.{p.name} AS {p.name}" for p in r.properties]
        )
        cypher = f"MATCH (a:{r.source})-[r:{r.type}]->(b:{r.target}) RETURN {columns}"
        relationships[r.type] = _typed(store.table(cypher), relationship_schema(r))
    return GraphTables(nodes, relationships)


def _typed(table: pa.Table, target: pa.Schema) -> pa.Table:
    return table.select(target.names).cast(target)
