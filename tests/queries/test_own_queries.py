"""Saved queries of one's own: found, run, listed, exported; and what is wrong with a file is said."""

from __future__ import annotations

import json
import shlex
import zipfile
from pathlib import Path

import pytest

import cohabit
from cohabit.cli import app
from cohabit.commands import querying
from cohabit.errors import DataError, UsageError
from cohabit.exports import browser
from cohabit.queries.explore import ordered_by
from cohabit.queries.own_queries import known_queries, own_queries, query_called
from cohabit.queries.saved import saved_queries
from tests.docs.blocks import blocks
from tests.parts import ROOT

GOOD = """// title: Hosts with a port
// parameter port (integer, default 11434): the port
// parameter places (texts, example ["DE"]): countries
MATCH (h:Host)-[:IN_COUNTRY]->(c:Country) WHERE $port IN h.ports AND c.code IN $places
RETURN c.code AS country, count(h) AS hosts
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("COHABIT_QUERIES", raising=False)
    made = tmp_path / "queries"
    made.mkdir()
    return made


def test_they_are_found_beside_the_built_in_ones(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert own_queries(tmp_path / "nothing") == {}
    (folder / "by-port.cypher").write_text(GOOD)
    (folder / ".hidden.cypher").write_text("nonsense")
    (folder / "notes.txt").write_text("nonsense")
    (own,) = own_queries(tmp_path).values()
    assert (own.name, own.title, own.folder) == ("by-port", "Hosts with a port", "Own")
    assert own.values({"places": "DE,US"}) == {"port": 11434, "places": ["DE", "US"]}
    with pytest.raises(UsageError, match="needs --param places="):
        own.values({})
    assert set(known_queries(tmp_path)) == {*saved_queries(), "by-port"}
    monkeypatch.setenv("COHABIT_QUERIES", str(folder))
    assert query_called("by-port", Path("elsewhere")) == own
    with pytest.raises(UsageError, match=r"no saved query is called 'by'; .*query --list"):
        query_called("by", Path("elsewhere"))
    monkeypatch.setenv("COHABIT_QUERIES", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere: no such folder; check COHABIT_QUERIES"):
        own_queries(tmp_path)
    assert query_called("scans", tmp_path).name == "scans"


def test_they_go_to_the_browser_in_their_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "by-port.cypher").write_text(GOOD.replace("\n", "\n// folder: Of the team\n", 1))
    browser.export(tmp_path / "made", own_queries(tmp_path).values())
    with zipfile.ZipFile(tmp_path / "made" / browser.QUERIES) as archive:
        text = archive.read("cohabit of the team/by-port.cypher").decode()
    assert text.startswith("// Hosts with a port\n")
    assert 'WHERE /* port */ 11434 IN h.ports AND c.code IN /* places */ ["DE"]' in text
    assert "Hosts with a port" in (tmp_path / "made" / browser.GUIDE).read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("no-title", "MATCH (n) RETURN n", "the header has no line `// title: …`"),
        ("typo", "// title: x\n// paramter a: b\nMATCH (n) RETURN n", "line 2: 'paramter a: b' is not understood"),
        ("kind", '// title: x\n// parameter n (integer, default "1"): y\nRETURN $n AS n', 'line 2: "1" is no integer'),
        ("scans", GOOD, "a saved query is called scans already; rename the file"),
        ("labs", GOOD, "a saved query is called labs already"),
        ("Big Name", GOOD, "small letters, digits"),
        ("out", GOOD.replace("\n", "\n// folder: ../x\n", 1), "a folder's name has letters"),
        ("huge", GOOD + " " * 100_000, "more than 100,000 bytes"),
        ("writes", "// title: x\nMATCH (n) DETACH DELETE n", "writes.cypher:2:11: query refused at 'DETACH'"),
        ("call", "// title: x\nCALL db.labels()", "call.cypher:2:1: query refused at 'CALL'"),
        (
            "undeclared",
            "// title: x\nMATCH (h:Host) WHERE h.days > $days RETURN count(h) AS n",
            "the query has $days, and",
        ),
        ("latin", b"// title: \xe9\nMATCH (n) RETURN n", "latin.cypher: 'utf-8' codec"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    path = folder / f"{name}.cypher"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises((DataError, UsageError)) as told:
        own_queries(tmp_path)
    assert str(path) in str(told.value)
    assert words in str(told.value)
    assert query_called("family-hosts", tmp_path).title, "the built-in ones work all the same"


@pytest.mark.parametrize(
    ("returned", "order"),
    [
        ("RETURN a AS a", None),
        ("RETURN a AS a, b AS b ORDER BY b DESC, a LIMIT 5", [("b", True), ("a", False)]),
        ("WITH a ORDER BY a RETURN a AS a", None),
        ("RETURN a AS a ORDER BY `a` ASC SKIP 2", [("a", False)]),
        ("RETURN 'ORDER BY x' AS a order by a.b descending", [("a.b", True)]),
    ],
)
def test_what_rows_are_ordered_by(returned: str, order: list[tuple[str, bool]] | None) -> None:
    assert ordered_by(f"MATCH (a:Host) {returned}") == order


def test_rows_come_as_the_query_orders_them(folder: Path, tmp_path: Path) -> None:
    """Least common families first, equal ones by name; without an order most hosts first."""
    body = "MATCH (h:Host)-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(f:Family) RETURN f.name AS family, count(h) AS hosts"
    (folder / "rising.cypher").write_text(f"// title: Rare\n{body} ORDER BY hosts, family DESC")
    (folder / "any-order.cypher").write_text(f"// title: Any\n{body}")
    cohabit.load(cohabit.simulate(hosts=60, output=tmp_path).path, data=tmp_path)
    with cohabit.open(tmp_path) as graph:
        rising = graph.query(name="rising")[["hosts", "family"]].values.tolist()
        falling = graph.query(name="any-order")[["hosts", "family"]].values.tolist()
        weeks = graph.query(name="hosts-by-week")["week"].to_list()
    assert len({hosts for hosts, _ in rising}) < len(rising) > 5
    assert rising == sorted(sorted(rising, key=lambda row: row[1], reverse=True), key=lambda row: row[0])
    assert falling == sorted(falling, key=lambda row: (-row[0], row[1]))
    assert weeks == sorted(weeks)
    assert len(weeks) > 5


def test_one_that_is_not_understood_hides_no_other(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "by-port.cypher").write_text(GOOD)
    (folder / "broken.cypher").write_text("MATCH (n) RETURN n")
    (folder / "writes.cypher").write_text("// title: x\nMATCH (n) DETACH DELETE n")
    assert set(known_queries(tmp_path)) == {*saved_queries(), "by-port"}
    with pytest.raises(UsageError, match="no saved query is called 'by-prt'; close: by-port"):
        query_called("by-prt", tmp_path)
    code = app(["query", "--list", "--data", str(tmp_path), "--format", "json"], standalone_mode=False)
    said = capsys.readouterr()
    assert code == 1
    assert {row["name"] for row in json.loads(said.out)} == {*saved_queries(), "by-port"}
    first, second = said.err.splitlines()
    assert first == f"cohabit: {folder / 'broken.cypher'}: the header has no line `// title: …`"
    assert second.startswith(f"cohabit: {folder / 'writes.cypher'}:2:11: query refused at 'DETACH'")
    with pytest.warns(UserWarning, match=r"(broken|writes)\.cypher") as told:
        names = set(cohabit.saved_queries(data=tmp_path)["name"])
    assert len(told) == 2
    assert names == {*saved_queries(), "by-port"}


def ask(graph: cohabit.Graph, name: str | None, file: Path | None, data: Path) -> None:
    question, arguments = querying.question(None, file, name, [], data)
    graph.ask(question, *arguments)


BODY = "// title: x\n\n// caveat: y\n  MATCH (h:Host) // all\n"


@pytest.mark.parametrize(
    ("rest", "place"),
    [
        ("RETURN h.adress AS a", ":5:10: no property 'adress' of Host"),
        ("MATCH (h)<-[:DEPLOYS]-(m) RETURN 1 AS x", ":5:10: DEPLOYS goes from Host to Model, never to Host"),
        ("  RETRUN h.days AS d", ":5:3: the store refused the query: 'RETRUN' is not understood here"),
        ("RETURN x.days AS d", ": the store refused the query: Variable x is not in scope"),
        ("RETURN (1 AS d", ":5:11: the store refused the query: "),
        ("CREATE (x:Host)", ":5:1: query refused at 'CREATE'"),
    ],
)
def test_an_error_names_the_line_of_the_file(folder: Path, tmp_path: Path, rest: str, place: str) -> None:
    """By its name, and as a file; on the fourth line, indented, stands the first word of the statement."""
    path = folder / "mine.cypher"
    path.write_text(BODY + rest)
    cohabit.load(cohabit.simulate(hosts=5, output=tmp_path).path, data=tmp_path)
    with cohabit.open(tmp_path) as graph:
        for name, file in (("mine", None), (None, path)):
            with pytest.raises((DataError, UsageError)) as told:
                ask(graph, name, file, tmp_path)
            assert str(told.value).startswith(f"{path}{place}")


def test_the_list_is_whole_and_says_which_are_own(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "by-port.cypher").write_text(GOOD)
    app(["query", "--list", "--data", str(tmp_path)], standalone_mode=False)
    said = capsys.readouterr()
    lines = said.out.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [
        ["by-port", "own"],
        *([name, "cohabit"] for name in saved_queries()),
    ]
    assert "shown" not in said.out + said.err
    app(["query", "--list", "--data", str(tmp_path), "--limit", "2"], standalone_mode=False)
    said = capsys.readouterr()
    assert f"2 of {len(saved_queries()) + 1} shown" in said.out + said.err


def test_the_example_of_the_page_is_one(folder: Path, tmp_path: Path) -> None:
    example, _ = (b.text for b in blocks(ROOT / "docs" / "queries.md") if b.language == "text")
    (folder / "of-the-page.cypher").write_text(example, "utf-8")
    (own,) = own_queries(tmp_path).values()
    assert own.folder == "Ours"
    assert [p.type for p in own.parameters] == ["integer", "texts"]


def test_the_parameters_of_the_page_are_read_as_it_says(tmp_path: Path) -> None:
    record = {"ip": "192.0.2.7", "port": 1, "timestamp": "2025-06-01", "country_code": "DE"}
    model = {"name": "qwen3:8b", "details": {"family": "3", "format": "gguf"}}
    (tmp_path / "scan.ndjson").write_text(json.dumps({**record, "models": [model]}))
    cohabit.load(str(tmp_path / "scan.ndjson"), data=tmp_path / "data")
    _, calls = (b.text for b in blocks(ROOT / "docs" / "queries.md") if b.language == "text")
    answers = []
    for call in calls.splitlines():
        program, command, cypher, option, pair = shlex.split(call)
        assert (program, command, option) == ("cohabit", "query", "--param")
        question, (statement, given) = querying.question(cypher, None, None, [pair], None)
        assert (question, statement) == ("query", cypher)
        with cohabit.open(tmp_path / "data") as graph:
            answers.append((given, graph.query(cypher, parameters=given).iloc[0, 0]))
    assert answers == [
        ({"name": "qwen3:8b"}, "gguf"),
        ({"days": 30}, 0),
        ({"old": "3"}, "3"),
        ({"places": ["DE", "FR"]}, "Germany"),
    ]
