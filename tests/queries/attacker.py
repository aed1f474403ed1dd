"""Somebody who has all published tables of a population, knows all its groups by name, and computes what is hidden.

Hosts are counted by place and exact set of items; every published number is a range for a sum of these counts, and
integer programming gives the least and the most that a hidden group can have.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

from cohabit.queries.protection import Protection
from cohabit.queries.publishing import Rule, published
from cohabit.queries.publishing_rules import COMBINATIONS, PAIRS, rule_of
from cohabit.queries.result import Row, result

Host = tuple[str, frozenset[str]]
"""Place and items."""
Test = Callable[[Host], bool]

PROVIDERS = {"net-a": "north", "net-b": "north", "net-c": "south", "net-d": "south"}
LINES = {"m1": "x", "m2": "x", "m3": "y", "m4": "y"}


def population(seed: int, hosts: int) -> list[Host]:
    """A few large groups and many small ones, as in scans."""
    rng = random.Random(seed)
    places, items = list(PROVIDERS), list(LINES)
    weights = [rng.choice((0.02, 0.05, 0.3, 1.0)) for _ in places]
    wanted = [rng.choice((0.02, 0.05, 0.4, 0.8)) for _ in items]
    found = []
    for _ in range(hosts):
        place = rng.choices(places, weights)[0]
        found.append(
            (place, frozenset(item for item, share in zip(items, wanted, strict=True) if rng.random() < share))
        )
    return found


@dataclass(frozen=True)
class Cell:
    """A count of hosts that a table has: what it is called there, and which hosts it counts."""

    table: str
    name: tuple[str, ...]
    counts: Test


def _with(*items: str) -> Test:
    return lambda host: host[1].issuperset(items)


def _in(place: str, of: Mapping[str, str] | None = None) -> Test:
    return lambda host: (of[host[0]] if of else host[0]) == place


def _line(line: str) -> Test:
    return lambda host: any(LINES[item] == line for item in host[1])


def _both(one: Test, other: Test) -> Test:
    return lambda host: one(host) and other(host)


def _exactly(items: frozenset[str]) -> Test:
    return lambda host: host[1] == items


def _sets() -> Iterator[frozenset[str]]:
    for size in range(len(LINES) + 1):
        yield from (frozenset(chosen) for chosen in combinations(LINES, size))


LISTED: Test = lambda host: bool(host[1])  # noqa: E731
EVERYTHING: Test = lambda _host: True  # noqa: E731


def cells() -> list[Cell]:
    """Every group of every table, whether it has hosts or not."""
    found = [Cell("rank", (item,), _with(item)) for item in LINES]
    found += [Cell("lines", (line,), _line(line)) for line in sorted(set(LINES.values()))]
    found += [Cell("places", (place,), _in(place)) for place in PROVIDERS]
    found += [Cell("providers", (name,), _in(name, PROVIDERS)) for name in sorted(set(PROVIDERS.values()))]
    found += [Cell("cross", (p, item), _both(_in(p), _with(item))) for p in PROVIDERS for item in LINES]
    found += [Cell("pairs", pair, _with(*pair)) for pair in combinations(LINES, 2)]
    found += [Cell("sets", tuple(sorted(items)), _exactly(items)) for items in _sets() if items]
    return found


_TABLES: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "rank": (rule_of("rank", (), {"level": "model"}), ("item",)),
    "lines": (rule_of("rank", (), {"level": "line"}), ("item",)),
    "places": (rule_of("rank", (), {"by": "network"}), ("place",)),
    "providers": (rule_of("rank", (), {"by": "provider"}), ("place",)),
    "cross": (rule_of("rank", (), {"level": "model", "by": "network"}), ("place", "item")),
    "pairs": (PAIRS, ("a", "b")),
    "sets": (COMBINATIONS, ("items",)),
}


@dataclass(frozen=True)
class Attack:
    """The published tables as constraints: `low` and `high` of sums over the types of hosts."""

    types: list[Host]
    hosts: list[Host]
    protection: Protection
    hidden: list[Cell]
    sums: list[npt.NDArray[np.float64]]
    low: list[float]
    high: list[float]

    def range_of(self, cell: Cell) -> tuple[int, int]:
        """The least and the most hosts that a cell can have."""
        counts = self.vector(cell.counts)
        constraints = LinearConstraint(np.array(self.sums), np.array(self.low), np.array(self.high))
        ends = []
        for sign in (1, -1):
            found = milp(sign * counts, constraints=constraints, integrality=np.ones(len(counts)), bounds=Bounds(0))
            assert found.status == 0, found.message
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]

    def vector(self, test: Test) -> npt.NDArray[np.float64]:
        return np.array([float(test(host)) for host in self.types])

    def size(self, test: Test) -> int:
        return sum(test(host) for host in self.hosts)

    def learn(self, test: Test, said: int | None) -> None:
        """What a published number says of the sum of hosts that it counts; None says that it is under K."""
        k = self.protection.k
        if said is None:
            ends = (0, k - 1)
        else:
            rounded = self.protection.count(k + 1) == k
            ends = (said, said + k - 1 if rounded else said)
        self.sums.append(self.vector(test))
        self.low.append(ends[0])
        self.high.append(ends[1])


def attack(hosts: Iterable[Host], protection: Protection, tables: Iterable[str] = tuple(_TABLES)) -> Attack:
    """Publish the tables and read them as the attacker does."""
    types = [(place, items) for place in PROVIDERS for items in _sets()]
    found = Attack(types, list(hosts), protection, [], [], [], [])
    for table in tables:
        own = [cell for cell in cells() if cell.table == table]
        _read(found, table, own)
    return found


def _read(found: Attack, table: str, own: list[Cell]) -> None:
    rule, keys = _TABLES[table]
    exact = [_row(found, cell, keys) for cell in own if found.size(cell.counts)]
    answer = published(result(tuple(exact[0]) if exact else (), exact), rule, found.protection)
    said = {_name(row, keys): row for row in answer.rows}
    for cell in own:
        row = said.pop(cell.name, None)
        if row is not None:
            found.learn(cell.counts, row["hosts"])
            for column, test in _margins(cell).items():
                if row.get(column) is not None:
                    found.learn(test, row[column])
            continue
        size = found.size(cell.counts)
        if size < found.protection.k:
            # He is told more than is published: which of the folded groups are small.
            found.learn(cell.counts, None)
            if size:
                found.hidden.append(cell)
    shown = {_name(row, keys) for row in answer.rows}
    rest = [cell for cell in own if cell.name not in shown]
    for row in said.values():
        if row["hosts"] is not None:
            found.learn(lambda host: any(cell.counts(host) for cell in rest), row["hosts"])


def _name(row: Row, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row["items"]) if keys == ("items",) else tuple(row[key] for key in keys)


def _margins(cell: Cell) -> dict[str, Test]:
    """Which hosts the other numbers of a row count."""
    if cell.table in ("places", "providers"):
        return {"base": EVERYTHING}
    if cell.table == "cross":
        return {"base": _both(_in(cell.name[0]), LISTED)}
    if cell.table == "pairs":
        return {"base": LISTED, "hosts_a": _with(cell.name[0]), "hosts_b": _with(cell.name[1])}
    return {"base": LISTED}


def _row(found: Attack, cell: Cell, keys: tuple[str, ...]) -> Row:
    row: dict[str, Any] = {"items": list(cell.name)} if keys == ("items",) else dict(zip(keys, cell.name, strict=True))
    row["hosts"] = found.size(cell.counts)
    row |= {column: found.size(test) for column, test in _margins(cell).items()}
    row["share"] = row["hosts"] / row["base"]
    if cell.table == "sets":
        return {**row, "size": len(cell.name), "low": 0.0, "high": 1.0}
    if cell.table == "pairs":
        multi = max(found.size(lambda host: len(host[1]) > 1), 1)
        shares = dict.fromkeys(("share_of_a", "share_of_b", "lift", "jaccard", "npmi"), 0.0)
        bounds = dict.fromkeys(("share_of_a_low", "share_of_a_high", "share_of_b_low", "share_of_b_high"), 0.0)
        return {
            **row,
            **shares,
            **bounds,
            "share_of_multi_model_hosts": row["hosts"] / multi,
            "low": 0.0,
            "high": 1.0,
            "multi_model_hosts": multi,
        }
    return {**row, "low": 0.0, "high": 1.0}
