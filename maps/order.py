"""An order of items in which similar ones stand side by side."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def similar_together(number: int, similarities: Iterable[tuple[int, int, float]]) -> list[int]:
    """Return the items 0 … number−1 in the leaf order of average linkage (optimal ordering, Bar-Joseph et al. 2001).

    `similarities` are (item, item, 0 … 1), 0 where there is none; items beyond `number` are ignored.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if number < 3:
        return list(range(number))
    distance = np.ones((number, number))
    for a, b, value in similarities:
        if a < number and b < number:
            distance[a, b] = distance[b, a] = 1.0 - value
    np.fill_diagonal(distance, 0.0)
    leaves: list[int] = leaves_list(linkage(squareform(distance), "average", optimal_ordering=True)).tolist()
    # Either end may come first: the largest item (the first) decides.
    return leaves if leaves.index(0) < number / 2 else leaves[::-1]
