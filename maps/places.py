"""Maps of places: what their hosts run, where that is much or little, and which places are alike."""

from __future__ import annotations

from collections.abc import Sequence

from cohabit.graph.names import country_name
from cohabit.maps.charts import Drawing, beside, caption, legend, stacked
from cohabit.maps.page import plural
from cohabit.maps.place_data import Cluster, Place, PlaceFigures, Shares
from cohabit.maps.place_figures import profiles, ranking, world_map
from cohabit.queries.place_shares import HOSTS, PlaceShares
from cohabit.queries.places import FEW
from cohabit.queries.result import Row
from cohabit.queries.words import count
from cohabit.text import visible

WIDTH = 1150.0
"""Of a drawing that nobody wants narrower, in pixels."""
_BESIDE, _RANKED, _PROFILED, _COLUMNS = 900.0, 15, 30, 14
_NAME_LIMIT = 60


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
        least=shares.least,
        none_shown=_none_shown(shares),
        nothing="no host in this selection"
        if shares.least == 1
        else f"fewer than {shares.least:,} hosts, or folded with these",
    )


def _none_shown(shares: PlaceShares) -> str:
    """Why there is no place to show, where there is none: of few hosts what is for everybody does not say how many."""
    fewer = count(shares.least, "host")
    if not shares.hosts:
        return "No host is in scope." if shares.least == 1 else f"Fewer than {fewer} are in scope."
    if shares.known:
        return f"No {shares.by} has {fewer} or more."
    of = f"of the {count(shares.hosts, 'host')} in scope"
    if shares.least == 1:
        return f"The {shares.by} of none {of} is known."
    return f"The data do not say where hosts are: fewer than {shares.least:,} {of} have a known {shares.by}."


def _name(by: str, label: str) -> str:
    return country_name(label) if by == "country" else label


def _cluster(by: str, rows: Sequence[Row]) -> Cluster:
    names = [_name(by, row["item"]) for row in rows[:3]]
    # Not published.
    apart = None
    if rows[0]["apart"] is not None:
        quotients = zip(rows[0]["apart"], rows[0]["quotients"], strict=True)
        apart = ", ".join(f"{item} ×{quotient:.2f}" for item, quotient in quotients)
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return Cluster(", ".join(names) + more, len(rows), sum(row["base"] for row in rows), apart)


def figure(figures: PlaceFigures, width: float = WIDTH, *, share: str | None = None) -> Drawing:
    """Return the main picture: the world and a ranking, or the profiles of places that are alike and a ranking.

    `share` names what is shown of the places (None: the hosts). Where it is narrow the ranking stands below the world.
    """
    shown = figures.chosen(share)
    if not figures.places:
        return caption(figures.none_shown, width)
    if figures.by == "country":
        narrow = width < _BESIDE
        side = width if narrow else width * 0.36
        drawn = world_map(figures, shown.drawn, width if narrow else width - side - 24)
        key = legend([*shown.legend, ("none", figures.nothing)], drawn.width)
        left = [caption(_said(shown), drawn.width), drawn, key]
        right = [_ranked(figures, shown, side), ranking(figures, shown, _RANKED, side)]
        return stacked([*left, *right], gap=8) if narrow else beside(stacked(left, gap=8), stacked(right, gap=8))
    parts = [
        caption(_said(shown), width),
        _ranked(figures, shown, width),
        ranking(figures, shown, _RANKED, width if width < _BESIDE else width * 0.66),
    ]
    if figures.by_cluster and figures.families:
        said = f"Who is alike: families among the hosts with a known one, of {figures.cluster_minimum:,} hosts or more"
        parts += [caption(said, width), profiles(figures, _PROFILED, _COLUMNS, width)]
    return stacked(parts)


def _said(shown: Shares) -> str:
    if shown.measure.level == HOSTS:
        return "Share of all hosts in scope"
    return f"{visible(shown.title, _NAME_LIMIT)}: share {shown.base_text}"


def _ranked(figures: PlaceFigures, shown: Shares, width: float) -> Drawing:
    """Which of the places are in the ranking, and how to read it."""
    ranked, places = len(shown.ranking), len(figures.places)
    units = plural(figures.by)
    least = "" if shown.measure.level == HOSTS else f" with {FEW} hosts or more"
    if ranked > _RANKED:
        which = f"The first {_RANKED} of {ranked:,} {units}{least}"
    else:
        which = f"{ranked:,} of {places:,} {units}{', those' if least else ''}{least}"
    said = [f"{which}.", "Dots: shares, with 95 % intervals."]
    if figures.left_out:
        said.insert(1, f"{figures.left_out:,} more, with fewer hosts, are left out.")
    return stacked([caption(line, width) for line in said], gap=0)
