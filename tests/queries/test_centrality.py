"""The centrality query over a store: columns, order, backbone, rank intervals, and empty answers."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import networkx as nx
import pytest
from scipy.stats import hypergeom

from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore
from cohabit.queries.centrality import COLUMNS, MEASURES, RANKS, centrality
from cohabit.queries.cooccurrence import cooccurrence
from cohabit.queries.scope import Scope
from tests.queries.tools import Record, record, store_of

# llama on hosts 0–5, qwen2 on 0–3, gemma2 on 2–4, phi3 on 4, and bert by itself on 6.
SMALL = {
    0: ["llama", "qwen2"],
    1: ["llama", "qwen2"],
    2: ["llama", "qwen2", "gemma2"],
    3: ["llama", "qwen2", "gemma2"],
    4: ["llama", "gemma2", "phi3"],
    5: ["llama"],
    6: ["bert"],
    7: [],
}


def large() -> list[Record]:
    """Hosts with up to six of 30 models in two groups, over nine networks."""
    chance = random.Random(2)
    names = [f"{family}:{size}" for family in ("llama", "qwen2", "gemma2") for size in range(10)]
    records = []
    for host in range(1200):
        group = names[:18] if host % 2 else names[12:]
        records.append(record(host, set(chance.choices(group, k=chance.randint(0, 6))), asn=64496 + host % 9))
    return records


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    records = [record(host, families, asn=64496 + host % 3) for host, families in SMALL.items()]
    store = store_of(tmp_path_factory.mktemp("small"), records)
    yield store
    store.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    store = store_of(tmp_path_factory.mktemp("many"), large())
    yield store
    store.close()


def network_of(hosts: dict[int, list[str]], weight: str) -> nx.Graph:
    """The one-mode network, counted pair by pair."""
    graph = nx.Graph()
    listed = [set(items) for items in hosts.values() if items]
    graph.add_nodes_from({item for items in listed for item in items})
    for a in graph:
        for b in graph:
            both = sum(a in items and b in items for items in listed)
            if a < b and both:
                one, other = (sum(x in items for items in listed) for x in (a, b))
                value = {
                    "hosts": both,
                    "jaccard": both / (one + other - both),
                    "lift": len(listed) * both / (one * other),
                }[weight]
                graph.add_edge(a, b, weight=value, length=1 / value)
    return graph


@pytest.mark.parametrize("weight", ["hosts", "jaccard", "lift"])
def test_all_measures_as_networkx_has_them(small: GraphStore, weight: str) -> None:
    graph = network_of(SMALL, weight)
    expected = {
        "degree": dict(graph.degree()),
        "strength": dict(graph.degree(weight="weight")),
        "pagerank": nx.pagerank(graph, tol=1e-14, max_iter=1000),
        "eigenvector": nx.eigenvector_centrality(graph, weight="weight", tol=1e-14, max_iter=10_000),
        "betweenness": nx.betweenness_centrality(graph, weight="length"),
        "closeness": nx.closeness_centrality(graph, distance="length"),
        "core": nx.core_number(graph),
    }
    answer = centrality(small, weight=weight)
    assert answer.columns == COLUMNS
    assert {r["item"] for r in answer.rows} == set(graph)
    for row in answer.rows:
        assert row["hosts"] == sum(row["item"] in items for items in SMALL.values())
        for measure in MEASURES:
            assert row[measure] == pytest.approx(expected[measure][row["item"]], abs=1e-9), measure
    lonely = next(r for r in answer.rows if r["item"] == "bert")
    assert [lonely[m] for m in MEASURES if m != "pagerank"] == [0, 0, 0, 0, 0, 0]
    assert any("1 item never on a host with another" in c for c in answer.caveats)
    ranks = [r["pagerank"] for r in answer.rows]
    assert ranks == sorted(ranks, reverse=True)


def test_sorted_as_asked_and_ties_by_hosts_and_name(small: GraphStore) -> None:
    # llama, gemma2 and phi3 know each other, qwen2 knows llama and gemma2: cores 2, 2, 2, 2 and 0.
    assert [r["item"] for r in centrality(small, sort="core").rows] == ["llama", "qwen2", "gemma2", "phi3", "bert"]
    assert [r["hosts"] for r in centrality(small, sort="hosts").rows] == [6, 4, 3, 1, 1]
    assert "llama comes first by strength (8)" in (centrality(small, sort="strength").headline or "")


def test_items_on_few_hosts_are_left_out_of_the_rows_and_change_no_measure(small: GraphStore) -> None:
    whole = centrality(small, weight="jaccard")
    # gemma2 is on 3 hosts, llama and qwen2 on more; phi3 and bert are on 1.
    three = centrality(small, weight="jaccard", min_hosts=3)
    assert {r["item"] for r in three.rows} == {"llama", "qwen2", "gemma2"}
    assert three.rows == [r for r in whole.rows if r["hosts"] >= 3]
    assert any("2 items on fewer than 3 hosts left out of the table" in c for c in three.caveats)
    assert not any("left out of the table" in c for c in whole.caveats)
    none = centrality(small, min_hosts=7)
    assert (none.rows, none.headline) == ([], "No item of level family on 7 hosts or more.")


def test_a_note_says_that_the_first_items_are_on_few_hosts(small: GraphStore, many: GraphStore) -> None:
    few = [c for c in centrality(small, weight="jaccard").caveats if "fewer than 15 hosts" in c]
    assert few
    assert few[0].startswith("5 of the first 5 items")
    assert "--min-hosts 15" in few[0]
    assert not any("fewer than 15" in c for c in centrality(small, sort="hosts").caveats)
    assert all(r["hosts"] > 15 for r in centrality(many, level="model").rows)
    assert not any("fewer than 15" in c for c in centrality(many, level="model", weight="lift").caveats)


def q_values(hosts: dict[int, list[str]]) -> dict[tuple[str, str], float]:
    """Fisher's exact test of every pair, and the step-up procedure of Benjamini and Hochberg."""
    listed = [set(own) for own in hosts.values() if own]
    single = Counter(item for own in listed for item in own)
    both = Counter(pair for own in listed for pair in combinations(sorted(own), 2))
    p = {(a, b): float(hypergeom.sf(n - 1, len(listed), single[a], single[b])) for (a, b), n in both.items()}
    q, least = {}, 1.0
    for rank, pair in reversed(list(enumerate(sorted(p, key=p.__getitem__), 1))):
        least = min(least, p[pair] * len(p) / rank)
        q[pair] = least
    return q


