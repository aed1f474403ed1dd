"""Filling a Neo4j server: `ServerStore.sync` against rows through UNWIND, MATCH and MERGE, in turn on one warm server.

Both write the same graph with the same properties, and the first round checks that by the digest. The first fill goes
into a database that holds only the constraints; the repeat fill finds every row there already. For the sync, which
would see that and do nothing, all content hashes are blanked before it, so that it writes every host again.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import bench_embedded
import neo4j
from neo4j_server import Neo4jServer

from cohabit.graph import schema
from cohabit.graph.archive import Archive
from cohabit.graph.projection import project
from cohabit.graph.server import ServerStore
from cohabit.graph.store import State, read_tables
from cohabit.graph.sync import catalogue_in_use

if TYPE_CHECKING:
    import pyarrow as pa

    from cohabit.graph.tables import GraphTables

BATCH = 5_000
FIRST, REPEAT = "first fill", "repeat fill"
AIMS = {FIRST: 2.0, REPEAT: 1.3}
BASELINE, OURS = "UNWIND/MATCH/MERGE", "cohabit sync"

Seconds = dict[tuple[str, str], float]
"""Seconds by way and fill."""


def measure(program: str, folder: Path, hosts: int, rounds: int, version: str) -> str:
    """Fill a server both ways, `rounds` times after one that does not count, and return the Markdown table."""
    source = bench_embedded.simulate(program, folder, hosts)
    bench_embedded.run([program, "load", source.name, "--no-sync", "--quiet"], folder)
    data = folder / "cohabit-data"
    tables = project(Archive(data), catalogue_in_use(data))
    edges = sum(t.num_rows for t in tables.relationships.values())
    print(f"Starting Neo4j; {hosts:,} hosts, {edges:,} edges …", file=sys.stderr)
    with Neo4jServer(version, folder / "neo4j") as server:
        os.environ |= {"NEO4J_USERNAME": server.username, "NEO4J_PASSWORD": server.password}
        os.environ.pop("NEO4J_DATABASE", None)
        with neo4j.GraphDatabase.driver(server.bolt_uri, auth=(server.username, server.password)) as driver:
            bench = Bench(server, driver, tables)
            results = [bench.round(number) for number in range(rounds + 1)][1:]
    return _table(hosts, edges, tables, results)


@dataclass(frozen=True)
class Bench:
    """One warm server, and the graph that is written into it again and again."""

    server: Neo4jServer
    driver: neo4j.Driver
    tables: GraphTables

    def round(self, number: int) -> Seconds:
        """Fill twice in each way; which way is first changes from round to round."""
        ways = {BASELINE: self.merge_rows, OURS: self.sync}
        seconds: Seconds = {}
        for way in sorted(ways, reverse=bool(number % 2)):
            self.server.empty()
            for constraint in schema.server_constraints():
                self._run(constraint)
            for fill in AIMS:
                if fill == REPEAT:
                    self._run("MATCH (h:Host) CALL (h) { SET h.content_hash = '' } IN TRANSACTIONS OF 10000 ROWS")
                seconds[way, fill] = ways[way]()
                print(f"round {number}, {way}, {fill}: {seconds[way, fill]:.1f} s", file=sys.stderr, flush=True)
                if number == 0:
                    self._check()
        return seconds

    def merge_rows(self) -> float:
        """Write every row the ordinary way, one transaction a batch in one session; return the seconds."""
        started = perf_counter()
        with self.driver.session() as session:
            for n in schema.NODES:
                key = n.key.name
                node = f"UNWIND $rows AS row MERGE (n:{n.label} {{{key}: row.{key}}})"
                _write(session, node + _set("n", n.names[1:]), self.tables.nodes[n.label])
            for r in schema.RELATIONSHIPS:
                a, b = schema.node(r.source).key.name, schema.node(r.target).key.name
                ends = f"MATCH (a:{r.source} {{{a}: row.source}}) MATCH (b:{r.target} {{{b}: row.target}})"
                identity = ", ".join(f"{name}: row.{name}" for name in r.identity)
                edge = f"UNWIND $rows AS row {ends} MERGE (a)-[r:{r.type} {{{identity}}}]->(b)"
                _write(session, edge + _set("r", r.others), self.tables.relationships[r.type])
        return perf_counter() - started

    def sync(self) -> float:
        """Let cohabit write every host: all of them are new, or all hashes differ; return the seconds."""
        store = ServerStore(self.server.bolt_uri)
        try:
            started = perf_counter()
            report = store.sync(self.tables, State(archive="bench", version="1", digest=""))
            seconds = perf_counter() - started
        finally:
            store.close()
        if report.hosts_written != self.tables.nodes["Host"].num_rows:
            raise RuntimeError(f"only {report.hosts_written} hosts were written: this measures nothing")
        return seconds

    def _check(self) -> None:
        """Both ways must have written the same, whole graph."""
        store = ServerStore(self.server.bolt_uri)
        try:
            if read_tables(store).digest() != self.tables.digest():
                raise RuntimeError("the server does not hold the graph that was to be written")
        finally:
            store.close()

    def _run(self, cypher: Any) -> None:
        with self.driver.session() as session:
            session.run(cypher).consume()


def _write(session: neo4j.Session, cypher: Any, table: pa.Table) -> None:
    for start in range(0, table.num_rows, BATCH):
        rows = table.slice(start, BATCH).to_pylist()

        def work(transaction: neo4j.ManagedTransaction, rows: list[Any] = rows) -> None:
            transaction.run(cypher, rows=rows).consume()

        session.execute_write(work)


def _set(variable: str, names: tuple[str, ...]) -> str:
    assignments = ", ".join(f"{variable}.{name} = row.{name}" for name in names)
    return f" SET {assignments}" if assignments else ""


def _table(hosts: int, edges: int, tables: GraphTables, results: list[Seconds]) -> str:
    deployments = tables.relationships["DEPLOYS"].num_rows
    lines = [
        f"{hosts:,} simulated hosts, {edges:,} edges, {deployments:,} of them deployments; one warm server, both ways "
        f"in turn; medians of {len(results)} rounds after one that does not count.",
        "",
        f"| fill | {BASELINE} edges/s | {OURS} edges/s | ratio of each round | min / median / max | aim |",
        "|---|---:|---:|---|---|---:|",
    ]
    for fill, aim in AIMS.items():
        speeds = {way: median(edges / r[way, fill] for r in results) for way in (BASELINE, OURS)}
        ratios = [r[BASELINE, fill] / r[OURS, fill] for r in results]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        lines.append(
            f"| {fill} | {speeds[BASELINE]:,.0f} | {speeds[OURS]:,.0f} | {each} "
            f"| {min(ratios):.2f} / {median(ratios):.2f} / {max(ratios):.2f} | ≥ {aim} |"
        )
    return "\n".join(lines)
