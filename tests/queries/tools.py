"""Small graphs for the tests of queries: item matrices from dictionaries, stores from a few records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import networkx as nx
import numpy as np
import scipy.sparse as sp

from cohabit.graph.incidence import ItemMatrix
from cohabit.graph.store import GraphStore, open_store
from cohabit.graph.sync import load, sync
from cohabit.queries.onemode import symmetric

Record = dict[str, Any]

NO_STORE: Any = None
"""For what would ask a store, where the test answers in its place."""


def matrix_of(hosts: Iterable[Iterable[str]]) -> ItemMatrix:
    """The host × item matrix of the items of each host."""
    sets = [sorted(set(items)) for items in hosts]
    labels = sorted({item for items in sets for item in items})
    rows = [host for host, items in enumerate(sets) for _ in items]
    columns = [labels.index(item) for items in sets for item in items]
    return ItemMatrix(
        "family", labels, np.array(rows, np.int64), np.array(columns, np.int64), len(sets), np.empty(0, np.int64)
    )


def sparse_of(graph: nx.Graph) -> sp.csr_array[Any]:
    """The symmetric matrix of a graph whose nodes are 0, 1, 2 …; edges without a weight have 1."""
    edges = list(graph.edges(data="weight", default=1.0))
    first, second = (np.array([e[i] for e in edges], np.int64) for i in (0, 1))
    return symmetric(first, second, np.array([e[2] for e in edges], np.float64), len(graph))


def record(
    host: int, families: Iterable[str], *, country: str | None = "DE", asn: int | None = 64496, **more: Any
) -> Record:
    """One observation of a host that lists a model of each family; `NAME:TAG` is a model of its own, of family NAME."""
    models = [{"name": f, "details": {"family": f.partition(":")[0]}} for f in sorted(families)]
    address = f"2001:db8::{host:x}"
    seen = "2026-03-02T10:00:00Z"
    made = {"ip": address, "port": 11434, "timestamp": seen, "country_code": country, "asn": asn, "models": models}
    return made | ({"as_name": f"Network {asn}"} if asn is not None else {}) | more


def store_of(folder: Path, records: Iterable[Mapping[str, Any]]) -> GraphStore:
    """Load records into an embedded store and open it for reading."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "scan.ndjson"
    path.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in records))
    assert [r.error for r in load(folder / "data", [str(path)])] == [None]
    store = open_store(folder / "data", "embedded", write=True)
    sync(folder / "data", store)
    store.close()
    return open_store(folder / "data", "embedded")
