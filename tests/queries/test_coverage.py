"""How often 95 % intervals hold the true value: counted over many populations of which it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from cohabit.graph.incidence import LEVELS, Deployments, Incidence, ItemMatrix, ModelTable
from cohabit.queries import bootstrap, measures
from cohabit.queries.places import Membership
from tests.queries.tools import NO_STORE

POPULATIONS = 250
DRAWS = 400


@pytest.mark.parametrize("hosts", [60, 150, 1_000, 20_000])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
def test_wilson_on_independent_hosts(hosts: int, share: float) -> None:
    found = np.random.default_rng(hosts).binomial(hosts, share, 40_000)
    low, high = measures.wilson(found, np.full(len(found), hosts))
    assert 0.93 < np.mean((low <= share) & (share <= high)) < 0.97


@dataclass(frozen=True)
class Coverage:
    """Share of the intervals that hold the true value: over networks, as if hosts were independent, and of lift."""

    boot: float
    wilson: float
    lift: float


def covered(monkeypatch: pytest.MonkeyPatch, networks: int, spread: float, share: float, alike: float) -> Coverage:
    """Measure it over 2 × 250 populations of networks with about 12 hosts each.

    `spread` is the standard deviation of the logarithm of their sizes, `alike` the correlation within a network of
    running both A and B (1: its hosts are all the same). Of all hosts of all such networks `share` have both, and
    lift is 0.25 / share where A and B are on half of them each.
    """
    held = []
    for seed in range(2):
        rng = np.random.default_rng([seed, networks, int(spread * 10), int(share * 100), int(alike * 10)])
        sizes = np.maximum(1, np.exp(rng.normal(math.log(12), spread, networks)).astype(int))
        network = np.repeat(np.arange(networks), sizes)
        # Four kinds of hosts: both, only A, only B, neither; a network's chances are of a Dirichlet distribution.
        chances = np.array([share, 0.5 - share, 0.5 - share, share])
        mixed = rng.dirichlet(chances * (1 / alike - 1 + 1e-9) + 1e-12, (POPULATIONS, networks))
        if alike == 1:
            mixed = np.eye(4)[rng.choice(4, (POPULATIONS, networks), p=chances)]
        at = rng.random((POPULATIONS, len(network)))[:, :, None] > np.cumsum(mixed, axis=2)[:, network, :3]
        kind = at.sum(axis=2).T  # (hosts, populations)
        has = np.stack([np.isin(kind, (0, 1)), np.isin(kind, (0, 2))], axis=2).reshape(len(network), -1)
        # Every host also has two models of an item of its own, so that all are multi-model hosts.
        incidence, matrix = _tables(np.column_stack([has, np.ones((len(network), 2), bool)]))
        where = Membership([*map(str, range(networks)), "unknown"], np.arange(len(network)), network)
        monkeypatch.setattr(bootstrap, "memberships", lambda *_, where=where: where)
        drawn = bootstrap.resamples(NO_STORE, incidence, matrix, DRAWS, seed)
        a, b = np.arange(POPULATIONS) * 2, np.arange(POPULATIONS) * 2 + 1
        found = drawn.pairs(a, b)
        wilson = measures.wilson((kind == 0).sum(axis=0), np.full(POPULATIONS, len(network)))
        lift = share / 0.25
        held.append(
            [
                np.mean((found["boot_low"] <= share) & (share <= found["boot_high"])),
                np.mean((wilson[0] <= share) & (share <= wilson[1])),
                np.mean((found["lift_low"] <= lift) & (lift <= found["lift_high"])),
            ]
        )
    return Coverage(*np.mean(held, axis=0).tolist())


def _tables(has: np.ndarray) -> tuple[Incidence, ItemMatrix]:
    hosts, models = (np.asarray(x, np.int64) for x in np.nonzero(has))
    names = [f"{i:05}" for i in range(has.shape[1])]
    items = [*names[:-1], names[-2]]  # the last two models are of one item
    table = ModelTable(names, dict.fromkeys(LEVELS, items))
    incidence = Incidence(np.arange(len(has)), hosts, models, table, Deployments(hosts, models))
    return incidence, incidence.at("family")


# Networks, spread of their sizes, share of hosts with both, correlation within networks.
@pytest.mark.parametrize(
    ("networks", "spread", "share", "alike"),
    [
        (10, 0.0, 0.2, 0.3),
        (20, 0.0, 0.4, 0.5),
        (20, 0.0, 0.3, 0.5),
        (50, 0.5, 0.2, 0.3),
        (50, 0.0, 0.4, 1.0),
        (200, 0.0, 0.1, 0.3),
        (200, 0.5, 0.4, 0.5),
    ],
)
def test_the_bootstrap_holds_where_wilson_does_not(
    monkeypatch: pytest.MonkeyPatch, networks: int, spread: float, share: float, alike: float
) -> None:
    found = covered(monkeypatch, networks, spread, share, alike)
    assert 0.93 <= found.boot <= 0.97
    assert found.lift >= 0.92
    assert found.wilson < 0.75


@pytest.mark.parametrize(
    ("networks", "spread", "share", "alike"),
    [(10, 1.0, 0.2, 0.3), (20, 1.8, 0.2, 0.3), (20, 1.0, 0.2, 0.5), (50, 1.8, 0.3, 0.5)],
)
def test_few_networks_of_unequal_size_are_harder(
    monkeypatch: pytest.MonkeyPatch, networks: int, spread: float, share: float, alike: float
) -> None:
    """A few giants hold most hosts: no interval knows well how much chance made them what they are."""
    found = covered(monkeypatch, networks, spread, share, alike)
    assert 0.87 <= found.boot <= 0.97
    assert found.lift >= 0.9
    assert found.wilson < 0.6
