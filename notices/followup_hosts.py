"""The hosts behind a follow-up: one row each, with its state, and its servers then and now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cohabit.graph.store import GraphStore
from cohabit.notices.fates import STATES, Fates
from cohabit.notices.folder import Notified
from cohabit.privacy import Masker
from cohabit.queries.result import Row
from cohabit.queries.servers import of_hosts

HOST_COLUMNS = (
    "recipient",
    "host",
    "state",
    "reason",
    "is_updated",
    "is_fixed",
    "port",
    "was",
    "now",
    "advisories",
    "last_seen",
)
HOST_TABLE_COLUMNS = ("host", "state", "was", "now", "is_fixed", "recipient", "port", "last_seen", "reason")


def host_rows(
    store: GraphStore, masker: Masker, record: Notified, fates: Fates, recipients: Sequence[str]
) -> list[Row]:
    """One row a host of the record, by state, recipient and host; `recipients` are parallel to those of the record.

    `port`, `was` and `now` are parallel: software and version in the notice, and those seen in a later week (None where
    nothing was recognised then, or nothing answered since). `reason` is that of hosts `without_list` and
    `not_rescanned`. `advisories` are those of the notice. `is_updated` and `is_fixed` are None where the host was
    not seen again, or without a list and a server, and of records that do not say what servers were.
    """
    hosts = [(name, host) for name, one in zip(recipients, record.recipients, strict=True) for host in one.hosts]
    last = _last_seen(store, fates)
    rows = []
    for i, (recipient, host) in enumerate(hosts):
        update, now = fates.updates[i], fates.since[i]
        rows.append(
            {
                "recipient": recipient,
                "host": masker.address(host.host),
                "state": fates.states[i],
                "reason": fates.reasons[i],
                "is_updated": None if update is None else update.updated,
                "is_fixed": None if update is None else update.fixed,
                "port": [server.port for server in host.servers],
                "was": [_said(server.software, server.version) for server in host.servers],
                "now": [
                    _said(now[server.port].software, now[server.port].version) if server.port in now else None
                    for server in host.servers
                ],
                "advisories": list(dict.fromkeys(name for server in host.servers for name in server.advisories)),
                "last_seen": last.get(int(fates.keys[i])),
            }
        )
    rows.sort(key=lambda r: (STATES.index(r["state"]), r["recipient"], r["host"]))
    return rows


def _last_seen(store: GraphStore, fates: Fates) -> dict[int, str]:
    keys = np.unique(fates.keys[fates.keys >= 0])
    found = of_hosts(keys, store.table(f"MATCH (h:Host) RETURN {store.host_key} AS key, h.last_seen AS last_seen"))
    return dict(zip((int(keys[i]) for i in found["key"]), found["last_seen"], strict=True))


def _said(software: str | None, version: str | None) -> str | None:
    return " ".join(filter(None, (software, version))) or None
