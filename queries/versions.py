"""Versions of server software as servers write them, and comparisons with them (`<0.7`)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from cohabit.errors import UsageError
from cohabit.text import visible

_VERSION = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)(.*)", re.DOTALL)
_PRE_RELEASE = re.compile(r"[-._]?([a-z]+)[-._]?([0-9]*)(?![a-z])")
_STAGES = {
    **dict.fromkeys(("dev", "nightly", "snapshot", "canary"), 0),
    **dict.fromkeys(("alpha", "a"), 1),
    **dict.fromkeys(("beta", "b"), 2),
    **dict.fromkeys(("rc", "c", "pre", "preview"), 3),
}
_RELEASED = 4

_COMPARISON = re.compile(r"\s*(<=|>=|<|>|=|)\s*(.+?)\s*", re.DOTALL)
_OPERATORS: dict[str, Callable[[Version, Version], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "": operator.eq,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, order=True)
class Version:
    """A version that can be compared: 0.7 = 0.7.0, and 0.7.0-rc1 comes before 0.7.0.

    `numbers` are without zeros at the end (none at all: a build that nobody gave a number says 0.0.0), `stage` and
    `step` are those of a pre-release.
    """

    numbers: tuple[int, ...]
    stage: int = _RELEASED
    step: int = 0


def parse_version(text: str) -> Version | None:
    """Read a version that begins with dotted numbers (`0.6.2`, `v0.7.0-rc1`, `0.8.5.post1`, `0.5.4+cu118`), else None.

    dev, nightly < alpha < beta < rc, pre < the release. Everything else after the numbers (a vendor's word, a commit, a
    post-release) says which build of that release it is, and counts as the release.
    """
    match = _VERSION.fullmatch(text.strip().lower())
    if match is None:
        return None
    numbers = [int(n) for n in match[1].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    early = _PRE_RELEASE.match(match[2])
    if early is None or early[1] not in _STAGES:
        return Version(tuple(numbers))
    return Version(tuple(numbers), _STAGES[early[1]], int(early[2] or 0))


@dataclass(frozen=True)
class Comparison:
    """One condition on a version."""

    sign: str
    version: Version

    @classmethod
    def parse(cls, text: str) -> Comparison:
        """Read `<0.7`, `<=0.7`, `=0.7` (or `0.7`), `>=0.7`, `>0.7`, or raise UsageError."""
        match = _COMPARISON.fullmatch(text)
        version = parse_version(match[2]) if match else None
        if match is None or version is None:
            raise UsageError(
                f"--version {visible(text, 40)!r}: not a comparison of versions; write it as '<0.7', '>=0.6.2' "
                "or '=0.7.0-rc1'"
            )
        return cls(match[1], version)

    def holds(self, text: str) -> bool:
        """Whether a server's version meets the condition; what is no number of a release (0.0.0) meets none."""
        version = parse_version(text)
        return version is not None and bool(version.numbers) and _OPERATORS[self.sign](version, self.version)
