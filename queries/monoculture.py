"""Monoculture: how far one compromised item would reach, and the fewest labs, lines … that most hosts depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Incidence, Integers, ItemMatrix, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries.combinations import exact_sets
from cohabit.queries.digests import read_digests
from cohabit.queries.listed import Mask, read_listed, shares
from cohabit.queries.result import ForAll, Result, Row, result
from cohabit.queries.scope import Scope, last_week
from cohabit.queries.words import count, percent, short_digest
from cohabit.text import visible

if TYPE_CHECKING:
    import scipy.sparse as sp

COLUMNS = (
    "measure",
    "level",
    "goal",
    "items",
    "size",
    "size_at_least",
    "proven",
    "method",
    "hosts",
    "share",
    "low",
    "high",
    "base",
)
# What a narrow terminal has room for comes first.
TABLE_COLUMNS = (
    *("measure", "level", "goal", "items", "hosts", "share", "low", "high", "base"),
    *("size", "size_at_least", "proven", "method"),
)
_REACH = ("family", "line", "lab", "model")
_GOALS = (50, 90)
# Whose covers are given where goals are asked for; of models there are too many for a proof.
_MOST_PERCENT = 99
_COVERED = ("lab", "line", "family")
# Nodes of the search tree; each costs about 0.1 ms. The answer must not depend on the speed of the machine.
_MOST_NODES = 5_000


def monoculture(store: GraphStore, *, cover: Sequence[str | int] = (), scope: Scope | None = None) -> Result:
    """The item of each level (and the digest) on most hosts, and the fewest labs behind 50 % and 90 % of hosts.

    Rows of `reach` are of all hosts in scope whose list was seen; of equally frequent items the one that sorts first is
    taken. Rows of `cover` are of the hosts with a model of a known lab: `items` are labs such that at least the share
    `goal` of these hosts runs a model of one of them. `size` is how many; no fewer than `size_at_least` can do it, and
    `proven` says that the two are equal. `cover` asks for other goals, in whole percent, of labs, lines and families.
    """
    goals = _goals(cover)
    scope = scope or Scope()
    incidence = read_listed(store, scope)
    base = len(incidence.hosts)
    if not base:
        return result(COLUMNS, [], headline="No host in scope whose list was seen: there is nothing to count.")
    largest = _largest(store, incidence, scope)
    rows = [_row("reach", level, None, [label], hosts, base) for level, label, hosts in largest]
    for level in _COVERED if goals else ("lab",):
        matrix = incidence.at(level)
        if matrix.base:
            rows += [_cover_row(matrix, percentage) for percentage in goals or _GOALS]
    return result(COLUMNS, rows, headline=_headline(rows, base), caveats=_caveats(rows), table_columns=TABLE_COLUMNS)


def _goals(cover: Sequence[str | int]) -> tuple[int, ...]:
    """The percentages of `--cover`, each once, in ascending order."""
    found = set()
    for text in (part.strip() for one in cover for part in str(one).split(",")):
        number = text.removesuffix("%").strip()
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= _MOST_PERCENT):
            raise UsageError(
                f"--cover {visible(text, 40)!r}: it takes whole percentages from 1 to {_MOST_PERCENT}: 80, or 50,80,95"
            )
        found.add(int(number))
    return tuple(sorted(found))


def _largest(store: GraphStore, incidence: Incidence, scope: Scope) -> Iterator[tuple[str, str, int]]:
    for level in _REACH:
        matrix = incidence.at(level)
        if len(matrix.rows):
            top = int(np.argmax(matrix.hosts_per_item))
            yield level, matrix.labels[top], int(matrix.hosts_per_item[top])
    digests = read_digests(store, incidence, last_week(scope))
    if len(digests.digests):
        # One digest under two names is on a host once.
        width = len(digests.texts)
        pairs = distinct(incidence.host_index[digests.edges] * width + digests.digests)
        hosts = np.bincount(pairs % width, minlength=width)
        top = int(np.argmax(hosts))
        yield "digest", digests.texts[top], int(hosts[top])


def _cover_row(matrix: ItemMatrix, percentage: int) -> Row:
    sets, set_of_host = exact_sets(matrix)
    weights = np.bincount(set_of_host[set_of_host >= 0], minlength=len(sets))
    cover = smallest_cover(sets, weights, len(matrix.labels), -(-matrix.base * percentage // 100))
    labels = [matrix.labels[item] for item in cover.items]
    row = _row("cover", matrix.level, percentage / 100, labels, cover.covered, matrix.base)
    proven = cover.at_least == len(cover.items)
    return {**row, "size_at_least": cover.at_least, "proven": proven, "method": cover.method}


def _row(measure: str, level: str, goal: float | None, items: list[str], hosts: int, base: int) -> Row:
    size = len(items)
    fixed = {"size": size, "size_at_least": size, "proven": True, "method": "largest"}
    return {"measure": measure, "level": level, "goal": goal, "items": items, **fixed, **shares([hosts], base)[0]}


@dataclass(frozen=True)
class Cover:
    """Items that together reach `covered`; fewer than `at_least` items cannot reach what was asked for."""

    items: tuple[int, ...]
    covered: int
    at_least: int
    method: str


def smallest_cover(
    sets: Sequence[tuple[int, ...]], weights: Integers, items: int, needed: int, most_nodes: int = _MOST_NODES
) -> Cover:
    """The fewest of so many items that hit sets of at least the weight `needed` (partial set cover, NP-hard).

    Greedy first: each time the item that adds most, of equals the first. If the sum of the largest single items shows
    that fewer cannot do, that is the answer; else sizes in between are searched by branch and bound, of `most_nodes`
    nodes at most. `needed` must not exceed the weight of all non-empty sets.
    """
    import scipy.sparse as sp

    owners = np.array([item for one in sets for item in one], np.int64)
    members = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
    matrix = sp.csr_array((np.ones(len(owners), np.int64), (owners, members)), shape=(items, len(sets)))
    search = _Search(matrix, weights.astype(np.int64), needed, most_nodes)
    greedy, covered = search.greedy()
    largest = np.sort(search.gains(search.weights))[::-1]
    at_least = int(np.searchsorted(np.cumsum(largest), needed)) + 1
    for size in range(at_least, len(greedy)):
        found = search.reach(size)
        if found is not None:
            return Cover(found, search.weight_of(found), size, "branch and bound")
        if not search.nodes_left:
            return Cover(greedy, covered, size, "greedy")
        at_least = size + 1
    return Cover(greedy, covered, at_least, "greedy")


class _Search:
    """Greedy and exhaustive search over a sparse item × set matrix; the weights of the sets are whole numbers."""

    def __init__(self, matrix: sp.csr_array[Any], weights: Integers, needed: int, nodes: int) -> None:
        self.matrix, self.items = matrix, int(matrix.shape[0])
        self.weights, self.needed, self.nodes_left = weights, needed, nodes

    def greedy(self) -> tuple[tuple[int, ...], int]:
        """Items in the order in which they were taken, and the weight they reach."""
        uncovered, chosen, covered = self.weights, [], 0
        while covered < self.needed:
            gains = self.gains(uncovered)
            best = int(np.argmax(gains))
            chosen.append(best)
            covered += int(gains[best])
            uncovered = self._without(uncovered, best)
        return tuple(chosen), covered

    def reach(self, size: int) -> tuple[int, ...] | None:
        """Some items, `size` at most, that reach what is needed; None when there are none, or no nodes are left."""
        everything: Mask = np.ones(self.items, bool)
        stack: list[tuple[int, Integers, Mask, tuple[int, ...]]] = [(0, self.weights, everything, ())]
        while stack:
            if not self.nodes_left:
                return None
            self.nodes_left -= 1
            covered, uncovered, allowed, chosen = stack.pop()
            if covered >= self.needed:
                return chosen
            left = size - len(chosen)
            gains = np.where(allowed, self.gains(uncovered), 0)
            # Gains only shrink as items are added, so what is left cannot bring more than the largest of them.
            if left == 0 or covered + int(np.sort(gains)[::-1][:left].sum()) < self.needed:
                continue
            best = int(np.argmax(gains))
            others = allowed.copy()
            others[best] = False
            stack.append((covered, uncovered, others, chosen))
            stack.append((covered + int(gains[best]), self._without(uncovered, best), others, (*chosen, best)))
        return None

    def weight_of(self, items: Sequence[int]) -> int:
        """Weight of the sets with one of the items."""
        uncovered = self.weights
        for item in items:
            uncovered = self._without(uncovered, item)
        return int(self.weights.sum() - uncovered.sum())

    def gains(self, uncovered: Integers) -> Integers:
        """Weight of the uncovered sets of each item."""
        gains: Integers = self.matrix @ uncovered
        return gains

    def _without(self, uncovered: Integers, item: int) -> Integers:
        left = uncovered.copy()
        start, stop = self.matrix.indptr[item : item + 2]
        left[self.matrix.indices[start:stop]] = 0
        return left


def _headline(rows: list[Row], base: int) -> str:
    reach = {row["level"]: row for row in rows if row["measure"] == "reach"}
    if not reach:
        return f"{count(base, 'host')} whose list was seen, and no model on any of them."
    said = [
        f"{level} {visible(short_digest(row['items'][0]), 60)} {percent(row['share'])}"
        for level, row in reach.items()
        if level in ("family", "lab", "digest")
    ]
    sentence = (
        f"Of {count(base, 'host')} whose list was seen, one compromised item would reach at most: {', '.join(said)}."
    )
    covers: dict[str, list[Row]] = {}
    for row in rows:
        if row["measure"] == "cover":
            covers.setdefault(row["level"], []).append(row)
    return " ".join([sentence, *(f"{_covering(level, of)}." for level, of in covers.items())])


def _covering(level: str, covers: list[Row]) -> str:
    """`50 % of the 827 with a known lab: 1 lab; 90 %: 3 labs`: a cover has another base than `reach`."""
    said: list[str] = []
    for row in covers:
        least = "" if row["proven"] else f" (at least {row['size_at_least']})"
        base = "" if said else f" of the {row['base']:,} with a known {level}"
        said.append(f"{_goal(row)}{base}: {count(row['size'], level)}{least}")
    return "; ".join(said)


def _goal(row: Row) -> str:
    return f"{row['goal']:.0%}".replace("%", " %")


def _caveats(rows: list[Row]) -> tuple[str, ...]:
    asked = any(row["measure"] == "cover" and row["level"] != "lab" for row in rows)
    known = "whose lab, line or family is known, by the level" if asked else "of a known lab"
    notes = [f"reach: of all hosts whose list was seen; cover: of the hosts with a model {known} (`base`)."]
    # A narrow table has no room for `proven`, so the rows are named.
    notes += [
        ForAll(
            f"cover, {_goal(row)} by {row['level']}: the set of {row['size']:,} is the greedy one, and not proven to "
            f"be the smallest; one of {row['size_at_least']:,} or more may do."
        )
        for row in rows
        if not row["proven"]
    ]
    return tuple(notes)
