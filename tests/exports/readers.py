"""Every format read back by something that is not ours: networkx, the json and csv modules, Arrow, an XML parser."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow.parquet as pq
from defusedxml import ElementTree

Rows = dict[str, list[dict[str, Any]]]

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def of_graph(graph: nx.Graph) -> Rows:
    """The tables that a graph was made of."""
    nodes = dict(graph.nodes(data=True))
    if "level" in {node["kind"] for node in nodes.values()} or "bipartite" not in next(iter(nodes.values())):
        items = [{"item": node["name"], **node} for node in nodes.values()]
        return {"items": items, "pairs": [edge for _, _, edge in graph.edges(data=True)]}
    found: Rows = {"hosts": [], "models": [], "deployments": []}
    for key, node in nodes.items():
        assert key.startswith(f"{node['kind']}:")
        assert node["bipartite"] == (node["kind"] == "model")
        found[f"{node['kind']}s"].append({node["kind"]: node["name"], **node})
    for one, other, edge in graph.edges(data=True):
        ends = {nodes[key]["kind"]: nodes[key]["name"] for key in (one, other)}
        found["deployments"].append({**ends, **edge})
    return found


def json_graph(path: Path) -> Rows:
    content = json.loads(path.read_text("ascii"))
    return of_graph(nx.node_link_graph(content))


def csv_folder(folder: Path) -> Rows:
    found: Rows = {}
    for file in sorted(folder.iterdir()):
        with file.open(newline="", encoding="utf-8") as lines:
            found[file.stem] = list(csv.DictReader(lines))
    return found


def parquet_folder(folder: Path) -> Rows:
    return {file.stem: pq.read_table(file).to_pylist() for file in sorted(folder.iterdir())}


def sheets(file: Path | io.BytesIO) -> dict[str, list[dict[str, Any]]]:
    """Cells of all sheets, a row by the letters of its columns; there must be no formula and no link."""
    found = {}
    with zipfile.ZipFile(file) as book:
        names = [s.get("name") for s in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{_SHEET}sheet")]
        for number, name in enumerate(names, 1):
            sheet = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            assert not [e for e in sheet.iter() if e.tag in (f"{_SHEET}f", f"{_SHEET}hyperlink")]
            found[str(name)] = [{_column(c): _cell(c) for c in row} for row in sheet.iter(f"{_SHEET}row")]
    return found


def workbook(file: Path | io.BytesIO) -> Rows:
    """The tables of all sheets but the one that says what it is."""
    found: Rows = {}
    for name, (headings, *rest) in sheets(file).items():
        if name != "about":
            found[name] = [{headings[c]: value for c, value in row.items()} for row in rest]
    return found


def _column(cell: Any) -> str:
    return re.sub(r"\d", "", cell.get("r"))


def _cell(cell: Any) -> Any:
    if cell.get("t") == "inlineStr":
        text = "".join(t.text or "" for t in cell.iter(f"{_SHEET}t"))
        return re.sub("_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), text)
    value = cell.find(f"{_SHEET}v").text
    return value == "1" if cell.get("t") == "b" else float(value)


def neo4j_folder(folder: Path) -> Rows:
    """Nodes and relationships as the importer's documentation says they are to be read."""
    own: dict[str, list[dict[str, Any]]] = {}
    for header in folder.glob("*-header.csv"):
        names = header.read_text("utf-8").strip().split(",")
        text = (folder / header.name.replace("-header", "")).read_text("utf-8")
        own[header.name.removesuffix("-header.csv")] = [
            dict(zip(names, row, strict=True)) for row in csv.reader(io.StringIO(text, newline=""))
        ]
    found: Rows = {"hosts": [], "models": [], "deployments": []}
    places = {
        "country": {r[":START_ID(Host)"]: r[":END_ID(Country)"] for r in own["relationships-IN_COUNTRY"]},
        "asn": {r[":START_ID(Host)"]: r[":END_ID(Network)"] for r in own["relationships-IN_NETWORK"]},
    }
    for row in own["nodes-Host"]:
        host = {"host": row[":ID(Host)"], **{name: of.get(row[":ID(Host)"], "") for name, of in places.items()}}
        found["hosts"].append({**host, **_typed(row)})
    families = {r[":START_ID(Model)"]: r[":END_ID(Family)"] for r in own["relationships-IN_FAMILY"]}
    for row in own["nodes-Model"]:
        name = row[":ID(Model)"]
        found["models"].append({"model": name, "family": families.get(name, ""), **_typed(row)})
    for row in own["relationships-DEPLOYS"]:
        ends = {"host": row[":START_ID(Host)"], "model": row[":END_ID(Model)"]}
        found["deployments"].append({**ends, **_typed(row)})
    return found


def _typed(row: dict[str, str]) -> dict[str, Any]:
    typed = {}
    for heading, text in row.items():
        name, _, kind = heading.partition(":")
        if name:
            typed[name] = text.replace("\x1f", "; ") if kind.endswith("[]") else text
    return typed


READERS: dict[str, Callable[[Path], Rows]] = {
    "graphml": lambda path: of_graph(nx.read_graphml(path)),
    "gexf": lambda path: of_graph(nx.read_gexf(path)),
    "json-graph": json_graph,
    "xlsx": workbook,
    "csv": csv_folder,
    "parquet": parquet_folder,
    "neo4j-admin": neo4j_folder,
}
