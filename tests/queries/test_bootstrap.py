"""Intervals over networks: by enumeration, and on populations where hosts are not independent."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from tests.queries.populations import SIX, Questions

NETWORKS = {"1": 10, "2": 10, "3": 20, "4": 20, "5": 30, "6": 30}


def test_few_networks_against_every_possible_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three networks have 27 draws; very many random ones vary as much as all of them, and the rest is arithmetic.

    A and B are on 3 of 4 multi-model hosts, lift is 9/8. Of the networks' 2, 1 and 1 multi-model hosts the effective
    number is 16/6, of their 2, 2 and 2 hosts 3.
    """
    shares, lifts = [], []
    for draw in itertools.product((10, 20, 30), repeat=3):
        own = [SIX[h] for n in draw for h, of in NETWORKS.items() if of == n]
        multi, both = sum(len(o) > 1 for o in own), sum({"A", "B"} <= o for o in own)
        a, b = (sum(item in o for o in own) for item in "AB")
        shares.append(both / multi)
        if a and b:
            lifts.append(len(own) * both / (a * b))
    # As many hosts as give the variance of the draws, but no more than there are; then Wilson's two points.
    hosts = min(0.75 * 0.25 / np.var(shares), 4)
    student = stats.t.ppf(0.975, 16 / 6 - 1)

    def too_far(true: float) -> float:
        return float((0.75 - true) ** 2 - student**2 * true * (1 - true) / hosts)

    width = np.exp(stats.t.ppf(0.975, 3 - 1) * np.std(lifts) / 1.125)
    expected = [brentq(too_far, 0, 0.75), brentq(too_far, 0.75, 1), 1.125 / width, 1.125 * width]
    (row,) = Questions(monkeypatch, SIX, NETWORKS).cooccurrence("A", "B", bootstrap=10_000).rows
    assert [row[c] for c in ("boot_low", "boot_high", "lift_low", "lift_high")] == pytest.approx(expected, rel=0.03)


def test_pairs_and_sets_are_drawn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    questions = Questions(monkeypatch, SIX, NETWORKS)
    columns = ("boot_low", "boot_high", "lift_low", "lift_high")

    def intervals(rows: list[dict[str, Any]], keys: Any) -> dict[frozenset[str], list[float]]:
        return {frozenset(keys(r)): [r[c] for c in columns] for r in rows}

    pairs = intervals(questions.cooccurrence(bootstrap=300, seed=9).rows, lambda r: (r["a"], r["b"]))
    trio = intervals(questions.cooccurrence("A", "B", "C", bootstrap=300, seed=9).rows, lambda r: r["items"])
    for pair, found in pairs.items():
        assert trio[pair] == pytest.approx(found)
    other = intervals(questions.cooccurrence(bootstrap=300, seed=8).rows, lambda r: (r["a"], r["b"]))
    assert other != pairs


def test_the_caveat_says_what_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    placed = Questions(monkeypatch, SIX, NETWORKS).cooccurrence(bootstrap=100).caveats
    said = "Bootstrap: 95 % intervals from 100 draws of 3 networks; seed 0. By their sizes they tell as much as 2.7"
    assert f"{said} equal ones." in placed
    some = Questions(monkeypatch, SIX, {**NETWORKS, "5": None, "6": None}).cooccurrence(bootstrap=200, seed=4).caveats
    assert any("200 draws of 4 networks, 2 hosts without one each as its own; seed 4." in c for c in some)
    one = Questions(monkeypatch, SIX, dict.fromkeys(SIX, 7)).cooccurrence("A", "B", bootstrap=100)
    assert "All hosts are of one network: a bootstrap over networks says nothing of it." in one.caveats
    assert np.isnan([one.rows[0][c] for c in ("boot_low", "boot_high", "lift_low", "lift_high")]).all()


def test_hosts_without_a_network_are_drawn_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many networks with one host each give the same spread as hosts without any, up to chance."""
    hosts = {f"h{i:03}": {"A", "B"} if i % 4 else {"A", "C"} for i in range(400)}
    columns = ("boot_low", "boot_high", "lift_low", "lift_high")
    found = []
    for networks in (dict.fromkeys(hosts), {h: i for i, h in enumerate(hosts)}):
        (row,) = Questions(monkeypatch, hosts, networks).cooccurrence("A", "B", bootstrap=2_000).rows
        found.append([row[c] for c in columns])
    assert found[0] == pytest.approx(found[1], abs=0.006)
    # The standard error of a share of 3/4 on 400 hosts is 0.0217.
    assert found[0][:2] == pytest.approx([0.75 - 1.96 * 0.02165, 0.75 + 1.96 * 0.02165], abs=0.006)


def test_hosts_that_differ_only_in_having_several_models_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some run two models of A, others one: the same set of items, but only the former are multi-model hosts."""
    kinds = ({"A/1", "B"}, {"A/1", "A/2"}, {"A/1"})
    hosts = {f"h{i}": kinds[i % 3] for i in range(60)}
    found = []
    for networks in (dict.fromkeys(hosts), {h: i for i, h in enumerate(hosts)}):
        (row,) = Questions(monkeypatch, hosts, networks).cooccurrence("A", "B", bootstrap=4_000).rows
        assert row["share_of_multi_model_hosts"] == 0.5
        found.append([row["boot_low"], row["boot_high"]])
    # 20 of about 40 that are drawn: a standard error of about 0.08; the two ways differ by chance only.
    assert found[0] == pytest.approx(found[1], abs=0.012)
    assert found[0] == pytest.approx([0.5 - 1.96 * 0.08, 0.5 + 1.96 * 0.08], abs=0.02)
