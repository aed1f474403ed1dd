"""What a bundle holds: its tables and pages, and the call of the program that makes each."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS
from cohabit.queries.protection import protection
from cohabit.questions import scope, source_name

LEVEL = "LEVEL"
"""Stands for the level of a bundle, in the names of files and in options."""


@dataclass(frozen=True)
class Table:
    """One question and its options, under the names of the command line."""

    file: str
    question: str
    options: Mapping[str, str] = field(default_factory=dict)
    filtered: bool = True
    seeded: bool = False
    over_time: bool = False

    def at(self, level: str) -> Table:
        """The same question about the items of this level, where it leaves the level open."""
        options = {name: level if value == LEVEL else value for name, value in self.options.items()}
        return replace(self, file=self.file.replace(LEVEL, level), options=options)


TABLES = (
    Table("info", "info", filtered=False),
    *(Table(f"rank-{level}", "rank", {"level": level}) for level in ("family", "line", "lab", "lab-country", "model")),
    *(
        Table(f"rank-by-{place}", "rank", {"by": place})
        for place in ("country", "network", "provider", "provider-kind", "software")
    ),
    Table("rank-LEVEL-by-country", "rank", {"level": LEVEL, "by": "country"}),
    Table("cooccurrence-LEVEL", "cooccurrence", {"level": LEVEL}),
    Table("combinations-LEVEL", "combinations", {"level": LEVEL}),
    Table("centrality-LEVEL", "centrality", {"level": LEVEL}),
    Table("clusters-LEVEL", "clusters", {"level": LEVEL}, seeded=True),
    Table("clusters-by-country", "clusters", {"level": LEVEL, "by": "country"}, seeded=True),
    Table("concentration-LEVEL", "concentration", {"level": LEVEL}),
    Table("concentration-LEVEL-by-country", "concentration", {"level": LEVEL, "by": "country"}),
    Table("trends-LEVEL", "trends", {"level": LEVEL}, over_time=True),
    Table("lifetimes-survival", "lifetimes", {"view": "survival"}, over_time=True),
    Table("lifetimes-churn", "lifetimes", {"view": "churn"}, over_time=True),
    Table("risks", "risks"),
    Table("quality", "quality"),
    Table("study", "study"),
)
MAPS = ("families", "lines", "labs", "lab-countries", "models", "time", "countries", "providers", "networks")
"""Not that of hosts: what is handed on shows no single one."""
_MAPS_OVER_TIME = frozenset({"time"})
# K counts hosts, and a network of K hosts is one owner: what is for everybody names no network and no provider.
_OWNERS = frozenset({"rank-by-network", "rank-by-provider", "networks", "providers"})


@dataclass(frozen=True)
class Bundle:
    """The options of a bundle: filters as keyword arguments, the K of `--publish`, the seed, whose pairs and groups,
    the name of the data set as it is shown.
    """

    filters: Mapping[str, Any]
    publish: int | None = None
    seed: int = 0
    level: str = "family"
    source: str | None = None

    def __post_init__(self) -> None:
        if self.filters.get("prefix"):
            raise UsageError(
                "bundle: --prefix is part of an address, and a bundle is handed on; choose hosts otherwise"
            )
        if self.level not in LEVELS:
            raise UsageError(f"--level {self.level!r}: not a level; {among(self.level, LEVELS)}")
        protection(self.publish)
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
        found: list[str] = []
        for name, value in self.filters.items():
            option = f"--{name.replace('_', '-')}"
            for one in value if isinstance(value, list | tuple) else [value]:
                found += [option] if one is True else [option, str(one)]
        return found

    def command(self, *words: str, filtered: bool = True, seeded: bool = False) -> list[str]:
        """The arguments of one call of the program."""
        filters = self.filter_arguments if filtered else []
        seed = ["--seed", str(self.seed)] if seeded else []
        return [*words, *filters, *self._shared, *seed]

    def table(self, table: Table) -> list[str]:
        """The call that makes a table."""
        options = [word for name, value in table.options.items() for word in (f"--{name}", value)]
        return self.command(table.question, *options, filtered=table.filtered, seeded=table.seeded)

    def steps(self) -> Iterator[tuple[str, list[str], Table | None]]:
        """The file, the call, and the table (None: a page) of everything that a bundle holds."""
        one_moment = "at" in self.filters
        left_out = _OWNERS if protection(self.publish) else frozenset()
        for table in (table.at(self.level) for table in TABLES):
            if not (one_moment and table.over_time) and table.file not in left_out:
                yield f"tables/{table.file}", self.table(table), table
        for kind in MAPS:
            if not (one_moment and kind in _MAPS_OVER_TIME) and kind not in left_out:
                yield f"maps/{kind}.html", self.command("map", kind, *self._named, seeded=True), None
        yield "report.html", self.command("report", *self._named, seeded=True), None

    def itself(self) -> list[str]:
        """The call that makes the bundle."""
        level = [] if self.level == "family" else ["--level", self.level]
        return self.command("bundle", *level, *self._named, seeded=True)

    def described(self) -> list[str]:
        """The filters as answers have them."""
        return list(scope(self.filters).description())


def shown(call: list[str]) -> str:
    """A call as it is typed."""
    return shlex.join(["cohabit", *call])
