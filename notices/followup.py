"""What became of the hosts of a folder of notices, in the graph as it is now."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cohabit.errors import DataError
from cohabit.graph.incidence import Integers, distinct, host_addresses, host_keys
from cohabit.graph.store import GraphStore
from cohabit.notices.contacts import UNMATCHED
from cohabit.notices.folder import WITHOUT_SERVERS, Notified, NotifiedHost, read_record
from cohabit.notices.lists import Listed, newest_lists
from cohabit.notices.recipients import UNKNOWN
from cohabit.notices.updates import Update, read_updates, update_notes
from cohabit.queries.lifetimes import GONE_AFTER, check_gone_after
from cohabit.queries.lives import numbered
from cohabit.queries.measures import wilson
from cohabit.queries.periods import HostWeeks, read_host_weeks
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import weeks_seen
from cohabit.queries.survival import kaplan_meier
from cohabit.queries.words import count, percent
from cohabit.text import visible
from cohabit.timeline import monday_of, week_name

OPEN, CHANGED, GONE, GONE_BEFORE, NOT_RESCANNED = STATES = (
    "still_open",
    "changed",
    "gone",
    "gone_before",
    "not_rescanned",
)
UPDATED, FIXED = "updated", "fixed"
COLUMNS = (
    "recipient",
    "notified",
    *STATES,
    UPDATED,
    FIXED,
    "base",
    "share_open",
    "open_low",
    "open_high",
    "share_gone",
    "gone_low",
    "gone_high",
    "median_days",
    "median_low",
    "median_high",
)
TABLE_COLUMNS = (
    "recipient",
    "notified",
    *STATES,
    UPDATED,
    FIXED,
    "share_open",
    "share_gone",
    "gone_low",
    "gone_high",
    "median_days",
)
EVERYBODY = "all recipients"


def followup(store: GraphStore, folder: str | os.PathLike[str], *, gone_after: int = GONE_AFTER) -> Result:
    """Say what became of the hosts that `notify` wrote about: all of them, then by recipient.

    A host is `gone` as in `lifetimes`: not seen in at least `gone_after` weeks with a scan after its last one;
    `gone_before` if that was so in the week of the notices already. One that was seen with a list in a later week is
    `still_open`, or `changed` if its newest list has other models of those asked for, or other digests were reported
    for them. All others are `not_rescanned`: nothing tells. Of those that are open or changed, `updated` run another
    software or version since, and `fixed` no longer fall under any advisory of their notice (see `update_of`).
    `share_open` and `share_gone` are of `base`, the hosts that are open, changed or gone, with Wilson 95 % intervals.
    `median_days` is the time from the notices until half were gone (Kaplan–Meier, in steps of a week), with the 95 %
    interval of Brookmeyer and Crowley.
    """
    check_gone_after(gone_after)
    path = Path(folder)
    record = read_record(path)
    fates = _read(store, record, gone_after, visible(str(path)))
    nobody = UNMATCHED if record.by == "contact" else UNKNOWN
    shown = [nobody if r.recipient is None else r.recipient for r in record.recipients]
    start = 0
    rows = []
    for name, recipient in zip(shown, record.recipients, strict=True):
        end = start + len(recipient.hosts)
        rows.append(_row(name, fates, slice(start, end)))
        start = end
    rows.sort(key=lambda r: (-r["notified"], r["recipient"]))
    total = _row(EVERYBODY, fates, slice(0, start))
    return result(
        COLUMNS,
        [total, *rows],
        headline=_headline(total, record, fates),
        caveats=_caveats(fates, gone_after),
        table_columns=TABLE_COLUMNS,
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
class _Fates:
    """One entry a notified host, in the order of the record.

    `entry`, `exit` and `ended` are its life since the week of the notices, in weeks, where `watched`: it was seen in
    that week or later, and early enough to tell who was there after it. `reasons` counts why others are not rescanned.
    `updates` are those of hosts that are open or changed, None of others; all are None where the record does not say
    what their servers were (`versions`).
    """

    states: list[str]
    watched: npt.NDArray[np.bool_]
    entry: Integers
    exit: Integers
    ended: npt.NDArray[np.bool_]
    week: int
    scans_since: int
    reasons: Counter[str]
    versions: bool
    updates: list[Update | None]

    def updates_of(self, part: slice) -> list[Update]:
        """Those of hosts that are open or changed."""
        return [update for update in self.updates[part] if update is not None]


_NO_LIST, _NOT_SEEN, _ABSENT = "answered without a list", "not seen since", "no longer in this graph"


def _read(store: GraphStore, record: Notified, gone_after: int, where: str) -> _Fates:
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
    missed = len(scanned) - up_to_last
    missed_before = np.searchsorted(scanned, notice, side="right") - up_to_last
    later = newest_lists(store, record.items, after=record.week)
    reasons: Counter[str] = Counter()
    states = []
    for i, host in enumerate(hosts):
        if not here[i]:
            reasons[_ABSENT] += 1
            state = NOT_RESCANNED
        elif missed_before[i] >= gone_after:
            state = GONE_BEFORE
        elif missed[i] >= gone_after:
            state = GONE
        elif last[i] <= notice:
            reasons[_NOT_SEEN] += 1
            state = NOT_RESCANNED
        else:
            state = _state(host, later.of_host.get(host.host))
            reasons[_NO_LIST] += state == NOT_RESCANNED
        states.append(state)
    versions = record.version != WITHOUT_SERVERS
    updates: list[Update | None] = [None] * len(hosts)
    if versions:
        seen = [i for i, state in enumerate(states) if state in (OPEN, CHANGED)]
        found = read_updates(store, [hosts[i] for i in seen], keys[at[seen]], record.week)
        for i, update in zip(seen, found, strict=True):
            updates[i] = update
    # The last week about which one knows who was there later: as many scans follow it.
    end = int(scanned[-1 - gone_after]) if len(scanned) > gone_after else -1
    watched = here & (back <= end)
    return _Fates(
        states,
        watched,
        np.where(watched, back - notice, 0),
        np.where(watched, np.minimum(last, end) - notice + 1, 0),
        watched & (last <= end),
        later.week,
        int(np.count_nonzero(scanned > notice)),
        reasons,
        versions,
        updates,
    )


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
        return NOT_RESCANNED if host.listed else OPEN
    return OPEN if now == Listed(host.models, host.digests) else CHANGED


def _row(recipient: str, fates: _Fates, part: slice) -> Row:
    counts = Counter(fates.states[part])
    base = counts[OPEN] + counts[CHANGED] + counts[GONE]
    updates = fates.updates_of(part)
    row: Row = {
        "recipient": recipient,
        "notified": sum(counts.values()),
        **{s: counts[s] for s in STATES},
        UPDATED: sum(update.updated for update in updates) if fates.versions else None,
        FIXED: sum(update.fixed for update in updates) if fates.versions else None,
        "base": base,
    }
    for name, state in (("open", OPEN), ("gone", GONE)):
        low, high = (float(bound) for bound in wilson(counts[state], base))
        row |= {f"share_{name}": counts[state] / base if base else None, f"{name}_low": low, f"{name}_high": high}
    return {**row, **_median(fates, part)}


def _median(fates: _Fates, part: slice) -> Row:
    watched = fates.watched[part]
    names = ("median_days", "median_low", "median_high")
    if not watched.any():
        return dict.fromkeys(names)
    curve = kaplan_meier(fates.entry[part][watched], fates.exit[part][watched], fates.ended[part][watched])
    median = curve.half(curve.survival)
    ages = (median, None if median is None else curve.half(curve.low), curve.half(curve.high))
    return {name: None if age is None else 7 * age for name, age in zip(names, ages, strict=True)}


def _headline(total: Row, record: Notified, fates: _Fates) -> str:
    if not fates.scans_since:
        return (
            f"No scan is of a later week than the notices ({week_name(record.week)}): nothing can be said yet of "
            f"{count(total['notified'], 'host')}."
        )
    words = {
        OPEN: "still open",
        CHANGED: "changed",
        GONE: "gone",
        GONE_BEFORE: "gone before",
        NOT_RESCANNED: "not rescanned",
    }
    parts = {state: f"{total[state]:,} {words[state]}" for state in STATES}
    if fates.versions:
        # Behind the first of the two kinds that it is of, if the other one is empty.
        behind, whom = (CHANGED, "of both") if total[CHANGED] else (OPEN, "of these")
        parts[behind] += f" ({whom} {total[UPDATED]:,} updated, {total[FIXED]:,} no longer affected)"
    known = f" Of {total['base']:,} known, {percent(total['share_gone'])} are gone." if total["base"] else ""
    return (
        f"{count(total['notified'], 'host')} notified in {week_name(record.week)}: {', '.join(parts.values())}.{known}"
    )


def _caveats(fates: _Fates, gone_after: int) -> Sequence[str]:
    notes = [
        f"{count(fates.scans_since, 'week')} with a scan since the notices, up to {week_name(fates.week)}. Gone means "
        f"not seen in {gone_after} or more weeks with a scan (--gone-after), whether or not it reached their networks."
    ]
    if reasons := [f"{number:,} {reason}" for reason, number in sorted(fates.reasons.items()) if number]:
        notes.append(f"Not rescanned: {', '.join(reasons)}. They may be open or closed; they are in no share.")
    notes += update_notes(fates.updates_of(slice(None)) if fates.versions else None)
    states = Counter(fates.states)
    if states[GONE_BEFORE]:
        notes.append("Gone before: so long unseen when they were notified that no notice can have closed them.")
    if fates.watched.any():
        notes.append(
            f"The median is of the {count(int(np.count_nonzero(fates.watched)), 'host')} seen from the week of the "
            "notices on; each counts from the first week in which it was, and days come in steps of a week."
        )
    notes.append(
        "Hosts also vanish without a notice, and addresses move: without hosts that nobody wrote to, nothing shows "
        "that the notices did it (`cohabit lifetimes` gives the usual course)."
    )
    return notes
