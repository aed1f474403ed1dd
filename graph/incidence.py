"""The incidence of hosts and items, read from a store once and kept sparse.

Everything that counts hosts starts here: the store is asked for the host lists of all models, in the time window and
within the chosen hosts, and the rest is arithmetic on a sparse host × item matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cohabit.choices import among
from cohabit.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa
    import scipy.sparse as sp

    from cohabit.graph.store import GraphStore

Integers = npt.NDArray[np.int64]

LEVELS = ("model", "family", "line", "lab", "lab-country")


@dataclass(frozen=True)
class ModelTable:
    """The models of the graph by name (code points), and the item of each at every level; None is unknown."""

    names: list[str]
    items: Mapping[str, list[str | None]]

    def labels(self, level: str) -> list[str]:
        """Known items of a level that some model of the graph has, sorted by code point."""
        return sorted({item for item in self.items[level] if item is not None})


def read_models(store: GraphStore) -> ModelTable:
    """Read the models with their family, line, lab and lab country."""
    rows = store.table(
        "MATCH (m:Model) "
        "OPTIONAL MATCH (m)-[:IN_FAMILY]->(f:Family) "
        "OPTIONAL MATCH (m)-[:VARIANT_OF]->(l:Line) "
        "OPTIONAL MATCH (l)-[:PUBLISHED_BY]->(b:Lab) "
        "OPTIONAL MATCH (b)-[:BASED_IN]->(c:Country) "
        "RETURN m.name AS model, f.name AS family, l.name AS line, b.name AS lab, c.code AS lab_country"
    ).to_pylist()
    rows.sort(key=lambda r: r["model"])
    columns = {level: [r[level.replace("-", "_")] for r in rows] for level in LEVELS}
    return ModelTable([r["model"] for r in rows], columns)


@dataclass(frozen=True)
class Deployments:
    """Edges of the graph: `hosts` are the store's host keys, `models` positions in the model table; parallel.

    `observations` is None unless asked for; `weeks` are the weeks of all edges laid end to end, `week_edges` the edge
    of each of them.
    """

    hosts: Integers
    models: Integers
    observations: Integers | None = None
    weeks: Integers | None = None
    week_edges: Integers | None = None

    def keep(self, mask: npt.NDArray[np.bool_]) -> Deployments:
        """The edges where the mask is true."""
        if mask.all():
            return self
        if self.observations is None or self.weeks is None or self.week_edges is None:
            return Deployments(self.hosts[mask], self.models[mask])
        weeks = mask[self.week_edges]
        renumbered = np.cumsum(mask) - 1
        return Deployments(
            self.hosts[mask],
            self.models[mask],
            self.observations[mask],
            self.weeks[weeks],
            renumbered[self.week_edges[weeks]],
        )


# A graph's digest takes an empty list of capabilities for none, so the two must mean the same.
_CAPABLE = (
    "($capability IN d.capabilities "
    "OR ((d.capabilities IS NULL OR size(d.capabilities) = 0) AND $capability IN m.capabilities))"
)


def read_deployments(
    store: GraphStore,
    models: ModelTable,
    weeks: Sequence[int] | None = None,
    *,
    details: bool = False,
    capability: str | None = None,
) -> Deployments:
    """Read all deployments, or those listed in one of the given weeks, or those with a capability.

    A deployment has the capabilities that its newest report gives; where it gives none, those of its model (what most
    hosts report, else the catalogue's).
    `details` adds observations and weeks to every edge; they cost time on a server.
    """
    conditions = []
    parameters: dict[str, Any] = {}
    if weeks is not None:
        conditions.append("any(w IN $weeks WHERE w IN d.weeks)")
        parameters["weeks"] = list(weeks)
    if capability is not None:
        conditions.append(_CAPABLE)
        parameters["capability"] = capability
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    extra = ", collect(d.observations) AS observations, collect(d.weeks) AS weeks" if details else ""
    table = store.table(
        f"MATCH (h:Host)-[d:DEPLOYS]->(m:Model){where} "
        f"RETURN m.name AS model, collect({store.host_key}) AS hosts{extra}",
        parameters,
    )
    if table.num_rows == 0:
        none = np.empty(0, np.int64)
        return Deployments(none, none, none, none, none) if details else Deployments(none, none)
    position = {name: i for i, name in enumerate(models.names)}
    lengths, hosts = list_lengths_and_values(table.column("hosts"))
    of_row = np.array([position[name] for name in table.column("model").to_pylist()], np.int64)
    edges_models = np.repeat(of_row, lengths)
    if not details:
        return Deployments(hosts, edges_models)
    _, observations = list_lengths_and_values(table.column("observations"))
    week_lengths, week_values = list_lengths_and_values(table.column("weeks").combine_chunks().flatten())
    edges = np.repeat(np.arange(len(hosts), dtype=np.int64), week_lengths)
    return Deployments(hosts, edges_models, observations, week_values, edges)


def distinct(values: Integers) -> Integers:
    """The distinct values, ascending; NumPy's `unique` hashes first, which takes several times as long on millions."""
    if not len(values):
        return values
    first = int(values.min())
    width = int(values.max()) - first + 1
    if width <= 4 * len(values):
        # Where values lie close, to mark them takes less than to sort them.
        found = np.zeros(width, bool)
        found[values - first] = True
        return np.flatnonzero(found) + first
    ordered: Integers = np.sort(values)
    is_first = np.ones(len(ordered), bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def positions(values: Integers, among: Integers) -> Integers:
    """Position of each value in `among` (distinct, ascending); −1 for one that is not in it."""
    if not len(among):
        return np.full(len(values), -1, np.int64)
    first, width = int(among[0]), int(among[-1] - among[0]) + 1
    if width <= 8 * (len(among) + len(values)):
        # A table of all keys: values in no order miss the cache at every step of a binary search.
        table = np.full(width + 2, -1, np.int64)
        table[among - first + 1] = np.arange(len(among))
        return table[np.clip(values - first + 1, 0, width + 1)]
    at = np.minimum(np.searchsorted(among, values), len(among) - 1)
    return np.where(among[at] == values, at, -1)


def list_lengths_and_values(column: Any) -> tuple[Integers, Integers]:
    """Lengths and values, laid end to end, of a column of integer lists without nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(column):  # of no chunks at all Arrow would import pandas
        return np.empty(0, np.int64), np.empty(0, np.int64)
    array: pa.ListArray = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return without_nulls(pc.list_value_length(array)), without_nulls(array.flatten())


def without_nulls(column: pa.Array | pa.ChunkedArray) -> Integers:
    """Integers of a column without nulls; Arrow's own `to_numpy` would import pandas for it."""
    import pyarrow as pa

    if not len(column):
        return np.empty(0, np.int64)  # to combine no chunks Arrow would import pandas, too
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.from_dlpack(array).astype(np.int64)


@dataclass(frozen=True)
class Incidence:
    """Hosts in scope and what they run.

    `hosts` are the store's keys of all hosts in scope, ascending, with or without models; `host_index` and
    `model_index` are the edges, as positions in `hosts` and in `models.names`, one edge a (host, model).
    """

    hosts: Integers
    host_index: Integers
    model_index: Integers
    models: ModelTable
    edges: Deployments

    @cached_property
    def models_per_host(self) -> Integers:
        """Number of distinct models of each host in scope."""
        return np.bincount(self.host_index, minlength=len(self.hosts)).astype(np.int64)

    @property
    def hosts_with_models(self) -> int:
        """Hosts in scope with at least one model, known or not."""
        return int(np.count_nonzero(self.models_per_host))

    @property
    def multi_model_hosts(self) -> int:
        """Hosts in scope with two or more distinct models."""
        return int(np.count_nonzero(self.models_per_host >= 2))

    def without_details(self) -> Incidence:
        """The same without observations and weeks, which cost time to cut and to carry."""
        return replace(self, edges=Deployments(self.edges.hosts, self.edges.models))

    def restricted(self, keep: npt.NDArray[np.bool_]) -> Incidence:
        """The same for the hosts where `keep` (one value a host in scope) is true."""
        inside = keep[self.host_index]
        position = np.cumsum(keep) - 1
        return Incidence(
            self.hosts[keep],
            position[self.host_index[inside]],
            self.model_index[inside],
            self.models,
            self.edges.keep(inside),
        )

    def by_host(self, mask: npt.NDArray[np.bool_]) -> tuple[Integers, list[int]]:
        """The edges where the mask is true, host by host as in `hosts`, and the bounds of those of each host."""
        edges = np.flatnonzero(mask)
        edges = edges[np.argsort(self.host_index[edges], kind="stable")]
        return edges, np.searchsorted(self.host_index[edges], np.arange(len(self.hosts) + 1)).tolist()

    def at(self, level: str) -> ItemMatrix:
        """The host × item matrix of a level."""
        if level not in LEVELS:
            raise UsageError(f"--level {level!r}: not a level; {among(level, LEVELS)}")
        labels = self.models.labels(level)
        position: dict[str | None, int] = {label: i for i, label in enumerate(labels)}
        of_model = np.array([position.get(item, -1) for item in self.models.items[level]], np.int64)
        items = of_model[self.model_index] if len(of_model) else self.model_index
        known = items >= 0
        width = max(len(labels), 1)
        # One integer a (host, item): several models of one family on a host are one entry.
        keys = distinct(self.host_index[known] * width + items[known])
        unknown = distinct(self.host_index[~known])
        return ItemMatrix(level, labels, keys // width, keys % width, len(self.hosts), unknown)


@dataclass(frozen=True)
class ItemMatrix:
    """Binary host × item matrix B of one level, as its entries; `unknown_hosts` run an item nobody knows."""

    level: str
    labels: list[str]
    rows: Integers
    columns: Integers
    host_count: int
    unknown_hosts: Integers

    @cached_property
    def matrix(self) -> sp.csc_array[Any]:
        """B as a sparse matrix of shape (hosts in scope, items)."""
        import scipy.sparse as sp

        entries = np.ones(len(self.rows), np.int64)
        return sp.csc_array((entries, (self.rows, self.columns)), shape=(self.host_count, len(self.labels)))

    @cached_property
    def hosts_per_item(self) -> Integers:
        """Hosts of each item."""
        return np.bincount(self.columns, minlength=len(self.labels)).astype(np.int64)

    @cached_property
    def base(self) -> int:
        """Hosts in scope with at least one known item."""
        return int(distinct(self.rows).size)

    def hosts_of(self, item: int) -> Integers:
        """Positions of the hosts with that item."""
        rows: Integers = self.rows[self.columns == item]
        return rows

    def hosts_with_all(self, items: Sequence[int]) -> Integers:
        """Positions of the hosts with all of those items, ascending."""
        found = self.hosts_of(items[0])
        for item in items[1:]:
            found = np.intersect1d(found, self.hosts_of(item), assume_unique=True)
        return found


def host_keys(store: GraphStore, where: str = "", parameters: Mapping[str, Any] | None = None) -> Integers:
    """Keys of the hosts that match; `where` is Cypher after `MATCH (h:Host)`, values come as parameters."""
    # A store takes several times as long for DISTINCT as for the keys, and most questions find each host once.
    table = store.table(f"MATCH (h:Host){where} RETURN {store.host_key} AS host", parameters)
    return distinct(without_nulls(table.column("host")))


def sightings_span(store: GraphStore) -> tuple[str, str] | None:
    """Times of the oldest and of the newest observation of any host; None in a graph without hosts."""
    table = store.table("MATCH (h:Host) RETURN min(h.first_seen) AS oldest, max(h.last_seen) AS newest")
    span = tuple(table.column(name)[0].as_py() for name in ("oldest", "newest")) if table.num_rows else (None, None)
    return None if span[1] is None else (str(span[0]), str(span[1]))


def newest_sighting(store: GraphStore) -> str | None:
    """Time of the newest observation of any host; None in a graph without hosts."""
    span = sightings_span(store)
    return None if span is None else span[1]


def host_addresses(store: GraphStore) -> tuple[Integers, list[str]]:
    """Keys and addresses of all hosts, by key."""
    table = store.table(f"MATCH (h:Host) RETURN {store.host_key} AS host, h.address AS address")
    keys = without_nulls(table.column("host"))
    order = np.argsort(keys)
    addresses = table.column("address").to_pylist()
    return keys[order], [addresses[i] for i in order]


def addresses_of(store: GraphStore, hosts: Integers) -> list[str]:
    """Addresses of the hosts with these keys, in their order."""
    keys, addresses = host_addresses(store)
    return [addresses[i] for i in positions(hosts, keys).tolist()]
