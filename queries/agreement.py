"""How far two rankings of the same items agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

PERSISTENCE = 0.9
"""Weight of a place against the one before it in rank-biased overlap: 86 % lie on the first ten."""


def kendall_tau_b(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Kendall's τ-b (Kendall 1945) of two lists of figures, which allows for ties; NaN where one list is all alike."""
    x, y = (np.sign(np.subtract.outer(v, v)) for v in (np.asarray(a, np.float64), np.asarray(b, np.float64)))
    ties = float(np.sqrt(np.sum(x**2) * np.sum(y**2)))
    return float(np.sum(x * y)) / ties if ties else float("nan")


def rank_biased_overlap(a: Sequence[str], b: Sequence[str], p: float = PERSISTENCE) -> float:
    """Rank-biased overlap of two rankings of equal length without ties, extrapolated (Webber, Moffat and Zobel 2010).

    0 is nothing in common, 1 the same order: the share in common of the first d places, weighed by p^d, for every d;
    beyond the lists the share is taken to stay as it is at their end. NaN for empty lists.
    """
    if not a:
        return float("nan")
    depth = len(a)
    seen_a: set[str] = set()
    seen_b: set[str] = set()
    total, overlap = 0.0, 0
    for d, (one, other) in enumerate(zip(a, b, strict=True), 1):
        seen_a.add(one)
        seen_b.add(other)
        overlap = len(seen_a & seen_b)
        total += overlap / d * p**d
    return overlap / depth * p**depth + (1 - p) / p * total
