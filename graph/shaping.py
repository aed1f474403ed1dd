"""Arrow tables of nodes and relationships, made from what the projection finds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from cohabit.graph import schema
from cohabit.graph.archive import Archive
from cohabit.graph.names import country_name
from cohabit.graph.tables import GraphTables, node_schema, relationship_schema
from cohabit.timeline import iso


def scan_table(archive: Archive) -> pa.Table:
    """The nodes of scans: one row a file that was loaded."""
    rows = []
    for f in archive.scans():
        rows.append(
            {
                **{name: getattr(f, name) for name in ("sha256", "file_name", "loader", "loaded_at", "simulated")},
                **{name: getattr(f, name) for name in ("records", "rejected", "partial")},
                "first_seen": None if f.first_seen is None else iso(f.first_seen),
                "last_seen": None if f.last_seen is None else iso(f.last_seen),
            }
        )
    return pa.Table.from_pylist(rows, schema=node_schema(schema.SCAN))


def empty_tables(scans: pa.Table) -> GraphTables:
    """The tables of a graph without a host."""
    nodes = {n.label: node_schema(n).empty_table() for n in schema.NODES}
    nodes["Scan"] = scans
    return GraphTables(nodes, {r.type: relationship_schema(r).empty_table() for r in schema.RELATIONSHIPS})


def shaped(nodes: dict[str, pa.Table], relationships: dict[str, pa.Table]) -> GraphTables:
    """Give every table exactly the columns and types of its schema."""
    return GraphTables(
        {n.label: _cast(nodes[n.label], node_schema(n)) for n in schema.NODES},
        {r.type: _cast(relationships[r.type], relationship_schema(r)) for r in schema.RELATIONSHIPS},
    )


def _cast(table: pa.Table, target: pa.Schema) -> pa.Table:
    return table.select(target.names).cast(target)


def keys(label: str, values: Iterable[Any]) -> pa.Table:
    """Nodes that have nothing but their key: one row each distinct value."""
    key = schema.node(label).key.name
    return pa.table({key: pa.array(sorted(set(values)), node_schema(schema.node(label)).field(key).type)})


def country_rows(codes: Iterable[str]) -> pa.Table:
    """Nodes of countries with their English names."""
    codes = sorted(set(codes))
    return pa.table(
        {"code": pa.array(codes, pa.string()), "name": pa.array([country_name(c) for c in codes], pa.string())}
    )


def pair_rows(pairs: Iterable[tuple[str, str]]) -> pa.Table:
    """Relationships from pairs of keys."""
    rows = sorted(pairs)
    return pa.table(
        {"source": pa.array([a for a, _ in rows], pa.string()), "target": pa.array([b for _, b in rows], pa.string())}
    )


def ends_of(table: pa.Table, source: str, target: str) -> pa.Table:
    """Relationships from two columns of a table, where the second has a value."""
    rows = table.filter(table.column(target).is_valid())
    return pa.table({"source": rows.column(source), "target": rows.column(target)})
