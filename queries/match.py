"""Own assets against the graph: which hosts are in a list of addresses, prefixes, networks and DNS names."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.assets import Asset, AssetList, AssetTable, asset_text
from cohabit.graph.incidence import Incidence, Integers
from cohabit.graph.prefixes import Prefix
from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries.advisories import SEVERITIES
from cohabit.queries.endpoints import Endpoint, read_endpoints
from cohabit.queries.filters import assets_there
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.selected import Selection
from cohabit.queries.servers import of_hosts
from cohabit.queries.severity import counted
from cohabit.queries.words import count

COLUMNS = (
    "label",
    "prefix",
    "host",
    "severity",
    "port",
    "software",
    "version",
    "advisories",
    "models",
    "last_seen",
)
TABLE_COLUMNS = ("label", "host", "severity", "version", "port", "prefix", "models", "advisories", "last_seen")
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
    `software` and `version`, those seen last, are parallel to `port`; `severity` is that of the worst port, and
    `advisories` are those of all ports.
    """
    if all_matches and unmatched:
        raise UsageError("--all is about matches: leave out --unmatched")
    there = assets_there(store, file)
    listed, table = there.listed, there.table
    incidence = read_incidence(store, scope or Scope())
    positions = np.searchsorted(there.keys, incidence.hosts).tolist()
    addresses, networks = [there.addresses[i] for i in positions], [there.networks[i] for i in positions]
    used = table.used(addresses, networks)
    hosts, found = _pairs(table, addresses, networks, every=all_matches)
    matched, of_row = np.unique(hosts, return_inverse=True)
    total = len(listed.assets)
    headline = f"{count(len(matched), 'host')} in {int(used.sum()):,} of {count(total, 'asset')}"
    if unmatched:
        rows = [_unmatched_row(masker, listed, i) for i in np.flatnonzero(~used).tolist()]
        headline += f". {count(len(rows), 'asset')} without a host."
        return result(UNMATCHED_COLUMNS, rows, headline=headline)
    facts = _facts(store, incidence, matched)
    if facts:
        headline += f": {counted([fact['severity'] for fact in facts])}"
    rows = []
    for fact in facts:
        fact["host"] = masker.address(fact["host"])
    order = sorted(range(len(found)), key=lambda row: (found[row], facts[of_row[row]]["host"]))
    for row in order:
        asset = int(found[row])
        rows.append({**_asset_columns(masker, listed, asset), **facts[of_row[row]]})
    missing = total - int(used.sum())
    caveats = [f"{count(missing, 'asset')} without a host: --unmatched lists them."] if missing else []
    return result(COLUMNS, rows, headline=f"{headline}.", caveats=caveats, table_columns=TABLE_COLUMNS)


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
    """What is known of the matched hosts, which are positions in scope, ascending; in this order."""
    keep = np.zeros(len(incidence.hosts), bool)
    keep[matched] = True
    part = incidence.restricted(keep)
    endpoints = read_endpoints(store, Selection(part, np.ones(len(part.host_index), bool)))
    of_host = {host: list(own) for host, own in groupby(endpoints, key=lambda endpoint: endpoint.host)}
    seen = of_hosts(
        part.hosts,
        store.table(f"MATCH (h:Host) RETURN {store.host_key} AS key, h.address AS host, h.last_seen AS last_seen"),
    )
    return [
        {**_of_endpoints(host, of_host[host]), "last_seen": last}
        for host, last in zip(seen["host"], seen["last_seen"], strict=True)
    ]


def _of_endpoints(host: str, endpoints: list[Endpoint]) -> Row:
    worries = sorted((e.worry for e in endpoints), key=lambda worry: SEVERITIES.index(worry.severity))
    return {
        "host": host,
        "severity": worries[0].severity,
        "port": [e.port for e in endpoints],
        "software": [e.software for e in endpoints],
        "version": [e.version for e in endpoints],
        "advisories": list(dict.fromkeys(name for worry in worries for name in worry.advisories)),
        "models": list(endpoints[0].models),
    }


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
