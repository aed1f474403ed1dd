"""What every kind of map is asked: which hosts, which seed, and what to say beside the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cohabit.graph.incidence import Incidence
from cohabit.graph.store import GraphStore
from cohabit.maps.data import Frame
from cohabit.queries.info import figures
from cohabit.queries.protection import Protection
from cohabit.queries.scope import Scope
from cohabit.queries.words import count


@dataclass(frozen=True)
class Request:
    """`notes` are caveats beyond those of the queries; `show` turns an address into what may be shown of it, `name` a
    model's name, which can hold one.

    With `protected` the map is for everybody: it says nothing of few hosts. `share` names what the still picture of a
    map of places shows (None: hosts), as the page's own list of choices has it. `source` names the data set. `level` is
    what a map over time follows (None: families), `width` that of a still picture in pixels (None: what it needs),
    `part` which of its parts a still picture over time has (None: all).
    `marking` and `author` are of the report: with whom it may be shared, as a label and in words, and who made it.
    """

    scope: Scope = field(default_factory=Scope)
    simulated: bool = False
    notes: tuple[str, ...] = ()
    seed: int = 0
    show: Callable[[str], str] = lambda _address: "host"
    protected: Protection | None = None
    share: str | None = None
    name: Callable[[str], str] = str
    source: str = ""
    level: str | None = None
    width: int | None = None
    part: str | None = None
    marking: tuple[str, str] | None = None
    author: str = ""

    @property
    def least(self) -> int:
        """The fewest hosts that a group is said of."""
        return self.protected.k if self.protected else 1

    @property
    def published(self) -> str:
        """What titles and facts say of a map for everybody; nothing where it is not one."""
        return self.protected.words if self.protected else ""

    def source_of(self, scans: int) -> str:
        """The source line: the scans, and the name of the data set where it has one."""
        said = count(scans, "scan")
        return f"{self.source} ({said})" if self.source else said

    @property
    def published_notes(self) -> tuple[str, ...]:
        """The caveats that go with it."""
        if self.protected is None:
            return ()
        k = self.protected.k
        return (
            f"Published with K = {k:,}: what fewer than {k:,} hosts have in common is not shown, all numbers of hosts "
            f"are rounded down to multiples of {k:,} (0 is any number under {k:,}), and shares and measures are "
            "computed from them.",
        )


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
    said = request.protected.count if request.protected else int
    return Frame(
        title=title,
        unit=unit,
        base=base,
        hosts=said(len(incidence.hosts)) or 0,
        multi_model_hosts=said(incidence.multi_model_hosts) or 0,
        source=request.source_of(about["scans"]),
        date_from=(about["first_seen"] or "")[:10],
        date_to=(about["last_seen"] or "")[:10],
        filters=request.scope.description(),
        simulated=request.simulated,
        published=request.published,
        moment=request.scope.moment,
        least=request.least,
        caveats=(*request.notes, *request.published_notes, *caveats),
    )
