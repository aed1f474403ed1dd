"""What a count of hosts may be said as, once figures are for everybody: the threshold K, and rounding to it.

Two rules of statistical disclosure control (Hundepool et al., Statistical Disclosure Control, Wiley 2012, ch. 4): a
count under the threshold is not said (primary suppression), and what is said leaves no way back to it (secondary
protection). Suppressing further cells is enough for a table that stands alone. Ours do not: families overlap, networks
belong to providers, months share hosts, and each command is asked on its own. So every number that is said is rounded
down to a multiple of K, and shares, intervals and measures are computed from what is said.

Down, and not to the nearest: with m·K standing for m·K to m·K + K − 1, a hidden part x of a published total T beside N
published parts is T − Σ aᵢ, and all that follows is ΔK − N(K − 1) ≤ x ≤ ΔK + K − 1, where Δ is a whole number. The
upper end is never under K − 1, and the lower one reaches it with N ≥ K − 1 parts only, all of them K − 1 above what is
said. Rounded to the nearest, two parts can be enough (28 = 12 + 12 + 4 is published as 30, 10, 10 with K = 5: x = 4).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from cohabit.errors import UsageError
from cohabit.graph.incidence import Integers

Label = TypeVar("Label")

LEAST = 5
"""With a smaller K two published parts of a total can be enough to know the third."""


@dataclass(frozen=True)
class Protection:
    """Publishing with the threshold `k`, LEAST or more; `secondary` False leaves the second rule out (for a test)."""

    k: int
    secondary: bool = True

    @property
    def other(self) -> str:
        """Name of the row that stands for the groups under the threshold."""
        return f"other (< {self.k:,})"

    @property
    def words(self) -> str:
        """What a title says."""
        return f"published with K = {self.k:,}"

    def count(self, number: int) -> int | None:
        """A count as it is published: the multiple of K that it reaches, None under K."""
        if number < self.k:
            return None
        return number // self.k * self.k if self.secondary else number

    def counts(self, numbers: Integers) -> Integers:
        """The same for an array, with 0 under K."""
        said = numbers // self.k * self.k if self.secondary else numbers
        return np.where(numbers < self.k, 0, said).astype(np.int64)

    def shown(self, sizes: Mapping[Label, int], hidden: Collection[Label] = ()) -> set[Label]:
        """Which groups of one total are shown; `hidden` ones are not, whatever their size.

        Nor are those under K; and where what they hold together would give one of them away, not the smallest of the
        others either. That is so of one group alone, of several that are under K together (their sum is a published
        row), and of several that are all as large as they can be.
        """
        shown = {label for label, size in sizes.items() if size >= self.k and label not in hidden}
        held = [size for label, size in sizes.items() if size and label not in shown]
        # By size, then by name: the choice must not hang on the order of the rows.
        rest = sorted(shown, key=lambda label: (sizes[label], str(label)), reverse=True)
        while self.secondary and held and rest and self._gives_away(held):
            label = rest.pop()
            shown.discard(label)
            held.append(sizes[label])
        return shown

    def _gives_away(self, held: list[int]) -> bool:
        return len(held) < 2 or sum(held) < self.k or min(held) == self.k - 1 == max(held)


def protection(k: int | None) -> Protection | None:
    """Read `--publish K`: None where nothing is to be changed (not given, or 1)."""
    if k is None or k == 1:
        return None
    if k < LEAST:
        raise UsageError(
            f"--publish {k}: it takes {LEAST} or more (10 is usual), or 1 for no change; less hides too little to keep "
            "sums from giving it away"
        )
    return Protection(k)
