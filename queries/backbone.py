"""The backbone of a network of pairs: of all pairs, the few that say more than «both are common»."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cohabit.graph.incidence import Integers
from cohabit.queries.measures import Floats

USUAL_MINIMUM = 15
ENOUGH_PAIRS = 10
STRONGEST_PER_ITEM = 3
SIGNIFICANT = 0.01
# Tried in this order; a lower one only where a higher one leaves too little to look at.
_MINIMA = (USUAL_MINIMUM, 10, 5, 3, 2, 1)


@dataclass(frozen=True)
class Backbone:
    """Positions in the given sequence of pairs, ascending, with a weight (> 0) each.

    `candidates` counts the pairs with lift > 1, at least `min_hosts` hosts and q < 0.01 (where q is given),
    `usual_candidates` those with the usual minimum of 15 hosts.
    """

    edges: tuple[int, ...]
    weights: tuple[float, ...]
    min_hosts: int
    candidates: int
    usual_candidates: int


def weight(hosts: npt.ArrayLike, lift: npt.ArrayLike) -> Floats:
    """Return log2(lift) · ln(1 + hosts): strong association counts, but more so on many hosts.

    Raw counts instead would make a star around the most common item. 0 where lift is undefined or at most 1.
    """
    above = np.fmax(np.asarray(lift, np.float64), 1.0)
    return np.log2(above) * np.log1p(np.asarray(hosts, np.float64))


def backbone(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    hosts: npt.ArrayLike,
    lift: npt.ArrayLike,
    q_value: npt.ArrayLike | None = None,
) -> Backbone:
    """Choose the three heaviest edges of each item and a maximum spanning tree of each component.

    Parallel sequences, one value a pair: the numbers of its items, the hosts with both, the lift (NaN: undefined) and,
    where the pairs were tested, the q-value. Only pairs with lift > 1, q < 0.01 (where given) and >= 15 hosts take
    part; with fewer than 10 such pairs, the highest of 10, 5, 3, 2, 1 that leaves 10, and where none does, the highest
    that loses none. Equal weights: the earlier pair wins.
    """
    first, second = np.asarray(a, np.int64), np.asarray(b, np.int64)
    both, weights = np.asarray(hosts, np.int64), weight(hosts, lift)
    allowed = weights > 0
    if q_value is not None:
        allowed &= np.asarray(q_value, np.float64) < SIGNIFICANT
    counts = {low: int(np.count_nonzero(allowed & (both >= low))) for low in _MINIMA}
    wanted = min(ENOUGH_PAIRS, counts[1])
    low = next(low for low in _MINIMA if counts[low] >= wanted)
    candidates = np.flatnonzero(allowed & (both >= low))
    heaviest_first = candidates[np.argsort(-weights[candidates], kind="stable")]
    first, second = first[heaviest_first], second[heaviest_first]
    chosen = np.sort(heaviest_first[_strongest(first, second) | _spanning(first, second)])
    return Backbone(
        edges=tuple(chosen.tolist()),
        weights=tuple(weights[chosen].tolist()),
        min_hosts=low,
        candidates=len(candidates),
        usual_candidates=counts[USUAL_MINIMUM],
    )


def _strongest(first: Integers, second: Integers) -> npt.NDArray[np.bool_]:
    """Which of the edges, heaviest first, are among the top three of one of their ends."""
    ends = np.stack([first, second], axis=1).ravel()
    order = np.argsort(ends, kind="stable")
    starts = np.searchsorted(ends[order], ends[order])
    place = np.empty(len(ends), np.int64)
    place[order] = np.arange(len(ends)) - starts
    among = (place < STRONGEST_PER_ITEM).reshape(-1, 2)
    return among[:, 0] | among[:, 1]


def _spanning(first: Integers, second: Integers) -> npt.NDArray[np.bool_]:
    """Which of the edges, heaviest first, Kruskal's algorithm takes: those whose ends are not yet connected."""
    chosen = np.zeros(len(first), np.bool_)
    if not len(first):
        return chosen
    import scipy.sparse as sp
    from scipy.sparse.csgraph import minimum_spanning_tree

    # The place in the order stands for the weight: no two are equal, so there is one tree.
    size = int(max(first.max(), second.max())) + 1
    places = sp.csr_array((np.arange(1.0, len(first) + 1), (first, second)), shape=(size, size))
    chosen[minimum_spanning_tree(places).data.astype(np.int64) - 1] = True
    return chosen
