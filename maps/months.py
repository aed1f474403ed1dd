"""The map over time: families at fixed places, month by month, and the course of their shares."""

from __future__ import annotations

import numpy as np

from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.graph.store import GraphStore
from cohabit.maps.canvas import legend_chips, shown
from cohabit.maps.data import Frame
from cohabit.maps.page import Tab, document, joined, network_view, save_buttons, significant
from cohabit.maps.positions import WIDE, Tray, arrange
from cohabit.maps.request import Request, frame_of
from cohabit.queries.onemode import OneMode, one_mode, published
from cohabit.queries.protection import Protection
from cohabit.queries.series import Sightings, read_sightings

MOST_FAMILIES = 60
FOLLOWED = 7
_SCRIPTS = (
    *("shell.js", "search.js", "table.js", "picture.js", "pairs.js", "columns.js"),
    *("details.js", "controls.js", "labels.js", "netpicture.js", "months.js", "canvas.js"),
)


_TABLES = """<div class="scroll" id="months-table" tabindex="0" role="region" aria-label="Shares"></div>
<h2>Pairs drawn</h2>
<div class="scroll" id="lines-table" tabindex="0" role="region" aria-label="Pairs drawn"></div>"""


def months(store: GraphStore, request: Request) -> str:
    """The map of the families over the months in scope."""
    seen = read_sightings(store, request.scope, "family", "month")
    matrix = seen.incidence.at("family")
    whole = _projected(matrix, request.protected)
    frame = frame_of(
        store,
        request,
        seen.incidence,
        title="Model families month by month",
        unit="family",
        base=whole.base,
        caveats=[
            "A month's shares are of the hosts whose list was seen in it; different hosts may have been looked at.",
            *seen.periods.gaps(),
        ],
    )
    return render(frame, seen, whole, protected=request.protected, seed=request.seed)


def _projected(matrix: ItemMatrix, protected: Protection | None) -> OneMode:
    network = one_mode(matrix)
    return published(network, protected) if protected else network


def in_period(seen: Sightings, period: int) -> ItemMatrix:
    """The host × family matrix of what was listed in one period."""
    chosen = seen.item_periods == period
    none = np.empty(0, np.int64)
    order = np.lexsort((seen.items[chosen], seen.item_hosts[chosen]))
    rows, columns = seen.item_hosts[chosen][order], seen.items[chosen][order]
    return ItemMatrix("family", seen.labels, rows, columns, len(seen.incidence.hosts), none)


def render(frame: Frame, seen: Sightings, whole: OneMode, *, protected: Protection | None = None, seed: int = 0) -> str:
    """Return the whole HTML document; places come from `whole`, the network of all periods.

    `protected`: what is published of each month (and `whole` is published already).
    """
    order = np.lexsort((np.arange(len(whole.labels)), -whole.hosts))[:MOST_FAMILIES].tolist()
    names = [whole.labels[i] for i in order]
    number = {name: index for index, name in enumerate(names)}
    edges = [
        (number[a], number[b], weight)
        for i, weight in zip(whole.backbone.edges, whole.backbone.weights, strict=True)
        if (a := whole.labels[whole.first[i]]) in number and (b := whole.labels[whole.second[i]]) in number
    ]
    hosts = [int(whole.hosts[i]) for i in order]
    found = arrange([shown(name, 60) for name in names], hosts, edges, WIDE, seed=seed)
    # Periods without a list have nothing to show.
    bases: Integers = np.bincount(seen.listed_periods, minlength=len(seen.periods)).astype(np.int64)
    if protected:
        bases = protected.counts(bases)
    periods = np.flatnonzero(bases).tolist()
    networks = [_projected(in_period(seen, period), protected) for period in periods]
    counts = [{label: int(n) for label, n in zip(one.labels, one.hosts.tolist(), strict=True)} for one in networks]
    figures = [_pairs(one, number) for one in networks]
    drawn = [
        {
            (number[a], number[b])
            for i in one.backbone.edges
            if (a := one.labels[one.first[i]]) in number and (b := one.labels[one.second[i]]) in number
        }
        for one in networks
    ]
    union = sorted(set().union(*drawn)) if drawn else []
    tray = found.tray
    coloured = [min(index, FOLLOWED) for index in range(len(names))]
    legend: list[dict[str, str | int]] = [
        {"text": shown(name, 60), "items": 1, "colour": index} for index, name in enumerate(names[:FOLLOWED])
    ]
    if len(names) > FOLLOWED:
        legend.append({"text": "other families", "items": len(names) - FOLLOWED, "colour": FOLLOWED})
    payload = {
        "unit": "family",
        "units": "families",
        "pairWord": "pairs",
        "base": frame.base,
        "simulated": frame.simulated,
        "groups": legend,
        "groupTexts": [str(entry["text"]) for entry in legend],
        "items": {
            "name": [shown(name) for name in names],
            "hosts": hosts,
            "share": [significant(n / frame.base if frame.base else None, 4) for n in hosts],
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
            "base": [int(bases[period]) for period in periods],
            "hosts": [[own.get(name, 0) for name in names] for own in counts],
            "pairs": [len(one.both) for one in networks],
            "pairHosts": [[own.get(pair, (0, None))[0] for pair in union] for own in figures],
            "pairLift": [[own.get(pair, (0, None))[1] for pair in union] for own in figures],
            "drawn": [[index for index, pair in enumerate(union) if pair in own] for own in drawn],
        },
    }
    tabs = [
        Tab("network", "Network", _panel(len(periods), names, legend)),
        Tab("shares", "Shares", _shares_panel(len(periods), len(names))),
        Tab("table", "Table", _TABLES),
    ]
    return document(frame, payload=payload, tabs=tabs, scripts=[joined(*_SCRIPTS)])


def _pairs(network: OneMode, number: dict[str, int]) -> dict[tuple[int, int], tuple[int, float | None]]:
    """Hosts and lift of each pair of families that are in the file."""
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


def _panel(periods: int, names: list[str], legend: list[dict[str, str | int]]) -> str:
    if not periods or not names:
        return '<p class="empty">No host in this selection listed a known family: widen the filters or the dates.</p>'
    return f"""<div class="controls">
<div class="slider"><label for="month">Month</label>
<input id="month" type="range" min="0" max="{periods - 1}" value="{periods - 1}" step="1">
<output id="month-value" for="month"></output></div>
<button type="button" id="play">Play</button>
<span id="still" hidden>Your system asks for no motion: use the slider.</span>
<div class="legend" role="group" aria-label="Groups: press to hide or show">{legend_chips(legend)}</div>
</div>
{network_view("families")}
<p class="how">Places are the same in all months and come from all of them together; dots and lines are those of the
month: area follows the hosts that listed the family in it, lines are the month's backbone. Distance is not a
measure.</p>
<p class="how" id="keys">Keys in the map: arrows move, + and − zoom, 0 shows all, Escape clears. On the slider arrows go
from month to month.</p>"""


def _shares_panel(periods: int, names: int) -> str:
    if not periods or not names:
        return '<p class="empty">There is no month to show.</p>'
    drawn = min(names, FOLLOWED)
    return f"""<div class="controls">{save_buttons("shares")}</div>
<div class="drawing" id="shares" tabindex="0" role="region" aria-label="Shares by month"></div>
<p class="how">{drawn} of {names:,} families, those on most hosts; a family that is chosen or found is drawn, too. Share
of the hosts whose list was seen in the month. A month without lists is left out, and the line goes on behind it.</p>"""
