"""The map of families (or lines, labs, countries of labs): network, heatmap, sets and the tables of the same rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cohabit.graph.names import country_name
from cohabit.maps.canvas import legend_chips, shown, tables
from cohabit.maps.charts import Drawing, caption, legend, narrowed, stacked
from cohabit.maps.data import MapData, MapItem, MapPair
from cohabit.maps.network import SafeNetwork, vis_network_source
from cohabit.maps.network_figure import network_figure
from cohabit.maps.order import similar_together
from cohabit.maps.page import Tab, document, escaped, joined, network_view, plural, save_buttons, significant, within
from cohabit.maps.positions import TALL, WIDE, Arrangement, Frame, arrange, frame_within
from cohabit.maps.poster import how, not_linked, poster
from cohabit.maps.poster import room as room_in
from cohabit.queries.backbone import STRONGEST_PER_ITEM, USUAL_MINIMUM, Backbone, backbone

LABEL_LIMIT = 60
# Okabe–Ito without black; the eighth class is grey for all the rest. The colours themselves are in page.css.
GROUP_COLOURS = 7
_NO_GROUP = "not known"
# Two maps side by side would mislead if their colours were given by size alone. The colours of those with most models
# in lists are of different lightness, so that they are told apart in grey, too.
_FIXED = {"US": 0, "CN": 4, "FR": 2, "CA": 6, "JP": 1, "KR": 3, "DE": 5}
# These follow, in this order, with what is left.
_NEXT = ("AE", "GB", "SG", "TW", "ES")
_NARROWEST_EDGE, _WIDEST_EDGE = 0.7, 6.0
# Width at zoom 1 of an edge that would hold all hosts of the largest item.
_FULL_EDGE = 16.0
_STILL_WIDTH = 600.0
# A larger heatmap has no readable names.
HEATMAP_ITEMS = 60
SETS_DRAWN = 25
# The vote is that of `queries.network`.
_COLOUR = "Colour: the lab country of most of a dot's deployments."
_MEASURES = (("lift", "Lift"), ("share", "Share of the hosts of the row"))
_SCRIPTS = (
    *("shell.js", "search.js", "table.js", "picture.js"),
    *("pairs.js", "details.js", "controls.js", "labels.js", "netpicture.js", "heatmap.js"),
    *("upset.js", "network.js", "tables.js", "start.js"),
)


@dataclass(frozen=True)
class _Network:
    """What the network shows, whoever draws it: items by hosts, pairs by hosts, and which pairs are lines."""

    items: list[MapItem]
    pairs: list[MapPair]
    number: dict[str, int]
    groups: list[dict[str, str | int]]
    group_of: list[int]
    labels: list[str]
    chosen: Backbone
    ends: list[tuple[int, int]]
    widths: list[float]

    @classmethod
    def of(cls, data: MapData) -> _Network:
        items = sorted(data.items, key=lambda item: (-item.hosts, item.name))
        pairs = sorted(data.pairs, key=lambda pair: (-pair.hosts, pair.a, pair.b))
        number = {item.name: index for index, item in enumerate(items)}
        # Without q-values: under the configuration model 1 of 45 families would be linked in a population of 5,000
        # hosts, 10 of 45 in a real list of 8,181 and 22 of 45 in 175,108, and a picture of dots shows nothing. Lines
        # are the strongest tendencies of these hosts; what is significant is in the notes.
        chosen = backbone(
            [number[pair.a] for pair in pairs],
            [number[pair.b] for pair in pairs],
            [pair.hosts for pair in pairs],
            [math.nan if pair.lift is None else pair.lift for pair in pairs],
        )
        lines = [pairs[index] for index in chosen.edges]
        widths = [_FULL_EDGE * (pair.hosts / items[0].hosts) ** 0.5 for pair in lines]
        groups, group_of = _groups(items)
        return cls(
            items=items,
            pairs=pairs,
            number=number,
            groups=groups,
            group_of=group_of,
            labels=[shown(item.name, LABEL_LIMIT) for item in items],
            chosen=chosen,
            ends=[(number[pair.a], number[pair.b]) for pair in lines],
            widths=[min(max(width, _NARROWEST_EDGE), _WIDEST_EDGE) for width in widths],
        )

    @property
    def unlinked(self) -> str:
        """What is to be said of the pair on most hosts where it has no line; nothing where it has one."""
        if not self.pairs or 0 in self.chosen.edges:
            return ""
        first = self.pairs[0]
        return not_linked(first.a, first.b, first.hosts, first.lift)

    def arranged(self, frame: Frame, seed: int) -> Arrangement:
        """Places of the dots in a frame."""
        weighted = [(*ends, weight) for ends, weight in zip(self.ends, self.chosen.weights, strict=True)]
        return arrange(self.labels, [item.hosts for item in self.items], weighted, frame, seed=seed)


def render(data: MapData, *, seed: int = 0) -> str:
    """Return the whole HTML document; the same data (in any order) and seed give the same bytes."""
    shape = _Network.of(data)
    items, pairs, number = shape.items, shape.pairs, shape.number
    wide, tall = (shape.arranged(frame, seed) for frame in (WIDE, TALL))
    network = SafeNetwork()
    for index, (label, group) in enumerate(zip(shape.labels, shape.group_of, strict=True)):
        network.add_node(index, label, x=wide.x[index], y=wide.y[index], size=wide.radius[index], group=group)
    for index, (source, target), width in zip(shape.chosen.edges, shape.ends, shape.widths, strict=True):
        network.add_edge(source, target, edge_id=index, width=round(width, 2))

    said = [_NO_GROUP if item.group is None else shown(item.group) for item in items]
    texts = sorted(set(said))
    payload = {
        "groupTexts": texts,
        "unit": data.frame.unit.replace("-", " "),
        "units": plural(data.frame.unit),
        "base": data.frame.base,
        "simulated": data.frame.simulated,
        "groups": shape.groups,
        "items": {
            "name": [shown(item.name) for item in items],
            "hosts": [item.hosts for item in items],
            "share": [significant(item.share) for item in items],
            "groupText": [texts.index(text) for text in said],
        },
        "pairs": {
            "a": [number[pair.a] for pair in pairs],
            "b": [number[pair.b] for pair in pairs],
            "hosts": [pair.hosts for pair in pairs],
            "lift": [significant(pair.lift) for pair in pairs],
        },
        "heatmap": similar_together(
            len(items[:HEATMAP_ITEMS]), [(number[p.a], number[p.b], p.jaccard or 0.0) for p in pairs]
        ),
        "sets": {
            "items": [sorted(number[name] for name in one.items) for one in data.sets],
            "hosts": [one.hosts for one in data.sets],
        },
        "shownSets": SETS_DRAWN,
        "network": network.elements(),
        "wide": {"tray": _tray(wide)},
        "tall": {"x": tall.x, "y": tall.y, "size": tall.radius, "tray": _tray(tall)},
    }
    tabs = [
        Tab("network", "Network", _network_panel(data, shape)),
        Tab("heatmap", "Heatmap", _heatmap_panel(data, len(items), len(pairs))),
        Tab("upset", "Combinations", _upset_panel(data)),
        Tab("table", "Table", tables(plural(data.frame.unit), ("pairs", "items", "sets"))),
    ]
    scripts = [joined(*_SCRIPTS)]
    if len(items) > 1:
        scripts.insert(0, vis_network_source())
    return document(data.frame, payload=payload, tabs=tabs, scripts=scripts)


def item_name(item: str, level: str) -> str:
    """How an item is called on a map: a country of labs by its name, all others as they are."""
    return country_name(item) if level == "lab-country" else item


def lab_in(country: str) -> str:
    """The legend's entry of items of labs in a country (its code): said as such, because hosts have countries too."""
    return f"lab in {country_name(country)}"


