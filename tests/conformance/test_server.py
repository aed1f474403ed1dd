"""What only a server can get wrong: other people's data in the same database, and somebody else's archive."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest

from cohabit.errors import DataError
from cohabit.graph import server_hosts
from cohabit.graph.store import open_store, read_tables
from cohabit.graph.sync import forget
from cohabit.queries.analysis import analyse
from tests.conformance.conftest import Place
from tests.conformance.population import Record


@pytest.fixture
def server(neo4j_store_uri: str, tmp_path: Path) -> Place:
    """A data folder and an empty server."""
    return Place(tmp_path / "data", neo4j_store_uri)


@pytest.fixture
def cypher(neo4j_store_uri: str) -> Iterator[Any]:
    """Run Cypher as somebody else who uses the same database."""
    auth = (os.environ["NEO4J_USERNAME"], os.environ["NEO4J_PASSWORD"])
    with neo4j.GraphDatabase.driver(neo4j_store_uri, auth=auth) as driver:

        def run(text: str, **parameters: Any) -> list[list[Any]]:
            return [r.values() for r in driver.execute_query(text, parameters).records]

        yield run


def host_record(number: int, day: int = 1, models: tuple[str, ...] = ("llama3.2:latest",)) -> Record:
    return {
        "ip": f"192.0.2.{number}",
        "port": 11434,
        "timestamp": f"2025-03-{day:02}T00:00:00Z",
        "country_code": "DE",
        "asn": 64496,
        "as_name": "Example Net",
        "software": "ollama",
        "models": list(models),
    }


def test_notes_survive_reload_and_forget(server: Place, cypher: Any) -> None:
    server.load([host_record(1), host_record(2), host_record(3)], "old.ndjson")
    server.load([host_record(4, day=9), host_record(5, day=9), host_record(1, day=9)], "new.ndjson")
    for number in (1, 4):
        cypher(
            "MATCH (h:Host {address: $a}) CREATE (:Note {text: $t})-[:ABOUT]->(h)",
            a=f"192.0.2.{number}",
            t=f"note {number}",
        )
    cypher("MATCH (h:Host {address: '192.0.2.5'}) SET h.owner = 'us', h:Watched")
    cypher("MATCH (:Host {address: '192.0.2.1'})-[d:DEPLOYS]->() SET d.checked = true")

    server.load([host_record(1, day=10, models=("qwen2:7b", "llama3.2:latest"))], "newer.ndjson")
    assert cypher("MATCH (:Note {text: 'note 1'})-[:ABOUT]->(h:Host) RETURN h.address") == [["192.0.2.1"]]
    assert cypher("MATCH (:Host {address: '192.0.2.1'})-[d:DEPLOYS]->(m) WHERE d.checked RETURN m.name") == [
        ["llama3.2:latest"]
    ]

    forget(server.data, "new.ndjson")
    server.sync()
    # Host 4 is gone from the graph, its note is not; host 5 keeps what is not ours.
    assert cypher("MATCH (h:Host) RETURN h.address ORDER BY h.address") == [[f"192.0.2.{n}"] for n in (1, 2, 3)]
    assert cypher("MATCH (:Note {text: 'note 4'})-[:ABOUT]->(n) RETURN labels(n), properties(n)") == [
        [["FormerHost"], {"address": "192.0.2.4"}]
    ]
    former = cypher("MATCH (n:Watched) RETURN labels(n), properties(n)")[0]
    assert (sorted(former[0]), former[1]) == (["FormerHost", "Watched"], {"address": "192.0.2.5", "owner": "us"})
    assert cypher("MATCH (n:FormerHost)-[r:DEPLOYS|IN_COUNTRY|IN_NETWORK|RUNS]-() RETURN count(r)") == [[0]]

    server.load([host_record(4, day=9), host_record(5, day=9), host_record(1, day=9)], "new.ndjson")
    assert cypher("MATCH (:Note {text: 'note 4'})-[:ABOUT]->(h:Host) RETURN h.address, h.first_seen") == [
        ["192.0.2.4", "2025-03-09T00:00:00Z"]
    ]
    assert cypher("MATCH (h:Watched:Host) RETURN h.address, h.owner") == [["192.0.2.5", "us"]]
    assert cypher("MATCH (n:FormerHost) RETURN count(n)") == [[0]]
    store = server.open()
    state = store.state()
    assert state is not None
    assert read_tables(store).digest() == state.digest
    store.close()


def test_a_store_of_another_archive_is_refused(server: Place, cypher: Any, tmp_path: Path) -> None:
    server.load([host_record(1)])
    other = Place(tmp_path / "other" / "data", server.uri)
    other.data.parent.mkdir()
    other.archive([host_record(2)])
    with pytest.raises(DataError, match="filled from another archive"):
        other.sync()
    assert cypher("MATCH (h:Host) RETURN h.address") == [["192.0.2.1"]]
    other.sync(adopt=True)
    assert cypher("MATCH (h:Host) RETURN h.address") == [["192.0.2.2"]]
    with pytest.raises(DataError, match="filled from another archive"):
        server.sync()


def test_a_database_with_hosts_of_other_people_is_refused(server: Place, cypher: Any) -> None:
    cypher("CREATE (:Host {address: '203.0.113.9', theirs: true})")
    server.archive([host_record(1)])
    with pytest.raises(DataError, match="that cohabit did not write"):
        server.sync()
    assert cypher("MATCH (n) RETURN labels(n), n.address") == [[["Host"], "203.0.113.9"]]


def test_other_nodes_are_left_alone(server: Place, cypher: Any) -> None:
    cypher("CREATE (:Paper {title: 'x'})-[:CITES]->(:Paper {title: 'y'})")
    server.load([host_record(1)])
    forget(server.data, "scan.ndjson")
    server.sync()
    assert cypher("MATCH (a:Paper)-[:CITES]->(b:Paper) RETURN a.title, b.title") == [["x", "y"]]
    assert cypher("MATCH (n) WHERE NOT n:Paper RETURN DISTINCT labels(n)") == [[["CohabitState"]]]


def test_an_update_under_way_is_not_answered_from(server: Place, cypher: Any) -> None:
    server.load([host_record(1)])
    cypher("MATCH (s:CohabitState) SET s.complete = false")
    with pytest.raises(DataError, match="did not come to its end"):
        server.open()
    server.sync()
    server.open().close()


def test_only_what_differs_is_written(server: Place, cypher: Any) -> None:
    from cohabit.graph.archive import Archive
    from cohabit.graph.projection import project
    from cohabit.graph.store import State
    from cohabit.loaders.catalogue import Catalogue

    server.load([host_record(n) for n in range(1, 8)])
    server.archive([host_record(2, day=4), host_record(9, day=4)], "more.ndjson")
    archive = Archive(server.data)
    tables = project(archive, Catalogue.load())
    store = open_store(server.data, server.uri, write=True)
    report = store.sync(tables, State(archive=archive.id, version="v", digest=tables.digest()))
    store.close()
    assert (report.changed, report.hosts_written, report.hosts_removed) == (True, 2, 0)


def test_the_collector_of_the_calling_program_is_as_it_was(
    server: Place, cypher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        during.append(gc.isenabled())
        raise DataError("no more")

    during: list[bool] = []
    server.load([host_record(1)])
    assert gc.isenabled()
    monkeypatch.setattr(server_hosts, "write_batch", refuse)
    with pytest.raises(DataError, match="no more"):
        server.load([host_record(2)], "second.ndjson")
    assert (during, gc.isenabled()) == ([False], True)


def test_a_value_that_disappears_is_removed(server: Place) -> None:
    server.load([host_record(1)], "old.ndjson")
    poorer = dict(host_record(1), country_code=None, asn=None, software=None)
    server.load([poorer], "new.ndjson")
    forget(server.data, "old.ndjson")
    server.sync()
    store = server.open()
    tables = read_tables(store)
    state = store.state()
    store.close()
    assert state is not None
    assert tables.digest() == state.digest
    for gone in ("IN_COUNTRY", "IN_NETWORK", "RUNS", "OPERATED_BY"):
        assert tables.relationships[gone].num_rows == 0
    assert tables.nodes["Network"].num_rows == 0


def test_what_others_call_pagerank_stays_until_facts_are_written(server: Place, cypher: Any) -> None:
    server.load([host_record(n) for n in range(1, 4)], "a.ndjson")
    cypher("MATCH (m:Model) SET m.pagerank = 7, m.theirs = 1")
    server.load([host_record(n, day=2) for n in range(1, 5)], "b.ndjson")
    assert cypher("MATCH (m:Model) RETURN m.pagerank, m.theirs") == [[7, 1]]
    store = server.open()
    analyse(store)
    store.close()
    assert cypher("MATCH (m:Model) RETURN m.pagerank, m.theirs") == [[1.0, 1]]
    server.load([host_record(n, day=3) for n in range(1, 5)], "c.ndjson")
    assert cypher("MATCH (m:Model) RETURN m.pagerank, m.theirs") == [[None, 1]]
    assert cypher("MATCH (s:CohabitState) RETURN s.derived, s.complete") == [[False, True]]
