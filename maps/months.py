"""The map over time: families (or lines, labs …) at fixed places, month by month, and the course of their shares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.maps.canvas import legend_chips, shown
from cohabit.maps.charts import Drawing, Line, caption, lines, narrowed, stacked
from cohabit.maps.data import Frame
from cohabit.maps.families import country_colours, item_name
from cohabit.maps.network_figure import network_figure
from cohabit.maps.page import Tab, document, joined, network_view, plural, save_buttons, significant, static
from cohabit.maps.positions import WIDE, Arrangement, Tray, arrange, frame_within
from cohabit.maps.positions import Frame as Area
from cohabit.maps.poster import poster
from cohabit.maps.poster import room as room_in
from cohabit.maps.request import Request, frame_of
from cohabit.queries.measures import wilson_rounded
from cohabit.queries.onemode import OneMode, one_mode, published
from cohabit.queries.protection import Protection
from cohabit.queries.series import Sightings, read_sightings
from cohabit.queries.words import count

MOST_ITEMS = 60
FOLLOWED = 7
SHARES, NETWORK = PARTS = ("shares", "network")
"""What the still picture has: the course of the shares, and the last month's network."""
LEVELS = {"family": "Model families", "line": "Product lines", "lab": "Labs", "lab-country": "Countries of labs"}
"""What can be followed, and what a title calls it."""
_STILL_WIDTH = 800.0
_SCRIPTS = (
    *("shell.js", "search.js", "table.js", "picture.js", "pairs.js", "columns.js"),
    *("details.js", "controls.js", "labels.js", "netpicture.js", "months.js", "canvas.js"),
)


_TABLES = """<div class="scroll" id="months-table" tabindex="0" role="region" aria-label="Shares"></div>
<h2>Pairs drawn</h2>
<div class="scroll" id="lines-table" tabindex="0" role="region" aria-label="Pairs drawn"></div>"""

_SHARES = f"""<div class="drawing" id="shares" tabindex="0" role="region" aria-label="Shares by month"></div>
{save_buttons("shares")}"""


def months(store: GraphStore, request: Request) -> str:
    """The map of the items over the months in scope."""
    frame, seen, whole = _read(store, request)
    return render(frame, seen, whole, protected=request.protected, seed=request.seed)


def months_still(store: GraphStore, request: Request) -> str:
    """The course of the shares and the network of the last month, as an SVG file."""
    frame, seen, whole = _read(store, request)
    inside = room_in(request.width)
    picture = figure(
        seen,
        whole,
        frame.unit,
        protected=request.protected,
        seed=request.seed,
        room=inside,
        part=request.part,
    )
    return poster(frame, picture, how=_how_to_read(frame.unit, request.protected, request.part), width=request.width)


def _how_to_read(unit: str, protected: Protection | None, part: str | None) -> str:
    one = unit.replace("-", " ")
    colours = "" if part else "; the colours are those of the curves, grey are the others"
    network = (
        f"Dots: area follows the hosts that listed the {one} in the month{colours}. Lines: the strongest pairs of the "
        "month with lift above 1. Distance is not a measure. "
    )
    said = f"{'' if part == SHARES else network}Base n is that of all months together, a month's is smaller."
    return f"{said} A gap is a month with fewer than {protected.k:,} hosts, or without a scan." if protected else said


def _read(store: GraphStore, request: Request) -> tuple[Frame, Sightings, OneMode]:
    level = request.level or "family"
    seen = read_sightings(store, request.scope, level, "month")
    whole = _projected(seen.incidence.at(level), request.protected)
    frame = frame_of(
        store,
        request,
        seen.incidence,
        title=f"{LEVELS[level]} month by month",
        unit=level,
        base=whole.base,
        caveats=[
            "A month's shares are of the hosts whose list was seen in it; different hosts may have been looked at.",
            *seen.periods.gaps(),
        ],
    )
    return frame, seen, whole


def _projected(matrix: ItemMatrix, protected: Protection | None) -> OneMode:
    network = one_mode(matrix)
    return published(network, protected) if protected else network


def in_period(seen: Sightings, period: int, level: str) -> ItemMatrix:
    """The host × item matrix of what was listed in one period."""
    chosen = seen.item_periods == period
    none = np.empty(0, np.int64)
    order = np.lexsort((seen.items[chosen], seen.item_hosts[chosen]))
    rows, columns = seen.item_hosts[chosen][order], seen.items[chosen][order]
    return ItemMatrix(level, seen.labels, rows, columns, len(seen.incidence.hosts), none)


