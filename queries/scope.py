"""Which hosts and which time a question is about: filters, time window, and the incidence of what remains.

Filters choose hosts; the chosen hosts keep all their models. Several filters, and several values of one, must all hold;
one value of `country` can name several countries, of which a host is in one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import (
    Deployments,
    Incidence,
    Integers,
    ModelTable,
    distinct,
    host_addresses,
    host_keys,
    positions,
    read_models,
    sightings_span,
)
from cohabit.graph.places import KINDS
from cohabit.graph.prefixes import PrefixTable, parse_prefix
from cohabit.graph.store import GraphStore
from cohabit.queries import filters
from cohabit.queries.countries import parse_countries
from cohabit.queries.digest_filter import hosts_with_digest
from cohabit.queries.digest_names import named_digest
from cohabit.queries.items import hosts_with_any, labs_in, resolve_item
from cohabit.queries.shared_lists import hosts_with_shared_lists
from cohabit.queries.windows import TimeWindow, read_windows
from cohabit.text import visible
from cohabit.timeline import parse_day, weeks_between


@dataclass(frozen=True)
class Scope:
    """Filters and time of one question; the names are those of the command-line options."""

    since: str | None = None
    until: str | None = None
    at: str | None = None
    within: int | None = None
    country: tuple[str, ...] = ()
    not_country: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    provider_kind: tuple[str, ...] = ()
    software: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    in_file: tuple[str, ...] = ()
    not_in_file: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    min_weeks: int | None = None
    min_models: int | None = None
    capability: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    advisory: tuple[str, ...] = ()
    severity: str | None = None
    first_seen_since: str | None = None
    active_within: int | None = None
    exclude_decoys: bool = False
    exclude_shared_lists: bool = False

    def description(self) -> tuple[str, ...]:
        """The filters in words, for captions; empty when there is none.

        Captions are handed on with the map, so a prefix is named but not shown: it is part of somebody's address. So
        is the name of a list of assets.
        """
        words = []
        for f in fields(self):
            value = getattr(self, f.name)
            option = "--" + option_of(f.name)
            for one in value if isinstance(value, tuple) else (value,):
                if one is True:
                    words.append(option)
                elif one is not None and one is not False:
                    words.append(f"{option} (not shown)" if f.name in _NOT_SHOWN else f"{option} {one}")
        return tuple(words)

    @property
    def weeks_back(self) -> int:
        """How many weeks `at` looks back."""
        return 4 if self.within is None else self.within

    @property
    def moment(self) -> str:
        """What `at` takes of each host, in words; nothing without it."""
        if self.at is None:
            return ""
        weeks = "week" if self.weeks_back == 1 else f"{self.weeks_back} weeks"
        return f"listed at {self.at}: the newest list of each host, of the {weeks} before"

    @property
    def selective(self) -> bool:
        """Whether filters leave a part of the hosts that scans saw; leaving decoys out only cleans what they saw."""
        cleaned = replace(self, exclude_decoys=False, exclude_shared_lists=False)
        return replace(cleaned, since=None, until=None, at=None, within=None) != Scope()

    @property
    def timed(self) -> bool:
        """Whether a time window is set (`listings` is not known then)."""
        return any((self.since, self.until, self.at))


_NOT_SHOWN = ("prefix", "in_file", "not_in_file")


def option_of(name: str) -> str:
    """What the command line calls a filter; `in` alone is a word of Python's."""
    return name.removesuffix("_file").replace("_", "-")


# Cypher after MATCH (h:Host), for one value under $value.
PLACE_FILTERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "country": ("-[:IN_COUNTRY]->(c:Country) WHERE c.code IN $value", parse_countries),
    "not_country": ("-[:IN_COUNTRY]->(c:Country) WHERE NOT c.code IN $value", parse_countries),
    "network": ("-[:IN_NETWORK]->(:Network {asn: $value})", lambda v: parse_asn(v)),
    "provider": ("-[:IN_NETWORK]->(:Network)-[:OPERATED_BY]->(p:Provider) WHERE lower(p.name) = $value", str.lower),
    "provider_kind": (
        "-[:IN_NETWORK]->(:Network)-[:OPERATED_BY]->(:Provider {kind: $value})",
        lambda v: parse_kind(v),
    ),
    "software": ("-[:RUNS]->(:Software {name: $value})", str.lower),
}


# No scan reaches these weeks: the loaders accept nothing before 2023, and nothing from the future.
_EARLIEST = date(2022, 12, 12)
_LATEST = date(2099, 12, 31)
_MOST_WEEKS = 1_000


def parse_asn(text: str) -> int:
    """Read `4134` or `AS4134`, or raise UsageError."""
    digits = text.strip().upper().removeprefix("AS")
    if not digits.isdecimal() or not digits.isascii() or len(digits) > 10 or int(digits) >= 2**32:
        raise UsageError(f"{visible(text, 40)!r} is not an AS number; write it as 4134 or AS4134")
    return int(digits)


