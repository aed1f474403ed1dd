"""Masking a whole graph: pseudonyms for hosts, and no address inside any text."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from cohabit.exports.columns import changed
from cohabit.graph import schema
from cohabit.graph.tables import GraphTables
from cohabit.privacy import Masker

# Texts that this project writes itself: they hold no address, and there are as many as rows.
_OWN = frozenset({"first_seen", "last_seen", "loaded_at"})


def masked_graph(tables: GraphTables, masker: Masker) -> GraphTables:
    """The graph as it may be handed on; the same where addresses are shown."""
    if masker.show:
        return tables
    keys = {n.label: _key_names(n, tables.nodes[n.label], masker) for n in schema.NODES if n.key.type is _TEXT}
    nodes = {
        n.label: _table(tables.nodes[n.label], {n.key.name: keys[n.label]} if n.label in keys else {}, masker)
        for n in schema.NODES
    }
    relationships = {}
    for r in schema.RELATIONSHIPS:
        ends = {side: keys[label] for side, label in (("source", r.source), ("target", r.target)) if label in keys}
        relationships[r.type] = _table(tables.relationships[r.type], ends, masker)
    return GraphTables(nodes, relationships)


_TEXT = schema.Type.STRING


def masked_names(names: Iterable[str], masker: Masker) -> dict[str, str]:
    """What each name is called in an export; names that masking makes equal stay apart."""
    own = sorted(set(names))
    if masker.show:
        return {name: name for name in own}
    return distinct_names({name: masker.text(name) for name in own})


def distinct_names(names: dict[str, str]) -> dict[str, str]:
    """The same with a number behind those that would be equal: they are keys."""
    taken: set[str] = set()
    found = {}
    for name in sorted(names):
        new = names[name]
        number = 2
        while new in taken:
            new = f"{names[name]} ({number})"
            number += 1
        taken.add(new)
        found[name] = new
    return found


def _key_names(n: schema.Node, table: pa.Table, masker: Masker) -> dict[str, str]:
    keys = table.column(n.key.name).to_pylist()
    if n is schema.HOST:
        return {key: masker.address(key) for key in keys}
    return masked_names(keys, masker)


def _table(table: pa.Table, keys: dict[str, dict[str, str]], masker: Masker) -> pa.Table:
    columns = {}
    for name in table.column_names:
        column = table.column(name)
        if name in keys:
            column = changed(column, keys[name].__getitem__)
        elif name not in _OWN:
            column = changed(column, masker.text)
        columns[name] = column
    return pa.table(columns, schema=table.schema)
