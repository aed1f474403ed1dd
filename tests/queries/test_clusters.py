"""Communities of items and clusters of places: planted groups are found, what stays out is said."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore
from cohabit.queries.centrality import centrality
from cohabit.queries.clusters import COLUMNS, clusters
from cohabit.queries.communities import COLUMNS as COMMUNITY_COLUMNS
from cohabit.queries.partitions import adjusted_rand
from cohabit.queries.scope import Scope
from cohabit.queries.stability import stability_in_words, with_stability
from tests.queries.tools import Record, record, store_of

EAST, WEST = ("CN", "SG", "KR", "TW"), ("US", "DE", "FR")
STACKS = [
    ["llama", "gemma2", "phi3", "mllama"],
    ["qwen2", "qwen3", "bert", "chatglm"],
    ["starcoder2", "gemma", "falcon"],
]


def planted_places(seed: int, hosts: int = 60) -> list[Record]:
    """Countries of two kinds; XK has too few hosts, some hosts have no country, some no network."""
    chance = random.Random(seed)
    countries = [*EAST * hosts, *WEST * hosts, *["LU"] * 9, *[None] * 5]
    records = []
    for number, country in enumerate(countries):
        east = country in EAST
        likely = ["qwen2", "qwen2", "qwen3", "llama"] if east else ["llama", "llama", "gemma2", "qwen2"]
        own = set(chance.choices(likely, k=chance.randint(1, 3)))
        asn = None if number % 11 == 0 else 64496 + chance.randrange(9)
        records.append(record(number, own, country=country, asn=asn))
    return records


def planted_stacks(seed: int) -> list[Record]:
    """Hosts that keep to one of three stacks of families, over 30 networks; one family is always alone."""
    chance = random.Random(seed)
    records = []
    for number in range(600):
        stack = STACKS[number % 3]
        own = set(chance.choices(stack, k=3))
        if chance.random() < 0.1:
            own.add(chance.choice(STACKS[(number + 1) % 3]))
        records.append(record(number, own, asn=64400 + chance.randrange(30)))
    return [*records, *(record(1000 + i, ["rwkv6"]) for i in range(20))]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    store = store_of(tmp_path_factory.mktemp("places"), planted_places(0))
    yield store
    store.close()


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    store = store_of(tmp_path_factory.mktemp("stacks"), planted_stacks(0))
    yield store
    store.close()


def shares(records: list[Record]) -> dict[str | None, Counter[str]]:
    found: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for r in records:
        found[r["country_code"]].update({m["details"]["family"] for m in r["models"]})
    return dict(found)


def test_planted_places_are_found(places: GraphStore) -> None:
    answer = clusters(places, by="country")
    assert answer.columns == COLUMNS
    rows = {r["item"]: r for r in answer.rows}
    assert {c: rows[c]["cluster"] for c in (*EAST, *WEST, "LU")} == {
        **dict.fromkeys(EAST, 1),
        **dict.fromkeys(WEST, 2),
        "LU": None,
    }
    assert {(rows[c]["hosts"], rows[c]["base"]) for c in (*EAST, *WEST)} == {(60, 60)}
    assert rows["CN"]["stability"] == rows["US"]["stability"] > 0.9
    assert rows["CN"]["silhouette"] > 0.5
    assert rows["CN"]["name"] == "CN, KR, SG"
    assert rows["LU"] == {
        **dict.fromkeys(COLUMNS),
        "item": "LU",
        "hosts": 9,
        "base": 9,
        "apart": [],
        "quotients": [],
        "note": "too few hosts",
    }
    assert "1 country with fewer than 50 hosts that run a known item, unclustered." in answer.caveats
    assert "country unknown: 5 hosts, 1.2 % of 434; in no cluster." in answer.caveats
    assert answer.headline == (
        "2 clusters of 7 countries by their items of level family, on 434 hosts; 1 more with too few hosts."
    )


def test_distances_and_quotients_are_those_of_the_counts(places: GraphStore) -> None:
    counts = shares(planted_places(0))
    families = sorted({f for c in counts.values() for f in c})
    profile = {c: np.array([counts[c][f] for f in families]) / counts[c].total() for c in (*EAST, *WEST)}
    rows = {r["item"]: r for r in clusters(places, by="country", bootstrap=0).rows}
    overall = sum(counts.values(), Counter())
    for group in (EAST, WEST):
        centre = np.mean([profile[c] for c in group], axis=0)
        for country in group:
            expected = jensenshannon(profile[country], centre, 2)
            assert rows[country]["distance_to_centre"] == pytest.approx(expected, abs=1e-9)
        hosts = 60 * len(group)
        quotients = {
            f: (sum(counts[c][f] for c in group) / hosts) / (overall[f] / 434)
            for f in families
            if sum(counts[c][f] for c in group) >= 10
        }
        top = sorted((f for f, q in quotients.items() if q >= 1.1), key=lambda f: -quotients[f])[:3]
        assert rows[group[0]]["apart"] == top
        assert rows[group[0]]["quotients"] == pytest.approx([quotients[f] for f in top])
        assert rows[group[0]]["stability"] is None


def test_what_sets_a_cluster_apart_is_said_in_words(places: GraphStore) -> None:
    answer = clusters(places, by="country")
    row = next(r for r in answer.rows if r["item"] == "CN")
    said = next(c for c in answer.caveats if c.startswith("Cluster 1 (CN, KR, SG; 4 countries, 240 hosts): "))
    assert f"{row['apart'][0]} {row['quotients'][0]:.3g} times as common as overall (" in said


def test_planted_places_over_20_seeds() -> None:
    """Without a store: the same numbers go straight to the distances."""
    from cohabit.queries import partitions

    for seed in range(20):
        counts = shares(planted_places(seed))
        families = sorted({f for c in counts.values() for f in c})
        profiles = np.array([[counts[c][f] for f in families] for c in (*EAST, *WEST)], float)
        profiles /= profiles.sum(axis=1, keepdims=True)
        labels = partitions.best_cut(partitions.distance_matrix(profiles))
        assert adjusted_rand(labels, [0, 0, 0, 0, 1, 1, 1]) == 1


def test_number_of_clusters_and_minimum_as_asked(places: GraphStore) -> None:
    assert {r["cluster"] for r in clusters(places, by="country", number=3).rows} == {1, 2, 3, None}
    assert {r["cluster"] for r in clusters(places, by="country", number=1).rows} == {1, None}
    lower = clusters(places, by="country", min_hosts=9)
    assert all(r["cluster"] for r in lower.rows)
    higher = clusters(places, by="country", min_hosts=61)
    assert {r["note"] for r in higher.rows} == {"too few hosts"}
    assert higher.headline == "No country has hosts enough to cluster: 8 with too few, on 434 hosts."


def test_networks_and_software_are_places_too(places: GraphStore) -> None:
    networks = clusters(places, by="network", min_hosts=20, bootstrap=3)
    assert {r["item"] for r in networks.rows} == {f"AS{64496 + i}" for i in range(9)}
    assert any("resamples of hosts within each place" in c for c in networks.caveats)
    assert clusters(places, by="provider", min_hosts=20, bootstrap=3).rows[0]["item"].startswith("Network 64")
    assert [r["cluster"] for r in clusters(places, by="software").rows] == [1]


def test_unstable_groups_are_said_first_and_what_was_drawn(tmp_path: Path) -> None:
    """Countries that all run alike, without networks: what sets them apart is chance."""
    chance = random.Random(7)
    families = ["llama", "qwen2", "gemma2", "qwen3"]
    noise = [
        record(number, set(chance.choices(families, k=2)), country=country, asn=None)
        for number, country in enumerate([*EAST, *WEST] * 50)
    ]
    store = store_of(tmp_path / "noise", noise)
    answer = clusters(store, by="country")
    store.close()
    stability = answer.rows[0]["stability"]
    assert stability < 0.4
    assert str(answer.headline).startswith(f"Unstable groups (stability {stability:.2f}): ")
    drawn = "10 resamples of single hosts (no host has a known network)"
    assert any(f"over {drawn} within each place, seed 0;" in c for c in answer.caveats)
    assert any(c.startswith("Unstable: another sample of such hosts would have given") for c in answer.caveats)
    store = store_of(tmp_path / "stacks", [one | {"asn": None} for one in planted_stacks(0)])
    answer = clusters(store)
    store.close()
    assert answer.rows[0]["stability"] > 0.9
    assert str(answer.headline).startswith("3 communities at level family")
    assert any(f"over {drawn}, seed 0;" in c for c in answer.caveats)


@pytest.mark.parametrize(("stability", "unstable"), [(0.494, True), (0.496, False), (0.0, True), (None, False)])
def test_from_one_half_on_groups_are_stable(stability: float | None, unstable: bool) -> None:
    """As it is rounded where it is said, so that nobody reads that 0.50 is under 0.5."""
    assert with_stability("Two.", stability).startswith("Unstable groups (stability 0.") == unstable
    assert len(stability_in_words(stability, 10, 10, "hosts", 0)) == (0 if stability is None else 1 + unstable)


def test_planted_stacks_are_found(stacks: GraphStore) -> None:
    answer = clusters(stacks)
    assert answer.columns == COMMUNITY_COLUMNS
    rows = {r["item"]: r for r in answer.rows}
    found: defaultdict[Any, set[str]] = defaultdict(set)
    for item, row in rows.items():
        found[row["cluster"]].add(item)
    assert found.pop(None) == {"rwkv6"}
    assert sorted(found.values(), key=min) == sorted((set(s) for s in STACKS), key=min)
    assert sorted(found) == [1, 2, 3]
    assert rows["rwkv6"]["note"] == "not in the backbone"
    assert {r["stability"] for r in rows.values() if r["cluster"]} == {1.0}
    for cluster, items in found.items():
        largest = sorted(items, key=lambda i: (-rows[i]["hosts"], i))[:3]
        assert {rows[i]["name"] for i in items} == {", ".join(largest)}
        distances = [rows[i]["distance_to_centre"] for i in items]
        assert min(distances) == 0
        assert max(distances) < 1
        assert {rows[i]["cluster"] for i in items} == {cluster}
    assert "Leiden, seed 0, on the backbone" in " ".join(answer.caveats)
    assert "1 item without a pair in the backbone, so without a community." in answer.caveats


def test_distance_to_the_centre_by_hand(tmp_path: Path) -> None:
    # a with b on 30 hosts, a with c on 20, and d on 50 by itself: lift ab 100·30/(50·30) = 2, ac 2; b–c never.
    hosts = [["a", "b"]] * 30 + [["a", "c"]] * 20 + [["d"]] * 50
    store = store_of(tmp_path, [record(i, own, asn=64496 + i % 7) for i, own in enumerate(hosts)])
    rows = {r["item"]: r for r in clusters(store, bootstrap=0).rows}
    store.close()
    b, c = np.log(31), np.log(21)
    assert rows["a"]["distance_to_centre"] == 0
    assert rows["b"]["distance_to_centre"] == pytest.approx(1 - b / (b + c))
    assert rows["c"]["distance_to_centre"] == pytest.approx(1 - c / (b + c))
    assert [rows[i]["cluster"] for i in "abcd"] == [1, 1, 1, None]
    # One community: all weight inside, all strength in it.
    assert rows["a"]["modularity"] == pytest.approx(0, abs=1e-12)


def test_order_of_lines_changes_nothing(tmp_path: Path, stacks: GraphStore, places: GraphStore) -> None:
    for name, store, records, options in (
        ("stacks", stacks, planted_stacks(0), {}),
        ("places", places, planted_places(0), {"by": "country"}),
        ("networks", places, planted_places(0), {"by": "network", "min_hosts": 20, "number": 3}),
    ):
        random.Random(1).shuffle(records)
        shuffled = store_of(tmp_path / name, records)
        assert clusters(shuffled, **options).rows == clusters(store, **options).rows  # type: ignore[arg-type]
        shuffled.close()


def test_nothing_one_host_one_item_all_alike(tmp_path: Path, places: GraphStore) -> None:
    for by in (None, "country"):
        nothing = clusters(places, by=by, scope=Scope(country=("FR", "DE")))
        assert nothing.rows == []
    assert nothing.headline == "No country to cluster on 0 hosts."
    cases = {
        "empty": [record(0, [])],
        "one host": [record(0, ["llama", "qwen2"])],
        "one item": [record(i, ["llama"], country=c) for i, c in enumerate(["DE", "FR", "US"])],
        "alike": [record(i, ["llama", "qwen2"], country=c) for i, c in enumerate(["DE", "FR", "US"] * 3)],
        "no place": [record(i, ["llama"], country=None, asn=None) for i in range(3)],
    }
    for name, records in cases.items():
        store = store_of(tmp_path / name, records)
        for options in ({}, {"by": "country", "min_hosts": 1}, {"by": "country"}, {"by": "network", "min_hosts": 1}):
            answer = clusters(store, **options)  # type: ignore[arg-type]
            assert answer.headline, name
            assert all(v == v for r in answer.rows for v in r.values()), name
        if name in ("one item", "alike"):
            rows = clusters(store, by="country", min_hosts=1).rows
            assert [(r["cluster"], r["distance_to_centre"]) for r in rows] == [(1, 0.0)] * 3
            # Everything at distance 0 cannot be cut, whatever is asked.
            asked = clusters(store, by="country", min_hosts=1, number=2)
            assert {r["cluster"] for r in asked.rows} == {1}
            assert "Only 1 cluster: the joins above are at the same distance." in asked.caveats
        if name == "alike":
            alike = clusters(store)
            assert [r["note"] for r in alike.rows] == ["not in the backbone"] * 2
            assert alike.headline == "No pair of level family is in the backbone on 9 hosts: no communities."
            assert alike.caveats == (
                "Of 1 pair none has lift above 1 and q < 0.01 under the null model bicm: the backbone is empty; "
                "--null hypergeometric asks for less, it takes all hosts for alike.",
            )
            other = clusters(store, null="hypergeometric").caveats
            said = "Of 1 pair none has lift above 1 and q < 0.01 under the null model"
            assert other == (f"{said} hypergeometric: the backbone is empty.",)
            models = centrality(store, level="model").caveats
            assert alike.caveats[0] in models
        store.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "planet"}, "--by 'planet': not a place; choose from"),
        ({"by": "country", "number": 8}, "--clusters 8: only 7 countries with 50 hosts or more"),
        ({"by": "country", "number": 0}, "--clusters 0: it takes 1 or more"),
        ({"by": "country", "min_hosts": 0}, "--min-hosts 0: it takes 1 or more"),
        ({"min_hosts": 5}, "--min-hosts is about places: give --by too"),
        ({"by": "country", "null": "bicm"}, "--null is about pairs of items: leave out --by"),
        ({"null": "poisson"}, "--null 'poisson': not a null model"),
        ({"number": 5}, "--clusters is about places: give --by too"),
        ({"bootstrap": -3}, "--bootstrap -3: it takes 0 to 10,000 resamples"),
        ({"by": "country", "seed": -3}, "--seed -3: it takes 0 or more"),
    ],
)
def test_wrong_options(places: GraphStore, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        clusters(places, **options)