@dataclass(frozen=True)
class _Shape:
    """The items on most hosts, in that order: `hosts` over all periods, the number of each name, and the periods.

    Of periods only those in which a list was seen: the others have nothing to show. `networks`, `bases` (hosts whose
    list was seen) and `counts` (items × periods) are parallel to `periods`, positions among those of the graph.
    Dots have the size of the period with most hosts.
    """

    names: list[str]
    hosts: list[int]
    number: dict[str, int]
    periods: list[int]
    networks: list[OneMode]
    bases: Integers
    counts: Integers
    edges: list[tuple[int, int, float]]
    level: str
    seed: int

    @classmethod
    def of(cls, seen: Sightings, whole: OneMode, level: str, protected: Protection | None, seed: int) -> _Shape:
        order = np.lexsort((np.arange(len(whole.labels)), -whole.hosts))[:MOST_ITEMS].tolist()
        names = [whole.labels[i] for i in order]
        number = {name: index for index, name in enumerate(names)}
        bases = np.bincount(seen.listed_periods, minlength=len(seen.periods)).astype(np.int64)
        bases = protected.counts(bases) if protected else bases
        periods = np.flatnonzero(bases).tolist()
        networks = [_projected(in_period(seen, period, level), protected) for period in periods]
        counts = np.zeros((len(names), len(periods)), np.int64)
        for column, one in enumerate(networks):
            for label, hosts in zip(one.labels, one.hosts.tolist(), strict=True):
                if label in number:
                    counts[number[label], column] = hosts
        hosts = [int(whole.hosts[i]) for i in order]
        edges = _lines(whole, number)
        return cls(names, hosts, number, periods, networks, bases[periods], counts, edges, level, seed)

    @property
    def labels(self) -> list[str]:
        """The names as they are drawn."""
        return [shown(item_name(name, self.level), 60) for name in self.names]

    @property
    def colours(self) -> list[int]:
        """The number of the colour of each; countries of labs have those that they have on the other maps."""
        followed = self.names[:FOLLOWED]
        own = country_colours(followed) if self.level == "lab-country" else list(range(len(followed)))
        return own + [FOLLOWED] * (len(self.names) - len(followed))

    def arranged(self, frame: Area) -> Arrangement:
        """Places of the dots in an area."""
        largest = self.counts.max(axis=1, initial=0).tolist()
        return arrange(self.labels, largest, self.edges, frame, seed=self.seed)


def render(frame: Frame, seen: Sightings, whole: OneMode, *, protected: Protection | None = None, seed: int = 0) -> str:
    """Return the whole HTML document; places come from `whole`, the network of all periods.

    `protected`: what is published of each month (and `whole` is published already).
    """
    shape = _Shape.of(seen, whole, frame.unit, protected, seed)
    names, number, found, periods, networks = (
        shape.names,
        shape.number,
        shape.arranged(WIDE),
        shape.periods,
        shape.networks,
    )
    figures = [_pairs(one, number) for one in networks]
    drawn = [{(a, b) for a, b, _ in _lines(one, number)} for one in networks]
    union = sorted(set().union(*drawn)) if drawn else []
    tray = found.tray
    coloured = [min(index, FOLLOWED) for index in range(len(names))]
    legend: list[dict[str, str | int]] = [
        {"text": label, "items": 1, "colour": colour}
        for label, colour in zip(shape.labels[:FOLLOWED], shape.colours, strict=False)
    ]
    if rest := len(names) - len(legend):
        legend.append({"text": f"other {plural(frame.unit)}", "items": rest, "colour": FOLLOWED})
    payload = {
        "unit": frame.unit,
        "units": plural(frame.unit),
        "pairWord": "pairs",
        "base": frame.base,
        "simulated": frame.simulated,
        "groups": legend,
        "groupTexts": [str(entry["text"]) for entry in legend],
        "items": {
            "name": [shown(item_name(name, frame.unit)) for name in names],
            "hosts": shape.hosts,
            "share": [significant(n / frame.base if frame.base else None, 4) for n in shape.hosts],
            "groupText": coloured,
        },
        "nodes": {"x": found.x, "y": found.y, "r": found.radius, "group": coloured},
        "tray": None if tray is None else _numbers(tray),
        "pairs": {
            "a": [a for a, _ in union],
            "b": [b for _, b in union],
            "hosts": [0] * len(union),
            "lift": [None] * len(union),
        },
        "drawn": list(range(len(union))),
        "pairsInAll": len(whole.both),
        "months": {
            "label": [seen.periods.labels[period] for period in periods],
            "least": protected.k if protected else 0,
            "base": shape.bases.tolist(),
            "hosts": shape.counts.T.tolist(),
            "pairs": [len(one.both) for one in networks],
            "pairHosts": [[own.get(pair, (0, None))[0] for pair in union] for own in figures],
            "pairLift": [[own.get(pair, (0, None))[1] for pair in union] for own in figures],
            "drawn": [[index for index, pair in enumerate(union) if pair in own] for own in drawn],
        },
    }
    tabs = [
        Tab("network", "Network and shares", _panel(len(periods), names, legend, frame.unit)),
        Tab("table", "Table", _TABLES),
    ]
    return document(frame, payload=payload, tabs=tabs, scripts=[joined(*_SCRIPTS)], styles=[static("months.css")])


