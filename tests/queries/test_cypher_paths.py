"""Paths that the schema cannot have are refused with the way they go; whatever is not certain passes."""

from __future__ import annotations

from itertools import product
from typing import Any, cast

import pyarrow as pa
import pytest

from cohabit.errors import UsageError
from cohabit.graph import schema
from cohabit.graph.store import GraphStore
from cohabit.queries.cypher_paths import check_paths, steps
from cohabit.queries.not_analysed import not_analysed
from cohabit.queries.saved import drawing_queries, saved_queries


class Store:
    """A store that has nothing of what it is asked for, or all of it."""

    def __init__(self, *, has: bool = False, derived: bool = False) -> None:
        self.has = has
        self.derived = derived
        self.asked: list[str] = []

    def table(self, cypher: str, parameters: Any = None) -> pa.Table:
        assert parameters is None
        self.asked.append(cypher)
        return pa.table({"one": [1] if self.has else []})

    def state(self) -> Store:
        return self


def check(cypher: str, store: Store | None = None, file: str | None = None) -> Store:
    store = store or Store()
    check_paths(cast("GraphStore", store), cypher, file)
    return store


# The statement, and what is said of it.
WRONG = {
    "MATCH (m:Model)-[:DEPLOYS]->(h:Host) RETURN 1 AS x": "query, line 1, column 16: DEPLOYS goes from Host to Model, "
    "never from Model to Host; write (h:Host)-[:DEPLOYS]->(m:Model)",
    "MATCH (m:Model)-[d:DEPLOYS {remote: true}]->(h) RETURN 1 AS x": "never from Model; write "
    "(h:Host)-[d:DEPLOYS]->(m:Model)",
    "MATCH (s:Software {name: 'x'})-[:RUNS]->() RETURN 1 AS x": "write (:Host)-[:RUNS]->(s:Software)",
    "MATCH (h:Host)\nOPTIONAL MATCH (h)<-[:DEPLOYS]-(m) RETURN 1 AS x": "query, line 2, column 19: DEPLOYS goes from "
    "Host to Model, never to Host; write (h)-[:DEPLOYS]->(m:Model)",
    "MATCH (m:Model)-[:RUNS]->(h:Host) RETURN 1 AS x": "RUNS goes from Host to Software, never from Model to Host; "
    "write (m:Model)<-[:DEPLOYS]-(h:Host)",
    "MATCH (:Host)-[:IN_FAMILY]->(f:Family) RETURN 1 AS x": "IN_FAMILY goes from Model to Family, never from Host to "
    "Family; write (:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family)",
    "MATCH (h:Host)--(f:Family) RETURN 1 AS x": "no relationship goes between Host and Family; write (h:Host)-[:DEPLO",
    "MATCH (h:Host)-[:IN_FAMILY]-(f) RETURN 1 AS x": "IN_FAMILY goes from Model to Family, never from or to Host",
    "MATCH (s:Scan)-->(x) RETURN 1 AS x": "no relationship goes from Scan",
    "MATCH (m:Model)-[:RUNS|DEPLOYS]->(f:Family) RETURN 1 AS x": "none of RUNS, DEPLOYS goes from Model to Family; "
    "write (m:Model)-[:IN_FAMILY]->(f:Family)",
    "MATCH (a:Host)-[:DEPLOYS]->(b:Host) RETURN 1 AS x": "write (a:Host)-[:DEPLOYS]->(:Model)<-[:DEPLOYS]-(b:Host)",
    "MATCH (f:Family)-[:CO_DEPLOYED]-(m:Model) RETURN 1 AS x": "CO_DEPLOYED goes from Family to Family or from Model "
    "to Model, never between Family and Model; write (f:Family)<-[:IN_FAMILY]-(m:Model)",
    "MATCH (h:Host) WITH h AS x, 1 AS h MATCH (x)-[:DEPLOYS]->(:Family) RETURN 1 AS y": "write (x)-[:DEPLOYS]->(:Model",
    "MATCH (h:Host) WITH * WHERE h.days > 1 MATCH (h)-[:IN_FAMILY]->(f) RETURN 1 AS y": "never from Host",
    "MATCH (h:Host) WHERE EXISTS { (h)<-[:RUNS]-(:Software) } RETURN 1 AS x": "write (h)-[:RUNS]->(:Software)",
    "MATCH (h:Host) WHERE NOT (h)-[:IN_FAMILY]->() RETURN 1 AS x": "IN_FAMILY goes from Model to Family, never from H",
    "MATCH (a:Host|Scan)-[:IN_FAMILY]->(f) RETURN 1 AS x": "never from Host or Scan",
    "MATCH (h:Host)-[:DEPLOYS]->(m:Model)-[:IN_FAMILY]->(l:Line) RETURN 1 AS x": "column 37: IN_FAMILY goes from Model "
    "to Family, never from Model to Line; write (m:Model)-[:VARIANT_OF]->(l:Line)",
    "MATCH p = (h:Host WHERE h.days > 1)-[:DEPLOYS WHERE true]->(f:Family) RETURN 1 AS x": "DEPLOYS goes from Host to",
    "MATCH (`h`:`Host`)<-[`d`:`DEPLOYS`]-(m) RETURN 1 AS x": "write (h:Host)-[d:DEPLOYS]->(m:Model)",
}
FINE = [
    "MATCH (m:Model)-[:DEPLOYS]-(h:Host) RETURN 1 AS x",
    "MATCH (m:Model)<-[:DEPLOYS]-(h:Host)-[:RUNS]->(s:Software) RETURN 1 AS x",
    "MATCH (m:Model)-[:IN_FAMILY|RUNS]->(f) RETURN 1 AS x",
    "MATCH (m:Model)-[:DEPLOYS*1..2]-(f:Model) RETURN 1 AS x",
    "MATCH (h:Host)-[*1..3]->(f:Family) RETURN 1 AS x",
    "MATCH (h:Host)-[:DEPLOYS]->+(f:Host) RETURN 1 AS x",
    "MATCH (h:Host)-[:!DEPLOYS]->(f:Family) RETURN 1 AS x",
    "MATCH (h:Host)-[:SEEN_BY]->(f:Host) RETURN 1 AS x",
    "MATCH (h:Host)-[:DEPLOYS]->(f:Watched) RETURN 1 AS x",
    "MATCH (h)-[:IN_FAMILY]->(f:Host:Model) RETURN 1 AS x",
    "MATCH (h:Host|Model)-[:IN_FAMILY]->(f) RETURN 1 AS x",
    "MATCH (h:!Model)-[:IN_FAMILY]->(f) RETURN 1 AS x",
    "MATCH (h:$(label))-[:IN_FAMILY]->(f) RETURN 1 AS x",
    "MATCH (a)-[r]->(b) RETURN 1 AS x",
    # Another meaning of a name: in the other part, behind WITH, behind AS, in a subquery.
    "MATCH (x:Host) RETURN 1 AS n UNION MATCH (x)-[:IN_FAMILY]->(f) RETURN 1 AS n",
    "MATCH (x:Host) WITH count(x) AS n MATCH (x)-[:IN_FAMILY]->(f) RETURN 1 AS n",
    "MATCH (x:Host)-[:DEPLOYS]->(m) WITH m AS x MATCH (x)-[:IN_FAMILY]->(f) RETURN 1 AS n",
    "MATCH (x:Host) UNWIND [1] AS x MATCH (x)-[:IN_FAMILY]->(f) RETURN 1 AS n",
    "MATCH (h:Host) WHERE EXISTS { MATCH (x:Host) } MATCH (x)-[:IN_FAMILY]->(f) RETURN 1 AS n",
    # A predicate binds nothing, nor does an OPTIONAL MATCH what is bound already.
    "MATCH (x) WHERE NOT (x:Host) MATCH (x)-[:IN_FAMILY]->(f) RETURN 1 AS n",
    "MATCH (x) WHERE NOT (x:Host)-[:DEPLOYS]->() MATCH (x)-[:IN_FAMILY]->(f) RETURN 1 AS n",
    "MATCH (x) OPTIONAL MATCH (x:Host)-[:DEPLOYS]->(m) MATCH (x)-[:IN_FAMILY]->(f) RETURN 1 AS n",
    "MATCH (x) WHERE (x:Host OR x:Model) AND (x)-[:IN_FAMILY]->() RETURN 1 AS n",
    "MATCH (h:Host) RETURN (h.days)-(1) AS n, '(m:Model)-[:DEPLOYS]->(h:Host)' AS text // (:Model)-[:DEPLOYS]->(:Host)",
]


