"""What a report says of known vulnerabilities: hosts by severity, by advisory, and the versions of their servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cohabit.graph.store import GraphStore
from cohabit.maps.charts import Dot
from cohabit.queries.advisories import SEVERITIES, bundled
from cohabit.queries.listed import read_listed, shares
from cohabit.queries.result import Result, Row, result
from cohabit.queries.risks import (
    NO_ADVISORY,
    OTHER_SOFTWARE,
    VERSION_UNKNOWN,
    VULNERABLE,
    risks,
    versions_told,
)
from cohabit.queries.scope import Scope
from cohabit.queries.servers import seen_last
from cohabit.queries.words import percent

SHOWN = 10
_SHARING = {
    NO_ADVISORY: NO_ADVISORY,
    VERSION_UNKNOWN: VERSION_UNKNOWN,
    OTHER_SOFTWARE: "no such software seen",
}
"""What shares the hosts with those that any advisory is about, as the report calls it."""
_WORDS = {VULNERABLE: "any", **{f"{VULNERABLE}: {severity}": severity for severity in SEVERITIES}, **_SHARING}

Answered = Callable[..., Result]
"""Gives an answer as the report may say it: its question, the answer, and the options it was asked with."""


@dataclass(frozen=True)
class Concern:
    """An advisory: its number, the versions that it is about, how bad it is, and the hosts with such a version."""

    id: str
    about: str
    severity: str
    summary: str
    hosts: Dot


@dataclass(frozen=True)
class Vulnerabilities:
    """All figures are of the hosts whose list was seen; `affected` is None where none may be said or none is there.

    `severities` have a row for any advisory at all, and for what shares the hosts with it. `told` says whether any
    server told a version that can be compared, `unknown` whether one that may fall under an advisory told none.
    """

    affected: Dot | None
    severities: tuple[Dot, ...]
    versions: tuple[Dot, ...]
    advisories: tuple[Concern, ...]
    told: bool
    unknown: bool
    caveat: str

    @property
    def sentence(self) -> str:
        """How many hosts any advisory is about, with interval and base; empty where none may be said."""
        if self.affected is None:
            return ""
        share, low, high = self.affected.share, self.affected.low, self.affected.high
        return (
            f"{'At least ' if self.unknown else ''}{percent(share)} of the hosts whose list was seen (95 % interval "
            f"{low * 100:.1f} % to {high * 100:.1f} %) run a server version that an advisory is about: "
            f"{self.affected.note}."
        )


def vulnerabilities(store: GraphStore, scope: Scope, answered: Answered, name: Callable[[str], str]) -> Vulnerabilities:
    """Ask for them; `name` turns what a server said into what may be shown of it."""
    asked = risks(store, kind="version", scope=scope)
    rows = {row["condition"]: row for row in answered("risks", asked, kind="version").rows if row["hosts"]}
    concerns = []
    for advisory_id in dict.fromkeys(advisory.id for advisory in bundled()):
        own = [advisory for advisory in bundled() if advisory.id == advisory_id]
        if advisory_id in rows:
            about = "; ".join(f"{advisory.software} {' or '.join(advisory.affected)}" for advisory in own)
            worst = min((advisory.severity for advisory in own), key=SEVERITIES.index)
            concerns.append(Concern(advisory_id, about, worst, own[0].summary, _dot(advisory_id, rows[advisory_id])))
    concerns.sort(key=lambda one: (-one.hosts.share, SEVERITIES.index(one.severity), one.id))
    versions = answered("rank", _versions(store, scope, name), by="software").rows
    return Vulnerabilities(
        affected=_dot(VULNERABLE, rows[VULNERABLE]) if VULNERABLE in rows else None,
        severities=tuple(_dot(label, rows[condition]) for condition, label in _WORDS.items() if condition in rows),
        versions=tuple(_dot(row["place"], row) for row in versions if row["hosts"])[:SHOWN],
        advisories=tuple(concerns[:SHOWN]),
        # None at all is no small number: a report for everybody says so, too.
        told=versions_told(asked.rows),
        unknown=VERSION_UNKNOWN in rows,
        caveat=asked.caveats[0] if asked.caveats else "",
    )


def _versions(store: GraphStore, scope: Scope, name: Callable[[str], str]) -> Result:
    """Hosts by software and version seen last on any of their ports, as `rank --by software` has them by software."""
    hosts = read_listed(store, scope).hosts
    found: dict[str, set[int]] = {}
    for software, version, keys in seen_last(store):
        label = name(f"{software} {version}" if version else f"{software}, not told")
        found.setdefault(label, set()).update(np.flatnonzero(np.isin(hosts, keys)).tolist())
    order = sorted((-len(own), label) for label, own in found.items() if own)
    figures = shares([-number for number, _ in order], len(hosts))
    rows: list[Row] = [{"place": label, **figure} for (_, label), figure in zip(order, figures, strict=True)]
    return result(("place", "hosts", "share", "low", "high", "base"), rows)


def _dot(label: str, row: Row) -> Dot:
    return Dot(label, row["share"], row["low"], row["high"], f"{row['hosts']:,} of {row['base']:,}")
