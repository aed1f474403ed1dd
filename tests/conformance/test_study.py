"""A study beside a graph, on every store: a small population whose figures are counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohabit.queries.scope import Scope
from cohabit.queries.study import study
from tests.conformance.conftest import Place
from tests.conformance.population import Record

LLAMA, QWEN, R1, OTHER = ("llama3.1:8b", "llama"), ("qwen2.5:7b", "qwen2"), ("deepseek-r1:7b", "qwen2"), ("x:1b", "own")


def host(number: int, country: str, *models: tuple[str, str], day: str = "2025-03-05", **entry: Any) -> Record:
    return {
        "ip": f"192.0.2.{number}",
        "port": 11434,
        "timestamp": f"{day}T12:00:00Z",
        "country_code": country,
        "asn": 64500 + number % 3,
        "models": [
            {"name": name, "details": {"family": family, "quantization_level": "Q4_K_M"}, **entry}
            for name, family in models
        ],
    }


def planted() -> list[Record]:
    """Ten hosts, 14 observations; host 1 gives five of them, and in March only hosts 1 and 2 are left.

    Llama on 1 2 3 4 5 6, reported qwen2 on 1 2 3 7 8, of these by name only 1 2 7; together on 1 2 3, by name on 1 2.
    Multi-model: 1 2 3 4 (and 9, with own models only).
    """
    tools = {"capabilities": ["completion", "tools"]}
    return [
        *(host(1, "CN", LLAMA, QWEN, day=f"2025-01-0{day}", **tools) for day in (6, 7, 8, 9)),
        host(1, "CN", LLAMA, QWEN, **tools),
        host(2, "CN", LLAMA, QWEN, day="2025-01-06"),
        host(2, "CN", LLAMA, QWEN),
        host(3, "US", LLAMA, R1, day="2025-01-06"),
        host(4, "US", LLAMA, OTHER, day="2025-01-06"),
        host(5, "US", LLAMA, day="2025-01-06"),
        host(6, "DE", LLAMA, day="2025-01-06", **tools),
        host(7, "DE", QWEN, day="2025-01-06"),
        host(8, "DE", R1, day="2025-01-06"),
        host(9, "DE", OTHER, ("y:1b", "own"), day="2025-01-06"),
        # Without a list: in no share of models.
        {**host(10, "DE", day="2025-01-06"), "models": None},
    ]


def figures(place: Place, **options: Any) -> dict[tuple[str, str], Any]:
    store = place.open()
    found = study(store, **options)
    store.close()
    rows = {(row["claim"], row["reading"]): row for row in found.rows}
    assert len(rows) == len(found.rows)
    return {**rows, ("headline", ""): found.headline}


def test_figures_by_hand(place: Place) -> None:
    place.load(planted())
    rows = figures(place)

    def computed(claim: str, reading: str = "as defined") -> Any:
        return rows[claim, reading]["computed"]

    assert computed("Hosts") == 10
    assert computed("Observations") == 15
    assert computed("Countries") == 3
    assert computed("Networks") == 3
    assert computed("Hosts with Llama and Qwen2 together") == 3
    assert computed("Hosts with Llama and Qwen2 together", "by line, not reported family") == 2
    assert computed("Hosts with Llama and Qwen2 together", "at 2025-03-05") == 2
    assert computed("Share of multi-model hosts with Llama and Qwen2") == 3 / 5
    assert computed("Share of multi-model hosts with Llama and Qwen2", "by line, not reported family") == 2 / 5
    assert computed("Share of multi-model hosts with Llama and Qwen2", "at 2025-03-05") == 1.0
    assert computed("Order of families by hosts") == 2
    # By hosts 6, 5; by observations both 7 and more; second by every metric, or level with the first.
    rank = rows["Qwen2 is second on every metric", "as defined"]
    assert (rank["low"], rank["high"]) == (1, 2)
    assert "hosts 2, listings 2, host weeks 2" in rank["note"]
    assert computed("Hosts with tool calling") == 2 / 9
    assert computed("Hosts with vision") == 0
    assert computed("Q4_K_M among deployments") == 1.0
    assert computed("4-bit formats among deployments") == 1.0
    # The busiest 13 % of ten hosts are two: five and two observations.
    assert computed("Observations that the busiest 13 % of hosts give") == 7 / 15
    assert computed("Hosts seen once") == 8 / 10
    assert computed("Observations of hosts seen once") == 8 / 15
    assert computed("Hosts in China") == 2 / 10
    assert computed("Hosts in the United States") == 3 / 10
    # Qwen2.5 and DeepSeek-R1 are of Chinese labs: 1 2 3 7 8, of the eight hosts with a lab whose country is known.
    assert computed("Hosts with models of Chinese labs") == 5 / 8
    assert rows["Hosts in fixed-access networks", "as defined"]["verdict"] == "not in this data"
    assert rows["Hosts whose system prompts remove safety limits", "as defined"]["verdict"] == "not in this data"
    assert rows["Hosts in China", "as defined"]["verdict"] == "agrees"
    assert rows["Hosts", "as defined"]["verdict"] == "lower"
    outlook = rows["Models of Chinese labs become more dominant within 12 to 18 months", "as defined"]
    assert outlook["verdict"] == "not in this data"
    assert rows["headline", ""].startswith("Silent Brothers (SentinelOne and Censys, January 2026): ")


def test_filters_and_time_hold_for_every_claim(place: Place) -> None:
    place.load(planted())
    rows = figures(place, scope=Scope(country=("DE",)))
    assert rows["Hosts", "as defined"]["computed"] == 5
    assert rows["Observations", "as defined"]["computed"] == 5
    assert rows["Hosts with Llama and Qwen2 together", "as defined"]["computed"] == 0
    assert rows["Hosts with tool calling", "as defined"]["computed"] == 1 / 4
    rows = figures(place, scope=Scope(at="2025-03-05"))
    assert rows["Hosts", "as defined"]["computed"] == 2
    assert rows["Observations", "as defined"]["note"] == "it is about time; leave out --at"
    assert not any(reading.startswith("at ") for _, reading in rows)


def test_suspected_decoys_are_left_out_of_a_reading_of_their_own(place: Place) -> None:
    """A hundred more hosts in ten networks with one list of five digests, Llama and Qwen2 among them."""
    lure = [
        {"name": name, "digest": f"{i}" * 64, "details": {"family": family}}
        for i, (name, family) in enumerate([LLAMA, QWEN, R1, OTHER, ("y:1b", "own")])
    ]
    decoys = [{**host(i, "US"), "ip": f"198.51.100.{i}", "asn": 64600 + i % 10, "models": lure} for i in range(100)]
    place.load([*planted(), *decoys])
    rows = figures(place)
    for claim, with_them, without in (
        ("Hosts", 110, 10),
        ("Observations", 115, 15),
        ("Networks", 13, 3),
        ("Hosts with Llama and Qwen2 together", 103, 3),
        ("Share of multi-model hosts with Llama and Qwen2", 103 / 105, 3 / 5),
        ("Hosts in China", 2 / 110, 2 / 10),
    ):
        found = [rows[claim, reading]["computed"] for reading in ("as defined", "without suspected decoys")]
        assert found == [with_them, without], claim


def test_claims_of_ones_own(place: Place, tmp_path: Path) -> None:
    place.load(planted())
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "Mine"\n'
        '[[claim]]\nclaim = "R1 is on a quarter"\nmeasure = "share-with"\nlevel = "line"\nitems = ["deepseek-r1"]\n'
        "published = 0.25\n"
        '[[claim]]\nclaim = "Meta leads"\nmeasure = "order"\nlevel = "lab"\nitems = ["meta", "alibaba"]\n'
    )
    rows = figures(place, claims=path)
    # 3 and 8, of the eight with a known line.
    assert rows["R1 is on a quarter", "as defined"]["computed"] == 2 / 8
    assert rows["R1 is on a quarter", "as defined"]["verdict"] == "agrees"
    assert rows["Meta leads", "as defined"]["verdict"] == "agrees"
    assert rows["headline", ""] == "Mine: 2 of 2 claims agree with this graph."


def test_nothing_in_scope_is_said_so(place: Place) -> None:
    place.load(planted())
    rows = figures(place, scope=Scope(country=("FR",)))
    verdicts = {row["verdict"] for key, row in rows.items() if key[0] not in ("headline", "Hosts", "Observations")}
    assert rows["Hosts", "as defined"]["computed"] == 0
    assert verdicts <= {"not in this data", "lower"}
    assert all(row["note"] for key, row in rows.items() if key[0] != "headline" and row["computed"] is None)


@pytest.mark.parametrize("level", ["lab", "lab-country"])
def test_labs_of_base_lines(place: Place, level: str, tmp_path: Path) -> None:
    """deepseek-r1:7b was distilled into Qwen2.5: by its base line it is Alibaba's; both labs are Chinese."""
    place.load(planted())
    item = {"lab": "DeepSeek", "lab-country": "CN"}[level]
    path = tmp_path / "mine.toml"
    path.write_text(
        f'title = "T"\n[[claim]]\nclaim = "C"\nmeasure = "hosts-with"\nlevel = "{level}"\nitems = ["{item}"]\n'
    )
    rows = figures(place, claims=path)
    expected = {"lab": (2, 0), "lab-country": (5, 5)}[level]
    assert (rows["C", "as defined"]["computed"], rows["C", "lab of the base line"]["computed"]) == expected
