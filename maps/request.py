"""What every kind of map is asked: which hosts, which seed, and what to say beside the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cohabit.graph.incidence import Incidence
from cohabit.graph.store import GraphStore
from cohabit.maps.data import Frame
from cohabit.queries.info import figures
from cohabit.queries.scope import Scope
from cohabit.queries.words import count


@dataclass(frozen=True)
class Request:
    """`notes` are caveats beyond those of the queries; `show` turns an address into what may be shown of it."""

    scope: Scope = field(default_factory=Scope)
    simulated: bool = False
    notes: tuple[str, ...] = ()
    seed: int = 0
    show: Callable[[str], str] = lambda _address: "host"


# Of one kind: reads the store, returns the whole HTML document.
Maker = Callable[[GraphStore, Request], str]
# Of one kind: reads the store, returns its main figure as an SVG file.
Still = Callable[[GraphStore, Request], str]


def frame_of(
    store: GraphStore,
    request: Request,
    incidence: Incidence,
    *,
    title: str,
    unit: str,
    base: int,
    caveats: Sequence[str],
) -> Frame:
    """The frame of a map of the hosts in scope; dates and scans are those of the whole graph."""
    about = figures(store)
    return Frame(
        title=title,
        unit=unit,
        base=base,
        hosts=len(incidence.hosts),
        multi_model_hosts=incidence.multi_model_hosts,
        source=count(about["scans"], "scan"),
        date_from=(about["first_seen"] or "")[:10],
        date_to=(about["last_seen"] or "")[:10],
        filters=request.scope.description(),
        simulated=request.simulated,
        caveats=(*request.notes, *caveats),
    )
