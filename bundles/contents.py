"""What a bundle holds: its tables and pages, and the call of the program that makes each."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cohabit.bundles.own import OwnQuery
from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS
from cohabit.queries import bootstrap as boot
from cohabit.queries.places import PLACES
from cohabit.queries.protection import protection
from cohabit.queries.result import Result
from cohabit.queries.scope import option_of
from cohabit.questions import scope, source_name
from cohabit.text import visible

_UNTYPED = re.compile(r"^-|host-[0-9a-f]{16}")

LEVEL = "LEVEL"
"""Stands for each level of a bundle, in the names of files and in options."""


Value = str | bool | tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One command and its options, under the names of the command line; `question` where it asks another one.

    An option that is True has no value, one with several is repeated. `drawn` takes intervals of `--bootstrap`, `pair`
    is of the leading pair of its level, which is known once the pairs are. `chosen` are filters in place of the
    bundle's.
    """

    file: str
    command: str
    options: Mapping[str, Value] = field(default_factory=dict)
    filtered: bool = True
    seeded: bool = False
    over_time: bool = False
    drawn: bool = False
    pair: bool = False
    question: str | None = None
    names: tuple[str, ...] = ()
    query: OwnQuery | None = None
    chosen: Mapping[str, Any] | None = None

    def at(self, levels: Sequence[str]) -> list[Table]:
        """The same question about the items of each of these levels, where it leaves the level open."""
        if LEVEL not in self.options.values():
            return [self]
        # Of one level its name says enough; tables of several must not have one name.
        name = self.file if LEVEL in self.file or len(levels) == 1 else f"{self.file}-{LEVEL}"
        return [
            replace(
                self,
                file=name.replace(LEVEL, level),
                options={option: level if value == LEVEL else value for option, value in self.options.items()},
            )
            for level in levels
        ]

    def arguments(self) -> list[str]:
        """The command with its names and options."""
        if self.query:
            return self.query.call
        found = [self.command, *self.names]
        for name, value in self.options.items():
            for one in value if isinstance(value, tuple) else (value,):
                found += [f"--{name}"] if one is True else [f"--{name}", str(one)]
        return found


@dataclass(frozen=True)
class Page:
    """A map of this kind, or the report; `level` where the map follows another one than usual."""

    kind: str
    level: str | None = None


TABLES = (
    Table("info", "info", filtered=False),
    *(Table(f"rank-{level}", "rank", {"level": level}) for level in ("family", "line", "lab", "lab-country", "model")),
    *(
        Table(f"rank-by-{place}", "rank", {"by": place})
        for place in ("country", "network", "provider", "provider-kind", "software")
    ),
    Table("rank-LEVEL-by-country", "rank", {"level": LEVEL, "by": "country"}),
    Table("cooccurrence-LEVEL", "cooccurrence", {"level": LEVEL}, drawn=True),
    Table("leading-pair-LEVEL", "cooccurrence", {"level": LEVEL, "every": "month"}, over_time=True, pair=True),
    Table("leading-pair-LEVEL-by-country", "cooccurrence", {"level": LEVEL, "by": "country"}, pair=True),
    Table("combinations-LEVEL", "combinations", {"level": LEVEL}),
    Table("combinations-LEVEL-by-country", "combinations", {"level": LEVEL, "by": "country"}),
    Table("centrality-LEVEL", "centrality", {"level": LEVEL}, drawn=True),
    Table("clusters-LEVEL", "clusters", {"level": LEVEL}, seeded=True),
    Table("clusters-by-country", "clusters", {"level": LEVEL, "by": "country"}, seeded=True),
    Table("concentration-LEVEL", "concentration", {"level": LEVEL}),
    Table("concentration-LEVEL-by-country", "concentration", {"level": LEVEL, "by": "country"}),
    Table("concentration-of-hosts", "concentration", {"of": PLACES}, question="spread"),
    Table("trends-LEVEL", "trends", {"level": LEVEL}, over_time=True),
    Table("lifetimes-survival", "lifetimes", {"view": "survival"}, over_time=True),
    Table("lifetimes-churn", "lifetimes", {"view": "churn"}, over_time=True),
    Table("risks", "risks"),
    Table("risks-monoculture", "risks", {"monoculture": True}),
    Table("quality", "quality"),
    Table("study", "study"),
)
MAPS = ("families", "lines", "labs", "lab-countries", "models", "time", "countries", "providers", "networks")
"""Not that of hosts: what is handed on shows no single one."""
_MAPS_OVER_TIME = frozenset({"time"})
# K counts hosts, and a network of K hosts is one owner: what is for everybody names no network and no provider.
_OWNERS = frozenset({"rank-by-network", "rank-by-provider", "networks", "providers"})
_PLACES_OF_ALL = tuple(place for place in PLACES if place not in ("network", "provider"))


