"""Centrality, clusters and concentration on every store: the counts against plain Python, and the same JSON."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

import networkx as nx
import pytest

from cohabit.graph.incidence import LEVELS
from cohabit.output import Format, _json
from cohabit.queries.centrality import centrality
from cohabit.queries.clusters import clusters
from cohabit.queries.concentration import concentration, quotients
from cohabit.queries.scope import Scope
from cohabit.session import Graph
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain
from tests.conformance.population import Record

QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("centrality", {"level": "family"}),
    ("centrality", {"level": "model", "weight": "lift", "bootstrap": 100}),
    ("centrality", {"level": "line", "weight": "jaccard"}),
    ("clusters", {"level": "model"}),
    ("clusters", {"by": "country", "level": "line", "min_hosts": 5}),
    ("clusters", {"by": "network", "level": "family", "min_hosts": 5}),
    ("clusters", {"by": "software", "level": "model", "min_hosts": 5}),
    ("concentration", {"level": "lab"}),
    ("concentration", {"level": "model", "by": "provider"}),
    ("quotients", {"level": "family", "by": "software"}),
]


def members_of(plain: Plain, by: str) -> dict[str, set[str]]:
    """Hosts of every place; `unknown` where there is none."""
    labels: dict[str, Any] = {
        "country": lambda h: [h["country"]],
        "network": lambda h: [h["asn"] and f"AS{h['asn']}"],
        "provider": lambda h: [plain.provider(h["asn"])],
        "software": lambda h: {name for name, _ in h["runs"]} or [None],
    }
    members: defaultdict[str, set[str]] = defaultdict(set)
    for address, host in plain.hosts.items():
        for label in labels[by](host):
            members[label or "unknown"].add(address)
    return members


def test_centrality(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    german = [a for a, h in plain.hosts.items() if h["country"] == "DE"]
    for scope, lists in ((Scope(), plain.lists(plain.hosts)), (Scope(country=("DE",)), plain.lists(german))):
        for level in LEVELS:
            items = plain.items(lists, level)
            both = Counter(pair for own in items.values() for pair in combinations(sorted(own), 2))
            graph = nx.Graph()
            graph.add_nodes_from({item for own in items.values() for item in own})
            graph.add_weighted_edges_from((a, b, n) for (a, b), n in both.items())
            pagerank = nx.pagerank(graph, tol=1e-13, max_iter=1000)
            core = nx.core_number(graph)
            rows = centrality(store, level=level, scope=scope).rows
            assert {r["item"] for r in rows} == set(graph)
            for row in rows:
                item = row["item"]
                assert row["hosts"] == sum(item in own for own in items.values())
                assert (row["degree"], row["strength"]) == (graph.degree(item), graph.degree(item, weight="weight"))
                assert (row["pagerank"], row["core"]) == (pytest.approx(pagerank[item], abs=1e-9), core[item])
    store.close()


def test_clusters_of_places(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    for by in ("country", "network", "provider", "software"):
        for level in ("family", "model"):
            items = plain.items(plain.lists(plain.hosts), level)
            members = members_of(plain, by)
            members.pop("unknown", None)
            rows = {r["item"]: r for r in clusters(store, by=by, level=level, min_hosts=10, bootstrap=0).rows}
            assert set(rows) == set(members)
            for label, hosts in members.items():
                base = sum(bool(items[a]) for a in hosts)
                assert (rows[label]["hosts"], rows[label]["base"]) == (len(hosts), base)
                assert rows[label]["note"] == (None if base >= 10 else "too few hosts")
                assert (rows[label]["cluster"] is None) == (base < 10)
    store.close()


def test_concentration(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    lists = plain.lists(plain.hosts)
    for by in (None, "country", "network", "provider", "software"):
        members = {"all": set(plain.hosts)} if by is None else members_of(plain, by)
        for level in LEVELS:
            items = plain.items(lists, level)
            rows = {r["item"]: r for r in concentration(store, level=level, by=by).rows}
            assert set(rows) == set(members)
            for label, hosts in members.items():
                found = [item for a in hosts for m in lists[a] if (item := plain.item(m, level)) is not None]
                counts, row = Counter(found), rows[label]
                assert (row["hosts"], row["base"]) == (len(hosts), sum(bool(items[a]) for a in hosts))
                assert (row["deployments"], row["items"]) == (len(found), len(counts))
                if not found:
                    assert [row[k] for k in ("hill_1", "hill_2", "hhi", "top", "top_share")] == [None] * 5
                    continue
                shares = [n / len(found) for n in counts.values()]
                assert row["hill_1"] == pytest.approx(math.exp(-sum(p * math.log(p) for p in shares)))
                assert row["hhi"] == pytest.approx(sum(p * p for p in shares))
                assert row["hill_2"] == pytest.approx(1 / sum(p * p for p in shares))
                top = min(counts, key=lambda i: (-counts[i], i))
                assert (row["top"], row["top_share"]) == (top, pytest.approx(counts[top] / len(found)))
    store.close()


def test_quotients(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    items = plain.items(plain.lists(plain.hosts), "line")
    base = sum(bool(own) for own in items.values())
    for by in ("country", "software"):
        expected = {}
        for label, hosts in members_of(plain, by).items():
            here = sum(bool(items[a]) for a in hosts)
            for item in {i for a in hosts for i in items[a]}:
                share = sum(item in items[a] for a in hosts) / here
                expected[label, item] = share / (sum(item in own for own in items.values()) / base)
        found = {(r["place"], r["item"]): r["quotient"] for r in quotients(store, level="line", by=by).rows}
        assert found == pytest.approx(expected)
    store.close()


def test_json_is_the_same_on_every_store(place: Place, records: list[Record]) -> None:
    """Also what is drawn at random, and the order of ties: the first store's text fixes it for the others."""
    place.load(records)
    with Graph(place.data, place.uri) as graph:
        answers = [graph.ask(name, **options) for name, options in QUESTIONS]
    texts = [(a.headline, a.caveats, _json(a, Format("json"))) for a in answers]
    assert all(a.rows for a in answers)
    for question, text, remembered in zip(QUESTIONS, texts, _REMEMBERED.setdefault("texts", texts), strict=True):
        assert text == remembered, question


_REMEMBERED: dict[str, list[Any]] = {}
