"""The quality checks on every store: a small population with everything planted, and the answers by hand."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from typing import Any

import pytest

from cohabit.errors import UsageError
from cohabit.graph.incidence import addresses_of
from cohabit.graph.store import State
from cohabit.queries.quality import quality
from cohabit.queries.scope import Scope, read_incidence
from cohabit.session import Graph
from tests.conformance.conftest import Place
from tests.conformance.population import Record, population

FIRST, SECOND, THIRD, FOURTH, LAST = "2025-03-03", "2025-03-10", "2025-03-24", "2025-04-20", "2025-05-05"


def entry(name: str, digest: str | None = None, family: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "digest": digest and digest * 64, "details": {"family": family}, **more}


LLAMA = entry("llama3.2:3b", "a", "llama")
QWEN = entry("qwen2.5:7b", "b", "qwen2")
THREE = [LLAMA, QWEN, entry("gemma2:2b", "c", "gemma2")]
MOVED = [
    entry("mistral:7b", "d", "llama"),
    entry("phi3:mini", "e", "phi3"),
    entry("nomic-embed-text", "f", "nomic-bert"),
]
TWICE = [entry("house-model:v1", "1"), entry("house-model:v2", "1")]
CLOUD = entry("gpt-oss:120b-cloud", "2", "gptoss", remote_host="https://example.com")
DISTILLED = entry("deepseek-r1:7b", "3", "qwen2")


def planted() -> list[Record]:
    """21 hosts, 25 observations. Multi-model: 15. With llama and qwen2: the five decoys, the near one and f3: 7."""
    a, b, c = 64501, 64502, 64503
    hosts: list[tuple[int, list[str], list[Any] | None]] = [
        # Five hosts in two networks with one list, and one whose third digest is another.
        *((asn, [FIRST], THREE) for asn in (a, a, b, b, b)),
        (a, [FIRST], [LLAMA, QWEN, entry("gemma2:2b", "0", "gemma2")]),
        # A machine moves within c after two weeks. The same list in network a, and in c six weeks later, is no move.
        (c, [FIRST, SECOND], MOVED),
        (c, [THIRD], MOVED),
        (a, [THIRD, FOURTH], MOVED),
        (c, [LAST], MOVED),
        # One digest under two names: alone, and beside another model.
        (c, [FIRST], TWICE),
        (c, [FIRST], [*TWICE, QWEN]),
        # Weights elsewhere: alone, and beside a model of its own.
        (b, [FIRST], [CLOUD]),
        (b, [FIRST], [CLOUD, LLAMA]),
        # Two hosts report qwen2 for the distilled model, one reports llama (and nothing for its other model; and no
        # digest of either, which does not make them one).
        (a, [FIRST, SECOND], [DISTILLED]),
        (a, [FIRST, SECOND], [DISTILLED]),
        (a, [FIRST], [entry("deepseek-r1:7b", None, "llama"), entry("llama3.2:3b")]),
        # 40 TB; and 2 × 20 TB that are one file.
        (a, [FIRST], [entry("hoard", "4", size=40_000_000_000_000)]),
        (a, [FIRST], [entry(f"hoard-{n}", "5", size=20_000_000_000_000) for n in "ab"]),
        # An empty list, and none.
        (a, [FIRST], []),
        (a, [FIRST], None),
    ]
    return [
        {"ip": f"192.0.2.{i}", "port": 11434, "timestamp": f"{day}T00:00:00Z", "asn": asn, "models": models}
        for i, (asn, days, models) in enumerate(hosts)
        for day in days
    ]


REJECTED: list[Record] = [
    {"ip": "192.0.2.99", "port": 11434, "timestamp": "1999-01-01T00:00:00Z", "models": []},
    {"ip": "no address!", "port": 11434, "timestamp": FIRST, "models": []},
]

# check → hosts, found, share of multi-model hosts with llama and qwen2 without these hosts (None: no such share).
WITH_ALL = 7 / 15
EXPECTED: dict[str, tuple[int | None, float | None, float | None]] = {
    "suspected decoys": (5, 1, 2 / 10),
    # The near one, too: its third digest is another, its models are the same.
    "shared lists": (6, 1, 1 / 9),
    "impossible collections": (1, 3, 7 / 15),
    "address churn": (1, 1, 7 / 14),
    "duplicate listings": (3, 3, 7 / 12),
    "remote entries": (2, 2, 7 / 14),
    "family conflicts": (1, 1, 6 / 14),
    "unknown names": (4, 5, 7 / 12),
    "clock trouble": (0, 1, 7 / 15),
    "seen once": (17, 17, 0 / 2),
    "simulated scans": (0, 0, 7 / 15),
    # 17 hosts seen in one and 4 in two of 5 weeks.
    "unseen hosts": (None, 4 / 5 * 17**2 / (2 * 4), None),
}
THRESHOLDS = {"decoy_hosts": 5, "decoy_networks": 2, "decoy_models": 3, "shared_hosts": 6, "shared_models": 3}


def test_planted_faults(place: Place) -> None:
    place.load(planted() + REJECTED)
    with Graph(place.data, place.uri) as graph:
        frame = graph.quality(**THRESHOLDS)
        assert frame.attrs["headline"].startswith(
            "llama and qwen2 live together on 7 hosts, 47 % of 15 multi-model hosts"
        )
        rows = {row["check"]: row for row in graph.ask("quality", **THRESHOLDS).rows}
    assert list(rows) == list(EXPECTED)
    for check, (hosts, found, without) in EXPECTED.items():
        row = rows[check]
        assert (row["hosts"], row["found"]) == (hosts, pytest.approx(found)), check
        assert row["base"] == 21
        assert row["share"] == (None if hosts is None else hosts / 21), check
        assert row["effect"] == (None if without is None else pytest.approx(without - WITH_ALL)), check
    for check, words in {
        "suspected decoys": "largest group has 5 hosts",
        "shared lists": "the largest group has 6 hosts with 3 models (gemma2:2b, llama3.2:3b, qwen2.5:7b)",
        "impossible collections": "More than 500 models or 30 TB",
        "duplicate listings": "2 of these hosts have one model under all its names",
        "remote entries": "Nothing else is on 1 of these hosts",
        "family conflicts": "deepseek-r1:7b (1 host)",
        "unknown names": "house-model:v1 (2 hosts), house-model:v2 (2 hosts), hoard-a:latest (1 host)",
        "clock trouble": "1 record of impossible times",
        "seen once": "68 % of 25 observations",
        "unseen hosts": "17 hosts seen in one and 4 in two of 5 weeks",
    }.items():
        assert words in rows[check]["note"], check
    # The near one's newest list is one of them, nobody has a part of it: the row's own effect, (1/9 − 7/15).
    assert "6 hosts (the groups' own included)" in rows["shared lists"]["note"]
    assert "without them the headline's share moves by −35.6 points" in rows["shared lists"]["note"]


def test_filters_and_time(place: Place) -> None:
    place.load(planted())
    with Graph(place.data, place.uri) as graph:
        here = graph.quality(network=64503).set_index("check")
        assert here.attrs["headline"].startswith("llama and nomic-bert live together on 3 hosts, 60 % of 5")
        assert set(here["base"]) == {5}
        assert here.loc["address churn", "hosts"] == 1
        assert here.loc["duplicate listings", "found"] == 2
        assert here.loc["suspected decoys", "hosts"] == 0
        # Groups are of the whole graph, of which three of four hosts are here: without them nobody runs the pair.
        for hosts, found in ((4, (3, 1)), (5, (0, 0))):
            shared = graph.quality(network=64503, shared_hosts=hosts, shared_models=3).set_index("check")
            assert tuple(shared.loc["shared lists", ["hosts", "found"]]) == found
        assert (
            graph.quality(network=64503, shared_hosts=4, shared_models=4).set_index("check").hosts["shared lists"] == 0
        )
        # Without the machine's first address 2 of 4 run the pair.
        assert here.loc["address churn", "effect"] == pytest.approx(2 / 4 - 3 / 5)
        # In the weeks from 10 March on: 6 hosts seen, in four weeks; five in one of them, one in two.
        late = graph.quality(since=SECOND).set_index("check")
        assert set(late["base"]) == {6}
        assert late.loc["unseen hosts", "found"] == pytest.approx(3 / 4 * 5**2 / (2 * 1))
        nobody = graph.quality(country="SE")
        assert nobody.empty
        assert nobody.attrs["headline"] == "No host in scope: there is nothing to check."


def test_days_and_seconds_at_the_edge(place: Place) -> None:
    """The newest observation is of 5 May 00:00:00, 42 days after 24 March 00:00:00."""
    place.load(planted())
    with Graph(place.data, place.uri, show_addresses=True) as graph:
        moved = {"192.0.2.7", "192.0.2.8", "192.0.2.9"}
        assert set(graph.hosts(active_within=42)["host"]) == moved
        assert set(graph.hosts(active_within=41)["host"]) == moved - {"192.0.2.7"}
        assert set(graph.hosts(first_seen_since=THIRD)["host"]) == moved
        assert set(graph.hosts(first_seen_since="2025-03-25")["host"]) == {"192.0.2.9"}


def test_what_cannot_be_checked_is_said(place: Place) -> None:
    place.load([{"ip": "192.0.2.1", "port": 1, "timestamp": FIRST, "models": ["llama3.2", "qwen2.5"]}])
    shutil.rmtree(place.data / "archive")
    with Graph(place.data, place.uri) as graph:
        rows = {r["check"]: r for r in graph.ask("quality").rows}
    assert not (place.data / "archive").exists()
    for check, words in {
        "suspected decoys": "no host has a known network",
        "address churn": "needs networks and digests",
        "duplicate listings": "no list has digests",
        "remote entries": "do not say where weights are",
        "family conflicts": "no server reported a family",
        "unseen hosts": "from one week",
    }.items():
        assert (rows[check]["hosts"], rows[check]["found"], rows[check]["effect"]) == (None, None, None)
        assert words in rows[check]["note"]
    assert "The check «shared lists» needs none" in rows["suspected decoys"]["note"]
    # Two models are few enough; how large they are nobody said.
    impossible = rows["impossible collections"]
    assert (impossible["hosts"], impossible["found"]) == (0, 2)
    assert impossible["note"].endswith("only their number could be checked (no size is known).")
    clock = rows["clock trouble"]
    assert (clock["hosts"], clock["found"]) == (0, None)
    assert "archive of this graph is not here" in clock["note"]
    # The only host is out: no share is left.
    assert (rows["seen once"]["hosts"], rows["seen once"]["effect"]) == (1, None)


def test_who_told_is_asked_of_the_hosts_in_scope(place: Place) -> None:
    """A list without digests can be remote where it says so; what others report of families is not theirs."""
    told = dict.fromkeys(("digest", "family"))
    place.load(
        [
            {
                "ip": f"192.0.2.{i}",
                "port": 1,
                "timestamp": FIRST,
                "asn": 64501 + i,
                "models": [entry("llama3.2:3b", **one)],
            }
            for i, one in enumerate([told | {"family": "llama"}, told, told | {"remote_host": "https://example.com"}])
        ]
    )
    with Graph(place.data, place.uri) as graph:
        for network, remote, conflicts in ((64501, None, 0), (64502, None, None), (64503, 1, None)):
            rows = {r["check"]: r["hosts"] for r in graph.ask("quality", scope=Scope(network=(str(network),))).rows}
            assert (rows["remote entries"], rows["family conflicts"]) == (remote, conflicts)


def test_hosts_without_models(place: Place) -> None:
    place.load([{"ip": "192.0.2.1", "port": 1, "timestamp": FIRST, "asn": 64501, "models": models} for models in ([],)])
    with Graph(place.data, place.uri) as graph:
        result = graph.ask("quality")
    assert "no two families live together" in str(result.headline)
    assert {r["effect"] for r in result.rows} == {None}
    assert {r["hosts"] for r in result.rows} == {0, 1, None}


def test_simulated_and_mixed_scans(place: Place) -> None:
    place.load([{**record, "simulated": True} for record in planted()])
    with Graph(place.data, place.uri) as graph:
        row = graph.quality().set_index("check").loc["simulated scans"]
    assert (row["hosts"], row["found"]) == (21, 1)
    assert "Everything here is simulated" in row["note"]
    place.load([dict(planted()[0], ip="192.0.2.200")], "real.ndjson")
    with Graph(place.data, place.uri) as graph:
        rows = {r["check"]: r for r in graph.ask("quality").rows}
    assert (rows["simulated scans"]["hosts"], rows["simulated scans"]["found"]) == (None, 1)
    assert "1 of 2 scans are simulated" in rows["simulated scans"]["note"]


def test_shared_lists_against_a_loop_and_from_20_hosts_and_5_models_on(place: Place) -> None:
    """Newest lists of seven hosts in ten are drawn from few; three of them are of one size and on 20 hosts or 19."""
    rng = random.Random(5)
    names = [f"m{i}:1" for i in range(9)]
    newest = [names[:5]] * 20 + [names[:4]] * 25 + [names[1:6]] * 19
    newest += [rng.sample(names, rng.choice([1, 5, 8])) for _ in range(150)]
    before = [rng.sample(names, 6) for _ in newest]
    rng.shuffle(newest)
    place.load(
        [
            {"ip": f"192.0.2.{i}", "port": 1, "timestamp": day, "models": models}
            for day, lists in ((FIRST, before), (SECOND, newest))
            for i, models in enumerate(lists)
        ]
    )
    store = place.open()
    for options, hosts, models in (
        ({}, 20, 5),
        ({"shared_hosts": 10, "shared_models": 8}, 10, 8),
        ({"shared_models": 4}, 20, 4),
    ):
        groups = Counter(frozenset(one) for one in newest if len(one) >= models)
        expected = [size for size in groups.values() if size >= hosts]
        assert expected
        row = next(r for r in quality(store, **options).rows if r["check"] == "shared lists")
        assert (row["hosts"], row["found"]) == (sum(expected), len(expected))
        assert f"the largest group has {max(expected)} hosts" in row["note"]
        shared = [one for one, size in groups.items() if size >= hosts]
        within = sum(len(one) >= 3 and any(set(one) <= other for other in shared) for one in newest)
        assert within > row["hosts"] or models == 4
        assert f": {within} hosts (the groups' own included) list 3 models or more that are all" in row["note"]
        assert ("not these" in row["note"]) == bool(options)
    groups = Counter(frozenset(one) for one in newest)
    kept = {f"192.0.2.{i}" for i, one in enumerate(newest) if len(one) < 5 or groups[frozenset(one)] < 20}
    assert len(newest) - len(kept) >= 20
    for options in ({}, {"until": FIRST}):  # always the newest list of all
        left = read_incidence(store, Scope(exclude_shared_lists=True, **options)).hosts
        assert set(addresses_of(store, left)) == kept
    for option in ("shared_hosts", "shared_models"):
        with pytest.raises(UsageError, match=f"--{option.replace('_', '-')} 0: it takes 1 or more"):
            quality(store, **{option: 0})
    store.close()


def test_default_thresholds_are_those_of_the_stored_groups(place: Place) -> None:
    place.load(population())
    store = place.open()
    stored = quality(store).rows[0]
    assert (stored["hosts"], stored["found"]) == (100, 1)
    formed = quality(store, decoy_hosts=100, decoy_networks=10, decoy_models=5).rows[0]
    assert formed == stored
    assert quality(store, decoy_hosts=101).rows[0]["hosts"] == 0
    assert quality(store, scope=Scope(exclude_decoys=True)).rows[0]["hosts"] == 0
    store.close()


def test_contradicting_clocks(tmp_path: Any) -> None:
    """No loader lets such times in, so they are put into the tables of a graph."""
    import pyarrow as pa

    from cohabit.graph.archive import Archive
    from cohabit.graph.projection import project
    from cohabit.graph.store import open_store
    from cohabit.loaders.catalogue import Catalogue

    place = Place(tmp_path / "data", "embedded")
    place.load(planted())
    tables = project(Archive(place.data), Catalogue.load(None))
    host = tables.nodes["Host"].sort_by("address")
    times = host.column("last_seen").to_pylist()
    times[0], times[1] = "2025-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
    last = host.schema.get_field_index("last_seen")
    tables.nodes["Host"] = host.set_column(last, "last_seen", pa.array(times, pa.string()))
    edges = tables.relationships["DEPLOYS"].sort_by([("source", "ascending"), ("target", "ascending")])
    times = edges.column("first_seen").to_pylist()
    changed = edges.column("source")[-1].as_py()
    times[-1] = "2024-12-31T00:00:00Z"
    first = edges.schema.get_field_index("first_seen")
    tables.relationships["DEPLOYS"] = edges.set_column(first, "first_seen", pa.array(times, pa.string()))
    assert changed not in host.column("address").to_pylist()[:2]
    store = open_store(place.data, "embedded", write=True)
    store.sync(tables, State(archive="x", version="y" * 20, digest="z"))
    row = next(r for r in quality(store).rows if r["check"] == "clock trouble")
    store.close()
    assert row["hosts"] == 3
    assert "A clock is wrong" in row["note"]
