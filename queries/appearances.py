"""Items that came and went, and how an item spread after it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cohabit.graph.incidence import Integers, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, time_window
from cohabit.queries.series import Sightings, item_weeks, named_items, read_sightings
from cohabit.queries.words import count, percent, unknown_caveat

APPEARANCES = ("new", "vanished", "adoption")

_LIVES = ("item", "first_period", "last_period", "periods", "hosts", "peak_period", "peak_hosts", "peak_share")
_ADOPTION = ("period", "item", "age", "hosts", "share", "low", "high", "base")


def appearances(
    store: GraphStore, view: str, *, level: str, every: str, names: Sequence[str] = (), scope: Scope | None = None
) -> Result:
    """Items first (`new`) or last seen (`vanished`) in the time window, or how the new ones spread (`adoption`).

    What is new can only be said from all that is known, so the filters choose hosts over all time and the window
    chooses periods: `new` leaves out what was there in the first period with lists, `vanished` what is there in the
    last. `hosts` are distinct hosts ever, the peak is the period with most hosts (the first of several), `peak_share`
    of the hosts whose list was seen in it. Adoption is cumulative: `hosts` that ran the item so far, of the hosts whose
    list was seen since the item's first period (`base`), `age` periods after it.
    """
    scope = scope or Scope()
    seen = read_sightings(store, replace(scope, since=None, until=None), level, every)
    chosen = named_items(seen, level, names)
    length = len(seen.periods)
    counts = np.bincount(seen.items * length + seen.item_periods, minlength=len(seen.labels) * length)
    counts = counts.reshape(len(seen.labels), length)
    listed = np.bincount(seen.listed_periods, minlength=length)
    notes = [*seen.periods.gaps(), *unknown_caveat(seen.incidence, seen.incidence.at(level))]
    with_lists = np.flatnonzero(listed)
    columns = _ADOPTION if view == "adoption" else _LIVES
    if len(with_lists) < 2:
        headline = "Lists were seen in fewer than two periods: nothing can be called new or vanished."
        return result(columns, [], headline=headline, caveats=notes)
    first, last = _ends(counts)
    inside = _inside(seen, level, scope, last=view == "vanished")
    out = last == with_lists[-1] if view == "vanished" else first == with_lists[0]
    items = np.flatnonzero(inside & ~out)
    if chosen is not None:
        items = np.intersect1d(items, chosen)
    hosts = _distinct(seen)
    items = items[np.lexsort((items, -hosts[items]))]
    headline = _headline(seen, view, items, first, hosts)
    if view == "adoption":
        notes.append(
            "Adoption is cumulative: a host that ran the item once counts from then on. A host whose list was seen "
            "often had more chances to be counted."
        )
        return result(columns, _curves(seen, items, first), headline=headline, caveats=notes, series=("item",))
    notes.append(_BOUNDS[view])
    rows = [_life(seen, i, counts[i], listed, int(hosts[i])) for i in items.tolist()]
    return result(columns, rows, headline=headline, caveats=notes)


_BOUNDS = {
    "new": "What was there in the first period with lists is not called new: when it came is not known.",
    "vanished": "Vanished means not seen since on any host in scope; rare items can be there and missed.",
}


def _ends(counts: Integers) -> tuple[Integers, Integers]:
    """First and last period of every item; −1 of one without hosts."""
    there = counts > 0
    none = ~there.any(axis=1)
    first = np.where(none, -1, there.argmax(axis=1))
    last = np.where(none, -1, counts.shape[1] - 1 - there[:, ::-1].argmax(axis=1))
    return first, last


def _inside(seen: Sightings, level: str, scope: Scope, *, last: bool) -> np.ndarray:
    """Which items were first (or last) seen in a week of the time window."""
    of_edge, edges, weeks = item_weeks(seen.incidence, level, seen.labels)
    items = of_edge[edges]
    end = np.full(len(seen.labels), 0 if last else np.iinfo(np.int64).max)
    (np.maximum if last else np.minimum).at(end, items, weeks)
    there = np.bincount(items, minlength=len(seen.labels)) > 0
    window = time_window(scope)
    inside: np.ndarray = there if window.weeks is None else there & np.isin(end, np.array(window.weeks))
    return inside


def _distinct(seen: Sightings) -> Integers:
    width = max(len(seen.labels), 1)
    pairs = distinct(seen.item_hosts * width + seen.items)
    return np.bincount(pairs % width, minlength=len(seen.labels)).astype(np.int64)


def _life(seen: Sightings, item: int, counts: Integers, listed: Integers, hosts: int) -> Row:
    there = np.flatnonzero(counts)
    peak = int(counts.argmax())
    return {
        "item": seen.labels[item],
        "first_period": seen.periods.labels[there[0]],
        "last_period": seen.periods.labels[there[-1]],
        "periods": len(there),
        "hosts": hosts,
        "peak_period": seen.periods.labels[peak],
        "peak_hosts": int(counts[peak]),
        "peak_share": float(counts[peak] / listed[peak]),
    }


def _curves(seen: Sightings, items: Integers, first: Integers) -> list[Row]:
    length, width = len(seen.periods), len(seen.labels)
    # Sightings are in order of host, item, period: the first of each (host, item) is when the host took it up.
    pairs, at = np.unique(seen.item_hosts * width + seen.items, return_index=True)
    taken = np.bincount((pairs % width) * length + seen.item_periods[at], minlength=width * length)
    adopters = taken.reshape(width, length).cumsum(axis=1)
    bases = _hosts_since(seen)
    rows = []
    for item in items.tolist():
        start = int(first[item])
        base, hosts = bases[start, start:], adopters[item, start:]
        low, high = measures.wilson(hosts, base)
        for age in range(length - start):
            rows.append(
                {
                    "period": seen.periods.labels[start + age],
                    "item": seen.labels[item],
                    "age": age,
                    "hosts": int(hosts[age]),
                    "share": float(hosts[age] / base[age]),
                    "low": float(low[age]),
                    "high": float(high[age]),
                    "base": int(base[age]),
                }
            )
    return rows


def _hosts_since(seen: Sightings) -> Integers:
    """Distinct hosts whose list was seen from one period (row) to another (column), both included."""
    length = len(seen.periods)
    hosts, periods = seen.listed_hosts, seen.listed_periods
    before = np.full(len(hosts), -1, np.int64)
    again = np.flatnonzero(hosts[1:] == hosts[:-1]) + 1
    before[again] = periods[again - 1]
    # A host counts once in a span: in its first period there, the one before which lies before the span.
    table = np.bincount((before + 1) * length + periods, minlength=(length + 1) * length).reshape(length + 1, length)
    earlier = table.cumsum(axis=0)[:-1]
    return np.triu(earlier).cumsum(axis=1).astype(np.int64)


def _headline(seen: Sightings, view: str, items: Integers, first: Integers, hosts: Integers) -> str:
    if not len(items):
        return "No item is new in this span." if view != "vanished" else "No item vanished in this span."
    top = int(items[0])
    name, most = seen.labels[top], count(int(hosts[top]), "host")
    number = count(len(items), "item")
    if view == "vanished":
        return f"{number} vanished; the one on most hosts was {name}, on {most}."
    start = seen.periods.labels[int(first[top])]
    if view == "new":
        return f"{number} came; the one on most hosts is {name}, since {start} on {most}."
    base = int(_hosts_since(seen)[int(first[top]), -1])
    return f"{name}, new in {start}, was on {most} since: {percent(int(hosts[top]) / base)} of the {base:,} seen since."
