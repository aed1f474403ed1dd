"""Figures for everybody: what is said of a count, what is folded, and that nobody computes what is hidden."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from inspect import getsource
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest

import cohabit
from cohabit.errors import UsageError
from cohabit.graph.store import open_store
from cohabit.graph.sync import load, sync
from cohabit.maps.kinds import KINDS
from cohabit.queries.protection import Protection, protection
from cohabit.queries.publishing import Rule, Share, published
from cohabit.queries.publishing_rules import RULES
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.words import percent
from cohabit.session import Graph
from cohabit.simulation import simulate
from cohabit.text import visible
from tests.queries.attacker import attack, population

K = 10
# The most that one column of an answer, published, can have that is no number of hosts or of what they hold.
NOT_COUNTED = {
    "places",
    "size",
    "size_at_least",
    "cluster",
    "degree",
    "core",
    "weeks",
    "items",
    "scans",
    "published",
    "goal",
}


# Notes that say dates, weeks, filters, and names that K hosts have: no other may hold a number.
FOR_ALL = (
    *(
        "Ever seen, 20",
        "Hosts ever seen, 20",
        "Listed at 20",
        "Lines here, by hosts: ",
        "The line ",
        "Filters: ",
        "A: ",
        "The groups are of different spans",
        "Rounded down, shares of several places",
    ),
    *("No scan in ", "Months with a scan in ", "A month is the ISO weeks"),
)


# ---- one count ----


def test_a_count_is_said_as_the_multiple_that_it_reaches() -> None:
    ten = Protection(10)
    assert [ten.count(n) for n in (0, 1, 9, 10, 19, 20, 1234)] == [None, None, None, 10, 10, 20, 1230]
    assert ten.counts(np.array([0, 9, 10, 19, 20])).tolist() == [0, 0, 10, 10, 20]
    assert [Protection(10, secondary=False).count(n) for n in (9, 10, 19)] == [None, 10, 19]


@pytest.mark.parametrize("k", [0, -3, 2, 4])
def test_a_k_that_hides_too_little_is_refused(k: int) -> None:
    with pytest.raises(UsageError, match=f"--publish {k}: it takes 5 or more"):
        protection(k)
    assert protection(None) is protection(1) is None


def test_a_group_alone_under_k_takes_the_next_one_along() -> None:
    ten = Protection(10)
    assert ten.shown({"CN": 600, "US": 400, "DE": 20, "FR": 3}) == {"CN", "US"}
    # Two hold 10 together, and either can be 1 to 9.
    assert ten.shown({"CN": 600, "DE": 20, "FR": 4, "IT": 6}) == {"CN", "DE"}
    # Two that hold 4 together would make a row of 4; two of 9 each are known where the sum is 18.
    assert ten.shown({"CN": 600, "DE": 20, "FR": 1, "IT": 3}) == {"CN"}
    assert ten.shown({"CN": 600, "DE": 20, "FR": 9, "IT": 9}) == {"CN"}
    assert ten.shown({"CN": 600, "DE": 20}) == {"CN", "DE"}
    # Of two equal ones the first by name goes, whatever the order.
    assert ten.shown({"B": 20, "A": 20, "C": 3}) == ten.shown({"C": 3, "A": 20, "B": 20}) == {"B"}
    assert Protection(10, secondary=False).shown({"CN": 600, "DE": 20, "FR": 3}) == {"CN", "DE"}


# ---- one table, by hand ----

_PLACES = Rule(
    ("place",),
    adds=("place",),
    counts=("hosts", "base"),
    shares=(Share("share", low="low", high="high"),),
    order=("-hosts", "place"),
)


def _places(**hosts: int) -> Result:
    base = sum(hosts.values())
    rows = [
        {"place": p, "hosts": n, "share": n / base, "low": 0.0, "high": 1.0, "base": base} for p, n in hosts.items()
    ]
    named = f"In FR are {hosts.get('FR', 0)}."
    return result(tuple(rows[0]), rows, headline=named, caveats=(named, "FR is small.", "Hosts move."))


def test_a_table_by_hand() -> None:
    answer = published(_places(CN=604, US=407, DE=26, FR=3), _PLACES, Protection(10))
    assert [(row["place"], row["hosts"]) for row in answer.rows] == [("CN", 600), ("US", 400), ("other (< 10)", 20)]
    china = answer.rows[0]
    assert china["base"] == 1040
    assert china["share"] == pytest.approx(600 / 1040)
    # 600 stands for up to 609 hosts and 1,040 for up to 1,049: the lowest and the highest bound, by Wilson's formula.
    z = 1.959963984540054

    def bound(part: int, whole: int, side: int) -> float:
        p = part / whole
        middle, half = p + z * z / (2 * whole), z * (p * (1 - p) / whole + z * z / (4 * whole * whole)) ** 0.5
        return (middle + side * half) / (1 + z * z / whole)

    assert china["low"] == pytest.approx(bound(600, 1049, -1))
    assert china["high"] == pytest.approx(bound(609, 1040, 1))
    # Whatever it stands for, the interval that exact numbers would have had lies within.
    for part, whole in ((600, 1040), (609, 1040), (600, 1049), (609, 1049)):
        assert china["low"] <= bound(part, whole, -1) < bound(part, whole, 1) <= china["high"]
    assert answer.rows[2]["share"] is None
    # The sentences that name a hidden group or a number are not kept.
    assert answer.headline == "Published with K = 10."
    assert answer.caveats[1:] == ("Hosts move.",)
    assert "groups by place of fewer than 10 hosts" in answer.caveats[0]
    assert "(hosts, base)" in answer.caveats[0]


def test_the_interval_of_a_small_base_says_how_little_its_share_does() -> None:
    """All 40 of 40 can be 40 of 49."""
    (said,) = published(_places(CN=44), _PLACES, Protection(10)).rows
    assert (said["hosts"], said["base"], said["share"]) == (40, 40, 1.0)
    assert said["low"] < 0.7 < 40 / 49 < said["high"]


def test_the_order_tells_no_more_than_the_numbers() -> None:
    rows = [("US", 606), ("CN", 604)]
    answer = published(_places(**dict(rows)), _PLACES, Protection(10))
    assert [row["place"] for row in answer.rows] == ["CN", "US"]


def test_a_column_that_is_not_declared_is_left_out() -> None:
    answer = _places(CN=604, US=407)
    more = Result((*answer.columns, "secret"), [{**row, "secret": 3} for row in answer.rows])
    said = published(more, _PLACES, Protection(10))
    assert "secret" not in said.columns
    assert "Left out: secret." in said.caveats[0]


def test_a_hidden_part_of_a_total_takes_another_along() -> None:
    rule = Rule(
        ("item",), ("before",), counts=("before", "kept", "gone", "missed"), parts=(("kept", "gone", "missed"),)
    )
    row = {"item": "llama", "before": 60, "kept": 42, "gone": 15, "missed": 3}
    (said,) = published(result(tuple(row), [row]), rule, Protection(10)).rows
    assert said == {"item": "llama", "before": 60, "kept": 40, "gone": None, "missed": None}
    (open_,) = published(result(tuple(row), [row]), rule, Protection(10, secondary=False)).rows
    assert open_["before"] - open_["kept"] - open_["gone"] == 3


def test_a_least_number_is_measured_on_what_is_published() -> None:
    answer = published(_places(CN=604, US=407, DE=26), _PLACES, Protection(10), least=401)
    assert [row["place"] for row in answer.rows] == ["CN"]


# ---- the attacker ----


@pytest.mark.parametrize(("k", "hosts", "least"), [(5, 100, 1), (10, 200, 3), (10, 60, 3)])
def test_no_hidden_group_can_be_computed_from_all_tables_together(k: int, hosts: int, least: int) -> None:
    """Ranks of items, lines, networks and providers, items in networks, pairs and exact sets, with their margins."""
    tried: Counter[str] = Counter()
    for seed in range(4):
        found = attack(population(seed, hosts), Protection(k))
        for cell in found.hidden:
            low, high = found.range_of(cell)
            assert low <= found.size(cell.counts) <= high
            assert high - low >= least, f"seed {seed}: {cell.table} {cell.name} has {low} to {high}"
            tried[cell.table] += 1
    assert set(tried) >= {"rank", "lines", "places", "cross", "pairs", "sets"}
    assert ("providers" in tried) is (hosts < 100)
    assert tried.total() > 50


class Exact(Protection):
    """Groups are folded as they are, but numbers are said exactly."""

    def count(self, number: int) -> int | None:
        return None if number < self.k else number


def computed(of: Protection) -> Counter[str]:
    """How many hidden groups of each table the attacker computes, of four populations; `all` is how many there are."""
    won: Counter[str] = Counter()
    for seed in range(4):
        found = attack(population(seed, 200), of)
        for cell in found.hidden:
            low, high = found.range_of(cell)
            won["all"] += 1
            if low == high == found.size(cell.counts):
                won[cell.table] += 1
    return won


def test_without_the_second_rule_he_computes_many() -> None:
    won = computed(Protection(10, secondary=False))
    assert won["places"] >= 1
    assert won["cross"] >= 3
    assert won["sets"] >= 5
    assert won["places"] + won["cross"] + won["sets"] > 0.2 * won["all"]


def test_folding_more_groups_with_exact_numbers_is_not_enough_for_tables_that_share_hosts() -> None:
    won = computed(Exact(10))
    assert won["sets"] + won["pairs"] + won["cross"] > 0.1 * won["all"]


def test_the_case_in_which_rounding_to_the_nearest_gives_a_part_away() -> None:
    """28 = 12 + 12 + 4; down, 25 is published, and 10 and 10: the part is 0 to 4."""
    five = Protection(5)
    total, one, other = (five.count(n) or 0 for n in (28, 12, 12))
    least, most = max(0, total - (one + 4) - (other + 4)), min(4, total + 4 - one - other)
    assert (least, most) == (0, 4)


@pytest.mark.parametrize("k", [5, 6])
def test_fewer_parts_than_k_minus_1_never_give_the_hidden_one_away(k: int) -> None:
    """Every total and its published parts, by what is rounded off each: only that decides."""
    of = Protection(k)
    for parts in range(1, k):
        pinned = 0
        for remainders in combinations_with_replacement(range(k), parts):
            for hidden in range(k):
                total = of.count(k * parts + sum(remainders) + hidden) or 0
                said = k * parts
                least, most = max(0, total - said - parts * (k - 1)), min(k - 1, total + k - 1 - said)
                assert least <= hidden <= most == k - 1
                pinned += least == most
        assert bool(pinned) is (parts == k - 1)


# ---- every question of a real graph ----


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    folder = tmp_path_factory.mktemp("publishing")
    made = simulate(700, 3, folder)
    load(folder / "data", [str(made.path)])
    store = open_store(folder / "data", write=True)
    sync(folder / "data", store)
    store.close()
    with cohabit.open(folder / "data") as opened:
        yield opened


DATES = ("2025-08-01", "2025-12-15")
ASKED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("info", (), {}),
    ("scans", (), {}),
    *(("rank", (), {"level": level}) for level in ("family", "model", "lab")),
    *(("rank", (), {"by": place}) for place in ("country", "network", "provider", "software")),
    ("rank", (), {"level": "line", "by": "provider-kind"}),
    ("rank", (), {"level": "family", "by": "country", "scope": Scope(country=("CN",))}),
    ("rank", (), {"by": "country", "scope": Scope(advisory=("any",))}),
    ("rank", (), {"by": "country", "scope": Scope(severity="high")}),
    ("cooccurrence", (), {}),
    ("cooccurrence", (("llama",),), {"sort": "lift", "min_hosts": 20}),
    ("cooccurrence", (("llama", "qwen2", "gemma2"),), {}),
    ("cooccurrence", (("llama", "qwen2"),), {"every": "month"}),
    ("cooccurrence", (("llama", "qwen2"),), {"by": "country"}),
    ("cooccurrence", (("llama", "qwen2"),), {"by": "country", "sort": "lift"}),
    ("cooccurrence", (("qwen3",),), {"level": "line", "other_labs": True}),
    ("combinations", (), {"min_size": 1, "min_hosts": 1}),
    ("combinations", (), {"level": "lab-country", "by": "country"}),
    ("centrality", (), {"weight": "lift"}),
    ("clusters", (), {"null": "hypergeometric"}),
    ("clusters", (), {"by": "country", "min_hosts": 20}),
    ("concentration", (), {}),
    ("concentration", (), {"by": "country"}),
    ("quotients", (), {"by": "country"}),
    ("spread", (), {"of": ("country", "network")}),
    ("diff", DATES, {}),
    ("diff", DATES, {"of_digests": True}),
    ("diff", DATES, {"level": "line", "item": ("qwen2.5",), "successor": "qwen3"}),
    ("compare", (Scope(country=("CN",)),), {"min_hosts": 1}),
    ("study", (), {}),
    ("catalogue", (), {"unknown": True}),
    ("quality", (), {}),
    ("risks", (), {}),
    ("risks", (), {"monoculture": True}),
    ("impact", (("family:qwen2",),), {}),
    ("impact", (("family:qwen2",),), {"scopes": ("country", "beside")}),
    *(("trends", (), {"view": view}) for view in ("shares", "new", "vanished", "adoption")),
    ("trends", (), {"level": None, "by": "country"}),
    ("trends", (), {"view": "digests", "item": ("llama3.2:latest", "qwen3:8b")}),
    *(("lifetimes", (), {"view": view}) for view in ("survival", "churn", "observations")),
]
REFUSED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("hosts", (), {}),
    ("host", ("192.0.2.1",), {}),
    ("query", ("MATCH (h:Host) RETURN count(h) AS hosts",), {}),
    ("saved", ("line-lab", {}), {}),
    ("analyse", (), {}),
    ("cooccurrence", (("llama", "qwen2"),), {"by": "country", "sort": "difference"}),
    ("catalogue", (), {}),
    ("diff", DATES, {"level": "host"}),
    ("lifetimes", (), {"level": "family"}),
    ("lifetimes", (), {"item": ("llama", "qwen2")}),
    ("trends", (), {"view": "slopes"}),
    ("trends", (), {"forecast": 2}),
    ("centrality", (), {"engine": "gds"}),
    ("centrality", (), {"bootstrap": 100}),
    ("risks", (), {"monoculture": True, "cover": ("80",)}),
    ("endpoints", (), {}),
    ("match", ("own.csv",), {}),
    ("exclusions", (), {}),
    ("notify", ("notices",), {}),
    ("followup", ("notices",), {}),
    ("followup", ("notices",), {"hosts": True}),
]


def test_the_ten_largest_say_what_they_can_be(graph: Graph) -> None:
    """Each of ten numbers can be K − 1 hosts short, and so can their total; the exact share lies between."""
    exact = graph.ask("spread", of=("country",)).rows[0]["top_10_share"]
    answer = graph.ask("spread", of=("country",), publish=K)
    largest = sum(row["hosts"] for row in graph.ask("rank", by="country", publish=K).rows[:10])
    base = answer.rows[0]["base"]
    low, high = largest / (base + K - 1), (largest + 10 * (K - 1)) / base
    assert low < answer.rows[0]["top_10_share"] < exact < high
    assert any(
        note.endswith(
            f"that of the ten largest by country, {percent(largest / base)}, can be {percent(low)} to {percent(high)}."
        )
        for note in answer.caveats
    )


def test_no_table_of_dashes(graph: Graph) -> None:
    """Checks that concern K hosts are said; where nothing can be shown the headline says so, and there are no rows."""
    exact = {row["check"]: row["hosts"] for row in graph.ask("quality").rows}
    answer = graph.ask("quality", publish=K)
    shown = {row["check"]: row["hosts"] for row in answer.rows}
    assert shown.pop(f"other (< {K})") is None
    assert shown == {check: hosts // K * K for check, hosts in exact.items() if hosts and hosts >= K}
    assert 0 < len(shown) < len(exact)
    few = next(n for n in range(1, 60) if 0 < len(graph.hosts(min_weeks=n)) < K)
    for question, options in (("quality", {}), ("rank", {"level": "line"}), ("risks", {})):
        none = graph.ask(question, **options, scope=Scope(min_weeks=few), publish=K)
        assert none.rows == []
        assert str(none.headline).startswith(f"Published with K = {K}: no group by ")
        assert str(none.headline).endswith(f" can be shown: fewer than {K} hosts in each, or none.")
    # What is folded has a number, where it is what is left of a total.
    exact = graph.ask("rank", by="network", scope=Scope(country=("KR",))).rows
    assert max(row["hosts"] for row in exact) < K < sum(row["hosts"] for row in exact)
    (folded,) = graph.ask("rank", by="network", scope=Scope(country=("KR",)), publish=K).rows
    assert (folded["place"], folded["hosts"]) == (f"other (< {K})", sum(row["hosts"] for row in exact) // K * K)


def test_every_question_has_a_rule_and_is_asked_here() -> None:
    questions = set(re.findall(r'"([\w-]+)": lambda', getsource(Graph.ask)))
    assert len(questions) > 20
    assert questions == set(RULES)
    assert questions == {question for question, _, _ in [*ASKED, *REFUSED]}


@pytest.fixture(scope="module")
def rare(graph: Graph) -> set[str]:
    """All names that fewer than K hosts have, in plain Python: models, families, lines, labs, places, digests."""
    hosts: dict[str, set[str]] = {}
    for pattern, name in (
        ("-[:DEPLOYS]->(n:Model)", "n.name"),
        ("-[:DEPLOYS]->(:Model)-[:IN_FAMILY]->(n:Family)", "n.name"),
        ("-[:DEPLOYS]->(:Model)-[:VARIANT_OF]->(n:Line)", "n.name"),
        ("-[:DEPLOYS]->(:Model)-[:VARIANT_OF]->(:Line)-[:PUBLISHED_BY]->(n:Lab)", "n.name"),
        ("-[:IN_COUNTRY]->(n:Country)", "n.code"),
        ("-[:IN_NETWORK]->(:Network)-[:OPERATED_BY]->(n:Provider)", "n.name"),
    ):
        for row in graph.store.table(f"MATCH (h:Host){pattern} RETURN h.address AS h, {name} AS n").to_pylist():
            hosts.setdefault(row["n"], set()).add(row["h"])
    found = {name for name, own in hosts.items() if len(own) < K}
    assert len(found) > 300
    return found


@pytest.mark.parametrize(
    ("question", "arguments", "options"), ASKED, ids=[f"{q}-{i}" for i, (q, _, _) in enumerate(ASKED)]
)
def test_an_answer_for_everybody(
    graph: Graph, rare: set[str], question: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    exact = graph.ask(question, *arguments, **options)
    # As text: a number that is none does not equal itself.
    assert repr(graph.ask(question, *arguments, **options, publish=1)) == repr(exact)
    said = graph.ask(question, *arguments, **options, publish=K)
    assert set(said.columns) <= set(exact.columns)
    assert any("Published with K = 10" in caveat for caveat in said.caveats)
    assert "q_value" in said.columns or not any(caveat.startswith("q is over") for caveat in said.caveats)
    for row in said.rows:
        for column, value in row.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str):
                    assert one not in rare, f"{column}: {one}"
                if isinstance(one, int) and not isinstance(one, bool) and column not in NOT_COUNTED:
                    assert one >= K, f"{column}: {one}"
                    assert one % K == 0, f"{column}: {one}"
    _check_shares(said.rows)
    texts = [said.headline or "", *said.caveats]
    assert not [name for name in rare if len(name) > 4 for text in texts if name in text]
    others = [text for text in texts if "Published with K" not in text and not text.startswith(FOR_ALL)]
    assert not set(re.findall(r"\d+", " ".join(others)))


def test_headlines_say_nothing_but_published_numbers(graph: Graph) -> None:
    """Each number of a headline stands in the published rows, or counts them; names are in them, too."""
    quoted = 0
    for question, arguments, options in ASKED:
        answer = graph.ask(question, *arguments, **options, publish=K)
        words, _, sentence = str(answer.headline).partition(", numbers rounded down: ")
        if not sentence:
            assert re.match(r"Published with K = 10(\.|: )", words), question
            continue
        quoted += 1
        rows = [row for row in answer.rows if f"other (< {K})" not in row.values()]
        values = [v for row in rows for value in row.values() for v in (value if isinstance(value, list) else [value])]
        known = {f"{v:,}" for v in values if isinstance(v, int)} | {f"{v:.3g}" for v in values if isinstance(v, float)}
        for value in values:
            if isinstance(value, float):
                known |= {percent(value).rstrip(" %"), f"{value * 100:+.1f}".lstrip("+-"), f"{abs(value) * 100:.1f}"}
        text = sentence
        for name in sorted({v for v in values if isinstance(v, str)}, key=len, reverse=True):
            text = text.replace(name, "").replace(visible(name, 60), "")
        clusters = [row["cluster"] for row in rows if row.get("cluster") is not None]
        counted = {str(n) for n in (len(rows), len(clusters), len(set(clusters)))}
        verdicts = {str(n) for n in Counter(row.get("verdict") for row in rows).values()}
        fixed = {"95", *(DATES if question == "diff" else ())}
        numbers = set(re.findall(r"\d{4}-\d\d-\d\d|[\d,]*\d(?:\.\d+)?", text))
        assert numbers <= known | counted | verdicts | fixed, (question, sentence, numbers - known)
    assert quoted >= 25


def test_headlines_of_published_answers_by_hand(graph: Graph) -> None:
    def said(question: str, *arguments: Any, **options: Any) -> str:
        headline = str(graph.ask(question, *arguments, **options, publish=K).headline)
        return headline.removeprefix("Published with K = 10, numbers rounded down: ")

    exact = graph.ask("rank", by="country").rows[0]
    hosts, base = exact["hosts"] // K * K, exact["base"] // K * K
    assert (
        said("rank", by="country")
        == f"{exact['place']} leads with {hosts} hosts, {hosts / base:.0%}".replace("%", " %") + f" of {base}."
    )
    within = graph.ask("combinations", level="lab-country", by="country", publish=K).rows[0]
    assert (within["place"], within["items"]) == ("CN", ["CN"])
    assert f"most often in CN only CN ({within['hosts']} hosts, " in said(
        "combinations", level="lab-country", by="country"
    )
    row = graph.ask("compare", Scope(country=("US",)), scope=Scope(country=("CN",)), publish=K).rows[0]
    assert said("compare", Scope(country=("US",)), scope=Scope(country=("CN",))).startswith(
        f"largest difference of a family: {row['item']}, {row['hosts_a'] / row['base_a']:.0%}".replace("%", " %")
    )


def test_unknown_comes_last_as_without_publishing(graph: Graph) -> None:
    """Also where it has more hosts than others."""
    rows = [
        {"item": item, "hosts": n, "share": n / 100, "low": 0.0, "high": 1.0, "base": 100}
        for item, n in (("a", 30), ("b", 20), ("unknown", 60))
    ]
    rule = RULES["rank"]({"level": "lab"})
    assert isinstance(rule, Rule)
    answer = published(result(tuple(rows[0]), rows), rule, Protection(10))
    assert [row["item"] for row in answer.rows] == ["a", "b", "unknown"]
    placed = [{"place": p, **row} for p in ("unknown", "DE", "AT") for row in rows]
    for row in placed:
        row["base"] = {"DE": 300, "AT": 100, "unknown": 900}[row["place"]]
    rule = RULES["rank"]({"level": "lab", "by": "software"})
    assert isinstance(rule, Rule)
    found = published(result(tuple(placed[0]), placed), rule, Protection(10)).rows
    assert [row["place"] for row in found] == ["DE"] * 3 + ["AT"] * 3 + ["unknown"] * 3
    assert [row["item"] for row in found] == ["a", "b", "unknown"] * 3


@pytest.mark.parametrize("counts", [(40, 60, 20, 50), (40, 40, 10, 90), (10, 10, 10, 10), (10, 300, 80, 100)])
def test_a_published_interval_of_a_difference_holds_for_all_that_its_numbers_can_be(
    counts: tuple[int, int, int, int],
) -> None:
    """Newcombe's method 10, written out once more, for every four numbers that these can stand for."""

    def wilson(part: int, whole: int) -> tuple[float, float]:
        z, p = 1.959963984540054, part / whole
        middle, half = p + z * z / (2 * whole), z * (p * (1 - p) / whole + z * z / (4 * whole * whole)) ** 0.5
        return (middle - half) / (1 + z * z / whole), (middle + half) / (1 + z * z / whole)

    def bounds(a: int, n: int, b: int, m: int, *, apart: bool) -> tuple[float, float]:
        p, q, (p_low, p_high), (q_low, q_high) = a / n, b / m, wilson(a, n), wilson(b, m)
        if not apart:
            return p_low - q_high, p_high - q_low
        return (
            p - q - ((p - p_low) ** 2 + (q_high - q) ** 2) ** 0.5,
            p - q + ((p_high - p) ** 2 + (q - q_low) ** 2) ** 0.5,
        )

    a, n, b, m = counts
    exact = {"item": "x", "hosts_a": a, "base_a": n, "hosts_b": b, "base_b": m, "share_a": a / n, "share_b": b / m}
    exact |= {"difference": a / n - b / m, "low": 0.0, "high": 0.0}
    possible = [
        (first, first_base, second, second_base)
        for first in range(a, a + K, 3)
        for first_base in range(n, n + K, 3)
        for second in range(b, b + K, 3)
        for second_base in range(m, m + K, 3)
        if first <= first_base and second <= second_base
    ]
    for against, apart in ((Scope(country=("CN",)), True), (Scope(at="2025-12-01"), False)):
        rule = RULES["compare"]({"scope": Scope(), "arguments": (against,)})
        assert isinstance(rule, Rule)
        (row,) = published(result(tuple(exact), [exact]), rule, Protection(K)).rows
        found = [bounds(*one, apart=apart) for one in possible]
        assert -1 <= row["low"] <= min(low for low, _ in found) + 1e-12
        assert 1 >= row["high"] >= max(high for _, high in found) - 1e-12
        # And not much wider than it must be.
        assert row["low"] > max(-1, min(low for low, _ in found)) - 0.1
        assert row["high"] < min(1, max(high for _, high in found)) + 0.1