def _groups(items: Sequence[MapItem]) -> tuple[list[dict[str, str | int]], list[int]]:
    """Return the legend (text, number of items, colour) and each item's entry in it.

    The largest groups are first; of more than there are colours, the usual ones have one, then the largest.
    """
    hosts: Counter[str] = Counter()
    for item in items:
        if item.group is not None:
            hosts[item.group] += item.hosts
    ordered = sorted(hosts, key=lambda group: (-hosts[group], group))
    colours = _colours(ordered)
    coloured = {group: index for index, group in enumerate(group for group in ordered if group in colours)}
    of_item = [coloured.get(item.group, len(coloured)) if item.group is not None else len(coloured) for item in items]
    sizes = Counter(of_item)
    legend: list[dict[str, str | int]] = [
        {"text": shown(group, LABEL_LIMIT), "items": sizes[index], "colour": colours[group]}
        for group, index in coloured.items()
    ]
    if sizes[len(coloured)]:
        unknown = any(item.group is None for item in items)
        rest = len(ordered) > GROUP_COLOURS
        text = f"other or {_NO_GROUP}" if unknown and rest else _NO_GROUP if unknown else "other"
        legend.append({"text": text, "items": sizes[len(coloured)], "colour": GROUP_COLOURS})
    return legend, of_item


