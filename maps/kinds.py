"""The kinds of maps: a new one is a module with a `Maker`, a `Still` where it has a still picture, and lines here."""

from __future__ import annotations

from collections.abc import Iterable

from cohabit.errors import UsageError
from cohabit.graph.archive import RejectedRecord
from cohabit.graph.store import GraphStore
from cohabit.maps import browser, hosts, levels, models, months, place_kinds, report
from cohabit.maps.report_data import report_data
from cohabit.maps.request import Maker, Request, Still

KINDS: dict[str, Maker] = {
    "families": levels.maker("family"),
    "lines": levels.maker("line"),
    "labs": levels.maker("lab"),
    "lab-countries": levels.maker("lab-country"),
    "models": models.models,
    "hosts": hosts.hosts,
    "time": months.months,
    "countries": place_kinds.countries,
    "providers": place_kinds.providers,
    "networks": place_kinds.networks,
}
STILLS: dict[str, Still] = {
    "families": levels.still("family"),
    "lines": levels.still("line"),
    "labs": levels.still("lab"),
    "lab-countries": levels.still("lab-country"),
    "countries": place_kinds.countries_still,
    "providers": place_kinds.providers_still,
    "networks": place_kinds.networks_still,
}
REPORT = "report"


def make_map(store: GraphStore, kind: str, request: Request | None = None) -> str:
    """Return a map of one kind as one HTML document."""
    return _known(KINDS, kind)(store, _checked(request))


def make_still(store: GraphStore, kind: str, request: Request | None = None) -> str:
    """Return the main figure of one kind of map as an SVG file."""
    _known(KINDS, kind)
    if kind not in STILLS:
        raise UsageError(f"map {kind}: it has no still picture; write a .html file")
    return STILLS[kind](store, _checked(request))


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
    if ending in (".png", ".pdf"):
        browser.find_browser(f"a {ending[1:].upper()} file")
    if kind == REPORT:
        page = make_report(store, request, rejected=rejected)
        return browser.pdf(page) if ending == ".pdf" else page.encode()
    if ending == ".html":
        return make_map(store, kind, request).encode()
    drawn = make_still(store, kind, request)
    return browser.png(drawn) if ending == ".png" else drawn.encode()


def _known(kinds: dict[str, Maker], kind: str) -> Maker:
    if kind not in kinds:
        raise UsageError(f"map {kind!r}: not a kind of map; choose from {', '.join(kinds)}")
    return kinds[kind]


def _checked(request: Request | None) -> Request:
    request = request or Request()
    if not 0 <= request.seed < 2**32:
        raise UsageError(f"--seed {request.seed}: it takes 0 to {2**32 - 1}")
    return request
