"""Rows for the server store: which hosts differ, and everything that hangs on them, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cohabit.graph import schema
from cohabit.graph.tables import GraphTables, row_hashes

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

HASH = "content_hash"
HOST_COLUMNS = (*schema.HOST.names, HASH)
"""What a row says of the host itself, its address first."""


@dataclass(frozen=True)
class HostRows:
    """One batch of hosts, all of them new to the store or none.

    A row is a list, which costs both sides less than a map: the values of `HOST_COLUMNS`, then for each type of
    `schema.HOST_RELATIONSHIPS` the list of its relationships, each the target's key and the type's properties.
    """

    rows: list[list[Any]]
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
        import numpy as np

        for table, new in ((self.updated, False), (self.new, True)):
            if not table.num_rows:
                continue
            hosts = table.select(HOST_COLUMNS)
            related = [_Grouped.of(r, self.relationships[r.type], hosts) for r in schema.HOST_RELATIONSHIPS]
            weight = np.arange(hosts.num_rows + 1) + sum(g.bounds for g in related)
            start = 0
            while start < hosts.num_rows:
                # The furthest host that keeps the batch within its size.
                stop = max(int(np.searchsorted(weight, weight[start] + size, side="right")) - 1, start + 1)
                lists = [g.lists(start, stop) for g in related]
                yield HostRows(
                    [[*row, *each] for row, *each in zip(_rows(hosts, start, stop), *lists, strict=True)], new
                )
                start = stop


@dataclass(frozen=True)
class _Grouped:
    """A relationship table sorted by host, and where the rows of host i lie: from `bounds[i]` to `bounds[i + 1]`."""

    table: pa.Table
    bounds: npt.NDArray[np.int64]

    @classmethod
    def of(cls, relationship: schema.Relationship, table: pa.Table, hosts: pa.Table) -> _Grouped:
        import numpy as np

        rank = pc.index_in(table.column("source"), hosts.column("address"))
        kept = table.select(["target", *relationship.names]).filter(rank.is_valid())
        ranks = rank.drop_null().to_numpy()
        counts = np.bincount(ranks, minlength=hosts.num_rows)
        return cls(kept.take(pa.array(np.argsort(ranks, kind="stable"))), np.concatenate([[0], np.cumsum(counts)]))

    def lists(self, start: int, stop: int) -> list[list[tuple[Any, ...]]]:
        """The relationships of each of the hosts from `start` to `stop`."""
        bounds = self.bounds[start : stop + 1].tolist()
        rows = _rows(self.table, bounds[0], bounds[-1])
        return [rows[a - bounds[0] : b - bounds[0]] for a, b in pairwise(bounds)]


def _rows(table: pa.Table, start: int, stop: int) -> list[tuple[Any, ...]]:
    """The rows from `start` to `stop`."""
    columns = table.slice(start, stop - start).combine_chunks().columns
    return list(zip(*(_values(column.chunk(0)) if len(column) else [] for column in columns), strict=True))


def _values(array: pa.Array) -> list[Any]:
    """What `to_pylist` gives, without making an Arrow scalar of each value: five times as fast."""
    if pa.types.is_list(array.type):
        flat, offsets = _values(array.flatten()), pc.list_value_length(array).fill_null(0)
        ends = offsets.to_numpy().cumsum().tolist()
        lists: list[Any] = [flat[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        if array.null_count:
            lists = [one if valid else None for one, valid in zip(lists, array.is_valid().to_pylist(), strict=True)]
        return lists
    if array.null_count and not pa.types.is_string(array.type):
        return list(array.to_pylist())  # NumPy has no whole numbers beside null
    return list(array.to_numpy(zero_copy_only=False).tolist())


def changed_hosts(tables: GraphTables, known: Mapping[str, str]) -> ChangedHosts:
    """Pick the hosts whose content hash is not the one in `known` (address → hash)."""
    hosts = host_hashes(tables).sort_by("address")
    held = pa.table({"address": pa.array(known.keys(), pa.string()), "held": pa.array(known.values(), pa.string())})
    position = pc.index_in(hosts.column("address"), held.column("address"))
    old_hash = held.column("held").take(position)
    same = pc.fill_null(pc.equal(old_hash, hosts.column(HASH)), False)
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
    return hosts.append_column(HASH, hashes.column("hash").take(position))


def node_rows(node: schema.Node, tables: GraphTables) -> list[dict[str, Any]]:
    """Rows of a node table, with their content hash."""
    table = tables.nodes[node.label]
    rows: list[dict[str, Any]] = table.append_column(HASH, row_hashes(table)).to_pylist()
    return rows
