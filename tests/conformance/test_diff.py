"""What changed between two dates, on every store: a small population by hand, and plain loops over a large one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS
from cohabit.privacy import Masker
from cohabit.queries.compare import compare
from cohabit.queries.diff import diff
from cohabit.queries.scope import Scope
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain
from tests.conformance.population import Record
from tests.conformance.test_queries import SCOPES, iso_weeks

MASKER = Masker(b"a key that is long enough", show=True)

# Weeks 9 and 10 against weeks 13 and 14.
FIRST, SECOND = "2025-03-05", "2025-04-02"
W05, W09, W10, W11, W13, W14, W20 = (
    f"2025-{day}T12:00:00Z" for day in ("01-29", "02-26", "03-05", "03-12", "03-26", "04-02", "05-14")
)


def entry(name: str, family: str, digest: str | None = None) -> dict[str, Any]:
    return {"name": name, "details": {"family": family}, "digest": digest and digest * 64}


LLAMA, LLAMA_NEW = entry("llama3.2:3b", "llama", "a"), entry("llama3.2:3b", "llama", "c")
QWEN, GEMMA = entry("qwen2.5:7b", "qwen2", "b"), entry("gemma2:2b", "gemma2")
MISTRAL, MISTRAL_E, MISTRAL_F = (entry("mistral:7b", "mistral", d) for d in "def")

# Host → its observations: time, and the models listed (None: no list).
HOSTS: dict[str, list[tuple[str, list[Any] | None]]] = {
    "192.0.2.1": [(W10, [LLAMA, QWEN]), (W14, [LLAMA_NEW, GEMMA])],  # changed
    "192.0.2.2": [(W09, [LLAMA]), (W10, None), (W13, [LLAMA])],  # same; its newest list is of week 9
    "192.0.2.3": [(W10, [QWEN])],  # not seen since
    "192.0.2.4": [(W10, [QWEN]), (W14, None)],  # no list
    "192.0.2.5": [(W10, [LLAMA]), (W20, [LLAMA])],  # missed
    "192.0.2.6": [(W14, [GEMMA])],  # new
    "192.0.2.7": [(W05, [GEMMA]), (W14, [GEMMA, QWEN])],  # not scanned before
    "192.0.2.8": [(W10, []), (W14, [])],  # same, with nothing
    "192.0.2.9": [(W11, [LLAMA]), (W13, [LLAMA])],  # new: first seen after week 10
    "192.0.2.10": [(W10, None), (W14, [LLAMA])],  # not scanned before: it answered without a list
    "192.0.2.11": [(W10, [MISTRAL]), (W14, [MISTRAL_E]), (W14, [MISTRAL_F])],  # same name, two new digests
    "192.0.2.12": [(W09, [LLAMA]), (W13, [LLAMA_NEW])],  # same name, new digest
}
STATUSES = {
    "changed": [1],
    "new": [6, 9],
    "no list": [4],
    "missed": [5],
    "not seen since": [3],
    "not scanned before": [7, 10],
    "same": [2, 8, 11, 12],
}


def planted() -> list[Record]:
    return [
        {"ip": address, "port": 11434 + i, "timestamp": time, "models": models, "country_code": "DE"}
        for address, seen in HOSTS.items()
        for i, (time, models) in enumerate(seen)
    ]


def test_by_hand(place: Place) -> None:
    """With a list: hosts 1, 2, 3, 4, 5, 8, 11, 12 (8) and 1, 2, 6, 7, 8, 9, 10, 11, 12 (9); in both 1, 2, 8, 11, 12.

    llama: before on 1, 2, 5, 12; after on 1, 2, 9, 10, 12. qwen2: on 1, 3, 4; then on 7. gemma2: then on 1, 6, 7.
    """
    place.load(planted())
    store = place.open()
    found = diff(store, MASKER, FIRST, SECOND, scope=Scope(within=2))
    counted = ("before", "after", "added", "new_hosts", "removed", "kept", "not_rescanned")
    counted += ("not_seen_since", "not_scanned_before")
    assert {r["item"]: tuple(r[c] for c in counted) for r in found.rows} == {
        "llama": (4, 5, 1, 1, 0, 3, 1, 0, 1),
        "qwen2": (3, 1, 0, 0, 1, 0, 2, 1, 1),
        "gemma2": (0, 3, 2, 1, 0, 0, 0, 0, 1),
        "mistral": (1, 1, 0, 0, 0, 1, 0, 0, 0),
    }
    assert [r["item"] for r in found.rows] == ["gemma2", "qwen2", "llama", "mistral"]
    row = found.rows[1]
    assert (row["share_before"], row["share_after"]) == (3 / 8, 1 / 9)
    assert (row["difference"], row["base_before"], row["base_after"]) == (1 / 9 - 3 / 8, 8, 9)
    assert found.headline == (
        "Largest change of a family: gemma2 from 0.0 % of 8 hosts to 33 % of 9 (+33.3 points); on the 5 hosts with a "
        "list at both dates from 0.0 % to 20 %: 1 added it, 0 removed it."
    )
    one = diff(store, MASKER, FIRST, SECOND, item=("QWEN2",), scope=Scope(within=2))
    assert one.rows == [row]
    assert one.headline == (
        "qwen2 from 38 % of 8 hosts to 11 % of 9 (−26.4 points); on the 5 hosts with a list at both dates from 20 % to "
        "0.0 %: 0 added it, 1 removed it."
    )
    # Named in any order, the larger change first; and a model that is at neither date is a row, too.
    two = diff(store, MASKER, FIRST, SECOND, item=("llama", "qwen2"), scope=Scope(within=2))
    assert two.rows == found.rows[1:3]
    gone = diff(
        store, MASKER, FIRST, SECOND, level="model", item=("gemma2:2b",), scope=Scope(within=2, has=("family:mistral",))
    )
    assert [(r["item"], r["before"], r["after"], r["difference"]) for r in gone.rows] == [("gemma2:2b", 0, 0, 0)]
    assert found.caveats == (
        "8 hosts with a list in 2025-W09 to 2025-W10 (2025-03-05), 9 in 2025-W13 to 2025-W14 (2025-04-02), 5 in both. "
        "Shares are of these, with or without models.",
        "Not rescanned: 3 hosts (1 answered without a list, 1 missed but seen later, 1 not seen since: gone, or not "
        "scanned).",
        "Not scanned before: 2 hosts of the second date, seen earlier but without a list at the first. What they have "
        "is neither kept nor added, so these two can be less than after.",
    )
    # Hosts 7 and 10 are why: of llama 10, of qwen2 and gemma2 7.
    assert {r["item"]: r["after"] - r["kept"] - r["added"] for r in found.rows} == {
        "llama": 1,
        "qwen2": 1,
        "gemma2": 1,
        "mistral": 0,
    }
    # On hosts that were scanned at both dates nothing is missing, and nothing is said.
    complete = diff(store, MASKER, FIRST, SECOND, scope=Scope(within=2, has=("family:mistral",)))
    assert len(complete.caveats) == 1
    store.close()


# Item, successor: the hosts that moved, have both, kept it, left, were not rescanned, by hand; and those that had both.
SUCCESSORS = {
    ("qwen2", "gemma2"): ({1}, set(), set(), set(), {3, 4}, set()),
    ("qwen2", "llama"): ({1}, set(), set(), set(), {3, 4}, {1}),
    ("qwen2", "mistral"): (set(), set(), set(), {1}, {3, 4}, set()),
    ("llama", "gemma2"): (set(), {1}, {2, 12}, set(), {5}, set()),
    ("llama", "qwen2"): (set(), set(), {1, 2, 12}, set(), {5}, {1}),
    ("gemma2", "llama"): (set(), set(), set(), set(), set(), set()),
}


def test_successors_by_hand(place: Place) -> None:
    place.load(planted())
    store = place.open()
    for (item, successor), (*outcomes, had_both) in SUCCESSORS.items():
        found = diff(store, MASKER, FIRST, SECOND, item=(item,), successor=successor, scope=Scope(within=2))
        assert [r["outcome"] for r in found.rows] == ["moved", "both", "kept", "left", "not rescanned"]
        assert [r["hosts"] for r in found.rows] == [len(hosts) for hosts in outcomes], (item, successor)
        assert [r["had_both"] for r in found.rows] == [len(hosts & had_both) for hosts in outcomes]
        base = sum(len(hosts) for hosts in outcomes[:4])
        assert [r["share"] for r in found.rows] == [len(h) / base if base else None for h in outcomes[:4]] + [None]
        # The same hosts as in the row of the item.
        (row,) = diff(store, MASKER, FIRST, SECOND, item=(item,), scope=Scope(within=2)).rows
        said = [r["hosts"] for r in found.rows]
        assert (said[1] + said[2], said[0] + said[3], said[4]) == (row["kept"], row["removed"], row["not_rescanned"])
    moved = diff(store, MASKER, FIRST, SECOND, item=("llama",), successor="GEMMA2", scope=Scope(within=2))
    assert moved.headline == (
        "4 hosts had llama (2025-03-05); of the 3 with a list at both dates 0.0 % moved to gemma2, 33 % have both, "
        "67 % kept llama alone, 0.0 % have neither."
    )
    z, p, n = 1.959963984540054, 1 / 3, 3
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    bounds = [(middle + side * half) / (1 + z * z / n) for side in (-1, 1)]
    assert [moved.rows[1]["low"], moved.rows[1]["high"]] == pytest.approx(bounds)
    none = diff(store, MASKER, FIRST, SECOND, item=("gemma2",), successor="llama", scope=Scope(within=2))
    assert none.headline == "0 hosts had gemma2 (2025-03-05); none of them gave a list at both dates."
    for options in (
        {"item": ("llama", "qwen2")},
        {},
        {"item": ("llama3.2:3b",), "of_digests": True},
        {"level": "host"},
    ):
        with pytest.raises(UsageError, match="--successor goes with one --item of a level"):
            diff(store, MASKER, FIRST, SECOND, successor="gemma2", scope=Scope(within=2), **options)
    with pytest.raises(UsageError, match="--successor 'Llama': this is the item itself"):
        diff(store, MASKER, FIRST, SECOND, item=("llama",), successor="Llama", scope=Scope(within=2))
    store.close()


def test_hosts_by_hand(place: Place) -> None:
    place.load(planted())
    store = place.open()
    found = diff(store, MASKER, FIRST, SECOND, level="host", scope=Scope(within=2))
    rows = {int(r["host"].rpartition(".")[2]): r for r in found.rows}
    assert {status: sorted(h for h, r in rows.items() if r["status"] == status) for status in STATUSES} == STATUSES
    assert list(dict.fromkeys(r["status"] for r in found.rows)) == list(STATUSES)
    lists = ("added", "removed", "kept", "not_rescanned", "not_scanned_before")
    llama, qwen, gemma = "llama3.2:3b", "qwen2.5:7b", "gemma2:2b"
    expected = {
        1: ([gemma], [qwen], [llama], [], []),
        3: ([], [], [], [qwen], []),
        6: ([gemma], [], [], [], []),
        7: ([], [], [], [], [gemma, qwen]),
        8: ([], [], [], [], []),
        12: ([], [], [llama], [], []),
    }
    for number, models in expected.items():
        assert tuple(rows[number][c] for c in lists) == models
    assert (rows[7]["before"], rows[7]["after"], rows[7]["first_seen"], rows[7]["last_seen"]) == (0, 2, W05, W14)
    assert found.headline == (
        "12 hosts: 1 changed, 2 new, 1 no list, 1 missed, 1 not seen since, 2 not scanned before, 4 same."
    )
    hidden = diff(store, Masker(b"a key that is long enough"), FIRST, SECOND, level="host", scope=Scope(within=2))
    assert all(r["host"].startswith("host-") for r in hidden.rows)
    assert len({r["host"] for r in hidden.rows}) == 12
    store.close()


def test_digests_by_hand(place: Place) -> None:
    """llama3.2:3b is on 1, 2 and 12 at both dates; 12 had the new digest in week 13, 1 in week 14, 2 kept the old."""
    place.load(planted())
    store = place.open()
    found = diff(store, MASKER, FIRST, SECOND, of_digests=True, scope=Scope(within=2))
    (row,) = found.rows
    assert (row["model"], row["from_digest"], row["to_digest"]) == ("llama3.2:3b", "a" * 64, "c" * 64)
    assert (row["hosts"], row["base"], row["share"], row["first_week"]) == (2, 3, 2 / 3, 202513)
    assert found.caveats[0] == (
        "1 deployment with two digests that appeared in one week left out: which came first is not known."
    )
    assert found.headline == (
        "2 of 3 deployments listed at both dates (67 %) have another digest under the same name; "
        "most often llama3.2:3b, on 2 hosts."
    )
    named = diff(store, MASKER, FIRST, SECOND, of_digests=True, item=("Llama3.2:3B",), scope=Scope(within=2))
    assert named.rows == found.rows
    assert named.caveats != found.caveats  # what it says of others is gone
    other = diff(store, MASKER, FIRST, SECOND, of_digests=True, item=("mistral:7b",), scope=Scope(within=2))
    assert other.rows == []
    nobody = diff(store, MASKER, FIRST, SECOND, of_digests=True, scope=Scope(within=2, country=("FR",)))
    assert nobody.rows == []
    assert nobody.headline is not None
    assert nobody.headline.startswith("No list of these hosts was seen in 2025-W09 to 2025-W10 (2025-03-05)")
    store.close()


def test_nothing_to_compare(place: Place) -> None:
    place.load(planted())
    store = place.open()
    nothing = "No list of these hosts was seen in 2025-W01 to 2025-W02 (2025-01-08): nothing can be compared."
    for options in ({}, {"level": "host"}, {"of_digests": True}):
        found = diff(store, MASKER, "2025-01-08", SECOND, scope=Scope(within=2), **options)
        assert found.headline == nothing
        assert found.caveats[0].startswith("0 hosts with a list in 2025-W01 to 2025-W02 (2025-01-08), 9 in ")
    rows = diff(store, MASKER, "2025-01-08", SECOND, scope=Scope(within=2)).rows
    assert {r["item"]: (r["before"], r["after"], r["added"]) for r in rows}["gemma2"] == (0, 3, 3)
    assert all(math.isnan(r[c]) for r in rows for c in ("share_before", "difference", "low", "high"))
    assert diff(store, MASKER, "2024-01-08", "2024-03-08").rows == []
    one = diff(store, MASKER, FIRST, SECOND, scope=Scope(within=2, prefix=("192.0.2.11/32",)))
    assert [(r["item"], r["kept"], r["difference"]) for r in one.rows] == [("mistral", 1, 0)]
    assert one.headline == "No family changed its share from 1 host before to 1 after."
    store.close()


def test_a_graph_without_lists(place: Place) -> None:
    place.load([{"ip": "192.0.2.1", "port": 11434, "timestamp": time, "models": None} for time in (W10, W14)])
    store = place.open()
    for options in ({}, {"level": "host"}, {"of_digests": True}):
        found = diff(store, MASKER, FIRST, SECOND, **options)
        assert found.rows == []
        assert found.headline is not None
        assert found.headline.endswith("(2025-03-05): nothing can be compared.")
    groups = compare(store, Scope(at=SECOND))
    assert groups.rows == []
    assert groups.headline == "No host of group A runs a known family: nothing can be compared."
    store.close()


@pytest.mark.parametrize(
    ("dates", "options", "says"),
    [
        ((SECOND, FIRST), {}, "2025-03-05 is before 2025-04-02; name the earlier date first"),
        ((FIRST, FIRST), {}, "2025-03-05 and 2025-03-05 are in one week; name dates of different weeks"),
        ((FIRST, "2025-03-03"), {}, "2025-03-03 is before 2025-03-05"),
        (("2025-03-03", FIRST), {}, "are in one week"),
        (
            (FIRST, "2025-03-24"),
            {},
            "the 4 weeks up to 2025-03-24 overlap .* give --within 3 or less",
        ),
        (("1999-01-01", "2001-01-01"), {}, "are both outside the time that scans can be of"),
        ((FIRST, "spring"), {}, "'spring' is not a date"),
        ((FIRST, SECOND), {"scope": Scope(at=FIRST)}, "leave out --since, --until and --at"),
        ((FIRST, SECOND), {"level": "colour"}, "choose from model, family, line, lab, lab-country, host"),
        (
            (FIRST, SECOND),
            {"level": "host", "item": ("llama",)},
            "--item chooses rows of items; of hosts --has chooses",
        ),
        ((FIRST, SECOND), {"level": "line", "of_digests": True}, "--digests is about models; leave out --level line"),
    ],
)
def test_dates_that_cannot_be_compared(dates: tuple[str, str], options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        diff(None, MASKER, *dates, **options)  # type: ignore[arg-type]  # refused before anything is read


def test_spans_that_touch_do_not_overlap(place: Place) -> None:
    place.load(planted())
    store = place.open()
    found = diff(store, MASKER, FIRST, "2025-03-26", scope=Scope(within=3))
    assert {r["item"]: (r["before"], r["after"]) for r in found.rows}["llama"] == (4, 3)
    store.close()


# Filters on what hosts run: whether a host with these models at a date is chosen by that date.
Lists = dict[str, set[str]]
HOLDS: list[tuple[dict[str, Any], Callable[[Plain, str, set[str], set[int]], bool]]] = [
    (options, lambda p, a, models, weeks, keep=keep: keep(p, a, p.hosts[a]))  # type: ignore[misc]
    for options, keep in SCOPES
    if not {"capability", "min_weeks", "min_models"} & set(options)
] + [
    ({"has": ("model:gemma2:2b",)}, lambda p, a, models, weeks: "gemma2:2b" in models),
    ({"without": ("family:llama",)}, lambda p, a, models, weeks: "llama" not in {p.family[m] for m in models}),
    ({"capability": ("tools",)}, lambda p, a, models, weeks: any(p.can((a, m), "tools") for m in models)),
    ({"min_models": 2}, lambda p, a, models, weeks: len(models) >= 2),
    ({"min_weeks": 2}, lambda p, a, models, weeks: len(weeks & set(p.hosts[a]["weeks"])) >= 2),
]


def newcombe(k: int, n: int, j: int, m: int, cells: tuple[int, int, int, int]) -> tuple[float, float]:
    """Limits of k/n − j/m, `cells` of the common hosts: in both, first only, second only, in none."""

    def wilson(x: int, base: int) -> tuple[float, float]:
        z, p = 1.959963984540054, x / base
        d, half = 1 + z * z / base, z * math.sqrt(p * (1 - p) / base + z * z / (4 * base * base))
        return (p + z * z / (2 * base) - half) / d, (p + z * z / (2 * base) + half) / d

    a, b, c, d = cells
    product = (a + b) * (c + d) * (a + c) * (b + d)
    slope = a * d - b * c
    phi = (max(slope - sum(cells) / 2, 0) if slope > 0 else slope) / math.sqrt(product) if product else 0
    rho = phi * sum(cells) / math.sqrt(n * m)
    (l1, u1), (l2, u2) = wilson(k, n), wilson(j, m)
    p, q = k / n, j / m
    low = p - q - math.sqrt((p - l1) ** 2 + (u2 - q) ** 2 - 2 * rho * (p - l1) * (u2 - q))
    high = p - q + math.sqrt((u1 - p) ** 2 + (q - l2) ** 2 - 2 * rho * (u1 - p) * (q - l2))
    return low, high


def test_against_plain_loops(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    seen = 0
    for first, second, within in (("2025-02-20", "2025-05-20", 8), ("2025-03-20", "2025-04-30", 5)):
        spans = []
        for day in (first, second):
            start = (date.fromisoformat(day) - timedelta(weeks=within - 1)).isoformat()
            spans.append(iso_weeks(start, day))
        everyone = [plain.lists(plain.hosts, span, newest_only=True) for span in spans]
        for options, holds in HOLDS:
            chosen = {
                a for lists, span in zip(everyone, spans, strict=True) for a in lists if holds(plain, a, lists[a], span)
            }
            own = [{a: models for a, models in lists.items() if a in chosen} for lists in everyone]
            scope = Scope(within=within, **options)
            for level in LEVELS:
                rows = diff(store, MASKER, first, second, level=level, scope=scope).rows
                expected = expected_rows(plain, own, spans, level)
                assert {r["item"] for r in rows} == set(expected)
                for row in rows:
                    for key, value in expected[row["item"]].items():
                        assert row[key] == pytest.approx(value, rel=1e-9, abs=1e-12), (options, level, key, row)
                seen += len(rows)
            hosts = diff(store, MASKER, first, second, level="host", scope=scope).rows
            assert {r["host"]: r["kept"] + r["removed"] + r["not_rescanned"] for r in hosts} == {
                a: Unordered(own[0].get(a, ())) for a in own[0].keys() | own[1].keys()
            }
            assert {r["host"]: r["kept"] + r["added"] + r["not_scanned_before"] for r in hosts} == {
                a: Unordered(own[1].get(a, ())) for a in own[0].keys() | own[1].keys()
            }
    assert seen > 500
    store.close()


def test_digests_against_plain_loops(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    moves = 0
    for first, second, within in (("2025-02-20", "2025-05-20", 8), ("2025-03-26", "2025-06-18", 12)):
        spans = [
            iso_weeks((date.fromisoformat(day) - timedelta(weeks=within - 1)).isoformat(), day)
            for day in (first, second)
        ]
        lists = [plain.lists(plain.hosts, span, newest_only=True) for span in spans]
        for options, keep in (({}, lambda h: True), ({"country": ("DE",)}, lambda h: h["country"] == "DE")):
            hosts: dict[tuple[str, str, str], int] = defaultdict(int)
            weeks: dict[tuple[str, str, str], list[int]] = defaultdict(list)
            bases: dict[str, int] = defaultdict(int)
            left_out = 0
            for (a, model), edge in plain.edges.items():
                if not keep(plain.hosts[a]) or not all(model in own.get(a, ()) for own in lists):
                    continue
                reported = list(zip(edge["digests"] or [], edge["digest_weeks"] or [], strict=True))
                known = [[(w, d) for d, w in reported if w <= max(span)] for span in spans]
                if not all(known):
                    continue
                last = [[d for w, d in some if w == max(some)[0]] for some in known]
                if any(len(some) > 1 for some in last):
                    left_out += 1
                    continue
                bases[model] += 1
                (old,), (new,) = last
                if old != new:
                    hosts[model, old, new] += 1
                    weeks[model, old, new].append(dict(reported)[new])
            found = diff(store, MASKER, first, second, of_digests=True, scope=Scope(within=within, **options))
            rows = {(r["model"], r["from_digest"], r["to_digest"]): r for r in found.rows}
            assert {key: r["hosts"] for key, r in rows.items()} == hosts
            assert {key: r["first_week"] for key, r in rows.items()} == {key: min(w) for key, w in weeks.items()}
            assert all(r["base"] == bases[r["model"]] for r in found.rows)
            assert any(f"{left_out} deployment" in c for c in found.caveats) == (left_out > 0)
            moves += sum(hosts.values())
    assert moves > 10
    store.close()


class Unordered:
    """Equal to any list of the same things."""

    def __init__(self, things: Any) -> None:
        self.things = sorted(things)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and sorted(other) == self.things

    __hash__ = None  # type: ignore[assignment]


def expected_rows(plain: Plain, own: list[Lists], spans: list[set[int]], level: str) -> dict[str, dict[str, Any]]:
    """Every host and item once, one after the other."""
    items = [plain.items(lists, level) for lists in own]
    found: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    cells: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for a in own[0].keys() | own[1].keys():
        weeks = plain.hosts[a]["weeks"]
        for item in items[0].get(a, set()) | items[1].get(a, set()):
            row = found[item]
            before, after = item in items[0].get(a, ()), item in items[1].get(a, ())
            row["before"] += before
            row["after"] += after
            if a in own[0] and a in own[1]:
                row["kept"] += before and after
                row["removed"] += before and not after
                row["added"] += after and not before
                cells[item][0 if before and after else 1 if after else 2] += 1
            elif a in own[0]:
                row["not_rescanned"] += 1
                row["not_seen_since"] += max(weeks) < min(spans[1])
            elif min(weeks) > max(spans[0]):
                row["added"] += 1
                row["new_hosts"] += 1
            else:
                row["not_scanned_before"] += 1
    n, m, both = len(own[1]), len(own[0]), len(own[0].keys() & own[1].keys())
    for item, row in found.items():
        assert row["before"] == row["kept"] + row["removed"] + row["not_rescanned"]
        assert row["after"] == row["kept"] + row["added"] + row["not_scanned_before"]
        row["base_before"], row["base_after"] = m, n
        if n and m:
            row["share_before"], row["share_after"] = row["before"] / m, row["after"] / n
            row["difference"] = row["share_after"] - row["share_before"]
            a, b, c = cells[item]
            row["low"], row["high"] = newcombe(row["after"], n, row["before"], m, (a, b, c, both - a - b - c))
    return found
