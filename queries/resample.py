"""Seeded bootstrap: what the same question would answer if other networks, or other hosts, had been met.

Hosts are not independent: one operator rolls out a thousand alike, and most within one network. So whole networks are
drawn, with replacement, and each brings all its hosts. A host whose network is not known is drawn by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.queries.onemode import OneMode, ordered
from cohabit.queries.places import Membership
from cohabit.queries.profiles import listed_hosts
from cohabit.queries.words import count

if TYPE_CHECKING:
    import scipy.sparse as sp

MOST_RESAMPLES = 10_000
USUAL_RESAMPLES = 10


def resamples(asked: int | None, seed: int, *, dear: bool) -> int:
    """How many resamples to make: as many as asked for, else 10, or none where they are dear.

    UsageError for a number or a seed that cannot be.
    """
    if asked is not None and not 0 <= asked <= MOST_RESAMPLES:
        raise UsageError(f"--bootstrap {asked}: it takes 0 to {MOST_RESAMPLES:,} resamples")
    if seed < 0:
        raise UsageError(f"--seed {seed}: it takes 0 or more")
    if asked is None:
        return 0 if dear else USUAL_RESAMPLES
    return asked


def stability_in_words(stability: float | None, number: int, asked: int | None, what: str, seed: int) -> str | None:
    """What a stability is, or why there is none; None where it was not wanted."""
    if stability is not None:
        return (
            f"Stability {stability:.2f}: mean adjusted Rand index over {count(number, 'resample')} of {what}, "
            f"seed {seed}; 1 is always the same groups, 0 no more alike than by chance."
        )
    if asked is None and not number:
        return f"Stability takes long here, so it was left out; --bootstrap {USUAL_RESAMPLES} computes it."
    return None


def redraw(sizes: Integers, rng: np.random.Generator) -> Integers:
    """How often each unit is drawn, when every stratum draws as many units as it has, with replacement.

    `sizes` has the number of units of each stratum; the units of one lie together, stratum after stratum.
    """
    each = np.repeat(sizes, sizes)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.bincount(starts + (rng.random(len(each)) * each).astype(np.int64), minlength=len(each)).astype(np.int64)


def signatures(matrix: ItemMatrix) -> npt.NDArray[np.uint64]:
    """One number a host, the same for hosts with the same items, to put hosts in an order that no store decides."""
    keys = np.random.default_rng(0).integers(0, 2**64, len(matrix.labels), np.uint64)
    total = np.zeros(matrix.host_count, np.uint64)
    np.add.at(total, matrix.rows, keys[matrix.columns])
    return total


def network_units(matrix: ItemMatrix, networks: Membership) -> Integers:
    """Unit of each host in scope: its network, or itself where that is unknown; -1 for hosts without a known item.

    Units are numbered in an order that depends on names and items alone.
    """
    listed = np.zeros(matrix.host_count, bool)
    listed[matrix.rows] = True
    unknown = len(networks.labels) - 1
    of_host = np.full(matrix.host_count, unknown, np.int64)
    of_host[networks.hosts] = networks.places
    lonely = np.flatnonzero(listed & (of_host == unknown))
    lonely = lonely[np.argsort(signatures(matrix)[lonely], kind="stable")]
    of_host[lonely] = unknown + np.arange(len(lonely))
    units = np.full(matrix.host_count, -1, np.int64)
    units[listed] = np.unique(of_host[listed], return_inverse=True)[1]
    return units


@dataclass(frozen=True)
class Resampler:
    """A projection as counts of each unit, so that a resample is a weighted sum of them.

    `items` (units × items) counts the hosts of each item, `pairs` (units × pairs) those of each pair, `listed` the
    hosts with a known item; labels and pairs are those of the projection of the whole.
    """

    whole: OneMode
    items: sp.csr_array[Any]
    pairs: sp.csr_array[Any]
    listed: Integers

    def draw(self, rng: np.random.Generator) -> OneMode:
        """The projection of one resample."""
        times = redraw(np.array([len(self.listed)]), rng)
        hosts, both = self.items.T @ times, self.pairs.T @ times
        whole = self.whole
        return ordered(whole.labels, hosts, whole.first, whole.second, both, int(self.listed @ times))


def resampler(matrix: ItemMatrix, whole: OneMode, units: Integers) -> Resampler:
    """Count items and pairs by unit; `whole` is the projection of `matrix`, `units` come from `network_units`."""
    import scipy.sparse as sp

    number = int(units.max(initial=-1)) + 1
    position = np.full(len(matrix.labels), -1, np.int64)
    position[np.flatnonzero(matrix.hosts_per_item)] = np.arange(len(whole.labels))
    columns, of_entry = position[matrix.columns], units[matrix.rows]
    items = sp.csr_array((np.ones(len(columns), np.int64), (of_entry, columns)), shape=(number, len(whole.labels)))
    # Entries come host by host, items ascending: each is paired with the later ones of its host.
    per_host = np.bincount(matrix.rows, minlength=matrix.host_count)
    later = (np.cumsum(per_host)[matrix.rows] - 1) - np.arange(len(columns))
    first = np.repeat(np.arange(len(columns)), later)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)
    width = max(len(whole.labels), 1)
    keys = whole.first * width + whole.second
    order = np.argsort(keys)
    found = order[np.searchsorted(keys[order], columns[first] * width + columns[second])]
    ones = np.ones(len(first), np.int64)
    pairs = sp.csr_array((ones, (of_entry[first], found)), shape=(number, len(keys)))
    listed = np.bincount(units[units >= 0], minlength=number).astype(np.int64)
    return Resampler(whole, items, pairs, listed)


class PlaceSampler:
    """Resamples of the hosts of some places, by units (networks, or single hosts) drawn within each place."""

    def __init__(self, sizes: Integers, items: Any) -> None:
        self.sizes = sizes
        self.items = items
        self.ends = np.concatenate([[0], np.cumsum(sizes)])

    @classmethod
    def of(cls, matrix: ItemMatrix, place: Membership, chosen: Integers, networks: Membership | None) -> PlaceSampler:
        """Units are networks where those are given (a host without one is by itself), else hosts."""
        import scipy.sparse as sp

        listed = listed_hosts(matrix)
        source, places = place.join(listed)
        position = np.full(len(place.labels), -1, np.int64)
        position[chosen] = np.arange(len(chosen))
        hosts, strata = listed[source], position[places]
        hosts, strata = hosts[strata >= 0], strata[strata >= 0]
        network = np.full(matrix.host_count, -1, np.int64)
        if networks is not None:
            known = networks.places < len(networks.labels) - 1
            network[networks.hosts[known]] = networks.places[known]
        # An order that depends on names and items alone, whatever the store's keys are.
        order = np.lexsort((signatures(matrix)[hosts], network[hosts], strata))
        hosts, strata = hosts[order], strata[order]
        joined = np.zeros(len(hosts), bool)
        joined[1:] = (
            (strata[1:] == strata[:-1]) & (network[hosts[1:]] == network[hosts[:-1]]) & (network[hosts[1:]] >= 0)
        )
        unit = np.cumsum(~joined) - 1
        of_host = matrix.matrix.tocsr()[hosts]
        number = int(unit.max(initial=-1)) + 1
        gather = sp.csr_array(
            (np.ones(len(hosts), np.int64), (unit, np.arange(len(hosts)))), shape=(number, len(hosts))
        )
        sizes = np.bincount(strata[~joined], minlength=len(chosen)).astype(np.int64)
        return cls(sizes, (gather @ of_host).tocsr())

    def counts(self, rng: np.random.Generator) -> Any:
        """Hosts of each item in each place, in one resample."""
        import scipy.sparse as sp

        times = redraw(self.sizes, rng)
        shape = (len(self.sizes), len(times))
        return (sp.csr_array((times, np.arange(len(times)), self.ends), shape=shape) @ self.items).toarray()
