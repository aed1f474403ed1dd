from __future__ import annotations

import math
import random
from typing import NamedTuple

import networkx as nx
import pytest

from cohabit.queries.backbone import Backbone, backbone, weight


class Pair(NamedTuple):
    a: str
    b: str
    hosts: int
    lift: float
    q: float = 0.0


def backbone_of(pairs: list[Pair], *, gated: bool = False) -> Backbone:
    number = {name: i for i, name in enumerate(sorted({name for p in pairs for name in (p.a, p.b)}))}
    return backbone(
        [number[p.a] for p in pairs],
        [number[p.b] for p in pairs],
        [p.hosts for p in pairs],
        [p.lift for p in pairs],
        [p.q for p in pairs] if gated else None,
    )


def chosen(pairs: list[Pair], *, gated: bool = False) -> list[str]:
    return [pairs[index].a + pairs[index].b for index in backbone_of(pairs, gated=gated).edges]


def test_weight_by_hand() -> None:
    # log2(4) = 2, ln(1 + 19) = 2.995732…
    assert weight(19, 4.0) == pytest.approx(2 * 2.995732273553991)
    assert weight([19, 19, 19], [1.0, 0.5, math.nan]).tolist() == [0, 0, 0]


def test_top_three_of_each_item_and_nothing_else() -> None:
    # A hub with five neighbours that also know each other more strongly than the hub: each neighbour has four
    # edges among the five, so the hub's edges are only in through the hub's own top three.
    names = "bcdef"
    inner = [Pair(x, y, 100, 8.0) for i, x in enumerate(names) for y in names[i + 1 :]]
    hub = [Pair("a", name, 100, 2.0 + rank / 10) for rank, name in enumerate(names)]
    found = chosen(inner + hub)
    assert [edge for edge in found if "a" in edge] == ["ad", "ae", "af"]
    # Equal weights: the earlier pair wins. b: bc bd be, c: bc cd ce, d: bd cd de, e: be ce de, f: bf cf df.
    assert [edge for edge in found if "a" not in edge] == ["bc", "bd", "be", "bf", "cd", "ce", "cf", "de", "df"]


def test_a_maximum_spanning_tree_is_in_it() -> None:
    chance = random.Random(4)
    names = [f"n{i:02d}" for i in range(40)]
    pairs = [
        Pair(a, b, chance.randint(15, 900), 1.01 + 3 * chance.random())
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if chance.random() < 0.3
    ]
    result = backbone_of(pairs)
    graph = nx.Graph()
    for candidate in pairs:
        graph.add_edge(candidate.a, candidate.b, weight=math.log2(candidate.lift) * math.log(1 + candidate.hosts))
    tree = {frozenset(edge) for edge in nx.maximum_spanning_tree(graph).edges}
    strongest = {
        frozenset((name, other))
        for name in graph
        for other in sorted(graph[name], key=lambda o: -graph[name][o]["weight"])[:3]
    }
    assert {frozenset((pairs[i].a, pairs[i].b)) for i in result.edges} == tree | strongest
    assert result.weights == tuple(pytest.approx(graph.edges[pairs[i].a, pairs[i].b]["weight"]) for i in result.edges)


def test_the_tree_adds_what_the_top_three_leave_out() -> None:
    # Two groups of five, each tightly knit; the only bridge is nobody's top three.
    groups = ["abcde", "vwxyz"]
    pairs = [Pair(x, y, 50, 9.0) for names in groups for i, x in enumerate(names) for y in names[i + 1 :]]
    pairs.append(Pair("a", "v", 15, 1.1))
    assert chosen(pairs)[-1] == "av"


@pytest.mark.parametrize(
    ("hosts", "minimum", "candidates"),
    [
        ([15] * 10, 15, 10),
        ([15] * 9 + [14], 10, 10),
        ([15] * 9 + [9] * 4, 5, 13),
        ([3] * 12, 3, 12),
        ([2] * 12, 2, 12),
        ([1] * 12, 1, 12),
        # Nine in all: nothing lower helps, so the usual minimum stays.
        ([15] * 9, 15, 9),
        # Three in all, the smallest with 6 hosts: 5 loses none of them.
        ([40, 20, 6], 5, 3),
        ([], 15, 0),
    ],
)
def test_minimum_falls_only_as_far_as_needed(hosts: list[int], minimum: int, candidates: int) -> None:
    pairs = [Pair(f"a{i}", f"b{i}", number, 2.0) for i, number in enumerate(hosts)]
    result = backbone_of(pairs)
    assert (result.min_hosts, result.candidates) == (minimum, candidates)
    assert result.usual_candidates == sum(number >= 15 for number in hosts)
    assert result.edges == tuple(i for i, number in enumerate(hosts) if number >= minimum)


def test_pairs_below_chance_never_count_towards_the_minimum() -> None:
    pairs = [Pair(f"a{i}", f"b{i}", 500, lift) for i, lift in enumerate([1.0, 0.2, math.nan] * 5)]
    pairs.append(Pair("x", "y", 3, 2.0))
    result = backbone_of(pairs)
    assert (result.edges, result.min_hosts) == ((15,), 3)


def test_q_values_gate_where_they_are_given() -> None:
    pairs = [Pair(f"a{i}", f"b{i}", 100, 2.0, q) for i, q in enumerate([0.0, 0.0099, 0.01, 0.5, math.nan])]
    assert chosen(pairs, gated=True) == ["a0b0", "a1b1"]
    assert len(chosen(pairs)) == 5
    assert backbone_of(pairs, gated=True).usual_candidates == 2
