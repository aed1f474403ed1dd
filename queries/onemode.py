"""The one-mode projection of a host × item matrix: items, and the hosts that each two of them share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.queries import measures
from cohabit.queries.backbone import Backbone, backbone
from cohabit.queries.measures import Floats
from cohabit.queries.words import count

if TYPE_CHECKING:
    import scipy.sparse as sp

WEIGHTS = ("hosts", "jaccard", "lift")


@dataclass(frozen=True)
class OneMode:
    """Items with at least one host, and the pairs with at least one.

    `labels` are sorted by code point, `hosts` is parallel to them. Pairs are `first`, `second` (positions in `labels`,
    first < second) with `both` hosts, by hosts descending and then by name. `base` is the n of lift.
    """

    labels: list[str]
    hosts: Integers
    first: Integers
    second: Integers
    both: Integers
    base: int

    def weights(self, measure: str) -> Floats:
        """Weight of each pair: `hosts` (with both), `jaccard` or `lift`; UsageError for another name."""
        a, b = self.hosts[self.first], self.hosts[self.second]
        if measure == "hosts":
            return self.both.astype(np.float64)
        if measure == "jaccard":
            return measures.jaccard(a, b, self.both)
        if measure == "lift":
            return measures.lift(self.base, a, b, self.both)
        raise UsageError(f"--weight {measure!r}: not a weight; choose from {', '.join(WEIGHTS)}")

    @cached_property
    def backbone(self) -> Backbone:
        """The backbone of these pairs."""
        return backbone(self.first, self.second, self.both, self.weights("lift"))

    @property
    def backbone_in_words(self) -> str:
        """How many pairs the backbone has, and which."""
        found = self.backbone
        return (
            f"{count(len(found.edges), 'pair')} of {len(self.both):,} (lift above 1 on at least "
            f"{count(found.min_hosts, 'host')}, the strongest of each item and a spanning tree)"
        )

    def graph(self, weights: Floats, pairs: Integers | slice = slice(None)) -> sp.csr_array[Any]:
        """Symmetric sparse matrix (items × items) of some pairs; `weights` is parallel to those."""
        return symmetric(self.first[pairs], self.second[pairs], weights, len(self.labels))

    def backbone_graph(self, weights: Floats | None = None) -> sp.csr_array[Any]:
        """The backbone as such a matrix, with weights of all pairs, or else with those of the backbone itself."""
        edges = np.array(self.backbone.edges, np.int64)
        return self.graph(np.array(self.backbone.weights) if weights is None else weights[edges], edges)


def symmetric(first: Integers, second: Integers, weights: Floats, size: int) -> sp.csr_array[Any]:
    """Symmetric sparse matrix of undirected edges, each given once; columns within a row ascending."""
    import scipy.sparse as sp

    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    matrix = sp.csr_array((np.concatenate([weights, weights]), (rows, columns)), shape=(size, size))
    matrix.sort_indices()
    return matrix


def one_mode(matrix: ItemMatrix) -> OneMode:
    """Project the host × item matrix B onto its items: BᵀB off the diagonal."""
    counts = (matrix.matrix.T @ matrix.matrix).tocoo()
    upper = counts.row < counts.col
    first, second, both = counts.row[upper], counts.col[upper], counts.data[upper]
    return ordered(matrix.labels, matrix.hosts_per_item, first, second, both, matrix.base)


def ordered(
    labels: list[str], hosts: Integers, first: Integers, second: Integers, both: Integers, base: int
) -> OneMode:
    """Make a projection: items without a host and pairs without one are left out, the rest is put in order."""
    kept = np.flatnonzero(hosts)
    position = np.cumsum(hosts > 0) - 1
    there = both > 0
    a, b, ab = position[first[there]], position[second[there]], both[there]
    order = np.lexsort((b, a, -ab))
    return OneMode(
        [labels[i] for i in kept.tolist()], hosts[kept], a[order], b[order], ab[order].astype(np.int64), base
    )
