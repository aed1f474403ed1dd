"""Rows for the server store: which hosts differ, and everything that hangs on them, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cohabit.graph import schema
from cohabit.graph.tables import GraphTables, row_hashes


@dataclass(frozen=True)
class HostRows:
    """One batch: host rows, and for each relationship type `{source, items: [{target, …}]}`; all new or none."""

    hosts: list[dict[str, Any]]
    relationships: dict[str, list[dict[str, Any]]]
    new: bool


@dataclass(frozen=True)
class ChangedHosts:
    """The hosts whose content differs from the store's, sorted by address, new ones last."""

    new: pa.Table
    updated: pa.Table
    relationships: Mapping[str, pa.Table]

    @property
    def count(self) -> int:
        """How many they are."""
        return int(self.updated.num_rows + self.new.num_rows)

    def batches(self, size: int) -> Iterator[HostRows]:
        """Yield batches of at most `size` rows, hosts and relationships counted together (or one host)."""
        for table, new in ((self.updated, False), (self.new, True)):
            if not table.num_rows:
                continue
            related = {t: _Grouped(r, table.column("address")) for t, r in self.relationships.items()}
            start = 0
            while start < table.num_rows:
                stop = _end(start, size, table.num_rows, related)
                yield HostRows(
                    table.slice(start, stop - start).to_pylist(),
                    {t: g.rows(start, stop) for t, g in related.items()},
                    new,
                )
                start = stop


class _Grouped:
    """A relationship table sorted by host, with the bounds of each host's rows."""

    def __init__(self, table: pa.Table, addresses: pa.ChunkedArray) -> None:
        import numpy as np

        rank = pc.index_in(table.column("source"), addresses)
        kept = table.filter(rank.is_valid())
        ranks = rank.drop_null().to_numpy()
        self._table = kept.take(pa.array(np.argsort(ranks, kind="stable")))
        self._bounds = np.concatenate([[0], np.cumsum(np.bincount(ranks, minlength=len(addresses)))])
        self._addresses = addresses

    def count(self, start: int, stop: int) -> int:
        return int(self._bounds[stop] - self._bounds[start])

    def rows(self, start: int, stop: int) -> list[dict[str, Any]]:
        first = int(self._bounds[start])
        items = self._table.slice(first, self.count(start, stop)).drop_columns("source").to_pylist()
        return [
            {
                "source": self._addresses[i].as_py(),
                "items": items[int(self._bounds[i]) - first : int(self._bounds[i + 1]) - first],
            }
            for i in range(start, stop)
        ]


def _end(start: int, size: int, total: int, related: Mapping[str, _Grouped]) -> int:
    """Find the furthest host that keeps the batch within `size` rows, by bisection over the bounds."""
    low, high = start + 1, total
    while low < high:
        middle = (low + high + 1) // 2
        if middle - start + sum(g.count(start, middle) for g in related.values()) <= size:
            low = middle
        else:
            high = middle - 1
    return low


def changed_hosts(tables: GraphTables, known: Mapping[str, str]) -> ChangedHosts:
    """Pick the hosts whose content hash is not the one in `known` (address → hash)."""
    hosts = host_hashes(tables).sort_by("address")
    held = pa.table({"address": pa.array(known.keys(), pa.string()), "held": pa.array(known.values(), pa.string())})
    position = pc.index_in(hosts.column("address"), held.column("address"))
    old_hash = held.column("held").take(position)
    same = pc.fill_null(pc.equal(old_hash, hosts.column("content_hash")), False)
    is_new = position.is_null()
    return ChangedHosts(
        new=hosts.filter(is_new),
        updated=hosts.filter(pc.and_(pc.invert(same), pc.invert(is_new))),
        relationships={r.type: tables.relationships[r.type] for r in schema.HOST_RELATIONSHIPS},
    )


def host_hashes(tables: GraphTables) -> pa.Table:
    """The host table with `content_hash`: over its row and all its relationships, whatever their order."""
    import duckdb

    hosts = tables.nodes["Host"]
    related = pa.concat_tables(
        pa.table({"source": table.column("source"), "hash": row_hashes(table)})
        for table in (tables.relationships[r.type] for r in schema.HOST_RELATIONSHIPS)
    )
    own = pa.table({"address": hosts.column("address"), "own": row_hashes(hosts)})
    with duckdb.connect() as connection:
        connection.register("own", own)
        connection.register("related", related)
        hashes = connection.sql(
            "SELECT address AS key, md5(any_value(own) || coalesce(string_agg(hash, '' ORDER BY hash), '')) AS hash "
            "FROM own LEFT JOIN related ON source = address GROUP BY address"
        ).to_arrow_table()
    position = pc.index_in(hosts.column("address"), hashes.column("key"))
    return hosts.append_column("content_hash", hashes.column("hash").take(position))


def node_rows(node: schema.Node, tables: GraphTables) -> list[dict[str, Any]]:
    """Rows of a node table, with their content hash."""
    table = tables.nodes[node.label]
    rows: list[dict[str, Any]] = table.append_column("content_hash", row_hashes(table)).to_pylist()
    return rows
