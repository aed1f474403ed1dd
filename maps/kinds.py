"""The kinds of maps, and how each gets its data from a query."""

from __future__ import annotations

import math

from cohabit.errors import UsageError
from cohabit.graph.names import country_name
from cohabit.graph.store import GraphStore
from cohabit.maps import families
from cohabit.maps.data import MapData, MapItem, MapPair
from cohabit.queries.network import ItemNetwork, item_network
from cohabit.queries.scope import Scope
from cohabit.queries.words import count

KINDS = ("families",)


def make_map(
    store: GraphStore, kind: str, *, scope: Scope | None = None, simulated: bool = False, notes: tuple[str, ...] = ()
) -> str:
    """Return a map of one kind as one HTML document; `notes` are caveats beyond those of the query."""
    if kind not in KINDS:
        raise UsageError(f"map {kind!r}: not a kind of map; choose from {', '.join(KINDS)}")
    scope = scope or Scope()
    network = item_network(store, "family", scope)
    return families.render(_data(network, scope, simulated, notes))


def _data(network: ItemNetwork, scope: Scope, simulated: bool, notes: tuple[str, ...]) -> MapData:
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
    return MapData(
        title="Model families that live together",
        items=items,
        pairs=pairs,
        base=network.base,
        hosts=network.hosts,
        multi_model_hosts=network.multi_model_hosts,
        unit="family",
        source=count(network.scans, "scan"),
        date_from=network.first_seen[:10],
        date_to=network.last_seen[:10],
        filters=scope.description(),
        simulated=simulated,
        caveats=(*notes, *network.pairs.caveats),
    )


def _group(lab_country: str | None) -> str | None:
    """Legend entry: the country of the lab, said as such, because hosts have countries too."""
    return None if lab_country is None else f"lab in {country_name(lab_country)}"
