"""What answered on the ports of hosts: the software seen last on each, and its version."""

from __future__ import annotations

from collections.abc import Iterator
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


def seen_last(store: GraphStore) -> Iterator[tuple[str, str | None, Integers]]:
    """Yield each software and version that is what `servers_of` has of some port, with the keys of the hosts."""
    table = store.table(
        f"MATCH (h:Host)-[r:RUNS]->(s:Software) RETURN {store.host_key} AS key, r.port AS port, "
        "r.last_seen AS last_seen, s.name AS software, r.version AS version"
    )
    key, port = (without_nulls(table.column(name)) for name in ("key", "port"))
    times, softwares, versions = (_ranked(table.column(name)) for name in ("last_seen", "software", "version"))
    order = np.lexsort((softwares.rank, times.rank, port, key))
    key, port, software, version = key[order], port[order], softwares.rank[order], versions.rank[order]
    last = np.ones(len(key), bool)
    last[:-1] = (key[1:] != key[:-1]) | (port[1:] != port[:-1])
    for kind in np.unique(np.stack([software[last], version[last]]), axis=1).T.tolist():
        own = last & (software == kind[0]) & (version == kind[1])
        yield str(softwares.texts[kind[0]]), versions.texts[kind[1]], key[own]


@dataclass(frozen=True)
class _Ranked:
    """Distinct texts, None first and then by code point, and the position of each row's among them."""

    texts: list[str | None]
    rank: Integers


def _ranked(column: pa.ChunkedArray) -> _Ranked:
    values = column.to_pylist()
    texts = sorted(set(values), key=lambda text: (text is not None, text or ""))
    position = {text: i for i, text in enumerate(texts)}
    return _Ranked(texts, np.array([position[text] for text in values], np.int64))


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
