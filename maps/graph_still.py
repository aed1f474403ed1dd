"""Large networks (of models, of hosts) as a still picture: the dots, lines and places of the page, and their legend."""

from __future__ import annotations

from collections.abc import Iterable

from cohabit.maps.canvas import LABEL_LIMIT, Graph, shown
from cohabit.maps.charts import Drawing, legend, stacked
from cohabit.maps.network_figure import network_figure
from cohabit.maps.positions import Arrangement, Tray
from cohabit.maps.poster import how, poster
from cohabit.maps.svg import text

# The longer side in pixels, and how many dots may get a name: more of them hide the lines.
_LONGEST, _NAMED = 1_400.0, 250
_NARROWEST = 600.0
_LINE = 0.5


def graph_still(graph: Graph) -> str:
    """Return the network as an SVG file; the names that find room are there, the largest first."""
    dots, places = graph.dots, graph.dots.places
    if not dots.names:
        nothing = Drawing(_NARROWEST, 30, text(0, 18, "There is nothing to draw in this selection."))
        return poster(graph.frame, nothing)
    reach = max(max(places.x) - min(places.x), max(places.y) - min(places.y), 1.0)
    scale = min(1.0, _LONGEST / reach)

    def scaled(values: Iterable[float]) -> tuple[float, ...]:
        return tuple(value * scale for value in values)

    tray = None
    if places.tray is not None:
        x, y, width, height = scaled(places.tray)
        tray = Tray(x, y, width, height, cell_width=0)
    arrangement = Arrangement(scaled(places.x), scaled(places.y), scaled(places.radius), tray)
    edges = [(int(graph.pairs["a"][i]), int(graph.pairs["b"][i]), _LINE) for i in graph.drawn]
    linked = {end for a, b, _ in edges for end in (a, b)}
    # Addresses in print help nobody, and in the tray there is no room.
    hosts = [i for i, group in enumerate(dots.groups) if group == "host"] if graph.hosts_are_dots else []
    named = sorted(linked.difference(hosts))[:_NAMED]
    drawn = Drawing(
        *network_figure(
            [shown(name, LABEL_LIMIT) for name in dots.names],
            [int(graph.legend[entry]["colour"]) for entry in dots.colour],
            edges,
            arrangement,
            named,
            soft=hosts,
        )
    )
    key = [(f"f{entry['colour']}", f"{entry['text']} ({entry['items']:,})") for entry in graph.legend]
    read = graph.rule if graph.hosts_are_dots else how(len(graph.drawn), graph.pairs_in_all, graph.unlinked)
    return poster(graph.frame, stacked([drawn, legend(key, drawn.width)]), how=read)
