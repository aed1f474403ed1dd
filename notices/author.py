"""Who sends notices or signs a report, by name."""

from __future__ import annotations

from cohabit.errors import UsageError
from cohabit.text import visible

_LONGEST = 200


def author_name(text: str | None) -> str | None:
    """The name that `--author` gives, in one line; UsageError where it is blank or too long for one."""
    if text is None:
        return None
    name = visible(" ".join(text.split()))
    if not name:
        raise UsageError("--author is empty: give the name of who sends it, or leave it out")
    if len(name) > _LONGEST:
        raise UsageError(f"--author has {len(name):,} characters: a name takes {_LONGEST}")
    return name