def test_a_published_interval_of_a_difference_holds_the_exact_one(graph: Graph) -> None:
    """Of groups apart, one in the other, with some hosts in common, and at two times."""
    for scope, against in (
        (Scope(country=("CN",)), Scope(country=("US",))),
        (Scope(country=("CN",)), Scope()),
        (Scope(min_weeks=2), Scope(min_models=2)),
        (Scope(at="2025-08-31"), Scope(at="2025-12-15")),
    ):
        exact = {row["item"]: row for row in graph.ask("compare", against, scope=scope).rows}
        rows = [r for r in graph.ask("compare", against, scope=scope, publish=K).rows if r["difference"] is not None]
        assert len(rows) > 3
        for row in rows:
            assert row["low"] <= exact[row["item"]]["low"]
            assert row["high"] >= exact[row["item"]]["high"]
            assert row["base_a"] == exact[row["item"]]["base_a"] // K * K
        sizes = [abs(row["difference"]) for row in rows]
        assert sizes == sorted(sizes, reverse=True)


def _check_shares(rows: list[Row]) -> None:
    """A share is that of two published numbers."""
    for share, hosts, base in (
        ("share", "hosts", "base"),
        ("share_of_a", "hosts", "hosts_a"),
        ("share_of_b", "hosts", "hosts_b"),
        ("share_before", "before", "base_before"),
        ("share_a", "hosts_a", "base_a"),
        ("share_stayed", "stayed", "hosts_before"),
        ("share_of_deployments", "deployments", "deployments_base"),
    ):
        for row in rows:
            if row.get(share) is not None:
                assert row[share] == pytest.approx(row[hosts] / row[base], rel=1e-12)


