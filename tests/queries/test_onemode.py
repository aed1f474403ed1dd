"""The projection onto items, and its resamples: known examples, and a plain double loop."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from networkx.algorithms import bipartite

from cohabit.errors import UsageError
from cohabit.queries import bootstrap, nodes
from cohabit.queries.bootstrap import Resamples
from cohabit.queries.onemode import OneMode, one_mode, symmetric
from cohabit.queries.places import Membership
from cohabit.queries.stability import PlaceSampler, check, projections, redraw, resamples
from tests.queries.populations import incidence, matrix
from tests.queries.tools import matrix_of


def pairs(network: OneMode) -> dict[tuple[str, str], int]:
    rows = zip(network.first.tolist(), network.second.tolist(), network.both.tolist(), strict=True)
    return {(network.labels[a], network.labels[b]): hosts for a, b, hosts in rows}


def counted(hosts: list[set[str]]) -> dict[tuple[str, str], int]:
    return dict(Counter(pair for items in hosts for pair in combinations(sorted(items), 2)))


def women() -> list[set[str]]:
    """Davis, Gardner & Gardner (1941): each event is a host, the women who came are its items."""
    graph = nx.davis_southern_women_graph()
    return [set(graph[event]) for event in graph.graph["bottom"]]


def test_southern_women() -> None:
    network = one_mode(matrix_of(women()))
    graph = nx.davis_southern_women_graph()
    expected = bipartite.weighted_projected_graph(graph, graph.graph["top"])
    assert pairs(network) == {(min(e), max(e)): w for *e, w in expected.edges(data="weight")}
    found = pairs(network)
    assert (len(network.labels), len(found)) == (18, 139)
    # Read off the published table of attendance: Evelyn and Laura were at 1, 2, 3, 5, 6 and 8 together.
    assert found["Evelyn Jefferson", "Laura Mandeville"] == 6
    assert ("Flora Price", "Laura Mandeville") not in found
    assert ("Dorothy Murchison", "Flora Price") in found
    assert dict(zip(network.labels, network.hosts.tolist(), strict=True))["Theresa Anderson"] == 8
    strength = nodes.strengths(network.graph(network.weights("hosts")))
    assert strength.tolist() == [expected.degree(name, weight="weight") for name in network.labels]


def test_two_authors_and_their_papers() -> None:
    """Newman (2001), Scientific collaboration networks II: A and B have three papers, with 4, 2 and 3 authors.

    Authors are items and papers hosts. His own weight of A–B is 1/3 + 1 + 1/2 = 11/6; ours counts the papers.
    """
    papers = ["ABCD", "AB", "ABE"]
    assert sum(1 / (len(paper) - 1) for paper in papers) == pytest.approx(11 / 6)
    network = one_mode(matrix_of(papers))
    ones = ["AC", "AD", "AE", "BC", "BD", "BE", "CD"]
    assert pairs(network) == {("A", "B"): 3, **dict.fromkeys(map(tuple, ones), 1)}
    graph = network.graph(network.weights("hosts"))
    assert nodes.degrees(graph).tolist() == [4, 4, 3, 3, 2]
    assert nodes.strengths(graph).tolist() == [6, 6, 3, 3, 2]
    assert nodes.core_numbers(graph).tolist() == [3, 3, 3, 3, 2]
    # Distances: A–B 1/3, C and D to E 2 (by way of A or of B), all others 1.
    between, close = nodes.paths(graph)
    assert close == pytest.approx([4 / (10 / 3), 4 / (10 / 3), 4 / 5, 4 / 5, 4 / 6])
    # A is on half of the paths C–E and D–E, of 6 pairs of others.
    assert between == pytest.approx([1 / 6, 1 / 6, 0, 0, 0])


def test_six_weighted_nodes() -> None:
    """Opsahl, Agneessens & Skvoretz (2010), Node centrality in weighted networks: A to F, ties of 1 to 4."""
    ties = {(0, 1): 4, (0, 2): 2, (1, 2): 4, (1, 3): 1, (1, 4): 2, (4, 5): 1}
    first, second = (np.array([pair[i] for pair in ties]) for i in (0, 1))
    graph = symmetric(first, second, np.array(list(ties.values()), float), 6)
    assert nodes.degrees(graph).tolist() == [2, 4, 2, 1, 2, 1]
    assert nodes.strengths(graph).tolist() == [6, 11, 6, 1, 3, 1]
    assert nodes.core_numbers(graph).tolist() == [2, 2, 2, 1, 1, 1]
    # Distances from B: A 1/4, C 1/4, D 1, E 1/2, F 3/2. A–C is 1/2 directly and by way of B.
    between, close = nodes.paths(graph)
    a, b, c, d, e, f = close
    assert (b, e) == (pytest.approx(5 / 3.5), pytest.approx(5 / (0.5 + 0.75 + 0.75 + 1.5 + 1)))
    assert a == c == pytest.approx(5 / (0.25 + 0.5 + 1.25 + 0.75 + 1.75))
    assert (d, f) == (pytest.approx(5 / (1 + 1.25 + 1.25 + 1.5 + 2.5)), pytest.approx(5 / (1.5 + 1.75 * 2 + 2.5 + 1)))
    # B: half of A–C; A and C to D, E, F; D to E and F. E: F to A, B, C, D. Of 10 pairs of others.
    assert between == pytest.approx([0, 0.85, 0, 0, 0.4, 0])


def test_weights_of_six_hosts_by_hand() -> None:
    # a on 1 2 3 4, b on 1 2 3, c on 4 5, d on 6: ab 3, ac 1; n = 6.
    network = one_mode(matrix_of(["ab", "ab", "ab", "ac", "c", "d"]))
    assert (network.labels, network.hosts.tolist(), network.base) == (["a", "b", "c", "d"], [4, 3, 2, 1], 6)
    assert network.weights("hosts").tolist() == [3, 1]
    assert network.weights("jaccard") == pytest.approx([3 / 4, 1 / 5])
    assert network.weights("lift") == pytest.approx([6 * 3 / 12, 6 * 1 / 8])
    with pytest.raises(UsageError, match="--weight 'npmi': not a weight; choose from hosts, jaccard, lift"):
        network.weights("npmi")
    # Only a–b has lift above 1.
    assert network.backbone_graph().toarray().nonzero()[0].tolist() == [0, 1]


def random_hosts(seed: int) -> list[set[str]]:
    chance = random.Random(seed)
    return [set(chance.choices("abcdefgh", k=chance.randint(0, 4))) for _ in range(60)]


@pytest.mark.parametrize("seed", range(10))
def test_projection_is_the_double_loop_whatever_the_order(seed: int) -> None:
    hosts = random_hosts(seed)
    network = one_mode(matrix_of(hosts))
    assert pairs(network) == counted(hosts)
    assert list(pairs(network)) == sorted(counted(hosts), key=lambda p: (-counted(hosts)[p], p))
    random.Random(seed).shuffle(hosts)
    again = one_mode(matrix_of(hosts))
    assert list(pairs(again).items()) == list(pairs(network).items())


def test_projection_of_nothing() -> None:
    for hosts in ([], [[]], [["a"]], [["a"], ["b"]]):
        network = one_mode(matrix_of(hosts))
        assert (len(network.both), network.backbone.edges) == (0, ())


def test_redraw_keeps_the_size_of_every_stratum() -> None:
    sizes = np.array([3, 0, 5, 1])
    rng = np.random.default_rng(0)
    for _ in range(50):
        times = redraw(sizes, rng)
        assert [times[:3].sum(), times[3:8].sum(), times[8:].sum()] == [3, 5, 1]
    many = np.mean([redraw(sizes, rng) for _ in range(4000)], axis=0)
    assert many == pytest.approx(np.ones(9), abs=0.1)


def draws_of(
    patch: pytest.MonkeyPatch, hosts: list[set[str]], networks: list[int | None], number: int, seed: int
) -> Resamples:
    """Draws of the networks of hosts (None: not known)."""
    known = sorted({n for n in networks if n is not None})
    places = np.array([len(known) if n is None else known.index(n) for n in networks], np.int64)
    place = Membership([*(f"AS{n}" for n in known), "unknown"], np.arange(len(hosts)), places)
    patch.setattr(bootstrap, "memberships", lambda *_: place)
    named = {f"h{i}": items for i, items in enumerate(hosts)}
    return bootstrap.resamples(None, incidence(named), matrix(named), number, seed)  # type: ignore[arg-type]


def test_a_resample_is_the_projection_of_the_drawn_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = random_hosts(3)
    chance = random.Random(3)
    of_host = [chance.choice([1, 2, 2, 3, 3, 3, 4]) for _ in hosts]
    drawn = draws_of(monkeypatch, hosts, list(of_host), 6, 1)
    whole = one_mode(drawn.matrix, "hypergeometric")
    samples = list(projections(drawn.matrix, whole, drawn))
    assert len(samples) == 6
    q = dict(zip(pairs(whole), whole.q.tolist(), strict=True))  # type: ignore[union-attr]
    for weights, found in zip(drawn.weights, samples, strict=True):
        assert weights.sum() == 4
        again = [own for own, n in zip(hosts, of_host, strict=True) if own for _ in range(round(weights[n - 1]))]
        assert pairs(found) == counted(again)
        expected = Counter(item for items in again for item in items)
        assert dict(zip(found.labels, found.hosts.tolist(), strict=True)) == dict(expected)
        assert found.base == len(again)
        # Whatever is drawn, a pair keeps the q-value of the whole.
        assert found.q.tolist() == [q[pair] for pair in pairs(found)]  # type: ignore[union-attr]


def test_hosts_without_a_network_are_drawn_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts: list[set[str]] = [{"a", "b"}] * 2 + [{"a", "c"}]
    drawn = draws_of(monkeypatch, hosts, [None, None, None], 200, 0)
    found = [pairs(s) for s in projections(drawn.matrix, one_mode(drawn.matrix), drawn)]
    assert {tuple(p.get(pair, 0) for pair in (("a", "b"), ("a", "c"))) for p in found} == {
        (3, 0),
        (2, 1),
        (1, 2),
        (0, 3),
    }
    # (1/3)³ of the draws have a–c only.
    assert sum(("a", "b") not in p for p in found) == pytest.approx(200 / 27, abs=7)


def test_a_resample_does_not_depend_on_the_order_of_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = random_hosts(5)
    networks: list[int | None] = [None if i % 3 else i % 7 for i in range(60)]
    found = []
    for own, nets in ((hosts, networks), (hosts[::-1], networks[::-1])):
        drawn = draws_of(monkeypatch, own, nets, 4, 1)
        found.append([pairs(s) for s in projections(drawn.matrix, one_mode(drawn.matrix), drawn)])
    assert found[0] == found[1]


def test_one_network_has_no_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draws_of(monkeypatch, [{"a", "b"}, {"a"}], [7, 7], 5, 0)
    assert list(projections(drawn.matrix, one_mode(drawn.matrix), drawn)) == []


def test_places_are_resampled_within_themselves() -> None:
    hosts = [{"a"}, {"a", "b"}, {"b"}, {"c"}, {"c"}, set(), {"a"}]
    items = matrix_of(hosts)
    place = Membership(["X", "Y", "Z", "unknown"], np.arange(7), np.array([0, 0, 0, 1, 1, 1, 2]))
    networks = np.array([0, 0, -1, 0, 0, 0, 0])
    by_host = PlaceSampler.of(items, place, np.array([0, 1]), None)
    assert by_host.sizes.tolist() == [3, 2]
    # Place X has the network AS1 with two hosts, and a host without; Y has AS1 with two.
    by_network = PlaceSampler.of(items, place, np.array([0, 1]), networks)
    assert by_network.sizes.tolist() == [2, 1]
    rng = np.random.default_rng(0)
    seen = {tuple(by_network.counts(rng).ravel().tolist()) for _ in range(100)}
    # X: AS1 twice, each once, or the other host twice; Y always the same.
    assert seen == {(4, 2, 0, 0, 0, 2), (2, 2, 0, 0, 0, 2), (0, 2, 0, 0, 0, 2)}


def test_number_of_resamples() -> None:
    assert (resamples(None, dear=False), resamples(None, dear=True)) == (10, 0)
    assert (resamples(7, dear=True), resamples(0, dear=False)) == (7, 0)
    for number, seed in ((-1, 0), (10_001, 0), (1, -1)):
        with pytest.raises(UsageError, match="it takes 0"):
            check(number, seed)
