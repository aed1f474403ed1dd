"""What a user's statement names wrongly, and what a store says of a slip: one line, with the place and what to do."""

from __future__ import annotations

from typing import Any, cast

import pytest

from cohabit.errors import UsageError
from cohabit.graph import schema
from cohabit.graph.store import GraphStore
from cohabit.queries.cypher_names import LABELS, TYPES, check_names, place, used_names
from cohabit.queries.refusals import explained
from cohabit.queries.saved import drawing_queries, saved_queries


class Store:
    """A store with the schema, and what somebody attached to it."""

    def __init__(self, *attached: tuple[str, str]) -> None:
        self.attached = attached
        self.asked: list[tuple[str, str]] = []

    def lacks(self, kind: str, name: str) -> bool:
        self.asked.append((kind, name))
        return (kind, name) not in self.attached


def check(cypher: str, *attached: tuple[str, str]) -> Store:
    store = Store(*attached)
    check_names(cast("GraphStore", store), cypher)
    return store


# The statement, and what is said of it.
UNKNOWN = {
    "MATCH (h:Hosts) RETURN h": "query, line 1, column 10: no label 'Hosts'; did you mean Host?",
    "MATCH (h:host) RETURN h.days AS d": "line 1, column 10: no label 'host'; did you mean Host?",
    "MATCH (:Modl) RETURN 1 AS one": "column 9: no label 'Modl'; did you mean Model?",
    "MATCH (`h`:`Hosts`) RETURN 1 AS one": "column 12: no label 'Hosts'; did you mean Host?",
    "MATCH (h:Xyzzy) RETURN 1 AS one": f"no label 'Xyzzy'; there are: {', '.join(LABELS)}",
    "MATCH (h:Host:Modl) RETURN 1 AS one": "column 15: no label 'Modl'; did you mean Model?",
    "MATCH (h:Host|Modl) RETURN 1 AS one": "no label 'Modl'; did you mean Model?",
    "MATCH (h:Host) WHERE h:Modl RETURN 1 AS one": "column 24: no label 'Modl'; did you mean Model?",
    "MATCH (h:Host)\nWHERE EXISTS { (h)-[:RUNS]->(:Softwre) } RETURN 1 AS x": "line 2, column 31: no label 'Softwre'",
    "MATCH (h)-[:DEPLOY]->(m) RETURN 1 AS one": "no relationship type 'DEPLOY'; did you mean DEPLOYS?",
    "MATCH (h)<-[d:RUNS|DEPLOY*1..2]-(m) RETURN 1 AS one": "no relationship type 'DEPLOY'; did you mean DEPLOYS?",
    "MATCH (h)-[:DEPLOY {remote: true}]->(m) RETURN 1 AS one": "no relationship type 'DEPLOY'",
    "MATCH (h:Host) RETURN h.adress AS a": "column 25: no property 'adress' of Host; did you mean address?",
    "MATCH (h:Host {adress: $a}) RETURN 1 AS one": "column 16: no property 'adress' of Host; did you mean address?",
    "MATCH (:Host)-[d:DEPLOYS]->(m) RETURN d.digst AS d": "no property 'digst' of DEPLOYS; did you mean digests?",
    "MATCH (h)-[:RUNS]->(s) RETURN h.adress AS a": "column 33: no property 'adress'; did you mean address?",
    "MATCH ()-[:RUNS]->(s) RETURN s.nme AS a": "no property 'nme'; did you mean name?",
    "MATCH (m:Model) RETURN m.quantisation AS q": "no property 'quantisation' of Model; did you mean quantization?",
    "MATCH (d:Host) RETURN d.adress AS d": "no property 'adress' of Host; did you mean address?",
    "MATCH (s:Software) RETURN s.xyzzy AS x": "no property 'xyzzy' of Software; there are: name",
}
FINE = [
    "MATCH (h:Host) RETURN {adress: 1, b: h.days} AS m",
    "MATCH (h:Host) WITH {foo: 1} AS h RETURN h.foo AS x",
    "MATCH (h:Host) RETURN 'h:Hosts and h.adress' AS text // (h:Hosts)",
    "WITH date('2025-01-01') AS d RETURN d.year AS y",
    "MATCH (h:Host) RETURN count(h) - 1 AS n",
    "MATCH (h:Host) RETURN [w IN h.weeks WHERE w > $least | w] AS weeks",
    "MATCH (h:Host) RETURN h.weeks[0..2] AS weeks",
    "MATCH (a)-[r]->(b) WHERE r:DEPLOYS OR r:RUNS RETURN a.pagerank AS p",
    "MATCH p = (:Line)-[:DERIVED_FROM*1..3]->(:Line) RETURN length(p) AS n",
    "MATCH (a:Family)-[r:CO_DEPLOYED]->(b:Family) RETURN r.q_value AS q, a.community AS c",
    "MATCH (h:Host) RETURN h {.address, xyzzy: 1} AS m",
    "MATCH (s:CohabitState) RETURN 1 AS one",
    "UNWIND [{adress: 1}] AS x RETURN x.adress AS a",
    "MATCH (h:Host) RETURN CASE WHEN h:Host THEN 1 ELSE 0 END AS x",
]


@pytest.mark.parametrize("cypher", UNKNOWN)
def test_a_name_that_the_graph_has_not(cypher: str) -> None:
    with pytest.raises(UsageError) as refused:
        check(cypher)
    assert UNKNOWN[cypher] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("cypher", FINE)
def test_what_is_in_order_passes(cypher: str) -> None:
    assert [kind for kind, _ in check(cypher, ("label", "CohabitState")).asked if kind != "label"] == []


