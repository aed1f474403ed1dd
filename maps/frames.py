"""What maps are about, in their own terms: answers of queries turned into the data of a page."""

from __future__ import annotations

import math

from cohabit.graph.names import country_name
from cohabit.maps.data import MapData, MapItem, MapPair
from cohabit.queries.network import ItemNetwork
from cohabit.queries.place_shares import PlaceShares
from cohabit.queries.scope import Scope
from cohabit.queries.words import count


def map_data(network: ItemNetwork, scope: Scope, simulated: bool, notes: tuple[str, ...]) -> MapData:
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


_TITLES = {
    "country": "Where the hosts are, and what runs where",
    "provider": "Who carries the hosts, and what runs where",
    "network": "Which networks the hosts are in, and what runs where",
}


def place_frame(shares: PlaceShares, scope: Scope, simulated: bool, notes: tuple[str, ...]) -> MapData:
    """Say what the figures of places hold for."""
    return MapData(
        title=_TITLES[shares.by],
        items=(),
        pairs=(),
        base=shares.hosts - shares.unknown,
        hosts=shares.hosts,
        multi_model_hosts=shares.multi_model_hosts,
        unit=shares.by,
        source=count(shares.scans, "scan"),
        date_from=shares.first_seen[:10],
        date_to=shares.last_seen[:10],
        filters=scope.description(),
        simulated=simulated,
        # What sets each cluster apart is told where they are drawn.
        caveats=(*notes, *(text for text in shares.clusters.caveats if not text.startswith("Cluster "))),
    )


def _group(lab_country: str | None) -> str | None:
    """Legend entry: the country of the lab, said as such, because hosts have countries too."""
    return None if lab_country is None else f"lab in {country_name(lab_country)}"
