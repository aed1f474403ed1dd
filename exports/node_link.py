"""Node-link JSON, as `networkx.node_link_graph` and D3 read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cohabit.exports import elements
from cohabit.exports.data import ExportData


def write(data: ExportData, path: Path) -> None:
    """Write the graph to that file, one node or edge a line; what is not ASCII is escaped, so it acts nowhere."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(_lines(data))


def _lines(data: ExportData) -> Iterator[str]:
    yield f'{{"directed": false, "multigraph": false, "graph": {json.dumps(data.about)},\n"nodes": ['
    rows = ({"id": node.source, **node.attributes} for node in elements.nodes(data))
    yield from _members(rows)
    yield '],\n"edges": ['
    rows = ({"source": edge.source, "target": edge.target, **edge.attributes} for edge in elements.edges(data))
    yield from _members(rows)
    yield "]}\n"


def _members(rows: Iterator[elements.Attributes]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield f"{',' if number else ''}\n{json.dumps(row, allow_nan=False)}"
