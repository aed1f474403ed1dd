"""Nodes and edges one by one, as the formats of graph programs have them: an id, a label, typed attributes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cohabit.exports.columns import column_rows
from cohabit.exports.data import ExportData

Attributes = dict[str, Any]


@dataclass(frozen=True)
class Element:
    """A node (`source` is its id, `target` empty) or an edge; attributes without a value are not there."""

    source: str
    target: str
    attributes: Attributes


def nodes(data: ExportData) -> Iterator[Element]:
    """Every node, in the order of the tables.

    Of the bipartite graph the id is `host:…` or `model:…`, and `bipartite` is 0 or 1; of a network it is the item.
    """
    for side, (kind, table) in enumerate(data.nodes.items()):
        key = table.column_names[0]
        for row in column_rows(table):
            name = row.pop(key)
            sides = {"bipartite": side} if data.bipartite else {}
            yield Element(_id(data, kind, name), "", _present({"name": name, "kind": kind, **sides, **row}))


def edges(data: ExportData) -> Iterator[Element]:
    """Every edge, in the order of the table.

    Edges of a network have their hosts as `weight`, and `a` and `b`: an undirected edge does not tell its ends apart,
    but measures such as `share_of_a` do.
    """
    first, second = data.edges.column_names[:2]
    kinds = list(data.nodes) if data.bipartite else [*data.nodes] * 2
    for row in column_rows(data.edges):
        source, target = _id(data, kinds[0], row[first]), _id(data, kinds[1], row[second])
        if data.bipartite:
            del row[first], row[second]
        else:
            row = {"weight": row["hosts"], **row}
        yield Element(source, target, _present(row))


def node_types(data: ExportData) -> dict[str, pa.DataType]:
    """Type of every attribute that a node can have."""
    found: dict[str, pa.DataType] = {"name": pa.string(), "kind": pa.string()}
    if data.bipartite:
        found["bipartite"] = pa.int64()
    for table in data.nodes.values():
        found |= {field.name: field.type for field in list(table.schema)[1:]}
    return found


def edge_types(data: ExportData) -> dict[str, pa.DataType]:
    """Type of every attribute that an edge can have."""
    types = {field.name: field.type for field in data.edges.schema}
    if data.bipartite:
        return {name: types[name] for name in list(types)[2:]}
    return {"weight": pa.int64(), **types}


def _id(data: ExportData, kind: str, name: str) -> str:
    return f"{kind}:{name}" if data.bipartite else name


def _present(row: Attributes) -> Attributes:
    return {
        name: value
        for name, value in row.items()
        if value is not None and not (isinstance(value, float) and not math.isfinite(value))
    }
