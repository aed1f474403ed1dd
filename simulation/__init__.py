"""A seeded population of hosts in observation NDJSON, whose known structure follows the published study.

Source of the structure: SentinelOne and Censys, «Silent Brothers» (January 2026): 175,108 hosts, of which
78,258 have two or more models and 40,694 both Llama and Qwen2 families; 130 countries, 4,032 networks; 36 %
of the hosts seen once, 13 % of them giving 76 % of the observations. Other sizes keep the proportions, see
`known_structure`. No host in it is real: addresses, networks and organisations are invented (see
`simulation.places`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cohabit.errors import DataError, UsageError
from cohabit.simulation.models import MODELS
from cohabit.simulation.operators import PROFILES, Profile, draw_models
from cohabit.simulation.places import (
    REFERENCE_HOSTS,
    SimulatedNetwork,
    allocate_networks,
    block_starts,
    ipv4_text,
    ipv6_text,
    largest_remainder,
)
from cohabit.simulation.records import RecordWriter, place_members
from cohabit.text import visible
from cohabit.zstandard import zstd

# Ten million hosts still find room for their blocks in 240.0.0.0/4.
MOST_HOSTS = 10_000_000
_MULTI_MODEL, _LLAMA_AND_QWEN2 = 78_258, 40_694
_EMPTY_PER_CENT = 5
_ONCE_PER_CENT, _HEAVY_PER_CENT, _HEAVY_OBSERVATIONS_PER_CENT = 36, 13, 76
_IPV6_SHARE = 0.03
_PORTS = (443, 80, 8080, 8000, 3000)


@dataclass(frozen=True)
class KnownStructure:
    """How many hosts of a population are what.

    `multi_model`, `single_model` and `empty` (never a model) add up to `hosts`; `llama_and_qwen2` is part of
    `multi_model`. `once` hosts are seen in one observation, `heavy` ones give 76 % of all observations.
    """

    hosts: int
    multi_model: int
    llama_and_qwen2: int
    single_model: int
    empty: int
    once: int
    heavy: int


@dataclass(frozen=True)
class SimulationResult:
    """What was written: the file, and what a recount of its records over the whole time gives."""

    path: Path
    seed: int
    hosts: int
    observations: int
    multi_model_hosts: int
    llama_and_qwen2_hosts: int
    countries: int
    networks: int


def known_structure(hosts: int) -> KnownStructure:
    """Return the exact numbers of a population of that size.

    `multi_model` and `llama_and_qwen2` are taken in proportion and rounded to the nearest integer, halves up
    (the largest remainder between «is» and «is not»), but are at least 1. `empty` (5 %, an assumption) is
    rounded so too and gives way to `multi_model`. `once`, `heavy` and the hosts between them share `hosts` by
    largest remainder.
    """
    multi_model = max(1, _rounded(hosts * _MULTI_MODEL, REFERENCE_HOSTS))
    pairs = max(1, _rounded(hosts * _LLAMA_AND_QWEN2, REFERENCE_HOSTS))
    empty = min(hosts - multi_model, _rounded(hosts * _EMPTY_PER_CENT, 100))
    between = 100 - _ONCE_PER_CENT - _HEAVY_PER_CENT
    once, _, heavy = largest_remainder(hosts, [_ONCE_PER_CENT, between, _HEAVY_PER_CENT])
    return KnownStructure(
        hosts=hosts,
        multi_model=multi_model,
        llama_and_qwen2=pairs,
        single_model=hosts - multi_model - empty,
        empty=empty,
        once=once,
        heavy=heavy,
    )


def allocate_observations(structure: KnownStructure) -> list[int]:
    """Return the number of observations of each host, the rarely seen hosts first.

    `once` hosts have 1, those between 2 (nine in ten) or 3, which keeps the total near the least that the
    published shares allow (5.75 a host); `heavy` hosts share 76 % of all: at least 8 each, half of them under
    20, a few some 250.
    """
    heavy = structure.heavy
    between = structure.hosts - structure.once - heavy
    light = [1] * structure.once + [3 if host % 10 == 9 else 2 for host in range(between)]
    if not heavy:
        return light
    total = _rounded(sum(light) * _HEAVY_OBSERVATIONS_PER_CENT, 100 - _HEAVY_OBSERVATIONS_PER_CENT)
    # 1 / (1.05 − quantile) − 1 / 1.05, a power law with an end, in integers of a billionth.
    tail = [10**9 * 20 * heavy // (21 * heavy - 20 * host) - 10**9 * 20 // 21 + 1 for host in range(heavy)]
    return light + [8 + part for part in largest_remainder(total - 8 * heavy, tail)]


def simulate(
    hosts: int, seed: int, output: Path, *, progress: Callable[[int, int], None] | None = None
) -> SimulationResult:
    """Write a population to `output`/simulated-<hosts>-<seed>.ndjson.zst and return what it holds.

    The file appears complete or not at all, and its bytes depend on nothing but `hosts`, `seed` and the
    version of Zstandard. One record a line: ip, port, timestamp, country_code, country, asn, as_name, org,
    provider_kind, version, simulated (true) and models, as `/api/tags` lists them, with the capabilities that
    servers tell since Ollama 0.6.4. Of the deployments (distinct pairs of host and model) about 48 % are Q4_K_M
    and 72 % in some 4-bit format; of the hosts about 48 %, 26 % and 22 % have a model with tools, thinking and
    vision.
    `progress` is called after every 1,000 hosts and at the end with the hosts written and `hosts`.

    Raises `UsageError` if `hosts` is not from 1 to 10,000,000, `DataError` if the file cannot be written.
    """
    if not 1 <= hosts <= MOST_HOSTS:
        raise UsageError(f"cannot simulate {hosts} hosts: give a number from 1 to {MOST_HOSTS:,}")
    path = output / f"simulated-{hosts}-{seed}.ndjson.zst"
    population = _Population(hosts, seed)
    with _appearing(path) as stream:
        for number, text in enumerate(population.hosts(), start=1):
            stream.write(text.encode())
            if progress is not None and (number % 1_000 == 0 or number == hosts):
                progress(number, hosts)
    return SimulationResult(
        path=path,
        seed=seed,
        hosts=hosts,
        observations=sum(population.visits),
        multi_model_hosts=population.multi_model,
        llama_and_qwen2_hosts=population.llama_and_qwen2,
        countries=len({network.country_code for network, _ in population.networks}),
        networks=len(population.networks),
    )


class _Population:
    """The hosts of one size and seed; `multi_model` and `llama_and_qwen2` count what `hosts` has yielded."""

    def __init__(self, hosts: int, seed: int) -> None:
        # Nothing but `random()` is ever drawn: Python promises that its sequence for a seed stays the same.
        self._random = Random(f"cohabit {hosts} {seed}")  # noqa: S311
        structure = known_structure(hosts)
        self.networks = allocate_networks(hosts)
        self.visits = _shuffled(allocate_observations(structure), self._random)
        self._operators = _placed(_profiles(structure), self.networks, self._random)
        self.multi_model = 0
        self.llama_and_qwen2 = 0

    def hosts(self) -> Iterator[str]:
        """Yield the records of each host, network by network."""
        writer = RecordWriter(self._random)
        starts = block_starts([size for _, size in self.networks])
        visits = iter(self.visits)
        for position, (network, size) in enumerate(self.networks):
            place = place_members(network)
            shift = int(2**31 * self._random.random())
            for number, profile in enumerate(self._operators[position]):
                models = draw_models(profile, self._random)
                self._count(models)
                if self._random.random() < _IPV6_SHARE:
                    address = ipv6_text(position, number)
                else:
                    address = ipv4_text(starts[position], size, number, shift)
                yield writer.records(f'"ip":"{address}","port":{self._port()}', place, models, next(visits))

    def _count(self, models: Sequence[int]) -> None:
        self.multi_model += len(models) > 1
        self.llama_and_qwen2 += {MODELS[model].family for model in models} >= {"llama", "qwen2"}

    def _port(self) -> int:
        drawn = self._random.random()
        # One in twelve stands behind a proxy or on a port of its owner's choice.
        return _PORTS[int(12 * len(_PORTS) * drawn)] if drawn < 1 / 12 else 11434


def _profiles(structure: KnownStructure) -> list[Profile]:
    """Return the operator of each host, stratum by stratum, each stratum divided by largest remainder."""
    sizes = {
        "pair": structure.llama_and_qwen2,
        "multi": structure.multi_model - structure.llama_and_qwen2,
        "single": structure.single_model,
        "empty": structure.empty,
    }
    return [
        profile
        for stratum, size in sizes.items()
        for profile, part in zip(
            PROFILES[stratum], largest_remainder(size, [p.weight for p in PROFILES[stratum]]), strict=True
        )
        for _ in range(part)
    ]


def _placed(
    profiles: Sequence[Profile], networks: Sequence[tuple[SimulatedNetwork, int]], random: Random
) -> list[list[Profile]]:
    """Return the operators of each network: all sizes kept, operators where they would rather be.

    First the countries: seats and operators, each in the order of how far east they belong (blurred), are
    matched one to one. Then the networks within each country, in the order of how much of a home they are.
    Each network is blurred as a whole too, so that hosts of one network resemble each other more than by
    chance.
    """
    uniform = random.random
    east = [network.east + uniform() for network, _ in networks]
    home = [network.home + uniform() for network, _ in networks]
    seats = [position for position, (_, size) in enumerate(networks) for _ in range(size)]
    seats.sort(key=lambda position: east[position] + 2.5 * uniform())
    countries: dict[str, tuple[list[int], list[Profile]]] = {}
    for position, profile in zip(
        seats, sorted(profiles, key=lambda profile: profile.east + 2.5 * uniform()), strict=True
    ):
        country_seats, operators = countries.setdefault(networks[position][0].country_code, ([], []))
        country_seats.append(position)
        operators.append(profile)
    placed: list[list[Profile]] = [[] for _ in networks]
    for country_seats, operators in countries.values():
        country_seats.sort(key=lambda position: home[position] + 2.5 * uniform())
        operators.sort(key=lambda profile: profile.home + 2.5 * uniform())
        for position, profile in zip(country_seats, operators, strict=True):
            placed[position].append(profile)
    return placed


@contextmanager
def _appearing(path: Path) -> Iterator[zstd.ZstdFile]:
    """Open a compressed file for writing that gets its name only when it is complete."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Neighbouring lines repeat: a gigabyte in under a second, a thirtieth of the size; higher levels save little.
        with zstd.open(unfinished, "wb", level=3) as stream:
            yield stream
        unfinished.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(
            f"cannot write {visible(str(path))}: {visible(reason)}; name a directory that can be written"
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _shuffled(values: Sequence[int], random: Random) -> list[int]:
    keyed = [(random.random(), value) for value in values]
    keyed.sort()
    return [value for _, value in keyed]


def _rounded(numerator: int, denominator: int) -> int:
    """Return the nearest integer to the fraction, halves up, in exact arithmetic."""
    return (2 * numerator + denominator) // (2 * denominator)