@pytest.mark.parametrize(("question", "arguments", "options"), REFUSED, ids=lambda value: str(value)[:20])
def test_what_is_not_for_everybody(
    graph: Graph, question: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match=f"--publish does not go with {question}: .+"):
        graph.ask(question, *arguments, **options, publish=K)


def test_of_the_study_the_lines_that_stand_for_a_family_are_published_and_no_other_note(graph: Graph) -> None:
    whole, public = (graph.ask("study", **options).rows for options in ({}, {"publish": K}))
    kept = {(row["claim"], row["reading"]): row["note"] for row in public if row["note"]}
    assert kept == {
        (row["claim"], row["reading"]): row["note"] for row in whole if row["reading"] == "by line, not reported family"
    }
    assert kept
    assert all(note.startswith("by these lines, llama: llama, llama2") for note in kept.values())


def test_measures_of_networks_and_of_diversity_are_those_of_published_counts(graph: Graph) -> None:
    """Computed again from the published tables alone: then they tell nothing that those do not."""
    ranked = {r["item"]: r["hosts"] for r in graph.ask("rank", level="family", publish=K).rows if r["hosts"]}
    pairs = [r for r in graph.ask("cooccurrence", min_hosts=1, publish=K).rows if r["hosts"]]
    strength: Counter[str] = Counter()
    for row in pairs:
        strength.update({row["a"]: row["hosts"], row["b"]: row["hosts"]})
        lift = 660 * row["hosts"] / (ranked[row["a"]] * ranked[row["b"]])
        assert row["base"] == 660
        assert row["lift"] == pytest.approx(lift)
    central = graph.ask("centrality", publish=K).rows
    assert {r["item"]: r["hosts"] for r in central} == ranked
    assert {r["item"]: r["strength"] for r in central if r["strength"]} == dict(strength)
    overall = {item: hosts / 660 for item, hosts in ranked.items()}
    for row in graph.ask("quotients", by="country", publish=K).rows[:-1]:
        assert row["quotient"] == pytest.approx(row["hosts"] / row["base"] / overall[row["item"]])
    (diversity,) = graph.ask("concentration", publish=K).rows
    assert diversity["items"] == len(ranked)
    assert diversity["deployments"] % K == 0
    assert diversity["hill_2"] == pytest.approx(1 / diversity["hhi"])


