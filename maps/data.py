"""What a map shows: its frame, which any kind has, and items (nodes) with pairs (edges), without any query."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """What header and footer say, whatever the kind of map.

    `base` is the n of the shares, `hosts` all hosts in scope; `unit` is what is counted (a level, or a place), in the
    singular. `source`, the dates, `filters` and `caveats` are shown as they come. `published` is set of a map for
    everybody: «published with K = 10».
    """

    title: str
    unit: str
    base: int
    hosts: int
    multi_model_hosts: int
    source: str
    date_from: str
    date_to: str
    filters: tuple[str, ...] = ()
    simulated: bool = False
    published: str = ""
    caveats: tuple[str, ...] = ()
    moment: str = ""
    least: int = 1

    @property
    def dates(self) -> str:
        """When the hosts were seen: from when to when, or what one moment takes of them."""
        return self.moment or span(self.date_from, self.date_to)

    @property
    def base_words(self) -> str:
        """The base of the shares; of few hosts what is for everybody does not say how many."""
        number = f"{self.base:,}" if self.base or self.least == 1 else f"fewer than {self.least:,}"
        return f"{number} hosts with a known {self.unit.replace('-', ' ')} (of {self.hosts:,})"

    @property
    def heading(self) -> str:
        """The title, and whether the map is one for everybody."""
        return f"{self.title} – {self.published}" if self.published else self.title


def span(first: str, last: str) -> str:
    """Two days in words."""
    return (first if first == last else f"{first} to {last}") or "not known"


@dataclass(frozen=True)
class MapItem:
    """One node: `name` as the source wrote it (never trusted), how many hosts list it, `share` = hosts / base."""

    name: str
    hosts: int
    share: float
    base: int
    group: str | None = None


@dataclass(frozen=True)
class MapPair:
    """Two items that at least one host lists both; None only where a measure is undefined."""

    a: str
    b: str
    hosts: int
    share_of_a: float | None
    share_of_b: float | None
    lift: float | None
    jaccard: float | None


@dataclass(frozen=True)
class MapSet:
    """Two or more items, and the hosts that have exactly these of the level."""

    items: tuple[str, ...]
    hosts: int


@dataclass(frozen=True)
class MapData:
    """Items and pairs of a network, in their frame.

    `pairs` holds all pairs with at least one host; the frame's `base` is the n of the shares and of lift. `sets` are
    the most frequent exact sets of two or more items, of `set_count` there are, on `set_hosts` hosts. Raises ValueError
    when the figures contradict each other: the page computes shares and Jaccard from the counts, so a map never shows
    other figures than the table that it was made from.
    """

    frame: Frame
    items: tuple[MapItem, ...]
    pairs: tuple[MapPair, ...]
    sets: tuple[MapSet, ...] = ()
    set_count: int = 0
    set_hosts: int = 0

    def __post_init__(self) -> None:
        problem = next(self._problems(), None)
        if problem is not None:
            raise ValueError(problem)

    def _problems(self) -> Iterator[str]:
        base = self.frame.base
        hosts = {item.name: item.hosts for item in self.items}
        if len(hosts) != len(self.items):
            yield "two items have the same name"
        for item in self.items:
            if not 0 <= item.hosts <= base or item.base != base:
                yield f"{item.name!r}: {item.hosts} hosts of {item.base} do not fit base {base}"
            if base and not math.isclose(item.share, item.hosts / base, rel_tol=1e-9):
                yield f"{item.name!r}: share {item.share} is not {item.hosts} / {base}"
        seen: set[frozenset[str]] = set()
        for pair in self.pairs:
            ends = frozenset((pair.a, pair.b))
            if len(ends) != 2 or ends in seen or not ends <= hosts.keys():
                yield f"pair {pair.a!r}, {pair.b!r}: repeated, or not two known items"
                continue
            seen.add(ends)
            yield from _pair_problems(pair, hosts[pair.a], hosts[pair.b])
        for one in self.sets:
            if len(set(one.items)) < 2 or not hosts.keys() >= set(one.items):
                yield f"set {one.items!r}: not two or more known items"
            elif not 1 <= one.hosts <= min(hosts[item] for item in one.items):
                yield f"set {one.items!r}: {one.hosts} hosts, more than one of its items has, or none"


def _pair_problems(pair: MapPair, hosts_a: int, hosts_b: int) -> Iterator[str]:
    name = f"pair {pair.a!r}, {pair.b!r}"
    if not 1 <= pair.hosts <= min(hosts_a, hosts_b):
        yield f"{name}: {pair.hosts} hosts with both, {hosts_a} and {hosts_b} with each"
        return
    expected = {
        "share_of_a": (pair.share_of_a, pair.hosts / hosts_a),
        "share_of_b": (pair.share_of_b, pair.hosts / hosts_b),
        "jaccard": (pair.jaccard, pair.hosts / (hosts_a + hosts_b - pair.hosts)),
    }
    for measure, (given, counted) in expected.items():
        if given is None or not math.isclose(given, counted, rel_tol=1e-9):
            yield f"{name}: {measure} is {given}, the counts say {counted}"
    if pair.lift is not None and not (math.isfinite(pair.lift) and pair.lift >= 0):
        yield f"{name}: lift is {pair.lift}"
