"""Grouping things by distance, how well that fits, and how alike two groupings are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cohabit.graph.incidence import Integers
from cohabit.queries.measures import Floats

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_CLUSTERS = 20


def adjusted_rand(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Adjusted Rand index of two groupings (labels from 0) of the same things (Hubert & Arabie 1985).

    1: the same groups, 0: as alike as chance makes them. 1 also where both groupings are trivial alike.
    """
    a, b = np.asarray(first, np.int64), np.asarray(second, np.int64)
    if len(a) < 2:
        return 1.0
    table = np.bincount(a * (int(b.max()) + 1) + b)
    together, in_a, in_b = (float((n * (n - 1) / 2).sum()) for n in (table, np.bincount(a), np.bincount(b)))
    expected = in_a * in_b / (len(a) * (len(a) - 1) / 2)
    most = (in_a + in_b) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def jensen_shannon(profiles: Floats, centre: Floats) -> Floats:
    """Jensen–Shannon distance of each profile (row, summing to 1) to another one, from 0 to 1.

    The square root of the divergence to base 2 (Lin 1991; Endres & Schindelin 2003), so that it is a metric.
    """
    return _distances(profiles, _entropy(profiles), centre, _entropy(centre))


def distance_matrix(profiles: Floats) -> Floats:
    """Jensen–Shannon distances between all profiles."""
    size = len(profiles)
    distances = np.zeros((size, size))
    entropies = _entropy(profiles)
    for i in range(size - 1):
        others = slice(i + 1, None)
        found = _distances(profiles[others], entropies[others], profiles[i], entropies[i])
        distances[i, others] = distances[others, i] = found
    return distances


def _distances(profiles: Floats, entropies: Floats, centre: Floats, entropy: Floats) -> Floats:
    divergence = _entropy((profiles + centre) / 2) - (entropies + entropy) / 2
    # Rounding can take it a hair out of its range.
    distance: Floats = np.sqrt(np.clip(divergence, 0.0, 1.0))
    return distance


def _entropy(profiles: Floats) -> Floats:
    # The floor only serves the zeros, which add nothing.
    entropy: Floats = -(profiles * np.log2(np.maximum(profiles, 1e-300))).sum(axis=-1)
    return entropy


def average_linkage(distances: Floats) -> Any:
    """Tree of average linkage (UPGMA; Sokal & Michener 1958), as scipy has it; two things or more."""
    from scipy.cluster.hierarchy import linkage

    return linkage(distances[np.triu_indices(len(distances), 1)], "average")


def cut(tree: Any, number: int) -> Integers:
    """Cut a tree into that many groups (fewer where joins at the same height leave no choice), labels from 0."""
    from scipy.cluster.hierarchy import fcluster

    return np.asarray(fcluster(tree, number, "maxclust"), np.int64) - 1


def silhouette(distances: Floats, labels: Integers) -> float:
    """Mean silhouette width (Rousseeuw 1987); things alone in their group count 0, and so does a single group."""
    sizes = np.bincount(labels)
    if len(sizes) < 2:
        return 0.0
    everything = np.arange(len(labels))
    sums = distances @ (labels[:, None] == np.arange(len(sizes)))
    own = sums[everything, labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / sizes
    means[everything, labels] = np.inf
    nearest = means.min(axis=1)
    widest = np.maximum(own, nearest)
    width = np.divide(nearest - own, widest, out=np.zeros(len(labels)), where=widest > 0)
    return float(np.where(sizes[labels] == 1, 0.0, width).mean())


def best_cut(distances: Floats) -> Integers:
    """Groups by average linkage, as many (2 to 20) as give the largest mean silhouette; the fewest of equals.

    One group where there are fewer than three things, or where all are alike.
    """
    size = len(distances)
    one = np.zeros(size, np.int64)
    if size < 3 or float(distances.max()) < 1e-6:
        return one
    tree = average_linkage(distances)
    cuts = [cut(tree, number) for number in range(2, min(MOST_CLUSTERS, size - 1) + 1)]
    widths = [round(silhouette(distances, labels), 12) for labels in cuts]
    return cuts[widths.index(max(widths))]
