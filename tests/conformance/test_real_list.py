"""The real server list, held against a plain Python loop over its JSON."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cohabit.graph.sync import load
from cohabit.loaders.catalogue import Catalogue
from cohabit.session import Graph
from tests.conformance.conftest import Place


@pytest.fixture
def weekly(test_data: Path) -> Path:
    return test_data / "ollama-servers-weekly"


def canonical(name: str) -> str:
    name = name.strip().lower()
    for prefix, instead in (("registry.ollama.ai/", ""), ("library/", ""), ("huggingface.co/", "hf.co/")):
        if name.startswith(prefix):
            name = instead + name[len(prefix) :]
    return name if ":" in name.rsplit("/", 1)[-1] else name + ":latest"


def read_plain(folder: Path) -> tuple[int, set[Any], dict[str, set[str]]]:
    """Records, distinct (host, port, second), and the canonical models of each host."""
    records, observations, models = 0, set(), {}
    for path in sorted(folder.glob("*.json.gz")):
        for record in json.loads(gzip.decompress(path.read_bytes())):
            records += 1
            url = urlsplit(record["server"])
            port = url.port or {"http": 80, "https": 443}[url.scheme]
            observations.add((url.hostname, port, int(datetime.fromisoformat(record["lastUpdate"]).timestamp())))
            models.setdefault(url.hostname, set()).update(canonical(m) for m in record["models"])
    return records, observations, models


def test_the_real_server_list(weekly: Path, tmp_path: Path, place: Place) -> None:
    records, observations, models = read_plain(weekly)
    assert records == 36_686
    assert len(models) == 8_181
    results = load(place.data, [str(weekly)])
    place.sync()
    assert {r.status for r in results} == {"loaded"}
    assert sum(r.read for r in results) == records
    assert sum(r.rejected for r in results) == 0

    catalogue = Catalogue.load()
    family = {m: e.family for own in models.values() for m in own if (e := catalogue.lookup(m))}
    families = {h: {family.get(m) for m in own} for h, own in models.items()}
    with Graph(place.data, place.uri) as graph:
        before = graph.info().iloc[0].to_dict()
        assert before["hosts"] == len(models)
        assert before["observations"] == len(observations)
        assert before["deployments"] == sum(map(len, models.values()))
        assert before["multi_model_hosts"] == sum(len(m) >= 2 for m in models.values())
        pair = graph.cooccurrence("llama", "qwen2").iloc[0]
    assert pair["hosts"] == sum({"llama", "qwen2"} <= f for f in families.values())
    assert pair["hosts_a"] == sum("llama" in f for f in families.values())
    assert pair["hosts_b"] == sum("qwen2" in f for f in families.values())
    assert pair["base"] == sum(bool(f - {None}) for f in families.values())

    again = load(place.data, [str(weekly)])
    assert {r.status for r in again} == {"already loaded"}
    store = place.open()
    store.close()
    place.sync()
    with Graph(place.data, place.uri) as graph:
        assert graph.info().iloc[0].to_dict() == before
