"""The one-mode projection of a host × item matrix: items, and the hosts that each two of them share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.graph.store import Progress
from cohabit.queries import measures
from cohabit.queries.backbone import SIGNIFICANT, Backbone, backbone
from cohabit.queries.measures import Floats
from cohabit.queries.null_models import null_model
from cohabit.queries.pairs import all_pairs, counted_pairs
from cohabit.queries.protection import Protection
from cohabit.queries.words import count

if TYPE_CHECKING:
    import scipy.sparse as sp

WEIGHTS = ("hosts", "jaccard", "lift")


@dataclass(frozen=True)
class OneMode:
    """Items with at least one host, and the pairs with at least one.

    `labels` are sorted by code point, `hosts` is parallel to them. Pairs are `first`, `second` (positions in `labels`,
    first < second) with `both` hosts, by hosts descending and then by name. `base` is the n of lift. `q` has the
    q-value of each pair, where the pairs were tested.
    """

    labels: list[str]
    hosts: Integers
    first: Integers
    second: Integers
    both: Integers
    base: int
    q: Floats | None = None

    def weights(self, measure: str) -> Floats:
        """Weight of each pair: `hosts` (with both), `jaccard` or `lift`; UsageError for another name."""
        a, b = self.hosts[self.first], self.hosts[self.second]
        if measure == "hosts":
            return self.both.astype(np.float64)
        if measure == "jaccard":
            return measures.jaccard(a, b, self.both)
        if measure == "lift":
            return measures.lift(self.base, a, b, self.both)
        raise UsageError(f"--weight {measure!r}: not a weight; {among(measure, WEIGHTS)}")

    @cached_property
    def backbone(self) -> Backbone:
        """The backbone of these pairs, of the significant ones where they were tested."""
        return backbone(self.first, self.second, self.both, self.weights("lift"), self.q)

    @property
    def backbone_in_words(self) -> str:
        """How many pairs the backbone has, and which."""
        found = self.backbone
        return (
            f"{count(len(found.edges), 'pair')} of {len(self.both):,} (q < {SIGNIFICANT}, lift above 1 on at least "
            f"{count(found.min_hosts, 'host')}; the strongest of each item and a spanning tree)"
        )

    def graph(self, weights: Floats, pairs: Integers | slice = slice(None)) -> sp.csr_array[Any]:
        """Symmetric sparse matrix (items × items) of some pairs; `weights` is parallel to those."""
        return symmetric(self.first[pairs], self.second[pairs], weights, len(self.labels))

    def backbone_graph(self, weights: Floats | None = None) -> sp.csr_array[Any]:
        """The backbone as such a matrix, with weights of all pairs, or else with those of the backbone itself."""
        edges = np.array(self.backbone.edges, np.int64)
        return self.graph(np.array(self.backbone.weights) if weights is None else weights[edges], edges)


def nothing_significant(network: OneMode, null: str) -> list[str]:
    """Why a backbone has no pair although there are pairs, and what can be asked instead."""
    if network.backbone.edges or not len(network.both):
        return []
    other = "; --null hypergeometric asks for less, it takes all hosts for alike" if null != "hypergeometric" else ""
    return [
        f"Of {count(len(network.both), 'pair')} none has lift above 1 and q < {SIGNIFICANT} under the null model "
        f"{null}: the backbone is empty{other}."
    ]


def symmetric(first: Integers, second: Integers, weights: Floats, size: int) -> sp.csr_array[Any]:
    """Symmetric sparse matrix of undirected edges, each given once; columns within a row ascending."""
    import scipy.sparse as sp

    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    matrix = sp.csr_array((np.concatenate([weights, weights]), (rows, columns)), shape=(size, size))
    matrix.sort_indices()
    return matrix


def one_mode(matrix: ItemMatrix, null: str | None = None, progress: Progress | None = None) -> OneMode:
    """Project the host × item matrix onto its items; with `null`, test all pairs under that null model."""
    if null is None:
        return ordered(matrix.labels, matrix.hosts_per_item, *counted_pairs(matrix), matrix.base)
    pairs = all_pairs(matrix, null_model(matrix, null), progress)
    counts = pairs.first, pairs.second, pairs.together
    return ordered(matrix.labels, matrix.hosts_per_item, *counts, matrix.base, pairs.q)


def ordered(
    labels: list[str],
    hosts: Integers,
    first: Integers,
    second: Integers,
    both: Integers,
    base: int,
    q: Floats | None = None,
) -> OneMode:
    """Make a projection: items without a host and pairs without one are left out, the rest is put in order."""
    kept = np.flatnonzero(hosts)
    position = np.cumsum(hosts > 0) - 1
    there = np.flatnonzero(both > 0)
    order = there[np.lexsort((second[there], first[there], -both[there]))]
    return OneMode(
        [labels[i] for i in kept.tolist()],
        hosts[kept],
        position[first[order]],
        position[second[order]],
        both[order],
        base,
        None if q is None else q[order],
    )


def published(network: OneMode, protected: Protection) -> OneMode:
    """The projection that may be published: items and pairs of K hosts or more, their counts as they are said."""
    counts = protected.counts(network.hosts), network.first, network.second, protected.counts(network.both)
    return ordered(network.labels, *counts, protected.count(network.base) or 0)
