"""How much an endpoint should worry its owner: one of the words that Shadowserver's reports use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from cohabit.queries.advisories import SEVERITIES, load_advisories, worst
from cohabit.queries.endpoints import Endpoint


def severity_rule() -> Callable[[Endpoint], str]:
    """The rule, as a function of an endpoint: the worst of what is known.

    The worst bundled advisory that its version falls under; high where a model can call tools (it can act, not only
    write); medium where anybody gets a list of models; else low.
    """
    advisories = load_advisories()

    @cache
    def of_version(software: str, version: str) -> str | None:
        return worst(software, version, advisories)

    def severity(endpoint: Endpoint) -> str:
        known = ["low"]
        if endpoint.listed:
            known.append("medium")
        if "tools" in endpoint.capabilities:
            known.append("high")
        if endpoint.software and endpoint.version and (found := of_version(endpoint.software, endpoint.version)):
            known.append(found)
        return min(known, key=SEVERITIES.index)

    return severity


def counted(severities: Sequence[str]) -> str:
    """`2 critical, 5 high`."""
    parts = [f"{severities.count(word):,} {word}" for word in SEVERITIES if word in severities]
    return ", ".join(parts)
