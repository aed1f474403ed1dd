"""Hosts at two dates: who was seen with a list at which, and what is known of those who were seen at one only."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, Integers, host_keys
from cohabit.graph.store import GraphStore
from cohabit.queries.scope import Scope, read_incidences, time_window
from cohabit.queries.words import count
from cohabit.timeline import monday_after, parse_day, week_name

Mask = npt.NDArray[np.bool_]

RESCANNED, NO_LIST, MISSED, NOT_SEEN_SINCE = range(4)
NEW, NOT_SCANNED_BEFORE = 1, 2


@dataclass(frozen=True)
class Dates:
    """Two dates: what each host last listed in the weeks before each of them, and what became of the hosts.

    `states_before` has one value a host of `before`: `RESCANNED` (a list at both dates), `NO_LIST` (it answered in the
    second span of weeks, without a list), `MISSED` (not seen in it, but later) or `NOT_SEEN_SINCE`. `states_after` has
    one a host of `after`: `RESCANNED`, `NEW` (first seen after the first span) or `NOT_SCANNED_BEFORE` (seen until
    then, but without a list in that span).
    """

    days: tuple[str, str]
    spans: tuple[tuple[int, ...], tuple[int, ...]]
    before: Incidence
    after: Incidence
    states_before: Integers
    states_after: Integers

    @property
    def rescanned(self) -> int:
        """Hosts with a list at both dates."""
        return int(np.count_nonzero(self.states_before == RESCANNED))

    def state(self, *states: int) -> int:
        """Hosts of the first date in one of those states."""
        return int(np.count_nonzero(np.isin(self.states_before, states)))

    def nothing(self) -> str | None:
        """Why there is nothing to compare; None when there is."""
        for day, span, incidence in zip(self.days, self.spans, (self.before, self.after), strict=True):
            if not len(incidence.hosts):
                return f"No list of these hosts was seen in {_weeks(span)} ({day}): nothing can be compared."
        return None

    def caveats(self) -> tuple[str, ...]:
        """What a reader must know of the dates."""
        first, second = self.days
        hosts = f"{count(len(self.before.hosts), 'host')} with a list in {_weeks(self.spans[0])} ({first})"
        others = f"{len(self.after.hosts):,} in {_weeks(self.spans[1])} ({second})"
        said = [f"{hosts}, {others}, {self.rescanned:,} in both. Shares are of these, with or without models."]
        left = self.state(NO_LIST, MISSED, NOT_SEEN_SINCE)
        if left:
            said.append(
                f"Not rescanned: {count(left, 'host')} ({self.state(NO_LIST):,} answered without a list, "
                f"{self.state(MISSED):,} missed but seen later, {self.state(NOT_SEEN_SINCE):,} not seen since: gone, "
                "or not scanned)."
            )
        unseen = int(np.count_nonzero(self.states_after == NOT_SCANNED_BEFORE))
        if unseen:
            said.append(
                f"Not scanned before: {count(unseen, 'host')} of the second date, seen earlier but without a list at "
                "the first. What they have is neither kept nor added, so these two can be less than after."
            )
        return tuple(said)


def _weeks(span: tuple[int, ...]) -> str:
    first, last = week_name(span[0]), week_name(span[-1])
    return first if first == last else f"{first} to {last}"


def read_dates(store: GraphStore, scope: Scope, date1: str, date2: str) -> Dates:
    """Read two dates; the filters choose the hosts that they leave at one of them at least.

    UsageError for dates in the wrong order, or whose spans of weeks overlap: there a host would be compared with
    itself, and the change be taken for smaller than it is.
    """
    if scope.timed:
        raise UsageError("diff takes its two dates as arguments; leave out --since, --until and --at")
    first, second = parse_day(date1), parse_day(date2)
    if second < first:
        raise UsageError(f"{date2} is before {date1}; name the earlier date first")
    scopes = [replace(scope, at=day) for day in (date1, date2)]
    spans = [time_window(s).weeks or () for s in scopes]
    if set(spans[0]) & set(spans[1]):
        apart = (monday_after(second) - monday_after(first)).days // 7
        if not apart:
            raise UsageError(f"{date1} and {date2} are in one week; name dates of different weeks")
        if apart >= len(spans[1]):
            raise UsageError(f"{date1} and {date2} are both outside the time that scans can be of")
        raise UsageError(
            f"the {len(spans[1])} weeks up to {date2} overlap those up to {date1}; give --within {apart} or less"
        )
    before, after = read_incidences(store, scopes, either=True)
    known = host_keys(store, " WHERE h.first_seen < $day", {"day": monday_after(first).isoformat()})
    answered = host_keys(store, " WHERE any(w IN $weeks WHERE w IN h.weeks)", {"weeks": list(spans[1])})
    later = host_keys(store, " WHERE h.last_seen >= $day", {"day": monday_after(second).isoformat()})
    states_before = np.select(
        [np.isin(before.hosts, after.hosts), np.isin(before.hosts, answered), np.isin(before.hosts, later)],
        [RESCANNED, NO_LIST, MISSED],
        NOT_SEEN_SINCE,
    )
    states_after = np.select(
        [np.isin(after.hosts, before.hosts), np.isin(after.hosts, known)], [RESCANNED, NOT_SCANNED_BEFORE], NEW
    )
    return Dates((date1, date2), (spans[0], spans[1]), before, after, states_before, states_after)