def test_folded_places_are_two_or_more_and_what_is_left_of_the_total(graph: Graph) -> None:
    exact = {r["place"]: r["hosts"] for r in graph.ask("rank", by="country").rows}
    rows = graph.ask("rank", by="country", publish=K).rows
    shown = {r["place"] for r in rows[:-1]}
    folded = [n for place, n in exact.items() if place not in shown]
    assert {place for place, n in exact.items() if n < K} <= set(exact) - shown
    assert len(folded) > 1
    assert rows[-1]["place"] == "other (< 10)"
    assert rows[-1]["hosts"] == sum(folded) // K * K


def test_a_scope_of_few_hosts_says_nothing(graph: Graph) -> None:
    few = next(r["place"] for r in graph.ask("rank", by="country").rows if r["hosts"] < K)
    for question, options in (("rank", {"level": "family"}), ("cooccurrence", {"min_hosts": 1}), ("risks", {})):
        rows = graph.ask(question, **options, scope=Scope(country=(few,)), publish=K).rows
        assert all(isinstance(v, str) or v is None for row in rows for v in row.values())
    page = graph.map("families", country=few, publish=K)
    assert '"hosts":[]' in page


# ---- pages ----


@pytest.mark.parametrize("kind", sorted({*KINDS, "report"} - {"hosts"}))
def test_a_page_for_everybody_has_nothing_of_few_hosts_in_its_source(graph: Graph, rare: set[str], kind: str) -> None:
    page = graph.report(publish=K) if kind == "report" else graph.map(kind, publish=K)
    assert "published with K = 10</title>" in page
    assert "<dt>For everybody</dt><dd>published with K = 10</dd>" in page
    visible = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    words = set(re.findall(r"[\w.:/+-]+", visible))
    # Codes of two letters are words of the page, too; what is left are names nobody writes by chance.
    assert not {name for name in rare if len(name) > 4 and " " not in name and name in words}
    assert not {name for name in rare if len(name) > 4 and " " in name and name in visible}
    assert "no host in this selection" not in visible
    if kind != "report":
        counts = _counts_of(_payload(page))
        assert counts
        assert not [n for n in counts if n % K]
        if kind in ("families", "countries", "time"):
            assert [n for n in _counts_of(_payload(graph.map(kind))) if n % K], "they would be seen"
    else:
        # Numbers of pairs and countries are not of hosts.
        of_hosts = re.sub(r"Lines: [\d,]+ of [\d,]+ pairs|[\d,]+ of [\d,]+ countries", "", visible)
        numbers = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) of [\d,]+[<\s]", of_hosts)]
        assert len(numbers) > 10
        assert not [n for n in numbers if n % K and n != 10]


def _payload(page: str) -> Any:
    """The data of a page; the `base` of a measure is the number of a list of bases."""
    payload = json.loads(page.split('id="data">')[1].split("</script>")[0])
    for measure in payload.get("measures", []):
        del measure["base"]
    return payload


def _counts_of(payload: Any, name: str = "") -> list[int]:
    """All numbers of hosts in the data of a page, wherever they are."""
    if isinstance(payload, dict):
        return [n for key, value in payload.items() for n in _counts_of(value, key)]
    if isinstance(payload, list):
        return [n for value in payload for n in _counts_of(value, name)]
    counted = name in {"hosts", "base", "bases", "counts", "overall", "pairHosts", "setHosts", "multi"}
    return [payload] if counted and isinstance(payload, int) and not isinstance(payload, bool) else []


def test_the_map_of_hosts_is_not_for_everybody(graph: Graph) -> None:
    with pytest.raises(UsageError, match="--publish does not go with map hosts"):
        graph.map("hosts", publish=K)


def test_a_page_without_a_k_says_nothing_of_it(graph: Graph) -> None:
    page = graph.map("families", publish=1)
    assert page == graph.map("families")
    assert "For everybody" not in page
