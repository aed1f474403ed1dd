"""Whether servers of notified hosts run another version since, and whether advisories of the notice still hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore
from cohabit.notices.folder import NotifiedHost, NotifiedServer
from cohabit.queries.advisories import Advisory, holding, is_release
from cohabit.queries.servers import Server, servers_of
from cohabit.queries.words import count
from cohabit.timeline import monday_of

Servers = Mapping[int, Server]
"""The servers of a host, by port."""


@dataclass(frozen=True)
class Update:
    """What is known of a host's servers since the notice.

    `told` says whether a server with a known version answered on a port of the notice; `updated`, whether one there is
    another software or version; `affected`, whether the host fell under an advisory in the notice; `fixed`, whether
    none of these applies any more; `unlisted`, whether one of them is not in the list of advisories any more, so that
    nobody can tell.
    """

    told: bool
    updated: bool
    affected: bool
    fixed: bool
    unlisted: bool


def servers_since(store: GraphStore, keys: Integers, week: int) -> list[Servers]:
    """The servers seen in the weeks after one, for each of these store keys."""
    distinct, of_host = np.unique(keys, return_inverse=True)
    since = (monday_of(week) + timedelta(weeks=1)).isoformat()
    now: list[dict[int, Server]] = [{} for _ in distinct]
    for (position, port), server in servers_of(store, distinct).items():
        if server.last_seen >= since:
            now[position][port] = server
    return [now[i] for i in of_host.tolist()]


def update_of(host: NotifiedHost, now: Servers, advisories: Sequence[Advisory]) -> Update:
    """Compare a host of a notice with the servers seen on it since.

    What is not proven is not `fixed`: each server that fell under an advisory must have answered since with another
    software or version, and no server on any port may fall under one of these advisories, or hide its version.
    """
    affected = [server for server in host.servers if server.advisories]
    noticed = {name for server in affected for name in server.advisories}
    listed = {(advisory.id, advisory.software) for advisory in advisories}
    unlisted = any((name, server.software) not in listed for server in affected for name in server.advisories)
    concerned = [advisory for advisory in advisories if advisory.id in noticed]
    fixed = (
        bool(affected)
        and not unlisted
        and all(_is_another(server, now.get(server.port)) for server in affected)
        and not any(_may_fall_under(server, concerned) for server in now.values())
    )
    return Update(
        told=any(server.port in now and now[server.port].version is not None for server in host.servers),
        updated=any(_is_another(server, now.get(server.port)) for server in host.servers),
        affected=bool(affected),
        fixed=fixed,
        unlisted=unlisted,
    )


def _is_another(then: NotifiedServer, now: Server | None) -> bool:
    """Whether another software or version is known than was known then; a version that was not known is no other."""
    if now is None or then.software is None:
        return False
    if then.software != now.software:
        return True
    return then.version is not None and now.version is not None and then.version != now.version


def _may_fall_under(server: Server, advisories: Sequence[Advisory]) -> bool:
    own = [advisory for advisory in advisories if advisory.software == server.software]
    if not own:
        return False
    if server.version is None or not is_release(server.version):
        return True
    return bool(holding(server.software, server.version, own))


def update_notes(updates: Sequence[Update] | None) -> list[str]:
    """Say of how many hosts an update could be told, and where it could not; None where no record says what was."""
    if updates is None:
        return [
            "Updated and fixed cannot be told: an older cohabit wrote these notices, and its record does not say what "
            "the servers were."
        ]
    if not updates:
        return []
    notes = [
        f"Of {count(len(updates), 'host')} open, changed, or recognised without a list, "
        f"{sum(u.told for u in updates):,} answered since with a known version, and "
        f"{sum(u.affected for u in updates):,} fell under an advisory in the notices. Updated: another software or "
        "version on a port of the notice. Fixed: no advisory of the notice applies any more."
    ]
    if unlisted := sum(u.unlisted for u in updates):
        notes.append(
            f"{count(unlisted, 'host')} fell under an advisory that this cohabit does not list: nobody can tell "
            "whether it still applies, so they do not count as fixed."
        )
    return notes