def parse_kind(text: str) -> str:
    """Read a kind of provider in any case, or raise UsageError."""
    kind = " ".join(text.casefold().replace("-", " ").split())
    if kind not in KINDS:
        raise UsageError(f"{visible(text, 40)!r} is not a kind of provider; {among(kind, KINDS)}")
    return kind


def time_window(scope: Scope) -> TimeWindow:
    """Turn the time options into weeks, or raise UsageError."""
    if scope.at is None:
        if scope.within is not None:
            raise UsageError("--within needs --at DATE")
        if scope.since is None and scope.until is None:
            return TimeWindow(None)
        first = parse_day(scope.since) if scope.since else _EARLIEST
        last = parse_day(scope.until) if scope.until else _LATEST
        if scope.since and scope.until and last < first:
            raise UsageError(f"--until {scope.until} is before --since {scope.since}")
        return TimeWindow(tuple(weeks_between(_bounded(first), _bounded(last))))
    if scope.since or scope.until:
        raise UsageError("--at cannot be combined with --since or --until")
    within = scope.weeks_back
    if not 1 <= within <= _MOST_WEEKS:
        raise UsageError(f"--within {within}: it takes 1 to {_MOST_WEEKS} weeks")
    day = _bounded(parse_day(scope.at))
    first = _bounded(day - timedelta(weeks=within - 1))
    return TimeWindow(tuple(weeks_between(first, day)), newest_only=True)


def _bounded(day: date) -> date:
    return min(max(day, _EARLIEST), _LATEST)


def last_week(scope: Scope) -> int | None:
    """The last week that a question looks at; None where its time has no end."""
    weeks = time_window(scope).weeks if scope.at or scope.until else None
    return weeks[-1] if weeks else None


def window_in(store: GraphStore, scope: Scope) -> TimeWindow:
    """The time window, of the weeks in which some host was seen: an open end would be thousands of weeks to look for.

    Of a window without such a week one week is left, which matches nothing.
    """
    window = time_window(scope)
    if window.weeks is None:
        return window
    weeks = tuple(sorted(set(window.weeks).intersection(weeks_seen(store)))) or window.weeks[:1]
    return TimeWindow(weeks, window.newest_only)


def weeks_seen(store: GraphStore) -> list[int]:
    """The ISO weeks in which some host was seen, ascending."""
    table = store.table("MATCH (h:Host) UNWIND h.weeks AS week RETURN DISTINCT week AS week")
    return sorted(table.column("week").to_pylist())


def days_seen(store: GraphStore, scope: Scope) -> tuple[str, str] | None:
    """The first and the last day of all observations, where a scope has no time and so takes what was ever seen."""
    span = None if scope.timed else sightings_span(store)
    return None if span is None else (span[0][:10], span[1][:10])


def check_min_hosts(min_hosts: int) -> None:
    """Refuse a least number of hosts that leaves nothing out."""
    if min_hosts < 1:
        raise UsageError(f"--min-hosts {min_hosts}: it takes 1 or more")


def read_incidence(store: GraphStore, scope: Scope, *, details: bool = False) -> Incidence:
    """Read the hosts in scope and what they run.

    `details` adds `observations` and weeks to the edges (not with `at`, which looks at one week of each host).
    """
    return read_incidences(store, [scope], details=details)[0]


def read_incidences(
    store: GraphStore, scopes: Sequence[Scope], *, details: bool = False, either: bool = False
) -> list[Incidence]:
    """Read several scopes at once, with one model table; what they have in common is read once.

    Scopes with the same hosts in the same window get one and the same object. With `either`, a host that the filters
    of one scope leave is in all of them (in whose time it was seen): filters on what hosts run hold at different times
    for different hosts.
    """
    models = read_models(store)
    windows = [window_in(store, scope) for scope in scopes]
    read = read_windows(store, models, windows, details=details)
    chosen = [
        _filtered(store, scope, window, hosts, models, edges)
        for scope, window, (hosts, edges) in zip(scopes, windows, read, strict=True)
    ]
    if either:
        kept = distinct(np.concatenate(chosen))
        chosen = [np.intersect1d(hosts, kept, assume_unique=True) for hosts, _ in read]
    found: dict[tuple[TimeWindow, bytes], Incidence] = {}
    keys = [(window, hosts.tobytes()) for hosts, window in zip(chosen, windows, strict=True)]
    for key, hosts, (_, edges) in zip(keys, chosen, read, strict=True):
        if key not in found:
            found[key] = _incidence(hosts, edges, models, key[0])
    return [found[key] for key in keys]


