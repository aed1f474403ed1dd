"""Communities of a weighted graph by the Leiden algorithm, which maximises modularity.

Traag, Waltman & van Eck: From Louvain to Leiden: guaranteeing well-connected communities. Scientific Reports 9 (2019).
Written out here because the result has to be the same for the same seed, everywhere: of the libraries with a permissive
licence, scikit-network 0.33.5 takes its refinement's random numbers from C's unseeded `rand()`, and its arithmetic in
32 bits can move a node between two communities forever.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.graph.incidence import Integers
from cohabit.queries.nodes import strengths

if TYPE_CHECKING:
    import scipy.sparse as sp

# Of all weight; far above rounding, far below what a difference means.
_EPSILON = 1e-12
# How random the refinement is: the paper's θ.
_THETA = 0.01
_MOST_STARTS, _FEWEST_STARTS, _NODES_IN_ALL = 40, 4, 20_000


def modularity(graph: sp.csr_array[Any], labels: Integers) -> float:
    """Share of the weight within communities, less the share expected from the strengths (Newman & Girvan 2004).

    0 for a graph without edges.
    """
    total = float(graph.sum())
    if not total:
        return 0.0
    edges = graph.tocoo()
    inside = float(edges.data[labels[edges.row] == labels[edges.col]].sum()) / total
    return inside - float(((np.bincount(labels, strengths(graph)) / total) ** 2).sum())


def leiden(graph: sp.csr_array[Any], *, seed: int = 0, starts: int | None = None) -> Integers:
    """Community of each node, numbered by first member: the best of several seeded starts, by modularity.

    `graph` is a symmetric sparse matrix of positive weights without a diagonal. Every community is connected; a node
    without neighbours is one of its own. `starts` is 40, less for more than 500 nodes, unless given.
    """
    best, score = np.arange(graph.shape[0], dtype=np.int64), -1.0
    if not graph.nnz:
        return best
    level = _level(graph)
    for start in range(starts or max(_FEWEST_STARTS, min(_MOST_STARTS, _NODES_IN_ALL // graph.shape[0]))):
        rng = np.random.default_rng([seed, start])
        found = _connected(graph, _numbered(_run(level, rng)))
        if (value := modularity(graph, found)) > score + _EPSILON:
            best, score = found, value
    return best


@dataclass
class _Level:
    """A graph whose nodes stand for groups of nodes; weights are shares of all weight, counted from both ends."""

    links: list[dict[int, float]]
    strength: list[float]


def _level(graph: sp.csr_array[Any]) -> _Level:
    total = float(graph.sum())
    links = []
    for node in range(graph.shape[0]):
        edges = slice(graph.indptr[node], graph.indptr[node + 1])
        links.append(dict(zip(graph.indices[edges].tolist(), (graph.data[edges] / total).tolist(), strict=True)))
    return _Level(links, (strengths(graph) / total).tolist())


def _run(level: _Level, rng: np.random.Generator) -> list[int]:
    """Move, refine, aggregate, until every community is one node; community of each node of the given level."""
    node_of = list(range(len(level.links)))
    labels = list(node_of)
    while True:
        labels = _move(level, labels, rng)
        refined = _refine(level, labels, rng)
        if len(set(refined)) == len(labels):
            return [labels[node] for node in node_of]
        level, labels, new = _aggregate(level, labels, refined)
        node_of = [new[node] for node in node_of]


class _Groups:
    """Which node is in which community, and what the communities weigh; some labels may be of none."""

    def __init__(self, level: _Level, labels: list[int]) -> None:
        self.level = level
        self.labels = list(labels)
        self.weight, self.members = [0.0] * len(labels), [0] * len(labels)
        for node, label in enumerate(labels):
            self.weight[label] += level.strength[node]
            self.members[label] += 1
        self.empty = [label for label, members in enumerate(self.members) if not members]

    def best(self, node: int) -> int:
        """The label with most to gain for a node: a neighbour's, an empty one, or its own when none gains."""
        own, strength = self.labels[node], self.level.strength[node]
        towards: dict[int, float] = {own: 0.0}
        for neighbour, value in self.level.links[node].items():
            towards[self.labels[neighbour]] = towards.get(self.labels[neighbour], 0.0) + value
        best, gain = own, towards[own] - strength * (self.weight[own] - strength)
        for label, value in towards.items():
            if label != own and value - strength * self.weight[label] > gain + _EPSILON:
                best, gain = label, value - strength * self.weight[label]
        return self.empty[-1] if gain < -_EPSILON and self.empty else best

    def move(self, node: int, label: int) -> None:
        """Put a node into another community."""
        own, strength = self.labels[node], self.level.strength[node]
        if not self.members[label]:
            self.empty.pop()  # the last is the one that `best` gives
        self.labels[node] = label
        self.weight[own] -= strength
        self.weight[label] += strength
        self.members[own] -= 1
        self.members[label] += 1
        if not self.members[own]:
            self.empty.append(own)


