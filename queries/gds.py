"""Graph algorithms in the server: Neo4j's Graph Data Science (GDS) in place of our own arithmetic.

The one-mode projection is counted here, as ever, and handed over as a list of weighted pairs; nothing is written into
the database. What comes back is turned into our definitions. Plain procedure calls through the store, so it takes no
client library.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore
from cohabit.queries.measures import Floats
from cohabit.queries.nodes import DAMPING

if TYPE_CHECKING:
    import scipy.sparse as sp

ENGINES = ("local", "gds")

# GDS takes no more threads without a licence key, and with one thread its seeds are repeatable.
_THREADS = 1
_ROUNDS, _TOLERANCE = 300, 1e-15

_PROJECT = (
    "UNWIND $rows AS row WITH row[0] AS source, row[1] AS target, row[2] AS weight "
    "WITH source, target, CASE WHEN target IS NULL THEN {} "
    "ELSE {relationshipProperties: {weight: weight, distance: 1.0 / weight}} END AS data "
    "RETURN gds.graph.project($name, source, target, data, "
    "{undirectedRelationshipTypes: ['*'], readConcurrency: $threads}).nodeCount AS nodes"
)


def check_engine(engine: str, store: GraphStore) -> None:
    """UsageError for what is no engine, or for GDS where the store has none."""
    if engine not in ENGINES:
        raise UsageError(f"--engine {engine!r}: not an engine; {among(engine, ENGINES)}")
    if engine == "local":
        return
    if "://" not in store.uri:
        raise UsageError("--engine gds: the embedded store has no Graph Data Science; give --store, or leave it out")
    names = "SHOW FUNCTIONS YIELD name WHERE name = $name RETURN name"
    if not store.table(names, {"name": "gds.graph.project"}).num_rows:
        raise UsageError(f"--engine gds: {store.uri} has no Graph Data Science; install its plugin, or leave it out")


@dataclass(frozen=True)
class Projected:
    """A graph in the catalogue of GDS, while it is there; nodes are numbered from 0."""

    store: GraphStore
    name: str
    size: int

    def pagerank(self) -> Floats:
        """PageRank that sums to 1. GDS leaves it unscaled, and gives nobody the rank of nodes without neighbours:
        that changes all values by one factor.
        """
        found = self._stream(
            "gds.pageRank",
            "score",
            relationshipWeightProperty="weight",
            dampingFactor=DAMPING,
            maxIterations=_ROUNDS,
            tolerance=_TOLERANCE,
        )
        ranked: Floats = found / found.sum()
        return ranked

    def betweenness(self) -> Floats:
        """Betweenness from 1/weight over all pairs of others; GDS counts the pairs."""
        found = self._stream("gds.betweenness", "score", relationshipWeightProperty="distance")
        return found / max((self.size - 1) * (self.size - 2) / 2, 1)

    def leiden(self, seed: int) -> Integers:
        """Community of each node from one seeded run; the numbers mean nothing."""
        found = self._stream("gds.leiden", "communityId", relationshipWeightProperty="weight", randomSeed=seed)
        return np.unique(found.astype(np.int64), return_inverse=True)[1].astype(np.int64)

    def _stream(self, procedure: str, column: str, **configuration: Any) -> Floats:
        table = self.store.table(
            f"CALL {procedure}.stream($name, $configuration) YIELD nodeId, {column} "
            f"RETURN nodeId AS node, toFloat({column}) AS value",
            {"name": self.name, "configuration": {"concurrency": _THREADS, **configuration}},
        )
        values = np.zeros(self.size)
        values[table.column("node").to_pylist()] = table.column("value").to_pylist()
        return values


@contextmanager
def projected(store: GraphStore, graph: sp.csr_array[Any]) -> Iterator[Projected]:
    """Hand a graph (symmetric sparse matrix of positive weights, at least one node) over for the length of a block.

    Its name is of this run alone, and it is dropped whatever happens.
    """
    name = f"cohabit-{uuid4().hex}"
    edges = graph.tocoo()
    upper = edges.row < edges.col
    rows: list[list[Any]] = [
        list(row)
        for row in zip(edges.row[upper].tolist(), edges.col[upper].tolist(), edges.data[upper].tolist(), strict=True)
    ]
    rows += [[node, None, None] for node in np.flatnonzero(np.diff(graph.indptr) == 0).tolist()]
    try:
        store.table(_PROJECT, {"rows": rows, "name": name, "threads": _THREADS})
        yield Projected(store, name, graph.shape[0])
    finally:
        store.table("CALL gds.graph.drop($name, false) YIELD graphName RETURN graphName", {"name": name})
