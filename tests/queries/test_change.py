"""What trends and lifetimes say where there is little to say, and the sentences that go with the numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import cohabit
from cohabit.graph.store import opened as open_graph_store
from cohabit.graph.sync import forget, load, sync
from cohabit.output import Format, _json
from cohabit.session import Graph

Open = Callable[[list[dict[str, Any]]], Graph]

CALLS: list[tuple[str, dict[str, Any]]] = [
    *(("trends", {"view": v, "every": e}) for v in ("shares", "slopes") for e in ("week", "month")),
    *(("trends", {"view": view, "level": "family"}) for view in ("new", "vanished", "adoption")),
    ("trends", {"by": "country"}),
    ("trends", {"by": "network", "level": "model"}),
    ("trends", {"level": "lab-country", "forecast": 18}),
    ("trends", {"forecast": 3, "every": "week"}),
    *(("lifetimes", {"view": view}) for view in ("survival", "churn", "observations")),
    ("lifetimes", {"view": "churn", "every": "week", "gone_after": 1}),
    ("lifetimes", {"gone_after": 1}),
]


def seen(host: int, day: str | date, *models: str) -> dict[str, Any]:
    return {"ip": f"192.0.2.{host}", "port": 11434, "timestamp": f"{day}T12:00:00Z", "models": list(models)}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Load records into a new folder and open it."""
    graphs: list[Graph] = []

    def open_graph(records: list[dict[str, Any]]) -> Graph:
        data = tmp_path / f"data-{len(graphs)}"
        scan = tmp_path / "scan.ndjson"
        # An empty graph is what is left when the only scan was forgotten.
        scan.write_text("".join(json.dumps(r) + "\n" for r in records or [seen(1, "2025-02-20", "llama3:8b")]))
        assert [r.error for r in load(data, [str(scan)])] == [None]
        if not records:
            forget(data, "scan.ndjson")
        with open_graph_store(data, "embedded", write=True) as store:
            sync(data, store)
        graphs.append(cohabit.open(data))
        return graphs[-1]

    yield open_graph
    for graph in graphs:
        graph.close()


LITTLE: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "one host once": [seen(1, "2025-02-20", "llama3:8b")],
    "a host without models": [seen(1, "2025-02-20"), seen(1, "2025-03-20")],
    "a host without a list": [{**seen(1, "2025-02-20"), "models": None, "version": "0.6.2"}],
    "one host, two periods": [seen(1, "2025-02-20", "llama3:8b"), seen(1, "2025-03-20", "qwen2:7b")],
    "unknown models only": [seen(1, "2025-02-20", "house-model:v1"), seen(2, "2025-04-20", "house-model:v1")],
}


@pytest.mark.parametrize("case", LITTLE)
def test_little_data_is_a_sentence_and_no_nan(opened: Open, case: str) -> None:
    graph = opened(LITTLE[case])
    for name, options in CALLS:
        result = graph.ask(name, **options)
        assert result.headline, (name, options)
        assert result.headline.endswith(".")
        for sentence in (result.headline, *result.caveats):
            assert "nan" not in sentence
        assert "NaN" not in _json(result, Format("json"))


def test_a_filter_that_leaves_nothing(opened: Open) -> None:
    graph = opened(LITTLE["one host, two periods"])
    for name, options in CALLS:
        frame = getattr(graph, name)(**options, country="FR")
        assert len(frame) == 0
        assert "nan" not in frame.attrs["headline"]
    assert graph.trends(country="FR").attrs["headline"] == (
        "No list was seen of a host in scope: there is nothing to follow."
    )
    assert graph.trends(since="2026-01-01").attrs["headline"].startswith("No list was seen")
    assert graph.trends(item="llama", since="2026-01-01").attrs["headline"].startswith("No list was seen")
    named = graph.trends(item="qwen2", until="2025-03-01")
    assert named[["hosts", "base"]].to_numpy().tolist() == [[0, 1]]


