"""How much an endpoint should worry its owner, and which advisories say so; in the words of Shadowserver's reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from cohabit.queries.advisories import SEVERITIES, Advisory, holding, load_advisories
from cohabit.queries.endpoints import Endpoint


@dataclass(frozen=True)
class Worry:
    """`severity` is the worst of what is known; `advisories` are identifiers, worst first."""

    severity: str
    advisories: tuple[str, ...]


def worry_rule() -> Callable[[Endpoint], Worry]:
    """The rule, as a function of an endpoint.

    The worst bundled advisory that its version falls under; high where a model can call tools (it can act, not only
    write); medium where anybody gets a list of models; else low.
    """
    advisories = load_advisories()

    # Few answers for many endpoints, and every format asks several times.
    @cache
    def of(software: str | None, version: str | None, listed: bool, tools: bool) -> Worry:
        known = ["low"]
        if listed:
            known.append("medium")
        if tools:
            known.append("high")
        found = holding(software, version, advisories) if software and version else []
        known += [advisory.severity for advisory in found]
        return Worry(min(known, key=SEVERITIES.index), tuple(advisory.id for advisory in found))

    return lambda e: of(e.software, e.version, e.listed, "tools" in e.capabilities)


def occurring(endpoints: Iterable[Endpoint], worry: Callable[[Endpoint], Worry]) -> list[Advisory]:
    """The advisories that the rows of these endpoints name, each once, worst first."""
    named = {(e.software, name) for e in endpoints for name in worry(e).advisories}
    found = [advisory for advisory in load_advisories() if (advisory.software, advisory.id) in named]
    return sorted(found, key=lambda a: (SEVERITIES.index(a.severity), a.id, a.software))


def counted(severities: Sequence[str]) -> str:
    """`2 critical, 5 high`."""
    parts = [f"{severities.count(word):,} {word}" for word in SEVERITIES if word in severities]
    return ", ".join(parts)