def country_colours(countries: Sequence[str]) -> list[int]:
    """Numbers of the colours of countries of labs (codes, at most as many as there are colours)."""
    groups = [lab_in(country) for country in countries]
    colours = _colours(groups)
    return [colours[group] for group in groups]


def _colours(groups: Sequence[str]) -> dict[str, int]:
    """Number of the colour of each group that gets one: the usual ones have the same on every map; what these leave
    goes to the next usual ones, then to the others as they come.
    """
    fixed = {lab_in(country): colour for country, colour in _FIXED.items() if lab_in(country) in groups}
    free = [colour for colour in range(GROUP_COLOURS) if colour not in fixed.values()]
    following = [group for group in map(lab_in, _NEXT) if group in groups]
    others = [group for group in groups if group not in fixed and group not in following]
    return fixed | dict(zip((*following, *others), free, strict=False))


def _tray(arrangement: Arrangement) -> list[float] | None:
    tray = arrangement.tray
    if tray is None:
        return None
    return [round(value, 1) for value in (tray.x, tray.y, tray.width, tray.height, tray.cell_width)]


def _network_panel(data: MapData, shape: _Network) -> str:
    items, pairs, chosen = shape.items, shape.pairs, shape.chosen
    unit, units = escaped(data.frame.unit.replace("-", " ")), escaped(plural(data.frame.unit))
    if len(items) < 2:
        only = f": {escaped(shown(items[0].name), LABEL_LIMIT)}, on {items[0].hosts:,} hosts" if items else ""
        return (
            f'<p class="empty">There is {f"only one {unit}" if items else f"no {unit}"} {within(data.frame)}{only}. '
            "A network needs two: widen the filters or the dates.</p>"
        )
    return f"""<div class="controls">
<div class="slider">
<label for="minimum">Minimum hosts</label>
<input id="minimum" type="range" min="0" max="0" value="0" step="1">
<output id="minimum-value" for="minimum">1</output>
</div>
<div class="legend" role="group" aria-label="Groups: press to hide or show">{legend_chips(shape.groups)}</div>
</div>
{network_view(units, f"{len(chosen.edges):,} of {len(pairs):,} pairs shown")}
<p class="how">{_rule(data, chosen)} {escaped(shape.unlinked)} Dot area follows hosts (the smallest are drawn larger),
line width hosts with both. {_COLOUR} Distance is not a measure. Names without room appear when you zoom in.</p>
<p class="how" id="keys">Keys in the map: arrows move, + and − zoom, 0 shows all, Escape clears. Search and Enter choose
a {unit}. All figures are in the Table tab.</p>"""


