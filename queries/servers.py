"""What answered on the ports of hosts: the software seen last on each, and its version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.graph.incidence import Integers, positions, without_nulls
from cohabit.graph.store import GraphStore

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Server:
    """What answered on a port: its times in UTC, and the software seen last, with the newest version that it told."""

    first_seen: str
    last_seen: str
    software: str
    version: str | None


def servers_of(store: GraphStore, keys: Integers) -> dict[tuple[int, int], Server]:
    """What answered on hosts (distinct store keys, ascending), by position of the host and port."""
    columns = of_hosts(
        keys,
        store.table(
            f"MATCH (h:Host)-[r:RUNS]->(s:Software) RETURN {store.host_key} AS key, r.port AS port, "
            "s.name AS software, r.version AS version, r.first_seen AS first_seen, r.last_seen AS last_seen"
        ),
    )
    named = (columns[n] for n in ("key", "port", "last_seen", "software", "version", "first_seen"))
    servers: dict[tuple[int, int], Server] = {}
    # The newest comes last; of two at one time, the one that sorts last.
    for key, port, last, software, version, first in sorted(zip(*named, strict=True), key=lambda run: run[:4]):
        before = servers.get((key, port))
        earliest = min(first, before.first_seen) if before else first
        servers[key, port] = Server(earliest, last, software, version)
    return servers


def seen_last(store: GraphStore) -> pa.Table:
    """Columns `key`, `software` and `version`: of each port of every host what `servers_of` has, quickly."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = store.table(
        f"MATCH (h:Host)-[r:RUNS]->(s:Software) RETURN {store.host_key} AS key, r.port AS port, "
        "r.last_seen AS last_seen, s.name AS software, r.version AS version"
    )
    names = ("key", "port", "last_seen", "software")
    table = table.take(pc.sort_indices(table, sort_keys=[(name, "ascending") for name in names]))
    key, port = (without_nulls(table.column(name)) for name in ("key", "port"))
    last = np.ones(len(key), bool)
    last[:-1] = (key[1:] != key[:-1]) | (port[1:] != port[:-1])
    rows = np.flatnonzero(last).astype(np.int64)
    # Arrow's own `array` would import pandas for it.
    chosen = pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(rows)])
    return table.select(["key", "software", "version"]).take(chosen)


def of_hosts(keys: Integers, table: pa.Table) -> dict[str, list[Any]]:
    """The columns of the table's rows of these hosts, in the hosts' order; `key` becomes the position among them."""
    import pyarrow as pa

    of_row = without_nulls(table.column("key"))
    position = positions(of_row, keys)
    rows = np.flatnonzero(position >= 0)
    rows = rows[np.argsort(position[rows], kind="stable")]
    # Arrow's own `array` would import pandas for it.
    chosen = pa.Array.from_buffers(pa.int64(), len(rows), [None, pa.py_buffer(rows.astype(np.int64))])
    taken = table.drop_columns("key").take(chosen)
    columns = {name: taken.column(name).to_pylist() for name in taken.column_names}
    return {**columns, "key": position[rows].tolist()}
