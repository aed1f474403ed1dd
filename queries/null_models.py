"""How probable are so many hosts with the same items, if items were spread by chance?

The bipartite configuration model lets hosts keep their number of items and items their number of hosts, on average. Of
all random graphs with these expected degrees it is the one of maximum entropy (BiCM; Saracco et al. 2015, 2017): host h
has item i with probability x_h·y_i / (1 + x_h·y_i), independently. Hosts with equal degrees have equal x, so there are
as many unknowns as distinct degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from cohabit.choices import among
from cohabit.errors import DataError, UsageError
from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.graph.store import Progress
from cohabit.queries.measures import Floats
from cohabit.queries.tails import (
    hypergeometric_log_lower_tail,
    hypergeometric_log_tail,
    poisson_binomial_log_lower_tail,
    poisson_binomial_log_tail,
)

NULLS = ("bicm", "hypergeometric")

_ROWS = 20_000
_ITERATIONS = 200
_ACCURACY = 1e-10


class NullModel(Protocol):
    """How many hosts have all items of a row, by chance: `items` (rows, k), `together` (rows,)."""

    def expected(self, items: Integers) -> Floats:
        """The mean."""
        ...

    def log_more(self, items: Integers, together: Integers, progress: Progress | None = None) -> Floats:
        """ln P(X >= together)."""
        ...

    def log_fewer(self, items: Integers, together: Integers) -> Floats:
        """ln P(X <= together)."""
        ...


def null_model(matrix: ItemMatrix, null: str = "bicm") -> NullModel:
    """The null model of these hosts and items; all it says is NaN without hosts. UsageError for another one."""
    check_null(null, 2)
    if null == "hypergeometric" or not matrix.base:
        return Alike(matrix.base, matrix.hosts_per_item)
    degrees = np.bincount(matrix.rows, minlength=matrix.host_count)
    return fit_configuration_model(degrees[degrees > 0], matrix.hosts_per_item)


def check_null(null: str, size: int) -> None:
    """UsageError for what is no null model, or not one of sets of that many items."""
    if null not in NULLS:
        raise UsageError(f"--null {null!r}: not a null model; {among(null, NULLS)}")
    if null == "hypergeometric" and size > 2:
        raise UsageError(f"--null hypergeometric is about pairs, not {size} items; leave it out")


@dataclass(frozen=True)
class Alike:
    """Hosts that are all alike: of `base` hosts b are drawn, and a have the other item (`hosts_per_item`).

    It is about pairs; without hosts nothing is known, of however many items.
    """

    base: int
    hosts_per_item: Integers

    def expected(self, items: Integers) -> Floats:
        """a·b/n."""
        a, b = self._drawn(items)
        return a * b / self.base if self.base else np.full(len(items), np.nan)

    def log_more(self, items: Integers, together: Integers, progress: Progress | None = None) -> Floats:
        """ln P(X >= together)."""
        if not self.base:
            return np.full(len(items), np.nan)
        return hypergeometric_log_tail(self.base, *self._drawn(items), together)

    def log_fewer(self, items: Integers, together: Integers) -> Floats:
        """ln P(X <= together)."""
        if not self.base:
            return np.full(len(items), np.nan)
        return hypergeometric_log_lower_tail(self.base, *self._drawn(items), together)

    def _drawn(self, items: Integers) -> tuple[Integers, Integers]:
        return self.hosts_per_item[items[:, 0]], self.hosts_per_item[items[:, 1]]


@dataclass(frozen=True)
class ConfigurationModel:
    """`hosts` (classes of hosts,) counts the hosts of each class, `item_class` (items,) is the class of each item,
    `chances` (classes of hosts, classes of items) the probability that a host of the one has an item of the other.
    """

    hosts: Integers
    item_class: Integers
    chances: Floats

    def together(self, items: Integers) -> Floats:
        """Probability that a host of each class has all items of a row: `items` (rows, k) gives (rows, classes)."""
        classes = self.item_class[items]
        product: Floats = self.chances.T[classes[:, 0]]
        for column in classes.T[1:]:
            product = product * self.chances.T[column]
        return product

    def expected(self, items: Integers) -> Floats:
        """The sum over hosts of the probability that they have all items."""
        return self._of_rows(items, lambda rows, chances: np.sum(chances * self.hosts, axis=1))

    def log_more(self, items: Integers, together: Integers, progress: Progress | None = None) -> Floats:
        """ln P(X >= together)."""
        return self._of_rows(items, lambda rows, c: poisson_binomial_log_tail(self.hosts, c, together[rows]), progress)

    def log_fewer(self, items: Integers, together: Integers) -> Floats:
        """ln P(X <= together)."""
        return self._of_rows(items, lambda rows, c: poisson_binomial_log_lower_tail(self.hosts, c, together[rows]))

    def _of_rows(
        self, items: Integers, measure: Callable[[slice, Floats], Floats], progress: Progress | None = None
    ) -> Floats:
        """A measure of the chances of rows, so many rows at a time as memory has room for."""
        found = [np.empty(0)]
        for start in range(0, len(items), _ROWS):
            rows = slice(start, start + _ROWS)
            found.append(measure(rows, self.together(items[rows])))
            if progress:
                progress("p-values", min(start + _ROWS, len(items)), len(items))
        return np.concatenate(found)


def fit_configuration_model(host_degrees: Integers, item_degrees: Integers) -> ConfigurationModel:
    """Fit the model to the number of items of each host and the number of hosts of each item (of some real graph).

    Expected degrees agree with the given ones to a relative 1e-10.
    """
    k, hosts = np.unique(host_degrees, return_counts=True)
    d, item_class, items = np.unique(item_degrees, return_inverse=True, return_counts=True)
    chances = np.zeros((len(k), len(d)))
    # From the largest degree down, so that what certainly is or is not there is in two corners.
    _fill(chances[::-1, ::-1], k[::-1], hosts[::-1], d[::-1], items[::-1])
    return ConfigurationModel(hosts, item_class, chances)


def _fill(chances: Floats, k: Integers, hosts: Integers, d: Integers, items: Integers) -> None:
    """Fill in place, block by block: where degrees leave no choice, chances are 0 or 1 and no x or y is finite."""
    open_blocks = [(slice(0, len(k)), slice(0, len(d)), k, d)]
    while open_blocks:
        rows, columns, own_k, own_d = open_blocks.pop()
        if not (len(own_k) and len(own_d)):
            continue
        n, m = hosts[rows], items[columns]
        r, c = next(_forced(own_k, n, own_d, m), (len(own_k), 0))
        if (r, c) == (len(own_k), 0):
            chances[rows, columns] = _solve(own_k, n, own_d, m)
            continue
        top, bottom = slice(rows.start, rows.start + r), slice(rows.start + r, rows.stop)
        left, right = slice(columns.start, columns.start + c), slice(columns.start + c, columns.stop)
        chances[top, left], chances[bottom, right] = 1.0, 0.0
        open_blocks.append((top, right, own_k[:r] - m[:c].sum(), own_d[c:]))
        open_blocks.append((bottom, left, own_k[r:], own_d[:c] - n[:r].sum()))


def _forced(k: Integers, hosts: Integers, d: Integers, items: Integers) -> Iterator[tuple[int, int]]:
    """Yield (r, c) for which every graph with these degrees joins the r first classes of hosts to all of the c first
    classes of items, and the other hosts to none of the other items (equality in the theorem of Gale and Ryser).
    """
    of_hosts = np.concatenate([[0], np.cumsum(hosts * k)])
    of_items = np.concatenate([[0], np.cumsum(items * d)])
    corner = np.concatenate([[0], np.cumsum(hosts)])[:, None] * np.concatenate([[0], np.cumsum(items)])
    slack = corner + (of_items[-1] - of_items) - of_hosts[:, None]
    for r, c in np.argwhere(slack == 0).tolist():
        if (r, c) not in ((0, len(d)), (len(k), 0)):
            yield r, c


def _solve(k: Integers, hosts: Integers, d: Integers, items: Integers) -> Floats:
    """Chances of a block in which every one is strictly between 0 and 1: maximum likelihood by Newton's method.

    The unknowns are ln x and ln y of the classes; ln x of the first is held, because only the products count.
    """
    from scipy.special import expit, logit

    density = (hosts @ k) / (hosts.sum() * items.sum())
    x, y = logit(k / items.sum()), logit(d / hosts.sum()) - logit(density)

    def likelihood(x: Floats, y: Floats) -> float:
        partition = hosts @ np.logaddexp(0, x[:, None] + y) @ items
        return float(hosts * k @ x + items * d @ y - partition)

    reached = likelihood(x, y)
    for _ in range(_ITERATIONS):
        chances: Floats = expit(x[:, None] + y)
        missing_k, missing_d = k - chances @ items, d - hosts @ chances
        if max(np.abs(missing_k / k).max(), np.abs(missing_d / d).max()) < _ACCURACY:
            return chances
        spread = chances * expit(-x[:, None] - y) * hosts[:, None] * items
        of_rows, of_columns = spread.sum(axis=1), spread.sum(axis=0)
        schur = np.diag(of_rows) - (spread / of_columns) @ spread.T
        slope_x, slope_y = hosts * missing_k, items * missing_d
        step_x = np.zeros(len(x))
        step_x[1:] = np.linalg.solve(schur[1:, 1:], (slope_x - spread @ (slope_y / of_columns))[1:])
        step_y = (slope_y - step_x @ spread) / of_columns
        length = 1.0
        while (next_ := likelihood(x + length * step_x, y + length * step_y)) < reached - abs(reached) * 1e-14:
            length /= 2
            if length < 1e-10:
                break
        x, y, reached = x + length * step_x, y + length * step_y, next_
    raise DataError("the null model does not fit these hosts and items; use --null hypergeometric")


def benjamini_hochberg(p: npt.ArrayLike) -> Floats:
    """q-values of Benjamini and Hochberg (1995): the smallest rate of false discoveries at which each is one."""
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")[::-1]
    ranks = np.arange(len(values), 0, -1)
    q = np.empty(len(values))
    q[order] = np.minimum.accumulate(np.minimum(values[order] * len(values) / ranks, 1.0))
    return q
