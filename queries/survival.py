"""The estimate of Kaplan and Meier for lives that are seen from some age on and up to some age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cohabit.graph.incidence import Integers
from cohabit.queries.measures import Z95, Floats
from cohabit.queries.result import Row
from cohabit.queries.words import count, percent

ENOUGH = 30
"""At risk at an age that a sentence quotes: with fewer, the curve hangs on single lives, and its interval is shaky."""
COLUMNS = ("weeks", "at_risk", "ended", "censored", "survival", "low", "high")


@dataclass(frozen=True)
class Survival:
    """One value an age: under observation at that age, ended at it, censored at it, and the share that lives longer.

    `low` and `high` are a 95 % interval; NaN where there is none (nothing has ended yet, or everything has).
    """

    ages: Integers
    at_risk: Integers
    ended: Integers
    censored: Integers
    survival: Floats
    low: Floats
    high: Floats

    def rows(self) -> list[Row]:
        """One row an age."""
        columns = (self.ages, self.at_risk, self.ended, self.censored, self.survival, self.low, self.high)
        return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*(c.tolist() for c in columns), strict=True)]

    def half(self, values: Floats) -> int | None:
        """First age after which `values` (the curve, or a bound of it) are at most one half; None if they never are.

        For the curve that is the median. The ages of both bounds are its 95 % interval (Brookmeyer and Crowley 1982);
        where a bound is undefined, the curve stands in for it.
        """
        reached = np.flatnonzero(np.where(np.isnan(values), self.survival, values) <= 0.5 + 1e-12)
        return int(self.ages[reached[0]]) if len(reached) else None

    def in_words(self, who: str, left_out: int, *, over: str, on: str) -> str:
        """The median, or else the share at the last age, of those up to which enough are at risk at every one.

        `who` are the lives, `left_out` how many more have no known beginning; `over` and `on` say that lives have ended
        or go on.
        """
        if left_out:
            who = f"{who} ({left_out:,} more left out)"
        few = np.flatnonzero(self.at_risk < ENOUGH)
        last = int(few[0]) - 1 if len(few) else len(self.ages) - 1
        if last < 0:
            return (
                f"Too few to quote a share: of {who}, {self.at_risk[0]:,} are at risk at "
                f"{count(int(self.ages[0]), 'week')}, and it takes {ENOUGH}."
            )
        median = self.half(self.survival)
        if median is not None and median <= self.ages[last]:
            low, high = self.half(self.low), self.half(self.high)
            until = "beyond the data" if high is None else high
            return f"Half of {who} {over} after {count(median, 'week')} (95 %: {low} to {until})."
        share = percent(float(self.survival[last]))
        if not np.isnan(self.low[last]):
            share += f" (95 %: {percent(float(self.low[last]))} to {percent(float(self.high[last]))})"
        further = "half of them or more outlive the data"
        if last < len(self.ages) - 1:
            further = f"later, fewer than {ENOUGH} are"
        return (
            f"After {count(int(self.ages[last]), 'week')} {share} of {who} {on}, with {self.at_risk[last]:,} at risk; "
            f"{further}."
        )


def kaplan_meier(entry: Integers, exit_: Integers, ended: npt.NDArray[np.bool_]) -> Survival:
    """Survival by age (Kaplan and Meier 1958) at every age at which a life ended or was censored.

    A life is under observation at ages over `entry` (left truncation: 0 from birth) up to `exit_`, when it ended or
    was censored; at equal ages ends come before censoring. The variance is Greenwood's (1926), the interval that of
    log(−log S) (Kalbfleisch and Prentice 1980; Klein and Moeschberger 2003, sections 4.3 and 4.6), which stays within
    0 and 1.
    """
    ages, index = np.unique(exit_, return_inverse=True)
    deaths = np.bincount(index, ended, minlength=len(ages)).astype(np.int64)
    leaving = np.bincount(index, ~ended, minlength=len(ages)).astype(np.int64)
    # At risk at age t: entered before t, and not gone before t.
    entered = np.searchsorted(np.sort(entry), ages, side="left")
    gone = np.searchsorted(np.sort(exit_), ages, side="left")
    at_risk = (entered - gone).astype(np.int64)
    survival: Floats = np.cumprod(1 - deaths / at_risk).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(deaths / (at_risk * (at_risk - deaths)))
        reach = Z95 * np.sqrt(greenwood) / np.log(survival)
        low, high = survival ** np.exp(-reach), survival ** np.exp(reach)
    defined = (survival > 0) & (survival < 1)
    return Survival(
        ages,
        at_risk,
        deaths,
        leaving,
        survival,
        np.where(defined, low, np.nan),
        np.where(defined, high, np.nan),
    )
