"""Places: by what hosts are split (country, network, provider, software)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore

_CYPHER = {
    "country": "MATCH (h:Host)-[:IN_COUNTRY]->(c:Country) RETURN c.code AS place",
    "network": "MATCH (h:Host)-[:IN_NETWORK]->(n:Network) RETURN n.asn AS place",
    "provider": "MATCH (h:Host)-[:IN_NETWORK]->(:Network)-[:OPERATED_BY]->(p:Provider) RETURN p.name AS place",
    "software": "MATCH (h:Host)-[:RUNS]->(s:Software) RETURN s.name AS place",
}
PLACES = tuple(_CYPHER)


@dataclass(frozen=True)
class Membership:
    """Which host is in which place: `hosts` are positions among the hosts in scope, `places` positions in `labels`.

    A host without a place is in the last label, `unknown`; with software a host can be in several.
    """

    labels: list[str]
    hosts: Integers
    places: Integers

    def count(self, hosts: Integers, groups: Integers, size: int) -> Integers:
        """Number of distinct known places of the hosts of each group; a place holds each host at most once."""
        of_host = np.full(int(self.hosts.max(initial=-1)) + 1, -1, np.int64)
        of_host[self.hosts] = self.places
        place = of_host[hosts]
        known = place < len(self.labels) - 1
        keys = np.unique(groups[known] * len(self.labels) + place[known])
        return np.bincount(keys // len(self.labels), minlength=size).astype(np.int64)

    def within(self, hosts: Integers, all_hosts: Integers) -> Membership:
        """The same for some of the hosts, both given as ascending store keys."""
        position = np.searchsorted(hosts, all_hosts[self.hosts])
        inside = position < len(hosts)
        inside[inside] = hosts[position[inside]] == all_hosts[self.hosts][inside]
        return Membership(self.labels, position[inside], self.places[inside])


def memberships(store: GraphStore, place: str, hosts: Integers) -> Membership:
    """Read which of the given hosts (ascending store keys) is in which place."""
    table = store.table(f"{_CYPHER[place]}, collect(DISTINCT {store.host_key}) AS hosts")
    values = [_label(place, value) for value in table.column("place").to_pylist()]
    labels = [*sorted(values), "unknown"]
    position = {label: i for i, label in enumerate(labels)}
    keys: list[Integers] = [np.asarray(row, np.int64) for row in table.column("hosts").to_pylist()]
    all_keys = np.concatenate([*keys, np.empty(0, np.int64)])
    of_key = np.repeat(np.array([position[v] for v in values], np.int64), [len(k) for k in keys])
    at = np.searchsorted(hosts, all_keys)
    inside = at < len(hosts)
    inside[inside] = hosts[at[inside]] == all_keys[inside]
    rest = np.setdiff1d(np.arange(len(hosts)), at[inside])
    return Membership(
        labels,
        np.concatenate([at[inside], rest]),
        np.concatenate([of_key[inside], np.full(len(rest), len(labels) - 1)]),
    )


def _label(place: str, value: object) -> str:
    return f"AS{value}" if place == "network" else str(value)