def _heatmap_panel(data: MapData, items: int, pairs: int) -> str:
    unit, units = escaped(data.frame.unit.replace("-", " ")), escaped(plural(data.frame.unit))
    if items < 2:
        return f'<p class="empty">A heatmap needs two {units}: widen the filters or the dates.</p>'
    drawn = min(items, HEATMAP_ITEMS)
    rest = "" if drawn == items else f" (those on most hosts; the Table tab has all {items:,})"
    measures = "".join(f'<option value="{key}">{text}</option>' for key, text in _MEASURES)
    chosen = f'<label>Colour <select id="heatmap-measure">{measures}</select></label>'
    return f"""<div class="controls">{chosen}{save_buttons("heatmap")}</div>
<div class="entries" id="heatmap-legend"></div>
<p class="says" id="heatmap-says" role="status"></p>
<div class="drawing" id="heatmap" tabindex="0" role="application" aria-label="Heatmap of {units}"
 aria-describedby="heatmap-keys"></div>
<p class="how" id="heatmap-how"></p>
<p class="how" id="heatmap-keys">{drawn:,} of {items:,} {units}{rest}, similar ones side by side (average linkage on
Jaccard); {pairs:,} pairs in this file. Arrows move from cell to cell, a click or Enter chooses the {unit} of the
row.</p>"""


def _upset_panel(data: MapData) -> str:
    unit, units = escaped(data.frame.unit.replace("-", " ")), escaped(plural(data.frame.unit))
    if not data.sets:
        return f'<p class="empty">No host has two {units} in this selection, so there are no combinations.</p>'
    drawn = data.sets[:SETS_DRAWN]
    return f"""<div class="controls">{save_buttons("upset")}</div>
<p class="says">{len(drawn):,} of {data.set_count:,} combinations shown, on {sum(one.hosts for one in drawn):,} of
{data.set_hosts:,} hosts with two {units} or more.</p>
<div class="drawing" id="upset" tabindex="0" role="region" aria-label="Combinations of {units}"></div>
<p class="how">A column is an exact set: the hosts that have these {units} and no other. The bars at the left count all
hosts of a {unit}, with whatever else. {data.frame.base - data.set_hosts:,} hosts with only one {unit} are left out.
The Table tab lists {len(data.sets):,} of the combinations.</p>"""


def _rule(data: MapData, chosen: Backbone) -> str:
    low = f"at least {chosen.min_hosts} hosts" if chosen.min_hosts > 1 else "at least 1 host"
    if chosen.min_hosts < USUAL_MINIMUM:
        low += f" (the usual {USUAL_MINIMUM} would leave {chosen.usual_candidates})"
    if not chosen.edges:
        return f"No pair has lift above 1 and {low}: nothing is linked."
    unit = escaped(data.frame.unit.replace("-", " "))
    return (
        f"Lines: pairs with lift above 1 and {low}; of these the {STRONGEST_PER_ITEM} strongest of each {unit} "
        f"and a maximum spanning tree (strength = log2 lift × ln(1 + hosts))."
    )


def figure(data: MapData, *, seed: int = 0, room: float | None = None) -> tuple[Drawing, str]:
    """Return the network as a still picture with its legend, and how to read it.

    It has the dots, lines and places of the interactive one; laid out anew where it is to be no wider than `room`.
    """
    shape = _Network.of(data)
    read = how(len(shape.ends), len(shape.pairs), shape.unlinked, _COLOUR, lines_follow="width: hosts with both")
    return _drawn(data, shape, seed, room), read


def poster_of(data: MapData, *, seed: int = 0, width: int | None = None) -> str:
    """Return the still picture as an SVG file that says how to read it."""
    drawing, read = figure(data, seed=seed, room=room_in(width))
    return poster(data.frame, drawing, how=read, width=width)


def _drawn(data: MapData, shape: _Network, seed: int, room: float | None) -> Drawing:
    if len(data.items) < 2:
        return caption(f"No network: {len(data.items)} of the two items that it takes.", room or _STILL_WIDTH, "t")
    colours = [int(shape.groups[group]["colour"]) for group in shape.group_of]
    edges = [(*ends, width) for ends, width in zip(shape.ends, shape.widths, strict=True)]

    def draw(frame: Frame) -> Drawing:
        return Drawing(*network_figure(shape.labels, colours, edges, shape.arranged(frame, seed)))

    drawn = draw(WIDE) if room is None else narrowed(room, lambda width: draw(frame_within(width)))
    key = [(f"f{group['colour']}", f"{group['text']} ({group['items']})") for group in shape.groups]
    return stacked([drawn, legend(key, room or drawn.width)])
