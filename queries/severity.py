"""How much a server should worry its owner, which advisories say so, and which version ends it.

The words are those of Shadowserver's reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.queries.advisories import SEVERITIES, bundled, fixing, holding
from cohabit.text import visible

LEAST, LISTED, ABLE = "low", "medium", "high"
"""Severity of any server, of one that gives anybody a list of models, of one with a model that can call tools."""
TOOLS = "tools"
"""The capability of the last of them."""


@dataclass(frozen=True)
class Worry:
    """`severity` is the worst of what is known; `advisories` are identifiers, worst first.

    `fixed_in` is the version to update to: the lowest that none of the listed advisories is about; None where no
    advisory holds, or none of them says in which version it ends.
    """

    severity: str
    advisories: tuple[str, ...]
    fixed_in: str | None


@lru_cache(maxsize=10_000)  # few answers for many servers, and every format asks several times
def worry_of(software: str | None, version: str | None, listed: bool, tools: bool) -> Worry:
    """The rule: the worst bundled advisory that the version falls under; high where a model can call tools (it can act,
    not only write); medium where anybody gets a list of models; else low.
    """
    known = [LEAST]
    if listed:
        known.append(LISTED)
    if tools:
        known.append(ABLE)
    found = holding(software, version, bundled()) if software and version else []
    known += [advisory.severity for advisory in found]
    fixed = fixing(software, version, bundled()) if software and version else None
    return Worry(min(known, key=SEVERITIES.index), tuple(advisory.id for advisory in found), fixed)


def parse_severity(text: str) -> str:
    """Read a level in any case, or raise UsageError."""
    level = text.strip().casefold()
    if level not in SEVERITIES:
        raise UsageError(f"--severity {visible(text, 40)!r}: {among(text, SEVERITIES)}")
    return level


def at_least(level: str) -> tuple[str, ...]:
    """That level and all worse ones."""
    return SEVERITIES[: SEVERITIES.index(level) + 1]


def counted(severities: Sequence[str]) -> str:
    """`2 critical, 5 high`."""
    parts = [f"{severities.count(word):,} {word}" for word in SEVERITIES if word in severities]
    return ", ".join(parts)
