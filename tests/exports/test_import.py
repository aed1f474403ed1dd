"""Neo4j's own importer takes the folder, and counts what is in it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from cohabit.graph import schema
from cohabit.graph.store import opened, read_tables
from cohabit.session import Graph
from tests.parts import load_tool, require


def test_the_importer_takes_every_node_and_relationship(data: Path, tmp_path: Path) -> None:
    tool = load_tool("neo4j_server")
    require("neo4j", tool.installed("5"), "`make neo4j`, or `python tools/neo4j_server.py --install-only`")
    java, _ = tool.find_java("5")
    with Graph(data, "embedded") as graph:
        graph.export("neo4j-admin", tmp_path / "export")
    (tmp_path / "conf").mkdir()
    environment = {**os.environ, "NEO4J_HOME": str(tmp_path), "NEO4J_CONF": str(tmp_path / "conf")}
    command = [str(java), "-Xmx512m", "-XX:TieredStopAtLevel=1", "--add-opens=java.base/java.nio=ALL-UNNAMED"]
    command += ["-cp", f"{tool.jars_dir('5')}/lib/*", "org.neo4j.cli.AdminTool", "database", "import", "full"]
    done = subprocess.run(
        [*command, "@import.args", "neo4j"],
        cwd=tmp_path / "export",
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with opened(data, "embedded") as store:
        tables = read_tables(store)
    nodes = {n.label: tables.nodes[n.label] for n in schema.NODES}
    given = sum(
        value not in (None, [])  # an empty list is none
        for table in (*nodes.values(), *tables.relationships.values())
        for p in table.column_names
        if p not in ("source", "target")
        for value in table.column(p).to_pylist()
    )
    counted = {
        what: int(number)
        for number, what in re.findall(r"^\s+(\d+) (nodes|relationships|properties)", done.stdout, re.M)
    }
    # One node more, and its five properties: what a store knows of itself.
    assert counted["nodes"] == sum(table.num_rows for table in nodes.values()) + 1
    assert counted["relationships"] == sum(table.num_rows for table in tables.relationships.values())
    assert counted["properties"] == given + 5
