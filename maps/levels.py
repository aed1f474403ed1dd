"""Maps of the items of a level that hosts have together: families."""

from __future__ import annotations

import math

from cohabit.graph.names import country_name
from cohabit.graph.store import GraphStore
from cohabit.maps.data import Frame, MapData, MapItem, MapPair
from cohabit.maps.families import figure, render
from cohabit.maps.poster import poster
from cohabit.maps.request import Request
from cohabit.queries.network import ItemNetwork, item_network
from cohabit.queries.words import count


def families(store: GraphStore, request: Request) -> str:
    """The map of families."""
    return render(_families(store, request), seed=request.seed)


def families_still(store: GraphStore, request: Request) -> str:
    """The network of families as an SVG file."""
    data = _families(store, request)
    return poster(data.frame, figure(data, seed=request.seed))


def _families(store: GraphStore, request: Request) -> MapData:
    network = item_network(store, "family", request.scope)
    return map_data(network, request, "family", "Model families that live together")


def map_data(network: ItemNetwork, request: Request, unit: str, title: str) -> MapData:
    """Turn the answer of the query into what is drawn."""
    items = tuple(
        MapItem(name, hosts, hosts / network.base, network.base, _group(network.lab_countries.get(name)))
        for name, hosts in sorted(network.items.items(), key=lambda i: (-i[1], i[0]))
    )
    pairs = tuple(
        MapPair(
            row["a"],
            row["b"],
            row["hosts"],
            *(None if math.isnan(row[k]) else row[k] for k in ("share_of_a", "share_of_b", "lift", "jaccard")),
        )
        for row in network.pairs.rows
    )
    frame = Frame(
        title=title,
        unit=unit,
        base=network.base,
        hosts=network.hosts,
        multi_model_hosts=network.multi_model_hosts,
        source=count(network.scans, "scan"),
        date_from=network.first_seen[:10],
        date_to=network.last_seen[:10],
        filters=request.scope.description(),
        simulated=request.simulated,
        caveats=(*request.notes, *network.pairs.caveats),
    )
    return MapData(frame, items, pairs)


def _group(lab_country: str | None) -> str | None:
    """Legend entry: the country of the lab, said as such, because hosts have countries too."""
    return None if lab_country is None else f"lab in {country_name(lab_country)}"