# From January to August; nothing is seen in April, and in June only what lists nothing to us.
#
#          Jan Feb Mar May Jun Jul Aug
# host 1    L   L   L   L   –   L   L
# host 2    L   L   Q   Q   –   Q   Q
# host 3    ·   L   LQ  LQ  –   Q   Q
# host 4    ∅   ∅   ∅   ∅   –   ∅   Q
TABLE = {
    "2025-01-15": ["L", "L", None, ""],
    "2025-02-12": ["L", "L", "L", ""],
    "2025-03-12": ["L", "Q", "LQ", ""],
    "2025-05-14": ["L", "Q", "LQ", ""],
    "2025-06-11": ["–", "–", "–", "–"],
    "2025-07-16": ["L", "Q", "Q", ""],
    "2025-08-13": ["L", "Q", "Q", "Q"],
}
NAMES = {"L": "llama3:8b", "Q": "qwen2:7b"}


def records() -> list[dict[str, Any]]:
    found = []
    for day, lists in TABLE.items():
        for host, letters in enumerate(lists, 1):
            if letters is None:
                continue
            if letters == "–":
                found.append({**seen(host, day), "models": None, "version": "0.6.2"})
            else:
                found.append(seen(host, day, *(NAMES[letter] for letter in letters)))
    return found


def test_shares_by_hand(opened: Open) -> None:
    graph = opened(records())
    frame = graph.trends()
    qwen2 = frame[frame["item"] == "qwen2"]
    assert qwen2["period"].tolist() == ["2025-01", "2025-02", "2025-03", "2025-05", "2025-07", "2025-08"]
    assert list(zip(qwen2["hosts"], qwen2["base"], strict=True)) == [(0, 3), (0, 4), (2, 4), (2, 4), (2, 4), (3, 4)]
    caveats = frame.attrs["caveats"]
    assert caveats[0] == "No scan in 1 of 8 months: 2025-04. There is nothing to count then; that is not zero."
    assert caveats[1] == (
        "Months with a scan in some of their weeks only: 2025-01 (1 of 5: 2025-W03), 2025-02 (1 of 4: "
        "2025-W07), 2025-03 (1 of 4: 2025-W11), 2025-05 (1 of 5: 2025-W20), 2025-06 (1 of 4: 2025-W24), "
        "2025-07 (1 of 5: 2025-W29), 2025-08 (1 of 4: 2025-W33)."
    )
    assert "No host in scope showed a list in 1 month with a scan." in caveats
    assert frame.attrs["headline"] == ("Over 6 months qwen2 rises most (+10.00 points a month, from 0.0 % to 75 %).")


def test_larger_places_come_first_and_no_rise_of_few_hosts_is_named(opened: Open) -> None:
    """In Denmark, 50 hosts each month, qwen2 is on 5, 10, 15, 20, 25; in Austria on none and then on all of 2."""
    found = []
    for month in range(5):
        for host in range(1, 51):
            own = ["llama3:8b", *(["qwen2:7b"] if host <= 5 * (month + 1) else [])]
            found.append(seen(host, f"2025-0{month + 1}-15", *own) | {"country_code": "DK"})
        for host in (101, 102):
            own = ["qwen2:7b"] if month > 2 or (host == 101 and month) else ["llama3:8b"]
            found.append(seen(host, f"2025-0{month + 1}-15", *own) | {"country_code": "AT"})
    frame = opened(found).trends(by="country", level="family")
    assert frame["place"].drop_duplicates().tolist() == ["DK", "AT"]
    assert frame.attrs["headline"] == (
        "Over 5 months, in places with 50 hosts or more in most months, qwen2 in DK rises most (+10.00 points a month, "
        "from 10 % to 50 %)."
    )
    small = opened([row for row in found if row["ip"] != "192.0.2.1"]).trends(by="country", level="family")
    assert small.attrs["headline"] == (
        "No place has a list of 50 hosts or more in most months: of fewer, no rise or fall is named."
    )


def test_slopes_by_hand(opened: Open) -> None:
    """qwen2 is 0, 0, ½, ½, ½, ¾ at months 0, 1, 2, 4, 6, 7: the median of 15 slopes, and S = 15 − 4 ties."""
    shares, times = [0, 0, 0.5, 0.5, 0.5, 0.75], [0, 1, 2, 4, 6, 7]
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    between = sorted((shares[j] - shares[i]) / (times[j] - times[i]) for i, j in pairs)
    frame = opened(records()).trends(view="slopes")
    row = frame[frame["item"] == "qwen2"].iloc[0]
    assert row["slope"] == pytest.approx(between[7])
    assert (row["hosts"], row["periods"], row["first_share"], row["last_share"]) == (3, 6, 0, 0.75)
    course = [0, 0, 0.5, None, 0.5, None, 0.5, 0.75]
    assert [None if c != c else c for c in row["course"]] == course
    assert frame["q_value"].tolist() == pytest.approx([max(frame["p_value"]), max(frame["p_value"])], rel=1e-9)


