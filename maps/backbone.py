"""The edges worth drawing: of all pairs, the few that say more than «both are common»."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cohabit.maps.data import MapPair

USUAL_MINIMUM = 15
ENOUGH_PAIRS = 10
STRONGEST_PER_ITEM = 3
# Tried in this order; a lower one only where a higher one leaves too little to look at.
_MINIMA = (USUAL_MINIMUM, 10, 5, 3, 2, 1)


@dataclass(frozen=True)
class Backbone:
    """Positions in the given sequence of pairs, ascending, with a weight (> 0) each.

    `candidates` counts the pairs with lift > 1 and at least `min_hosts` hosts, `usual_candidates` those with the
    usual minimum of 15.
    """

    edges: tuple[int, ...]
    weights: tuple[float, ...]
    min_hosts: int
    candidates: int
    usual_candidates: int


def weight(pair: MapPair) -> float:
    """Return log2(lift) · ln(1 + hosts): strong association counts, but more so on many hosts.

    Raw counts instead would make a star around the most common item. 0 where lift is undefined or at most 1.
    """
    if pair.lift is None or pair.lift <= 1:
        return 0.0
    return math.log2(pair.lift) * math.log1p(pair.hosts)


def backbone(pairs: Sequence[MapPair]) -> Backbone:
    """Choose the three heaviest edges of each item and a maximum spanning tree of each component.

    Only pairs with lift > 1 and >= 15 hosts take part; with fewer than 10 such pairs, the highest of 10, 5, 3, 2, 1
    that leaves 10, and where none does, the highest that loses none. Equal weights: the earlier pair wins.
    """
    weights = {index: value for index, pair in enumerate(pairs) if (value := weight(pair)) > 0}
    counts = {low: sum(pairs[index].hosts >= low for index in weights) for low in _MINIMA}
    wanted = min(ENOUGH_PAIRS, counts[1])
    low = next(low for low in _MINIMA if counts[low] >= wanted)
    candidates = sorted((i for i in weights if pairs[i].hosts >= low), key=lambda i: (-weights[i], i))
    chosen = sorted(_strongest(pairs, candidates) | _spanning(pairs, candidates))
    return Backbone(
        edges=tuple(chosen),
        weights=tuple(weights[index] for index in chosen),
        min_hosts=low,
        candidates=len(candidates),
        usual_candidates=counts[USUAL_MINIMUM],
    )


def _strongest(pairs: Sequence[MapPair], heaviest_first: Sequence[int]) -> set[int]:
    taken: defaultdict[str, int] = defaultdict(int)
    chosen: set[int] = set()
    for index in heaviest_first:
        ends = (pairs[index].a, pairs[index].b)
        if any(taken[end] < STRONGEST_PER_ITEM for end in ends):
            chosen.add(index)
        for end in ends:
            taken[end] += 1
    return chosen


def _spanning(pairs: Sequence[MapPair], heaviest_first: Sequence[int]) -> set[int]:
    """Kruskal's algorithm: an edge is in the tree when its ends are not yet connected."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    chosen: set[int] = set()
    for index in heaviest_first:
        a, b = root(pairs[index].a), root(pairs[index].b)
        if a != b:
            parent[a] = b
            chosen.add(index)
    return chosen
