"""Differences between the shares of items in two samples of hosts, which may have hosts in common.

Three cases, and in each the interval is made of the Wilson intervals of single shares:

* no host in both: Newcombe's method 10 for independent proportions (1998, *Statistics in Medicine* 17, 873);
* hosts in both, looked at in one time window, so that each has one answer: the difference is a sum of three independent
  shares (only in the first, only in the second, in both), combined by the same rule (MOVER; Zou, Huang and Zhang 2009);
* hosts in both, looked at in two time windows: Newcombe's method 10 for paired proportions (1998, *Statistics in
  Medicine* 17, 2635), with the correlation that the common hosts give the two shares (MOVER; Zou and Donner 2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.queries import measures
from cohabit.queries.measures import Floats


@dataclass(frozen=True)
class TwoSamples:
    """Counts of items in two samples of hosts; arrays have one value an item.

    `first` and `second` are the hosts with the item, of `first_base` and `second_base` hosts. Of the `shared` hosts,
    which are in both samples, `both` have it in both, `first_only` and `second_only` in one. `same_window` says that
    both samples look at hosts in the same time, so that nobody is in the last two.
    """

    first: Integers
    second: Integers
    first_base: int
    second_base: int
    shared: int
    both: Integers
    first_only: Integers
    second_only: Integers
    same_window: bool = False

    @property
    def share_first(self) -> Floats:
        """Share of the first sample."""
        return measures.ratio(self.first, self.first_base)

    @property
    def share_second(self) -> Floats:
        """Share of the second sample."""
        return measures.ratio(self.second, self.second_base)

    @property
    def difference(self) -> Floats:
        """Share of the first sample minus share of the second; NaN where a sample has no host."""
        return self.share_first - self.share_second

    def interval(self) -> tuple[Floats, Floats]:
        """95 % interval of the difference; NaN where a sample has no host."""
        low, high = self._of_parts() if self.same_window else self._of_correlated()
        difference = self.difference
        # Rounding can put a bound a hair beyond the value, and the rule itself beyond 1.
        low, high = np.clip(np.minimum(low, difference), -1, 1), np.clip(np.maximum(high, difference), -1, 1)
        return low, high

    def p_values(self) -> Floats:
        """Two-sided probability of a difference as large, if the two shares were equal; NaN where a sample is empty.

        Without common hosts, or where one sample is part of the other in one time window (then of that part and the
        rest), Fisher's exact test, twice the smaller tail. Else a normal approximation: the difference over its
        standard error if the shares were equal, which is the statistic of McNemar where all hosts are common, and
        Pearson's where none is (after Derrick, Dobson-McKittrick, Toher and White 2015).
        """
        if not (self.first_base and self.second_base):
            return np.full(len(self.first), np.nan)
        smaller = min(self.first_base, self.second_base)
        if not self.shared:
            return fisher(self.first, self.first_base, self.second, self.second_base)
        if self.same_window and self.shared == smaller:
            return self._of_nested()
        return self._of_overlapping()

    def _of_parts(self) -> tuple[Floats, Floats]:
        parts = (
            (self.first - self.both, self.first_base - self.shared),
            (self.second - self.both, self.second_base - self.shared),
            (self.both, self.shared),
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            of_first, of_second = 1 / np.float64(self.first_base), 1 / np.float64(self.second_base)
            weights = [parts[0][1] * of_first, -parts[1][1] * of_second, self.shared * (of_first - of_second)]
        below, above = np.zeros(len(self.first)), np.zeros(len(self.first))
        for (hosts, base), weight in zip(parts, weights, strict=True):
            if base:
                bounds = weight * np.stack(measures.wilson(hosts, base))
                value = weight * hosts / base
                below += (value - bounds.min(axis=0)) ** 2
                above += (bounds.max(axis=0) - value) ** 2
        return self.difference - np.sqrt(below), self.difference + np.sqrt(above)

    def _of_correlated(self) -> tuple[Floats, Floats]:
        p, q = self.share_first, self.share_second
        p_low, p_high = measures.wilson(self.first, np.full(len(self.first), self.first_base))
        q_low, q_high = measures.wilson(self.second, np.full(len(self.second), self.second_base))
        correlation = self._phi() * self.shared / np.sqrt(max(self.first_base * self.second_base, 1))
        below = _square_and_add(p - p_low, q_high - q, correlation)
        above = _square_and_add(p_high - p, q - q_low, correlation)
        return p - q - below, p - q + above

    def _phi(self) -> Floats:
        """Correlation of having the item in the one and in the other, among common hosts, as method 10 has it.

        A positive one is made smaller by a correction for continuity; without spread it is 0.
        """
        a, b, c = (x.astype(np.float64) for x in (self.both, self.first_only, self.second_only))
        d = self.shared - a - b - c
        product = a * d - b * c
        product = np.where(product > 0, np.maximum(product - self.shared / 2, 0), product)
        return np.nan_to_num(measures.ratio(product, np.sqrt((a + b) * (c + d) * (a + c) * (b + d))))

    def _of_nested(self) -> Floats:
        """One sample is part of the other: its hosts against the others'."""
        if self.first_base == self.second_base:
            return np.ones(len(self.first))
        in_first = self.first_base > self.shared
        whole, base = (self.first, self.first_base) if in_first else (self.second, self.second_base)
        return fisher(self.both, self.shared, whole - self.both, base - self.shared)

    def _of_overlapping(self) -> Floats:
        from scipy.special import erfc

        n, m, common = self.first_base, self.second_base, self.shared
        pooled = (self.first + self.second) / (n + m)
        changed = self.first_only + self.second_only
        variance = pooled * (1 - pooled) * (1 / n + 1 / m - 2 * common / (n * m)) + changed / (n * m)
        # Without variance all common hosts are alike in both, and there is no other.
        z = np.where(variance > 0, self.difference / np.sqrt(np.where(variance > 0, variance, 1)), 0)
        found: Floats = erfc(np.abs(z) / np.sqrt(2))
        return found


