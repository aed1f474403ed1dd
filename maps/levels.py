"""Maps of the items of a level that hosts have together: families, lines, labs, countries of labs."""

from __future__ import annotations

import math
from functools import partial

from cohabit.graph.store import GraphStore
from cohabit.maps.data import Frame, MapData, MapItem, MapPair, MapSet
from cohabit.maps.families import item_name, lab_in, poster_of, render
from cohabit.maps.page import plural
from cohabit.maps.request import Maker, Request, Still
from cohabit.queries.combinations import combinations
from cohabit.queries.network import ItemNetwork, item_network
from cohabit.queries.network import published as published_network
from cohabit.queries.publishing import published
from cohabit.queries.publishing_rules import COMBINATIONS
from cohabit.queries.result import Result

# More of them make no picture, and a table that takes long to open.
MOST_ITEMS = 120
SETS_LISTED = 40
_TITLES = {
    "family": "Model families found together more often than if independent",
    "line": "Model lines found together more often than if independent",
    "lab": "Labs found together more often than if independent",
    "lab-country": "Countries of labs found together more often than if independent",
}


def maker(level: str) -> Maker:
    """The map of the items of a level: the most common ones where there are many."""

    def make(store: GraphStore, request: Request) -> str:
        network = network_of(store, level, request)
        found = combinations(store, level=level, scope=request.scope)
        if request.protected:
            found = published(found, COMBINATIONS, request.protected)
        return render(map_data(network, found, request, level), seed=request.seed)

    return make


def still(level: str) -> Still:
    """The network of a level as an SVG file."""

    def make(store: GraphStore, request: Request) -> str:
        network = network_of(store, level, request)
        data = map_data(network, Result((), []), request, level)
        return poster_of(data, seed=request.seed, width=request.width)

    return make


def network_of(store: GraphStore, level: str, request: Request) -> ItemNetwork:
    """The network of a level as the request wants it."""
    network = item_network(store, level, request.scope)
    return published_network(network, request.protected) if request.protected else network


def map_data(network: ItemNetwork, found: Result, request: Request, level: str) -> MapData:
    """Turn the answers of the queries into what is drawn; `found` are the combinations of items."""
    called = partial(item_name, level=level)
    ordered = sorted(network.items.items(), key=lambda i: (-i[1], i[0]))
    items = tuple(
        MapItem(called(name), hosts, hosts / network.base, network.base, _group(network.lab_countries.get(name)))
        for name, hosts in ordered[:MOST_ITEMS]
    )
    names = {name for name, _ in ordered[:MOST_ITEMS]}
    pairs = tuple(
        MapPair(
            called(row["a"]),
            called(row["b"]),
            row["hosts"],
            *(_defined(row[k]) for k in ("share_of_a", "share_of_b", "lift", "jaccard")),
        )
        for row in network.pairs.rows
        if row["a"] in names and row["b"] in names
    )
    notes = [*request.notes, *_caveats(network, request)]
    if len(items) < len(ordered):
        notes.insert(
            0,
            f"This file has the {len(items)} of {len(ordered):,} {plural(level)} on most hosts ({items[-1].hosts:,} or "
            f"more), and {len(pairs):,} of {len(network.pairs.rows):,} pairs; `cohabit cooccurrence --level {level}` "
            "lists all.",
        )
    frame = Frame(
        title=_TITLES[level],
        unit=level,
        base=network.base,
        hosts=network.hosts,
        multi_model_hosts=network.multi_model_hosts,
        source=request.source_of(network.scans),
        date_from=network.first_seen[:10],
        date_to=network.last_seen[:10],
        filters=request.scope.description(),
        simulated=request.simulated,
        published=request.published,
        moment=request.scope.moment,
        least=request.least,
        caveats=tuple(notes),
    )
    sets = [row for row in found.rows if row["size"] and row["size"] > 1]
    listed = [row for row in sets if names.issuperset(row["items"])][:SETS_LISTED]
    drawn = tuple(MapSet(tuple(map(called, row["items"])), row["hosts"]) for row in listed)
    return MapData(frame, items, pairs, drawn, len(sets), sum(row["hosts"] for row in sets))


def _caveats(network: ItemNetwork, request: Request) -> tuple[str, ...]:
    """Of a map for everybody its own words stand in the place of those of the table of pairs."""
    return (*request.published_notes, *network.pairs.caveats[1:]) if request.protected else network.pairs.caveats


def _group(lab_country: str | None) -> str | None:
    return None if lab_country is None else lab_in(lab_country)


def _defined(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
