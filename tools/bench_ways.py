"""The same numbers three ways: as the package has them, as one Cypher statement, and with networkx."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import networkx as nx

from cohabit.graph.store import GraphStore, open_store
from cohabit.queries import nodes
from cohabit.queries.onemode import OneMode, one_mode
from cohabit.queries.pairs import counted_pairs
from cohabit.queries.saved import saved_queries
from cohabit.queries.scope import Scope, read_incidence


def _project(store: GraphStore) -> OneMode:
    """Read the hosts and count all pairs of families."""
    return one_mode(read_incidence(store, Scope()).at("family"))


def _with_networkx(store: GraphStore) -> nx.Graph[Any]:
    """Read the hosts and let networkx project them."""
    matrix = read_incidence(store, Scope()).at("family")
    graph: nx.Graph[Any] = nx.Graph()
    graph.add_edges_from(zip(matrix.rows.tolist(), (matrix.labels[c] for c in matrix.columns.tolist()), strict=True))
    return nx.bipartite.weighted_projected_graph(graph, [n for n in graph if isinstance(n, str)])


def measure(data: Path, runs: int) -> str:
    """Time each way on the embedded graph of a data folder; return a Markdown table with the ratios."""
    store = open_store(data, "embedded")
    cypher = saved_queries()["family-cooccurrence"].cypher
    try:
        network = _project(store)
        projected = _with_networkx(store)
        ways: dict[str, dict[str, Callable[[], Any]]] = {
            "hosts of all pairs of families": {
                "cohabit": lambda: counted_pairs(read_incidence(store, Scope()).at("family")),
                "Cypher": lambda: store.table(cypher, {"min_hosts": 1}),
                "networkx": lambda: _with_networkx(store),
            },
            "PageRank of families": {
                "cohabit": lambda: nodes.pagerank(network.graph(network.weights("hosts"))),
                "networkx": lambda: nx.pagerank(projected),
            },
        }
        pairs = store.table(cypher, {"min_hosts": 1}).num_rows
        if not len(network.both) == pairs == projected.number_of_edges():
            raise RuntimeError("the three ways count different pairs")
        lines = ["| what | way | median s | times as long |", "|---|---|---:|---:|"]
        for what, functions in ways.items():
            own = 0.0
            for way, function in functions.items():
                seconds = median(_timed(function) for _ in range(runs))
                own = own or seconds
                lines.append(f"| {what} | {way} | {seconds:.4f} | {seconds / own:.1f} |")
        return "\n".join(lines)
    finally:
        store.close()


def _timed(function: Callable[[], Any]) -> float:
    started = perf_counter()
    function()
    return perf_counter() - started
