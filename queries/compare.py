"""Two groups of hosts, item by item: how much their shares differ, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, Incidence, Integers
from cohabit.graph.store import GraphStore
from cohabit.queries.null_models import benjamini_hochberg
from cohabit.queries.places import Membership, memberships
from cohabit.queries.result import ForAll, Result, Row, result
from cohabit.queries.scope import Scope, check_min_hosts, read_incidences, time_window
from cohabit.queries.two_samples import Sample, TwoSamples, compared
from cohabit.queries.windows import TimeWindow
from cohabit.queries.words import count, percent, points

COLUMNS = (
    "item",
    "hosts_a",
    "hosts_b",
    "base_a",
    "base_b",
    "share_a",
    "share_b",
    "difference",
    "low",
    "high",
    "p_value",
    "q_value",
    "difference_without_top",
)
# What a narrow terminal has room for comes first.
TABLE_COLUMNS = (
    *("item", "share_a", "base_a", "share_b", "base_b", "difference", "low", "high"),
    *("difference_without_top", "q_value", "hosts_a", "hosts_b"),
)

# Filters that tell groups apart by one and the same thing; time has a note of its own.
_KINDS = {"not_country": "country", "not_in_file": "in_file", "without": "has"}
_TIMES = ("since", "until", "at", "within")
_GATE = 0.01
_MOST_TOP = 1_000
_NAMED = 5


def compare(
    store: GraphStore,
    against: Scope,
    *,
    level: str = "family",
    min_hosts: int = 1,
    without_top: int = 3,
    scope: Scope | None = None,
) -> Result:
    """Shares of items in group A (`scope`) and in group B (`against`).

    The base of a share are the hosts of its group with at least one known item. `difference` is `share_a` − `share_b`,
    `low` to `high` its 95 % interval, `p_value` two-sided (see `two_samples`), `q_value` that of Benjamini and Hochberg
    over all items that a host of either group has. `difference_without_top` leaves out the hosts of the `without_top`
    largest networks of each group. Rows have at least `min_hosts` hosts, those of both groups together; the largest
    difference comes first.
    """
    scope = scope or Scope()
    if level not in LEVELS:
        raise UsageError(f"--level {level!r}: not a level; {among(level, LEVELS)}")
    check_min_hosts(min_hosts)
    if not 0 <= without_top <= _MOST_TOP:
        raise UsageError(f"--without-top {without_top}: it takes 0 to {_MOST_TOP:,} networks")
    if scope == against:
        raise UsageError("both groups are described by the same filters; give --with other values")
    scopes = (scope, against)
    windows = [time_window(s) for s in scopes]
    same_window = windows[0] == windows[1]
    incidences = read_incidences(store, scopes)
    labels = incidences[0].models.labels(level)
    chosen = zip("AB", scopes, incidences, strict=True)
    a, b = groups = [_Group.of(store, name, s, incidence, level) for name, s, incidence in chosen]
    counted = compared(a.sample, b.sample, same_window=same_window)
    without = [group.without_top(without_top) for group in groups]
    rows = _rows(labels, counted, compared(*without, same_window=same_window).difference)
    shown = [r for r in rows if r.pop("together") >= min_hosts]
    empty = next((g for g in groups if not len(g.sample.hosts)), None)
    nothing = f"No host of group {empty.name} runs a known {level}: nothing can be compared." if empty else None
    tops = tuple(g.top_caveat(without_top) for g in groups if without_top and len(g.sample.hosts))
    caveats = (
        ForAll(f"A: {a.described()}. B: {b.described()}. The difference is share a − share b."),
        *(() if nothing else _overlap_caveat(counted)),
        *_unfiltered_caveat(scope, against),
        *_window_caveat(windows, scope, against),
        *_gate_caveat(rows),
        *tops,
        *(caveat for group in groups for caveat in group.unknown),
    )
    return result(
        COLUMNS,
        shown,
        headline=nothing or _headline(shown, level),
        caveats=caveats,
        table_columns=TABLE_COLUMNS,
        in_points=("low", "high"),
    )


@dataclass(frozen=True)
class _Group:
    """One group: its name, its filters in words, its hosts with a known item, their networks, and what is unknown."""

    name: str
    words: tuple[str, ...]
    sample: Sample
    networks: Membership
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, store: GraphStore, name: str, scope: Scope, incidence: Incidence, level: str) -> _Group:
        matrix = incidence.at(level)
        sample = Sample.of(incidence.hosts, matrix, known_only=True)
        unknown = len(matrix.unknown_hosts)
        said = f"Group {name}: {count(unknown, 'host')} with models whose {level.replace('-', ' ')} is unknown."
        networks = memberships(store, "network", sample.hosts)
        return cls(name, scope.description(), sample, networks, (said,) if unknown else ())

    def described(self) -> str:
        """The group in words, for the caveat."""
        return " ".join(self.words) or "all"

    def _top(self, networks: int) -> list[int]:
        """The positions of the largest known networks by hosts; of equal ones the lower AS number."""
        labels = self.networks.labels
        sizes = np.bincount(self.networks.places, minlength=len(labels))[:-1]
        order = sorted(np.flatnonzero(sizes).tolist(), key=lambda i: (-sizes[i], int(labels[i][2:])))
        return order[:networks]

    def _hosts_in(self, networks: Sequence[int]) -> Integers:
        return self.networks.hosts[np.isin(self.networks.places, np.array(networks, np.int64))]

    def without_top(self, networks: int) -> Sample:
        """The hosts outside the largest networks."""
        return self.sample.without(self.sample.hosts[self._hosts_in(self._top(networks))])

    def top_caveat(self, networks: int) -> str:
        """Which hosts `difference_without_top` leaves out."""
        top = self._top(networks)
        hosts, total = len(self._hosts_in(top)), len(self.sample.hosts)
        if not top:
            return f"Without top: no host of {self.name} has a known network; none is left out."
        names = [self.networks.labels[i] for i in top[:_NAMED]]
        more = f" and {len(top) - _NAMED:,} more" if len(top) > _NAMED else ""
        return (
            f"Without top: {self.name} loses {', '.join(names)}{more}, {percent(hosts / total)} of its "
            f"{count(total, 'host')}."
        )


def _rows(
    labels: list[str], counted: TwoSamples, without_top: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> list[Row]:
    present = np.flatnonzero(counted.first + counted.second)
    low, high = counted.interval()
    p = counted.p_values()[present]
    q = np.full(len(p), np.nan) if np.isnan(p).any() else benjamini_hochberg(p)
    columns = {
        "hosts_a": counted.first[present],
        "hosts_b": counted.second[present],
        "share_a": counted.share_first[present],
        "share_b": counted.share_second[present],
        "difference": counted.difference[present],
        "low": low[present],
        "high": high[present],
        "p_value": p,
        "q_value": q,
        "difference_without_top": without_top[present],
        "together": (counted.first + counted.second - counted.both)[present],
    }
    values = {name: column.tolist() for name, column in columns.items()}
    bases = {"base_a": counted.first_base, "base_b": counted.second_base}
    rows: list[Row] = [
        {"item": labels[item], **{name: v[i] for name, v in values.items()}, **bases}
        for i, item in enumerate(present.tolist())
    ]
    rows.sort(key=lambda r: r["item"])
    rows.sort(key=lambda r: -abs(r["difference"]) if r["difference"] == r["difference"] else 1)
    return rows


def _overlap_caveat(counted: TwoSamples) -> tuple[str, ...]:
    if not counted.shared:
        return ("No host is in both groups. p: Fisher's exact test, two-sided.",)
    said = f"In both groups: {count(counted.shared, 'host')}"
    if counted.same_window and counted.shared == min(counted.first_base, counted.second_base):
        if counted.first_base == counted.second_base:
            return (f"{said}, all there are: no share differs.",)
        return (
            f"{said}, so one is part of the other. They count in both shares; the interval allows for that, and p "
            "(Fisher's exact test, two-sided) is of the part against the rest.",
        )
    return (
        f"{said}, counted in both shares; the interval allows for that, and so does p, by a normal approximation that "
        "is rough where few hosts run an item.",
    )


def _unfiltered_caveat(scope: Scope, against: Scope) -> tuple[str, ...]:
    """The filters of A of which B has none of the kind: whoever means both groups has to give them to both."""
    here, there = ({f.name for f in fields(Scope) if getattr(one, f.name) != f.default} for one in (scope, against))
    kinds = {_KINDS.get(name, name) for name in there}
    only = {name: getattr(scope, name) for name in here - set(_TIMES) if _KINDS.get(name, name) not in kinds}
    if not only:
        return ()
    said = " ".join(replace(Scope(), **only).description())
    return (
        ForAll(
            f"B is not filtered by {said}, so the groups differ in that, too: to have it hold for both, give it to "
            "--with as well."
        ),
    )


def _window_caveat(windows: Sequence[TimeWindow], scope: Scope, against: Scope) -> tuple[str, ...]:
    lengths = {window.weeks and len(window.weeks) for window in windows}
    if windows[0] == windows[1] or (len(lengths) == 1 and windows[0].newest_only == windows[1].newest_only):
        return ()
    said = "The groups are of different spans of time: the longer one looks, the more a host has listed."
    if scope.at is not None and not against.timed:
        said += f" For B at the same time add --with at={scope.at}."
    return (ForAll(said),)


def _gate_caveat(rows: Sequence[Row]) -> tuple[str, ...]:
    tested = [r["q_value"] for r in rows if r["q_value"] == r["q_value"]]
    if not tested:
        return ()
    return (
        f"q < {_GATE} for {sum(q < _GATE for q in tested):,} of {count(len(tested), 'item')}. Intervals and p take "
        "hosts for independent, which those of one operator are not: see the difference without top.",
    )


def _headline(rows: Sequence[Row], level: str) -> str:
    if not rows:
        return "No item on so many hosts in either group."
    top = rows[0]
    if not top["difference"]:
        return f"No {level.replace('-', ' ')} differs in its share."
    found = any(row["q_value"] < _GATE for row in rows)
    first = "Largest difference" if found else f"No difference beyond chance (q < {_GATE} for none); the largest"
    return (
        f"{first} of a {level.replace('-', ' ')}: {top['item']}, {percent(top['share_a'])} of "
        f"{top['base_a']:,} in A and {percent(top['share_b'])} of {top['base_b']:,} in B ({points(top['difference'])}; "
        f"95 %: {points(top['low']).removesuffix(' points')} to {points(top['high'])})."
    )
