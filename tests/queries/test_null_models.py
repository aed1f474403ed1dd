"""The null models: against the reference package, against a general root finder, and where degrees leave no choice."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import root
from scipy.stats import hypergeom

from cohabit.errors import UsageError
from cohabit.queries.null_models import Alike, benjamini_hochberg, check_null, fit_configuration_model, null_model
from tests.queries.populations import SIX, matrix

Matrix = npt.NDArray[np.int64]


def fitted(biadjacency: Matrix) -> npt.NDArray[np.float64]:
    """Chance of every host and item."""
    degrees = biadjacency.sum(axis=1)
    model = fit_configuration_model(degrees, biadjacency.sum(axis=0))
    host_class = np.unique(degrees, return_inverse=True)[1]
    return model.chances[host_class][:, model.item_class]


def davis() -> Matrix:
    graph = nx.davis_southern_women_graph()
    women, events = graph.graph["top"], graph.graph["bottom"]
    return np.asarray(nx.bipartite.biadjacency_matrix(graph, women, events).toarray(), np.int64)


def random_population(seed: int, hosts: int = 60, items: int = 15) -> Matrix:
    random = np.random.default_rng(seed)
    odds = np.outer(random.lognormal(0, 1, hosts), random.lognormal(-1.5, 1, items))
    drawn = (random.random((hosts, items)) < odds / (1 + odds)).astype(np.int64)
    return drawn[drawn.sum(axis=1) > 0][:, drawn.sum(axis=0) > 0]


# Solution of the package bicm 3.4.0 for Davis: chances by number of events of a woman and number of women of an event.
# Written down and not asked for: the package brings a top-level package `tests` that hides this one.
WOMEN, EVENTS = (2, 3, 4, 5, 6, 7, 8), (3, 4, 5, 6, 8, 10, 12, 14)
REFERENCE = [
    [0.03859674, 0.056151058, 0.076760236, 0.100952606, 0.162619414, 0.247233646, 0.362794091, 0.519378911],
    [0.06786653, 0.097384684, 0.131026945, 0.169188213, 0.260461172, 0.37329008, 0.508008233, 0.662140487],
    [0.104846863, 0.147897364, 0.195215563, 0.246762838, 0.361667525, 0.489329394, 0.624214309, 0.759197828],
    [0.150218459, 0.207578617, 0.267986025, 0.330849117, 0.460947546, 0.591197112, 0.714854618, 0.826337847],
    [0.20459077, 0.275970238, 0.347551106, 0.418410112, 0.554412423, 0.677861205, 0.784844352, 0.873794713],
    [0.268488709, 0.35228774, 0.431856692, 0.50655906, 0.639698606, 0.750166646, 0.838845757, 0.908085257],
    [0.342328906, 0.435455295, 0.51876392, 0.59281351, 0.715739883, 0.809824788, 0.8806958, 0.933382493],
]


def test_chances_are_those_of_the_reference_package() -> None:
    population = davis()
    k, d = population.sum(axis=1).tolist(), population.sum(axis=0).tolist()
    assert (set(k), set(d)) == (set(WOMEN), set(EVENTS))
    expected = [[REFERENCE[WOMEN.index(own)][EVENTS.index(other)] for other in d] for own in k]
    assert fitted(population) == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize("population", [davis(), random_population(1), random_population(2)])
def test_chances_solve_the_equations_of_the_model(population: Matrix) -> None:
    """Every host and item on its own, by a general root finder: sums of x·y/(1 + x·y) are the degrees."""
    k, d = population.sum(axis=1), population.sum(axis=0)

    def missing(logs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        chances = 1 / (1 + np.exp(-(logs[: len(k), None] + logs[len(k) :])))
        return np.concatenate([chances.sum(axis=1) - k, chances.sum(axis=0) - d])

    found = root(missing, np.log(np.concatenate([k, d]) / math.sqrt(population.sum())), method="lm", tol=1e-14).x
    chances = 1 / (1 + np.exp(-(found[: len(k), None] + found[len(k) :])))
    assert np.abs(missing(found)).max() < 1e-10
    assert fitted(population) == pytest.approx(chances, abs=1e-9)


@pytest.mark.parametrize(
    ("population", "chances"),
    [
        ([[1, 1], [1, 1]], [[1, 1], [1, 1]]),
        ([[1]], [[1]]),
        ([[1, 0, 0]], [[1, 0, 0]]),
        ([[1, 0], [0, 1]], [[0.5, 0.5], [0.5, 0.5]]),
        ([[1, 1, 0], [1, 0, 0], [1, 0, 0]], [[1, 1, 0], [1, 0, 0], [1, 0, 0]]),
        # No host has all items and no item is on all hosts, and yet: the first two hosts have 6 entries, and the other
        # two can give the two rare items none, or the common ones would not reach 3.
        (
            [[1, 1, 1, 0], [1, 1, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]],
            [[1, 1, 0.5, 0.5], [1, 1, 0.5, 0.5], [0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0]],
        ),
    ],
)
def test_where_degrees_leave_no_choice(population: list[list[int]], chances: list[list[float]]) -> None:
    assert fitted(np.array(population)) == pytest.approx(np.array(chances, float), abs=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 7), st.floats(0.05, 0.95))
def test_expected_degrees_are_the_given_ones(seed: int, hosts: int, items: int, density: float) -> None:
    population = (np.random.default_rng(seed).random((hosts, items)) < density).astype(np.int64)
    population = population[population.sum(axis=1) > 0]
    if not len(population):
        return
    chances = fitted(population)
    assert chances.sum(axis=1) == pytest.approx(population.sum(axis=1), abs=1e-8)
    assert chances.sum(axis=0) == pytest.approx(population.sum(axis=0), abs=1e-8)
    # What is there must be possible, and what is not there must not be certain.
    assert (chances[population == 1] > 0).all()
    assert (chances[population == 0] < 1).all()


def plain_terms(chances: npt.NDArray[np.float64]) -> list[float]:
    """P(X = 0), P(X = 1) and so on, by adding one host after another."""
    terms = [1.0]
    for q in chances:
        terms = [a * (1 - q) + b * q for a, b in zip([*terms, 0.0], [0.0, *terms], strict=True)]
    return terms


def plain_tail(chances: npt.NDArray[np.float64], k: int) -> float:
    """P(X >= k)."""
    return sum(plain_terms(chances)[k:])


def test_p_values_of_davis_host_by_host() -> None:
    """Every pair of events: the chance that so many women or more attend both."""
    population = davis()
    women = {f"w{w}": {f"e{e:02}" for e in np.flatnonzero(row)} for w, row in enumerate(population)}
    own, chances, together = matrix(women), fitted(population), population.T @ population
    pairs = np.array([(i, j) for i in range(14) for j in range(i + 1, 14)])
    found = null_model(own).log_more(pairs, together[pairs[:, 0], pairs[:, 1]])
    for (i, j), log_p in zip(pairs.tolist(), found, strict=True):
        assert math.exp(log_p) == pytest.approx(plain_tail(chances[:, i] * chances[:, j], together[i, j]), rel=1e-7)


def test_expected_hosts_and_the_lower_tail_host_by_host() -> None:
    """The same the other way round, with the chances of the reference package, and as many or fewer by one."""
    population = davis()
    women = {f"w{w}": {f"e{e:02}" for e in np.flatnonzero(row)} for w, row in enumerate(population)}
    model, together = null_model(matrix(women)), population.T @ population
    k, d = population.sum(axis=1).tolist(), population.sum(axis=0).tolist()
    chances = np.array([[REFERENCE[WOMEN.index(own)][EVENTS.index(other)] for other in d] for own in k])
    pairs = np.array([(i, j) for i in range(14) for j in range(i + 1, 14)])
    counts = together[pairs[:, 0], pairs[:, 1]]
    assert set(counts.tolist()) >= {0, 1, 2, 9}
    expected, fewer, more = model.expected(pairs), model.log_fewer(pairs, counts), model.log_more(pairs, counts + 1)
    for row, (i, j) in enumerate(pairs.tolist()):
        both = chances[:, i] * chances[:, j]
        assert expected[row] == pytest.approx(both.sum(), abs=2e-5)
        assert math.exp(fewer[row]) == pytest.approx(sum(plain_terms(both)[: counts[row] + 1]), abs=2e-5)
    assert np.exp(fewer) + np.exp(more) == pytest.approx(np.ones(len(pairs)), rel=1e-9)
    # Alike hosts expect the fewest (Chebyshev's inequality for sums).
    alike = null_model(matrix(women), "hypergeometric").expected(pairs)
    assert alike.tolist() == pytest.approx([d[i] * d[j] / 18 for i, j in pairs.tolist()])
    assert (expected > alike).all()


def test_fewer_hosts_than_alike_ones_would_give() -> None:
    """A and B on 3 hosts or fewer of the 15 ways to draw 4 of 6: 15 less the 1 with 4; B and C on 2 or fewer: 16 of 20.

    And against scipy where hosts are many.
    """
    found = null_model(matrix(SIX), "hypergeometric").log_fewer(np.array([[0, 1], [1, 2]]), np.array([3, 2]))
    assert np.exp(found) == pytest.approx([14 / 15, 16 / 20])
    model = Alike(8_141, np.array([5_830, 5_811, 40, 3]))
    pairs = np.array([[0, 1], [0, 1], [0, 2], [2, 3], [2, 3], [0, 3]])
    counts = np.array([3_946, 4_170, 20, 0, 1, 3])
    a, b = model.hosts_per_item[pairs].T
    assert model.log_fewer(pairs, counts) == pytest.approx(hypergeom(8_141, a, b).logcdf(counts), rel=1e-7, abs=1e-12)
    assert model.expected(pairs) == pytest.approx(hypergeom(8_141, a, b).mean())


def test_hypergeometric_of_six_hosts_by_hand() -> None:
    """A on 4 of 6 hosts, B on 4: both on 3 or more with (4·2 + 1) / 15; B and C on 2 or more: (6·2 + 4) / 20."""
    found = null_model(matrix(SIX), "hypergeometric").log_more(np.array([[0, 1], [1, 2]]), np.array([3, 2]))
    assert np.exp(found) == pytest.approx([9 / 15, 16 / 20])


def test_three_items_take_the_product_of_their_chances() -> None:
    own = matrix(SIX)
    population = np.array([[label in items for label in own.labels] for items in SIX.values()], np.int64)
    chances = fitted(population)
    found = null_model(own).log_more(np.array([[0, 1, 2]]), np.array([1]))
    assert math.exp(found[0]) == pytest.approx(plain_tail(chances.prod(axis=1), 1), rel=1e-9)


def test_without_hosts_nothing_is_known() -> None:
    nobody = matrix({"1": set(), "2": set()}, {"A", "B"})
    for null in ("bicm", "hypergeometric"):
        model, pair, none = null_model(nobody, null), np.array([[0, 1]]), np.array([0])
        assert np.isnan([model.expected(pair), model.log_more(pair, none), model.log_fewer(pair, none)]).all()


def test_other_null_models_are_refused() -> None:
    with pytest.raises(UsageError, match="--null 'poisson': not a null model; choose from bicm, hypergeometric"):
        null_model(matrix(SIX), "poisson")
    with pytest.raises(UsageError, match="is about pairs, not 3 items"):
        check_null("hypergeometric", 3)


# Benjamini and Hochberg 1995, section 3.2: fifteen hypotheses on a treatment of myocardial infarction.
PAPER = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.3240,
    0.4262,
    0.5719,
    0.6528,
    0.7590,
    1.0,
]


def test_the_example_of_benjamini_and_hochberg() -> None:
    """At 0.05 their procedure rejects four: 0.0095 <= 4/15·0.05 = 0.013, 0.0201 > 5/15·0.05 = 0.0167."""
    q = benjamini_hochberg(PAPER)
    assert int((q <= 0.05).sum()) == 4
    assert q[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    # Steps down: 0.0344·15/8 = 0.0645 < 0.0298·15/7 < 0.0278·15/6.
    assert q[5:8] == pytest.approx([0.0639, 0.0639, 0.0645], abs=5e-4)
    assert q[-1] == 1


@given(st.lists(st.floats(0, 1), max_size=30), st.randoms())
def test_q_values_by_definition(p: list[float], random: object) -> None:
    """q of i is the least of m·p_j / rank_j over all j with p_j >= p_i, with ranks that count ties."""
    m = len(p)
    expected = [min([1.0, *(m * x / sum(y <= x for y in p) for x in p if x >= own)]) for own in p]
    assert benjamini_hochberg(p).tolist() == pytest.approx(expected, rel=1e-12)


def planted(seed: int) -> tuple[dict[str, set[str]], set[tuple[int, int]]]:
    """Hosts of very different sizes with 30 independent items, of which six go in pairs on some of the hosts."""
    random = np.random.default_rng(seed)
    odds = np.outer(random.lognormal(0, 1, 1_500), np.concatenate([np.full(6, 0.05), random.lognormal(-3, 0.7, 24)]))
    drawn = random.random(odds.shape) < odds / (1 + odds)
    pairs = {(0, 1), (2, 3), (4, 5)}
    for a, b in pairs:
        drawn[random.random(1_500) < 0.04, a : b + 1] = True
    return {f"h{h}": {f"i{i:02}" for i in np.flatnonzero(row)} for h, row in enumerate(drawn)}, pairs


def test_planted_pairs_are_found_and_few_others() -> None:
    """Twenty populations: all planted pairs under q 0.05, and the mean share of false discoveries within 0.05."""
    shares = []
    for seed in range(20):
        hosts, pairs = planted(seed)
        own = matrix(hosts)
        together = np.asarray((own.matrix.T @ own.matrix).todense())
        index = np.array([(i, j) for i in range(30) for j in range(i + 1, 30) if together[i, j]])
        q = benjamini_hochberg(np.exp(null_model(own).log_more(index, together[index[:, 0], index[:, 1]])))
        found = {(int(i), int(j)) for (i, j), value in zip(index, q, strict=True) if value < 0.05}
        assert pairs <= found
        shares.append(len(found - pairs) / len(found))
    assert float(np.mean(shares)) <= 0.05
