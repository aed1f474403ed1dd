"""The formats of `cohabit export`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.exports.data import ExportData
from cohabit.exports.placing import check_place, place
from cohabit.text import visible


@dataclass(frozen=True)
class Format:
    """One format: `write` makes a file with one of the `endings`, or, where there are none, fills a folder.

    `networks` says whether it also takes the network of a level.
    """

    name: str
    meaning: str
    write: Callable[[ExportData, Path], None]
    endings: tuple[str, ...] = ()
    networks: bool = True

    def check(self, path: Path, level: str | None) -> None:
        """Refuse what this format cannot do, before any work is done (UsageError, DataError)."""
        if level is not None and not self.networks:
            raise UsageError(f"{self.name} takes the whole graph: leave out --level")
        if self.endings and path.suffix.lower() not in self.endings:
            raise UsageError(f"{path}: a file name that ends in {' or '.join(self.endings)}, please")
        check_place(path, folder=not self.endings)

    def export(self, data: ExportData, path: Path) -> None:
        """Write the data there, whole or not at all."""
        place(path, lambda made: self.write(data, made), folder=not self.endings)


def formats() -> dict[str, Format]:
    """All formats by name."""
    from cohabit.exports import gexf, graphml, neo4j_admin, node_link, tables

    found = (
        Format("graphml", "one file for networkx, igraph, Gephi, Cytoscape, yEd", graphml.write, (".graphml", ".xml")),
        Format("gexf", "one file for Gephi", gexf.write, (".gexf",)),
        Format("json-graph", "node-link JSON for networkx and D3", node_link.write, (".json",)),
        Format("xlsx", "one Excel workbook, a sheet a table", tables.write_xlsx, (".xlsx",)),
        Format("csv", "a folder with a CSV file a table", tables.write_csv),
        Format("parquet", "a folder with a Parquet file a table", tables.write_parquet),
        Format("neo4j-admin", "a folder for `neo4j-admin database import`", neo4j_admin.write, networks=False),
    )
    return {one.name: one for one in found}


def format_called(name: str) -> Format:
    """The format of that name (UsageError lists them)."""
    known = formats()
    if name not in known:
        raise UsageError(f"no format is called {visible(name, 40)!r}; {among(name, [*known, 'neo4j-browser'])}")
    return known[name]
