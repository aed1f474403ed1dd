"""Nodes of a server store, and the small relationships among those that are no hosts, brought level with the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cohabit.graph import schema
from cohabit.graph.server_connection import Connection, batches, run
from cohabit.graph.server_rows import HASH, node_rows

if TYPE_CHECKING:
    import neo4j

    from cohabit.graph.tables import GraphTables

_HASHED = ("Host", "Model")


def upsert(connection: Connection, n: schema.Node, tables: GraphTables) -> None:
    """Write the nodes of one label as the tables have them; models only where their content differs."""
    rows = node_rows(n, tables)
    if n.label in _HASHED:
        known = dict(connection.rows(f"MATCH (n:{n.label}) RETURN n.{n.key.name}, n.{HASH}"))
        rows = [r for r in rows if known.get(r[n.key.name]) != r[HASH]]
    names = [p for p in n.names if p != n.key.name] + ([HASH] if n.label in _HASHED else [])
    revive(connection, n, [r[n.key.name] for r in rows])
    cypher = f"UNWIND $rows AS row MERGE (n:{n.label} {{{n.key.name}: row.{n.key.name}}})" + settings("n", names)
    for batch in batches(rows):
        connection.write(cypher, {"rows": batch})


def revive(connection: Connection, n: schema.Node, keys: Sequence[Any]) -> None:
    """Give nodes that people kept alive their label back, so that what was attached is attached again."""
    former = {k for (k,) in connection.rows(f"MATCH (n:Former{n.label}) RETURN n.{n.key.name}")}
    back = sorted(former.intersection(keys))
    if back:
        connection.write(
            f"UNWIND $keys AS key MATCH (n:Former{n.label} {{{n.key.name}: key}}) "
            f"SET n:{n.label} REMOVE n:Former{n.label}",
            {"keys": back},
        )


def level_relationships(connection: Connection, r: schema.Relationship, tables: GraphTables) -> None:
    """Make a small relationship type (no properties) what the tables say."""
    a, b = schema.node(r.source).key.name, schema.node(r.target).key.name
    table = tables.relationships[r.type]
    wanted = set(zip(table.column("source").to_pylist(), table.column("target").to_pylist(), strict=True))
    held = {
        tuple(row) for row in connection.rows(f"MATCH (a:{r.source})-[r:{r.type}]->(b:{r.target}) RETURN a.{a}, b.{b}")
    }
    ends = f"UNWIND $rows AS row MATCH (a:{r.source} {{{a}: row[0]}})"
    for batch in batches(sorted(held - wanted)):
        connection.write(f"{ends}-[r:{r.type}]->(b:{r.target} {{{b}: row[1]}}) DELETE r", {"rows": batch})
    for batch in batches(sorted(wanted - held)):
        connection.write(f"{ends} MATCH (b:{r.target} {{{b}: row[1]}}) MERGE (a)-[:{r.type}]->(b)", {"rows": batch})


def remove(connection: Connection, n: schema.Node, keys: Iterable[Any]) -> None:
    """Delete these nodes, or what is ours of those that people attached something to."""
    match = f"UNWIND $keys AS key MATCH (n:{n.label} {{{n.key.name}: key}})"
    ours = [*n.names, HASH]
    statements = []
    for r in schema.RELATIONSHIPS:
        if r.source == n.label:
            statements.append(f"{match}-[r:{r.type}]->(:{r.target}) DELETE r")
        if r.target == n.label:
            statements.append(f"{match}<-[r:{r.type}]-(:{r.source}) DELETE r")
    statements += [
        f"{match} WHERE NOT (n)--() AND size(labels(n)) = 1 AND all(k IN keys(n) WHERE k IN $ours) DELETE n",
        f"{match} SET n:Former{n.label} REMOVE n:{n.label}, "
        + ", ".join(f"n.{name}" for name in ours if name != n.key.name),
    ]
    for batch in batches(sorted(keys)):

        def work(transaction: neo4j.ManagedTransaction, batch: list[Any] = batch) -> None:
            for cypher in statements:
                run(transaction, cypher, keys=batch, ours=ours).consume()

        connection.transact(work)


def erase_former(connection: Connection, n: schema.Node, wanted: Callable[[Any], bool]) -> None:
    """Take key and label from the nodes that people kept alive where the key is wanted: nobody can take them up again.

    What people attached stays theirs.
    """
    keys = [key for (key,) in connection.rows(f"MATCH (n:Former{n.label}) RETURN n.{n.key.name}") if wanted(key)]
    for batch in batches(sorted(keys)):
        connection.write(
            f"UNWIND $keys AS key MATCH (n:Former{n.label} {{{n.key.name}: key}}) "
            f"REMOVE n:Former{n.label}, n.{n.key.name}",
            {"keys": batch},
        )


def keys_of(connection: Connection, n: schema.Node) -> set[Any]:
    """The keys of all nodes of a label."""
    return {key for (key,) in connection.rows(f"MATCH (n:{n.label}) RETURN n.{n.key.name}")}


def settings(variable: str, names: Iterable[str]) -> str:
    """The SET clause that takes these properties from a row; nothing for none."""
    parts = ", ".join(f"{variable}.{name} = row.{name}" for name in names)
    return f" SET {parts}" if parts else ""
