"""Five classes of a share, from light to dark: where one ends and the next begins, and how that reads."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

CLASSES = 5
# Shares that differ more than this are parted at equal ratios: else one class would hold 1 % and 30 %.
_SKEWED = 40
_ENDS = (1, 1.2, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10)


def cuts(shares: Sequence[float]) -> tuple[float, ...]:
    """Up to four shares, ascending, that part the given ones; two significant digits.

    Into about equal numbers, or at equal ratios where the largest is more than forty times the smallest.
    """
    found = sorted(share for share in shares if share > 0)
    if not found:
        return ()
    low, high = found[0], found[-1]
    if high / low > _SKEWED:
        limits = [low * (high / low) ** (i / CLASSES) for i in range(1, CLASSES)]
    else:
        limits = [found[len(found) * i // CLASSES] for i in range(1, CLASSES)]
    rounded = {float(f"{limit:.2g}") for limit in limits}
    return tuple(sorted(limit for limit in rounded if low < limit <= high))


def class_of(share: float, limits: Sequence[float]) -> int:
    """0 under the first limit, 1 from the first on …"""
    return bisect_right(limits, share)


def shades(limits: Sequence[float]) -> tuple[int, ...]:
    """The shade (0 light to 4 dark) of each class: few classes are spread over all shades."""
    last = len(limits)
    return tuple(round(i * (CLASSES - 1) / last) if last else CLASSES // 2 for i in range(last + 1))


def texts(limits: Sequence[float]) -> tuple[str, ...]:
    """What each class means: `under 12 %`, `12 % to 20 %` …, `35 % or more`; `any` where there is one class."""
    if not limits:
        return ("any",)
    shown = [f"{float(f'{limit * 100:.2g}'):g} %" for limit in limits]
    between = [f"{low} to {high}" for low, high in pairwise(shown)]
    return (f"under {shown[0]}", *between, f"{shown[-1]} or more")


def scale_end(highest: float) -> float:
    """Where a scale of shares ends: a round share beyond the highest, so that no interval looks cut; 1 at most."""
    beyond = max(highest, 1e-9) * 1.02
    power = 10.0 ** math.floor(math.log10(beyond))
    return min(1.0, next(round(step * power, 12) for step in _ENDS if step * power >= beyond))


def percent(share: float) -> str:
    """Two significant digits, more for 100: `0.034 %`, `2.0 %`, `12 %`."""
    value = Decimal(share * 100)
    if value <= 0:
        return "0 %"
    # Halves go up, as in the page's script.
    place = min(value.adjusted() - 1, 0)
    rounded = value.quantize(Decimal(1).scaleb(place), ROUND_HALF_UP)
    return f"{rounded.quantize(Decimal(1), ROUND_HALF_UP) if rounded >= 10 else rounded:f} %"
