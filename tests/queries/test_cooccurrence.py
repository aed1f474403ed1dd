"""Pairs and sets of items: by hand, from the literature, and what must not change them."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from cohabit.errors import UsageError
from tests.queries.populations import SIX, Hosts, Questions

Ask = Callable[..., Questions]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    return lambda hosts, networks=None: Questions(monkeypatch, hosts, networks)


def wilson(k: int, n: int) -> tuple[float, float]:
    z, p = 1.959963984540054, k / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def test_six_hosts_by_hand(ask: Ask) -> None:
    rows = {(r["a"], r["b"]): r for r in ask(SIX).cooccurrence(null="hypergeometric").rows}
    assert {pair: r["hosts"] for pair, r in rows.items()} == {("A", "B"): 3, ("B", "C"): 2, ("A", "C"): 1}
    ab = rows["A", "B"]
    assert (ab["hosts_a"], ab["hosts_b"], ab["base"]) == (4, 4, 6)
    assert (ab["share_of_a"], ab["share_of_multi_model_hosts"]) == (3 / 4, 3 / 4)
    assert (ab["lift"], ab["jaccard"]) == (6 * 3 / 16, 3 / 5)
    for name, k, n in (("share_of_a", 3, 4), ("share_of_b", 3, 4)):
        assert (ab[f"{name}_low"], ab[f"{name}_high"]) == pytest.approx(wilson(k, n))
    assert (ab["low"], ab["high"]) == pytest.approx(wilson(3, 4))
    # 15 ways to choose 4 hosts for B: with 3 of A's 4 there are 4·2, with all of them 1; and so on.
    p = {pair: r["p_value"] for pair, r in rows.items()}
    assert p == pytest.approx({("A", "B"): 9 / 15, ("B", "C"): 16 / 20, ("A", "C"): 20 / 20})
    q = {pair: r["q_value"] for pair, r in rows.items()}
    assert q == pytest.approx({("A", "B"): 1, ("B", "C"): 1, ("A", "C"): 1})
    assert ab["log10_p"] == pytest.approx(math.log10(9 / 15))
    # As many or fewer: all but the one with 4; of B and C all but the 4 with 3 (of 20); of A and C 16 less of 20.
    few = {pair: r["p_fewer"] for pair, r in rows.items()}
    assert few == pytest.approx({("A", "B"): 14 / 15, ("B", "C"): 16 / 20, ("A", "C"): 4 / 20})
    assert ab["log10_p_fewer"] == pytest.approx(math.log10(14 / 15))
    expected = {pair: r["expected"] for pair, r in rows.items()}
    assert expected == pytest.approx({("A", "B"): 16 / 6, ("B", "C"): 2, ("A", "C"): 2})


def hosts_of(both: int, only_a: int, only_b: int, neither: int) -> dict[str, set[str]]:
    """So many hosts of each kind; `neither` has C alone."""
    kinds: list[tuple[int, set[str]]] = [(both, {"A", "B"}), (only_a, {"A"}), (only_b, {"B"}), (neither, {"C"})]
    lists = [own for number, own in kinds for _ in range(number)]
    return {f"h{i:03}": own for i, own in enumerate(lists)}


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        # 100·100 / 200 = 50 expected; P(X <= 30) is 1e-8.
        ((30, 70, 70, 30), "fewer than independent families would give"),
        # P(X <= 45) is 0.10.
        ((45, 55, 55, 45), "about as many as independent families would give"),
        # The configuration model expects more than 50, and finds 80 too many all the same.
        ((80, 20, 20, 80), "more than independent families would give"),
        # P(X = 0) is 0.27 where 1.2 are expected; none at all is no evidence then.
        ((0, 12, 20, 168), "about as many as independent families would give"),
        ((0, 60, 60, 80), "fewer than independent families would give"),
    ],
)
def test_a_named_pair_says_whether_it_is_chance(ask: Ask, cells: tuple[int, int, int, int], says: str) -> None:
    both, only_a, only_b, _ = cells
    found = ask(hosts_of(*cells)).cooccurrence("A", "B")
    (row,) = found.rows
    a, b = both + only_a, both + only_b
    simple = ask(hosts_of(*cells)).cooccurrence("A", "B", null="hypergeometric")
    assert simple.rows[0]["expected"] == pytest.approx(a * b / 200)
    assert simple.rows[0]["p_fewer"] == pytest.approx(hypergeom(200, a, b).cdf(both), rel=1e-9)
    assert f"That is {says} on the 200 hosts with a known family (expected {a * b / 200:.3g}" in simple.headline
    assert f"That is {says} on the 200 hosts with a known family" in found.headline
    least, own = f"{a * b / 200:.3g}", f"{row['expected']:.3g}"
    # The p stands beside what its own model expects.
    if "fewer" in says:
        p = hypergeom(200, a, b).cdf(both)
        expected = f"{least} if independent, p = {p:.2g}; {own} by the sizes of hosts"
        assert f"{p:.2g}" == f"{simple.rows[0]['p_fewer']:.2g}"
    elif "more" in says:
        expected = f"{least} if independent; {own} by the sizes of hosts, p = {row['p_value']:.2g}"
    else:
        expected = f"{least}, or {own} by the sizes of hosts"
    if least == own:
        expected = least + "".join(re.findall(r", p = [^;]+", expected))
    assert found.headline.endswith(f"(expected {expected}).")
    assert any("not yet avoidance" in caveat for caveat in found.caveats) == ("fewer" in says)
    assert "expected" in found.table_columns
    assert "expected" not in ask(hosts_of(*cells)).cooccurrence("A").table_columns


def test_independent_items_are_said_to_be_neither(ask: Ask) -> None:
    """Two items on 60 % and 50 % of 600 hosts, whatever else is there: of 40 populations at most two are misjudged."""
    wrong = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        has = random.random((600, 5)) < [0.6, 0.5, 0.2, 0.1, 1.0]
        hosts = {f"h{h}": {f"i{i}" for i in np.flatnonzero(own)} for h, own in enumerate(has)}
        wrong += "about as many as" not in ask(hosts).cooccurrence("i0", "i1").headline
    assert wrong <= 2


def test_davis_southern_women(ask: Ask) -> None:
    """Women as items, events as hosts: what Davis, Gardner and Gardner 1941 saw, as networkx projects it."""
    graph = nx.davis_southern_women_graph()
    women, events = graph.graph["top"], graph.graph["bottom"]
    rows = ask({event: set(graph[event]) for event in events}).cooccurrence(level="line").rows
    found = {frozenset((r["a"], r["b"])): r["hosts"] for r in rows}
    projected = nx.bipartite.weighted_projected_graph(graph, women)
    assert found == {frozenset(pair): weight for *pair, weight in projected.edges(data="weight")}
    # As printed in Breiger 1974, figure 2.
    assert found[frozenset(("Evelyn Jefferson", "Theresa Anderson"))] == 7
    assert found[frozenset(("Evelyn Jefferson", "Laura Mandeville"))] == 6
    assert len(found) == 139


def test_q_values_are_over_all_pairs_whichever_are_shown(ask: Ask) -> None:
    graph = nx.davis_southern_women_graph()
    questions = ask({event: set(graph[event]) for event in graph.graph["bottom"]})
    everything = {(r["a"], r["b"]): r for r in questions.cooccurrence().rows}
    few = questions.cooccurrence(min_hosts=5).rows
    assert 0 < len(few) < len(everything)
    same(few, [everything[r["a"], r["b"]] for r in few])
    (one,) = questions.cooccurrence("theresa anderson", "Evelyn Jefferson").rows
    turned = everything["Evelyn Jefferson", "Theresa Anderson"]
    assert (one["a"], one["q_value"], one["p_value"]) == ("Theresa Anderson", turned["q_value"], turned["p_value"])
    m, least = len(everything), min(r["p_value"] for r in everything.values())
    assert min(r["q_value"] for r in everything.values()) <= m * least
    for r in everything.values():
        ranks = [
            m * x["p_value"] / sum(y["p_value"] <= x["p_value"] for y in everything.values())
            for x in everything.values()
            if x["p_value"] >= r["p_value"]
        ]
        assert r["q_value"] == pytest.approx(min(1, *ranks), rel=1e-9)


def test_the_profile_of_one_item(ask: Ask) -> None:
    answer = ask(SIX).cooccurrence("b")
    assert [(r["a"], r["b"], r["hosts"], r["share_of_a"]) for r in answer.rows] == [
        ("B", "A", 3, 0.75),
        ("B", "C", 2, 0.5),
    ]
    assert answer.headline == "Of the 4 hosts with B, 75 % also list A, 50 % C; 0.0 % list no other family."
    assert (
        ask(SIX).cooccurrence("A").headline
        == "Of the 4 hosts with A, 75 % also list B, 25 % C; 25 % list no other family."
    )


def test_three_items_by_hand(ask: Ask) -> None:
    """Only host 3 has all; lift 6²·1 / (4·4·3)."""
    answer = ask(SIX).cooccurrence("A", "c", "B")
    everything, *rest = answer.rows
    assert (everything["items"], everything["left_out"], everything["hosts"]) == (["A", "C", "B"], None, 1)
    assert everything["hosts_of_each"] == [4, 3, 4]
    assert everything["lift"] == pytest.approx(36 / 48)
    assert (everything["low"], everything["high"]) == pytest.approx(wilson(1, 4))
    found = [(r["items"], r["left_out"], r["hosts"], r["share_with_all"], r["lift"]) for r in rest]
    assert found == [
        (["A", "C"], "B", 1, 1.0, pytest.approx(6 / 12)),
        (["A", "B"], "C", 3, pytest.approx(1 / 3), pytest.approx(18 / 16)),
        (["C", "B"], "A", 2, pytest.approx(1 / 2), pytest.approx(12 / 12)),
    ]
    for row in rest:
        (pair,) = ask(SIX).cooccurrence(*row["items"]).rows
        for same_as in ("expected", "p_value", "log10_p", "p_fewer", "log10_p_fewer"):
            assert row[same_as] == pytest.approx(pair[same_as])
    assert answer.headline == (
        "1 host lists all of A, C and B: 25 % of the 4 multi-model hosts, and 100 % of the 1 with A and C."
    )


@st.composite
def populations(draw: st.DrawFn) -> dict[str, set[str]]:
    names = [f"i{i}" for i in range(draw(st.integers(1, 6)))]
    hosts = draw(st.lists(st.sets(st.sampled_from(names)), min_size=1, max_size=25))
    return {f"h{i:02}": own for i, own in enumerate(hosts)}


properties = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected)
    for row, other in zip(found, expected, strict=True):
        assert list(row) == list(other)
        for key, value in row.items():
            assert value == (
                pytest.approx(other[key], rel=1e-9, nan_ok=True) if isinstance(value, float) else other[key]
            )


@properties
@given(populations(), st.randoms(use_true_random=False))
def test_order_and_names_of_hosts_change_nothing(ask: Ask, hosts: dict[str, set[str]], chance: random.Random) -> None:
    shuffled = list(hosts.values())
    chance.shuffle(shuffled)
    again = {f"other-{i}": own for i, own in enumerate(shuffled)}
    same(ask(again).cooccurrence().rows, ask(hosts).cooccurrence().rows)
    assert ask(again).combinations().rows == ask(hosts).combinations().rows
    drawn = {"bootstrap": 100, "seed": 5}
    same(ask(again).cooccurrence(**drawn).rows, ask(hosts).cooccurrence(**drawn).rows)


@properties
@given(populations())
def test_turning_a_pair_round_and_counting_by_loops(ask: Ask, hosts: dict[str, set[str]]) -> None:
    names = sorted(set().union(*hosts.values()))
    for a, b in itertools.combinations(names, 2):
        (one,), (other,) = ask(hosts).cooccurrence(a, b).rows, ask(hosts).cooccurrence(b, a).rows
        for symmetric in ("hosts", "lift", "jaccard", "npmi", "odds_ratio", "expected", "p_value", "p_fewer", "base"):
            assert one[symmetric] == pytest.approx(other[symmetric], rel=1e-12, nan_ok=True)
        assert (one["share_of_a"], one["share_of_a_low"]) == (other["share_of_b"], other["share_of_b_low"])
        assert one["hosts"] == sum({a, b} <= own for own in hosts.values())
    for trio in itertools.combinations(names, 3):
        row = ask(hosts).cooccurrence(*trio).rows[0]
        n, x = sum(map(bool, hosts.values())), sum(set(trio) <= own for own in hosts.values())
        each = [sum(item in own for own in hosts.values()) for item in trio]
        assert (row["hosts"], row["hosts_of_each"]) == (x, each)
        assert row["lift"] == pytest.approx(n**2 * x / math.prod(each))


@properties
@given(populations())
def test_combinations_by_a_loop(ask: Ask, hosts: dict[str, set[str]]) -> None:
    rows = ask(hosts).combinations().rows
    base = sum(map(bool, hosts.values()))
    sets = {tuple(sorted(own)) for own in hosts.values() if own}
    assert {tuple(r["items"]): r["hosts"] for r in rows} == {
        own: sum(tuple(sorted(other)) == own for other in hosts.values()) for own in sets
    }
    assert [(-r["hosts"], r["items"]) for r in rows] == sorted((-r["hosts"], r["items"]) for r in rows)
    for r in rows:
        assert (r["size"], r["base"], r["share"]) == (len(r["items"]), base, r["hosts"] / base)
        if 0 < r["hosts"] < base:
            assert (r["low"], r["high"]) == pytest.approx(wilson(r["hosts"], base))


def test_combinations_by_hand(ask: Ask) -> None:
    answer = ask(SIX).combinations()
    found = [(r["items"], r["hosts"]) for r in answer.rows]
    assert found == [(["A", "B"], 2), (["A"], 1), (["A", "B", "C"], 1), (["B", "C"], 1), (["C"], 1)]
    assert answer.headline == "5 combinations at level family on 6 hosts; most often A and B (2 hosts, 33 %)."
    several = ask(SIX).combinations(min_size=2, min_hosts=2)
    assert [(r["items"], r["share"], r["base"]) for r in several.rows] == [(["A", "B"], 2 / 6, 6)]
    singles = ask({"1": {"A"}, "2": {"A"}, "3": {"A", "B"}}).combinations()
    assert singles.headline == (
        "2 combinations at level family on 3 hosts; most often only A (2 hosts, 67 %); "
        "of two or more most often A and B (1 host, 33 %)."
    )
    for options, says in (({"min_size": 0}, "--min-size 0: it takes 1 or more"), ({"min_hosts": -1}, "--min-hosts -1")):
        with pytest.raises(UsageError, match=says):
            ask(SIX).combinations(**options)


EDGES: dict[str, Hosts] = {
    "no host": {},
    "hosts without models": {"1": set(), "2": set()},
    "one host": {"1": {"A", "B", "C"}},
    "one item": {"1": {"A"}, "2": {"A"}, "3": {"A"}},
    "all alike": {str(i): {"A", "B", "C"} for i in range(40)},
}


@pytest.mark.parametrize("which", EDGES)
def test_edges_are_answered_in_sentences(ask: Ask, which: str) -> None:
    questions = ask(EDGES[which])
    questions.items = {"A", "B", "C"}
    answers = [
        questions.cooccurrence(),
        questions.cooccurrence("A"),
        questions.cooccurrence("A", "B"),
        questions.cooccurrence("A", "B", "C"),
        questions.cooccurrence(null="hypergeometric"),
        questions.cooccurrence(bootstrap=100),
        questions.cooccurrence("A", "B", bootstrap=100),
        questions.cooccurrence("A", "B", "C", bootstrap=100),
        questions.combinations(),
    ]
    for answer in answers:
        assert answer.headline.endswith(".")
        assert "nan" not in answer.headline
        assert all(set(row) == set(answer.columns) for row in answer.rows)
    everything, _, pair, trio = answers[:4]
    assert (pair.rows[0]["base"], trio.rows[0]["base"]) == (sum(map(bool, EDGES[which].values())),) * 2
    if which == "all alike":
        # Degrees leave no choice, so so many hosts are certain under either model.
        assert [(r["p_value"], r["q_value"], r["lift"]) for r in everything.rows] == [(1, 1, 1)] * 3
        assert np.isnan(pair.rows[0]["npmi"])
        # One host more or fewer of the same: every draw has the same shares; other hosts might still have others.
        found = [answers[5].rows[0][c] for c in ("boot_low", "boot_high", "lift_low", "lift_high")]
        assert 0.5 < found[0] < 1
        assert found[1:] == [1, 1, 1]
    if which in ("no host", "hosts without models"):
        assert everything.rows == []
        assert np.isnan(pair.rows[0]["p_value"])
        assert np.isnan(answers[6].rows[0]["boot_low"])
        assert answers[1].headline == "No host lists A."
        assert answers[8].headline.startswith("No combination of level family to show on 0 hosts")


def test_what_is_refused(ask: Ask) -> None:
    for names, options, says in (
        (("A", "a"), {}, "'A' is named twice; name different items"),
        (("A", "B", "C", "b"), {}, "'B' is named twice"),
        (("A", "B", "C"), {"null": "hypergeometric"}, "is about pairs, not 3 items; leave it out"),
        ((), {"null": "normal"}, "--null 'normal': not a null model; choose from bicm, hypergeometric"),
        ((), {"bootstrap": 5}, "--bootstrap 5: it takes 100 to 10,000 draws"),
        ((), {"bootstrap": 10_001}, "--bootstrap 10001"),
        ((), {"bootstrap": 100, "seed": -1}, "--seed -1: it takes 0 or more"),
        ((), {"seed": 1}, "--seed needs --bootstrap N"),
    ):
        with pytest.raises(UsageError, match=says):
            ask(SIX).cooccurrence(*names, **options)
