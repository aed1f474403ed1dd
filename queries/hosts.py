"""The hosts behind a number, and the history of one host."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers, host_keys
from cohabit.graph.store import GraphStore
from cohabit.loaders.values import RecordError
from cohabit.loaders.values import host as canonical_host
from cohabit.privacy import Masker, is_address
from cohabit.queries.places import memberships
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, parse_asn
from cohabit.queries.selected import Items, select
from cohabit.queries.servers import of_hosts
from cohabit.queries.words import count
from cohabit.text import visible

_OF_SERVERS = "Server by server, with its version, how bad that is and what mends it: --endpoints."
HOST_COLUMNS = (
    "host",
    "port",
    "country",
    "asn",
    "provider",
    "software",
    "version",
    "models",
    "first_seen",
    "last_seen",
    "decoy_group",
)
TABLE_COLUMNS = ("host", "port", "country", "asn", "models", "last_seen")


def hosts(
    store: GraphStore,
    masker: Masker,
    *,
    model: Sequence[str] = (),
    family: Sequence[str] = (),
    line: Sequence[str] = (),
    lab: Sequence[str] = (),
    digest: Sequence[str] = (),
    scope: Scope | None = None,
) -> Result:
    """List hosts in scope that run all of the given items, newest first; addresses go through the masker.

    `port`, `software`, `version` and `models` are lists; `version` is parallel to `software`. `decoy_group` is set
    where a decoy is suspected.
    """
    items = Items(tuple(model), tuple(family), tuple(line), tuple(lab), tuple(digest))
    part = select(store, items, scope or Scope()).incidence
    rows = _host_rows(store, part.hosts)
    order = np.argsort(part.host_index, kind="stable")
    names_of_edges = [part.models.names[i] for i in part.model_index[order]]
    bounds = np.searchsorted(part.host_index[order], np.arange(len(part.hosts) + 1))
    for i, row in enumerate(rows):
        row["models"] = sorted(names_of_edges[bounds[i] : bounds[i + 1]])
        row["host"] = masker.address(row["host"])
    rows.sort(key=lambda r: r["host"])
    rows.sort(key=lambda r: r["last_seen"], reverse=True)
    headline = f"{count(len(rows), 'host')}, newest first."
    caveats = (
        [_OF_SERVERS] if rows and scope is not None and (scope.advisory or scope.severity or scope.version) else []
    )
    return result(HOST_COLUMNS, rows, headline=headline, caveats=caveats, table_columns=TABLE_COLUMNS)


def _host_rows(store: GraphStore, keys: Integers) -> list[Row]:
    """One row a host, in the order of the given ascending keys."""
    key = store.host_key
    own = of_hosts(
        keys,
        store.table(
            f"MATCH (h:Host) RETURN {key} AS key, h.address AS host, h.ports AS port, h.first_seen AS first_seen, "
            "h.last_seen AS last_seen, h.decoy_group AS decoy_group"
        ),
    )
    country, network, provider = (place_of_hosts(store, place, keys) for place in ("country", "network", "provider"))
    number = {name: parse_asn(name) for name in set(network) if name is not None}
    places = {
        "country": country,
        "asn": [None if name is None else number[name] for name in network],
        "provider": provider,
    }
    software: list[list[str]] = [[] for _ in keys]
    versions: list[list[str | None]] = [[] for _ in keys]
    runs = of_hosts(
        keys,
        store.table(
            "MATCH (h:Host)-[r:RUNS]->(s:Software) "
            f"RETURN {key} AS key, r.port AS port, s.name AS software, r.version AS version"
        ),
    )
    columns = (runs.pop(name) for name in ("port", "software", "version", "key"))
    for _, name, version, position in sorted(zip(*columns, strict=True), key=lambda run: run[:2]):
        software[position].append(name)
        versions[position].append(version)
    facts = {**own, **places, "software": software, "version": versions}
    del facts["key"]
    return [dict(zip(facts, values, strict=True)) for values in zip(*facts.values(), strict=True)]


def place_of_hosts(store: GraphStore, place: str, keys: Integers) -> list[str | None]:
    """The place of each host, in the order of the given ascending keys; None where it is not known."""
    membership = memberships(store, place, keys)
    names = np.array([*membership.labels[:-1], None], object)
    of_host = np.empty(len(keys), object)
    of_host[membership.hosts] = names[membership.places]
    return list(of_host)


def host(store: GraphStore, masker: Masker, address: str) -> Result:
    """The history of one host, given by address or by its pseudonym; one row.

    `models` and the lists that begin with `model_` are parallel.
    """
    found = _find(store, masker, address)
    key = host_keys(store, " WHERE h.address = $address", {"address": found})
    row = _host_rows(store, key)[0]
    extra = store.table(
        "MATCH (h:Host) WHERE h.address = $address RETURN h.observations AS observations, h.days AS days, "
        "h.weeks AS weeks, h.listed_weeks AS listed_weeks",
        {"address": found},
    ).to_pylist()[0]
    models = store.table(
        "MATCH (h:Host)-[d:DEPLOYS]->(m:Model) WHERE h.address = $address RETURN m.name AS name, "
        "d.first_seen AS first_seen, d.last_seen AS last_seen, d.observations AS observations",
        {"address": found},
    ).to_pylist()
    models.sort(key=lambda r: r["name"])
    row = {**row, "host": masker.address(found), **extra, "models": [m["name"] for m in models]}
    for name in ("first_seen", "last_seen", "observations"):
        row[f"model_{name}"] = [m[name] for m in models]
    columns = (*HOST_COLUMNS, *extra, "model_first_seen", "model_last_seen", "model_observations")
    return result(columns, [row], headline=f"{row['host']}: {count(len(models), 'model')}.", single=True)


def _find(store: GraphStore, masker: Masker, address: str) -> str:
    """Address of the graph's host that is meant; UsageError when there is none."""
    text = address.strip().lower()
    with contextlib.suppress(RecordError):
        text = canonical_host(text)
    if masker.is_pseudonym(text):
        for known in store.table("MATCH (h:Host) RETURN h.address AS address").column("address").to_pylist():
            if masker.pseudonym(known) == text:
                return str(known)
    elif len(host_keys(store, " WHERE h.address = $address", {"address": text})):
        return text
    shown = visible(masker.text(address), 80)
    if not is_address(text) and (":" in text or not text.strip("0123456789.")):
        raise UsageError(
            f"{shown!r} is no address, and no host of this graph is called so; write it as 192.0.2.1 or 2001:db8::1, "
            "without a port"
        )
    raise UsageError(f"no host {shown!r} in this graph (`cohabit hosts` lists them)")
