"""One graph with every kind of hostile name, and what should be in it, in plain Python."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cohabit.graph.store import opened
from cohabit.graph.sync import load, sync
from tests.conformance.plain import Plain
from tests.conformance.population import Record, population

# A formula, an address inside a name, what XML has to escape, and what ends a line of a table.
STRANGE = ('=cmd|" /c calc"!a1:latest', "near-192.0.2.77:latest", 'a&b<c>"d":latest', "two\nlines,\tone:latest")


@pytest.fixture(scope="session")
def records() -> list[Record]:
    """The population of the stores' tests, and one host more."""
    listed = [{"name": name, "details": {"family": "=1+1"}} for name in STRANGE]
    strange = {"ip": "203.0.113.9", "port": 11434, "timestamp": "2025-03-03T03:03:03Z", "country_code": "DE"}
    strange |= {"country": None, "asn": 64501, "as_name": "+Plus & Minus", "version": "-1", "software": "ollama"}
    return [*population(60), {**strange, "models": [*listed, "llama3.2"]}]


@pytest.fixture(scope="session")
def plain(records: list[Record]) -> Plain:
    """What the graph holds."""
    return Plain(records)


@pytest.fixture(scope="session")
def data(records: list[Record], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the records; tests only read it."""
    folder = tmp_path_factory.mktemp("exports") / "cohabit-data"
    scan = folder.parent / "scan-of-192.0.2.77.ndjson"
    scan.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in records))
    assert [one.error for one in load(folder, [str(scan)])] == [None]
    with opened(folder, "embedded", write=True) as store:
        sync(folder, store)
    return folder
