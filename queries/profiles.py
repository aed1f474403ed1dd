"""Places and what their hosts run: the sparse matrix of places × items behind clusters and concentration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore
from cohabit.queries.places import PLACES, Membership, memberships

if TYPE_CHECKING:
    import scipy.sparse as sp

    from cohabit.graph.incidence import ItemMatrix


def place_membership(store: GraphStore, by: str, hosts: Integers, option: str = "--by") -> Membership:
    """Which host is in which place; UsageError for a word that is no place."""
    if by not in PLACES:
        raise UsageError(f"{option} {by!r}: not a place; {among(by, PLACES)}")
    return memberships(store, by, hosts)


@dataclass(frozen=True)
class Profiles:
    """Hosts by place and item.

    `hosts` are those in scope, `listed` those with at least one known item, `counts` (places × items) those with the
    item; all places of the graph are there, `unknown` is the last.
    """

    places: list[str]
    hosts: Integers
    listed: Integers
    counts: sp.csr_array[Any]


def profiles(matrix: ItemMatrix, place: Membership) -> Profiles:
    """Count the hosts of every item in every place."""
    size = len(place.labels)
    listed = listed_hosts(matrix)
    return Profiles(
        place.labels,
        np.bincount(place.places, minlength=size).astype(np.int64),
        np.bincount(place.join(listed)[1], minlength=size).astype(np.int64),
        place_counts(place, matrix.rows, matrix.columns, len(matrix.labels)),
    )


def listed_hosts(matrix: ItemMatrix) -> Integers:
    """Positions of the hosts with at least one known item, ascending."""
    listed = np.zeros(matrix.host_count, bool)
    listed[matrix.rows] = True
    return np.flatnonzero(listed).astype(np.int64)


def place_counts(place: Membership, hosts: Integers, items: Integers, width: int) -> sp.csr_array[Any]:
    """Number of (host, item) rows by place and item; a host in several places counts in each."""
    import scipy.sparse as sp

    source, places = place.join(hosts)
    ones = np.ones(len(source), np.int64)
    counts = sp.csr_array((ones, (places, items[source])), shape=(len(place.labels), width))
    counts.sort_indices()
    return counts
