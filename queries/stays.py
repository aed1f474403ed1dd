"""How long items stay on hosts: lives of (host, item), by the weeks in which the host's list was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, Incidence, Integers, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries.items import require_at
from cohabit.queries.lives import Lives, numbered, observed
from cohabit.queries.periods import HostWeeks, read_host_weeks
from cohabit.queries.result import Result, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.series import item_weeks
from cohabit.queries.survival import COLUMNS, kaplan_meier
from cohabit.queries.windows import TimeWindow
from cohabit.queries.words import count

# One later list without the item is enough: a host can be missed, but a list that was seen says what is there.
GONE_AFTER = 1


def stays(
    store: GraphStore,
    scope: Scope,
    window: TimeWindow,
    *,
    level: str,
    names: Sequence[str] = (),
    gone_after: int | None = None,
) -> Result:
    """How long the items of a level (`names`: only these) stay on a host.

    A life runs from the first week in which a host listed the item to the last, both included. The item has ended on
    the host when it is missing in at least `gone_after` later weeks with a list of this host; what is too recent to
    tell is censored at the last week about which this is known, and so are items of hosts that vanish. What a host
    lists in its first week with a list was there before, nobody knows how long, and is left out. With a window, lives
    that began before enter at the age that they have then (left truncation).
    """
    if level not in LEVELS:
        raise UsageError(f"--level {level!r}: not a level; {among(level, LEVELS)}")
    # Filters choose hosts over all time: a window would cut lives before they are measured.
    incidence = read_incidence(store, replace(scope, since=None, until=None), details=True)
    labels = [require_at(incidence.models, level, name) for name in names]
    needed = GONE_AFTER if gone_after is None else gone_after
    lives, hosts = _lives(incidence, read_host_weeks(store), level, labels, needed, window)
    what = " or ".join(labels) if labels else f"a {level.replace('-', ' ')}"
    if lives is None:
        return result(
            COLUMNS, [], headline="No list of these hosts was seen in this span: there is no life to measure."
        )
    notes = _notes(lives, needed, hosts)
    if not len(lives.exit):
        headline = f"Nowhere was {what} seen to come, on a host whose list was seen before and after."
        return result(COLUMNS, [], headline=headline, caveats=notes)
    curve = kaplan_meier(lives.entry, lives.exit, lives.ended)
    who = f"{count(len(lives.exit), 'stay')} of {what} on {count(hosts, 'host')}"
    headline = curve.in_words(who, lives.left_out, over="are over", on="go on")
    return result(COLUMNS, curve.rows(), headline=headline, caveats=notes)


def _lives(
    incidence: Incidence,
    weeks: HostWeeks,
    level: str,
    chosen: Sequence[str],
    gone_after: int,
    window: TimeWindow,
) -> tuple[Lives | None, int]:
    """Lives of items on hosts, and on how many hosts they are; None where no list was seen in the window."""
    labels = incidence.models.labels(level)
    of_edge, edges, listed = item_weeks(incidence, level, labels)
    hosts, items = incidence.host_index[edges], of_edge[edges]
    if chosen:
        wanted = np.isin(items, [labels.index(label) for label in chosen])
        hosts, items, listed = hosts[wanted], items[wanted], listed[wanted]
    inside = weeks.listed_weeks
    if window.weeks is not None:
        inside = inside[np.isin(inside, np.array(window.weeks))]
    scanned = distinct(numbered(inside))
    if not len(scanned):
        return None, 0
    first_list, known = _host_ends(weeks, incidence.hosts, gone_after)
    width = max(len(labels), 1)
    pairs, of_pair = np.unique(hosts * width + items, return_inverse=True)
    number = numbered(listed)
    first, last = np.full(len(pairs), np.iinfo(np.int64).max), np.full(len(pairs), -1)
    np.minimum.at(first, of_pair, number)
    np.maximum.at(last, of_pair, number)
    host = pairs // width
    end = np.minimum(known[host], int(scanned[-1]))
    lives = observed(first, last, begin=int(scanned[0]), end=end, unknown=first == first_list[host])
    there = (np.minimum(last, end) >= scanned[0]) & (first <= end) & (first != first_list[host])
    return lives, len(distinct(host[there]))


def _host_ends(weeks: HostWeeks, hosts: Integers, gone_after: int) -> tuple[Integers, Integers]:
    """Of each host its first week with a list, and the last one that `gone_after` others follow (−1: there is none)."""
    number = numbered(weeks.listed_weeks)
    size = int(number.max(initial=0)) + 1
    pairs = distinct(weeks.listed_hosts * size + number)
    position = np.searchsorted(weeks.keys, hosts)
    start, stop = (np.searchsorted(pairs, (position + more) * size, side="left") for more in (0, 1))
    # The last entry is that of hosts without such a week.
    number = np.append(pairs % size, -1)
    first = number[np.where(stop > start, start, -1)]
    return first, number[np.where(stop - start > gone_after, stop - 1 - gone_after, -1)]


def _notes(lives: Lives, gone_after: int, hosts: int) -> list[str]:
    later = "a later week" if gone_after == 1 else f"{gone_after} or more later weeks"
    notes = [
        f"Over means missing in {later} with a list of the host (--gone-after); {np.count_nonzero(~lives.ended):,} of "
        f"{len(lives.ended):,} are censored, as the item was still there or the host's list was not seen again."
    ]
    if lives.left_out:
        notes.append(
            f"Left out: {lives.left_out:,} that the host's first list had already; how long they had been there is not "
            "known."
        )
    if truncated := int(np.count_nonzero(lives.entry)):
        notes.append(f"{truncated:,} that began before the span enter at the age they had then.")
    if lives.too_recent:
        notes.append(f"{lives.too_recent:,} came too late to tell: too few lists of the host, or of the span, follow.")
    if hosts < len(lives.exit):
        notes.append("Items of one host often come and go together, so the intervals are too narrow.")
    return notes
