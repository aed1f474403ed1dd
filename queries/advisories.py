"""Versions of server software with known vulnerabilities: the bundled list, the user's own, and who runs them.

The facts are in ``advisories.toml`` beside this module; its header says what an entry holds. A version says no more
than that: a distribution can have mended it without a new number, and a proxy can answer with the version of another.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from cohabit.choices import close_to
from cohabit.errors import DataError, UsageError
from cohabit.graph.incidence import Integers
from cohabit.graph.store import GraphStore
from cohabit.queries.servers import seen_last
from cohabit.queries.toml_files import read_toml
from cohabit.queries.versions import Comparison, Version, parse_version
from cohabit.text import visible

if TYPE_CHECKING:
    from cohabit.queries.listed import Mask

_BUNDLED = "advisories.toml"
PLACE = "queries/advisories.toml"
"""Where the bundled list is in this package."""
ANY = "any"
SEVERITIES = ("critical", "high", "medium", "low")


class Advisory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """One vulnerability of one software: `affected` are ranges of versions, each a list of comparisons."""

    id: str
    software: str
    affected: list[str]
    severity: Literal["critical", "high", "medium", "low"]
    summary: str
    source: str

    @cached_property
    def ranges(self) -> list[list[Comparison]]:
        """The ranges, ready to compare; UsageError where one cannot be read."""
        return [[Comparison.parse(part) for part in text.split(",")] for text in self.affected]

    @cached_property
    def ends(self) -> list[tuple[Version, str]]:
        """The first versions behind the ranges, as far as they say one (`<0.8.5` does, `<=0.8.4` does not)."""
        parts = (part.strip() for text in self.affected for part in text.split(","))
        found = ((Comparison.parse(part), part) for part in parts)
        return [(one.version, part.removeprefix("<").strip()) for one, part in found if one.sign == "<"]

    def affects(self, version: str) -> bool:
        """Whether a version lies in one of the ranges."""
        return any(all(comparison.holds(version) for comparison in one) for one in self.ranges)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    advisory: list[Advisory]
    bundled: bool = True


def load_advisories(path: Path | None = None) -> list[Advisory]:
    """Read the bundled list and, with a path, the user's: it adds entries, and replaces those of the same id and
    software; `bundled = false` in it leaves the bundled ones out. DataError says what is wrong and where.
    """
    if path is None:
        return list(bundled())
    where = visible(str(path))
    try:
        own = _read(where, path.read_bytes())
    except OSError as error:
        raise DataError(f"{where}: the advisories cannot be read: {error.strerror}") from error
    chosen = {(a.id, a.software): a for a in (bundled() if own.bundled else ())}
    return list((chosen | {(a.id, a.software): a for a in own.advisory}).values())


@cache
def bundled() -> tuple[Advisory, ...]:
    """The bundled list."""
    return tuple(_read(_BUNDLED, importlib.resources.files(__package__).joinpath(_BUNDLED).read_bytes()).advisory)


def advisories_called(name: str) -> list[Advisory]:
    """The bundled advisories of that identifier, in any case, one for each software; `any` means all of them.

    UsageError for what is not in the list, with close ones and the list's place.
    """
    wanted = name.strip().casefold()
    found = [a for a in bundled() if wanted in (ANY, a.id.casefold())]
    if found:
        return found
    known = {a.id for a in bundled()}
    close = close_to(wanted, sorted(known), 3)
    hint = f" (close: {', '.join(close)})" if close else ""
    raise UsageError(
        f"--advisory {visible(name, 60)!r}: none of the {len(known):,} advisories in {PLACE}{hint}; `cohabit risks "
        "--kind version` lists them, and of any other one --software NAME --version RANGE chooses the hosts"
    )


def _read(where: str, content: bytes) -> _File:
    file = read_toml(where, "the advisories", content, _File)
    seen: set[tuple[str, str]] = set()
    for number, advisory in enumerate(file.advisory, 1):
        if problem := _problem(advisory, seen):
            raise DataError(f"{where}: advisory {number} ({visible(advisory.id, 60)}): {problem}")
        seen.add((advisory.id, advisory.software))
    return file


def _problem(advisory: Advisory, seen: set[tuple[str, str]]) -> str | None:
    for name in ("id", "software", "summary", "source"):
        if not getattr(advisory, name).strip():
            return f"its {name} is blank"
    if advisory.software != advisory.software.strip().lower():
        return (
            f"software {visible(advisory.software, 60)!r} is not in lower case, as `cohabit rank --by software` has it"
        )
    if (advisory.id, advisory.software) in seen:
        return "it is there twice"
    if not advisory.affected:
        return "affected is empty; give ranges of versions, such as '>=0.6.5, <0.8.5'"
    for text in advisory.affected:
        for part in text.split(","):
            try:
                Comparison.parse(part)
            except UsageError:
                return f"affected {visible(text, 60)!r} is no range; write it as '<0.1.34' or '>=0.6.5, <0.8.5'"
    return None


@dataclass(frozen=True)
class Matches:
    """Which hosts run an affected version.

    `affected` is parallel to the advisories. A host is `unknown` when a server of a listed software tells no version
    that can be compared, and `assessed` when one tells such a version.
    """

    affected: list[Mask]
    assessed: Mask
    unknown: Mask

    def any_of(self, chosen: Sequence[bool]) -> Mask:
        """Hosts that one of the chosen advisories affects."""
        found = np.zeros(len(self.assessed), bool)
        for hosts, wanted in zip(self.affected, chosen, strict=True):
            if wanted:
                found |= hosts
        return found


def match(store: GraphStore, keys: Integers, advisories: Sequence[Advisory]) -> Matches:
    """Find the hosts (of these store keys, ascending) with a port on which a version in a range was seen last."""
    listed = {advisory.software for advisory in advisories}
    affected = [np.zeros(len(keys), bool) for _ in advisories]
    assessed, unknown = (np.zeros(len(keys), bool) for _ in range(2))
    for software, version, hosts in _versions(store, keys):
        if software not in listed:
            continue
        if version is None or not is_release(version):
            unknown |= hosts
            continue
        assessed |= hosts
        for found, advisory in zip(affected, advisories, strict=True):
            if advisory.software == software and advisory.affects(version):
                found |= hosts
    return Matches(affected, assessed, unknown)


def holding(software: str, version: str, advisories: Sequence[Advisory]) -> list[Advisory]:
    """The advisories whose ranges hold that version, worst first; none where it cannot be compared."""
    if not is_release(version):
        return []
    found = [a for a in advisories if a.software == software and a.affects(version)]
    return sorted(found, key=lambda a: (SEVERITIES.index(a.severity), a.id))


def fixing(software: str, version: str, advisories: Sequence[Advisory]) -> str | None:
    """The version to update to: the lowest that ends a range and that none of the advisories is about.

    None where the version falls under none, and where none says in which version it ends.
    """
    now = parse_version(version)
    if now is None or not holding(software, version, advisories):
        return None
    own = [advisory for advisory in advisories if advisory.software == software]
    ends = (end for advisory in own for end in advisory.ends)
    sound = [end for end in ends if end[0] > now and not any(advisory.affects(end[1]) for advisory in own)]
    return min(sound)[1] if sound else None


def is_release(version: str) -> bool:
    """Whether a version can be compared: builds that nobody gave a number say 0.0.0."""
    parsed = parse_version(version)
    return parsed is not None and bool(parsed.numbers)


def _versions(store: GraphStore, hosts: Integers) -> Iterator[tuple[str, str | None, Mask]]:
    """Yield each software and version with the hosts (ascending keys) on a port of which it was seen last."""
    for software, version, keys in seen_last(store):
        yield software, version, np.isin(hosts, keys)
