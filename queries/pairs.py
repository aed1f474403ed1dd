"""The pairs of items that share a host, and how probable so many hosts are under a null model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.graph.store import Progress
from cohabit.queries.measures import Floats, ratio, wilson
from cohabit.queries.null_models import NullModel, benjamini_hochberg

SHARE_COLUMNS = (
    "hosts",
    "hosts_a",
    "hosts_b",
    "share_of_a",
    "share_of_a_low",
    "share_of_a_high",
    "share_of_b",
    "share_of_b_low",
    "share_of_b_high",
    "share_of_multi_model_hosts",
    "low",
    "high",
    "multi_model_hosts",
)
"""Hosts with both, with a and with b, the shares of those with both, each with its interval, and the base of the last.
"""


def shares_of(both: Integers, a: Integers, b: Integers, multi: Integers) -> dict[str, Floats]:
    """The shares of `SHARE_COLUMNS` with their Wilson 95 % intervals; NaN where nobody is in the base."""
    shares: dict[str, Floats] = {}
    for name, bounds, whole in (
        ("share_of_a", ("share_of_a_low", "share_of_a_high"), a),
        ("share_of_b", ("share_of_b_low", "share_of_b_high"), b),
        ("share_of_multi_model_hosts", ("low", "high"), multi),
    ):
        shares[name] = ratio(both, whole)
        shares |= zip(bounds, wilson(both, whole), strict=True)
    return shares


@dataclass(frozen=True)
class Pairs:
    """Positions of a and b among the labels, the hosts with both, ln p and q, each of shape (pairs,)."""

    first: Integers
    second: Integers
    together: Integers
    log_p: Floats
    q: Floats

    def __getitem__(self, index: Any) -> Pairs:
        return Pairs(self.first[index], self.second[index], self.together[index], self.log_p[index], self.q[index])

    def turned(self, first: int) -> Pairs:
        """The same with that item, where it is one of the two, in the place of a."""
        turn = self.second == first
        a, b = np.where(turn, self.second, self.first), np.where(turn, self.first, self.second)
        return Pairs(a, b, self.together, self.log_p, self.q)


def counted_pairs(matrix: ItemMatrix) -> tuple[Integers, Integers, Integers]:
    """Every pair with at least one host (BᵀB off the diagonal): positions of a and b, a < b, and the hosts."""
    counts = (matrix.matrix.T @ matrix.matrix).tocoo()
    upper = (counts.row < counts.col) & (counts.data >= 1)
    first, second, together = (np.asarray(x[upper], np.int64) for x in (counts.row, counts.col, counts.data))
    return first, second, together


def all_pairs(matrix: ItemMatrix, model: NullModel, progress: Progress | None = None) -> Pairs:
    """Every pair with at least one host; q-values are over all of them."""
    first, second, together = counted_pairs(matrix)
    log_p = model.log_more(np.column_stack([first, second]), together, progress)
    return Pairs(first, second, together, log_p, benjamini_hochberg(np.exp(log_p)))