@dataclass(frozen=True)
class Bundle:
    """The options of a bundle: filters as keyword arguments, the K of `--publish`, the seed, the levels of pairs and
    groups, the name of the data set as it is shown, the draws of intervals, the filters of a group to compare with,
    queries of one's own, and the filters of the group that is compared, where they are others than the bundle's.
    """

    filters: Mapping[str, Any]
    publish: int | None = None
    seed: int = 0
    levels: tuple[str, ...] = ("family",)
    source: str | None = None
    bootstrap: int = 0
    against: Mapping[str, Any] = field(default_factory=dict)
    queries: tuple[OwnQuery, ...] = ()
    first: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(filters.get("prefix") for filters in (self.filters, self.against, self.first)):
            raise UsageError(
                "bundle: --prefix is part of an address, and a bundle is handed on; choose hosts otherwise"
            )
        for level in self.levels:
            if level not in LEVELS:
                raise UsageError(f"--level {level!r}: not a level; {among(level, LEVELS)}")
        if self.first and not self.against:
            raise UsageError("--compare: compare with what? Give --with KEY=VALUE, such as --with country=CN")
        if self.against and scope(self.against) == scope(self.first or self.filters):
            raise UsageError("--with: both groups are described by the same filters; give other values")
        boot.check(self.bootstrap, None)
        if protection(self.publish):
            if self.bootstrap:
                raise UsageError("--publish: intervals of draws hang on the exact network; leave --bootstrap out")
            if self.queries:
                raise UsageError("--publish: what a query of your own counts is not known; leave --query out")
        object.__setattr__(self, "source", source_name(self.source) or None)

    @property
    def _shared(self) -> list[str]:
        return [] if self.publish is None else ["--publish", str(self.publish)]

    @property
    def _named(self) -> list[str]:
        return [] if self.source is None else ["--source", self.source]

    def filters_of(self, table: Table) -> Mapping[str, Any]:
        """The filters that choose the hosts of a table."""
        chosen = self.filters if table.chosen is None else table.chosen
        return chosen if table.filtered else {}

    def command(self, *words: str, filters: Mapping[str, Any] | None = None, seeded: bool = False) -> list[str]:
        """The arguments of one call of the program, with the filters of the bundle or others."""
        chosen = _arguments(self.filters if filters is None else filters)
        seed = ["--seed", str(self.seed)] if seeded else []
        return [*words, *chosen, *self._shared, *seed]

    def table(self, table: Table) -> list[str]:
        """The call that makes a table."""
        if table.query:
            return table.arguments()
        return self.command(*table.arguments(), filters=self.filters_of(table), seeded=table.seeded)

    def _tables(self) -> Iterator[Table]:
        """All tables, as this bundle asks for them."""
        for table in TABLES:
            if table.drawn and self.bootstrap:
                table = replace(table, options={**table.options, "bootstrap": str(self.bootstrap)}, seeded=True)
            if table.question == "spread" and protection(self.publish):
                table = replace(table, options={"of": _PLACES_OF_ALL})
            yield from table.at(self.levels)
        if self.against:
            options: dict[str, Value] = {"with": _pairs(self.against), "level": LEVEL}
            yield from Table("compare-LEVEL", "compare", options, chosen=self.first or None).at(self.levels)
        for query in self.queries:
            yield Table(f"query-{query.name}", "query", filtered=False, query=query)

    def steps(self) -> Iterator[tuple[str, list[str], Table | Page]]:
        """The file, the call, and the table or page of everything that a bundle holds."""
        one_moment = "at" in self.filters
        left_out = _OWNERS if protection(self.publish) else frozenset()
        for table in self._tables():
            if not (one_moment and table.over_time) and table.file not in left_out:
                yield f"tables/{table.file}", self.table(table), table
        for kind in MAPS:
            if not (one_moment and kind in _MAPS_OVER_TIME) and kind not in left_out:
                yield from self._maps(kind)
        yield "report.html", self.command("report", *self._named, seeded=True), Page("report")

    def _maps(self, kind: str) -> Iterator[tuple[str, list[str], Page]]:
        """The map of this kind, or one a level; models are too many to follow over time, so families stay."""
        levels: list[str | None] = [None]
        if kind in _MAPS_OVER_TIME:
            levels = list(dict.fromkeys(None if level in ("family", "model") else level for level in self.levels))
        for level in levels:
            file = kind if len(levels) == 1 else f"{kind}-{level or 'family'}"
            given = ["--level", level] if level else []
            call = self.command("map", kind, *given, *self._named, seeded=True)
            yield f"maps/{file}.html", call, Page(kind, level)

    def itself(self) -> list[str]:
        """The call that makes the bundle."""
        levels = [] if self.levels == ("family",) else [word for one in self.levels for word in ("--level", one)]
        drawn = ["--bootstrap", str(self.bootstrap)] if self.bootstrap else []
        against = [word for one in _pairs(self.first) for word in ("--compare", one)]
        against += [word for one in _pairs(self.against) for word in ("--with", one)]
        asked = [word for q in self.queries for word in ("--query", q.name if q.text is None else q.file)]
        return self.command("bundle", *levels, *drawn, *against, *asked, *self._named, seeded=True)

    def described(self) -> list[str]:
        """The filters as answers have them."""
        return list(scope(self.filters).description())


def leading_pair(pairs: Result) -> tuple[str, ...]:
    """The first pair of a table whose names can be typed; none where there is no such pair.

    That of a published table is first in published numbers. Of names that strangers chose some are masked, hold what a
    terminal takes for a command, or read like an option.
    """
    for row in pairs.rows:
        names = (row["a"], row["b"])
        if row["hosts"] and all(visible(name) == name and not _UNTYPED.search(name) for name in names):
            return names
    return ()


def _each(filters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each value of each filter, under the name of its option."""
    for name, value in filters.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            yield f"--{option_of(name)}", one


def _arguments(filters: Mapping[str, Any]) -> list[str]:
    """Filters as the command line takes them."""
    return [word for name, one in _each(filters) for word in ([name] if one is True else [name, str(one)])]


def _pairs(filters: Mapping[str, Any]) -> tuple[str, ...]:
    """Filters as `--with` takes them."""
    found = ((name.removeprefix("--"), one) for name, one in _each(filters))
    return tuple(f"{name}={'yes' if one is True else one}" for name, one in found)


def read_levels(given: str | Sequence[str]) -> tuple[str, ...]:
    """Levels, each once, in the order given; several can stand in one text, with commas between them."""
    texts = [given] if isinstance(given, str) else given
    return tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",")))


def shown(call: list[str]) -> str:
    """A call as it is typed."""
    return shlex.join(["cohabit", *call])
