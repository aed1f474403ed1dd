"""Maps of places: countries, providers, networks."""

from __future__ import annotations

from dataclasses import replace

from cohabit.graph.store import GraphStore
from cohabit.maps import place_page
from cohabit.maps.data import Frame
from cohabit.maps.places import WIDTH, figure, figures_of
from cohabit.maps.poster import poster, room
from cohabit.maps.request import Maker, Request, Still
from cohabit.queries.place_shares import HOSTS, MULTI_MODEL, PlaceShares, place_shares, published

_TITLES = {
    "country": "Where the hosts are, and what runs where",
    "provider": "Who carries the hosts, and what runs where",
    "network": "Which networks the hosts are in, and what runs where",
}


def _maker(by: str) -> Maker:
    def make(store: GraphStore, request: Request) -> str:
        shares = shares_of(store, by, request)
        return place_page.render(place_frame(shares, request), figures_of(shares))

    return make


def _still(by: str) -> Still:
    def make(store: GraphStore, request: Request) -> str:
        shares = shares_of(store, by, request)
        figures = figures_of(shares)
        frame = place_frame(shares, request)
        shown = figures.chosen(request.share)
        measure = shown.measure
        frame = replace(frame, title=f"{shown.sentence}, by {by}")
        if figures.places and measure.level != HOSTS:
            # What the share is of.
            unit = "model" if measure.level == MULTI_MODEL else measure.level
            frame = replace(frame, base=measure.overall_base, unit=unit)
        drawing = figure(figures, room(request.width) or WIDTH, share=request.share)
        return poster(frame, drawing, width=request.width)

    return make


def shares_of(store: GraphStore, by: str, request: Request) -> PlaceShares:
    """The shares of places as the request wants them."""
    shares = place_shares(store, by, request.scope)
    return published(shares, request.protected) if request.protected else shares


countries, providers, networks = (_maker(by) for by in _TITLES)
countries_still, providers_still, networks_still = (_still(by) for by in _TITLES)


def place_frame(shares: PlaceShares, request: Request) -> Frame:
    """Say what the figures of places hold for."""
    return Frame(
        title=_TITLES[shares.by],
        unit=shares.by,
        base=shares.known,
        hosts=shares.hosts,
        multi_model_hosts=shares.multi_model_hosts,
        source=request.source_of(shares.scans),
        date_from=shares.first_seen[:10],
        date_to=shares.last_seen[:10],
        filters=request.scope.description(),
        simulated=request.simulated,
        published=request.published,
        moment=request.scope.moment,
        least=request.least,
        # What sets each cluster apart is told where they are drawn.
        caveats=(*request.notes, *request.published_notes, *_caveats(shares, request)),
    )


def _caveats(shares: PlaceShares, request: Request) -> tuple[str, ...]:
    """Of a map for everybody its own words stand in the place of those of the table of clusters."""
    told = shares.clusters.caveats
    return told[1:] if request.protected else tuple(text for text in told if not text.startswith("Cluster "))
