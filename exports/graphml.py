"""GraphML, as networkx, igraph, Gephi, Cytoscape and yEd read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from cohabit.exports import elements
from cohabit.exports.data import ExportData
from cohabit.exports.elements import Attributes
from cohabit.exports.xml import escaped, id_source, type_name, written
from cohabit.text import visible

_START = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""


def write(data: ExportData, path: Path) -> None:
    """Write the graph to that file; `label` is the name, safe to show."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_lines(data))


def _lines(data: ExportData) -> Iterator[str]:
    keys: dict[tuple[str, str], str] = {}
    yield _START
    node_types = {"label": pa.string(), **elements.node_types(data)}
    about = {name: pa.scalar(value).type for name, value in data.about.items()}
    for domain, types in (("graph", about), ("node", node_types), ("edge", elements.edge_types(data))):
        for name, kind in types.items():
            keys[domain, name] = key = f"d{len(keys)}"
            yield f'<key id="{key}" for="{domain}" attr.name="{name}" attr.type="{type_name(kind)}"/>\n'
    written_id = id_source([node.source for node in elements.nodes(data)])
    yield '<graph edgedefault="undirected">\n'
    yield from (f"{datum}\n" for datum in _data("graph", data.about, keys))
    for node in elements.nodes(data):
        own = {"label": visible(node.attributes["name"]), **node.attributes}
        yield f'<node id="{written_id(node.source)}">{"".join(_data("node", own, keys))}</node>\n'
    for edge in elements.edges(data):
        ends = f'source="{written_id(edge.source)}" target="{written_id(edge.target)}"'
        yield f"<edge {ends}>{''.join(_data('edge', edge.attributes, keys))}</edge>\n"
    yield "</graph>\n</graphml>\n"


def _data(domain: str, attributes: Attributes | Mapping[str, Any], keys: dict[tuple[str, str], str]) -> Iterator[str]:
    for name, value in attributes.items():
        yield f'<data key="{keys[domain, name]}">{escaped(written(value))}</data>'
