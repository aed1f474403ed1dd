"""What became of each host of a record of notices: its state, and its life since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cohabit.errors import DataError
from cohabit.graph.incidence import Integers, distinct, host_addresses, host_keys
from cohabit.graph.store import GraphStore
from cohabit.notices.folder import WITHOUT_SERVERS, Notified, NotifiedHost
from cohabit.notices.lists import Listed, newest_lists
from cohabit.notices.updates import Servers, Update, servers_since, update_of
from cohabit.queries.advisories import bundled
from cohabit.queries.lifetimes import GONE_AFTER
from cohabit.queries.lives import numbered
from cohabit.queries.periods import HostWeeks, read_host_weeks
from cohabit.queries.scope import weeks_seen
from cohabit.timeline import monday_of

OPEN, CHANGED, WITHOUT_LIST, GONE, GONE_BEFORE, NOT_RESCANNED = STATES = (
    "still_open",
    "changed",
    "without_list",
    "gone",
    "gone_before",
    "not_rescanned",
)


def missed_already(store: GraphStore, hosts: Integers, gone_after: int = GONE_AFTER) -> int:
    """How many of these hosts (store keys) would be `gone_before` in notices of today: missed in the newest weeks."""
    weeks = weeks_seen(store)
    if len(weeks) < gone_after:
        return 0
    monday = monday_of(weeks[-gone_after]).isoformat()
    old = host_keys(store, " WHERE h.last_seen < $monday", {"monday": monday})
    return len(np.intersect1d(hosts, old, assume_unique=True))


@dataclass(frozen=True)
class Fates:
    """One entry a notified host, in the order of the record.

    `entry`, `exit` and `ended` are its life since the week of the notices, in weeks, where `watched`: it was seen in
    that week or later, and early enough to tell who was there after it. `keys` are store keys (-1 of a host that is not
    in the graph any more), `reasons` say why a host is not rescanned, or whether a server was recognised on one that
    answered without a list, `since` what answered in the weeks after that of the notices. `updates` are those of hosts
    that are open or changed, or answered without a list and with a server that was recognised, None of others; all are
    None where the record does not say what their servers were (`versions`).
    """

    keys: Integers
    states: list[str]
    watched: npt.NDArray[np.bool_]
    entry: Integers
    exit: Integers
    ended: npt.NDArray[np.bool_]
    week: int
    scans_since: int
    reasons: list[str | None]
    since: list[Servers]
    versions: bool
    updates: list[Update | None]

    def updates_of(self, part: slice) -> list[Update]:
        """Those of hosts that were seen again, as far as anything was recognised on them."""
        return [update for update in self.updates[part] if update is not None]


_NOT_SEEN, _ABSENT = "not seen since", "no longer in this graph"
_RECOGNISED, _BARE = "server recognised", "no server recognised"


def read_fates(store: GraphStore, record: Notified, gone_after: int, where: str) -> Fates:
    """Look the hosts of a record up; DataError (about `where`) when none of them is in this graph."""
    hosts = [host for recipient in record.recipients for host in recipient.hosts]
    weeks = read_host_weeks(store)
    keys, addresses = host_addresses(store)
    position = {address: i for i, address in enumerate(addresses)}
    at = np.array([position.get(host.host, -1) for host in hosts], np.int64)
    here = at >= 0
    if hosts and not here.any():
        raise DataError(f"{where}: none of its hosts is in this graph; is it that of these notices (--data, --store)?")
    scanned = numbered(distinct(weeks.seen_weeks))
    notice = int(numbered(np.array([record.week]))[0])
    # What stands for hosts that are not here is not looked at.
    last, back = (values[at] for values in _sightings(weeks, notice))
    up_to_last = np.searchsorted(scanned, last, side="right")
    up_to_notice = np.searchsorted(scanned, notice, side="right")
    # Weeks before the notices say nothing of what became of them: of these weeks a host can only be gone before.
    missed = len(scanned) - np.maximum(up_to_last, up_to_notice)
    missed_before = up_to_notice - up_to_last
    later = newest_lists(store, record.items, after=record.week)
    answered = iter(servers_since(store, keys[at[here]], record.week))
    since: list[Servers] = [next(answered) if there else {} for there in here]
    reasons: list[str | None] = []
    states = []
    for i, host in enumerate(hosts):
        reason = None
        if not here[i]:
            state, reason = NOT_RESCANNED, _ABSENT
        elif missed_before[i] >= gone_after:
            state = GONE_BEFORE
        elif missed[i] >= gone_after:
            state = GONE
        elif last[i] <= notice:
            state, reason = NOT_RESCANNED, _NOT_SEEN
        else:
            state = _state(host, later.of_host.get(host.host))
            if state == WITHOUT_LIST:
                reason = _RECOGNISED if since[i] else _BARE
        states.append(state)
        reasons.append(reason)
    versions = record.version != WITHOUT_SERVERS
    updates = [
        update_of(host, now, bundled()) if versions and _tells(state, now) else None
        for host, now, state in zip(hosts, since, states, strict=True)
    ]
    # The last week about which one knows who was there later: as many scans follow it.
    end = int(scanned[-1 - gone_after]) if len(scanned) > gone_after else -1
    watched = here & (back <= end)
    return Fates(
        np.where(here, keys[at], -1),
        states,
        watched,
        np.where(watched, back - notice, 0),
        np.where(watched, np.minimum(last, end) - notice + 1, 0),
        watched & (last <= end),
        later.week,
        int(np.count_nonzero(scanned > notice)),
        reasons,
        since,
        versions,
        updates,
    )


def _tells(state: str, since: Servers) -> bool:
    """Whether what answered since says anything of the servers; without a list and a server it does not."""
    return state in (OPEN, CHANGED) or (state == WITHOUT_LIST and bool(since))


def _sightings(weeks: HostWeeks, notice: int) -> tuple[Integers, Integers]:
    """Numbers of each host's last week, and of its first one from the notices on (a number beyond all, without one)."""
    number = numbered(weeks.seen_weeks)
    size = len(weeks.keys)
    last, back = np.full(size, -1), np.full(size, np.iinfo(np.int64).max)
    np.maximum.at(last, weeks.seen_hosts, number)
    since = number >= notice
    np.minimum.at(back, weeks.seen_hosts[since], number[since])
    return last, back


def _state(host: NotifiedHost, now: Listed | None) -> str:
    """State of a host that was seen in a later week, from the newest list it showed since."""
    if now is None:
        # A host that never showed a list answers as it did.
        return WITHOUT_LIST if host.listed else OPEN
    return OPEN if now == Listed(host.models, host.digests) else CHANGED
