"""GEXF 1.3, the format of Gephi, which networkx reads too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from cohabit.exports import elements
from cohabit.exports.data import ExportData
from cohabit.exports.elements import Attributes
from cohabit.exports.xml import escaped, id_source, type_name, written
from cohabit.text import visible

_START = """<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://gexf.net/1.3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://gexf.net/1.3 http://gexf.net/1.3/gexf.xsd" version="1.3">
"""


def write(data: ExportData, path: Path) -> None:
    """Write the graph to that file; a node's label is its name, safe to show, and an edge's weight its own."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_lines(data))


def _lines(data: ExportData) -> Iterator[str]:
    described = "; ".join(f"{name}: {written(value)}" for name, value in data.about.items())
    yield _START
    # The date is that of the data: when it was written is nothing that the graph says.
    dated = f' lastmodifieddate="{data.about["date"]}"' if "date" in data.about else ""
    yield f"<meta{dated}><creator>cohabit</creator><description>{escaped(described)}</description></meta>\n"
    yield '<graph defaultedgetype="undirected" mode="static">\n'
    edge_types = elements.edge_types(data)
    edge_types.pop("weight", None)  # GEXF has it itself
    keys = {"node": _keys("n", elements.node_types(data)), "edge": _keys("e", edge_types)}
    for domain, types in (("node", elements.node_types(data)), ("edge", edge_types)):
        yield f'<attributes class="{domain}" mode="static">\n'
        for name, kind in types.items():
            yield f'<attribute id="{keys[domain][name]}" title="{name}" type="{type_name(kind)}"/>\n'
        yield "</attributes>\n"
    written_id = id_source([node.source for node in elements.nodes(data)])
    yield "<nodes>\n"
    for node in elements.nodes(data):
        label = escaped(visible(node.attributes["name"]))
        values = _values(node.attributes, keys["node"])
        yield f'<node id="{written_id(node.source)}" label="{label}">{values}</node>\n'
    yield "</nodes>\n<edges>\n"
    for number, edge in enumerate(elements.edges(data)):
        weight = edge.attributes.pop("weight", None)
        weighing = "" if weight is None else f' weight="{written(weight)}"'
        ends = f'source="{written_id(edge.source)}" target="{written_id(edge.target)}"'
        yield f'<edge id="{number}" {ends}{weighing}>{_values(edge.attributes, keys["edge"])}</edge>\n'
    yield "</edges>\n</graph>\n</gexf>\n"


def _keys(prefix: str, types: dict[str, pa.DataType]) -> dict[str, str]:
    return {name: f"{prefix}{number}" for number, name in enumerate(types)}


def _values(attributes: Attributes, keys: dict[str, str]) -> str:
    values = "".join(
        f'<attvalue for="{keys[name]}" value="{escaped(written(value))}"/>' for name, value in attributes.items()
    )
    return f"<attvalues>{values}</attvalues>" if values else ""
