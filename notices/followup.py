"""What became of the hosts of a folder of notices, in the graph as it is now."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cohabit.graph.store import GraphStore
from cohabit.notices.contacts import UNMATCHED
from cohabit.notices.fates import (
    CHANGED,
    GONE,
    GONE_BEFORE,
    NOT_RESCANNED,
    OPEN,
    STATES,
    WITHOUT_LIST,
    Fates,
    read_fates,
)
from cohabit.notices.folder import Notified, read_record
from cohabit.notices.followup_hosts import HOST_COLUMNS, HOST_TABLE_COLUMNS, host_rows
from cohabit.notices.recipients import UNKNOWN
from cohabit.notices.updates import update_notes
from cohabit.privacy import Masker
from cohabit.queries.lifetimes import GONE_AFTER, check_gone_after
from cohabit.queries.measures import wilson
from cohabit.queries.result import Result, Row, result
from cohabit.queries.survival import kaplan_meier
from cohabit.queries.words import count, percent
from cohabit.text import visible
from cohabit.timeline import week_name

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
    OPEN,
    CHANGED,
    FIXED,
    WITHOUT_LIST,
    GONE,
    NOT_RESCANNED,
    "share_gone",
    "gone_low",
    "gone_high",
    UPDATED,
    GONE_BEFORE,
    "share_open",
    "median_days",
)
EVERYBODY = "all recipients"


def followup(
    store: GraphStore,
    masker: Masker,
    folder: str | os.PathLike[str],
    *,
    gone_after: int = GONE_AFTER,
    hosts: bool = False,
) -> Result:
    """Say what became of the hosts that `notify` wrote about: all of them, then by recipient; or (`hosts`) of each.

    A host is `gone` when it is not seen in at least `gone_after` weeks with a scan after the notices and after its last
    one; `gone_before` if it was missed in as many weeks when the notices were made already. One that was seen with a
    list in a later week is `still_open`, or `changed` if its newest list has other models of those asked for, or other
    digests were reported for them. One that listed models when it was notified and was seen in later weeks, but in none
    with a list, is `without_list`. All others are `not_rescanned`: nothing tells. Of those that were seen again (open,
    changed, without a list), `updated` run another software or version since, and `fixed` no longer fall under any
    advisory of their notice (see `update_of`).
    `share_open` and `share_gone` are of `base`, the hosts that are open, changed or gone, with Wilson 95 % intervals.
    `median_days` is the time from the notices until half were gone (Kaplan–Meier, in steps of a week), with the 95 %
    interval of Brookmeyer and Crowley.
    """
    check_gone_after(gone_after)
    path = Path(folder)
    record = read_record(path)
    fates = read_fates(store, record, gone_after, visible(str(path)))
    nobody = UNMATCHED if record.by == "contact" else UNKNOWN
    shown = [nobody if r.recipient is None else r.recipient for r in record.recipients]
    total = _row(EVERYBODY, fates, slice(None))
    headline, caveats = _headline(total, record, fates), _caveats(fates, gone_after)
    if hosts:
        rows = host_rows(store, masker, record, fates, shown)
        return result(HOST_COLUMNS, rows, headline=headline, caveats=caveats, table_columns=HOST_TABLE_COLUMNS)
    start = 0
    rows = []
    for name, recipient in zip(shown, record.recipients, strict=True):
        end = start + len(recipient.hosts)
        rows.append(_row(name, fates, slice(start, end)))
        start = end
    rows.sort(key=lambda r: (-r["notified"], r["recipient"]))
    return result(COLUMNS, [total, *rows], headline=headline, caveats=caveats, table_columns=TABLE_COLUMNS)


def _row(recipient: str, fates: Fates, part: slice) -> Row:
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


def _median(fates: Fates, part: slice) -> Row:
    watched = fates.watched[part]
    names = ("median_days", "median_low", "median_high")
    if not watched.any():
        return dict.fromkeys(names)
    curve = kaplan_meier(fates.entry[part][watched], fates.exit[part][watched], fates.ended[part][watched])
    median = curve.half(curve.survival)
    ages = (median, None if median is None else curve.half(curve.low), curve.half(curve.high))
    return {name: None if age is None else 7 * age for name, age in zip(names, ages, strict=True)}


def _headline(total: Row, record: Notified, fates: Fates) -> str:
    if not fates.scans_since:
        return (
            f"No scan is of a later week than the notices ({week_name(record.week)}): nothing can be said yet of "
            f"{count(total['notified'], 'host')}."
        )
    words = {
        OPEN: "still open",
        CHANGED: "changed",
        WITHOUT_LIST: "answered without a list",
        GONE: "gone",
        GONE_BEFORE: "gone before",
        NOT_RESCANNED: "not rescanned",
    }
    parts = ", ".join(f"{total[state]:,} {words[state]}" for state in STATES)
    said = f"{count(total['notified'], 'host')} notified in {week_name(record.week)}: {parts}."
    if fates.versions:
        again = total[OPEN] + total[CHANGED] + total[WITHOUT_LIST]
        said += f" Of {again:,} seen again {total[UPDATED]:,} updated, {total[FIXED]:,} no longer affected."
    if total["base"]:
        said += f" Of {total['base']:,} known, {percent(total['share_gone'])} are gone."
    return said


def _reasons(fates: Fates, state: str) -> str:
    """How many hosts of that state there are, by reason; empty without any."""
    counted = Counter(reason for reason, own in zip(fates.reasons, fates.states, strict=True) if own == state)
    return ", ".join(f"{number:,} {reason}" for reason, number in sorted(counted.items(), key=str))


def _caveats(fates: Fates, gone_after: int) -> Sequence[str]:
    few = "; with fewer than that, nobody can be gone yet" if fates.scans_since < gone_after else ""
    notes = [
        f"{count(fates.scans_since, 'week')} with a scan since the notices, up to {week_name(fates.week)}. Gone means "
        f"not seen in {gone_after} or more weeks with a scan since (--gone-after), whether or not it reached their "
        f"networks{few}."
    ]
    if reasons := _reasons(fates, WITHOUT_LIST):
        mended = sum(
            state == WITHOUT_LIST and update is not None and update.fixed
            for state, update in zip(fates.states, fates.updates, strict=True)
        )
        of_these = f"; of them {mended:,} with a version that no advisory of the notice is about" if mended else ""
        notes.append(
            f"Answered without a list: {reasons}{of_these}. One reason is a password, another a scan that asks for "
            "none, as of ports; the graph keeps neither, so these hosts are in no share."
        )
    if reasons := _reasons(fates, NOT_RESCANNED):
        notes.append(f"Not rescanned: {reasons}. They may be open or closed; they are in no share.")
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
