"""pyvis without its holes: a container for nodes and edges, and the drawing library that pyvis ships.

pyvis 0.3.2 writes pages that load style sheets from the internet and run script hidden in names (heading, select menu,
options, titles with a link). Here it only holds what will be drawn; `cohabit.maps.page` writes the page.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, NoReturn

from pyvis.network import Network

from cohabit.errors import DataError

VIS_NETWORK = "lib/vis-9.1.2/vis-network.min.js"
_SOURCE_MAP = "//# sourceMappingURL="
_NODE_KEYS = ("id", "label", "x", "y", "size", "group")
_EDGE_KEYS = ("id", "from", "to", "width")
# Ways past the checks below, and everything that writes a page or takes options as text.
_REFUSED = (
    *("add_nodes", "add_edges", "from_nx", "from_DOT", "set_options", "show_buttons"),
    *("generate_html", "write_html", "save_graph", "show", "prep_notebook", "set_template", "set_template_dir"),
)


class SafeNetwork(Network):  # type: ignore[misc]
    """A pyvis `Network` whose nodes and edges take a short list of typed values and nothing else."""

    def __init__(self) -> None:
        # directed: the undirected check of every earlier edge makes adding edges quadratic.
        super().__init__(directed=True, cdn_resources="in_line")

    def add_node(self, n_id: int, label: str, *, x: float, y: float, size: float, group: int) -> None:
        """Add a node; x, y and size (radius) in pixels at zoom 1, `group` the number of a colour of the page."""
        if type(n_id) is not int or type(group) is not int:
            raise TypeError("node ids and groups are integers: names never become keys")
        super().add_node(n_id, label=label, x=x, y=y, size=size, group=group)
        # pyvis puts the id in the place of an empty label.
        self.node_map[n_id]["label"] = label

    def add_edge(self, source: int, to: int, *, edge_id: int, width: float) -> None:
        """Add an edge between two known nodes; `width` in pixels at zoom 1."""
        if type(edge_id) is not int:
            raise TypeError("edge ids are integers")
        if source not in self.node_map or to not in self.node_map:
            raise ValueError(f"edge {edge_id} between nodes that are not there: {source}, {to}")
        super().add_edge(source, to, id=edge_id, width=width)

    def elements(self) -> dict[str, list[dict[str, Any]]]:
        """Return `nodes` and `edges` with the keys the page knows; shape, arrows and fonts are the page's own."""
        return {
            "nodes": [{key: node[key] for key in _NODE_KEYS} for node in self.nodes],
            "edges": [{key: edge[key] for key in _EDGE_KEYS} for edge in self.edges],
        }


def _refuse(*_args: object, **_kwargs: object) -> NoReturn:
    raise TypeError("pages are written by cohabit.maps.page; what pyvis writes is neither offline nor safe")


for _method in _REFUSED:
    setattr(SafeNetwork, _method, _refuse)


def vis_network_source() -> str:
    """Return vis-network as pyvis ships it, without the source map line that would make a browser look for a file."""
    try:
        source = files("pyvis").joinpath(VIS_NETWORK).read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"pyvis has no {VIS_NETWORK}: install pyvis 0.3.2 again ({error.strerror})") from error
    # Not splitlines(): the source holds U+2028 and the like in string literals.
    return "\n".join(line for line in source.split("\n") if not line.startswith(_SOURCE_MAP))