@pytest.mark.parametrize("null", ["bicm", "hypergeometric"])
def test_paths_of_models_are_those_of_the_backbone_unless_exact(many: GraphStore, null: str) -> None:
    hosts = {i: [m["name"] for m in r["models"]] for i, r in enumerate(large())}
    graph = network_of(hosts, "lift")
    exact = centrality(many, level="model", weight="lift", exact=True)
    between = nx.betweenness_centrality(graph, weight="length")
    assert {r["item"]: r["betweenness"] for r in exact.rows} == pytest.approx(between, abs=1e-9)
    usual = centrality(many, level="model", weight="lift", null=null)
    if null == "bicm":
        q = {(r["a"], r["b"]): r["q_value"] for r in cooccurrence(many, level="model").rows}
    else:
        q = q_values(hosts)
    caveat = next(c for c in usual.caveats if "computed on the backbone" in c)
    assert "--exact takes all pairs" in caveat
    assert not any("backbone" in c for c in exact.caveats)
    # The backbone by its definition, from the counted pairs.
    candidates = sorted(
        (
            (-math.log2(d["weight"]) * math.log1p(both), -both, *sorted((a, b)))
            for a, b, d in graph.edges(data=True)
            for both in [sum(a in own and b in own for own in hosts.values())]
            if d["weight"] > 1 and both >= 15 and q[min(a, b), max(a, b)] < 0.01
        )
    )
    assert (
        (2 if null == "bicm" else 10) <= len(candidates) < sum(d["weight"] > 1 for *_, d in graph.edges(data=True)) - 5
    )
    kept = nx.Graph()
    kept.add_nodes_from(graph)
    tree = nx.utils.UnionFind(graph)
    taken = dict.fromkeys(graph, 0)
    for _, _, a, b in candidates:
        if taken[a] < 3 or taken[b] < 3 or tree[a] != tree[b]:
            kept.add_edge(a, b, length=graph[a][b]["length"])
        taken[a] += 1
        taken[b] += 1
        tree.union(a, b)
    assert 0 < kept.number_of_edges() < graph.number_of_edges()
    between = nx.betweenness_centrality(kept, weight="length")
    assert {r["item"]: r["betweenness"] for r in usual.rows} == pytest.approx(between, abs=1e-9)
    close = nx.closeness_centrality(kept, distance="length")
    assert {r["item"]: r["closeness"] for r in usual.rows} == pytest.approx(close, abs=1e-9)
    degrees = dict(graph.degree())
    assert {r["item"]: r["degree"] for r in usual.rows} == degrees


