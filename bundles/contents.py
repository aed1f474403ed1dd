"""What a bundle holds: its tables and pages, and the call of the program that makes each."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
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
"""Stands for the level of a bundle, in the names of files and in options."""


Value = str | bool | tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One command and its options, under the names of the command line; `question` where it asks another one.

    An option that is True has no value, one with several is repeated. `drawn` takes intervals of `--bootstrap`, `pair`
    is of the leading pair of the bundle's level, which is known once its pairs are.
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

    def at(self, level: str) -> Table:
        """The same question about the items of this level, where it leaves the level open."""
        options = {name: level if value == LEVEL else value for name, value in self.options.items()}
        return replace(self, file=self.file.replace(LEVEL, level), options=options)

    def arguments(self) -> list[str]:
        """The command with its names and options."""
        if self.query:
            return self.query.call
        found = [self.command, *self.names]
        for name, value in self.options.items():
            for one in value if isinstance(value, tuple) else (value,):
                found += [f"--{name}"] if one is True else [f"--{name}", str(one)]
        return found


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
    """The options of a bundle: filters as keyword arguments, the K of `--publish`, the seed, whose pairs and groups,
    the name of the data set as it is shown, the draws of intervals, the filters of a group to compare with, and queries
    of one's own.
    """

    filters: Mapping[str, Any]
    publish: int | None = None
    seed: int = 0
    level: str = "family"
    source: str | None = None
    bootstrap: int = 0
    against: Mapping[str, Any] = field(default_factory=dict)
    queries: tuple[OwnQuery, ...] = ()

    def __post_init__(self) -> None:
        if self.filters.get("prefix") or self.against.get("prefix"):
            raise UsageError(
                "bundle: --prefix is part of an address, and a bundle is handed on; choose hosts otherwise"
            )
        if self.level not in LEVELS:
            raise UsageError(f"--level {self.level!r}: not a level; {among(self.level, LEVELS)}")
        if self.against and scope(self.against) == scope(self.filters):
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

    @property
    def filter_arguments(self) -> list[str]:
        """The filters as the command line takes them."""
        return [word for name, one in _each(self.filters) for word in ([name] if one is True else [name, str(one)])]

    @property
    def _against(self) -> tuple[str, ...]:
        """The filters of the other group, as `--with` takes them."""
        found = ((name.removeprefix("--"), one) for name, one in _each(self.against))
        return tuple(f"{name}={'yes' if one is True else one}" for name, one in found)

    def command(self, *words: str, filtered: bool = True, seeded: bool = False) -> list[str]:
        """The arguments of one call of the program."""
        filters = self.filter_arguments if filtered else []
        seed = ["--seed", str(self.seed)] if seeded else []
        return [*words, *filters, *self._shared, *seed]

    def table(self, table: Table) -> list[str]:
        """The call that makes a table."""
        if table.query:
            return table.arguments()
        return self.command(*table.arguments(), filtered=table.filtered, seeded=table.seeded)

    def _tables(self) -> Iterator[Table]:
        """All tables, as this bundle asks for them."""
        for table in TABLES:
            if table.drawn and self.bootstrap:
                table = replace(table, options={**table.options, "bootstrap": str(self.bootstrap)}, seeded=True)
            if table.question == "spread" and protection(self.publish):
                table = replace(table, options={"of": _PLACES_OF_ALL})
            yield table.at(self.level)
        if self.against:
            yield Table("compare-LEVEL", "compare", {"with": self._against, "level": LEVEL}).at(self.level)
        for query in self.queries:
            yield Table(f"query-{query.name}", "query", filtered=False, query=query)

    def steps(self) -> Iterator[tuple[str, list[str], Table | None]]:
        """The file, the call, and the table (None: a page) of everything that a bundle holds."""
        one_moment = "at" in self.filters
        left_out = _OWNERS if protection(self.publish) else frozenset()
        for table in self._tables():
            if not (one_moment and table.over_time) and table.file not in left_out:
                yield f"tables/{table.file}", self.table(table), table
        for kind in MAPS:
            if not (one_moment and kind in _MAPS_OVER_TIME) and kind not in left_out:
                level = ["--level", self.level] if self.level_of(kind) else []
                yield f"maps/{kind}.html", self.command("map", kind, *level, *self._named, seeded=True), None
        yield "report.html", self.command("report", *self._named, seeded=True), None

    def level_of(self, kind: str) -> str | None:
        """The level of a map that can follow several; models are too many to follow, so families stay."""
        return self.level if kind in _MAPS_OVER_TIME and self.level not in ("family", "model") else None

    def itself(self) -> list[str]:
        """The call that makes the bundle."""
        level = [] if self.level == "family" else ["--level", self.level]
        drawn = ["--bootstrap", str(self.bootstrap)] if self.bootstrap else []
        against = [word for one in self._against for word in ("--with", one)]
        asked = [word for q in self.queries for word in ("--query", q.name if q.text is None else q.file)]
        return self.command("bundle", *level, *drawn, *against, *asked, *self._named, seeded=True)

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


def shown(call: list[str]) -> str:
    """A call as it is typed."""
    return shlex.join(["cohabit", *call])
