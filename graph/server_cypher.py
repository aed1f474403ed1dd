"""The statements that write hosts with all that hangs on them; their parameter `rows` is that of `HostRows`.

One statement writes a host and its relationships, so that the host is looked up once. Its `CALL (…) { … }` needs
Neo4j 5.23 or newer.
"""

from __future__ import annotations

from collections.abc import Iterator

from cohabit.graph import schema
from cohabit.graph.server_rows import HOST_COLUMNS

_KEY, _OTHERS = HOST_COLUMNS[0], HOST_COLUMNS[1:]
_OF_TYPE = {r.type: f"row[{i}]" for i, r in enumerate(schema.HOST_RELATIONSHIPS, len(HOST_COLUMNS))}


def _create() -> str:
    """Create hosts that the store does not have: there is nothing to look for."""
    values = ", ".join(f"{name}: row[{i}]" for i, name in enumerate(HOST_COLUMNS))
    parts = [f"UNWIND $rows AS row CREATE (h:Host {{{values}}})"]
    for r in schema.HOST_RELATIONSHIPS:
        properties = ", ".join(f"{name}: item[{i}]" for i, name in enumerate(r.names, 1))
        parts.append(_each(r, f"CREATE (h)-[:{r.type}{_map(properties)}]->(b)"))
    return " ".join(parts)


def _update() -> str:
    """Write hosts that the store has; return the addresses of those with more relationships than their row has."""
    properties = ", ".join(f"h.{name} = row[{i}]" for i, name in enumerate(_OTHERS, 1))
    parts = [f"UNWIND $rows AS row MATCH (h:Host {{{_KEY}: row[0]}}) SET {properties}"]
    for r in schema.HOST_RELATIONSHIPS:
        place = {name: i for i, name in enumerate(r.names, 1)}
        identity = ", ".join(f"{name}: item[{place[name]}]" for name in r.identity)
        others = ", ".join(f"r.{name} = item[{place[name]}]" for name in r.others)
        merge = f"MERGE (h)-[r:{r.type}{_map(identity)}]->(b)"
        parts.append(_each(r, f"{merge} SET {others}" if others else merge))
    more = " OR ".join(f"COUNT {{ (h)-[:{type_}]->() }} > size({items})" for type_, items in _OF_TYPE.items())
    return " ".join([*parts, f"WITH h, row WHERE {more} RETURN h.{_KEY} AS address"])


def _remove() -> Iterator[str]:
    """Remove what hosts have and their rows have not."""
    for r in schema.HOST_RELATIONSHIPS:
        same = [f"item[0] = b.{schema.node(r.target).key.name}"]
        same += [f"item[{r.names.index(name) + 1}] = r.{name}" for name in r.identity]
        yield (
            f"UNWIND $rows AS row MATCH (:Host {{{_KEY}: row[0]}})-[r:{r.type}]->(b:{r.target}) "
            f"WHERE NONE(item IN {_OF_TYPE[r.type]} WHERE {' AND '.join(same)}) DELETE r"
        )


def _each(r: schema.Relationship, clause: str) -> str:
    key = schema.node(r.target).key.name
    return (
        f"WITH h, row CALL (h, row) {{ UNWIND {_OF_TYPE[r.type]} AS item "
        f"MATCH (b:{r.target} {{{key}: item[0]}}) {clause} }}"
    )


def _map(properties: str) -> str:
    return f" {{{properties}}}" if properties else ""


CREATE_HOSTS = _create()
UPDATE_HOSTS = _update()
REMOVE_RELATIONSHIPS = tuple(_remove())