def test_rank_intervals(many: GraphStore) -> None:
    answer = centrality(many, bootstrap=100, seed=4)
    assert answer.columns == (*COLUMNS, *RANKS)
    for row in answer.rows:
        for measure in MEASURES:
            low, high = row[f"{measure}_rank_low"], row[f"{measure}_rank_high"]
            assert 1 <= low <= high <= len(answer.rows)
    assert answer.rows == centrality(many, bootstrap=100, seed=4).rows
    assert any("100 draws of 9 networks; seed 4" in c for c in answer.caveats)
    assert answer.rows != centrality(many, bootstrap=100, seed=5, sort="pagerank", level="model").rows


def test_rank_intervals_by_hand(tmp_path: Path) -> None:
    """Two networks of four hosts: in 64496 a–b and a–c, in 64497 only x–y; drawn (AA), (AX) or (XX)."""
    hosts = [["a", "b"], ["a", "b"], ["a", "c"], ["a"]], [["x", "y"], ["x", "y"], ["x"], ["y"]]
    flat = [(own, 64496 + n) for n, group in enumerate(hosts) for own in group]
    store = store_of(tmp_path, [record(i, own, asn=asn) for i, (own, asn) in enumerate(flat)])
    answer = centrality(store, sort="strength", bootstrap=200)
    rows = {r["item"]: r for r in answer.rows}
    store.close()
    assert str(answer.headline).endswith(" In 95 % of the draws it has place 1 to 3; place 1 is in reach of x, y too.")
    # Strength: AA gives a 6, b 4, c 2; AX gives a 3, b = x = y = 2, c 1; XX gives x = y = 4. Not in it: the last.
    assert [rows["a"][f"strength_rank_{end}"] for end in ("low", "high")] == [1, 3]
    assert [rows["b"][f"strength_rank_{end}"] for end in ("low", "high")] == [2, 3]
    assert [rows["c"][f"strength_rank_{end}"] for end in ("low", "high")] == [3, 5]
    assert [rows["x"][f"strength_rank_{end}"] for end in ("low", "high")] == [1, 4]


def test_progress_is_told(small: GraphStore) -> None:
    told: list[tuple[str, int, int]] = []
    centrality(small, bootstrap=100, progress=lambda *what: told.append(what))
    assert told[0] == ("shortest paths", 4, 4)
    assert told[1:] == [("resampling networks", n, 100) for n in range(1, 101)]
    told.clear()
    centrality(small, level="model", progress=lambda *what: told.append(what))
    assert told[0] == ("p-values", 5, 5)


def test_nothing_one_host_one_item_all_alike(tmp_path: Path, small: GraphStore) -> None:
    nothing = centrality(small, scope=Scope(country=("FR",)), bootstrap=100)
    assert (nothing.rows, nothing.headline) == ([], "No item of level family on 0 hosts.")
    cases = {
        "empty": [record(0, [])],
        "one host": [record(0, ["llama", "qwen2"])],
        "one item": [record(0, ["llama"]), record(1, ["llama"])],
        "alike": [record(i, ["llama", "qwen2"]) for i in range(5)],
    }
    found = {}
    for name, records in cases.items():
        store = store_of(tmp_path / name, records)
        for level in ("family", "model"):
            answer = centrality(store, level=level, bootstrap=100)
            assert all(v == v for r in answer.rows for v in r.values()), name
        found[name] = centrality(store, weight="lift")
        store.close()
    assert found["empty"].rows == []
    assert found["one item"].headline == "No two items of level family live together on 2 hosts: nothing is linked."
    assert found["one item"].rows == [
        {"item": "llama", "hosts": 2, **dict.fromkeys(MEASURES, 0), "pagerank": 1.0},
    ]
    for name in ("one host", "alike"):
        assert [(r["degree"], r["pagerank"], r["core"]) for r in found[name].rows] == [(1, 0.5, 1)] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight": "size"}, "--weight 'size': not a weight; choose from hosts, jaccard, lift"),
        ({"sort": "name"}, "--sort 'name': not a column to sort by"),
        ({"level": "host"}, "--level 'host': not a level"),
        ({"min_hosts": 0}, "--min-hosts 0: it takes 1 or more"),
        ({"bootstrap": -1}, "--bootstrap -1: it takes 100 to 10,000 draws"),
        ({"bootstrap": 50}, "--bootstrap 50: it takes 100 to 10,000 draws"),
        ({"seed": -1, "bootstrap": 100}, "--seed -1: it takes 0 or more"),
        ({"seed": 1}, "--seed needs --bootstrap N"),
        ({"null": "poisson"}, "--null 'poisson': not a null model; choose from bicm, hypergeometric"),
    ],
)
def test_wrong_options(small: GraphStore, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        centrality(small, **options)  # type: ignore[arg-type]
