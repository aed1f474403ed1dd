"""Large networks (of models, of hosts) as a still picture: the dots, lines and places of the page, and their legend."""

from __future__ import annotations

from collections.abc import Iterable

from cohabit.maps.canvas import LABEL_LIMIT, Graph, shown
from cohabit.maps.charts import Drawing, caption, legend, narrowed, stacked
from cohabit.maps.network_figure import network_figure
from cohabit.maps.packing import TRAY_HEAD
from cohabit.maps.positions import Arrangement, Tray
from cohabit.maps.poster import how, poster, room

# The longer side in pixels, and how many dots may get a name: more of them hide the lines.
_LONGEST, _NAMED = 1_400.0, 250
_NARROWEST = 600.0
_LINE = 0.5


def graph_still(graph: Graph, width: int | None = None) -> str:
    """Return the network as an SVG file; the names that find room are there, the largest first.

    `width` (pixels) is that of the file; without it the longer side decides.
    """
    if not graph.dots.names:
        nothing = caption("There is nothing to draw in this selection.", room(width) or _NARROWEST, "t")
        return poster(graph.frame, nothing, width=width)
    inside = room(width)
    drawn = _drawn(graph, _LONGEST) if inside is None else narrowed(inside, lambda longest: _drawn(graph, longest))
    key = [(f"f{entry['colour']}", f"{entry['text']} ({entry['items']:,})") for entry in graph.legend]
    read = graph.rule if graph.hosts_are_dots else how(len(graph.drawn), graph.pairs_in_all, graph.unlinked)
    return poster(graph.frame, stacked([drawn, legend(key, inside or drawn.width)]), how=read, width=width)


def _drawn(graph: Graph, longest: float) -> Drawing:
    """The network with no side longer than `longest`, but for names at its edge."""
    dots, places = graph.dots, graph.dots.places
    reach = max(max(places.x) - min(places.x), max(places.y) - min(places.y), 1.0)
    scale = min(1.0, longest / reach)

    def scaled(values: Iterable[float]) -> tuple[float, ...]:
        return tuple(value * scale for value in values)

    edges = [(int(graph.pairs["a"][i]), int(graph.pairs["b"][i]), _LINE) for i in graph.drawn]
    linked = {end for a, b, _ in edges for end in (a, b)}
    tray, tops = None, scaled(places.y)
    if places.tray is not None:
        # The line of text at its head does not get smaller.
        lower = TRAY_HEAD * (1 - scale)
        x, y, width, height = scaled(places.tray)
        tray = Tray(x, y, width, height + lower, cell_width=0)
        tops = tuple(top if i in linked else top + lower for i, top in enumerate(tops))
    arrangement = Arrangement(scaled(places.x), tops, scaled(places.radius), tray)
    # Addresses in print help nobody, and in the tray there is no room.
    hosts = [i for i, group in enumerate(dots.groups) if group == "host"] if graph.hosts_are_dots else []
    named = sorted(linked.difference(hosts))[:_NAMED]
    return Drawing(
        *network_figure(
            [shown(name, LABEL_LIMIT) for name in dots.names],
            [int(graph.legend[entry]["colour"]) for entry in dots.colour],
            edges,
            arrangement,
            named,
            soft=hosts,
        )
    )
