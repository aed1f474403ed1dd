"""What the rules of several questions are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cohabit.queries.protection import Protection
from cohabit.queries.publishing import Compute, Rule, Share
from cohabit.queries.result import Row

Options = Mapping[str, Any]
Chooser = Callable[[Options], "Rule | Refused"]

# Each host is in one of them; it can run several kinds of software.
PARTITIONS = frozenset({"country", "network", "provider", "provider-kind"})
SHARE = Share("share", low="low", high="high")


@dataclass(frozen=True)
class Refused:
    """Why an answer is not published, and what to ask instead."""

    reason: str


HOSTS = Refused("its rows are single hosts, and those are not for everybody; `rank` and `cooccurrence` count them")


def additive(by: str | None) -> tuple[str, ...]:
    """The key whose groups make up a total that can be known: places of which each host is in one."""
    return ("place",) if by in PARTITIONS else ()


def measured(measure: Callable[..., Any], *names: str) -> Compute:
    """A measure of published columns; None where one of them, or the measure, is not there."""

    def compute(row: Row, _protection: Protection) -> float | None:
        if any(row[name] is None for name in names):
            return None
        value = float(measure(*(row[name] for name in names)))
        return value if value == value else None

    return compute
