"""Rank items by hosts, and places by hosts, and items within places.

All three are one count over groups (place, item): ranking items has one place, ranking places has one item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, Incidence, Integers, distinct
from cohabit.graph.store import GraphStore
from cohabit.queries import measures
from cohabit.queries.places import PLACES, UNKNOWN, Membership, memberships, places_by_base, untold
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope, read_incidence
from cohabit.queries.words import count, percent

SPREAD = ("network", "country")
"""Places that are counted for each item."""
_OF_LABS = (
    "A model counts for the lab that published it, whatever it was made from. By what it was made from, shares can be "
    "far from these: `study` has that of Chinese labs."
)
_FIGURES = ("hosts", "share", "low", "high", "base", "listings", "host_weeks", "networks", "countries")


@dataclass(frozen=True)
class _Items:
    """What is counted: labels, the item of each edge, and the distinct (host, item) pairs.

    `known` are the hosts that make the base of a known item, `any_item` those of the item `unknown`.
    """

    labels: list[str]
    of_edge: Integers
    hosts: Integers
    items: Integers
    known: Integers
    any_item: Integers


def rank(store: GraphStore, *, level: str | None = None, by: str | None = None, scope: Scope | None = None) -> Result:
    """Rank by hosts: items of a level (default family), places (`by`), or items within places (both).

    `share` has the Wilson 95 % interval `low` to `high` and the base `base`: for items the hosts in scope with at least
    one known item of the level (of the place), for places all hosts in scope. The row `unknown` counts what the
    catalogue or the source does not know, on the base of hosts with a model, or all hosts.
    `listings` sums the observations of the deployments (None under a time filter), `host_weeks` counts distinct
    (host, week) pairs with the item, `networks` and `countries` those of its hosts (None where that of no host in scope
    is known). Most hosts first, `unknown` last; items within places come place by place, the largest base first.
    """
    scope = scope or Scope()
    if by is not None and by not in PLACES:
        raise UsageError(f"--by {by!r}: not a place; {among(by, PLACES)}")
    if level is not None and level not in LEVELS:
        raise UsageError(f"--level {level!r}: not a level; {among(level, LEVELS)}")
    if level is None and by is None:
        level = "family"
    incidence = read_incidence(store, scope, details=scope.at is None)
    spread = [memberships(store, place, incidence.hosts) for place in SPREAD]
    if by is None:
        rows = item_rows(incidence, level or "family", spread, timed=scope.timed)
        headline = _headline(rows, level, by, incidence)
        caveats = (*_caveats(rows, ("item",)), *((_OF_LABS,) if level in ("lab", "lab-country") and rows else ()))
        return result(("item", *_FIGURES), rows, headline=headline, caveats=caveats)
    place = memberships(store, by, incidence.hosts)
    items = _items_of(incidence, level) if level else _one_item(incidence)
    rows = _rows(incidence, items, place, spread, timed=scope.timed)
    keys = ("place", "item") if level else ("place",)
    rows.sort(key=lambda r: _order(r, keys))
    if level:
        order = places_by_base(rows)
        rows.sort(key=lambda r: order[r["place"]])
    headline = untold(place, by) or _headline(rows, level, by, incidence)
    return result((*keys, *_FIGURES), rows, headline=headline, caveats=_caveats(rows, keys))


def item_rows(incidence: Incidence, level: str, spread: Sequence[Membership], *, timed: bool) -> list[Row]:
    """The rows of `rank` of a level; `spread` says which host is in which network, and in which country."""
    everywhere = Membership.everywhere(len(incidence.hosts))
    rows = _rows(incidence, _items_of(incidence, level), everywhere, spread, timed=timed)
    rows.sort(key=lambda r: _order(r, ("item",)))
    return rows


def _items_of(incidence: Incidence, level: str) -> _Items:
    matrix = incidence.at(level)
    labels = [*matrix.labels, UNKNOWN]
    position: dict[str | None, int] = {label: i for i, label in enumerate(matrix.labels)}
    of_model = np.array([position.get(i, len(matrix.labels)) for i in incidence.models.items[level]], np.int64)
    of_edge = of_model[incidence.model_index] if len(of_model) else incidence.model_index
    pairs = distinct(incidence.host_index * len(labels) + of_edge)
    known = distinct(incidence.host_index[of_edge < len(matrix.labels)])
    hosts, items = pairs // len(labels), pairs % len(labels)
    return _Items(labels, of_edge, hosts, items, known, distinct(incidence.host_index))


def _one_item(incidence: Incidence) -> _Items:
    """Ranking places: every host in scope counts, also those without a model."""
    hosts = np.arange(len(incidence.hosts), dtype=np.int64)
    return _Items([""], np.zeros_like(incidence.host_index), hosts, np.zeros_like(hosts), hosts, hosts)


def _rows(
    incidence: Incidence, items: _Items, place: Membership, spread: Sequence[Membership], *, timed: bool
) -> list[Row]:
    width = len(items.labels)
    size = len(place.labels) * width

    def grouped(hosts: Integers, of: Integers) -> tuple[Integers, Integers]:
        """Rows of each group: positions of the rows, and the group of each (a host can be in several places)."""
        source, places = place.join(hosts)
        return source, places * width + of[source]

    source, groups = grouped(items.hosts, items.items)
    counts = np.bincount(groups, minlength=size)
    bases = _bases(items, place)
    low, high = measures.wilson(counts, bases)
    share = measures.ratio(counts, bases)
    # Where nobody's place is known, 0 would be a finding that nobody made.
    networks, countries = (s.distinct(items.hosts[source], groups, size) if s.known else None for s in spread)
    edges = incidence.edges
    listings, host_weeks = None, counts
    if edges.observations is not None and not timed:
        of_edge, edge_groups = grouped(incidence.host_index, items.of_edge)
        listings = np.bincount(edge_groups, edges.observations[of_edge], minlength=size)
    if edges.weeks is not None and edges.week_edges is not None:
        # Several models of one item in one week are one (host, week) pair of the item.
        pair = (incidence.host_index * width + items.of_edge)[edges.week_edges]
        after = int(edges.weeks.max(initial=0)) + 1
        triples = distinct(pair * after + edges.weeks) // after
        host_weeks = np.bincount(grouped(triples // width, triples % width)[1], minlength=size)
    return [
        {
            "place": place.labels[i // width],
            "item": items.labels[i % width],
            "hosts": int(counts[i]),
            "share": float(share[i]),
            "low": float(low[i]),
            "high": float(high[i]),
            "base": int(bases[i]),
            "listings": None if listings is None else int(listings[i]),
            "host_weeks": int(host_weeks[i]),
            "networks": None if networks is None else int(networks[i]),
            "countries": None if countries is None else int(countries[i]),
        }
        for i in np.flatnonzero(counts).tolist()
    ]


def _bases(items: _Items, place: Membership) -> Integers:
    """The base of every group: for ranked places all hosts in scope, else the hosts of the place."""
    width = len(items.labels)
    if width == 1:
        return np.full(len(place.labels), len(items.known))
    sizes = [np.bincount(place.join(hosts)[1], minlength=len(place.labels)) for hosts in (items.known, items.any_item)]
    bases = np.repeat(sizes[0], width)
    bases[width - 1 :: width] = sizes[1]
    return bases


def _order(row: Row, keys: tuple[str, ...]) -> tuple[object, ...]:
    """Largest first, `unknown` last."""
    last = keys[-1]
    return (row[last] == UNKNOWN, -row["hosts"], row[last])


def _headline(rows: list[Row], level: str | None, by: str | None, incidence: Incidence) -> str:
    total = count(len(incidence.hosts), "host")
    if not rows:
        return f"Nothing to rank on {total}."
    top = rows[0]
    if level and by:
        return f"Items of level {level} within each {by}, on {total}."
    what = top["item"] or top["place"]
    return f"{what} leads with {count(top['hosts'], 'host')}, {percent(top['share'])} of {top['base']:,}."


def _caveats(rows: list[Row], keys: tuple[str, ...]) -> tuple[str, ...]:
    unknown = next((r for r in rows if r[keys[-1]] == UNKNOWN), None)
    if unknown is None or len(keys) == 2:
        return ()
    return (
        f"{keys[0]} unknown: {count(unknown['hosts'], 'host')}, {percent(unknown['share'])} of {unknown['base']:,}.",
    )
