"""The bipartite graph as three flat tables: a host with its places, a model with what it is, and who lists what."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cohabit.exports.columns import by_columns, looked_up
from cohabit.graph.tables import GraphTables


def flat_tables(graph: GraphTables) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return hosts, models and deployments, each sorted by its key.

    Of `software`, `software_ports` and `versions` of a host the members belong together, one for each software seen on
    a port, by port. `models` of a host and `hosts` of a model count their deployments in this export.
    """
    deployed = graph.relationships["DEPLOYS"]
    return (
        by_columns(_hosts(graph, deployed), ["host"]),
        by_columns(_models(graph, deployed), ["model"]),
        by_columns(deployed.rename_columns(["host", "model", *deployed.column_names[2:]]), ["host", "model"]),
    )


def _hosts(graph: GraphTables, deployed: pa.Table) -> pa.Table:
    own, of = graph.nodes["Host"], graph.relationships
    key = own.column("address")
    asn = looked_up(key, *_ends(of["IN_NETWORK"]))
    provider = looked_up(asn, *_ends(of["OPERATED_BY"]))
    providers = graph.nodes["Provider"]
    runs = (
        by_columns(of["RUNS"], ["source", "port", "target"])
        .group_by("source", use_threads=False)
        .aggregate([("target", "list"), ("port", "list"), ("version", "list")])
    )
    return pa.table(
        {
            "host": key,
            "country": looked_up(key, *_ends(of["IN_COUNTRY"])),
            "asn": asn,
            "provider": provider,
            "provider_kind": looked_up(provider, providers.column("name"), providers.column("kind")),
            "software": looked_up(key, runs.column("source"), runs.column("target_list")),
            "software_ports": looked_up(key, runs.column("source"), runs.column("port_list")),
            "versions": looked_up(key, runs.column("source"), runs.column("version_list")),
            "models": _count(key, deployed.column("source")),
            **{name: own.column(name) for name in own.column_names if name != "address"},
        }
    )


def _models(graph: GraphTables, deployed: pa.Table) -> pa.Table:
    own, of = graph.nodes["Model"], graph.relationships
    key = own.column("name")
    line = looked_up(key, *_ends(of["VARIANT_OF"]))
    lab = looked_up(line, *_ends(of["PUBLISHED_BY"]))
    return pa.table(
        {
            "model": key,
            "family": looked_up(key, *_ends(of["IN_FAMILY"])),
            "line": line,
            "lab": lab,
            "lab_country": looked_up(lab, *_ends(of["BASED_IN"])),
            "hosts": _count(key, deployed.column("target")),
            **{name: own.column(name) for name in own.column_names if name != "name"},
        }
    )


def _ends(relationship: pa.Table) -> tuple[Any, Any]:
    return relationship.column("source"), relationship.column("target")


def _count(keys: Any, ends: Any) -> Any:
    """How often each key is among those ends."""
    counts = pa.table({"key": ends}).group_by("key").aggregate([("key", "count")])
    return pc.fill_null(looked_up(keys, counts.column("key"), counts.column("key_count")), 0)
