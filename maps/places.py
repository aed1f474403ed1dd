"""Maps of places: what their hosts run, where that is much or little, and which places are alike."""

from __future__ import annotations

from collections.abc import Sequence

from cohabit.graph.names import country_name
from cohabit.maps.place_data import Cluster, Place, PlaceFigures
from cohabit.queries.place_shares import PlaceShares
from cohabit.queries.result import Row

BY = {"countries": "country", "providers": "provider", "networks": "network"}


def figures_of(shares: PlaceShares) -> PlaceFigures:
    """Turn the answer of the query into what is drawn."""
    rows = {row["item"]: row for row in shares.clusters.rows}
    clusters: dict[int, list[Row]] = {}
    for row in shares.clusters.rows:
        if row["cluster"] is not None:
            clusters.setdefault(row["cluster"], []).append(row)
    places = [
        Place(_name(shares.by, label), label if shares.by == "country" else None, rows[label]["cluster"])
        for label in shares.places
    ]
    return PlaceFigures(
        by=shares.by,
        places=tuple(places),
        measures=tuple(shares.measures),
        clusters=tuple(_cluster(shares.by, clusters[number]) for number in sorted(clusters)),
        cluster_minimum=shares.cluster_minimum,
        left_out=shares.left_out,
    )


def _name(by: str, label: str) -> str:
    return country_name(label) if by == "country" else label


def _cluster(by: str, rows: Sequence[Row]) -> Cluster:
    names = [_name(by, row["item"]) for row in rows[:3]]
    apart = ", ".join(
        f"{item} ×{quotient:.2f}" for item, quotient in zip(rows[0]["apart"], rows[0]["quotients"], strict=True)
    )
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return Cluster(", ".join(names) + more, len(rows), sum(row["base"] for row in rows), apart)
