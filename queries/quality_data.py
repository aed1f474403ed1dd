"""What the quality checks look at: the whole graph as arrays, read once, and which hosts are in scope."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cohabit.graph.decoys import NO_NETWORK
from cohabit.graph.incidence import (
    Incidence,
    Integers,
    ModelTable,
    list_lengths_and_values,
    positions,
    without_nulls,
)
from cohabit.graph.lists import Deployed, Lists
from cohabit.graph.store import GraphStore
from cohabit.queries.places import memberships

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Evidence:
    """All hosts and deployments of a graph. Arrays have one value a host (ascending store keys) or one an edge.

    `first_seen` and `last_seen` are seconds since 1970, `networks` AS numbers' positions (`NO_NETWORK`: unknown),
    `weeks` the hosts' weeks. Of the edges, `families` are positions in `family_names` (the newest report; "": none)
    and `remote` says that the weights are elsewhere. `sizes` are bytes on disk, one a model (0: unknown).
    """

    keys: Integers
    scope: Mask
    addresses: list[str]
    first_seen: Integers
    last_seen: Integers
    observations: Integers
    networks: Integers
    decoy_groups: list[str | None]
    weeks: pa.ListArray
    deployed: Deployed
    families: Integers
    family_names: list[str]
    remote: Mask
    models: ModelTable
    sizes: Floats

    @cached_property
    def newest(self) -> Lists:
        """The newest list of every host."""
        return self.deployed.newest()

    def elsewhere(self, lists: Lists) -> Mask:
        """Which entries of the lists are remote: their weights are on no disk of the host."""
        width = len(self.models.names)
        remote = self.deployed.hosts[self.remote] * width + self.deployed.models[self.remote]
        return np.isin(lists.hosts * width + lists.models, remote)

    def hosts(self, positions: Integers) -> Mask:
        """The hosts in scope among these positions."""
        found = np.zeros(len(self.keys), bool)
        found[positions] = True
        return found & self.scope

    def hosts_by_key(self, keys: Integers) -> Mask:
        """The hosts in scope among these store keys."""
        return np.isin(self.keys, keys) & self.scope


def read_evidence(store: GraphStore, incidence: Incidence) -> Evidence:
    """Read everything; `incidence` says which hosts are in scope."""
    key = store.host_key
    rows = store.table(
        f"MATCH (h:Host) RETURN {key} AS key, h.address AS address, h.first_seen AS first_seen, "
        "h.last_seen AS last_seen, h.observations AS observations, h.weeks AS weeks, h.listed_weeks AS listed_weeks, "
        "h.decoy_group AS decoy_group"
    )
    keys = without_nulls(rows.column("key"))
    rows = rows.take(np.argsort(keys))
    keys = np.sort(keys)
    edges = _edges(store)
    position = {name: i for i, name in enumerate(incidence.models.names)}
    lengths, edge_keys = list_lengths_and_values(edges.column("hosts"))
    of_row = np.array([position[name] for name in edges.column("model").to_pylist()], np.int64)
    families = _inner(edges, "families", "string").dictionary_encode()
    deployed = Deployed(
        hosts=positions(edge_keys, keys),
        models=np.repeat(of_row, lengths),
        names=incidence.models.names,
        weeks=_inner(edges, "weeks", "integers"),
        digests=_inner(edges, "digests", "strings"),
        listed_weeks=_typed(rows.column("listed_weeks"), "integers"),
    )
    return Evidence(
        keys=keys,
        scope=np.isin(keys, incidence.hosts),
        addresses=rows.column("address").to_pylist(),
        first_seen=_seconds(rows.column("first_seen")),
        last_seen=_seconds(rows.column("last_seen")),
        observations=without_nulls(rows.column("observations")),
        networks=_networks(store, keys),
        decoy_groups=rows.column("decoy_group").to_pylist(),
        weeks=_typed(rows.column("weeks"), "integers"),
        deployed=deployed,
        families=without_nulls(families.indices),
        family_names=families.dictionary.to_pylist(),
        remote=np.array(_inner(edges, "remote", "boolean").to_pylist(), bool),
        models=incidence.models,
        sizes=_sizes(store, position),
    )


def _edges(store: GraphStore) -> pa.Table:
    """One row a model, its deployments as parallel lists; nulls become what is empty, and so keep their place."""
    import pyarrow as pa

    table = store.table(
        f"MATCH (h:Host)-[d:DEPLOYS]->(m:Model) RETURN m.name AS model, collect({store.host_key}) AS hosts, "
        "collect(d.weeks) AS weeks, collect(coalesce(d.digests, [])) AS digests, "
        "collect(coalesce(d.reported_family, '')) AS families, collect(coalesce(d.remote, false)) AS remote"
    )
    if table.num_rows:
        return table
    columns = {
        "model": pa.string(),
        "hosts": pa.list_(pa.int64()),
        "families": pa.list_(pa.string()),
        "remote": pa.list_(pa.bool_()),
        "weeks": pa.list_(pa.list_(pa.int64())),
        "digests": pa.list_(pa.list_(pa.string())),
    }
    return pa.schema(columns).empty_table()


def _inner(edges: pa.Table, name: str, kind: str) -> Any:
    """The values of a column of lists, laid end to end: one an edge."""
    column = edges.column(name).combine_chunks()
    return _typed(column.flatten(), kind)


def _typed(column: Any, kind: str) -> Any:
    """Give a column its type: a server's empty lists do not say what they would hold."""
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "strings": pa.list_(pa.string()),
        "integers": pa.list_(pa.int64()),
        "boolean": pa.bool_(),
    }
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.cast(types[kind])


def _seconds(column: pa.ChunkedArray) -> Integers:
    texts = [text.removesuffix("Z") for text in column.to_pylist()]
    return np.array(texts, "datetime64[s]").astype(np.int64)


def _networks(store: GraphStore, keys: Integers) -> Integers:
    membership = memberships(store, "network", keys)
    networks = np.full(len(keys), NO_NETWORK, np.int64)
    known = membership.places < len(membership.labels) - 1
    networks[membership.hosts[known]] = membership.places[known]
    return networks


def _sizes(store: GraphStore, position: dict[str, int]) -> Floats:
    # Sums of what servers claim can be larger than any integer of 64 bits.
    sizes = np.zeros(len(position), np.float64)
    rows = store.table("MATCH (m:Model) WHERE m.size_bytes IS NOT NULL RETURN m.name AS name, m.size_bytes AS size")
    for row in rows.to_pylist():
        sizes[position[row["name"]]] = row["size"]
    return sizes
