"""Populations of which the truth is known: pairs, groups of countries, trends and fleets are planted by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.queries.tools import Record

ITEMS = tuple(f"item-{i:02}" for i in range(24))
PAIRS = tuple((ITEMS[i], ITEMS[i + 1]) for i in range(0, 12, 2))
"""The first twelve items seek each other two by two; the others are independent of all."""

GROUPS = (("AT", "BE", "CZ", "DK"), ("JP", "KR", "SG", "TW"), ("AR", "BR", "CL", "PE"))
_LEANINGS = ("llama", "qwen2", "gemma2")
MONTHS = 10
RISING, FALLING = "rising", "falling"
STEADY = ("steady-1", "steady-2", "steady-3", "steady-4")
DECOYS = 120


def hosts_with_pairs(seed: int, *, alike: bool, seeking: bool = True, hosts: int = 2_000) -> dict[str, set[str]]:
    """Hosts that run items by chance, and one item of a planted pair for the other's sake, two times in three
    (without `seeking` not even those).

    With `alike` every host is as likely as any to run an item; else hosts differ in size as in the configuration
    model, with odds of item i on host h of x_h·y_i.
    """
    rng = np.random.default_rng([seed, alike])
    odds = np.exp(rng.uniform(-2.5, -0.9, len(ITEMS)))[None, :]
    if not alike:
        odds = odds * np.exp(rng.normal(0, 1, hosts))[:, None]
    has = rng.random((hosts, len(ITEMS))) < odds / (1 + odds)
    for a, b in PAIRS if seeking else ():
        with_a = has[:, ITEMS.index(a)] & (rng.random(hosts) < 2 / 3)
        has[with_a, ITEMS.index(b)] = True
    return {f"h{h:04}": {ITEMS[i] for i in np.flatnonzero(row)} for h, row in enumerate(has)}


@dataclass(frozen=True)
class Planted:
    """Records of one population, and the addresses of the one fleet in it that is to be suspected."""

    records: list[Record]
    decoys: frozenset[str]


def planted(seed: int) -> Planted:
    """900 hosts of three groups of countries, over ten months; three fleets, of which one has all marks of a decoy.

    In each group one family leads. `rising` goes from a tenth of hosts to seven tenths, `falling` the other way, the
    steady ones stay where they are. The two fleets that are none have one host, or some networks, too few.
    """
    rng = np.random.default_rng(seed)
    records: list[Record] = []
    countries = [country for group in GROUPS for country in group]
    for number in range(900):
        country, month = countries[number % 12], int(rng.integers(MONTHS))
        group = number % 12 // 4
        up = 0.1 + 0.6 * month / (MONTHS - 1)
        likely = {family: 0.7 if i == group else 0.2 for i, family in enumerate(_LEANINGS)}
        likely |= {RISING: up, FALLING: 0.8 - up, **dict.fromkeys(STEADY, 0.3)}
        own = [family for family, chance in likely.items() if rng.random() < chance]
        records.append(_record(number, month, country, int(rng.integers(64496, 64512)), own))
    fleets = ((DECOYS, 12), (99, 12), (150, 9))  # hosts and networks; suspected from 100 in 10 on
    for fleet, (size, networks) in enumerate(fleets):
        own = [f"fleet-{fleet}-{i}" for i in range(5)]
        for i in range(size):
            number = 1000 * (fleet + 1) + i
            records.append(_record(number, i % MONTHS, None, 65536 + i % networks, own))
    return Planted(records, frozenset(records[900 + i]["ip"] for i in range(DECOYS)))


def _record(number: int, month: int, country: str | None, asn: int, families: list[str]) -> Record:
    models: list[dict[str, Any]] = [
        {"name": family, "digest": f"{sum(family.encode()):064x}", "details": {"family": family}} for family in families
    ]
    return {
        "ip": f"2001:db8::{number:x}",
        "port": 11434,
        "timestamp": f"2025-{month + 1:02}-10T10:00:00Z",
        "country_code": country,
        "asn": asn,
        "as_name": f"Network {asn}",
        "models": models,
    }
