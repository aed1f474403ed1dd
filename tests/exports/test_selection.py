"""Which part of the graph is exported: filters, time, levels; on every surface the same."""

from __future__ import annotations

import doctest
import json
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from defusedxml import ElementTree

import cohabit.session
from cohabit.errors import DataError, UsageError
from cohabit.exports.scoped import scoped_graph
from cohabit.graph.store import opened
from cohabit.questions import scope
from cohabit.session import Graph
from tests.conformance.plain import Plain


@pytest.fixture
def graph(data: Path) -> Any:
    with Graph(data, "embedded", show_addresses=True) as opened_graph:
        yield opened_graph


def test_filters_choose_hosts_and_what_hangs_on_them(graph: Graph, plain: Plain) -> None:
    chosen = {a for a, h in plain.hosts.items() if h["country"] == "DE" and h["asn"] == 64497}
    assert chosen
    tables = graph.to_arrow(country="de", network=64497)
    assert set(tables["hosts"].column("host").to_pylist()) == chosen
    edges = {edge for edge in plain.edges if edge[0] in chosen}
    deployed = tables["deployments"]
    assert set(zip(deployed.column("host").to_pylist(), deployed.column("model").to_pylist(), strict=True)) == edges
    counts = {m: sum(model == m for _, model in edges) for _, m in edges}
    assert dict(zip(*(tables["models"].column(c).to_pylist() for c in ("model", "hosts")), strict=True)) == counts
    assert set(tables["hosts"].column("asn").to_pylist()) == {64497}


@pytest.mark.parametrize("newest", [False, True])
def test_time_chooses_deployments(graph: Graph, plain: Plain, newest: bool) -> None:
    weeks = {202510, 202511, 202512, 202513}
    when = {"at": "2025-03-30"} if newest else {"since": "2025-03-03", "until": "2025-03-30"}
    lists = plain.lists(plain.hosts, weeks, newest_only=newest)
    deployed = graph.to_arrow(**when)["deployments"]
    rows = list(zip(deployed.column("host").to_pylist(), deployed.column("model").to_pylist(), strict=True))
    assert sorted(rows) == sorted((a, m) for a, models in lists.items() for m in models)
    whole = deployed.filter(pa.compute.equal(deployed.column("host"), rows[0][0])).to_pylist()[0]
    assert whole["weeks"] == plain.edges[whole["host"], whole["model"]]["weeks"]


def test_only_what_the_hosts_lead_to_is_kept(data: Path, plain: Plain) -> None:
    with opened(data, "embedded") as store:
        part = scoped_graph(store, scope({"country": "US"}))
    chosen = {a for a, h in plain.hosts.items() if h["country"] == "US"}
    models = {m for a in chosen for m in plain.of_host[a]}
    assert set(part.nodes["Model"].column("name").to_pylist()) == models
    lines = {plain.item(m, "line") for m in models} - {None}
    # A line that one of them was made from stays, too; there is none in the population but qwen2.5 of deepseek-r1.
    assert lines <= set(part.nodes["Line"].column("name").to_pylist()) <= lines | {"qwen2.5", "llama3.1"}
    for r, table in part.relationships.items():
        assert table.num_rows, r
    assert part.nodes["Scan"].num_rows == 1


def test_networkx_is_the_tables(graph: Graph) -> None:
    tables, made = graph.to_arrow(), graph.to_networkx()
    assert isinstance(made, nx.Graph)
    assert nx.is_bipartite(made)
    assert made.number_of_edges() == tables["deployments"].num_rows
    for row in tables["deployments"].to_pylist():
        edge = made.edges[f"host:{row['host']}", f"model:{row['model']}"]
        assert edge["weeks"] == row["weeks"]
        assert "digests" in edge or row["digests"] is None
    network = graph.to_networkx("line", min_hosts=2)
    pairs = graph.cooccurrence(level="line", min_hosts=2)
    assert {frozenset(pair): network.edges[pair]["lift"] for pair in network.edges} == {
        frozenset((r.a, r.b)): r.lift for r in pairs.itertuples()
    }
    assert set(network.nodes) == set(graph.rank(level="line").query("item != 'unknown'")["item"])
    # Lists and all, it can be written by networkx where a format has lists.
    assert nx.node_link_graph(nx.node_link_data(made)).edges.keys() == made.edges.keys()


