"""Which Cypher only reads: what passes is run as it was checked, and every way out is refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cohabit.errors import UsageError
from cohabit.queries.guard import check_reading

READING = [
    "MATCH (h:Host) RETURN count(h) AS hosts",
    "match (h:Host)-[d:DEPLOYS]->(m) where m.name starts with 'llama' return m.name as name order by name limit 5",
    "OPTIONAL MATCH (n) RETURN n.address AS a",
    "UNWIND [1, 2] AS x WITH x WHERE x > 1 RETURN x",
    "WITH 1 AS x RETURN x UNION RETURN 2 AS x",
    "RETURN 'CREATE (n) // not a comment; DELETE' AS text",
    'RETURN "LOAD CSV" AS text, `CALL` AS x',
    "MATCH (n) RETURN n.set AS a, n.`delete` AS b, {create: 1, call: 2} AS c",
    "MATCH (n:Create) RETURN n.load AS l",
    "RETURN date('2025-01-01') AS d, duration.between(date(), date()) AS e",
    "MATCH (h) WHERE EXISTS { (h)-[:RUNS]->() } RETURN h.address AS a",
    "RETURN $x AS x, $0 AS y, 1.5e3 AS z, 0xff AS h",
    "RETURN [1, 2][0..1] AS part",
    "RETURN 'it\\'s' AS a, 'tab\\t' AS b, '\\u00e4' AS c",
]


@pytest.mark.parametrize("cypher", READING)
def test_reading_passes_unchanged(cypher: str) -> None:
    assert check_reading(cypher) == cypher


def test_comments_and_closing_semicolons_go_and_places_stay() -> None:
    assert check_reading("MATCH (n) // all\nRETURN /* one\ntwo */ n.x AS x ; ; ") == (
        "MATCH (n)       \nRETURN       \n       n.x AS x"
    )


# What writes, reaches files, the network, users or other databases on one of the stores; and tricks to hide it.
REFUSED = [
    "CREATE (n) RETURN n",
    "MATCH (n) SET n.x = 1",
    "MATCH (n) REMOVE n.x",
    "MATCH (n) DETACH DELETE n",
    "MATCH (n) delete n",
    "MERGE (n:X) RETURN n",
    "MATCH (n) FOREACH (x IN [1] | CREATE (:Y))",
    "LOAD CSV FROM 'file:///etc/passwd' AS l RETURN l",
    "MATCH (n) LOAD CSV FROM 'file:///etc/passwd' AS l RETURN l",
    "LOAD FROM '/etc/passwd' RETURN *",
    "COPY (MATCH (n) RETURN n) TO '/tmp/x.csv'",
    "INSTALL httpfs",
    "ATTACH 'x' AS y",
    "CALL dbms.listConfig()",
    "MATCH (n) CALL { CREATE (:X) } RETURN n",
    "MATCH (n) CALL apoc.load.json('http://x') YIELD value RETURN value",
    "RETURN apoc.util.sleep(1) AS x",
    "RETURN gds.version() AS x",
    "RETURN `apoc`.`load`.`json`('x') AS y",
    "SHOW USERS",
    "USE system MATCH (n) RETURN n",
    "EXPLAIN MATCH (n) RETURN n",
    "MATCH (n) RETURN n; CREATE (x)",
    "MATCH (n) /* x */ SET n.x = 1",
    "MATCH (n) RETURN n.x AS x SET n.y = 2",
    "MATCH (n)\nSET\nn.x = 1",
    "MATCH (n) RETURN 'a\\u0027 AS x CREATE (m) //' AS y",
    "MATCH (n) RETURN 1SET n.x = 1",
    "MATCH (n) WHERE n.x = 1.SET n.y = 1",
    "MATCH (n) RETURN [0..SET] AS x",
    "MATCH (n) \\u0053ET n.x = 1",
    "MATCH (h:Host) WHERE size((h)-[:DEPLOYS]->(:Model)) > 20 RETURN count(h)",
    "MATCH (h:Host) RETURN SIZE ( (h)<-[]-() ) AS s",
    "MATCH (n) RETURN 'open",
    "MATCH (n) RETURN n /* open",
    "MATCH (n) RETURN `open",
    "(n) RETURN n",
    "",
    " ; ",
    "// only a remark",
]


@pytest.mark.parametrize("cypher", REFUSED)
def test_everything_else_is_refused(cypher: str) -> None:
    with pytest.raises(UsageError):
        check_reading(cypher)


def open_quote(cypher: str) -> str | None:
    """The quotation mark in which a text ends, if any; a backslash escapes in strings, and not in quoted names."""
    mark = None
    characters = iter(cypher)
    for character in characters:
        if mark is None:
            mark = character if character in "'\"`" else None
        elif character == mark:
            mark = None
        elif character == "\\" and mark != "`":
            next(characters, None)
    return mark


@example("'\\'", "'")
@given(
    st.text(alphabet=" \n;'\"`/*\\.:{},()[]x1$", max_size=12), st.text(alphabet=" \n;'\"`/*\\.:{},()x1$", max_size=12)
)
def test_a_writing_clause_is_never_run_outside_of_texts(before: str, after: str) -> None:
    """Whatever surrounds it: if such a statement passes, `SET` is in a string, a quoted name, or is a name itself."""
    try:
        passed = check_reading(f"RETURN 1 AS a {before} SET {after}")
    except UsageError:
        return
    position = passed.find("SET")
    if position < 0:
        return  # it was in a comment
    lead = passed[:position].rstrip()
    assert open_quote(lead) or lead.endswith((".", ":", "{", ",")), passed
