"""The kinds of maps: a new one is a module with a `Maker` and a `Still`, and a line here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.archive import RejectedRecord
from cohabit.graph.store import GraphStore
from cohabit.maps import browser, hosts, levels, models, months, place_kinds, report
from cohabit.maps.report_data import report_data
from cohabit.maps.request import Maker, Request, Still


class Kind(NamedTuple):
    """How a kind is made as a page, and its main figure as an SVG file; by which place its hosts are split."""

    page: Maker
    still: Still
    by: str | None = None


TIME = "time"
KINDS = {
    "families": Kind(levels.maker("family"), levels.still("family")),
    "lines": Kind(levels.maker("line"), levels.still("line")),
    "labs": Kind(levels.maker("lab"), levels.still("lab")),
    "lab-countries": Kind(levels.maker("lab-country"), levels.still("lab-country")),
    "models": Kind(models.models, models.models_still),
    "hosts": Kind(hosts.hosts, hosts.hosts_still),
    TIME: Kind(months.months, months.months_still),
    "countries": Kind(place_kinds.countries, place_kinds.countries_still, "country"),
    "providers": Kind(place_kinds.providers, place_kinds.providers_still, "provider"),
    "networks": Kind(place_kinds.networks, place_kinds.networks_still, "network"),
}
OF_PLACES = ("countries", "providers", "networks")
REPORT = "report"
NARROWEST, WIDEST = 480, 4_000
"""Of a still picture, in pixels: in less, a name and its figures do not stand side by side."""


def make_map(store: GraphStore, kind: str, request: Request | None = None) -> str:
    """Return a map of one kind as one HTML document."""
    return _known(kind).page(store, _checked(request))


def make_still(store: GraphStore, kind: str, request: Request | None = None) -> str:
    """Return the main figure of one kind of map as an SVG file."""
    return _known(kind).still(store, _checked(request))


def make_report(
    store: GraphStore, request: Request | None = None, *, rejected: Iterable[RejectedRecord] | None = None
) -> str:
    """Return the report as one HTML document; `rejected` are the archive's rejected records (None: not at hand)."""
    return report.render(report_data(store, _checked(request), rejected=rejected))


def make_file(
    store: GraphStore,
    kind: str,
    ending: str,
    request: Request | None = None,
    *,
    rejected: Iterable[RejectedRecord] | None = None,
) -> bytes:
    """Return the content of a file: a map's page (`.html`) or figure (`.svg`, `.png`), or the report (`.html`, `.pdf`).

    Without a browser, DataError for `.png` and `.pdf` before any work is done.
    """
    _check_share(kind, ending, request)
    _check_level(kind, request)
    _check_width(kind, ending, request)
    _check_part(kind, ending, request)
    if ending in (".png", ".pdf"):
        browser.find_browser(f"a {ending[1:].upper()} file")
    if kind == REPORT:
        page = make_report(store, request, rejected=rejected)
        return browser.pdf(page) if ending == ".pdf" else page.encode()
    if ending == ".html":
        return make_map(store, kind, request).encode()
    drawn = make_still(store, kind, request)
    return browser.png(drawn) if ending == ".png" else drawn.encode()


def _check_share(kind: str, ending: str, request: Request | None) -> None:
    if request is None or request.share is None:
        return
    if kind not in OF_PLACES:
        raise UsageError(f"--share chooses what a map of {', '.join(OF_PLACES)} shows; leave it out for {kind}")
    if ending == ".html":
        raise UsageError("--share is of a still picture (.svg, .png); the page has all of them, under «Show»")


def _check_level(kind: str, request: Request | None) -> None:
    if request is None or request.level is None:
        return
    if kind != TIME:
        raise UsageError(f"--level is of the map time; leave it out for {kind}, and choose the map by its kind")
    if request.level not in months.LEVELS:
        raise UsageError(f"--level {request.level!r}: {among(request.level, months.LEVELS)}")


def _check_width(kind: str, ending: str, request: Request | None) -> None:
    if request is None or request.width is None:
        return
    if kind == REPORT or ending not in (".svg", ".png"):
        raise UsageError("--width is of a still picture (.svg, .png); a page takes the width of its window")
    if not NARROWEST <= request.width <= WIDEST:
        raise UsageError(f"--width {request.width}: pixels, from {NARROWEST} to {WIDEST:,}")


def _check_part(kind: str, ending: str, request: Request | None) -> None:
    if request is None or request.part is None:
        return
    if kind != TIME or ending not in (".svg", ".png"):
        raise UsageError("--part is of a still picture of time (map time -o FILE.svg or .png); leave it out")
    if request.part not in months.PARTS:
        raise UsageError(f"--part {request.part!r}: {among(request.part, months.PARTS)}")


def _known(kind: str) -> Kind:
    if kind not in KINDS:
        raise UsageError(f"map {kind!r}: not a kind of map; {among(kind, KINDS)}")
    return KINDS[kind]


def _checked(request: Request | None) -> Request:
    request = request or Request()
    if not 0 <= request.seed < 2**32:
        raise UsageError(f"--seed {request.seed}: it takes 0 to {2**32 - 1}")
    return request