def independent(
    first: Integers, first_base: Integers, second: Integers, second_base: Integers
) -> tuple[Floats, Floats, Floats]:
    """Share of the first minus share of the second, and its 95 % interval, each with bases of its own.

    No host is in both: Newcombe's method 10 for independent proportions. NaN where a base is 0.
    """
    p, q = measures.ratio(first, first_base), measures.ratio(second, second_base)
    (p_low, p_high), (q_low, q_high) = measures.wilson(first, first_base), measures.wilson(second, second_base)
    none = np.zeros(len(p))
    below, above = _square_and_add(p - p_low, q_high - q, none), _square_and_add(p_high - p, q - q_low, none)
    return p - q, p - q - below, p - q + above


def _square_and_add(first: Floats, second: Floats, correlation: Floats) -> Floats:
    found: Floats = np.sqrt(np.maximum(first**2 + second**2 - 2 * correlation * first * second, 0))
    return found


def fisher(first: Integers, first_base: int, second: Integers, second_base: int) -> Floats:
    """Fisher's exact test, two-sided: twice the smaller of the two tails, at most 1 (Fay 2010: «central»).

    `first` of `first_base` hosts against `second` of `second_base`, one table an item.
    """
    from cohabit.queries.tails import hypergeometric_log_tail

    total = first + second
    tails = [
        hypergeometric_log_tail(first_base + second_base, total, np.full(len(total), base), hosts)
        for hosts, base in ((first, first_base), (second, second_base))
    ]
    found: Floats = np.minimum(2 * np.exp(np.minimum(*tails)), 1.0)
    return found


@dataclass(frozen=True)
class Sample:
    """One sample: the store keys of its hosts, and their items.

    `hosts` are all hosts of the base, ascending; `rows` and `columns` are the entries: positions in `hosts`, and items.
    """

    hosts: Integers
    rows: Integers
    columns: Integers
    items: int

    @classmethod
    def of(cls, hosts: Integers, matrix: ItemMatrix, *, known_only: bool = False) -> Sample:
        """The hosts in scope (their keys), or those with a known item, and what they have."""
        if not known_only:
            return cls(hosts, matrix.rows, matrix.columns, len(matrix.labels))
        used, rows = np.unique(matrix.rows, return_inverse=True)
        return cls(hosts[used], rows.astype(np.int64), matrix.columns, len(matrix.labels))

    def without(self, hosts: Integers) -> Sample:
        """The sample without the hosts of these store keys."""
        keep = ~np.isin(self.hosts, hosts)
        inside = keep[self.rows]
        return Sample(self.hosts[keep], (np.cumsum(keep) - 1)[self.rows[inside]], self.columns[inside], self.items)

    def counts(self, chosen: Integers | None = None) -> Integers:
        """Hosts of each item; `chosen` are positions of entries, else all."""
        columns = self.columns if chosen is None else self.columns[chosen]
        return np.bincount(columns, minlength=self.items).astype(np.int64)

    def entries(self) -> Integers:
        """One integer a (store key, item)."""
        return self.hosts[self.rows] * max(self.items, 1) + self.columns


def compared(first: Sample, second: Sample, *, same_window: bool = False) -> TwoSamples:
    """Count two samples whose items are those of one graph's level."""
    shared = np.intersect1d(first.hosts, second.hosts, assume_unique=True)
    one, other = (
        sample.entries()[np.isin(sample.hosts, shared)[sample.rows]] if len(shared) else np.empty(0, np.int64)
        for sample in (first, second)
    )
    items = max(first.items, 1)

    def per_item(entries: Integers) -> Integers:
        return np.bincount(entries % items, minlength=first.items)[: first.items].astype(np.int64)

    return TwoSamples(
        first.counts(),
        second.counts(),
        len(first.hosts),
        len(second.hosts),
        len(shared),
        per_item(np.intersect1d(one, other, assume_unique=True)),
        per_item(np.setdiff1d(one, other, assume_unique=True)),
        per_item(np.setdiff1d(other, one, assume_unique=True)),
        same_window,
    )