def test_saved_queries_name_what_the_schema_has() -> None:
    """None has to be asked of the store; together they use most of it."""
    used = set()
    for query in (*saved_queries().values(), *drawing_queries().values()):
        assert check(query.cypher).asked == [], query.name
        used |= {(one.kind, one.name) for one in used_names(query.cypher)}
    assert {name for kind, name in used if kind == "label"} >= {"Host", "Model", "Line", "Network", "Country"}
    assert {name for kind, name in used if kind == "relationship type"} >= {"DEPLOYS", "RUNS", "CO_DEPLOYED"}
    assert {name for kind, name in used if kind == "property"} >= {"address", "name", "digests", "weeks"}
    assert set(LABELS) | {schema.STATE_LABEL} == schema.NAMES["label"]
    assert set(TYPES) == schema.NAMES["relationship type"]


def test_what_people_attached_passes() -> None:
    cypher = "MATCH (h:Watched {since: 1})-[:SEEN_BY]->(x:Team) RETURN h.since AS s"
    own = (("label", "Watched"), ("label", "Team"), ("relationship type", "SEEN_BY"), ("property", "since"))
    assert set(check(cypher, *own).asked) == set(own)
    with pytest.raises(UsageError, match="no relationship type 'SEEN_BY'; there are: BASED_IN, "):
        check(cypher, *(one for one in own if one[1] != "SEEN_BY"))


def test_places_are_counted_from_one() -> None:
    assert place("MATCH", 0) == "line 1, column 1"
    assert place("a\nbc\nd", 3) == "line 2, column 2"
    assert place("a\nbc\nd", 5) == "line 3, column 1"


PREFIX = "the store refused the query: "
EMBEDDED, SERVER = "Parser exception: ", ""
# The statement, what a store says of it (its long list cut short), and what is said here.
SLIPS: list[tuple[str, str, str]] = [
    (
        "MATCH (h:Host) RETURN count(h) AS order",
        "Parser exception: mismatched input 'order' expecting {ADD, ALTER, AS} (line: 1, offset: 34)",
        "line 1, column 35: 'order' is a reserved word; as a name write it in back quotes: `order`",
    ),
    (
        "MATCH (in:Host) RETURN in.days AS d",
        "Parser exception: Invalid input <MATCH (in>: expected rule oC_SingleQuery (line: 1, offset: 7)",
        "line 1, column 8: 'in' is a reserved word; as a name write it in back quotes: `in`",
    ),
    (
        "MATCH (h:Host) RETRUN count(h) AS n",
        "Parser exception: Invalid input <MATCH (h:Host) RETRUN>: expected rule oC_SingleQuery (line: 1, offset: 15)",
        "line 1, column 16: 'RETRUN' is not understood here; did you mean RETURN?",
    ),
    (
        "MATCH (h:Host)\nRETRUN count(h) AS n",
        "Invalid input 'RETRUN': expected a graph pattern, ',', 'CALL' or <EOF> (line 2, column 1 (offset: 15))",
        "line 2, column 1: 'RETRUN' is not understood here; did you mean RETURN?",
    ),
    (
        "MATCH (h:Host RETURN h",
        "Invalid input 'RETURN': expected a parameter, '&', ')', ':', 'WHERE' or '|' (line 1, column 15 (offset: 14))",
        "line 1, column 15: 'RETURN' cannot stand here; '(' before it is not closed",
    ),
    (
        "MATCH (n",
        "Parser exception: Invalid input <MATCH (n>: expected rule oC_SingleQuery (line: 1, offset: 8)",
        "line 1, column 9: the query ends here, and something is missing; '(' is not closed",
    ),
    (
        "MATCH (n) RETURN",
        "Parser exception: Invalid input <MATCH (n) RETURN>: expected rule oC_SingleQuery (line: 1, offset: 16)",
        "line 1, column 17: the query ends here, and something is missing",
    ),
    (
        "RETURN 'abc' AS x 5",
        "Parser exception: extraneous input '5' expecting {<EOF>} (line: 1, offset: 18)",
        "line 1, column 19: '5' cannot stand here; look at it, and at what stands before it",
    ),
    (
        "MATCH (h:Host) RETURN [x IN h.weeks WHERE x > 1 | x] AS d",
        "Parser exception: Invalid input <MATCH>: expected rule oC_SingleQuery (line: 1, offset: 36)",
        "line 1, column 37: 'WHERE' cannot stand here; look at it, and at what stands before it",
    ),
    ("MATCH (h) RETURN x.a AS a", "Binder exception: Variable x is not in scope.", "Variable x is not in scope."),
    ("RETURN 1 AS x", "Catalog exception: function FOO does not exist.", "function FOO does not exist."),
    (
        "MATCH (h:days) RETURN 1 AS x",
        "Binder exception: Table Hots does not exist.",
        "no label or relationship type 'Hots'; did you mean Host?",
    ),
    (
        "MATCH (h)-->() RETURN h.adress AS a",
        "Binder exception: Cannot find property adress for h.",
        "h has no property 'adress'; did you mean address?",
    ),
    ("RETURN 1 AS x", "Variable `y` not defined (line 1, column 8 (offset: 7))", "Variable `y` not defined (line 1, "),
]


@pytest.mark.parametrize(("cypher", "said", "wanted"), SLIPS)
def test_a_slip_is_said_in_one_line(cypher: str, said: str, wanted: str) -> None:
    found = explained(PREFIX + said, cypher)
    assert found.startswith(PREFIX + wanted)
    assert "expect" not in found
    assert "exception" not in found


def test_whatever_a_store_says_is_said_on() -> None:
    strange: list[Any] = ["", "(line: 9, offset: 900)", "Invalid input (line: 9, offset: 900)", "Parser exception: no"]
    for message in strange:
        assert "\n" not in explained(message, "RETURN 1 AS x")
