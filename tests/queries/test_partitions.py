"""Distances, clusterings and their comparison: by hand, and against scipy."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from cohabit.queries import partitions


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], 1.0),
        ([0, 0, 1, 1], [1, 1, 0, 0], 1.0),
        # 6 pairs, 2 together in the one, 1 in the other, 1 in both: (1 − 2/6) / (1.5 − 2/6) = 4/7.
        ([0, 0, 1, 1], [0, 0, 1, 2], 4 / 7),
        # Of 2 and 2 pairs none in common: (0 − 4/6) / (2 − 4/6).
        ([0, 0, 1, 1], [0, 1, 0, 1], -0.5),
        ([0, 0, 0, 0], [0, 1, 2, 3], 0.0),
        ([0, 0, 0], [0, 0, 0], 1.0),
        ([0, 1, 2], [2, 1, 0], 1.0),
        ([0], [0], 1.0),
        ([], [], 1.0),
    ],
)
def test_adjusted_rand_by_hand(first: list[int], second: list[int], expected: float) -> None:
    assert partitions.adjusted_rand(first, second) == pytest.approx(expected)
    assert partitions.adjusted_rand(second, first) == pytest.approx(expected)


def test_jensen_shannon_by_hand_and_as_scipy_has_it() -> None:
    profiles = np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5], [0.2, 0.3, 0.5]])
    found = partitions.distance_matrix(profiles)
    assert found[0, 1] == 1
    # Half of one thing, half of two: the divergence is 3/2 − (3/4)·log2(3).
    assert found[0, 2] == pytest.approx(math.sqrt(1.5 - 0.75 * math.log2(3)))
    assert found[3, 4] == 0
    for i, j in combinations(range(5), 2):
        assert found[i, j] == found[j, i] == pytest.approx(jensenshannon(profiles[i], profiles[j], 2), abs=1e-7)
    assert partitions.jensen_shannon(profiles, profiles[3]).tolist() == found[:, 3].tolist()


def test_silhouette_by_hand() -> None:
    # On a line at 0, 1 and 5; the first two together. 0: a = 1, b = 5; 1: a = 1, b = 4; 5 is alone: 0.
    points = np.array([0.0, 1.0, 5.0])
    distances = np.abs(points[:, None] - points)
    assert partitions.silhouette(distances, np.array([0, 0, 1])) == pytest.approx((4 / 5 + 3 / 4 + 0) / 3)
    assert partitions.silhouette(distances, np.array([0, 0, 0])) == 0
    assert partitions.silhouette(np.zeros((4, 4)), np.array([0, 0, 1, 1])) == 0


def test_the_best_cut_finds_the_groups_there_are() -> None:
    points = np.array([0, 0.1, 0.2, 5, 5.1, 9, 9.1, 9.3])
    labels = partitions.best_cut(np.abs(points[:, None] - points))
    assert partitions.adjusted_rand(labels, [0, 0, 0, 1, 1, 2, 2, 2]) == 1
    assert partitions.best_cut(np.zeros((5, 5))).tolist() == [0] * 5
    assert partitions.best_cut(np.array([[0, 1], [1, 0]])).tolist() == [0, 0]
    assert partitions.best_cut(np.zeros((0, 0))).tolist() == []


def test_average_linkage_joins_by_the_mean_distance() -> None:
    # On a line: 0 and 2 first (2); then 5 to them is (5 + 3) / 2 = 4, and 10 to all three (10 + 8 + 5) / 3.
    points = np.array([0.0, 2.0, 5.0, 10.0])
    tree = partitions.average_linkage(np.abs(points[:, None] - points))
    assert tree[:, 2] == pytest.approx([2, 4, 23 / 3])
    assert len(set(partitions.cut(tree, 2).tolist())) == 2
    assert partitions.adjusted_rand(partitions.cut(tree, 3), [0, 0, 1, 2]) == 1
