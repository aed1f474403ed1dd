"""Numbers in sentences."""

from __future__ import annotations

import re

from cohabit.graph.incidence import Incidence, ItemMatrix

_LONG_DIGEST = re.compile(r"\A((?:digest:)?[0-9a-f]{12})[0-9a-f]{52}\Z")


def count(number: int, noun: str) -> str:
    """`1 host`, `40,694 hosts`, `4 countries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {plural(noun)}"


def plural(noun: str) -> str:
    """`hosts`, `countries`."""
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeiou" else noun + "s"


def percent(share: float) -> str:
    """`52 %`, with one decimal under 10 %, and `< 0.1 %` for what would round to nothing; `–` where undefined."""
    if share != share:
        return "–"
    value = share * 100
    if 0 < value < 0.1:
        return "< 0.1 %"
    return f"{value:.1f} %" if value < 10 else f"{value:.0f} %"


def points(difference: float) -> str:
    """`+2.4 points`: a difference of shares, in percentage points; `–` where undefined."""
    return "–" if difference != difference else f"{difference * 100:+.1f} points".replace("-", "−")


def short_digest(label: str) -> str:
    """A label for a sentence: of a digest its first 12 digits, which stand for the whole."""
    return _LONG_DIGEST.sub(r"\1", label)


def unknown_caveat(incidence: Incidence, matrix: ItemMatrix) -> tuple[str, ...]:
    """Say how many hosts run something that has no known item at this level."""
    unknown, total = len(matrix.unknown_hosts), incidence.hosts_with_models
    if not unknown:
        return ()
    return (
        f"{count(unknown, 'host')} ({percent(unknown / total)} of those with models) also or only run models "
        f"whose {matrix.level.replace('-', ' ')} is unknown; these models are left out.",
    )
