"""Concentration and location quotients, by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore
from cohabit.queries.concentration import COLUMNS, QUOTIENT_COLUMNS, concentration, quotients
from cohabit.queries.protection import Protection
from cohabit.queries.scope import Scope
from cohabit.queries.spread import COLUMNS as SPREAD_COLUMNS
from cohabit.queries.spread import spread
from tests.queries.tools import record, store_of

# Germany: four llama models on three hosts, one qwen2. France: one of each, evenly. One host without a country, one
# in Germany with a model of no known family, one there without models.
RECORDS = [
    record(0, ["llama:1", "llama:2"]),
    record(1, ["llama:1", "qwen2:1"]),
    record(2, ["llama:2"]),
    record(3, []),
    record(4, ["llama:1", "qwen2:1", "bert:1", "phi3:1"], country="FR"),
    record(5, ["qwen2:1"], country=None),
    record(6, []) | {"models": ["house-model:v1"]},
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    opened = store_of(tmp_path_factory.mktemp("concentration"), RECORDS)
    yield opened
    opened.close()


def test_overall_by_hand(store: GraphStore) -> None:
    answer = concentration(store)
    assert answer.columns == COLUMNS
    # Deployments: llama 5, qwen2 3, bert 1, phi3 1.
    shares = [0.5, 0.3, 0.1, 0.1]
    assert answer.rows == [
        {
            "item": "all",
            "hosts": 7,
            "base": 5,
            "deployments": 10,
            "items": 4,
            "hill_1": pytest.approx(math.exp(-sum(p * math.log(p) for p in shares))),
            "hill_2": pytest.approx(1 / 0.36),
            "hhi": pytest.approx(0.36),
            "top": "llama",
            "top_share": 0.5,
        }
    ]
    assert answer.caveats == ("family unknown: 1 deployment, 9.1 % of 11; left out of the shares.",)


def test_by_place_by_hand(store: GraphStore) -> None:
    answer = concentration(store, by="country")
    germany, france, unknown = answer.rows
    assert [r["item"] for r in answer.rows] == ["DE", "FR", "unknown"]
    # Germany: llama 4 of 5, qwen2 1 of 5.
    assert (germany["hosts"], germany["base"], germany["deployments"]) == (5, 3, 5)
    assert germany["hill_1"] == pytest.approx(1.25**0.8 * 5**0.2)
    assert (germany["hill_2"], germany["hhi"]) == (pytest.approx(25 / 17), pytest.approx(0.68))
    assert (germany["top"], germany["top_share"]) == ("llama", 0.8)
    # Four families, equally common: as diverse as four, and the first by name is on top.
    assert (france["hill_1"], france["hill_2"], france["hhi"]) == (pytest.approx(4), pytest.approx(4), 0.25)
    assert (france["top"], france["top_share"]) == ("bert", 0.25)
    assert (unknown["hosts"], unknown["hill_1"], unknown["hill_2"], unknown["top"]) == (1, 1, 1, "qwen2")
    assert "country unknown: 1 host, 14 % of 7." in answer.caveats


def test_a_place_without_known_items_is_a_row_of_nothing(store: GraphStore) -> None:
    (row,) = concentration(store, scope=Scope(without=("family:llama", "family:qwen2")), by="country").rows
    assert (row["item"], row["hosts"], row["base"], row["deployments"], row["items"]) == ("DE", 2, 0, 0, 0)
    assert [row[k] for k in ("hill_1", "hill_2", "hhi", "top", "top_share")] == [None] * 5


def test_levels(store: GraphStore) -> None:
    # At level model the unknown family is one model as any other.
    (models,) = concentration(store, level="model").rows
    assert (models["deployments"], models["items"], models["base"]) == (11, 6, 6)
    assert models["hhi"] == pytest.approx((3**2 + 2**2 + 3**2 + 1 + 1 + 1) / 11**2)


def test_hosts_over_places_by_hand(store: GraphStore) -> None:
    answer = spread(store, of=("country", "network"))
    assert answer.columns == SPREAD_COLUMNS
    country, network = answer.rows
    # Germany has hosts 0, 1, 2, 3 and 6, France host 4; of host 5 no country is known.
    shares = [5 / 6, 1 / 6]
    assert country == {
        "item": "country",
        "hosts": 7,
        "base": 6,
        "places": 2,
        "hill_1": pytest.approx(math.exp(-sum(p * math.log(p) for p in shares))),
        "hill_2": pytest.approx(36 / 26),
        "hhi": pytest.approx(26 / 36),
        "top": "DE",
        "top_share": pytest.approx(5 / 6),
        "top_3_share": pytest.approx(1),
        "top_10_share": pytest.approx(1),
    }
    assert "country unknown: 1 host, 14 % of 7; not in the shares." in answer.caveats
    assert (network["places"], network["base"], network["hhi"]) == (1, 7, 1)
    assert answer.headline == (
        "7 hosts in 2 countries, spread as over 1.57 equally large ones; DE has 83 % of them, the ten largest have "
        "100 %."
    )


def test_the_largest_three_and_ten_places(tmp_path: Path) -> None:
    """Twelve networks, of 12, 11, … 1 hosts: 78 in all."""
    sizes = [network for network in range(1, 13) for _ in range(network)]
    opened = store_of(tmp_path, [record(i, ["llama"], asn=64496 + n) for i, n in enumerate(sizes)])
    (row,) = spread(opened, of=("network",)).rows
    assert (row["top"], row["places"]) == ("AS64508", 12)
    assert row["top_share"] == pytest.approx(12 / 78)
    assert row["top_3_share"] == pytest.approx((12 + 11 + 10) / 78)
    assert row["top_10_share"] == pytest.approx((78 - 1 - 2) / 78)
    assert row["hhi"] == pytest.approx(sum(n * n for n in range(1, 13)) / 78**2)
    five = spread(opened, of=("network",), protected=Protection(5)).rows[0]
    # Published are 10 of 12, 11 and 10, and 5 of 9 to 5, of 75 of the 78; the rest is not said, but it counts.
    assert (five["top"], five["top_share"]) == ("AS64506", pytest.approx(10 / 75))
    assert (five["top_3_share"], five["top_10_share"]) == (pytest.approx(30 / 75), pytest.approx(55 / 75))
    assert five["hill_1"] is five["hill_2"] is five["hhi"] is None
    opened.close()


def test_no_place_is_known(store: GraphStore) -> None:
    answer = spread(store, of=("provider-kind",), scope=Scope(country=("US",)))
    assert answer.headline == "No provider-kind is known of 0 hosts."
    assert answer.rows == [
        {"item": "provider-kind", "hosts": 0, "base": 0, "places": 0, **dict.fromkeys(SPREAD_COLUMNS[4:])}
    ]


def test_quotients_by_hand(store: GraphStore) -> None:
    answer = quotients(store, by="country")
    assert answer.columns == QUOTIENT_COLUMNS
    # Overall, of 5 hosts with a family: llama 4, qwen2 3, bert and phi3 1. Germany has 3, France 1, unknown 1.
    assert [(r["place"], r["item"], r["hosts"], r["base"]) for r in answer.rows] == [
        ("DE", "llama", 3, 3),
        ("DE", "qwen2", 1, 3),
        ("FR", "bert", 1, 1),
        ("FR", "phi3", 1, 1),
        ("FR", "qwen2", 1, 1),
        ("FR", "llama", 1, 1),
        ("unknown", "qwen2", 1, 1),
    ]
    expected = [1 / 0.8, (1 / 3) / 0.6, 5, 5, 1 / 0.6, 1 / 0.8, 1 / 0.6]
    assert [r["quotient"] for r in answer.rows] == pytest.approx(expected)
    assert answer.rows[1]["share"] == pytest.approx(1 / 3)
    assert answer.rows[1]["share_overall"] == pytest.approx(0.6)


def test_places_with_most_hosts_come_first_and_no_few_hosts_are_named(tmp_path: Path) -> None:
    """Denmark 60 hosts, 20 of them with gemma2; Austria one host, which has all the bert there is."""
    here = [record(i, ["llama:1", *(["gemma2:1"] if i < 20 else [])], country="DK") for i in range(60)]
    there = [record(100, ["bert:1"], country="AT")]
    others = [record(101 + i, ["llama:1"], country="BE") for i in range(49)]
    opened = store_of(tmp_path, [*here, *there, *others])
    answer = quotients(opened, by="country")
    assert list(dict.fromkeys(row["place"] for row in answer.rows)) == ["DK", "BE", "AT"]
    # 20 of 60 there, 20 of 110 overall.
    assert answer.headline is not None
    assert "gemma2 in DK is furthest above it: 33 % of 60, 1.83 times as much." in answer.headline
    assert round((20 / 60) / (20 / 110), 2) == 1.83
    opened.close()


def test_nothing_one_host_one_item_all_alike(tmp_path: Path, store: GraphStore) -> None:
    nowhere = Scope(country=("US",))
    assert concentration(store, scope=nowhere).rows == []
    assert concentration(store, scope=nowhere).headline == "No item of level family on 0 hosts."
    assert concentration(store, scope=nowhere, by="country").rows == []
    assert quotients(store, scope=nowhere, by="country").rows == []
    cases = {
        "empty": ([record(0, [])], None),
        "one host": ([record(0, ["llama", "qwen2"])], 2),
        "one item": ([record(0, ["llama"]), record(1, ["llama"])], 1),
        "alike": ([record(i, ["llama", "qwen2"]) for i in range(5)], 2),
    }
    for name, (records, hill) in cases.items():
        opened = store_of(tmp_path / name, records)
        for by in (None, "country", "software"):
            (row,) = concentration(opened, by=by).rows
            assert row["hill_1"] == (hill and pytest.approx(hill)), name
            assert row["hill_2"] == (hill and pytest.approx(hill)), name
        opened.close()


def test_wrong_options(store: GraphStore) -> None:
    with pytest.raises(UsageError, match="--quotients compares places: give --by too"):
        quotients(store)
    with pytest.raises(UsageError, match="--of 'planet': not a place; choose from"):
        spread(store, of=("planet",))
    with pytest.raises(UsageError, match="--of country is given twice"):
        spread(store, of=("country", "network", "country"))
    for question in (concentration, quotients):
        with pytest.raises(UsageError, match="--by 'planet': not a place; choose from"):
            question(store, by="planet")
        with pytest.raises(UsageError, match="--level 'host': not a level"):
            question(store, level="host", by="country")
