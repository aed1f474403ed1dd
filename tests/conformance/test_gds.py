"""Graph Data Science on a real server: its numbers are ours, and it is left as it was found."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from cohabit.errors import DataError, UsageError
from cohabit.graph.store import GraphStore
from cohabit.queries import gds, nodes
from cohabit.queries.centrality import centrality
from cohabit.queries.clusters import clusters
from cohabit.queries.cooccurrence import cooccurrence
from cohabit.queries.leiden import modularity
from tests.conformance.conftest import Place
from tests.queries.test_clusters import planted_stacks
from tests.queries.tools import record, sparse_of, store_of


@pytest.fixture
def place(neo4j_store_uri: str, tmp_path: Path) -> Place:
    """An empty data folder and an empty server."""
    return Place(tmp_path / "data", neo4j_store_uri)


@pytest.fixture
def store(place: Place) -> Iterator[GraphStore]:
    """Hosts that keep to one of three stacks of families."""
    place.load(planted_stacks(1))
    opened = place.open()
    yield opened
    assert left(opened) == []
    opened.close()


def left(store: GraphStore) -> list[Any]:
    """Names of the projected graphs on the server."""
    found: list[Any] = store.table("CALL gds.graph.list() YIELD graphName RETURN graphName AS name").to_pylist()
    return found


def graphs() -> dict[str, nx.Graph]:
    """Weighted and not, in one part and in several, with nodes alone."""
    apart = nx.disjoint_union(nx.path_graph(4), nx.cycle_graph(4))
    apart.add_nodes_from([8, 9])
    weighted = nx.convert_node_labels_to_integers(nx.les_miserables_graph())
    return {"Les Misérables": weighted, "K3,3": nx.complete_bipartite_graph(3, 3), "apart": apart}


def test_its_numbers_are_those_of_networkx(store: GraphStore) -> None:
    for graph in graphs().values():
        compare(store, graph)


def compare(store: GraphStore, graph: nx.Graph) -> None:
    """Hold what the server computes for a graph to networkx."""
    far = {(a, b): 1 / w for a, b, w in graph.edges(data="weight", default=1.0)}
    nx.set_edge_attributes(graph, far, "far")
    with gds.projected(store, sparse_of(graph)) as there:
        assert [row["name"] for row in left(store)] == [there.name]
        found = {"pagerank": there.pagerank(), "betweenness": there.betweenness()}
        communities = there.leiden(0)
    expected = {
        "pagerank": nx.pagerank(graph, tol=1e-14, max_iter=1_000),
        "betweenness": nx.betweenness_centrality(graph, weight="far"),
    }
    for measure, values in found.items():
        assert values == pytest.approx([expected[measure][node] for node in range(len(graph))], abs=1e-9)
    blocks = [set(np.flatnonzero(communities == c).tolist()) for c in np.unique(communities)]
    best = nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=0))
    assert nx.community.modularity(graph, blocks) >= best - 0.02
    assert nx.community.modularity(graph, blocks) == pytest.approx(modularity(sparse_of(graph), communities))


def test_its_weighted_eigenvector_is_another_measure(store: GraphStore) -> None:
    """It divides the weights of a node by their sum, so that what comes out is the strength: so we do not take it."""
    graph = sparse_of(graphs()["Les Misérables"])
    with gds.projected(store, graph) as there:
        found = there._stream("gds.eigenvector", "score", relationshipWeightProperty="weight", maxIterations=1_000)
    strength = nodes.strengths(graph)
    assert found / np.linalg.norm(found) == pytest.approx(strength / np.linalg.norm(strength), abs=1e-3)
    assert found / np.linalg.norm(found) != pytest.approx(nodes.eigenvector(graph), abs=0.01)


def test_its_node_similarity_is_our_jaccard(store: GraphStore) -> None:
    """Of families by their hosts. `cooccurrence` has it already, with all else of a pair: there is no engine for it."""
    project = (
        "MATCH (f:Family)<-[:IN_FAMILY]-(:Model)<-[:DEPLOYS]-(h:Host) WITH DISTINCT f, h "
        "RETURN gds.graph.project($name, f, h).nodeCount AS nodes"
    )
    similar = (
        "CALL gds.nodeSimilarity.stream($name, {topK: 1000, similarityCutoff: 1e-12}) YIELD node1, node2, similarity "
        "RETURN gds.util.asNode(node1).name AS a, gds.util.asNode(node2).name AS b, similarity"
    )
    try:
        store.table(project, {"name": "similar"})
        found = {
            (row["a"], row["b"]): row["similarity"] for row in store.table(similar, {"name": "similar"}).to_pylist()
        }
    finally:
        store.table("CALL gds.graph.drop('similar', false) YIELD graphName RETURN graphName")
    pairs = {(row["a"], row["b"]): row["jaccard"] for row in cooccurrence(store).rows}
    assert len(pairs) > 10
    assert {pair: value for pair, value in found.items() if pair in pairs} == pytest.approx(pairs, abs=1e-9)
    assert len(found) == 2 * len(pairs)


def test_centrality_is_the_same_from_both_engines(store: GraphStore) -> None:
    for level, weight in itertools.product(("family", "model"), ("hosts", "jaccard", "lift")):
        ours, theirs = (centrality(store, level=level, weight=weight, engine=engine) for engine in gds.ENGINES)
        assert [row["item"] for row in ours.rows] == [row["item"] for row in theirs.rows]
        for own, other in zip(ours.rows, theirs.rows, strict=True):
            assert other == {key: pytest.approx(value, abs=1e-9) for key, value in own.items()}
        assert any("Graph Data Science" in caveat for caveat in theirs.caveats)
        assert not any("Graph Data Science" in caveat for caveat in ours.caveats)


def test_communities_are_the_same_from_both_engines(store: GraphStore) -> None:
    ours, theirs = (clusters(store, null="hypergeometric", bootstrap=0, engine=engine) for engine in gds.ENGINES)
    assert ours.rows == theirs.rows
    assert len({row["cluster"] for row in ours.rows} - {None}) == 3
    assert theirs.caveats[0].startswith("Leiden of the server's Graph Data Science, seed 0")


def test_nothing_to_project_is_no_error(place: Place) -> None:
    place.load([record(1, [])])
    opened = place.open()
    assert centrality(opened, engine="gds").rows == []
    assert clusters(opened, engine="gds").rows == []
    assert left(opened) == []
    opened.close()


def test_the_graph_is_dropped_when_something_goes_wrong(store: GraphStore) -> None:
    graph = sparse_of(nx.path_graph(3))
    with pytest.raises(DataError, match="refused"), gds.projected(store, graph) as there:
        there._stream("gds.pageRank", "score", relationshipWeightProperty="no such")
    with pytest.raises(KeyboardInterrupt), gds.projected(store, graph):
        raise KeyboardInterrupt
    assert left(store) == []


def test_what_cannot_be_is_said_in_one_line(tmp_path: Path) -> None:
    embedded = store_of(tmp_path, [record(1, ["llama", "qwen2"])])
    for ask in (centrality, clusters):
        with pytest.raises(UsageError, match="the embedded store has no Graph Data Science; give --store"):
            ask(embedded, engine="gds")
        with pytest.raises(UsageError, match="--engine 'spark': not an engine; choose from local, gds"):
            ask(embedded, engine="spark")
    with pytest.raises(UsageError, match="leave out --by"):
        clusters(embedded, by="country", engine="gds")
    embedded.close()


def test_a_server_without_it_is_told_so(store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for ask in (centrality, clusters):
        with pytest.raises(UsageError, match="--bootstrap needs the local engine"):
            ask(store, engine="gds", bootstrap=100)
    real = store.table

    def bare(cypher: str, parameters: Any = None) -> Any:
        # As on a server without the plugin: none of its functions is listed.
        return real(cypher, {"name": "no.such.function"} if cypher.startswith("SHOW FUNCTIONS") else parameters)

    monkeypatch.setattr(store, "table", bare)
    with pytest.raises(UsageError, match="has no Graph Data Science; install its plugin"):
        centrality(store, engine="gds")
