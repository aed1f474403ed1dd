"""Communities: modularity against networkx, planted groups found, the same answer for the same seed."""

from __future__ import annotations

import random

import networkx as nx
import numpy as np
import pytest

from cohabit.queries.leiden import _connected, leiden, modularity
from cohabit.queries.partitions import adjusted_rand
from tests.queries.tools import sparse_of

GRAPHS = {
    "karate": nx.karate_club_graph(),
    "davis": nx.convert_node_labels_to_integers(nx.davis_southern_women_graph()),
    "les miserables": nx.convert_node_labels_to_integers(nx.les_miserables_graph()),
    "florentine": nx.convert_node_labels_to_integers(nx.florentine_families_graph()),
    "caves": nx.connected_caveman_graph(8, 6),
    "ring of cliques": nx.ring_of_cliques(12, 5),
    "grid": nx.convert_node_labels_to_integers(nx.grid_2d_graph(8, 8)),
    "planted": nx.planted_partition_graph(6, 25, 0.35, 0.03, seed=1),
    "complete": nx.complete_graph(9),
    "bipartite": nx.complete_bipartite_graph(3, 3),
    "lonely": nx.disjoint_union(nx.karate_club_graph(), nx.empty_graph(3)),
}


def groups(labels: np.ndarray) -> list[set[int]]:  # type: ignore[type-arg]
    return [set(np.flatnonzero(labels == label).tolist()) for label in range(labels.max() + 1)]


@pytest.mark.parametrize("name", GRAPHS)
def test_not_below_louvain(name: str) -> None:
    graph = GRAPHS[name]
    matrix = sparse_of(graph)
    labels = leiden(matrix)
    ours = nx.community.modularity(graph, groups(labels))
    assert modularity(matrix, labels) == pytest.approx(ours, abs=1e-12)
    for seed in range(10):
        louvain = nx.community.louvain_communities(graph, seed=seed)
        assert ours >= nx.community.modularity(graph, louvain) - 1e-9


def test_known_optimum_of_the_karate_club() -> None:
    # 0.4198 without weights, proven optimal (Brandes et al. 2008: On Modularity Clustering).
    graph = nx.Graph(list(nx.karate_club_graph().edges))
    matrix = sparse_of(nx.convert_node_labels_to_integers(graph, ordering="sorted"))
    assert modularity(matrix, leiden(matrix)) == pytest.approx(0.4197896, abs=1e-6)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_community_is_connected_and_numbered_by_first_member(name: str) -> None:
    graph = GRAPHS[name]
    labels = leiden(sparse_of(graph), seed=3, starts=1)
    assert all(nx.is_connected(graph.subgraph(nodes)) for nodes in groups(labels))
    assert [min(nodes) for nodes in groups(labels)] == sorted(min(nodes) for nodes in groups(labels))


def test_what_is_not_connected_is_split_and_that_does_not_lower_modularity() -> None:
    # 0–1 2–3 4 in one group: three parts. In the path 5–6–7 the ends are a group of two that do not touch.
    matrix = sparse_of(nx.compose(nx.empty_graph(8), nx.Graph([(0, 1), (2, 3), (5, 6), (6, 7)])))
    labels = [0, 0, 0, 0, 0, 2, 1, 2]
    assert _connected(matrix, labels).tolist() == [0, 0, 1, 1, 2, 3, 4, 5]
    assert _connected(matrix, [0, 0, 1, 1, 2, 3, 3, 3]).tolist() == [0, 0, 1, 1, 2, 3, 3, 3]
    chance = random.Random(0)
    for seed in range(30):
        graph = nx.gnp_random_graph(25, 0.08, seed=seed)
        random_labels = [chance.randrange(4) for _ in graph]
        split = _connected(sparse_of(graph), random_labels)
        assert all(nx.is_connected(graph.subgraph(nodes)) for nodes in groups(split))
        before = modularity(sparse_of(graph), np.array(random_labels))
        assert modularity(sparse_of(graph), split) >= before - 1e-12
        for label in range(int(split.max()) + 1):
            assert len({random_labels[node] for node in np.flatnonzero(split == label)}) == 1


def test_planted_groups_are_found_over_20_seeds() -> None:
    for seed in range(20):
        graph = nx.planted_partition_graph(4, 20, 0.6, 0.05, seed=seed)
        assert adjusted_rand(leiden(sparse_of(graph), seed=seed), np.repeat(np.arange(4), 20)) == 1


def test_the_same_seed_gives_the_same_answer_whatever_ran_before() -> None:
    # The best modularity of this graph has several partitions, so there is something to vary.
    matrix = sparse_of(GRAPHS["grid"])
    first = leiden(matrix, seed=5)
    random.seed(1)
    np.random.seed(1)
    leiden(sparse_of(GRAPHS["karate"]), seed=9)
    assert leiden(matrix, seed=5).tolist() == first.tolist()


def test_many_equal_weights_come_to_an_end() -> None:
    """Where every move gains nothing, rounding must not keep nodes moving."""
    for seed in range(150):
        chance = random.Random(seed)
        parts = nx.complete_multipartite_graph(*[chance.randint(1, 7) for _ in range(4)])
        for _, _, data in parts.edges(data=True):
            data["weight"] = chance.choice([0.1, 0.7, 1 / 3])
        labels = leiden(sparse_of(parts), seed=seed, starts=2)
        assert len(labels) == len(parts)


def test_nothing_and_no_edges() -> None:
    assert leiden(sparse_of(nx.empty_graph(0))).tolist() == []
    assert leiden(sparse_of(nx.empty_graph(3))).tolist() == [0, 1, 2]
    assert modularity(sparse_of(nx.empty_graph(3)), np.arange(3)) == 0


def test_modularity_by_hand() -> None:
    # Two triangles joined by one edge: 6 of 7 edges inside; each side has half of all strength: 6/7 − 2 · (1/2)².
    graph = nx.Graph([(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5), (2, 3)])
    matrix = sparse_of(nx.convert_node_labels_to_integers(graph, ordering="sorted"))
    assert leiden(matrix).tolist() == [0, 0, 0, 1, 1, 1]
    assert modularity(matrix, np.array([0, 0, 0, 1, 1, 1])) == pytest.approx(6 / 7 - 1 / 2)
