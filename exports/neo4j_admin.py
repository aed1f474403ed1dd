"""CSV files for `neo4j-admin database import full`: every label and relationship type of the graph, with its types.

The import fills a new database and writes no constraints or indexes; `schema.cypher` makes them afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from cohabit.errors import UsageError
from cohabit.exports.columns import by_columns, changed, joined
from cohabit.exports.data import ExportData
from cohabit.graph import schema
from cohabit.graph.tables import GraphTables

# Between the members of an array; the importer knows no way to write one inside a member.
_BETWEEN = "\x1f"
_TYPES = {
    schema.Type.STRING: "string",
    schema.Type.INTEGER: "long",
    schema.Type.FLOAT: "double",
    schema.Type.BOOLEAN: "boolean",
    schema.Type.STRINGS: "string[]",
    schema.Type.INTEGERS: "long[]",
}


def write(data: ExportData, folder: Path) -> None:
    """Write a header and a data file for each label and type, the importer's arguments, and the schema.

    UsageError for a network: what is imported is the graph itself.
    """
    if data.graph is None:
        raise UsageError("neo4j-admin takes the whole graph: leave out --level")
    options = []
    for n in schema.NODES:
        # The key is a property, too; its own column says so in every version of the importer.
        header = [f":ID({n.label})", *(f"{p.name}:{_TYPES[p.type]}" for p in n.properties)]
        table = by_columns(data.graph.nodes[n.label], [n.key.name])
        keyed = pa.table([table.column(0), *table.columns], names=header)
        _write(folder, f"nodes-{n.label}", header, keyed)
        options.append(f"--nodes={n.label}={_files(f'nodes-{n.label}')}")
    for r in schema.RELATIONSHIPS:
        header = [
            f":START_ID({r.source})",
            f":END_ID({r.target})",
            *(f"{p.name}:{_TYPES[p.type]}" for p in r.properties),
        ]
        table = by_columns(data.graph.relationships[r.type], ["source", "target", *r.identity])
        _write(folder, f"relationships-{r.type}", header, table)
        options.append(f"--relationships={r.type}={_files(f'relationships-{r.type}')}")
    _write_state(folder, data.graph)
    options.append(f"--nodes={schema.STATE_LABEL}={_files(f'nodes-{schema.STATE_LABEL}')}")
    options += [
        "--id-type=string",
        "--multiline-fields=true",
        "--array-delimiter=U+001F",
        "--skip-bad-relationships=false",
    ]
    (folder / "import.args").write_text("\n".join(options) + "\n", encoding="utf-8", newline="\n")
    statements = ";\n".join(schema.server_constraints())
    (folder / "schema.cypher").write_text(f"{statements};\n", encoding="utf-8", newline="\n")


def _files(name: str) -> str:
    return f"{name}-header.csv,{name}.csv"


def _write(folder: Path, name: str, header: Sequence[str], table: pa.Table) -> None:
    from pyarrow import csv

    columns = [joined(changed(c, _without_delimiter), _BETWEEN) if _is_list(c) else c for c in table.columns]
    plain = pa.table(columns, names=list(header))
    (folder / f"{name}-header.csv").write_text(",".join(header) + "\n", encoding="utf-8", newline="\n")
    # Quoted, an empty text is one; not quoted it would be no property at all.
    options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
    csv.write_csv(plain, folder / f"{name}.csv", options)


def _is_list(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_list(column.type))


def _without_delimiter(text: str) -> str:
    return text.replace(_BETWEEN, "\\x1f")


def _write_state(folder: Path, graph: GraphTables) -> None:
    """The node by which this program knows a complete graph; no archive has this one's id, so none overwrites it."""
    digest = graph.digest()
    state = {
        "name": "cohabit",
        "archive": f"export-{hashlib.sha256(digest.encode()).hexdigest()[:16]}",
        "version": digest,
        "digest": digest,
        "complete": True,
    }
    header = [":ID(State)", *(f"{k}:{'boolean' if v is True else 'string'}" for k, v in state.items())]
    table = pa.table([[state["name"]], *([value] for value in state.values())], names=header)
    _write(folder, f"nodes-{schema.STATE_LABEL}", header, table)
