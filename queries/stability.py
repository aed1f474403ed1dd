"""How much an answer owes to chance: the same question of other networks, or other hosts, that might have been met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.queries.bootstrap import MOST, Resamples
from cohabit.queries.combinations import exact_sets
from cohabit.queries.onemode import OneMode, ordered
from cohabit.queries.places import Membership
from cohabit.queries.profiles import listed_hosts
from cohabit.queries.words import count

if TYPE_CHECKING:
    import scipy.sparse as sp

USUAL_RESAMPLES = 10
STABLE = 0.5
"""Under this stability another sample would have given other groups."""
_UNSTABLE = (
    "Unstable: another sample of such hosts would have given other groups, so neither their number nor who is in which "
    "is a finding."
)


def check(asked: int | None, seed: int) -> None:
    """UsageError for a number of resamples or a seed that cannot be; a mean needs fewer of them than an interval."""
    if asked is not None and not 0 <= asked <= MOST:
        raise UsageError(f"--bootstrap {asked}: it takes 0 to {MOST:,} resamples")
    if seed < 0:
        raise UsageError(f"--seed {seed}: it takes 0 or more")


def resamples(asked: int | None, *, dear: bool) -> int:
    """How many resamples to make: as many as asked for, else 10, or none where they are dear."""
    if asked is None:
        return 0 if dear else USUAL_RESAMPLES
    return asked


def stability_in_words(stability: float | None, number: int, asked: int | None, what: str, seed: int) -> list[str]:
    """What a stability is and means, or why there is none; nothing where it was not wanted."""
    if stability is not None:
        said = (
            f"Stability {stability:.2f}: mean adjusted Rand index over {count(number, 'resample')} of {what}, "
            f"seed {seed}; 1 is always the same groups, 0 no more alike than by chance."
        )
        return [said, _UNSTABLE] if unstable(stability) else [said]
    if asked is None and not number:
        return [f"Stability takes long here, so it was left out; --bootstrap {USUAL_RESAMPLES} computes it."]
    return []


def unstable(stability: float) -> bool:
    """Whether the groups hang on the sample."""
    # As it is said: nobody is to read that 0.50 is under 0.5.
    return round(stability, 2) < STABLE


def with_stability(headline: str, stability: float | None) -> str:
    """The headline of groups, which says first where they are unstable."""
    if stability is None or not unstable(stability):
        return headline
    return f"Unstable groups (stability {stability:.2f}): {headline}"


def drawn_units(*, known: bool) -> str:
    """What resamples of networks draw; where nobody's network is known, each host is one of its own."""
    return "networks" if known else "single hosts (no host has a known network)"


@dataclass(frozen=True)
class Projections:
    """The projection of each draw of networks, from counts of each network, so that one is a weighted sum of them.

    `items` (rows × items) counts the hosts of each item in each row of `drawn`, `pairs` (rows × pairs) those of each
    pair; items and pairs are those of `whole`. Pairs keep the q-values they have in the whole: a network that is
    drawn twice is no second witness, and would make everything significant.
    """

    whole: OneMode
    drawn: Resamples
    items: sp.csr_array[Any]
    pairs: sp.csr_array[Any]

    def __len__(self) -> int:
        """Number of draws; none where all hosts are of one network."""
        return len(self.drawn.weights) if self.drawn.networks > 1 else 0

    def __iter__(self) -> Iterator[OneMode]:
        whole = self.whole
        for times, base in zip(self.drawn.weights[: len(self)], self.drawn.base.tolist(), strict=False):
            # A row that stands for hosts alike was drawn a fraction of times: the sums are whole but for rounding.
            hosts, both = (np.rint(counts.T @ times).astype(np.int64) for counts in (self.items, self.pairs))
            yield ordered(whole.labels, hosts, whole.first, whole.second, both, round(base), whole.q)


def projections(matrix: ItemMatrix, whole: OneMode, drawn: Resamples) -> Projections:
    """Count items and pairs by row of the draws; `whole` is the projection of `matrix`, on which `drawn` is based."""
    import scipy.sparse as sp

    number = drawn.weights.shape[1]
    position = np.full(len(matrix.labels), -1, np.int64)
    position[np.flatnonzero(matrix.hosts_per_item)] = np.arange(len(whole.labels))
    columns, of_entry = position[matrix.columns], drawn.row_of_host[matrix.rows]
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
    return Projections(whole, drawn, items, pairs)


def redraw(sizes: Integers, rng: np.random.Generator) -> Integers:
    """How often each unit is drawn, when every stratum draws as many units as it has, with replacement.

    `sizes` has the number of units of each stratum; the units of one lie together, stratum after stratum.
    """
    each = np.repeat(sizes, sizes)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.bincount(starts + (rng.random(len(each)) * each).astype(np.int64), minlength=len(each)).astype(np.int64)


class PlaceSampler:
    """Resamples of the hosts of some places, by units (networks, or single hosts) drawn within each place."""

    def __init__(self, sizes: Integers, items: Any) -> None:
        self.sizes = sizes
        self.items = items
        self.ends = np.concatenate([[0], np.cumsum(sizes)])

    @classmethod
    def of(cls, matrix: ItemMatrix, place: Membership, chosen: Integers, networks: Integers | None) -> PlaceSampler:
        """Units are the networks of hosts where those are given (−1: none, so the host is by itself), else hosts."""
        import scipy.sparse as sp

        listed = listed_hosts(matrix)
        source, places = place.join(listed)
        position = np.full(len(place.labels), -1, np.int64)
        position[chosen] = np.arange(len(chosen))
        hosts, strata = listed[source], position[places]
        hosts, strata = hosts[strata >= 0], strata[strata >= 0]
        network = (np.full(matrix.host_count, -1) if networks is None else networks)[hosts]
        # An order that depends on names and items alone, whatever the store's keys are.
        order = np.lexsort((exact_sets(matrix)[1][hosts], network, strata))
        hosts, strata, network = hosts[order], strata[order], network[order]
        joined = np.zeros(len(hosts), bool)
        joined[1:] = (strata[1:] == strata[:-1]) & (network[1:] == network[:-1]) & (network[1:] >= 0)
        unit = np.cumsum(~joined) - 1
        of_host = matrix.matrix.tocsr()[hosts]
        shape = (int(unit.max(initial=-1)) + 1, len(hosts))
        gather = sp.csr_array((np.ones(len(hosts), np.int64), (unit, np.arange(len(hosts)))), shape=shape)
        sizes = np.bincount(strata[~joined], minlength=len(chosen)).astype(np.int64)
        return cls(sizes, (gather @ of_host).tocsr())

    def counts(self, rng: np.random.Generator) -> Any:
        """Hosts of each item in each place, in one resample."""
        import scipy.sparse as sp

        times = redraw(self.sizes, rng)
        shape = (len(self.sizes), len(times))
        return (sp.csr_array((times, np.arange(len(times)), self.ends), shape=shape) @ self.items).toarray()
