"""The records of a simulated host: when it was seen, which models it listed then, and the lines of NDJSON."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from cohabit.simulation.models import MODELS, SimulatedModel
from cohabit.simulation.places import SimulatedNetwork

FIRST_DAY = date(2025, 3, 14)
DAYS = 293
# Releases of Ollama, days to within a few. Servers tell capabilities (`/api/show`) since 0.6.4.
_RELEASES = """
2024-05-10 0.1.34, 2024-06-29 0.1.48, 2024-08-14 0.3.6, 2024-10-18 0.3.14, 2024-11-06 0.4.0,
2024-12-17 0.5.4, 2025-01-16 0.5.7, 2025-02-13 0.5.11, 2025-03-03 0.5.13, 2025-03-11 0.6.0,
2025-03-18 0.6.2, 2025-04-06 0.6.5, 2025-04-19 0.6.6, 2025-05-03 0.6.8, 2025-05-13 0.7.0,
2025-05-29 0.9.0, 2025-07-08 0.9.6, 2025-07-31 0.10.1, 2025-08-05 0.11.0, 2025-08-15 0.11.4,
2025-09-04 0.11.10, 2025-09-18 0.12.0, 2025-09-26 0.12.3, 2025-10-29 0.12.7, 2025-11-19 0.13.0,
2025-12-02 0.13.1, 2025-12-15 0.13.4"""
_FIRST_TO_TELL = "0.6.5"
# Days before the first one that a server may be behind.
_OLDEST_DAY = -300
_BITS_PER_WEIGHT = {
    "Q2": 3.0,
    "Q3": 3.9,
    "Q4": 4.8,
    "Q5": 5.7,
    "Q6": 6.6,
    "Q8": 8.5,
    "F1": 16.0,
    "BF": 16.0,
    "MX": 4.5,
    "FP": 8.0,
}
_VARIANTS = 3


def day_number(day: date) -> int:
    """Return the day counted from the first day of the scans, negative before it."""
    return (day - FIRST_DAY).days


class RecordWriter:
    """Makes the records of hosts, one after the other, from one stream of random numbers."""

    def __init__(self, random: Random) -> None:
        self._uniform = random.random
        self._stamps = [(FIRST_DAY + timedelta(days=day)).isoformat() for day in range(DAYS)]
        releases = [entry.split() for entry in _RELEASES.split(",")]
        self._versions = [version for _, version in releases]
        self._telling = self._versions.index(_FIRST_TO_TELL)
        self._release_days = [day_number(date.fromisoformat(day)) for day, _ in releases]
        self._version_on = [self._newest_version(day) for day in range(_OLDEST_DAY, DAYS)]
        self._released = [_OLDEST_DAY if m.released is None else day_number(m.released) for m in MODELS]
        # A server that lists a model is at least as new as the model, where that came during the scans.
        self._least_version = [
            0 if m.released is None else self._newest_version(day_number(m.released)) for m in MODELS
        ]
        self._capable = [not {"tools", "thinking", "vision"}.isdisjoint(m.capabilities) for m in MODELS]
        # Entry of a model list by: capabilities told or not, variant of the digest, model.
        self._entries = [
            [[_entry(model, variant, told) for model in MODELS] for variant in range(_VARIANTS)]
            for told in (False, True)
        ]

    def records(self, host: str, place: str, models: Sequence[int], visits: int) -> str:
        """Return `visits` lines about one host, which together list all of `models` (positions in `MODELS`).

        `host` and `place` are the JSON members before and after the timestamp. A model is never listed before
        the day of its release; where all are younger than an observation its list is empty.
        """
        uniform = self._uniform
        days = self._days(visits, max((self._released[model] for model in models), default=_OLDEST_DAY))
        listed = self._listing(models, days)
        # The newest pull of a common model is one of three: most hosts have the first.
        variants = [0 if (u := uniform()) < 0.7 else 1 if u < 0.9 else 2 for _ in models]
        capable = any(self._capable[model] for model in models)
        upgrades = uniform() < 0.4
        behind = int(40 * uniform()) if upgrades else int(-_OLDEST_DAY * uniform() ** 2)
        changes = {0, *(bound for pair in listed for bound in pair)}
        lines = []
        body, told_body, least = "", "", 0
        for visit, day in enumerate(days):
            if visit in changes:
                shown = [position for position, (start, end) in enumerate(listed) if start <= visit < end]
                body, told_body = (
                    ",".join([entries[variants[position]][models[position]] for position in shown])
                    for entries in self._entries
                )
                least = max(
                    (self._least_version[m] for m, (start, _) in zip(models, listed, strict=True) if start <= visit),
                    default=0,
                )
            version = max(least, self._version_on[(day if upgrades else days[0]) - behind - _OLDEST_DAY])
            if capable and version < self._telling <= self._version_on[day - _OLDEST_DAY]:
                # Otherwise what hosts can do would often stay untold, and the published shares out of reach.
                version = self._telling
            minute, second = divmod(int(86_400 * uniform()), 60)
            lines.append(
                f'{{{host},"timestamp":"{self._stamps[day]}T{minute // 60:02}:{minute % 60:02}:{second:02}Z",'
                f'{place},"version":"{self._versions[version]}","simulated":true,'
                f'"models":[{told_body if version >= self._telling else body}]}}\n'
            )
        return "".join(lines)

    def _days(self, visits: int, earliest: int) -> list[int]:
        """Return distinct days, ascending, the last of them not before `earliest`."""
        uniform = self._uniform
        if visits == 1:
            span = 0
        elif visits < 8:
            span = visits - 1 + int(90 * uniform() ** 2)
        else:
            span = max(visits - 1, int((DAYS - 1) * (1 + uniform()) / 2))
        # The larger of two draws: the population grows.
        last = span + int((DAYS - span) * max(uniform(), uniform()))
        if last < earliest:
            last = max(span, earliest + int((DAYS - earliest) * uniform()))
        steps = max(1, visits - 1)
        return [last - span + visit * span // steps for visit in range(visits)]

    def _listing(self, models: Sequence[int], days: Sequence[int]) -> list[tuple[int, int]]:
        """Return for each model the first visit that lists it and the first one that does not any more."""
        uniform = self._uniform
        visits = len(days)
        listed = [(bisect_left(days, self._released[model]), visits) for model in models]
        if visits > 1 and len(models) > 1 and uniform() < 0.35:
            # A host that changes: its models come one by one, and at times the first is removed again.
            pulled = [max(start, int(visits * uniform() ** 2)) for start, _ in listed[1:]]
            end = 1 + int((visits - 1) * uniform()) if listed[0][0] == 0 and uniform() < 0.4 else visits
            listed = [(listed[0][0], end), *((start, visits) for start in pulled)]
        return listed

    def _newest_version(self, day: int) -> int:
        return max(0, sum(released <= day for released in self._release_days) - 1)


def place_members(network: SimulatedNetwork) -> str:
    """Return the JSON members that say where the hosts of a network are, without braces."""
    members = {
        "country_code": network.country_code,
        "country": network.country,
        "asn": network.asn,
        "as_name": network.as_name,
        "org": network.organisation,
        "provider_kind": network.kind,
    }
    return _json(members)[1:-1]


def _entry(model: SimulatedModel, variant: int, told: bool) -> str:
    digest = hashlib.sha256(f"simulated {model.name} {variant}".encode()).hexdigest()
    # Multimodal models of that age report their projector as a second family.
    projector = ["clip"] if "vision" in model.capabilities and model.family in {"llama", "qwen2", "phi2"} else []
    entry: dict[str, object] = {"name": model.name, "model": model.name}
    if model.is_remote:
        entry |= {"remote_model": _served_name(model.name), "remote_host": "https://ollama.com:443"}
    entry |= {
        "size": 384 if model.is_remote else _size_bytes(model, digest),
        "digest": digest,
        "details": {
            "format": "" if model.is_remote else "gguf",
            "family": model.family,
            "families": [model.family, *projector],
            "parameter_size": model.parameter_size,
            "quantization_level": model.quantization,
        },
    }
    if told:
        entry["capabilities"] = model.capabilities
    return _json(entry)


def _served_name(name: str) -> str:
    """Return what the cloud calls the model: `glm-4.6` for `glm-4.6:cloud`, `x:20b` for `x:20b-cloud`."""
    return name.removesuffix("cloud")[:-1]


def _size_bytes(model: SimulatedModel, digest: str) -> int:
    number, unit = float(model.parameter_size[:-1]), model.parameter_size[-1]
    parameters = number * (1e9 if unit == "B" else 1e6)
    return int(parameters * _BITS_PER_WEIGHT[model.quantization[:2]] / 8) + int(digest[:5], 16)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
