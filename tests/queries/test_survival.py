"""Kaplan–Meier: the leukaemia trial of the textbooks, statsmodels, and loops over single lives."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from cohabit.queries.lives import lives_of, numbered
from cohabit.queries.survival import Survival, kaplan_meier
from cohabit.queries.windows import TimeWindow
from cohabit.timeline import weeks_from

# Freireich et al. (1963) as in Gehan (1965): weeks of remission; negative: censored.
MERCAPTOPURINE = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
# Week: survival, standard error of Greenwood (Kleinbaum and Klein, Survival Analysis, chapter 2; Collett, chapter 2).
TABLE = {
    6: (0.8571, 0.0764),
    7: (0.8067, 0.0869),
    10: (0.7529, 0.0963),
    13: (0.6902, 0.1068),
    16: (0.6275, 0.1141),
    22: (0.5378, 0.1282),
    23: (0.4482, 0.1346),
}


def of(times: list[int], entry: list[int] | None = None) -> Survival:
    exits = np.array([abs(t) for t in times], np.int64)
    return kaplan_meier(np.array(entry or [0] * len(times), np.int64), exits, np.array([t > 0 for t in times]))


def test_the_leukaemia_trial() -> None:
    curve = of(MERCAPTOPURINE)
    at = {int(age): i for i, age in enumerate(curve.ages)}
    for week, (survival, error) in TABLE.items():
        i = at[week]
        assert curve.survival[i] == pytest.approx(survival, abs=5e-5)
        # The interval is S^exp(±z·se / (S·ln S)), with the standard error of the table.
        reach = 1.959964 * error / (survival * math.log(survival))
        assert curve.low[i] == pytest.approx(survival ** math.exp(-reach), abs=4e-4)
        assert curve.high[i] == pytest.approx(survival ** math.exp(reach), abs=4e-4)
    assert (curve.at_risk[at[6]], curve.ended[at[6]], curve.censored[at[6]]) == (21, 3, 1)
    assert curve.half(curve.survival) == 23
    assert (curve.half(curve.low), curve.half(curve.high)) == (13, None)


def test_without_censoring_it_is_the_share_that_is_left() -> None:
    curve = of(PLACEBO)
    for age, survival in zip(curve.ages.tolist(), curve.survival.tolist(), strict=True):
        assert survival == pytest.approx(sum(t > age for t in PLACEBO) / 21)
    assert curve.half(curve.survival) == 8
    assert math.isnan(curve.low[-1])
    assert math.isnan(curve.high[-1])


def test_words_are_of_an_age_with_enough_at_risk() -> None:
    """Of 40 lives 10 end at 1, and after it 22 (then 30, then 30 and more of them) are at risk.

    3/4 survive, with Greenwood's variance of ln S 10/(40·30); ln(−ln S) ± 1.96·√(1/120)/|ln 0.75| gives 59 % to 86 %.
    """

    def said(exits: list[tuple[int, int, bool]], left_out: int = 3, entry: int = 0) -> str:
        out = np.array([age for number, age, _ in exits for _ in range(number)])
        ended = np.array([end for number, _, end in exits for _ in range(number)])
        curve = kaplan_meier(np.full(len(out), entry), out, ended)
        return curve.in_words("40 hosts", left_out, over="are gone", on="are still there")

    share = "75 % (95 %: 59 % to 86 %) of 40 hosts (3 more left out) are still there"
    # All that are left end at the age of 2 weeks, 22 of them: the curve falls to 0, and nothing is said of it.
    few = [(10, 1, True), (8, 1, False), (22, 2, True)]
    assert said(few) == f"After 1 week {share}, with 40 at risk; later, fewer than 30 are."
    assert said([(10, 1, True), (1, 1, False), (29, 2, True)]).startswith(f"After 1 week {share}, with 40 at risk;")
    # With 30 the same fall is the median.
    assert (
        said([(10, 1, True), (30, 2, True)])
        == "Half of 40 hosts (3 more left out) are gone after 2 weeks (95 %: 2 to 2)."
    )
    stayed = said([(10, 1, True), (30, 5, False)], 0)
    assert stayed == (
        "After 5 weeks 75 % (95 %: 59 % to 86 %) of 40 hosts are still there, with 30 at risk; half of them or more "
        "outlive the data."
    )
    assert said([(40, 3, False)], 0).startswith("After 3 weeks 100 % of 40 hosts are still there, with 40 at risk;")
    assert said([(29, 4, True)]) == (
        "Too few to quote a share: of 40 hosts (3 more left out), 29 are at risk at 4 weeks, and it takes 30."
    )


def plain(lives: list[tuple[int, int, bool]]) -> dict[int, tuple[int, int, Fraction]]:
    """Age: at risk, ended, and survival, by counting."""
    survival, rows = Fraction(1), {}
    for age in sorted({out for _, out, _ in lives}):
        risk = sum(entry < age <= out for entry, out, _ in lives)
        ended = sum(out == age and end for _, out, end in lives)
        survival *= 1 - Fraction(ended, risk)
        rows[age] = (risk, ended, survival)
    return rows


def test_late_entry_against_a_loop_and_statsmodels() -> None:
    rng = random.Random(3)
    for _ in range(20):
        lives = []
        for _ in range(60):
            entry = rng.choice([0, 0, rng.randint(1, 9)])
            lives.append((entry, entry + rng.randint(1, 15), rng.random() < 0.6))
        # The first ages are never empty, so that the curve does not fall to 0 at once.
        lives += [(0, 25, False)] * 3
        entry, out, end = (np.array(column) for column in zip(*lives, strict=True))
        curve = kaplan_meier(entry, out, end)
        expected = plain(lives)
        found = {
            int(a): (int(r), int(d), s)
            for a, r, d, s in zip(curve.ages, curve.at_risk, curve.ended, curve.survival, strict=True)
        }
        assert found == {a: (r, d, pytest.approx(float(s))) for a, (r, d, s) in expected.items()}
        other = SurvfuncRight(out.astype(float), end.astype(int), entry=entry.astype(float))
        position = {int(age): i for i, age in enumerate(curve.ages)}
        for age, survival, error in zip(other.surv_times, other.surv_prob, other.surv_prob_se, strict=True):
            i = position[int(age)]
            assert curve.survival[i] == pytest.approx(survival)
            if 0 < survival < 1:
                reach = 1.959963984540054 * error / (survival * math.log(survival))
                assert curve.low[i] == pytest.approx(survival ** math.exp(-reach))
                assert curve.high[i] == pytest.approx(survival ** math.exp(reach))


def lives(first: list[int], last: list[int], scanned: list[int], gone_after: int, weeks: list[int] | None) -> Any:
    window = TimeWindow(None if weeks is None else tuple(weeks))
    start = int(numbered(np.array([202510]))[0]) - 10
    return lives_of(np.array(first) + start, np.array(last) + start, np.array(scanned) + start, gone_after, window)


def test_lives_by_hand() -> None:
    """Scans in weeks 1, 2, 3, 5, 6, 8, 9; gone after 2 of them without a sighting, so week 6 is the last one known.

    | host | first | last | life                                              |
    |------|-------|------|---------------------------------------------------|
    | A    | 1     | 6    | left out: it was there in the first week          |
    | B    | 2     | 2    | one week, ended                                   |
    | C    | 2     | 6    | five weeks, ended: not seen in weeks 8 and 9      |
    | D    | 3     | 8    | still there after week 6: censored at four weeks  |
    | E    | 8     | 9    | too recent                                        |
    """
    scanned = [1, 2, 3, 5, 6, 8, 9]
    found = lives([1, 2, 2, 3, 8], [6, 2, 6, 8, 9], scanned, 2, None)
    assert (found.entry.tolist(), found.exit.tolist(), found.ended.tolist()) == (
        [0, 0, 0],
        [1, 5, 4],
        [True, True, False],
    )
    assert (found.left_out, found.too_recent) == (1, 1)
    # From week 3 on (2025-W03): B is over, C enters with one week behind it.
    late = lives([1, 2, 2, 3, 8], [6, 2, 6, 8, 9], scanned, 2, list(range(202503, 202520)))
    assert (late.entry.tolist(), late.exit.tolist(), late.ended.tolist()) == ([1, 0], [5, 4], [True, False])
    # Up to week 5: C and D were there after it.
    early = lives([1, 2, 2, 3, 8], [6, 2, 6, 8, 9], scanned, 2, [202501, 202502, 202503, 202504, 202505])
    assert (early.exit.tolist(), early.ended.tolist()) == ([1, 4, 3], [True, False, False])
    assert lives([1], [2], scanned, 7, None) is None
    assert lives([1], [2], scanned, 2, [202508, 202509]) is None


def test_the_curve_of_a_known_population() -> None:
    """Half of the hosts stay 2 weeks on average, half 20, seen in every one of 60 weeks: the curve is the known one.

    Those that are there in the middle are mostly of the long-lived kind. Late entry puts that right; to take them for
    new ones does not.
    """
    rng = np.random.default_rng(8)
    first = rng.integers(-200, 60, 200_000)
    length = rng.geometric(np.where(rng.random(len(first)) < 0.5, 0.5, 0.05))
    last = np.minimum(first + length - 1, 59)
    seen = last >= 0
    start = int(numbered(np.array([202501]))[0])
    first, last = np.maximum(first[seen], 0) + start, last[seen] + start
    scanned = np.arange(60) + start
    late = TimeWindow(tuple(weeks_from(202530, 202620)))
    for window in (TimeWindow(None), late):
        found = lives_of(first, last, scanned, 4, window)
        assert found is not None
        curve = kaplan_meier(found.entry, found.exit, found.ended)
        for week in (1, 2, 5, 10, 20):
            known = 0.5 * 0.5**week + 0.5 * 0.95**week
            assert curve.survival[week - 1] == pytest.approx(known, abs=0.015), (window, week)
        assert curve.half(curve.survival) == 3
    assert np.count_nonzero(found.entry) > 3000
    as_if_new = kaplan_meier(np.zeros_like(found.entry), found.exit, found.ended)
    assert as_if_new.survival[4] > 0.5 * 0.5**5 + 0.5 * 0.95**5 + 0.05
