"""A study beside a graph, on every store: a small population whose figures are counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohabit.queries.cooccurrence import cooccurrence
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
    return {**rows, ("headline", ""): found.headline, ("caveats", ""): found.caveats}


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
    # Judged: the pair's share (3 of 5: agrees), the order, the rank, Q4_K_M, 4-bit formats, the busiest, both of those
    # seen once, China (agrees) and the United States (3 of 10: agrees). Sizes: hosts, observations, countries, networks
    # and the pair. Not in this data: what servers report of tools, thinking and vision is known of hosts 1 and 6 of
    # nine; fixed access, prompts, and the outlook.
    assert rows["headline", ""] == (
        "Silent Brothers (SentinelOne and Censys, January 2026): of 10 claims that these data can judge, 3 agree; "
        "not counted: 5 sizes of the scan, 6 not in this data."
    )
    tools = rows["Hosts with tool calling", "as defined"]
    assert (tools["verdict"], tools["note"]) == (
        "not in this data",
        "known only of 2 of 9 hosts whose list was seen (22 %), too few to judge by",
    )
    assert (
        "Not in this data: Hosts with tool calling; Hosts with thinking; Hosts with vision: known only of 2 of 9 hosts "
        "whose list was seen (22 %), too few to judge by."
    ) in rows["caveats", ""]
    assert any("definition and note: --format csv" in note for note in rows["caveats", ""])


def bare(number: int, family: str, quantisation: str | None, **also: Any) -> Record:
    """A host with one model, at one time, without a place."""
    details = {"family": family, **({"quantization_level": quantisation} if quantisation else {})}
    model = {"name": f"own-{number}:latest", "details": details, **also}
    return {"ip": f"192.0.2.{number}", "port": 11434, "timestamp": "2025-03-05T12:00:00Z", "models": [model]}


def test_what_is_known_of_less_than_half_is_not_judged(place: Place) -> None:
    """Nine deployments, Q4_K_M is three of the four whose quantisation is known; qwen2 is second by what there is."""
    quantisations = ["Q4_K_M", "Q4_K_M", "Q4_K_M", "Q8_0", *[None] * 5]
    families = ["llama"] * 5 + ["qwen2"] * 3 + ["gemma2"]
    hosts = [bare(i, family, q) for i, (family, q) in enumerate(zip(families, quantisations, strict=True), 1)]
    # Tools are on two of the hosts whose servers report anything, which are five of nine: that can be judged.
    for i, can in enumerate([["tools"], ["tools"], ["completion"], ["completion"], ["completion"]]):
        hosts[i]["models"][0]["capabilities"] = can
    hosts[0]["country_code"] = "CN"
    place.load(hosts)
    rows = figures(place)
    q4 = rows["Q4_K_M among deployments", "as defined"]
    assert (q4["computed"], q4["verdict"]) == (3 / 4, "not in this data")
    assert q4["note"] == "known only of 4 of 9 deployments (44 %), too few to judge by"
    assert q4["definition"].endswith(": 3 of 4")
    assert rows["4-bit formats among deployments", "as defined"]["verdict"] == "not in this data"
    tools = rows["Hosts with tool calling", "as defined"]
    assert (tools["computed"], tools["verdict"], tools["note"]) == (2 / 9, "agrees", "")
    china = rows["Hosts in China", "as defined"]
    assert (china["computed"], china["verdict"]) == (1 / 9, "not in this data")
    assert china["note"] == "known only of 1 of 9 hosts (11 %), too few to judge by"
    # Networks are not in these data, so one of five metrics is missing; by countries only llama is ahead.
    rank = rows["Qwen2 is second on every metric", "as defined"]
    assert (rank["computed"], rank["verdict"]) == (2, "agrees in part")
    assert rank["note"].startswith("by 4 of 5 metrics, without networks; hosts 2, ")


def test_a_rank_by_some_of_the_metrics_agrees_in_part(place: Place, tmp_path: Path) -> None:
    place.load([bare(i, family, "Q4_0") for i, family in enumerate(["llama", "llama", "qwen2"], 1)])
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "Mine"\n[[claim]]\nclaim = "Second"\nmeasure = "worst-rank"\nitems = ["qwen2"]\npublished = 2\n'
        '[[claim]]\nclaim = "First"\nmeasure = "worst-rank"\nitems = ["qwen2"]\npublished = 1\n'
        '[[claim]]\nclaim = "Version"\nmeasure = "condition"\ncondition = "old"\nbasis = "version"\npublished = 0.0\n'
        '[[claim]]\nclaim = "Unknown"\nmeasure = "condition-of-deployments"\ncondition = "quantisation unknown"\n'
        'basis = "catalogue"\npublished = 0.0\n'
    )
    rows = figures(place, claims=path)
    assert rows["Second", "as defined"]["verdict"] == "agrees in part"
    assert rows["First", "as defined"]["verdict"] == "differs"
    assert [rows[claim, "as defined"]["verdict"] for claim in ("Version", "Unknown")] == ["agrees", "agrees"]
    assert rows["headline", ""] == "Mine: of 4 claims that these data can judge, 2 agree and 1 agrees in part."
    assert "Agrees in part: Second: by 3 of 5 metrics, without networks, countries." in rows["caveats", ""]


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


def test_a_family_is_told_by_its_lines(place: Place) -> None:
    """Llama is one line; reported qwen2 is qwen2.5 on 1 2 7, deepseek-r1 on 3 8; from February on only on 1 2."""
    place.load(planted())
    store = place.open()
    told = [caveat for caveat in cooccurrence(store, ("qwen2", "llama")).caveats if caveat.startswith("Lines here")]
    assert told == ["Lines here, by hosts: qwen2 is qwen2.5, deepseek-r1; llama is llama3.1."]
    later = cooccurrence(store, ("qwen2",), scope=Scope(since="2025-02-01")).caveats
    assert "Lines here, by hosts: qwen2 is qwen2.5." in later
    assert not any("Lines here" in caveat for caveat in cooccurrence(store, ("qwen2.5",), level="line").caveats)
    store.close()


def test_a_name_that_nothing_has_is_not_judged(place: Place, tmp_path: Path) -> None:
    """A misspelt name is on no host, which would look like a finding."""
    place.load(planted())
    claims = tmp_path / "claims.toml"
    one = '[[claim]]\nclaim = "{0}"\nmeasure = "share-with"\nlevel = "line"\nitems = ["{0}"]\npublished = 0.5\n'
    claims.write_text('title = "x"\n' + one.format("deepsek-r1") + one.format("DeepSeek-R1"))
    rows = figures(place, claims=claims)
    wrong, right = rows["deepsek-r1", "as defined"], rows["DeepSeek-R1", "as defined"]
    assert (wrong["computed"], wrong["verdict"]) == (None, "not in this data")
    assert "no line is called 'deepsek-r1' in this graph; close: deepseek-r1" in wrong["note"]
    assert right["computed"] == 2 / 8
    assert "of 1 claim that these data can judge" in rows["headline", ""]


def test_no_reading_without_decoys_where_none_is_suspected(place: Place) -> None:
    """It would say the same; and without networks nobody can be suspected."""
    place.load(planted())
    rows = figures(place)
    assert "without suspected decoys" not in {reading for _, reading in rows}
    assert any(
        caveat.startswith("No reading «without suspected decoys»: no host is sus") for caveat in rows["caveats", ""]
    )


def test_no_reading_without_decoys_where_no_network_is_known(place: Place) -> None:
    place.load([{key: value for key, value in record.items() if key != "asn"} for record in planted()])
    assert any("it cannot be checked, as no host has a known network" in c for c in figures(place)["caveats", ""])


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
    assert rows["headline", ""] == "Mine: of 2 claims that these data can judge, 2 agree."


def test_nothing_in_scope_is_said_so(place: Place) -> None:
    place.load(planted())
    rows = figures(place, scope=Scope(country=("FR",)))
    verdicts = {
        row["verdict"] for key, row in rows.items() if isinstance(row, dict) and key[0] not in ("Hosts", "Observations")
    }
    assert rows["Hosts", "as defined"]["computed"] == 0
    assert verdicts <= {"not in this data", "lower"}
    assert all(row["note"] for row in rows.values() if isinstance(row, dict) and row["computed"] is None)


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
