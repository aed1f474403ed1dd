"""Claims of a published study, as a TOML file: the bundled one, or the user's own.

The published figures are in ``claims.toml`` beside this module; its header says what a claim holds.
"""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cohabit.errors import DataError
from cohabit.graph.incidence import LEVELS
from cohabit.queries.places import PLACES
from cohabit.queries.toml_files import read_toml
from cohabit.text import visible

_BUNDLED = "claims.toml"
# What each measure needs beside `claim` and `measure`; of an item, `level` is family unless given.
MEASURES: dict[str, tuple[str, ...]] = {
    "hosts": (),
    "observations": (),
    "countries": (),
    "networks": (),
    "hosts-with": ("items",),
    "share-with": ("items",),
    "share-of-multi-model": ("items",),
    "order": ("items",),
    "worst-rank": ("items",),
    "condition": ("condition", "basis"),
    "condition-of-deployments": ("condition", "basis"),
    "observations-of-busiest": ("share",),
    "seen-once": (),
    "observations-of-seen-once": (),
    "place": ("by", "place"),
    "outlook": ("items", "months"),
    "none": ("reason",),
}


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One claim: the sentence, what is computed for it, and the published figure where there is one."""

    claim: str
    measure: str
    published: int | float | None = None
    rounding: float | None = None
    below: bool = False
    level: str = "family"
    items: list[str] = []
    by_line: bool = False
    condition: str | None = None
    basis: str | None = None
    share: float | None = None
    by: str | None = None
    place: str | None = None
    months: int | None = None
    reason: str | None = None

    @property
    def slack(self) -> float:
        """By how much the published figure can be off."""
        if self.rounding is not None:
            return self.rounding
        return 0.005 if isinstance(self.published, float) else 0.5


@dataclass(frozen=True)
class Study:
    """The claims in their order; `lines` are the product lines that stand for an item that is counted by line."""

    title: str
    claims: list[Claim]
    lines: dict[str, list[str]]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    claim: list[Claim]
    lines: dict[str, list[str]] = {}


def load_claims(path: Path | None = None) -> Study:
    """Read the bundled claims, or those of a user's file. DataError says what is wrong and where."""
    if path is None:
        return _read(_BUNDLED, importlib.resources.files(__package__).joinpath(_BUNDLED).read_bytes())
    where = visible(str(path))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{where}: the claims cannot be read: {error.strerror}") from error
    return _read(where, content)


def _read(where: str, content: bytes) -> Study:
    file = read_toml(where, "the claims", content, _File)
    if not file.claim:
        raise DataError(f"{where}: there is no [[claim]] in it")
    for number, claim in enumerate(file.claim, 1):
        if problem := _problem(claim, file.lines):
            raise DataError(f"{where}: claim {number} ({visible(claim.claim, 60)}): {problem}")
    return Study(file.title, file.claim, file.lines)


def _problem(claim: Claim, lines: dict[str, list[str]]) -> str | None:
    if not claim.claim.strip():
        return "its claim is blank"
    if claim.measure not in MEASURES:
        return f"measure {visible(claim.measure, 60)!r} is not known; there are: {', '.join(MEASURES)}"
    for name in MEASURES[claim.measure]:
        if getattr(claim, name) in (None, [], ""):
            return f"the measure {claim.measure} needs {name}"
    if claim.level not in LEVELS:
        return f"level {visible(claim.level, 60)!r} is not a level; choose from {', '.join(LEVELS)}"
    if claim.by is not None and claim.by not in PLACES:
        return f"by {visible(claim.by, 60)!r} is not a place; choose from {', '.join(PLACES)}"
    if claim.share is not None and not 0 < claim.share <= 1:
        return f"share {claim.share} is not between 0 and 1"
    if claim.months is not None and not 1 <= claim.months <= 60:
        return f"months {claim.months}: it takes 1 to 60"
    if claim.by_line and (missing := [item for item in claim.items if item not in lines]):
        return f"by_line needs {visible(missing[0], 60)!r} under [lines]"
    return None
