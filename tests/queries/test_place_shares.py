from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from cohabit.queries.place_shares import HOSTS, MULTI_MODEL, PlaceMeasure, place_shares
from cohabit.queries.scope import Scope
from tests.queries.tools import Record, record, store_of

FAMILIES = ("llama", "qwen2", "gemma3", "bert")
COUNTRIES = ("DE", "SG", "US", None)


def population() -> list[Record]:
    """Hosts that run families by chance, German ones mostly llama, some nothing."""
    chance = random.Random(11)
    found = []
    for host in range(400):
        country = chance.choice(COUNTRIES)
        own = {f for f in FAMILIES if chance.random() < (0.8 if (country, f) == ("DE", "llama") else 0.3)}
        found.append(record(host, own, country=country, asn=64496 + host % 3))
    return found


def by_hand(records: list[Record], country: str) -> dict[tuple[str, str], tuple[int, int]]:
    own = [{m["name"] for m in r["models"]} for r in records if r["country_code"] == country]
    listed = [families for families in own if families]
    counted = {("family", f): (sum(f in families for families in listed), len(listed)) for f in FAMILIES}
    counted[MULTI_MODEL, MULTI_MODEL] = (sum(len(families) > 1 for families in own), len(listed))
    counted[HOSTS, HOSTS] = (len(own), len(records))
    return counted


def test_every_place_is_counted(tmp_path: Path) -> None:
    records = population()
    with closing(store_of(tmp_path, records)) as store:
        found = place_shares(store, "country")
        only_qwen = place_shares(store, "country", Scope(has=("family:qwen2",)))
        nothing = place_shares(store, "provider", Scope(country=("FR",)))
    totals = {c: sum(r["country_code"] == c for r in records) for c in COUNTRIES}
    assert found.places == sorted(["DE", "SG", "US"], key=lambda c: -totals[c])
    assert (found.hosts, found.unknown, found.left_out) == (400, totals[None], 0)
    assert found.multi_model_hosts == sum(len(r["models"]) > 1 for r in records)
    measures = {(m.level, m.item): m for m in found.measures}
    for place, country in enumerate(found.places):
        for key, expected in by_hand(records, country).items():
            assert (measures[key].counts[place], measures[key].bases[place]) == expected, (country, key)
    families = [m.item for m in found.measures if m.level == "family"]
    hosts = {f: sum(f in {m["name"] for m in r["models"]} for r in records) for f in FAMILIES}
    assert families == sorted(FAMILIES, key=lambda f: (-hosts[f], f))
    with_models = sum(bool(r["models"]) for r in records)
    assert [(m.overall, m.overall_base) for m in found.measures if m.level == "family"] == [
        (hosts[f], with_models) for f in families
    ]
    qwen = next(m for m in only_qwen.measures if m.item == "qwen2")
    assert qwen.counts == qwen.bases
    assert sum(qwen.counts) + only_qwen.unknown == hosts["qwen2"]
    assert (nothing.places, nothing.hosts) == ([], 0)
    assert nothing.measures == [
        PlaceMeasure(HOSTS, HOSTS, [], [], 0, 0),
        PlaceMeasure(MULTI_MODEL, MULTI_MODEL, [], [], 0, 0),
    ]


@pytest.mark.parametrize(
    ("sizes", "minimum"), [((60, 50, 50), 50), ((100,) * 12, 100), ((199,) * 12 + (700,) * 11, 100)]
)
def test_clusters_take_the_highest_minimum_that_leaves_twelve(
    tmp_path: Path, sizes: tuple[int, ...], minimum: int
) -> None:
    records = [
        record(host * 32 + place, {FAMILIES[place % 4]}, country="DE", asn=64496 + place)
        for place, size in enumerate(sizes)
        for host in range(size)
    ]
    with closing(store_of(tmp_path, records)) as store:
        found = place_shares(store, "network")
    assert found.cluster_minimum == minimum
    assert len([row for row in found.clusters.rows if row["cluster"]]) == len(sizes)
    assert [found.measures[0].counts[i] for i in range(len(sizes))] == sorted(sizes, reverse=True)
