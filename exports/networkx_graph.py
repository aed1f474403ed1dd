"""The export as a networkx graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cohabit.exports import elements
from cohabit.exports.data import ExportData

if TYPE_CHECKING:
    import networkx as nx


def networkx_graph(data: ExportData) -> nx.Graph[str]:
    """The undirected graph with every attribute in Python's own types; what `about` says is in `graph`."""
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    graph.graph.update(data.about)
    graph.add_nodes_from((node.source, node.attributes) for node in elements.nodes(data))
    graph.add_edges_from((edge.source, edge.target, edge.attributes) for edge in elements.edges(data))
    return graph