@pytest.mark.parametrize("cypher", WRONG)
def test_a_path_that_cannot_be(cypher: str) -> None:
    with pytest.raises(UsageError) as refused:
        check(cypher)
    assert WRONG[cypher] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("cypher", FINE)
def test_whatever_can_be_passes(cypher: str) -> None:
    assert check(cypher).asked == []


def test_saved_queries_pass() -> None:
    found = 0
    for query in (*saved_queries().values(), *drawing_queries().values()):
        assert check(query.text).asked == [], query.name
        found += len(steps(query.cypher))
    assert found > 60


def test_every_step_of_two_labels_is_as_the_schema_has_it() -> None:
    """All types between all labels both ways: refused exactly where the schema has none, with a way that passes."""
    have = {(r.source, r.type, r.target) for r in (*schema.RELATIONSHIPS, *schema.DERIVED_RELATIONSHIPS)}
    labels = [n.label for n in schema.NODES]
    ways = 0
    for a, type_, b in product(labels, sorted({t for _, t, _ in have}), labels):
        cypher = f"MATCH (x:{a})-[:{type_}]->(y:{b}) RETURN 1 AS one"
        if (a, type_, b) in have:
            assert check(cypher).asked == []
            continue
        with pytest.raises(UsageError) as refused:
            check(cypher)
        _, written, way = str(refused.value).partition("; write ")
        if written:
            ways += 1
            assert check(f"MATCH {way} RETURN 1 AS one").asked == []
            ends = {f"(x:{a})", f"(y:{b})"}
            assert {way[: way.index(")") + 1], way[way.rindex("(") :]} == ends
        else:
            assert "Scan" in (a, b)
    assert ways > 500


