"""The page of large networks: dots and lines on a canvas of our own, details, and tables of the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cohabit.maps.data import Frame
from cohabit.maps.packing import Packed
from cohabit.maps.page import Tab, document, escaped, joined, network_view, plural, significant, within
from cohabit.text import visible

MOST_NODES = 10_000
LABEL_LIMIT = 60
_SCRIPTS = (
    *("shell.js", "search.js", "table.js", "picture.js", "pairs.js", "columns.js"),
    *("details.js", "controls.js", "labels.js", "netpicture.js", "lines.js", "tables.js", "canvas.js"),
)


@dataclass(frozen=True)
class Dots:
    """Parallel sequences, most hosts first: name, hosts, group in words, entry in the legend; and where they are."""

    names: Sequence[str]
    hosts: Sequence[int]
    groups: Sequence[str]
    colour: Sequence[int]
    places: Packed


@dataclass(frozen=True)
class Graph:
    """What is drawn, on the page or as a still picture.

    `pairs` has the columns a, b, hosts and lift; `drawn` the positions of lines. With `hosts_are_dots` pairs are a
    model and hosts, and have no lift. `unlinked` is what is to be said of the pair on most hosts without a line.
    """

    frame: Frame
    dots: Dots
    pairs: Mapping[str, Sequence[Any]]
    drawn: Sequence[int]
    pairs_in_all: int
    legend: Sequence[Mapping[str, str | int]]
    rule: str
    hosts_are_dots: bool = False
    unlinked: str = ""


def graph_page(graph: Graph) -> str:
    """Return the whole HTML document."""
    frame, dots, pairs, drawn, legend = graph.frame, graph.dots, graph.pairs, graph.drawn, graph.legend
    hosts_are_dots, pairs_in_all = graph.hosts_are_dots, graph.pairs_in_all
    texts = sorted(set(dots.groups))
    number = {said: index for index, said in enumerate(texts)}
    units = "dots" if hosts_are_dots else plural(frame.unit)
    # Single hosts have one host each: there is nothing to slide.
    sliders = [] if hosts_are_dots else ["lift"]
    if not hosts_are_dots or set(pairs["hosts"]) - {1}:
        sliders.insert(0, "minimum")
    payload = {
        "unit": frame.unit.replace("-", " "),
        "units": units,
        "pairWord": "lines" if hosts_are_dots else "pairs",
        "bipartite": hosts_are_dots,
        "base": frame.base,
        "simulated": frame.simulated,
        "groups": list(legend),
        "groupTexts": [visible(said, 200) for said in texts],
        "items": {
            "name": [shown(name) for name in dots.names],
            "hosts": list(dots.hosts),
            "share": [significant(hosts / frame.base if frame.base else None, 4) for hosts in dots.hosts],
            "groupText": [number[said] for said in dots.groups],
        },
        "nodes": {"x": dots.places.x, "y": dots.places.y, "r": dots.places.radius, "group": list(dots.colour)},
        "tray": dots.places.tray,
        "pairs": dict(pairs),
        "drawn": list(drawn),
        "pairsInAll": pairs_in_all,
    }
    said = f"{len(drawn):,} of {pairs_in_all:,} {payload['pairWord']} shown"
    tabs = [
        Tab("network", "Network", _panel(graph, said, sliders)),
        Tab("table", "Table", tables(units, ("pairs", "items"))),
    ]
    return document(frame, payload=payload, tabs=tabs, scripts=[joined(*_SCRIPTS)])


def shown(name: str, limit: int | None = None) -> str:
    """Return a name as the page shows it; blank ones in quotes, so that there is something to see and to choose."""
    return visible(name, limit) if name.strip() else f'"{visible(name)}"'


def tables(units: str, which: Sequence[str]) -> str:
    """Return the panel of tables (of `pairs`, `items`, `sets`) with the buttons that choose one."""
    names = {"pairs": "Pairs", "items": escaped(units.capitalize()), "sets": "Combinations"}
    pressed = {one: "true" if one == which[0] else "false" for one in which}
    buttons = "".join(
        f'<button type="button" id="show-{one}" aria-pressed="{pressed[one]}">{names[one]}</button>\n' for one in which
    )
    places = "\n".join(
        f'<div class="scroll" id="{one}-table" tabindex="0" role="region" aria-label="Table: {names[one]}"'
        f"{'' if one == which[0] else ' hidden'}></div>"
        for one in which
    )
    return f'<div class="jump">\n{buttons}</div>\n{places}'


def legend_chips(groups: Sequence[Mapping[str, str | int]], *, counted: bool = True) -> str:
    """Return the legend: buttons that hide and show their group, with the number of its items."""
    return "".join(
        f'<button type="button" class="chip" aria-pressed="true" data-group="{index}">'
        f'<span class="dot c{group["colour"]}" aria-hidden="true"></span>'
        f"<bdi>{escaped(str(group['text']))}</bdi>" + (f" ({group['items']:,})" if counted else "") + "</button>"
        for index, group in enumerate(groups)
    )


def _panel(graph: Graph, said: str, sliders: Sequence[str]) -> str:
    frame = graph.frame
    unit, units = escaped(frame.unit.replace("-", " ")), escaped(plural(frame.unit))
    if not graph.dots.names:
        return f'<p class="empty">There is no {unit} {within(frame)}: widen the filters or the dates.</p>'
    ranges = "".join(
        f'<div class="slider"><label for="{one}">Minimum {"hosts" if one == "minimum" else one}</label>'
        f'<input id="{one}" type="range" min="0" max="0" value="0" step="1">'
        f'<output id="{one}-value" for="{one}">0</output></div>\n'
        for one in sliders
    )
    return f"""<div class="controls">
{ranges}<div class="legend" role="group" aria-label="Groups: press to hide or show">{legend_chips(graph.legend)}</div>
</div>
{network_view(units, said)}
<p class="how">{escaped(graph.rule)} {escaped(graph.unlinked)} Names without room appear when you zoom in.</p>
<p class="how" id="keys">Keys in the map: arrows move, + and − zoom, 0 shows all, Escape clears. Search and Enter choose
a {unit}. The Table tab has the same rows.</p>"""
