"""The part of a graph that a question is about, as tables: hosts in scope, what they list, and what hangs on these."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cohabit.graph import schema
from cohabit.graph.incidence import Incidence, addresses_of, without_nulls
from cohabit.graph.store import GraphStore, read_tables
from cohabit.graph.tables import GraphTables
from cohabit.queries.scope import Scope, read_incidence


def scoped_graph(store: GraphStore, scope: Scope) -> GraphTables:
    """Read the graph, cut to the hosts in scope and the deployments of its time.

    Nodes that nothing in scope leads to are left out; scans stay, they have no relationships. What a host or a
    deployment says of itself stays as it is in the graph: of all time.
    """
    tables = read_tables(store)
    if scope == Scope():
        return tables
    incidence = read_incidence(store, scope)
    hosts = pa.array(addresses_of(store, incidence.hosts), pa.string())
    relationships = {
        r.type: _of_hosts(tables.relationships[r.type], hosts)
        for r in schema.RELATIONSHIPS
        if r.source == schema.HOST.label
    }
    deployed = relationships[schema.DEPLOYS.type]
    relationships[schema.DEPLOYS.type] = deployed.filter(_listed(deployed, hosts, incidence))
    return _reachable(tables, hosts, relationships)


def _of_hosts(table: pa.Table, hosts: Any) -> pa.Table:
    return table.filter(pc.is_in(table.column("source"), value_set=hosts))


def _listed(deployed: pa.Table, hosts: Any, incidence: Incidence) -> Any:
    """Which deployments are among the edges of the incidence."""
    models = pa.array(incidence.models.names, pa.string())
    host = without_nulls(pc.index_in(deployed.column("source"), value_set=hosts))
    model = without_nulls(pc.index_in(deployed.column("target"), value_set=models))
    width = max(len(models), 1)
    found: npt.NDArray[np.bool_] = np.isin(host * width + model, incidence.host_index * width + incidence.model_index)
    return pa.array(found.tolist(), pa.bool_())


def _reachable(tables: GraphTables, hosts: Any, of_hosts: dict[str, pa.Table]) -> GraphTables:
    """Everything that those hosts lead to, along the relationships."""
    kept: dict[str, set[Any]] = {n.label: set() for n in schema.NODES}
    kept["Host"] = set(hosts.to_pylist())
    for r in schema.HOST_RELATIONSHIPS:
        kept[r.target].update(of_hosts[r.type].column("target").unique().to_pylist())
    others = [r for r in schema.RELATIONSHIPS if r.type not in of_hosts]
    growing = True
    while growing:
        before = sum(map(len, kept.values()))
        for r in others:
            rows = _from(tables.relationships[r.type], kept[r.source])
            kept[r.target].update(rows.column("target").to_pylist())
        growing = sum(map(len, kept.values())) > before
    nodes = {
        n.label: tables.nodes[n.label] if n is schema.SCAN else _among(tables.nodes[n.label], n.key.name, kept[n.label])
        for n in schema.NODES
    }
    relationships = {
        r.type: of_hosts[r.type] if r.type in of_hosts else _from(tables.relationships[r.type], kept[r.source])
        for r in schema.RELATIONSHIPS
    }
    return GraphTables(nodes, relationships)


def _from(table: pa.Table, sources: set[Any]) -> pa.Table:
    return _among(table, "source", sources)


def _among(table: pa.Table, column: str, values: set[Any]) -> pa.Table:
    wanted = pa.array(list(values), table.schema.field(column).type)
    return table.filter(pc.is_in(table.column(column), value_set=wanted))