def test_what_it_is_goes_along(graph: Graph, plain: Plain, tmp_path: Path) -> None:
    """Title, date, filters, digest of the graph and caveats, in every format that has a place for them."""
    newest = max(host["last_seen"] for host in plain.hosts.values())[:10]
    filters: dict[str, Any] = {"country": "DE", "exclude_decoys": True, "active_within": 9999}
    notes = graph.notes(**filters)
    wanted = {
        "title": f"cohabit: family network, seen until {newest}",
        "content": "family network",
        "filters": "--country DE; --active-within 9999; --exclude-decoys",
        "addresses": "shown",
        "simulated": False,
        "date": newest,
        "digest": graph.info()["digest"][0],
        "base": sum(
            any(plain.item(m, "family") for m in plain.of_host[a]) and not plain.decoys.get(a)
            for a, h in plain.hosts.items()
            if h["country"] == "DE"
        ),
        **({"caveats": " ".join(notes)} if notes else {}),
    }
    for table in graph.to_arrow("family", **filters).values():
        about = json.loads(table.schema.metadata[b"cohabit"])
        assert {name: about[name] for name in wanted} == wanted
        assert set(about) == {*wanted, "items", "pairs"}
    graph.export("parquet", tmp_path / "tables", level="family", **filters)
    for file in (tmp_path / "tables").iterdir():
        assert json.loads(pq.read_schema(file).metadata[b"cohabit"]) == about
    graph.export("graphml", tmp_path / "g.graphml", level="family", **filters)
    graph.export("gexf", tmp_path / "g.gexf", level="family", **filters)
    said = nx.read_graphml(tmp_path / "g.graphml").graph
    assert {name: said[name] for name in about} == about
    assert graph.to_networkx("family", **filters).graph == about
    meta = ElementTree.parse(tmp_path / "g.gexf").getroot().find("{http://gexf.net/1.3}meta")
    assert meta.get("lastmodifieddate") == newest
    description = meta.findtext("{http://gexf.net/1.3}description")
    for name in ("title", "filters", "date", "digest"):
        assert f"{name}: {wanted[name]}" in description
    # What is for everybody says nothing that hangs on single hosts.
    assert "digest" not in graph.to_networkx("family", publish=10).graph


def test_the_examples_of_the_docstrings_run(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data.parent)
    finder = doctest.DocTestFinder(recurse=False)
    examples = [t for m in (Graph.to_arrow, Graph.to_networkx) for t in finder.find(m, m.__name__, cohabit.session)]
    assert sum(len(one.examples) for one in examples) >= 7
    for one in examples:
        assert doctest.DocTestRunner().run(one).failed == 0


def test_what_cannot_be_exported_is_said(graph: Graph, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep")
    (tmp_path / "file").write_text("keep")
    cases: list[tuple[type[Exception], str, str, Path, dict[str, Any]]] = [
        (UsageError, "choose from graphml", "dot", tmp_path / "x", {}),
        (UsageError, "ends in .gexf", "gexf", tmp_path / "x.graphml", {}),
        (UsageError, "not a level", "gexf", tmp_path / "x.gexf", {"level": "vendor"}),
        (UsageError, "give --level too", "gexf", tmp_path / "x.gexf", {"min_hosts": 3}),
        (UsageError, "1 or more", "gexf", tmp_path / "x.gexf", {"min_hosts": 0}),
        (UsageError, "leave out --level", "neo4j-admin", tmp_path / "x", {"level": "family"}),
        (DataError, "there is no folder", "gexf", tmp_path / "no" / "x.gexf", {}),
        (DataError, "is not empty", "csv", tmp_path / "full", {}),
        (DataError, "this is no folder", "csv", tmp_path / "file", {}),
    ]
    for kind, words, name, path, options in cases:
        with pytest.raises(kind, match=words):
            graph.export(name, path, **options)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "full"]
    assert (tmp_path / "full" / "mine.txt").read_text() == "keep"


def test_whole_or_not_at_all(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cohabit.exports import elements, tables

    def broken(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    old = tmp_path / "x.graphml"
    old.write_text("old")
    monkeypatch.setattr(elements, "edges", broken)
    monkeypatch.setattr(tables, "joined", broken)
    for name, path in (("graphml", old), ("csv", tmp_path / "folder")):
        with pytest.raises(DataError, match="No space left on device"):
            graph.export(name, path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.graphml"]
    assert old.read_text() == "old"


def test_too_much_for_a_workbook(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cohabit.exports import workbook

    monkeypatch.setattr(workbook, "_MOST_ROWS", 20)
    with pytest.raises(DataError, match="a sheet of Excel holds 19; choose hosts by a filter"):
        graph.export("xlsx", tmp_path / "x.xlsx")
    monkeypatch.undo()
    monkeypatch.setattr(workbook, "_MOST_CHARACTERS", 30)
    with pytest.raises(DataError, match="a cell of Excel holds 30"):
        graph.export("xlsx", tmp_path / "x.xlsx")
    assert not list(tmp_path.iterdir())


def test_for_everybody_there_are_no_items_and_pairs_of_few_hosts(graph: Graph, plain: Plain) -> None:
    hosts_of: dict[str, set[str]] = {}
    for address, model in plain.edges:
        if (family := plain.item(model, "family")) is not None:
            hosts_of.setdefault(family, set()).add(address)
    exact = {family: len(hosts) for family, hosts in hosts_of.items()}
    assert any(n < 10 for n in exact.values())
    tables = graph.to_arrow("family", publish=10)
    said = dict(zip(*(tables["items"].column(c).to_pylist() for c in ("item", "hosts")), strict=True))
    assert said == {family: n // 10 * 10 for family, n in exact.items() if n >= 10}
    both = {(r["a"], r["b"]): r for r in tables["pairs"].to_pylist()}
    expected = {(a, b): len(hosts_of[a] & hosts_of[b]) for a in exact for b in exact if a < b}
    assert {pair: r["hosts"] for pair, r in both.items()} == {p: n // 10 * 10 for p, n in expected.items() if n >= 10}
    assert {r["p_value"] for r in both.values()} == {None}
    for each in (graph.to_arrow, graph.to_networkx):
        with pytest.raises(UsageError, match="--publish does not go with hosts and their models"):
            each(publish=10)
