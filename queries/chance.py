"""Whether a pair is on more or fewer hosts than independent items would give, in words."""

from __future__ import annotations

import math
from typing import NamedTuple

from cohabit.graph.incidence import Integers, ItemMatrix
from cohabit.queries.null_models import Alike, NullModel
from cohabit.queries.words import count, plural

GATE = 0.01
"""A probability under it is a difference."""
_FEWER = "fewer than"


class Chance(NamedTuple):
    """What is said of a pair (nothing without a host in the base), and whether it is on fewer hosts than by chance."""

    sentence: str = ""
    fewer: bool = False


def compared(matrix: ItemMatrix, model: NullModel, pair: Integers, together: Integers, q: float) -> Chance:
    """Judge one pair, `pair` (1, 2), that is on `together` (1,) hosts, with its q.

    More is what the null model finds more, fewer what it would be if hosts were alike. Of all null models the one of
    alike hosts expects the fewest hosts with both (chances of two items that rise together with the size of the host
    have a mean product of at least the product of their means), and the configuration model rather too many: so each
    side has the model that makes it harder.
    """
    if not matrix.base:
        return Chance()
    alike = Alike(matrix.base, matrix.hosts_per_item)
    doubt, found, log_p = "", "about as many as", 0.0
    more, fewer = float(model.log_more(pair, together)[0]), float(alike.log_fewer(pair, together)[0])
    if math.exp(more) < GATE:
        found, log_p = "more than", more
        if not q < GATE:
            doubt = f", but not beyond chance among all pairs tested (q = {q:.2g})"
    elif math.exp(fewer) < GATE:
        found, log_p = _FEWER, fewer
    level = matrix.level.replace("-", " ")
    base = f"the {count(matrix.base, 'host')} with a known {level}"
    least, own = (number(float(one.expected(pair)[0])) for one in (alike, model))
    told = f"(expected {_expected(least, own, log_p, found)}){doubt}."
    return Chance(f" That is {found} independent {plural(level)} would give on {base} {told}", found == _FEWER)


def _expected(least: str, own: str, log_p: float, found: str) -> str:
    """The hosts that either model expects, and beside that of the model whose it is the probability."""
    if not log_p:
        return least if least == own else f"{least}, or {own} by the sizes of hosts"
    chance = f", p {_probability(log_p)}"
    if least == own:
        return least + chance
    of_alike, of_own = (chance, "") if found == _FEWER else ("", chance)
    return f"{least} if independent{of_alike}; {own} by the sizes of hosts{of_own}"


def _probability(log_p: float) -> str:
    """`= 0.0021`, `= 2e-33`, `< 1e-300`."""
    return "< 1e-300" if log_p < math.log(1e-300) else f"= {math.exp(log_p):.2g}"


def number(value: float) -> str:
    """`1,191`, and `3.27` where a whole number would say too little."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
