"""The embedded store: a Ladybug graph file, built anew by every sync and swapped in atomically.

`graph/current` names the file in use. A sync builds a new file beside it, closes it, and replaces the pointer; a crash
at any moment leaves the old graph. Old files go as soon as no reader holds them: readers share a lock on a file beside
the graph, and whoever cleans up takes it for itself first.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import ladybug
import msgspec

from cohabit.errors import DataError
from cohabit.graph import schema
from cohabit.graph.archive import first_line, write_atomically, writing
from cohabit.graph.derived import CHANGED, DerivedFacts, clearing, properties
from cohabit.graph.locks import SharedLock, write_lock
from cohabit.graph.store import Parameters, Progress, State, SyncReport

if TYPE_CHECKING:
    import pyarrow as pa

    from cohabit.graph.tables import GraphTables

# The graph of a large study has 30 to 100 MB; the engine's default would take 80 % of the machine's memory.
# Copying relationships needs room for all of them at once.
_BUILD_POOL = 512 * 2**20
_BUILD_POOL_PER_ROW = 2 * 2**10
_READ_POOL = 512 * 2**20
_SUFFIX = ".lbug"


class _Pointer(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    state: State


class EmbeddedStore:
    """The graph file of a data folder. Opening it creates nothing."""

    host_key = "offset(id(h))"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = str(folder)
        self._database: ladybug.Database | None = None
        self._connection: ladybug.Connection | None = None
        self._lock: SharedLock | None = None

    def state(self) -> State | None:
        """Return the state of the graph in use."""
        pointer = self._pointer()
        return pointer.state if pointer else None

    def refuse_foreign(self, archive: str, *, adopt: bool = False) -> None:
        """Nothing to refuse: the graph of a data folder is that of its archive and is built anew."""

    def sync(
        self, tables: GraphTables, state: State, *, adopt: bool = False, progress: Progress | None = None
    ) -> SyncReport:
        """Build the graph of these tables and put it in the place of the old one."""
        with writing(self.folder), self._new_file(state) as path:
            self._build(path, tables, progress)
        return SyncReport(changed=True, hosts_written=tables.nodes["Host"].num_rows)

    def tidy(self, is_forgotten: Callable[[str], bool] | None) -> None:
        """Remove the graph files that a crash or a reader left; they hold what the one in use may no longer hold."""
        pointer = self._pointer()
        _remove_old(self.folder, pointer.file if pointer else "")

    def write_derived(self, facts: DerivedFacts | None, state: State) -> None:
        """Write them into a copy of the graph file, and put that in the place of the old one."""
        with write_lock(self.folder.parent):
            pointer = self._pointer()
            if pointer is None or pointer.state != state:
                raise DataError(f"{self.uri}: {CHANGED}")
            with (
                writing(self.folder),
                self._new_file(msgspec.structs.replace(state, derived=facts is not None)) as path,
            ):
                shutil.copyfile(self.folder / pointer.file, path)
                with (
                    tempfile.TemporaryDirectory(prefix="cohabit-") as folder,
                    _database(path, _BUILD_POOL) as connection,
                ):
                    _derive(connection, facts, Path(folder))

    def table(self, cypher: str, parameters: Parameters | None = None) -> pa.Table:
        """Run one reading statement of ours and return its columns."""
        return self._result(cypher, parameters).get_as_arrow()

    def explore(self, cypher: str, parameters: Parameters | None = None) -> tuple[list[str], list[list[Any]]]:
        """Run a user's statement, already checked to be a reading one; return column names and rows."""
        try:
            result = self._result(cypher, parameters)
            return result.get_column_names(), [cast("list[Any]", row) for row in result.get_all()]
        except RuntimeError as error:
            # The engine quotes the statement, line by line, before it says where it stopped.
            raise DataError(f"the store refused the query: {' '.join(str(error).split())}") from error

    def lacks(self, kind: str, name: str) -> bool:
        """Whether the schema has no such name; this store takes upper and lower case for the same."""
        return name.casefold() not in {known.casefold() for known in schema.NAMES[kind]}

    def close(self) -> None:
        """Release the graph file."""
        if self._connection is not None:
            self._connection.close()
        if self._database is not None:
            self._database.close()
        if self._lock is not None:
            self._lock.release()
        self._connection = self._database = self._lock = None

    def _result(self, cypher: str, parameters: Parameters | None) -> ladybug.QueryResult:
        result = self._open().execute(cypher, dict(parameters or {}))
        if isinstance(result, list):
            raise DataError("the store refused the query: one statement at a time, please")
        return result

    def _open(self) -> ladybug.Connection:
        if self._connection is None:
            for attempt in itertools.count():
                pointer = self._pointer()
                if pointer is None:
                    raise DataError(f"{self.uri}: no graph here yet; `cohabit load FILE…` makes one")
                path = self.folder / pointer.file
                lock = SharedLock(_lock_path(path))
                try:
                    lock.acquire()
                    self._database = ladybug.Database(path, read_only=True, buffer_pool_size=_READ_POOL)
                    self._connection = ladybug.Connection(self._database)
                except (RuntimeError, OSError) as error:
                    lock.release()
                    # A sync may have replaced the file between reading the pointer and opening it.
                    if attempt < 3 and not path.exists():
                        lock.path.unlink(missing_ok=True)
                        continue
                    raise DataError(
                        f"{path}: the graph cannot be opened ({first_line(error)}); `cohabit sync` builds it again"
                    ) from error
                self._lock = lock
                break
        assert self._connection is not None  # noqa: S101 - for the type checker
        return self._connection

    def _pointer(self) -> _Pointer | None:
        return _read_pointer(self.folder)

    @contextlib.contextmanager
    def _new_file(self, state: State) -> Iterator[Path]:
        """Give a path to write a graph file to; when that is done, it takes the place of the old one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{state.version[:16]}-{uuid.uuid4().hex[:8]}{_SUFFIX}"
        path = self.folder / name
        # The reader's lock also tells a file that is being built from one that a crash left.
        with SharedLock(_lock_path(path)):
            try:
                yield path
            except RuntimeError as error:
                raise DataError(f"{path}: the graph could not be built ({first_line(error)})") from error
            write_atomically(self.folder / "current", msgspec.json.encode(_Pointer(file=name, state=state)) + b"\n")
        self.close()
        _remove_old(self.folder, name)

    def _build(self, path: Path, tables: GraphTables, progress: Progress | None) -> None:
        rows = sum(t.num_rows for t in (*tables.nodes.values(), *tables.relationships.values()))
        pool = _BUILD_POOL + rows * _BUILD_POOL_PER_ROW
        with tempfile.TemporaryDirectory(prefix="cohabit-") as folder, _database(path, pool) as connection:
            for statement in schema.embedded_ddl():
                connection.execute(statement)
            copies = [(f"{n.label}({', '.join(n.names)})", tables.nodes[n.label]) for n in schema.NODES]
            copies += [(r.type, tables.relationships[r.type]) for r in schema.RELATIONSHIPS]
            for done, (name, table) in enumerate(copies, 1):
                _copy(connection, name, table, Path(folder))
                if progress:
                    progress("building the graph", done, len(copies))


def _read_pointer(folder: Path) -> _Pointer | None:
    path = folder / "current"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Pointer)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: damaged ({error}); remove it and run `cohabit sync`") from error


def discard(folder: Path) -> None:
    """Remove the graph of a folder: readers find none from now on, and what they still hold goes with a later sync."""
    (folder / "current").unlink(missing_ok=True)
    _remove_old(folder, "")


def open_graphs(folder: Path) -> list[Path]:
    """Graph files of a folder that are not in use any more and could not be removed: somebody reads them."""
    pointer = _read_pointer(folder)
    return [path for path in folder.glob(f"*{_SUFFIX}") if pointer is None or path.name != pointer.file]


def _remove_old(folder: Path, current: str) -> None:
    """Remove all graph files but the one in use, as far as nobody reads them."""
    keep = {current, f"{current}.wal", f"{current}.shadow", f"{current}.tmp"}
    for path in folder.glob(f"*{_SUFFIX}*"):
        if path.name in keep or path.suffix == ".lock":
            continue
        graph = folder / (path.name.partition(_SUFFIX)[0] + _SUFFIX)
        if SharedLock.nobody_holds(_lock_path(graph)):
            # On Windows an open file cannot be removed: the next sync tries again.
            with contextlib.suppress(OSError):
                path.unlink()
                _lock_path(graph).unlink(missing_ok=True)


def _lock_path(graph: Path) -> Path:
    return graph.with_name(graph.name + ".lock")


@contextlib.contextmanager
def _database(path: Path, pool: int) -> Iterator[ladybug.Connection]:
    database = ladybug.Database(path, buffer_pool_size=pool)
    try:
        connection = ladybug.Connection(database)
        try:
            yield connection
        finally:
            connection.close()
    finally:
        database.close()


def _derive(connection: ladybug.Connection, facts: DerivedFacts | None, folder: Path) -> None:
    import pyarrow as pa

    from cohabit.graph.tables import relationship_schema

    for statement in clearing():
        connection.execute(statement)
    if facts is None:
        return
    for statement, rows in properties(facts):
        connection.execute(statement, {"rows": rows})
    for r, rows in zip(schema.DERIVED_RELATIONSHIPS, facts.relationships, strict=True):
        table = pa.Table.from_pylist(rows, relationship_schema(r))
        _copy(connection, r.type, table, folder, f" (from='{r.source}', to='{r.target}')")


def _copy(connection: ladybug.Connection, name: str, table: pa.Table, folder: Path, ends: str = "") -> None:
    """Copy through a Parquet file: copying an Arrow table takes as long and about 300 MB more for a large study.

    `ends` says which labels a relationship joins where its type has several.
    """
    if not table.num_rows:
        return
    import pyarrow.parquet as pq

    path = folder / "rows.parquet"
    pq.write_table(table, path, compression="none")
    quoted = str(path).replace("\\", "\\\\").replace("'", "\\'")
    connection.execute(f"COPY {name} FROM '{quoted}'{ends}")
    path.unlink()
