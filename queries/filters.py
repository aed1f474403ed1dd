"""Filters that choose hosts by what they run, when they were seen, and whether a decoy is suspected."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from cohabit.errors import DataError, UsageError
from cohabit.graph.assets import AssetList, AssetTable, read_assets, refuse_unknown_names
from cohabit.graph.incidence import (
    Deployments,
    Integers,
    ModelTable,
    distinct,
    host_addresses,
    host_keys,
    newest_sighting,
    positions,
    read_deployments,
    without_nulls,
)
from cohabit.graph.store import GraphStore
from cohabit.queries.advisories import advisories_called, bundled, match
from cohabit.queries.severity import ABLE, LEAST, LISTED, TOOLS, at_least, parse_severity
from cohabit.queries.versions import Comparison
from cohabit.text import visible
from cohabit.timeline import iso, parse_day

_MOST_DAYS = 10_000


def with_models(hosts: Integers, edges: Deployments, minimum: int) -> Integers:
    """Those hosts that have at least so many of the edges, each of which is another model."""
    if minimum < 0:
        raise UsageError(f"--min-models {minimum}: it takes 0 or more")
    there = positions(edges.hosts, hosts)
    found: Integers = hosts[np.bincount(there[there >= 0], minlength=len(hosts)) >= minimum]
    return found


def with_capability(store: GraphStore, models: ModelTable, edges: Deployments, capability: str) -> Integers:
    """Hosts with one of those edges that can do it: by its newest report; where that lists nothing, by its model."""
    capable = read_deployments(store, models, capability=capability.strip().lower())
    width = max(len(models.names), 1)
    found = np.isin(edges.hosts * width + edges.models, capable.hosts * width + capable.models)
    return distinct(edges.hosts[found])


def with_version(store: GraphStore, comparisons: Sequence[str], software: Sequence[str]) -> Integers:
    """Hosts that run a server whose version meets all comparisons; each software named must be such a server."""
    conditions = [Comparison.parse(text) for text in comparisons]
    table = store.table(
        "MATCH (h:Host)-[r:RUNS]->(s:Software) WHERE r.version IS NOT NULL "
        f"RETURN s.name AS software, r.version AS version, collect({store.host_key}) AS hosts"
    )
    found = [
        (row["software"], row["hosts"])
        for row in table.to_pylist()
        if all(condition.holds(row["version"]) for condition in conditions)
    ]
    if not software:
        return _union([hosts for _, hosts in found])
    chosen: Integers | None = None
    for wanted in software:
        own = _union([hosts for name, hosts in found if name == wanted.lower()])
        chosen = own if chosen is None else np.intersect1d(chosen, own, assume_unique=True)
    return _union([]) if chosen is None else chosen


def with_advisories(store: GraphStore, names: Sequence[str]) -> Integers:
    """Hosts on which, for each of the names, a version that falls under that advisory was seen last on a port."""
    wanted = [advisories_called(name) for name in names]
    keys = host_keys(store)
    found = match(store, keys, bundled())
    chosen = np.ones(len(keys), bool)
    for advisories in wanted:
        chosen &= found.any_of([advisory in advisories for advisory in bundled()])
    return keys[chosen]


def with_severity(store: GraphStore, models: ModelTable, edges: Deployments, level: str) -> Integers:
    """Hosts of which a server is at least so severe, by the rule of `worry_of`; of a host all those edges count."""
    levels = at_least(parse_severity(level))
    keys = host_keys(store)
    if LEAST in levels:
        return keys
    groups = [keys[match(store, keys, bundled()).any_of([a.severity in levels for a in bundled()])]]
    if ABLE in levels:
        groups.append(with_capability(store, models, edges, TOOLS))
    if LISTED in levels:
        groups.append(host_keys(store, " WHERE size(h.listed_weeks) > 0"))
    return distinct(np.concatenate(groups))


def _union(groups: Sequence[Sequence[int]]) -> Integers:
    parts = [np.asarray(group, np.int64) for group in groups]
    return distinct(np.concatenate([*parts, np.empty(0, np.int64)]))


def first_seen_since(store: GraphStore, day: str) -> Integers:
    """Hosts whose first observation was on that day (UTC) or later."""
    return host_keys(store, " WHERE h.first_seen >= $day", {"day": parse_day(day).isoformat()})


def active_within(store: GraphStore, days: int) -> Integers:
    """Hosts seen in the last so many days before the newest observation of the graph, to the second."""
    if not 1 <= days <= _MOST_DAYS:
        raise UsageError(f"--active-within {days}: it takes 1 to {_MOST_DAYS:,} days")
    newest = newest_sighting(store)
    if newest is None:
        return np.empty(0, np.int64)
    start = datetime.fromisoformat(newest) - timedelta(days=days)
    return host_keys(store, " WHERE h.last_seen >= $start", {"start": iso(int(start.astimezone(UTC).timestamp()))})


def not_suspected(store: GraphStore) -> Integers:
    """Hosts that are in no group of suspected decoys."""
    return host_keys(store, " WHERE h.decoy_group IS NULL")


def listed_in(store: GraphStore, file: str) -> Integers:
    """Hosts that an asset of this file means."""
    there = assets_there(store, file)
    return there.keys[there.table.best(there.addresses, there.networks) >= 0]


def asset_file(file: str) -> tuple[AssetList, AssetTable]:
    """The assets of a file, and the table of them; read once as long as the file stays what it is."""
    try:
        about = Path(file).stat()
    except OSError as error:
        raise DataError(f"{visible(file)}: the assets cannot be read: {error.strerror}") from error
    return _asset_file(file, about.st_mtime_ns, about.st_size, about.st_ino)


@functools.lru_cache(maxsize=2)  # a question can look several times, and compare two files
def _asset_file(file: str, *_about: int) -> tuple[AssetList, AssetTable]:
    listed = read_assets(Path(file))
    return listed, AssetTable(listed.assets)


def labels_of_hosts(networks: Mapping[str, int | None], files: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What the assets of these files call hosts, which come with their AS numbers: of each host that has a label, the
    labels of all assets that mean it, the most specific first.
    """
    addresses = list(networks)
    found: dict[str, dict[str, None]] = {}
    for file in files:
        listed, table = asset_file(file)
        owners, assets = table.all(addresses, list(networks.values()))
        for owner, asset in zip(owners.tolist(), assets.tolist(), strict=True):
            if label := listed.labels[asset]:
                found.setdefault(addresses[owner], {})[label] = None
    return {address: tuple(labels) for address, labels in found.items()}


@dataclass(frozen=True)
class AssetsThere:
    """A list of assets beside the hosts of a graph: store keys, ascending, addresses, and AS numbers as far as the
    list asks for them.
    """

    listed: AssetList
    table: AssetTable
    keys: Integers
    addresses: list[str]
    networks: list[int | None]


def assets_there(store: GraphStore, file: str) -> AssetsThere:
    """Read the assets of a file and the hosts that they can mean; DataError for a bare name that no host has."""
    listed, table = asset_file(file)
    keys, addresses = host_addresses(store)
    refuse_unknown_names(listed, visible(file), "graph", lambda: addresses)
    networks: list[int | None] = [None] * len(keys)
    if table.networks:
        rows = store.table(
            "MATCH (h:Host)-[:IN_NETWORK]->(n:Network) WHERE n.asn IN $networks "
            f"RETURN {store.host_key} AS host, n.asn AS asn",
            {"networks": sorted(table.networks)},
        )
        found = np.searchsorted(keys, without_nulls(rows.column("host"))).tolist()
        for position, number in zip(found, rows.column("asn").to_pylist(), strict=True):
            networks[position] = number
    return AssetsThere(listed, table, keys, addresses, networks)
