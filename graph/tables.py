"""The whole graph as Arrow tables, and the digest that identifies it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pyarrow as pa

from cohabit.graph import schema

ARROW: dict[schema.Type, pa.DataType] = {
    schema.Type.STRING: pa.string(),
    schema.Type.INTEGER: pa.int64(),
    schema.Type.FLOAT: pa.float64(),
    schema.Type.BOOLEAN: pa.bool_(),
    schema.Type.STRINGS: pa.list_(pa.string()),
    schema.Type.INTEGERS: pa.list_(pa.int64()),
}


@dataclass(frozen=True)
class GraphTables:
    """One table a label and one a relationship type.

    A node table has the columns of its schema. A relationship table has `source` and `target` (keys of the two ends),
    then its properties. Row order carries no meaning. `excluded` is how many hosts of the archive are not among them.
    """

    nodes: dict[str, pa.Table]
    relationships: dict[str, pa.Table]
    excluded: int = 0

    def digest(self) -> str:
        """SHA-256 over all nodes and relationships except scans, whatever the order of the rows.

        Null, absent and empty lists are one value here: a server does not keep a property that is null.
        """
        total = hashlib.sha256(f"cohabit graph schema {schema.SCHEMA_VERSION}\n".encode())
        for n in schema.NODES:
            if n.in_digest:
                total.update(_table_digest(n.label, self.nodes[n.label]).encode())
        for r in schema.RELATIONSHIPS:
            total.update(_table_digest(r.type, self.relationships[r.type]).encode())
        return total.hexdigest()


def node_schema(node: schema.Node) -> pa.Schema:
    """Arrow schema of a node table."""
    return pa.schema([(p.name, ARROW[p.type]) for p in node.properties])


def relationship_schema(relationship: schema.Relationship) -> pa.Schema:
    """Arrow schema of a relationship table: both keys, then the properties."""
    ends = [
        ("source", ARROW[schema.node(relationship.source).key.type]),
        ("target", ARROW[schema.node(relationship.target).key.type]),
    ]
    return pa.schema(ends + [(p.name, ARROW[p.type]) for p in relationship.properties])


def row_hashes(table: pa.Table) -> pa.Array:
    """Return one MD5 (hex text) for each row, over all its columns in order; null and the empty list are alike."""
    import duckdb

    parts = []
    for field in table.schema:
        column = '"' + field.name.replace('"', '""') + '"'
        if pa.types.is_list(field.type):
            column = f"CASE WHEN len({column}) > 0 THEN {column} END"
        parts.append(f"to_json({column})::VARCHAR")
    # coalesce keeps positions: a null is not the text "null" of a neighbour.
    text = " || ',' || ".join(f"coalesce({part}, '')" for part in parts)
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        connection.register("rows", table)
        result = connection.sql(f"SELECT md5({text}) AS h FROM rows").to_arrow_table()  # noqa: S608
    return result.column("h").combine_chunks()


def _table_digest(name: str, table: pa.Table) -> str:
    hashes = sorted(row_hashes(table).to_pylist())
    return hashlib.sha256(f"{name} {len(hashes)}\n".encode() + "".join(hashes).encode()).hexdigest()
