"""Places: by what hosts are split (country, network, provider, kind of provider, software)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cohabit.graph.incidence import Integers, distinct, list_lengths_and_values, positions
from cohabit.graph.store import GraphStore
from cohabit.queries.result import Row

_CYPHER = {
    "country": "MATCH (h:Host)-[:IN_COUNTRY]->(c:Country) RETURN c.code AS place",
    "network": "MATCH (h:Host)-[:IN_NETWORK]->(n:Network) RETURN n.asn AS place",
    "provider": "MATCH (h:Host)-[:IN_NETWORK]->(:Network)-[:OPERATED_BY]->(p:Provider) RETURN p.name AS place",
    "provider-kind": "MATCH (h:Host)-[:IN_NETWORK]->(:Network)-[:OPERATED_BY]->(p:Provider) "
    "WHERE p.kind IS NOT NULL RETURN p.kind AS place",
    "software": "MATCH (h:Host)-[:RUNS]->(s:Software) RETURN s.name AS place",
}
PLACES = tuple(_CYPHER)
UNKNOWN = "unknown"
"""Label of what the source does not say."""
FEW = 50
"""Hosts of a place below which a share of them says little: none is drawn, ranked, or named in a first line."""
NOBODY = "No host in scope has a known {}: this cannot be told."
"""The first line of an answer by place where no place is known."""


@dataclass(frozen=True)
class Membership:
    """Which host is in which place: `hosts` are positions among the hosts in scope, `places` positions in `labels`.

    A host without a place is in the last label, `unknown`; with software a host can be in several.
    """

    labels: list[str]
    hosts: Integers
    places: Integers

    @classmethod
    def everywhere(cls, hosts: int) -> Membership:
        """One place that holds every host."""
        return cls([""], np.arange(hosts, dtype=np.int64), np.zeros(hosts, np.int64))

    @cached_property
    def known(self) -> bool:
        """Whether the place of any host is known."""
        return bool((self.places < len(self.labels) - 1).any())

    @cached_property
    def _place_of_host(self) -> Integers | None:
        """The place of every host, where each is in one: no host in several, as with software."""
        places = np.full(int(self.hosts.max(initial=-1)) + 1, -1, np.int64)
        places[self.hosts] = self.places
        single = len(places) == len(self.hosts) and bool((places >= 0).all())
        return places if single else None

    def join(self, hosts: Integers) -> tuple[Integers, Integers]:
        """Repeat rows for each place of their host: positions of the rows, and the place of each."""
        if self._place_of_host is not None:
            return np.arange(len(hosts), dtype=np.int64), self._place_of_host[hosts]
        order = np.argsort(self.hosts, kind="stable")
        size = int(max(self.hosts.max(initial=-1), hosts.max(initial=-1))) + 1
        per_host = np.bincount(self.hosts, minlength=size)
        starts = np.cumsum(per_host) - per_host
        lengths = per_host[hosts]
        source = np.repeat(np.arange(len(hosts), dtype=np.int64), lengths)
        offsets = np.arange(len(source)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return source, self.places[order[np.repeat(starts[hosts], lengths) + offsets]]

    def distinct(self, hosts: Integers, groups: Integers, size: int) -> Integers:
        """Number of distinct known places of the hosts of each group."""
        source, places = self.join(hosts)
        known = places < len(self.labels) - 1
        keys = distinct(groups[source][known] * len(self.labels) + places[known])
        return np.bincount(keys // len(self.labels), minlength=size).astype(np.int64)


def memberships(store: GraphStore, place: str, hosts: Integers) -> Membership:
    """Read which of the given hosts (ascending store keys) is in which place."""
    table = store.table(f"{_CYPHER[place]}, collect(DISTINCT {store.host_key}) AS hosts")
    values = [_label(place, value) for value in table.column("place").to_pylist()]
    labels = [*sorted(values), UNKNOWN]
    position = {label: i for i, label in enumerate(labels)}
    lengths, keys = list_lengths_and_values(table.column("hosts"))
    of_key = np.repeat(np.array([position[v] for v in values], np.int64), lengths)
    at = positions(keys, hosts)
    inside = at >= 0
    placed = np.zeros(len(hosts), bool)
    placed[at[inside]] = True
    rest = np.flatnonzero(~placed)
    return Membership(
        labels,
        np.concatenate([at[inside], rest]),
        np.concatenate([of_key[inside], np.full(len(rest), len(labels) - 1)]),
    )


def untold(place: Membership, by: str) -> str | None:
    """The first line of an answer by place where no host in scope has a known one: no figure of it is a finding."""
    return None if place.known or not len(place.hosts) else NOBODY.format(by.replace("-", " "))


def places_by_base(rows: Sequence[Row]) -> dict[str, int]:
    """The positions of the places of rows: by the largest `base` of their rows, then by name; `unknown` last."""
    bases: dict[str, int] = {}
    for row in rows:
        bases[row["place"]] = max(row["base"] or 0, bases.get(row["place"], 0))
    places = sorted(bases, key=lambda place: (place == UNKNOWN, -bases[place], place))
    return {place: i for i, place in enumerate(places)}


def _label(place: str, value: object) -> str:
    return f"AS{value}" if place == "network" else str(value)