def figure(
    seen: Sightings,
    whole: OneMode,
    level: str,
    *,
    protected: Protection | None = None,
    seed: int = 0,
    room: float | None = None,
    part: str | None = None,
) -> Drawing:
    """Return the shares of the largest items with bands of their 95 % intervals, and below the last month's network.

    Places are those of the interactive map; laid out anew where it is to be no wider than `room`. `part` is one of
    `PARTS`, where it shall have that alone. A month with scans in some of its weeks only has an asterisk.
    """
    shape = _Shape.of(seen, whole, level, protected, seed)
    counts, labels, periods = shape.counts, shape.labels, shape.periods
    width = room or _STILL_WIDTH
    if not periods or not shape.names:
        return caption(f"No host in this selection listed a known {level.replace('-', ' ')}.", width, "t")
    courses = []
    for own, label, colour in zip(counts[:FOLLOWED], labels, shape.colours, strict=False):
        low, high = wilson_rounded(own, shape.bases, protected.k if protected else 1)
        points = zip(periods, own, own / shape.bases, low, high, strict=True)
        # What is rounded to 0 is not said: a point there would say that there was none.
        told = ((p, float(s), float(a), float(b)) for p, n, s, a, b in points if n or not protected)
        courses.append(Line(label, tuple(told), colour))
    drawn = Drawing(width, 0, "")
    if counts[:, -1].any():
        drawn = (
            _last_month(shape, WIDE) if room is None else narrowed(room, lambda w: _last_month(shape, frame_within(w)))
        )
    last = f"{seen.periods.labels[periods[-1]]}{seen.periods.partly(periods[-1])}"
    said = f"The network of {last}: {count(int(shape.bases[-1]), 'host')} whose list was seen."
    head = "Share of the hosts whose list was seen in the month, with 95 % intervals."
    partly = [p for p in periods if seen.periods.partly(p)]
    if partly:
        head += f" * A part of the month: {', '.join(seen.periods.labels[p] + seen.periods.partly(p) for p in partly)}."
    marked = [f"{label}*" if p in partly else label for p, label in enumerate(seen.periods.labels)]
    shares = [caption(head, width), lines(marked, courses, room or max(drawn.width, width), 300)]
    network = [caption(said, width, "t"), drawn]
    return stacked([*([] if part == NETWORK else shares), *([] if part == SHARES else network)])


def _last_month(shape: _Shape, frame: Area) -> Drawing:
    """The network of the last month in the places of all months together."""
    counts, found, labels, colours = shape.counts, shape.arranged(frame), shape.labels, shape.colours
    there = np.flatnonzero(counts[:, -1]).tolist()
    place = {index: position for position, index in enumerate(there)}
    now = Arrangement(
        tuple(found.x[i] for i in there),
        tuple(found.y[i] for i in there),
        tuple(max(1.5, found.radius[i] * math.sqrt(counts[i, -1] / counts[i].max())) for i in there),
        None,
    )
    ends = [(place[a], place[b], 0.8) for a, b, _ in _lines(shape.networks[-1], shape.number)]
    return Drawing(*network_figure([labels[i] for i in there], [colours[i] for i in there], ends, now))


def _lines(network: OneMode, number: Mapping[str, int]) -> list[tuple[int, int, float]]:
    """The backbone between items that have a number."""
    ends = ((network.labels[network.first[i]], network.labels[network.second[i]]) for i in network.backbone.edges)
    return [
        (number[a], number[b], weight)
        for (a, b), weight in zip(ends, network.backbone.weights, strict=True)
        if a in number and b in number
    ]


def _pairs(network: OneMode, number: dict[str, int]) -> dict[tuple[int, int], tuple[int, float | None]]:
    """Hosts and lift of each pair of items that are in the file."""
    found = {}
    columns = (network.first, network.second, network.both, network.weights("lift"))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for a, b, both, lift in rows:
        names = network.labels[a], network.labels[b]
        if names[0] in number and names[1] in number:
            found[number[names[0]], number[names[1]]] = (both, significant(lift, 4))
    return found


def _numbers(tray: Tray) -> list[float]:
    return [round(value, 1) for value in (tray.x, tray.y, tray.width, tray.height, tray.cell_width)]


def _panel(periods: int, names: list[str], legend: list[dict[str, str | int]], unit: str) -> str:
    one, several = unit.replace("-", " "), plural(unit)
    if not periods or not names:
        return f'<p class="empty">No host in this selection listed a known {one}: widen the filters or the dates.</p>'
    return f"""<div class="controls">
<div class="slider"><label for="month">Month</label>
<input id="month" type="range" min="0" max="{periods - 1}" value="{periods - 1}" step="1">
<output id="month-value" for="month"></output></div>
<button type="button" id="play">Play</button>
<span id="still" hidden>Your system asks for no motion: use the slider.</span>
<div class="legend" role="group" aria-label="Groups: press to hide or show">{legend_chips(legend, counted=False)}</div>
</div>
{network_view(several, beside=_SHARES)}
<p class="how">Places are the same in all months and come from all of them together; dots and lines are those of the
month: area follows the hosts that listed the {one} in it, lines are the month's backbone. Distance is not a
measure. Beside it the shares of {min(len(names), FOLLOWED)} of {len(names):,} {several}, those on most hosts, of the
hosts whose list was seen in the month; a {one} that is chosen or found is drawn, too. A month without lists is left
out, and the lines go on behind it.</p>
<p class="how" id="keys">Keys in the map: arrows move, + and − zoom, 0 shows all, Escape clears. On the slider arrows go
from month to month.</p>"""