def test_what_a_store_has_passes() -> None:
    """A server can hold relationships that people attached under our names."""
    cypher = "MATCH (m:Model)-[:RUNS]->(h:Host) RETURN 1 AS x"
    assert check(cypher, Store(has=True)).asked == ["MATCH (:Model)-[:RUNS]->(:Host) RETURN 1 AS one LIMIT 1"]


def test_the_place_in_a_file() -> None:
    with pytest.raises(UsageError, match=r"^my\.cypher:3:17: RUNS goes"):
        check("// title: x\n\n MATCH (m:Model)-[:RUNS]->(h) RETURN 1 AS x", file="my.cypher")


def said(cypher: str, store: Store) -> str | None:
    return not_analysed(cast("GraphStore", store), cypher)


def test_facts_that_nobody_made() -> None:
    pairs = "MATCH (:Family)-[r:CO_DEPLOYED]-(f) RETURN r.lift AS lift, f.pagerank AS p"
    note = said(pairs, Store())
    assert note is not None
    assert note.startswith("CO_DEPLOYED and pagerank are made by `cohabit analyse`, which has not run since")
    alone = said("MATCH (m:Model {community: 1}) RETURN m.name AS name", Store())
    assert alone is not None
    assert alone.startswith("community is made by")
    assert said(pairs, Store(derived=True)) is None
    assert said(pairs, Store(has=True)) is None, "somebody attached them"
    unasked = Store()
    assert said("MATCH (h:Host) RETURN 1 AS pagerank, 'CO_DEPLOYED' AS community", unasked) is None
    assert unasked.asked == []
