"""Intervals that know of networks: hosts of one operator are alike, so whole networks are drawn anew, not hosts.

Percentile intervals of the cluster bootstrap (Efron 1979; Field and Welsh 2007): as many networks as there are, drawn
with replacement, each with all of its hosts. A host without a known network is a network of its own.
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
    `weights` (draws, rows) how often a row was drawn, divided by the networks that it stands for.

    `networks` counts all of them, `alone` those that are single hosts without a known network.
    """

    matrix: ItemMatrix
    multi_model: Integers
    row_of_host: Integers
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
        of_rows = np.bincount(self.row_of_host[hosts], minlength=self.weights.shape[1])
        found: Floats = self.weights @ of_rows
        return found

    def _drawn(self, counts: Any) -> Floats:
        """Totals of each draw from sparse counts (rows, columns)."""
        found: Floats = (counts.T @ self.weights.T).T
        return found

    def pairs(self, first: Integers, second: Integers) -> Intervals:
        """Intervals of pairs of items."""
        found = {name: np.full(len(first), np.nan) for name in COLUMNS}
        by_host = self.matrix.matrix.tocsr()
        for item in np.unique(first).tolist():
            chosen = np.flatnonzero(first == item)
            hosts = self.matrix.hosts_of(item)
            others = by_host[hosts][:, second[chosen]]
            together = self._drawn(self.rows[:, hosts] @ others)
            a, b = self.per_item[:, [item]], self.per_item[:, second[chosen]]
            lift = measures.lift(self.base[:, None], a, b, together)
            for name, values in self._intervals(together, lift).items():
                found[name][chosen] = values
        return found

    def sets(self, sets: Iterable[tuple[int, ...]]) -> Intervals:
        """Intervals of sets of items."""
        together, lift = [], []
        for items in sets:
            hosts = self.hosts(self.matrix.hosts_with_all(items))
            shares = measures.ratio(self.per_item[:, items], self.base[:, None])
            together.append(hosts)
            lift.append(measures.ratio(hosts, self.base * np.prod(shares, axis=1)))
        return self._intervals(np.column_stack(together), np.column_stack(lift))

    def _intervals(self, together: Floats, lift: Floats) -> Intervals:
        low, high = _percentiles(measures.ratio(together, self.multi[:, None]))
        lift_low, lift_high = _percentiles(lift)
        return {"boot_low": low, "boot_high": high, "lift_low": lift_low, "lift_high": lift_high}

    def caveat(self) -> str:
        """What was done, for the reader of the intervals."""
        if self.networks < 2:
            return "All hosts are of one network: a bootstrap over networks says nothing of it."
        alone = f", {count(self.alone, 'host')} without one each as its own" if self.alone else ""
        return (
            f"Bootstrap: 95 % percentile intervals from {count(len(self.weights), 'draw')} of "
            f"{count(self.networks, 'network')}{alone}; seed {self.seed}."
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
    return Resamples(matrix, np.flatnonzero(multi), row_of_host, weights, networks, int(alone.sum()), seed or 0)


def network_of_host(store: GraphStore, incidence: Incidence) -> Integers:
    """Position of each host's network among the networks, by AS number; −1 where none is known."""
    place = memberships(store, "network", incidence.hosts)
    known = place.places < len(place.labels) - 1
    network = np.full(len(incidence.hosts), -1)
    network[place.hosts[known]] = place.places[known]
    return network


def _percentiles(values: Floats) -> tuple[Floats, Floats]:
    """2.5 % and 97.5 % points of each column, interpolated; draws in which the value is undefined are left out."""
    ordered = np.sort(values, axis=0)  # NaN last
    valid = np.count_nonzero(~np.isnan(ordered), axis=0)
    found = []
    for share in (0.025, 0.975):
        position = share * np.maximum(valid - 1, 0)
        below = np.floor(position).astype(int)
        above = np.ceil(position).astype(int)
        columns = np.arange(values.shape[1])
        low, high = ordered[below, columns], ordered[above, columns]
        found.append(low + (high - low) * (position - below))
    return found[0], found[1]
