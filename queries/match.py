"""Own assets against the graph: which hosts are in a list of addresses, prefixes, networks and DNS names."""

from __future__ import annotations

from typing import Any

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.assets import Asset, AssetList, AssetTable, asset_text
from cohabit.graph.incidence import Incidence, Integers, without_nulls
from cohabit.graph.prefixes import Prefix
from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries.filters import asset_file, assets_of_hosts
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count

COLUMNS = ("label", "prefix", "host", "port", "models", "last_seen")
UNMATCHED_COLUMNS = ("label", "prefix", "line")


def match(
    store: GraphStore,
    masker: Masker,
    file: str,
    *,
    all_matches: bool = False,
    unmatched: bool = False,
    scope: Scope | None = None,
) -> Result:
    """List the hosts in scope that an asset of the file means, each once, under the most specific asset.

    That is the longest prefix, for a host with a DNS name the name itself, then `*.` and the longest name that it is
    below, and last its network; of equal ones the first of the file. `all_matches`: one row for each asset that means
    the host. `unmatched`: the assets instead that mean no host in scope, with their lines in the file. `prefix` is the
    asset; where it is one address or one name, it is masked as hosts are. Rows are in the order of the file.
    """
    if all_matches and unmatched:
        raise UsageError("--all is about matches: leave out --unmatched")
    listed, table = asset_file(file)
    incidence = read_incidence(store, scope or Scope())
    keys, addresses, networks = assets_of_hosts(store, table)
    positions = np.searchsorted(keys, incidence.hosts).tolist()
    addresses, networks = [addresses[i] for i in positions], [networks[i] for i in positions]
    used = table.used(addresses, networks)
    hosts, found = _pairs(table, addresses, networks, every=all_matches)
    matched, of_row = np.unique(hosts, return_inverse=True)
    total = len(listed.assets)
    headline = f"{count(len(matched), 'host')} in {int(used.sum()):,} of {count(total, 'asset')}."
    if unmatched:
        rows = [_unmatched_row(masker, listed, i) for i in np.flatnonzero(~used).tolist()]
        headline += f" {count(len(rows), 'asset')} without a host."
        return result(UNMATCHED_COLUMNS, rows, headline=headline)
    facts = _facts(store, incidence, matched)
    rows = []
    for fact in facts:
        fact["host"] = masker.address(fact["host"])
    order = sorted(range(len(found)), key=lambda row: (found[row], facts[of_row[row]]["host"]))
    for row in order:
        asset = int(found[row])
        rows.append({**_asset_columns(masker, listed, asset), **facts[of_row[row]]})
    missing = total - int(used.sum())
    caveats = [f"{count(missing, 'asset')} without a host: --unmatched lists them."] if missing else []
    return result(COLUMNS, rows, headline=headline, caveats=caveats)


def _pairs(
    table: AssetTable, addresses: list[str], networks: list[int | None], *, every: bool
) -> tuple[Integers, Integers]:
    """Positions of hosts and of the assets that they are listed under, parallel."""
    if every:
        return table.all(addresses, networks)
    best = table.best(addresses, networks)
    hosts = np.flatnonzero(best >= 0)
    return hosts, best[hosts]


def _facts(store: GraphStore, incidence: Incidence, matched: Integers) -> list[Row]:
    """Address, ports, models and last time of the matched hosts, which are positions in scope, ascending."""
    keep = np.zeros(len(incidence.hosts), bool)
    keep[matched] = True
    part = incidence.restricted(keep)
    models: list[list[str]] = [[] for _ in matched]
    for host, model in zip(part.host_index.tolist(), part.model_index.tolist(), strict=True):
        models[host].append(part.models.names[model])
    table = store.table(
        f"MATCH (h:Host) RETURN {store.host_key} AS key, h.address AS host, h.ports AS port, h.last_seen AS last_seen"
    )
    row_of = dict(zip(without_nulls(table.column("key")).tolist(), range(table.num_rows), strict=True))
    rows = [row_of[key] for key in part.hosts.tolist()]
    columns: dict[str, list[Any]] = {name: table.column(name).to_pylist() for name in ("host", "port", "last_seen")}
    return [
        {**{name: values[row] for name, values in columns.items()}, "models": sorted(own)}
        for row, own in zip(rows, models, strict=True)
    ]


def _unmatched_row(masker: Masker, listed: AssetList, position: int) -> Row:
    return {**_asset_columns(masker, listed, position), "line": listed.lines[position]}


def _asset_columns(masker: Masker, listed: AssetList, position: int) -> Row:
    label = listed.labels[position]
    return {"label": label and masker.text(label), "prefix": shown_asset(masker, listed.assets[position])}


def shown_asset(masker: Masker, asset: Asset) -> str:
    """An asset as it may be shown: one host as a pseudonym, what holds many as it is."""
    text = asset_text(asset)
    one = asset.is_address if isinstance(asset, Prefix) else isinstance(asset, str) and not asset.startswith("*.")
    return masker.address(text) if one else text