def _filtered(
    store: GraphStore, scope: Scope, window: TimeWindow, hosts: Integers, models: ModelTable, edges: Deployments
) -> Integers:
    for name, (pattern, parse) in PLACE_FILTERS.items():
        for value in getattr(scope, name):
            hosts = np.intersect1d(hosts, host_keys(store, pattern, {"value": parse(value)}), assume_unique=True)
    if scope.prefix:
        hosts = np.intersect1d(hosts, _in_prefixes(store, scope.prefix), assume_unique=True)
    for file in scope.in_file:
        hosts = np.intersect1d(hosts, filters.listed_in(store, file), assume_unique=True)
    if scope.min_weeks is not None:
        hosts = np.intersect1d(hosts, _long_seen(store, scope.min_weeks, window.weeks), assume_unique=True)
    if scope.min_models is not None:
        hosts = np.intersect1d(hosts, filters.with_models(hosts, edges, scope.min_models), assume_unique=True)
    for chosen in _chosen(store, scope, models, edges):
        hosts = np.intersect1d(hosts, chosen, assume_unique=True)
    until = last_week(scope)
    for name in scope.has:
        hosts = np.intersect1d(hosts, _with_named(store, models, edges, name, until), assume_unique=True)
    for name in scope.without:
        hosts = np.setdiff1d(hosts, _with_named(store, models, edges, name, until), assume_unique=True)
    return hosts


def _with_named(store: GraphStore, models: ModelTable, edges: Deployments, name: str, until: int | None) -> Integers:
    """Hosts that have, among those edges, the item of that name, one of labs of several countries, or one with the
    digest, if reported until then.
    """
    digest = named_digest(name)
    if digest is not None:
        return hosts_with_digest(store, models, edges, digest, until)
    countries = labs_in(name)
    if countries is not None:
        return hosts_with_any("lab-country", countries, models, edges)
    item = resolve_item(models, name)
    return hosts_with_any(item.level, (item.label,), models, edges)


def _chosen(store: GraphStore, scope: Scope, models: ModelTable, edges: Deployments) -> Iterator[Integers]:
    """Yield the hosts that each filter on what hosts run and when they were seen leaves."""
    for file in scope.not_in_file:
        yield np.setdiff1d(host_keys(store), filters.listed_in(store, file), assume_unique=True)
    for capability in scope.capability:
        yield filters.with_capability(store, models, edges, capability)
    if scope.version:
        yield filters.with_version(store, scope.version, scope.software)
    if scope.advisory:
        yield filters.with_advisories(store, scope.advisory)
    if scope.severity is not None:
        yield filters.with_severity(store, models, edges, scope.severity)
    if scope.first_seen_since is not None:
        yield filters.first_seen_since(store, scope.first_seen_since)
    if scope.active_within is not None:
        yield filters.active_within(store, scope.active_within)
    if scope.exclude_decoys:
        yield filters.not_suspected(store)
    if scope.exclude_shared_lists:
        yield np.setdiff1d(host_keys(store), hosts_with_shared_lists(store, models), assume_unique=True)


def _in_prefixes(store: GraphStore, prefixes: Sequence[str]) -> Integers:
    tables = []
    for text in prefixes:
        try:
            tables.append(PrefixTable([parse_prefix(text, host_bits=True)]))
        except ValueError:
            shown = visible(text, 80)
            raise UsageError(f"{shown!r} is not a prefix; write it as 192.0.2.0/24 or 2001:db8::/32") from None
    keys, addresses = host_addresses(store)
    inside = np.ones(len(keys), bool)
    for table in tables:
        inside &= table.longest(addresses) >= 0
    return keys[inside]


def _long_seen(store: GraphStore, minimum: int, weeks: tuple[int, ...] | None) -> Integers:
    """Hosts seen in at least `minimum` weeks (of the window, where there is one)."""
    if minimum < 0:
        raise UsageError(f"--min-weeks {minimum}: it takes 0 or more")
    if weeks is None:
        return host_keys(store, " WHERE size(h.weeks) >= $minimum", {"minimum": minimum})
    table = store.table(f"MATCH (h:Host) RETURN {store.host_key} AS host, h.weeks AS weeks")
    wanted = set(weeks)
    rows = zip(table.column("host").to_pylist(), table.column("weeks").to_pylist(), strict=True)
    return np.array(sorted(host for host, seen in rows if len(wanted.intersection(seen)) >= minimum), np.int64)


def _incidence(hosts: Integers, edges: Deployments, models: ModelTable, window: TimeWindow) -> Incidence:
    """Cut the edges to the hosts in scope (and the weeks of the edges to the window)."""
    position = positions(edges.hosts, hosts)
    inside = position >= 0
    kept = edges.keep(inside)
    if window.weeks is not None and kept.weeks is not None and kept.week_edges is not None:
        listed = np.isin(kept.weeks, np.array(window.weeks))
        kept = replace(kept, weeks=kept.weeks[listed], week_edges=kept.week_edges[listed])
    return Incidence(hosts, position[inside], kept.models, models, kept)
