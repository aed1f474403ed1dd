"""Every case on every registered store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from cohabit.graph.store import STORES, GraphStore, open_store
from cohabit.graph.sync import load, sync
from tests.conformance.plain import Plain
from tests.conformance.population import Record, population

# Where each kind of store is, given the data folder and the way to get at a server.
ADDRESSES: dict[str, Callable[[pytest.FixtureRequest], str | None]] = {
    "embedded": lambda request: "embedded",
    "server": lambda request: str(request.getfixturevalue("neo4j_store_uri")),
}


@dataclass
class Place:
    """A data folder and the store that belongs to it."""

    data: Path
    uri: str | None

    def load(self, records: list[Record], name: str = "scan.ndjson") -> None:
        """Load records as one file and bring the store level."""
        self.archive(records, name)
        self.sync()

    def archive(self, records: list[Record], name: str = "scan.ndjson") -> None:
        """Load records as one file, into the archive only."""
        path = self.data.parent / name
        path.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in records))
        results = load(self.data, [str(path)])
        assert [r.error for r in results] == [None]

    def sync(self, *, adopt: bool = False) -> None:
        """Bring the store level."""
        store = open_store(self.data, self.uri, write=True)
        try:
            sync(self.data, store, adopt=adopt)
        finally:
            store.close()

    def open(self) -> GraphStore:
        """Open the store for reading."""
        return open_store(self.data, self.uri)


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty data folder and an empty store, of every kind."""
    return Place(tmp_path / "data", ADDRESSES[request.param](request))


@pytest.fixture(scope="session")
def records() -> list[Record]:
    """The population."""
    return population()


@pytest.fixture(scope="session")
def plain(records: list[Record]) -> Plain:
    """What the graph should hold."""
    return Plain(records)
