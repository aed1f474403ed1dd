"""Intervals that know of networks: hosts of one operator are alike, so whole networks are drawn anew, not hosts.

The cluster bootstrap (Efron 1979; Field and Welsh 2007): as many networks as there are, drawn with replacement, each
with all of its hosts. A host without a known network is a network of its own. The standard errors of the draws go into
intervals that also hold with few or unequal networks, where percentiles of the draws are too narrow: Wilson's, with
the number of independent hosts that would vary as much (Korn and Graubard 1998; Franco et al. 2019) and Student's
quantile, its degrees of freedom those of the effective number of networks (Kish 1965).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, Integers, ItemMatrix, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.combinations import exact_sets
from cohabit.queries.measures import Floats
from cohabit.queries.places import memberships
from cohabit.queries.words import count

if TYPE_CHECKING:
    import scipy.sparse as sp

FEWEST, MOST = 100, 10_000
COLUMNS = ("boot_low", "boot_high", "lift_low", "lift_high")

Intervals = dict[str, Floats]
"""`boot_low` and `boot_high` of the share of multi-model hosts, `lift_low` and `lift_high`; one value a row."""


@dataclass(frozen=True)
class Resamples:
    """Draws of networks: `row_of_host` is the row of each host in scope (−1: it has no model and counts nowhere),
    `stands_for` (rows,) the number of networks that a row stands for, all alike, `weights` (draws, rows) how often they
    were drawn, divided by that number.

    `networks` counts all of them, `alone` those that are single hosts without a known network.
    """

    matrix: ItemMatrix
    multi_model: Integers
    row_of_host: Integers
    stands_for: Integers
    weights: Floats
    networks: int
    alone: int
    seed: int

    @cached_property
    def rows(self) -> sp.csr_array[Any]:
        """Which host is in which row: sparse (rows, hosts)."""
        import scipy.sparse as sp

        hosts = np.flatnonzero(self.row_of_host >= 0)
        entries = (np.ones(len(hosts)), (self.row_of_host[hosts], hosts))
        return sp.csr_array(entries, shape=(self.weights.shape[1], len(self.row_of_host)))

    @cached_property
    def base(self) -> Floats:
        """n of each draw."""
        return self.hosts(distinct(self.matrix.rows))

    @cached_property
    def multi(self) -> Floats:
        """Multi-model hosts of each draw."""
        return self.hosts(self.multi_model)

    @cached_property
    def per_item(self) -> Floats:
        """Hosts of each item: (draws, items)."""
        return self._drawn(self.rows @ self.matrix.matrix)

    def hosts(self, hosts: Integers) -> Floats:
        """How many of these hosts are in each draw."""
        found: Floats = self.weights @ self._per_row(hosts)
        return found

    def _per_row(self, hosts: Integers) -> Integers:
        return np.bincount(self.row_of_host[hosts], minlength=len(self.stands_for))

    def _drawn(self, counts: Any) -> Floats:
        """Totals of each draw from sparse counts (rows, columns)."""
        found: Floats = (counts.T @ self.weights.T).T
        return found

    @cached_property
    def effective_base(self) -> float:
        """Effective number of networks by their hosts with a known item."""
        return self._effective(distinct(self.matrix.rows))

    @cached_property
    def effective_multi(self) -> float:
        """Effective number of networks by their multi-model hosts."""
        return self._effective(self.multi_model)

    def _effective(self, hosts: Integers) -> float:
        """(Σn)² / Σn² over the n of these hosts in each network: so many networks of equal size tell as much."""
        of_rows = self._per_row(hosts)
        squares = float((of_rows**2 / self.stands_for).sum())
        return float(of_rows.sum()) ** 2 / squares if squares else 0.0

    def pairs(self, first: Integers, second: Integers) -> Intervals:
        """Intervals of pairs of items."""
        found = {name: np.full(len(first), np.nan) for name in COLUMNS}
        by_host = self.matrix.matrix.tocsr()
        whole = self.matrix.hosts_per_item
        for item in np.unique(first).tolist():
            chosen = np.flatnonzero(first == item)
            hosts = self.matrix.hosts_of(item)
            others = by_host[hosts][:, second[chosen]]
            together = self._drawn(self.rows[:, hosts] @ others)
            a, b = self.per_item[:, [item]], self.per_item[:, second[chosen]]
            lift = measures.lift(self.base[:, None], a, b, together)
            both = np.asarray(others.sum(axis=0)).ravel()
            known = measures.lift(self.matrix.base, whole[item], whole[second[chosen]], both)
            for name, values in self._intervals(both, known, together, lift).items():
                found[name][chosen] = values
        return found

    def sets(self, sets: Iterable[tuple[int, ...]]) -> Intervals:
        """Intervals of sets of items."""
        both, known, together, lift = [], [], [], []
        for items in sets:
            own = self.matrix.hosts_with_all(items)
            both.append(len(own))
            known.append(self._set_lift(len(own), self.matrix.hosts_per_item[list(items)], self.matrix.base))
            together.append(self.hosts(own))
            lift.append(self._set_lift(together[-1], self.per_item[:, items], self.base))
        return self._intervals(np.array(both), np.array(known), np.column_stack(together), np.column_stack(lift))

    @staticmethod
    def _set_lift(together: Any, per_item: Any, base: Any) -> Floats:
        shares = measures.ratio(per_item, np.asarray(base)[..., None])
        return measures.ratio(together, base * np.prod(shares, axis=-1))

    def _intervals(self, both: Integers, lift: Floats, drawn_both: Floats, drawn_lift: Floats) -> Intervals:
        """Intervals of columns: hosts with all items and lift, in the data and in each draw."""
        if self.networks < 2:
            return {name: np.full(len(both), np.nan) for name in COLUMNS}
        error = _spread(measures.ratio(drawn_both, self.multi[:, None]))
        low, high = _share_interval(both, len(self.multi_model), error, self.effective_multi)
        width = _student(self.effective_base) * measures.ratio(_spread(drawn_lift), lift)
        return {
            "boot_low": low,
            "boot_high": high,
            "lift_low": lift * np.exp(-width),
            "lift_high": lift * np.exp(width),
        }

    def caveat(self) -> str:
        """What was done, for the reader of the intervals."""
        if self.networks < 2:
            return "All hosts are of one network: a bootstrap over networks says nothing of it."
        if self.alone == self.networks:
            return (
                "No host has a known network: this bootstrap draws single hosts and says no more than Wilson's "
                "interval, nothing of operators. Scans with networks or --geo (docs/places.md) change that."
            )
        alone = f", {count(self.alone, 'host')} without one each as its own" if self.alone else ""
        return (
            f"Bootstrap: 95 % intervals from {count(len(self.weights), 'draw')} of {count(self.networks, 'network')}"
            f"{alone}; seed {self.seed}. By their sizes they tell as much as "
            f"{self.effective_multi:,.1f} equal ones."
        )


def check(draws: int, seed: int | None) -> None:
    """UsageError for options that make no bootstrap."""
    if draws == 0:
        if seed is not None:
            raise UsageError("--seed needs --bootstrap N")
        return
    if not FEWEST <= draws <= MOST:
        raise UsageError(f"--bootstrap {draws}: it takes {FEWEST} to {MOST:,} draws")
    if seed is not None and seed < 0:
        raise UsageError(f"--seed {seed}: it takes 0 or more")


def resamples(store: GraphStore, incidence: Incidence, matrix: ItemMatrix, draws: int, seed: int | None) -> Resamples:
    """Draw networks with replacement.

    Hosts without a network that run the same are interchangeable: one row stands for all of them, so that the order
    of hosts in the store changes nothing, and the draws stay small.
    """
    has_models, multi = incidence.models_per_host > 0, incidence.models_per_host >= 2
    network = network_of_host(store, incidence)
    placed, alone = has_models & (network >= 0), has_models & (network < 0)
    used, of_placed = np.unique(network[placed], return_inverse=True)
    kinds = exact_sets(matrix)[1] * 2 + multi
    kinds_alone, of_alone, alike = np.unique(kinds[alone], return_inverse=True, return_counts=True)
    row_of_host = np.full(len(network), -1)
    row_of_host[placed], row_of_host[alone] = of_placed, len(used) + of_alone
    stands_for = np.concatenate([np.ones(len(used), np.int64), alike])
    networks = int(stands_for.sum())
    weights = np.full((draws, len(used) + len(kinds_alone)), np.nan)
    if networks > 1:
        random = np.random.default_rng(seed or 0)
        drawn_row = np.repeat(np.arange(len(stands_for)), stands_for)
        for draw in range(draws):
            drawn = np.bincount(drawn_row[random.integers(networks, size=networks)], minlength=len(stands_for))
            weights[draw] = drawn / stands_for
    return Resamples(
        matrix, np.flatnonzero(multi), row_of_host, stands_for, weights, networks, int(alone.sum()), seed or 0
    )


def network_of_host(store: GraphStore, incidence: Incidence) -> Integers:
    """Position of each host's network among the networks, by AS number; −1 where none is known."""
    place = memberships(store, "network", incidence.hosts)
    known = place.places < len(place.labels) - 1
    network = np.full(len(incidence.hosts), -1)
    network[place.hosts[known]] = place.places[known]
    return network


def _spread(values: Floats) -> Floats:
    """Standard deviation of each column over the draws; those in which the value is undefined are left out."""
    valid = ~np.isnan(values)
    number = np.count_nonzero(valid, axis=0)
    mean = measures.ratio(np.where(valid, values, 0).sum(axis=0), number)
    squares = np.where(valid, (values - mean) ** 2, 0).sum(axis=0)
    return np.sqrt(measures.ratio(squares, np.maximum(number - 1, 0)))


def _student(networks: float) -> float:
    """97.5 % quantile of Student's distribution for an effective number of networks."""
    from scipy.special import stdtrit

    return float(stdtrit(max(networks - 1, 1.0), 0.975))


def _share_interval(successes: Integers, trials: int, error: Floats, networks: float) -> tuple[Floats, Floats]:
    """Wilson's interval with the number of independent hosts whose share would have that standard error.

    Never more than there are. A share of 0 or 1 has no error to tell from: then each network counts as one host.
    """
    share = measures.ratio(successes, trials)
    variance = share * (1 - share)
    effective = np.minimum(measures.ratio(variance, np.maximum(error**2, variance / max(trials, 1))), trials)
    effective = np.where(variance > 0, effective, networks)
    return measures.wilson(share * effective, effective, _student(networks))
