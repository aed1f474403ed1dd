"""Measures of nodes: by hand on small graphs, from the literature, and against networkx."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest

from cohabit.queries import nodes
from tests.queries.tools import sparse_of

CLOSE = {"abs": 1e-9, "rel": 1e-9}


def random_graphs() -> list[nx.Graph]:
    """Sparse to dense, connected or not, with isolated nodes; whole-number weights give many equal paths."""
    chance = np.random.default_rng(8)
    graphs = [nx.empty_graph(n) for n in (0, 1, 2, 5)]
    for trial in range(60):
        graph = nx.gnp_random_graph(int(chance.integers(2, 22)), float(chance.uniform(0.02, 0.6)), seed=trial)
        for _, _, data in graph.edges(data=True):
            data["weight"] = float(chance.integers(1, 12)) if trial % 2 else float(chance.uniform(0.01, 9))
        graphs.append(graph)
    return graphs


def with_lengths(graph: nx.Graph) -> nx.Graph:
    for _, _, data in graph.edges(data=True):
        data["length"] = 1 / data.setdefault("weight", 1.0)
    return graph


def listed(values: dict[int, float]) -> list[float]:
    return [values[node] for node in sorted(values)]


@pytest.mark.parametrize("graph", random_graphs())
def test_as_networkx_has_them(graph: nx.Graph) -> None:
    graph = with_lengths(graph)
    matrix = sparse_of(graph)
    between, close = nodes.paths(matrix)
    assert nodes.degrees(matrix).tolist() == [d for _, d in sorted(graph.degree())]
    assert nodes.strengths(matrix) == pytest.approx([d for _, d in sorted(graph.degree(weight="weight"))], **CLOSE)
    assert nodes.core_numbers(matrix).tolist() == listed(nx.core_number(graph))
    assert between == pytest.approx(listed(nx.betweenness_centrality(graph, weight="length")), **CLOSE)
    assert close == pytest.approx(listed(nx.closeness_centrality(graph, distance="length")), **CLOSE)
    assert nodes.pagerank(matrix) == pytest.approx(listed(nx.pagerank(graph, max_iter=2000, tol=1e-14)), **CLOSE)
    if graph.number_of_edges():
        expected = nx.eigenvector_centrality(graph, max_iter=500_000, tol=1e-15, weight="weight")
        assert nodes.eigenvector(matrix) == pytest.approx(listed(expected), abs=1e-9)


def test_isolated_nodes_have_zeros() -> None:
    # Two linked nodes and two alone; networkx's power iteration would give all four an equal eigenvector value
    # only if there were no edge at all.
    graph = nx.Graph([(0, 2)])
    graph.add_nodes_from([1, 3])
    matrix = sparse_of(graph)
    between, close = nodes.paths(matrix)
    for values in (nodes.degrees(matrix), nodes.strengths(matrix), nodes.core_numbers(matrix), between, close):
        assert values[[1, 3]].tolist() == [0, 0]
    assert nodes.eigenvector(matrix) == pytest.approx([math.sqrt(0.5), 0, math.sqrt(0.5), 0])
    assert close[[0, 2]] == pytest.approx([1 / 3, 1 / 3])
    # PageRank of a lonely one, x: it gets (1 − α)/4 and its share of what the two lonely ones pass on, α·2x/4.
    x = (0.15 / 4) / (1 - 0.85 / 2)
    assert nodes.pagerank(matrix) == pytest.approx([0.5 - x, x, 0.5 - x, x])
    assert nodes.eigenvector(sparse_of(nx.empty_graph(3))).tolist() == [0, 0, 0]


def test_complete_bipartite_graph_by_hand() -> None:
    # K3,3: all nodes alike. For every pair on the other side (3 of them) a node is on one of three shortest paths:
    # betweenness 3 · 1/3 over 5 · 4 / 2 = 0.1. Distances from a node: 3 · 1 + 2 · 2 = 7.
    matrix = sparse_of(nx.complete_bipartite_graph(3, 3))
    between, close = nodes.paths(matrix)
    assert between == pytest.approx([0.1] * 6)
    assert close == pytest.approx([5 / 7] * 6)
    assert nodes.core_numbers(matrix).tolist() == [3] * 6
    assert nodes.eigenvector(matrix) == pytest.approx([1 / math.sqrt(6)] * 6)
    assert nodes.pagerank(matrix) == pytest.approx([1 / 6] * 6)


def test_path_of_four_by_hand() -> None:
    # P4: 0 − 1 − 2 − 3. Node 1 is between 0–2 and 0–3, of 3 pairs. The golden ratio φ is the largest eigenvalue and
    # (1, φ, φ, 1) its eigenvector.
    matrix = sparse_of(nx.path_graph(4))
    between, close = nodes.paths(matrix)
    assert between == pytest.approx([0, 2 / 3, 2 / 3, 0])
    assert close == pytest.approx([3 / 6, 3 / 4, 3 / 4, 3 / 6])
    golden = (1 + math.sqrt(5)) / 2
    length = math.sqrt(2 + 2 * golden**2)
    assert nodes.eigenvector(matrix) == pytest.approx(np.array([1, golden, golden, 1]) / length)
    assert nodes.core_numbers(matrix).tolist() == [1] * 4
    # PageRank: ends e = 0.15/4 + 0.85·m/2, middles m = 0.15/4 + 0.85·(e + m/2), and 2e + 2m = 1.
    end = (0.15 / 4 + 0.85 / 4) / (1 + 0.85 / 2)
    assert nodes.pagerank(matrix) == pytest.approx([end, 0.5 - end, 0.5 - end, end])


def test_cycle_of_four_by_hand() -> None:
    # C4: every node is on one of the two shortest paths between its neighbours: 1/2 of 3 pairs.
    between, close = nodes.paths(sparse_of(nx.cycle_graph(4)))
    assert between == pytest.approx([1 / 6] * 4)
    assert close == pytest.approx([3 / 4] * 4)


def test_weights_bend_the_paths() -> None:
    # 0–1 weighs 1, so it is 1 long; 0–2–1 with weights of 4 is 1/4 + 1/4 long: through 2, though that is two steps.
    graph = nx.Graph()
    graph.add_weighted_edges_from([(0, 1, 1.0), (0, 2, 4.0), (1, 2, 4.0)])
    between, close = nodes.paths(sparse_of(graph))
    assert between == pytest.approx([0, 0, 1])
    assert close == pytest.approx([2 / (0.5 + 0.25), 2 / (0.5 + 0.25), 2 / 0.5])


def test_two_equal_components_share_the_eigenvector() -> None:
    # Two triangles with the same eigenvalue, and a pair with a smaller one.
    graph = nx.disjoint_union(nx.disjoint_union(nx.complete_graph(3), nx.complete_graph(3)), nx.complete_graph(2))
    assert nodes.eigenvector(sparse_of(graph)) == pytest.approx([1 / math.sqrt(6)] * 6 + [0, 0])


def test_components_of_different_shape_share_the_eigenvector() -> None:
    # A triangle and a star of four leaves both have the largest eigenvalue 2, with the vectors (1, 1, 1)/√3 and
    # (2, 1, 1, 1, 1)/√8. Equal values projected on each: 1 for the triangle; 6/8 · (2, 1, 1, 1, 1) for the star.
    graph = nx.disjoint_union(nx.complete_graph(3), nx.star_graph(4))
    expected = np.array([1, 1, 1, 1.5, 0.75, 0.75, 0.75, 0.75])
    found = nodes.eigenvector(sparse_of(graph))
    assert found == pytest.approx(expected / np.linalg.norm(expected), abs=1e-12)
    assert found == pytest.approx(list(nx.eigenvector_centrality(graph, max_iter=1000, tol=1e-13).values()), abs=1e-9)


@pytest.mark.parametrize("size", [401, 900])
def test_large_components_have_the_same_eigenvector_as_a_dense_matrix_gives(size: int) -> None:
    chance = np.random.default_rng(size)
    chain = nx.path_graph(size)
    for graph in (nx.connected_watts_strogatz_graph(size, 6, 0.2, seed=1), chain):
        for _, _, data in graph.edges(data=True):
            data["weight"] = float(chance.uniform(0.5, 2))
        matrix = sparse_of(graph)
        expected = np.abs(np.linalg.eigh(matrix.toarray())[1][:, -1])
        assert nodes.eigenvector(matrix) == pytest.approx(expected, abs=1e-9)


def test_progress_is_told_of_all_sources() -> None:
    told: list[tuple[str, int, int]] = []
    graph = nx.cycle_graph(150)
    graph.add_node(150)
    nodes.paths(sparse_of(graph), lambda *what: told.append(what))
    assert told == [("shortest paths", done, 150) for done in (64, 128, 150)]
