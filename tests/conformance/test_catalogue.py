"""The catalogue's answers that look into a graph, on every store, beside plain counts over the records."""

from __future__ import annotations

from collections import Counter

import pytest

import cohabit
from cohabit.session import Graph
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain
from tests.conformance.population import LINES, Record


def test_unknown_names_are_those_without_a_line(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    hosts = Counter(model for _, model in plain.edges)
    with Graph(place.data, place.uri) as graph:
        frame = graph.catalogue(unknown=True)
    expected = {name: hosts[name] for name, line in LINES.items() if line is None and hosts[name]}
    assert dict(zip(frame["item"], frame["hosts"], strict=True)) == expected
    assert list(frame["hosts"]) == sorted(frame["hosts"], reverse=True)
    assert set(frame["base"]) == {len({host for host, _ in plain.edges})}
    assert f"of {len(plain.edges):,} deployments" in frame.attrs["headline"]


def test_a_name_is_explained_with_what_hosts_report(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    name = "deepseek-r1:7b"
    reports = Counter(edge["reported_family"] for (_, model), edge in plain.edges.items() if model == name)
    with Graph(place.data, place.uri) as graph:
        frame = graph.catalogue("DeepSeek-R1:7B")
        lineage = graph.query("MATCH (l:Line)-[:DERIVED_FROM]->(b:Line) RETURN l.name AS line, b.name AS base")
    steps = dict(zip(frame["step"], frame["value"], strict=True))
    assert steps["canonical name"] == name
    assert (steps["line"], steps["derived from"], steps["lab"], steps["lab country"]) == (
        "deepseek-r1",
        "qwen2.5",
        "DeepSeek",
        "CN",
    )
    assert steps["hosts in this graph"] == str(sum(reports.values()))
    reports.pop(None, None)
    ordered = sorted(reports.items(), key=lambda pair: (-pair[1], pair[0]))
    assert steps["families reported"] == ", ".join(f"{family} ({hosts})" for family, hosts in ordered)
    assert steps["family in this graph"] == ordered[0][0]
    assert ("deepseek-r1", "qwen2.5") in set(lineage.itertuples(index=False, name=None))


def test_capabilities_are_reported_ones_then_those_of_the_catalogue(place: Place) -> None:
    def lists(ip: str, name: str, *capabilities: list[str]) -> Record:
        entries = [
            {"name": name, "digest": "a" * 64, **({"capabilities": c} if c is not None else {})} for c in capabilities
        ]
        return {"ip": ip, "port": 11434, "timestamp": "2025-06-01T00:00:00Z", "models": entries or [name]}

    place.load(
        [
            lists("192.0.2.1", "llava:7b"),
            # An empty report says nothing of what a model can do.
            lists("192.0.2.2", "gemma3:4b", []),
            lists("192.0.2.3", "gemma3:1b"),
            # One report goes before the catalogue, which has tools and no vision for this line.
            lists("192.0.2.4", "llama3.2:3b", ["Completion", "vision"]),
            lists("192.0.2.5", "llama3.2:3b", []),
            lists("192.0.2.6", "house-model:v1"),
        ]
    )
    with Graph(place.data, place.uri, show_addresses=True) as graph:
        models = graph.query(
            "MATCH (m:Model) RETURN m.name AS name, m.capabilities AS capabilities ORDER BY name LIMIT 9"
        )
        catalogued = graph.query(
            "MATCH (m:Model) WHERE size(m.capabilities) > 0 "
            "AND NOT EXISTS { MATCH (:Host)-[d:DEPLOYS]->(m) WHERE size(d.capabilities) > 0 } RETURN m.name AS name"
        )
        seeing = graph.hosts(capability="vision")
        steps = graph.catalogue("gemma3:4b").set_index("step")
        voted = graph.catalogue("llama3.2:3b").set_index("step")
    assert {name: list(c) if c is not None and len(c) else None for name, c in models.itertuples(index=False)} == {
        "llava:7b": ["completion", "vision"],
        "gemma3:4b": ["completion", "vision"],
        "gemma3:1b": ["completion"],
        "llama3.2:3b": ["completion", "vision"],
        "house-model:v1": None,
    }
    assert set(catalogued["name"]) == {"llava:7b", "gemma3:4b", "gemma3:1b"}
    assert set(seeing["host"]) == {f"192.0.2.{i}" for i in (1, 2, 4, 5)}
    assert steps.loc["capabilities", "value"] == "completion, vision"
    assert steps.loc["capabilities in this graph", "value"] == "completion, vision"
    assert steps.loc["capabilities in this graph", "basis"] == "by name: no host reports any"
    assert voted.loc["capabilities", "value"] == "completion, tools"
    assert voted.loc["capabilities in this graph", "value"] == "completion, vision"
    assert voted.loc["capabilities in this graph", "basis"] == "most hosts report them"
    assert voted.loc["capabilities reported", "value"] == "completion + vision (1)"


def test_no_model_and_no_graph(place: Place) -> None:
    place.load([{"ip": "192.0.2.1", "port": 1, "timestamp": "2025-01-01T00:00:00Z", "models": []}])
    with Graph(place.data, place.uri) as graph:
        assert graph.catalogue(unknown=True).empty
        assert graph.catalogue(unknown=True).attrs["headline"] == "There are no models in this graph."
        with pytest.raises(cohabit.UsageError, match="names no model"):
            graph.catalogue("  ")
        assert {"line", "lab", "lab_country", "derived_from", "capabilities", "source"} == set(
            graph.catalogue().columns
        )
