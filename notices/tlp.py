"""The Traffic Light Protocol, version 2.0 (FIRST, August 2022): with whom recipients may share a notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.text import visible


@dataclass(frozen=True)
class Tlp:
    """A level: its name as options and tags write it, in words for a letter, and in formats that have their own.

    `hands_on` says whether the level lets a network hand lines on to its customers. `marking` is the identifier of the
    marking definition that OASIS published for STIX 2.1, `intelmq` the word of IntelMQ, which has those of TLP 1.
    """

    name: str
    words: str
    hands_on: bool
    marking: str
    intelmq: str

    @property
    def label(self) -> str:
        """As FIRST writes it: `TLP:AMBER+STRICT`."""
        return f"TLP:{self.name.upper()}"


DEFAULT = "amber"
"""Each notice carries addresses of others: for the recipient and those customers who have to know."""

_LEVELS = (
    Tlp("clear", "no limit on sharing", True, "94868c89-83c2-464b-929b-a1a8aa3c8487", "WHITE"),
    Tlp(
        "green",
        "for you and your community, not for the public",
        True,
        "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        "GREEN",
    ),
    Tlp(
        "amber",
        "for your organisation and its customers, as far as they have to know it",
        True,
        "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        "AMBER",
    ),
    Tlp(
        "amber+strict",
        "for your organisation alone, as far as its members have to know it",
        False,
        "939a9414-2ddd-4d32-a0cd-375ea402b003",
        "AMBER",
    ),
    Tlp("red", "for you alone; please do not pass it on", False, "e828b379-4e03-4974-9ac4-e53a884c97c1", "RED"),
)
LEVELS: Mapping[str, Tlp] = {level.name: level for level in _LEVELS}


def parse_tlp(text: str) -> Tlp:
    """Read `amber` or `TLP:AMBER`, in any case, or raise UsageError."""
    name = text.strip().casefold().removeprefix("tlp:")
    if name not in LEVELS:
        raise UsageError(f"--tlp {visible(text, 40)!r}: {among(text, LEVELS)}")
    return LEVELS[name]