def _move(level: _Level, labels: list[int], rng: np.random.Generator) -> list[int]:
    """Move single nodes to the community where they gain most, until none gains."""
    groups = _Groups(level, labels)
    queue = deque(rng.permutation(len(labels)).tolist())
    waiting = [True] * len(labels)
    while queue:
        node = queue.popleft()
        waiting[node] = False
        label = groups.best(node)
        if label == groups.labels[node]:
            continue
        groups.move(node, label)
        for neighbour in level.links[node]:
            if groups.labels[neighbour] != label and not waiting[neighbour]:
                waiting[neighbour] = True
                queue.append(neighbour)
    return groups.labels


def _refine(level: _Level, labels: list[int], rng: np.random.Generator) -> list[int]:
    """Split each community into well-connected parts: single nodes join a part at random, the likelier the more gained.

    A node, and a part that is joined, must be linked to the rest of their community at least as much as chance has it.
    """
    size = len(labels)
    refined = list(range(size))
    alone = [True] * size
    weight = list(level.strength)
    whole: dict[int, float] = {}
    for node, label in enumerate(labels):
        whole[label] = whole.get(label, 0.0) + level.strength[node]
    # Of each part: its links to the rest of its community.
    outside = [sum(v for n, v in level.links[node].items() if labels[n] == labels[node]) for node in range(size)]
    chances = rng.random(size).tolist()
    for node in rng.permutation(size).tolist():
        own, strength, community = refined[node], level.strength[node], whole[labels[node]]
        if not alone[node] or outside[own] < strength * (community - strength) - _EPSILON:
            continue
        towards: dict[int, float] = {}
        for neighbour, value in level.links[node].items():
            if labels[neighbour] == labels[node]:
                towards[refined[neighbour]] = towards.get(refined[neighbour], 0.0) + value
        parts, odds, total = [own], [1.0], 1.0
        for part, value in towards.items():
            gain = value - strength * weight[part]
            if gain > _EPSILON and outside[part] >= weight[part] * (community - weight[part]) - _EPSILON:
                # The gain over the community's own weight: θ means the same in a large graph as in a small one.
                parts.append(part)
                odds.append(math.exp(min(gain / (_THETA * community), 700.0)))
                total += odds[-1]
        chance, place = chances[node] * total, 0
        while chance >= odds[place] and place < len(odds) - 1:
            chance -= odds[place]
            place += 1
        if (part := parts[place]) != own:
            refined[node] = part
            alone[node] = alone[part] = False
            outside[part] += outside[own] - 2 * towards[part]
            weight[part] += strength
    return refined


def _aggregate(level: _Level, labels: list[int], refined: list[int]) -> tuple[_Level, list[int], list[int]]:
    """Make one node of each part, in its community; also the new number of each node."""
    new = _numbered(refined)
    size = max(new) + 1
    links: list[dict[int, float]] = [{} for _ in range(size)]
    strength, community = [0.0] * size, [0] * size
    for node, part in enumerate(new):
        strength[part] += level.strength[node]
        community[part] = labels[node]
        for neighbour, value in level.links[node].items():
            if (other := new[neighbour]) != part:
                links[part][other] = links[part].get(other, 0.0) + value
    return _Level(links, strength), _numbered(community), new


def _numbered(labels: list[int]) -> list[int]:
    """The same groups, numbered from 0 by first member."""
    numbers: dict[int, int] = {}
    return [numbers.setdefault(label, len(numbers)) for label in labels]


def _connected(graph: sp.csr_array[Any], labels: list[int]) -> Integers:
    """Split what is not connected: that never lowers modularity."""
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    of = np.array(labels, np.int64)
    edges = graph.tocoo()
    inside = of[edges.row] == of[edges.col]
    within = sp.csr_array((edges.data[inside], (edges.row[inside], edges.col[inside])), shape=graph.shape)
    return np.array(_numbered(connected_components(within, directed=False)[1].tolist()), np.int64)
