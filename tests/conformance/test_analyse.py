"""Derived facts on every store: their values against plain Python, and that they are whole, replaced and removed."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import networkx as nx
import pandas as pd
import pytest

from cohabit.errors import DataError, UsageError
from cohabit.graph.derived import DerivedFacts
from cohabit.graph.store import GraphStore, read_tables
from cohabit.privacy import Masker
from cohabit.queries.analysis import analyse
from cohabit.queries.info import info
from cohabit.session import Graph
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain
from tests.conformance.population import Record
from tests.conformance.test_queries import expected_pairs

SCRIPT = Path(__file__).with_name("killed.py")
PAIRS = (
    "MATCH (a:{label})-[r:CO_DEPLOYED]->(b:{label}) RETURN a.name AS a, b.name AS b, r.hosts AS hosts, "
    "r.lift AS lift, r.jaccard AS jaccard, r.q_value AS q_value"
)
NODES = "MATCH (n:{label}) RETURN n.name AS name, n.pagerank AS pagerank, n.community AS community"


MASKER = Masker(b"a key for tests")


def pairs(store: GraphStore, label: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = store.table(PAIRS.format(label=label)).to_pylist()
    found = {(r["a"], r["b"]): (r["hosts"], r["lift"], r["jaccard"], r["q_value"]) for r in rows}
    assert len(found) == len(rows)
    return found


def nodes(store: GraphStore, label: str) -> dict[str, tuple[float | None, int | None]]:
    rows = store.table(NODES.format(label=label)).to_pylist()
    return {r["name"]: (r["pagerank"], r["community"]) for r in rows}


def everything(store: GraphStore) -> tuple[Any, ...]:
    return tuple(read(store, label) for read in (pairs, nodes) for label in ("Family", "Model"))


def values(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["hosts"], row["lift"], row["jaccard"], pytest.approx(row["q_value"], rel=1e-9)


def backbone(rows: list[dict[str, Any]]) -> dict[tuple[str, str], float]:
    """The pairs of the backbone with their weight, by its definition; `rows` by hosts, then names."""
    allowed = [r for r in rows if r["lift"] > 1 and r["q_value"] < 0.01]
    minima = (15, 10, 5, 3, 2, 1)
    enough = min(10, len(allowed))
    low = next(m for m in minima if sum(r["hosts"] >= m for r in allowed) >= enough)
    weights = {(r["a"], r["b"]): math.log2(r["lift"]) * math.log(1 + r["hosts"]) for r in allowed if r["hosts"] >= low}
    chosen, taken, tree = {}, Counter[str](), nx.utils.UnionFind()
    for (a, b), weight in sorted(weights.items(), key=lambda item: -item[1]):
        if taken[a] < 3 or taken[b] < 3 or tree[a] != tree[b]:
            chosen[a, b] = weight
        taken.update((a, b))
        tree.union(a, b)
    return chosen


def test_values(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    lists = plain.lists(plain.hosts)
    with Graph(place.data, place.uri) as graph:
        answer = graph.analyse(null="hypergeometric")
        for level in ("family", "model"):
            label = level.title()
            rows = expected_pairs(plain, lists, level)
            chosen = backbone(rows)
            assert chosen
            wanted = {(r["a"], r["b"]): values(r) for r in rows if level == "family" or (r["a"], r["b"]) in chosen}
            assert pairs(graph.store, label) == wanted
            network = nx.Graph()
            network.add_nodes_from(sorted({i for own in plain.items(lists, level).values() for i in own}))
            network.add_weighted_edges_from((r["a"], r["b"], r["hosts"]) for r in rows)
            rank = nx.pagerank(network, tol=1e-14, max_iter=1000)
            found = nodes(graph.store, label)
            assert {n: r for n, (r, _) in found.items() if r is not None} == pytest.approx(rank, abs=1e-9)
            skeleton = nx.Graph()
            skeleton.add_weighted_edges_from((a, b, w) for (a, b), w in chosen.items())
            groups: dict[int, set[str]] = {}
            for name, (_, community) in found.items():
                if community is not None:
                    groups.setdefault(community, set()).add(name)
            assert set().union(*groups.values()) == set(skeleton)
            assert sorted(groups) == list(range(1, len(groups) + 1))
            ours = nx.community.modularity(skeleton, groups.values())
            for seed in range(5):
                louvain = nx.community.louvain_communities(skeleton, seed=seed)
                assert ours >= nx.community.modularity(skeleton, louvain) - 1e-9
            written = dict(answer[answer["label"] == label][["fact", "written"]].values.tolist())
            assert written == {"CO_DEPLOYED": len(wanted), "pagerank": len(rank), "community": len(skeleton)}
            if level == "family":
                saved = graph.query(name="co-deployed", parameters={"min_hosts": 3})
                assert {(r.a, r.b): (r.hosts, r.lift, r.jaccard, r.q_value) for r in saved.itertuples()} == {
                    pair: value for pair, value in wanted.items() if value[0] >= 3
                }
            else:
                saved = graph.query(name="communities")
                assert {tuple(r) for r in saved.itertuples(index=False)} == {
                    (found[n][1], n, found[n][0], skeleton.degree(n)) for n in skeleton
                }


def test_they_agree_with_what_the_commands_say(place: Place, records: list[Record]) -> None:
    place.load(records)
    with Graph(place.data, place.uri) as graph:
        graph.analyse()
        for level in ("family", "model"):
            found = nodes(graph.store, level.title())
            central = graph.centrality(level=level)
            assert dict(zip(central["item"], central["pagerank"], strict=True)) == {
                n: rank for n, (rank, _) in found.items() if rank is not None
            }
            groups = graph.clusters(level=level, bootstrap=0)
            numbers = {r.item: None if pd.isna(r.cluster) else r.cluster for r in groups.itertuples()}
            assert numbers == {n: number for n, (_, number) in found.items() if n in numbers}
        together = graph.cooccurrence()
        assert {(r.a, r.b): (r.hosts, r.lift, r.jaccard, r.q_value) for r in together.itertuples()} == pairs(
            graph.store, "Family"
        )


def test_replaced_removed_and_on_no_side_of_the_digest(place: Place, records: list[Record]) -> None:
    place.load(records[: len(records) // 2], "old.ndjson")
    with Graph(place.data, place.uri) as graph:
        empty, digest = everything(graph.store), read_tables(graph.store).digest()
        assert empty[:2] == ({}, {})
        assert set(empty[2].values()) == set(empty[3].values()) == {(None, None)}
        not_made = graph.query(name="co-deployed").attrs["caveats"]
        assert sum("CO_DEPLOYED is made by `cohabit analyse`, which has not run" in note for note in not_made) == 1
        graph.analyse(null="hypergeometric")
        assert not any("which has not run" in c for c in graph.query(name="co-deployed").attrs["caveats"])
        first = everything(graph.store)
        assert first != empty
        # Others than before: nothing of the earlier ones may stay.
        graph.analyse()
        second = everything(graph.store)
        assert second != first
        graph.analyse(null="hypergeometric")
        assert everything(graph.store) == first
        assert read_tables(graph.store).digest() == digest
        assert info(graph.store, graph.masker).rows[0]["derived_facts"] is True
        assert any(c.startswith("With derived facts") for c in info(graph.store, graph.masker).caveats)
        # A sync that changes nothing leaves them.
    place.sync()
    store = place.open()
    assert everything(store) == first
    assert analyse(store, remove=True).headline == "Derived facts removed."
    assert everything(store) == empty
    assert info(store, MASKER).rows[0]["derived_facts"] is False
    assert any(c.startswith("Without derived facts") for c in info(store, MASKER).caveats)
    assert analyse(store, remove=True).headline == "There were no derived facts to remove."
    assert read_tables(store).digest() == digest
    analyse(store)
    store.close()
    place.load(records, "new.ndjson")
    store = place.open()
    assert everything(store)[:2] == ({}, {})
    assert set(nodes(store, "Model").values()) == {(None, None)}
    assert info(store, MASKER).rows[0]["derived_facts"] is False
    with pytest.raises(UsageError, match="--null 'poisson': not a null model"):
        analyse(store, null="poisson")
    store.close()


def test_facts_of_another_state_are_refused(place: Place, records: list[Record]) -> None:
    place.load(records[:200])
    store = place.open()
    analyse(store, null="hypergeometric")
    before, state = everything(store), store.state()
    assert state is not None
    nothing = DerivedFacts({"Family": [], "Model": []}, ([], []))
    for other in (msgspec.structs.replace(state, version="another"), msgspec.structs.replace(state, complete=False)):
        with pytest.raises(DataError, match="the graph changed while it was analysed; run `cohabit analyse` again"):
            store.write_derived(nothing, other)
        assert everything(store) == before
        assert store.state() == state
    store.close()


def test_hosts_without_models(place: Place, records: list[Record]) -> None:
    place.load([{**records[0], "models": []}])
    store = place.open()
    answer = analyse(store)
    assert [r["written"] for r in answer.rows] == [0] * 6
    assert everything(store) == ({}, {}, {}, {})
    store.close()


def test_a_killed_analysis_leaves_all_or_nothing(place: Place, records: list[Record]) -> None:
    place.load(records[:300])

    def run(limit: int, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT), str(limit), "analyse", *options, "--data", str(place.data)]
        return subprocess.run([*command, "--store", str(place.uri)], text=True, capture_output=True, check=False)

    def held() -> tuple[Any, ...]:
        store = place.open()
        try:
            state = store.state()
            return everything(store), state is not None and state.derived
        finally:
            store.close()

    before = held()
    counted = run(0, "--null", "hypergeometric")
    assert counted.returncode == 0, counted.stderr
    after = held()
    assert after != before
    # The first run may also write what Python keeps of compiled modules.
    assert run(0, "--remove").returncode == 0
    events = int(re.findall(r"events: (\d+)", run(0, "--null", "hypergeometric").stderr)[0])
    outcomes = []
    for moment in [1, events // 2, 2 * events // 3, 5 * events // 6, events - 1]:
        assert run(0, "--remove").returncode == 0
        assert held() == before
        assert run(moment, "--null", "hypergeometric").returncode == -9
        outcomes.append(held())
    assert outcomes[0] == before
    assert all(outcome in (before, after) for outcome in outcomes)
    store = place.open()
    analyse(store, null="hypergeometric")
    store.close()
    assert held() == after
    if isinstance(place.uri, str) and place.uri == "embedded":
        files = [p.name for p in (place.data / "graph").iterdir()]
        assert sum(name.endswith(".lbug") for name in files) == 1
