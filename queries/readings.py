"""Readings of one graph: the same figures under other definitions, so that one sees what hangs on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np

from cohabit.graph.incidence import Incidence, Integers, ModelTable, newest_sighting
from cohabit.graph.store import GraphStore
from cohabit.queries.listed import Mask, listed_of
from cohabit.queries.periods import HostWeeks, periods_of, read_host_weeks
from cohabit.queries.places import UNKNOWN, Membership, memberships
from cohabit.queries.rank import SPREAD, item_rows
from cohabit.queries.result import Result, Row
from cohabit.queries.risks import condition_rows
from cohabit.queries.scope import Scope, read_incidences, time_window
from cohabit.queries.series import series, sightings
from cohabit.queries.trends import forecast_answer

AS_DEFINED = "as defined"
WITHOUT_DECOYS = "without suspected decoys"
BY_LINE = "by line, not reported family"
BASE_LINE = "lab of the base line"


@dataclass(frozen=True)
class Reading:
    """The hosts that one reading counts, and what is asked of them; everything is read once, when it is needed.

    `incidence` has hosts in scope and what they run, with observations and weeks, but at one date; `at_date` says that
    the reading looks at one.
    """

    name: str
    store: GraphStore
    scope: Scope
    incidence: Incidence
    _weeks: Callable[[], HostWeeks]
    at_date: bool = False
    _ranked: dict[str, list[Row]] = field(default_factory=dict, init=False)
    _memberships: dict[str, Membership] = field(default_factory=dict, init=False)
    _known: dict[str, Mask] = field(default_factory=dict, init=False)

    @cached_property
    def observations(self) -> Integers:
        """Observations of each host in scope, most first."""
        weeks = self._weeks()
        found: Integers = np.sort(weeks.observations[np.isin(weeks.keys, self.incidence.hosts)])[::-1]
        return found

    @cached_property
    def conditions(self) -> Mapping[tuple[str, str], Row]:
        """The rows of `risks` on capabilities and quantisation, by condition and basis."""
        if not self.listed:
            return {}
        rows = condition_rows(self.store, self._listed, ("capability", "quantisation"))
        return {(row["condition"], row["basis"]): row for row in rows}

    @property
    def reporting(self) -> bool:
        """Whether any server in scope reports what its models can do."""
        silent = self.conditions.get(("no capability reported", "reported"))
        return silent is not None and silent["deployments"] < silent["deployments_base"]

    @cached_property
    def _listed(self) -> Incidence:
        return listed_of(self.store, self.incidence, self.scope)

    @property
    def listed(self) -> int:
        """Hosts in scope whose list was seen."""
        return len(self._listed.hosts)

    def ranked(self, level: str) -> list[Row]:
        """The rows of `rank` of a level, without what is unknown."""
        if level not in self._ranked:
            spread = [self.membership(place) for place in SPREAD]
            rows = item_rows(self.incidence, level, spread, timed=self.scope.timed)
            self._ranked[level] = [row for row in rows if row["item"] != UNKNOWN]
        return self._ranked[level]

    def forecast(self, level: str, item: str, months: int) -> Result:
        """The answer of `trends` with a forecast of one item, month by month; not at one date."""
        weeks = self._weeks()
        periods = periods_of(weeks, "month", time_window(self.scope))
        seen = sightings(weeks, self.incidence, periods, level)
        everywhere = Membership.everywhere(len(self.incidence.hosts))
        return forecast_answer(series(seen, level, everywhere, [item]), months)

    def membership(self, place: str) -> Membership:
        """Which host in scope is in which place."""
        if place not in self._memberships:
            self._memberships[place] = memberships(self.store, place, self.incidence.hosts)
        return self._memberships[place]

    def known(self, level: str) -> Mask:
        """Which hosts in scope have a known item of a level."""
        if level not in self._known:
            self._known[level] = np.zeros(len(self.incidence.hosts), bool)
            self._known[level][self.incidence.at(level).rows] = True
        return self._known[level]

    def with_any(self, level: str, labels: list[str]) -> Mask:
        """Which hosts in scope have one of these items, written in any case."""
        return self._with_any(self.incidence.models, level, labels)

    def with_any_base(self, level: str, labels: list[str]) -> Mask:
        """The same, a model counting for the lab of the line that its own derives from, where it does from one."""
        return self._with_any(_of_base_lines(self.store, self.incidence.models), level, labels)

    def _with_any(self, models: ModelTable, level: str, labels: list[str]) -> Mask:
        wanted = {label.casefold() for label in labels}
        of_model = np.array([item is not None and item.casefold() in wanted for item in models.items[level]], bool)
        found = np.zeros(len(self.incidence.hosts), bool)
        if len(of_model):
            found[self.incidence.host_index[of_model[self.incidence.model_index]]] = True
        return found


def readings(store: GraphStore, scope: Scope) -> Iterator[Reading]:
    """The graph as it is asked about, without suspected decoys, and at its last date; the first is as defined."""
    weeks = cache(lambda: read_host_weeks(store))
    scopes = {AS_DEFINED: scope}
    if not scope.exclude_decoys:
        scopes[WITHOUT_DECOYS] = replace(scope, exclude_decoys=True)
    if not scope.timed and (last := _last_day(store)) is not None:
        scopes[f"at {last}"] = replace(scope, at=last)
    # What the readings have in common is read once.
    read = read_incidences(store, list(scopes.values()), details=scope.at is None)
    for (name, own), incidence in zip(scopes.items(), read, strict=True):
        yield Reading(name, store, own, incidence, weeks, at_date=own.at is not None)


def _last_day(store: GraphStore) -> str | None:
    newest = newest_sighting(store)
    return None if newest is None else newest[:10]


def _of_base_lines(store: GraphStore, models: ModelTable) -> ModelTable:
    """The model table with lab and lab country of the line at the root of each model's line."""
    base = dict(_pairs(store, "MATCH (l:Line)-[:DERIVED_FROM]->(b:Line) RETURN l.name AS a, b.name AS b"))
    lab = dict(_pairs(store, "MATCH (l:Line)-[:PUBLISHED_BY]->(b:Lab) RETURN l.name AS a, b.name AS b"))
    country = dict(_pairs(store, "MATCH (b:Lab)-[:BASED_IN]->(c:Country) RETURN b.name AS a, c.code AS b"))
    roots = [None if line is None else _root(line, base) for line in models.items["line"]]
    labs = [
        own if root == line else lab.get(root or "")
        for root, line, own in zip(roots, models.items["line"], models.items["lab"], strict=True)
    ]
    countries = [None if one is None else country.get(one) for one in labs]
    return ModelTable(models.names, {**models.items, "lab": labs, "lab-country": countries})


def _root(line: str, base: Mapping[str, str]) -> str:
    seen = {line}
    while (further := base.get(line)) is not None and further not in seen:
        seen.add(further)
        line = further
    return line


def _pairs(store: GraphStore, cypher: str) -> Iterator[tuple[str, str]]:
    # Where a line has several bases, the first by name stands for all.
    rows = store.table(cypher).to_pylist()
    for row in sorted(rows, key=lambda r: (r["a"], r["b"]), reverse=True):
        yield row["a"], row["b"]
