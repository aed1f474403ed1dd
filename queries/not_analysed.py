"""Derived facts that a statement asks for, and that the graph does not have because `cohabit analyse` has not run."""

from __future__ import annotations

from cohabit.graph import schema
from cohabit.graph.store import GraphStore
from cohabit.queries.cypher_names import PROPERTY, TYPE, Used, used_names

_TYPES = {r.type for r in schema.DERIVED_RELATIONSHIPS}
_PROPERTIES = {p.name for n in schema.DERIVED_NODES for p in n.derived}


def not_analysed(store: GraphStore, statement: str) -> str | None:
    """Say which facts of `cohabit analyse` a statement names that are not there; None where all are.

    A sync that changes the graph removes them, so those that are there are never of an earlier graph. On a server
    somebody can have attached others of these names; then nothing is said.
    """
    named = [used for used in used_names(statement) if _is_derived(used)]
    if not named or ((state := store.state()) is not None and state.derived):
        return None
    names = [name for name in dict.fromkeys(used.name for used in named) if not _there(store, name)]
    if not names:
        return None
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    verb = "is" if len(names) == 1 else "are"
    return (
        f"{listed} {verb} made by `cohabit analyse`, which has not run since this graph last changed: the query finds "
        "nothing of that."
    )


def _is_derived(used: Used) -> bool:
    return used.name in (_TYPES if used.kind == TYPE else _PROPERTIES if used.kind == PROPERTY else ())


def _there(store: GraphStore, name: str) -> bool:
    patterns = (
        [f"()-[:{name}]->()"]
        if name in _TYPES
        else [f"(n:{n.label}) WHERE n.{name} IS NOT NULL" for n in schema.DERIVED_NODES]
    )
    return any(store.table(f"MATCH {pattern} RETURN 1 AS one LIMIT 1").num_rows for pattern in patterns)
