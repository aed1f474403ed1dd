"""Hosts per period of items, of places, or of items within places: what trends are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, Incidence, Integers, distinct, positions
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.items import require_at
from cohabit.queries.periods import HostWeeks, Periods, check_span, periods_of, read_host_weeks
from cohabit.queries.places import PLACES, UNKNOWN, Membership, memberships
from cohabit.queries.scope import Scope, read_incidence, time_window
from cohabit.queries.words import count, unknown_caveat


@dataclass(frozen=True)
class Series:
    """One row a group (a place, an item, or an item within a place), one column a period.

    `counts` are the hosts of the group in the period, `bases` those that its share is of: the hosts (of the place)
    whose list was seen in the period, empty or not. A base of 0 means that there is no share. `hosts` are the distinct
    hosts over all periods. Groups are in order of the hosts of their places, then of their own, largest first.
    """

    periods: Periods
    places: list[str]
    items: list[str]
    counts: Integers
    bases: Integers
    hosts: Integers
    notes: tuple[str, ...]

    @property
    def observed(self) -> npt.NDArray[np.bool_]:
        """Where there is a share."""
        return self.bases > 0

    @property
    def shares(self) -> measures.Floats:
        """Share of every group and period; NaN without a base."""
        return measures.ratio(self.counts, self.bases)

    def __len__(self) -> int:
        return len(self.items)

    def name(self, group: int) -> str:
        """What a row counts, in words."""
        return " in ".join(text for text in (self.items[group], self.places[group]) if text)


@dataclass(frozen=True)
class Sightings:
    """Which hosts in scope listed something, and which listed which item, in which period; each once, parallel arrays.

    `listed_…` are hosts (positions in scope) and periods in which a list was seen, `item_…` hosts, items (positions in
    `labels`) and periods in which an item was on it.
    """

    incidence: Incidence
    periods: Periods
    labels: list[str]
    listed_hosts: Integers
    listed_periods: Integers
    item_hosts: Integers
    items: Integers
    item_periods: Integers


def read_sightings(
    store: GraphStore, scope: Scope, level: str | None, every: str, host_weeks: HostWeeks | None = None
) -> Sightings:
    """Read who listed what when; without a level only who listed anything. `host_weeks`: where they are read before."""
    check_span(scope)
    if level is not None and level not in LEVELS:
        raise UsageError(f"--level {level!r}: not a level; {among(level, LEVELS)}")
    host_weeks = host_weeks or read_host_weeks(store)
    periods = periods_of(host_weeks, every, time_window(scope))
    return sightings(host_weeks, read_incidence(store, scope, details=level is not None), periods, level)


def sightings(host_weeks: HostWeeks, incidence: Incidence, periods: Periods, level: str | None) -> Sightings:
    """Tell who listed what when: from the weeks of all hosts, and the deployments of those in scope with theirs."""
    listed = _listed(host_weeks, incidence, periods)
    if level is None:
        none = np.empty(0, np.int64)
        return Sightings(incidence, periods, [], *listed, none, none, none)
    labels = incidence.models.labels(level)
    return Sightings(incidence, periods, labels, *listed, *_with_items(incidence, level, labels, periods))


def _listed(host_weeks: HostWeeks, incidence: Incidence, periods: Periods) -> tuple[Integers, Integers]:
    position = positions(host_weeks.keys, incidence.hosts)
    hosts, of = position[host_weeks.listed_hosts], periods.of(host_weeks.listed_weeks)
    width = max(len(periods), 1)
    inside = (hosts >= 0) & (of >= 0)
    pairs = distinct(hosts[inside] * width + of[inside])
    return pairs // width, pairs % width


def _with_items(
    incidence: Incidence, level: str, labels: list[str], periods: Periods
) -> tuple[Integers, Integers, Integers]:
    items, edges, weeks = item_weeks(incidence, level, labels)
    of = periods.of(weeks)
    width, height = max(len(periods), 1), max(len(labels), 1)
    pairs = (incidence.host_index * height + items)[edges]
    # Several models of one item, or several weeks of one period, are one sighting.
    keys = distinct((pairs * width + of)[of >= 0])
    return keys // width // height, keys // width % height, keys % width


def item_weeks(incidence: Incidence, level: str, labels: list[str]) -> tuple[Integers, Integers, Integers]:
    """The item (position in `labels`, −1 unknown) of each edge; edge and week of every listing of a known item.

    Several edges of a host can have the same item.
    """
    edges = incidence.edges
    if edges.weeks is None or edges.week_edges is None or not labels:
        none = np.empty(0, np.int64)
        return np.full(len(incidence.host_index), -1, np.int64), none, none
    position: dict[str | None, int] = {label: i for i, label in enumerate(labels)}
    of_model = np.array([position.get(item, -1) for item in incidence.models.items[level]], np.int64)
    items = of_model[incidence.model_index]
    known = (items >= 0)[edges.week_edges]
    return items, edges.week_edges[known], edges.weeks[known]


def read_series(
    store: GraphStore, scope: Scope, *, level: str | None, by: str | None, every: str, names: Sequence[str] = ()
) -> Series:
    """Count items of a level (`names`: only these), places (`by`), or items within places (both)."""
    if by is not None and by not in PLACES:
        raise UsageError(f"--by {by!r}: not a place; {among(by, PLACES)}")
    if names and level is None:
        raise UsageError("--item needs --level, beside --by")
    seen = read_sightings(store, scope, level, every)
    hosts = seen.incidence.hosts
    return series(seen, level, memberships(store, by, hosts) if by else Membership.everywhere(len(hosts)), names)


def series(seen: Sightings, level: str | None, place: Membership, names: Sequence[str] = ()) -> Series:
    """Count what was seen, place by place."""
    chosen = named_items(seen, level, names)
    hosts = seen.incidence.hosts
    width, length = max(len(seen.labels), 1), len(seen.periods)

    def places_of(of_hosts: Integers, of: Integers) -> tuple[Integers, Integers]:
        source, places = place.join(of_hosts)
        return source, places * width + of[source]

    source, at = places_of(seen.listed_hosts, np.zeros_like(seen.listed_hosts))
    listed = _counted(at // width, seen.listed_periods[source], len(place.labels), length)
    if level is None:
        item_hosts, items, item_periods = seen.listed_hosts, np.zeros_like(seen.listed_hosts), seen.listed_periods
    else:
        item_hosts, items, item_periods = seen.item_hosts, seen.items, seen.item_periods
    source, at = places_of(item_hosts, items)
    groups = distinct(at)
    if chosen is not None:
        # A named item has its row also where no host has it.
        groups = np.flatnonzero(listed.any(axis=1))[:, None] * width + chosen
        groups = distinct(groups.ravel())
    index = positions(at, groups)
    known = index >= 0
    index = index[known]
    counts = _counted(index, item_periods[source[known]], len(groups), length)
    pairs = distinct(index * max(len(hosts), 1) + item_hosts[source[known]])
    totals = np.bincount(pairs // max(len(hosts), 1), minlength=len(groups)).astype(np.int64)
    bases = listed[groups // width] if level else np.tile(_everywhere(seen), (len(groups), 1))
    labels = [(place.labels[g // width], seen.labels[g % width] if level else "") for g in groups.tolist()]
    sizes = _hosts_of_places(seen, place)[groups // width] if level else totals
    order = sorted(range(len(groups)), key=lambda i: _order(labels[i], int(sizes[i]), int(totals[i])))
    notes = (*seen.periods.gaps(), *(unknown_caveat(seen.incidence, seen.incidence.at(level)) if level else ()))
    return Series(
        seen.periods,
        [labels[i][0] for i in order],
        [labels[i][1] for i in order],
        counts[order],
        bases[order],
        totals[order],
        (*notes, *_unlisted(seen)),
    )


def named_items(seen: Sightings, level: str | None, names: Sequence[str]) -> Integers | None:
    """Positions of the named items, ascending; None where none is named."""
    if not names or level is None:
        return None
    found = {require_at(seen.incidence.models, level, name) for name in names}
    return np.array(sorted(seen.labels.index(label) for label in found), np.int64)


def _hosts_of_places(seen: Sightings, place: Membership) -> Integers:
    """Hosts of each place whose list was seen, in whichever period."""
    _, places = place.join(distinct(seen.listed_hosts))
    return np.bincount(places, minlength=len(place.labels)).astype(np.int64)


def _order(label: tuple[str, str], of_place: int, hosts: int) -> tuple[object, ...]:
    place, item = label
    return (place == UNKNOWN, -of_place, place, -hosts, item)


def _counted(rows: Integers, columns: Integers, height: int, width: int) -> Integers:
    return np.bincount(rows * width + columns, minlength=height * width).reshape(height, width).astype(np.int64)


def _everywhere(seen: Sightings) -> Integers:
    """Hosts whose list was seen, of each period."""
    return np.bincount(seen.listed_periods, minlength=len(seen.periods)).astype(np.int64)


def _unlisted(seen: Sightings) -> tuple[str, ...]:
    """Say in how many periods there was a scan, but no list of a host in scope."""
    empty = (seen.periods.scans > 0) & (_everywhere(seen) == 0)
    if not empty.any() or empty.all():
        return ()
    return (
        f"No host in scope showed a list in {count(int(np.count_nonzero(empty)), seen.periods.every)} with a scan.",
    )
