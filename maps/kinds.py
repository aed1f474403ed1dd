"""The kinds of maps, and how each gets its data from a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cohabit.errors import UsageError
from cohabit.graph.archive import RejectedRecord
from cohabit.graph.store import GraphStore
from cohabit.maps import browser, families, place_page, places, report
from cohabit.maps.charts import Drawing
from cohabit.maps.data import MapData
from cohabit.maps.frames import map_data, place_frame
from cohabit.maps.poster import poster
from cohabit.maps.report_data import report_data
from cohabit.queries.network import item_network
from cohabit.queries.place_shares import place_shares
from cohabit.queries.scope import Scope

REPORT = "report"


@dataclass(frozen=True)
class Kind:
    """One kind of map, of data that are read once: its page, and its main figure as a still picture."""

    frame: MapData
    page: Callable[[], str]
    figure: Callable[[], Drawing]


def make_file(
    store: GraphStore,
    kind: str,
    ending: str,
    *,
    scope: Scope | None = None,
    simulated: bool = False,
    notes: tuple[str, ...] = (),
    rejected: Iterable[RejectedRecord] | None = None,
) -> bytes:
    """Return the content of a file: a map's page (`.html`) or figure (`.svg`, `.png`), or the report (`.html`, `.pdf`).

    `notes` are caveats beyond those of the query, `rejected` the archive's rejected records, for the report.
    """
    if kind != REPORT and kind not in KINDS:
        raise UsageError(f"map {kind!r}: not a kind of map; choose from {', '.join(KINDS)}")
    scope = scope or Scope()
    if ending in (".png", ".pdf"):
        browser.find_browser(f"a {ending[1:].upper()} file")
    if kind == REPORT:
        page = report.render(report_data(store, scope, rejected=rejected, simulated=simulated, notes=notes))
        return browser.pdf(page) if ending == ".pdf" else page.encode()
    made = KINDS[kind](store, scope, simulated, notes)
    if ending == ".html":
        return made.page().encode()
    drawn = poster(made.frame, made.figure())
    return browser.png(drawn) if ending == ".png" else drawn.encode()


def _families(store: GraphStore, scope: Scope, simulated: bool, notes: tuple[str, ...]) -> Kind:
    data = map_data(item_network(store, "family", scope), scope, simulated, notes)
    return Kind(data, lambda: families.render(data), lambda: families.figure(data))


def _places(by: str) -> Callable[[GraphStore, Scope, bool, tuple[str, ...]], Kind]:
    def kind(store: GraphStore, scope: Scope, simulated: bool, notes: tuple[str, ...]) -> Kind:
        shares = place_shares(store, by, scope)
        frame, figures = place_frame(shares, scope, simulated, notes), places.figures_of(shares)
        return Kind(frame, lambda: place_page.render(frame, figures), lambda: places.figure(figures))

    return kind


KINDS = {"families": _families, **{name: _places(by) for name, by in places.BY.items()}}
