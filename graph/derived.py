"""Facts that are computed from the graph and written back into it, to be explored in Cypher beside what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cohabit.graph import schema

CHANGED = "the graph changed while it was analysed; run `cohabit analyse` again"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class DerivedFacts:
    """All derived facts of a graph.

    `nodes` has for each label rows of the key and the derived properties (None: the node has none), `relationships`
    for each of `schema.DERIVED_RELATIONSHIPS`, in that order, rows of `source`, `target` and the properties.
    """

    nodes: Mapping[str, Rows]
    relationships: tuple[Rows, ...]


def clearing() -> Iterator[str]:
    """Yield the statements that remove all derived facts from a store."""
    for r in schema.DERIVED_RELATIONSHIPS:
        yield f"MATCH (:{r.source})-[r:{r.type}]->(:{r.target}) DELETE r"
    for n in schema.DERIVED_NODES:
        given = " OR ".join(f"n.{p.name} IS NOT NULL" for p in n.derived)
        yield f"MATCH (n:{n.label}) WHERE {given} SET " + ", ".join(f"n.{p.name} = NULL" for p in n.derived)


def properties(facts: DerivedFacts) -> Iterator[tuple[str, Rows]]:
    """Yield for each derived property the statement that sets it and its rows, those that have a value."""
    for n in schema.DERIVED_NODES:
        key = n.key.name
        for p in n.derived:
            rows = [{key: row[key], p.name: row[p.name]} for row in facts.nodes[n.label] if row[p.name] is not None]
            if rows:
                yield (
                    f"UNWIND $rows AS row MATCH (n:{n.label} {{{key}: row.{key}}}) SET n.{p.name} = row.{p.name}",
                    rows,
                )