def test_a_claim_is_made_of_what_was_tested_only(opened: Open) -> None:
    graph = opened(records())
    frame = graph.trends(item="qwen2", forecast=3)
    assert set(frame["kind"]) == {"observed"}
    assert frame.attrs["caveats"][0].startswith("No forecast for 1 of 1 item: it takes 6 months with a host")
    llama = graph.trends(item="llama", forecast=3)
    ahead = llama[llama["kind"] == "forecast"]
    assert ahead["period"].tolist() == ["2025-09", "2025-10", "2025-11"]
    assert ahead["hosts"].isna().all()
    assert (ahead["low"] < ahead["share"]).all()
    assert (ahead["share"] < ahead["high"]).all()


def test_churn_by_hand(opened: Open) -> None:
    frame = opened(records()).lifetimes(view="churn", gone_after=1).set_index("period")
    assert frame.loc["2025-02", ["arrived", "returned", "stayed", "left", "not_rescanned"]].tolist() == [1, 0, 3, 0, 0]
    assert frame.loc["2025-05", "before"] == "2025-03"
    assert frame.loc["2025-05", "coverage"] == 1


def test_new_and_vanished_by_hand(opened: Open) -> None:
    graph = opened([*records(), seen(9, "2025-02-12", "gemma2:2b"), seen(9, "2025-03-12", "gemma2:2b")])
    new = graph.trends(view="new")
    assert new[["item", "first_period", "hosts"]].to_numpy().tolist() == [
        ["qwen2", "2025-03", 3],
        ["gemma2", "2025-02", 1],
    ]
    gone = graph.trends(view="vanished")
    assert gone[["item", "last_period", "peak_period"]].to_numpy().tolist() == [["gemma2", "2025-03", "2025-02"]]
    curve = graph.trends(view="adoption", item="qwen2")
    # Host 9 is among the base from March on; in August all three adopters of the four other hosts are there.
    assert list(zip(curve["period"], curve["hosts"], curve["base"], strict=True)) == [
        ("2025-03", 2, 5),
        ("2025-04", 2, 5),
        ("2025-05", 2, 5),
        ("2025-06", 2, 5),
        ("2025-07", 2, 5),
        ("2025-08", 3, 5),
    ]
    assert graph.trends(view="new", since="2025-03-01")["item"].tolist() == ["qwen2"]


def test_lifetimes_say_median_once_and_concentration(opened: Open) -> None:
    """Twenty hosts for a week each, twenty for three, after a first week with one; three quiet weeks at the end."""
    start = datetime(2025, 1, 6, tzinfo=UTC).date()
    days = [start + timedelta(weeks=i) for i in range(9)]
    found = [seen(1, day, "llama3:8b") for day in days]
    found += [seen(10 + i, days[1 + i % 3], "llama3:8b") for i in range(20)]
    found += [seen(30 + i, days[k + i % 3], "llama3:8b") for i in range(20) for k in (1, 2, 3)]
    frame = opened(found).lifetimes(gone_after=3)
    assert frame[["weeks", "at_risk", "ended", "censored"]].to_numpy().tolist() == [[1, 40, 20, 0], [3, 20, 20, 0]]
    # 89 observations: 9 + 20·1 + 20·3. 13 % of 41 hosts are 6: 9 + 5·3 of 89. 76 % are 67.64: 9 + 20·3 with 21 hosts.
    assert frame.attrs["headline"] == (
        "Half of 40 hosts (1 more left out) are gone after 1 week (95 %: 1 to 3). Of 41 hosts 49 % were seen once "
        "(22 % of the observations) and the busiest 13 % give 27 % of them; 76 % come from the busiest 51 %."
    )
    assert any("Left out: 1 host of the first week, 2025-W02; how old" in c for c in frame.attrs["caveats"])
