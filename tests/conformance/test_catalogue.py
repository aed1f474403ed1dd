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
