"""The simulated population, recounted from the file with nothing but json: exact where it promises numbers."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from backports import zstd

from cohabit.errors import DataError, UsageError
from cohabit.simulation import SimulationResult, allocate_observations, known_structure, simulate
from cohabit.simulation.models import MODELS
from cohabit.simulation.operators import PROFILES
from cohabit.simulation.places import allocate_networks, largest_remainder, reference_networks

SIZES = (1, 2, 3, 10, 137, 2_000, 20_000)
# The published numbers.
HOSTS, MULTI_MODEL, LLAMA_AND_QWEN2, COUNTRIES, NETWORKS = 175_108, 78_258, 40_694, 130, 4_032


@dataclass
class Host:
    """What the records say about one address."""

    country: str
    asn: int
    organisation: str
    times: list[tuple[int, str]] = field(default_factory=list)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    capabilities: set[str] = field(default_factory=set)

    @property
    def families(self) -> set[str]:
        return {model["details"]["family"] for model in self.models.values()}


@dataclass
class Recount:
    result: SimulationResult
    records: list[dict[str, Any]]
    hosts: dict[str, Host]

    def share(self, holds: Callable[[Host], bool]) -> float:
        return sum(map(holds, self.hosts.values())) / len(self.hosts)

    def families(self) -> Counter[str]:
        return Counter(family for host in self.hosts.values() for family in host.families)


@cache
def recount(size: int) -> Recount:
    with TemporaryDirectory() as folder:
        result = simulate(size, 7, Path(folder))
        lines = zstd.decompress(result.path.read_bytes()).decode().splitlines()
    records = [json.loads(line) for line in lines]
    hosts: dict[str, Host] = {}
    for record in records:
        host = hosts.setdefault(record["ip"], Host(record["country_code"], record["asn"], record["org"]))
        assert (host.country, host.asn, host.organisation) == (
            record["country_code"],
            record["asn"],
            record["org"],
        )
        host.times.append((record["port"], record["timestamp"]))
        for model in record["models"]:
            host.models[model["name"]] = model
            host.capabilities.update(model.get("capabilities", ()))
    return Recount(result, records, hosts)


def nearest(numerator: int, denominator: int) -> int:
    return math.floor(Fraction(numerator, denominator) + Fraction(1, 2))


def divided(total: int, weights: list[int]) -> list[int]:
    """Largest remainder in fractions, remainders by size and then by position."""
    quotas = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [math.floor(quota) for quota in quotas]
    order = sorted((parts[i] - quotas[i], i) for i in range(len(weights)))
    for _, i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def places_of(size: int) -> dict[int, int]:
    """Hosts by ASN, by way of the countries."""
    countries: dict[str, dict[int, int]] = {}
    for network in reference_networks():
        countries.setdefault(network.country_code, {})[network.asn] = network.hosts
    expected: dict[int, int] = {}
    parts = divided(size, [sum(networks.values()) for networks in countries.values()])
    for part, networks in zip(parts, countries.values(), strict=True):
        if part:
            expected |= zip(networks, divided(part, list(networks.values())), strict=True)
    return {asn: hosts for asn, hosts in expected.items() if hosts}


def test_largest_remainder_by_hand() -> None:
    # 10 over 1 : 1 : 4 is 1.67, 1.67, 6.67: two of three equal remainders, the earlier ones.
    assert largest_remainder(10, [1, 1, 4]) == [2, 2, 6]
    assert largest_remainder(7, [0, 5, 2]) == [0, 5, 2]
    assert largest_remainder(0, [3, 1]) == [0, 0]


def test_published_size_has_the_published_numbers() -> None:
    structure = known_structure(HOSTS)
    assert (structure.multi_model, structure.llama_and_qwen2) == (MULTI_MODEL, LLAMA_AND_QWEN2)
    assert structure.multi_model + structure.single_model + structure.empty == HOSTS
    places = allocate_networks(HOSTS)
    assert len(places) == NETWORKS
    assert len({network.country_code for network, _ in places}) == COUNTRIES
    assert sum(hosts for _, hosts in places) == HOSTS
    by_country, by_kind = Counter[str](), Counter[str]()
    for network, hosts in places:
        by_country[network.country_code] += hosts
        by_kind[network.kind] += hosts
    assert [country for country, _ in by_country.most_common(2)] == ["CN", "US"]
    assert by_country["CN"] / HOSTS == pytest.approx(0.30, abs=1e-5)
    assert by_country["US"] / HOSTS == pytest.approx(0.20, abs=1e-5)
    assert by_kind["fixed access"] / HOSTS == pytest.approx(0.56, abs=1e-4)
    assert len({network.asn for network, _ in places}) == NETWORKS


def test_published_size_has_the_published_lifetimes() -> None:
    seen = sorted(allocate_observations(known_structure(HOSTS)), reverse=True)
    assert len(seen) == HOSTS
    assert seen.count(1) == nearest(36 * HOSTS, 100)
    heavy = nearest(13 * HOSTS, 100)
    assert sum(seen[:heavy]) / sum(seen) == pytest.approx(0.76, abs=1e-6)
    assert sum(seen) / HOSTS < 6
    assert seen[heavy - 1] >= 8 > 3 == seen[heavy]
    # One observation a day at most.
    assert 200 < seen[0] <= 293


@pytest.mark.parametrize("size", [*range(1, 120), 999, 4_378, 350_216])
def test_numbers_of_any_size_are_consistent(size: int) -> None:
    structure = known_structure(size)
    assert structure.multi_model == max(1, nearest(size * MULTI_MODEL, HOSTS))
    assert structure.llama_and_qwen2 == max(1, nearest(size * LLAMA_AND_QWEN2, HOSTS))
    assert 1 <= structure.llama_and_qwen2 <= structure.multi_model <= size
    assert structure.multi_model + structure.single_model + structure.empty == size
    assert min(structure.single_model, structure.empty) >= 0
    assert [structure.once, structure.heavy] == divided(size, [36, 51, 13])[::2]
    seen = allocate_observations(structure)
    assert len(seen) == size
    assert min(seen) >= 1
    assert max(seen) <= 293
    assert seen.count(1) == structure.once
    assert {network.asn: hosts for network, hosts in allocate_networks(size)} == places_of(size)


@pytest.mark.parametrize("size", SIZES)
def test_recount_of_the_file(size: int) -> None:
    counted = recount(size)
    hosts = counted.hosts.values()
    expected = SimulationResult(
        path=counted.result.path,
        seed=7,
        hosts=size,
        observations=len(counted.records),
        multi_model_hosts=max(1, nearest(size * MULTI_MODEL, HOSTS)),
        llama_and_qwen2_hosts=max(1, nearest(size * LLAMA_AND_QWEN2, HOSTS)),
        countries=len({host.country for host in hosts}),
        networks=len(places_of(size)),
    )
    assert counted.result == expected
    assert len(hosts) == size
    assert sum(len(host.models) >= 2 for host in hosts) == expected.multi_model_hosts
    assert sum({"llama", "qwen2"} <= host.families for host in hosts) == expected.llama_and_qwen2_hosts
    assert sum(not host.models for host in hosts) == min(size - expected.multi_model_hosts, nearest(5 * size, 100))
    assert Counter(host.asn for host in hosts) == places_of(size)
    assert sum(len(host.times) == 1 for host in hosts) == divided(size, [36, 51, 13])[0]
    assert sorted(len(host.times) for host in hosts) == sorted(allocate_observations(known_structure(size)))


def test_two_thousand_hosts_in_plain_numbers() -> None:
    # 2,000 · 78,258 / 175,108 = 893.8 and 2,000 · 40,694 / 175,108 = 464.8.
    result = recount(2_000).result
    assert (result.multi_model_hosts, result.llama_and_qwen2_hosts) == (894, 465)
    assert Counter(host.country for host in recount(2_000).hosts.values()).most_common(2) == [
        ("CN", 600),
        ("US", 400),
    ]


@pytest.mark.parametrize("size", SIZES)
def test_observations_are_distinct_and_in_time(size: int) -> None:
    counted = recount(size)
    keys = {(r["ip"], r["port"], r["timestamp"]) for r in counted.records}
    assert len(keys) == len(counted.records)
    for record in counted.records:
        assert re.fullmatch(r"2025-\d\d-\d\dT[0-2]\d:[0-5]\d:[0-5]\dZ", record["timestamp"])
        assert "2025-03-14" <= record["timestamp"][:10] <= "2025-12-31"
        assert record["simulated"] is True
        assert isinstance(record["port"], int)
    for host in counted.hosts.values():
        assert len({port for port, _ in host.times}) == 1


@pytest.mark.parametrize("size", [137, 20_000])
def test_addresses_and_networks_are_never_real(size: int) -> None:
    reserved, documentation = ipaddress.ip_network("240.0.0.0/4"), ipaddress.ip_network("2001:db8::/32")
    hosts = recount(size).hosts
    versions = Counter[int]()
    for text, host in hosts.items():
        address = ipaddress.ip_address(text)
        assert str(address) == text
        assert address in (reserved if address.version == 4 else documentation)
        assert text != "255.255.255.255"
        assert 4_200_000_000 <= host.asn <= 4_294_967_294
        versions[address.version] += 1
    assert 0 < versions[6] < versions[4]


def test_one_network_holds_the_addresses_of_its_prefix() -> None:
    blocks: dict[str, set[int]] = {}
    for text, host in recount(20_000).hosts.items():
        if ":" not in text:
            blocks.setdefault(text.rsplit(".", 1)[0], set()).add(host.asn)
    assert max(len(networks) for networks in blocks.values()) == 1


def test_models_have_the_shape_of_a_model_list() -> None:
    known = {model.name: model for model in MODELS}
    digests: dict[str, set[str]] = {}
    for record in recount(2_000).records:
        for model in record["models"]:
            row = known[model["name"]]
            assert model["model"] == model["name"]
            assert re.fullmatch("[0-9a-f]{64}", model["digest"])
            assert model["details"]["family"] == row.family == model["details"]["families"][0]
            assert model["details"]["quantization_level"] == row.quantization
            assert re.fullmatch(r"\d+(\.\d+)?[BM]", model["details"]["parameter_size"])
            assert ("remote_host" in model) == row.name.endswith("cloud") == (model["size"] < 1_000)
            digests.setdefault(model["name"], set()).add(model["digest"])
        listed = [model["name"] for model in record["models"]]
        assert len(listed) == len(set(listed))
    assert max(map(len, digests.values())) == 3
    assert len(set().union(*digests.values())) == sum(map(len, digests.values()))


def test_sizes_follow_parameters_and_quantisation() -> None:
    sizes = {m["name"]: m["size"] for record in recount(20_000).records for m in record["models"]}
    # 8.0 billion weights of 4.8 bits; 137 million of 16.
    assert sizes["llama3.1:8b"] == pytest.approx(4.8e9, rel=0.01)
    assert sizes["nomic-embed-text:latest"] == pytest.approx(274e6, rel=0.01)


def test_cloud_models_name_what_they_stand_for() -> None:
    remote = {
        model["name"]: model["remote_model"]
        for record in recount(20_000).records
        for model in record["models"]
        if "remote_model" in model
    }
    assert remote["gpt-oss:120b-cloud"] == "gpt-oss:120b"
    assert remote["glm-4.6:cloud"] == "glm-4.6"


def test_no_model_before_its_release_and_no_server_older_than_its_models() -> None:
    released = {m.name: m.released.isoformat() for m in MODELS if m.released is not None}
    seen = set[str]()
    for record in recount(20_000).records:
        version = tuple(map(int, record["version"].split(".")))
        for model in record["models"]:
            if (day := released.get(model["name"])) is not None:
                seen.add(model["name"])
                assert record["timestamp"][:10] >= day
            if model["name"] == "gpt-oss:20b":
                assert version >= (0, 11, 0)
            # Servers tell capabilities since 0.6.4.
            assert ("capabilities" in model) == (version >= (0, 6, 4))
    assert {"qwen3:8b", "gpt-oss:20b", "embeddinggemma:latest"} <= seen


def test_some_hosts_change_their_models_and_some_start_empty() -> None:
    lists: dict[str, list[frozenset[str]]] = {}
    for record in recount(20_000).records:
        lists.setdefault(record["ip"], []).append(frozenset(model["name"] for model in record["models"]))
    changing = [seen for seen in lists.values() if len(set(seen)) > 1]
    assert 0.05 < len(changing) / len(lists) < 0.3
    assert any(earlier - later for seen in changing for earlier, later in pairwise(seen))
    assert any(not seen[0] and seen[-1] for seen in changing)
    assert all(seen[-1] for seen in lists.values() if any(seen))


@pytest.mark.parametrize("size", [2_000, 20_000])
def test_family_ranks_are_those_of_the_study(size: int) -> None:
    ranked = [family for family, _ in recount(size).families().most_common(5)]
    assert ranked == ["llama", "qwen2", "gemma2", "qwen3", "nomic-bert"]


def test_qwen2_is_second_on_every_metric() -> None:
    counted = recount(20_000)
    observations = Counter[str]()
    for record in counted.records:
        observations.update({model["details"]["family"] for model in record["models"]})
    networks = Counter(
        family for family, _ in {(f, host.asn) for host in counted.hosts.values() for f in host.families}
    )
    for metric in (observations, networks):
        assert [family for family, _ in metric.most_common(2)] == ["llama", "qwen2"]


def test_many_families_and_models_with_a_long_tail() -> None:
    counted = recount(20_000)
    assert len(counted.families()) >= 40
    models = Counter(name for host in counted.hosts.values() for name in host.models)
    assert len(models) >= 250
    assert sum(hosts < 200 for hosts in models.values()) > len(models) / 2
    assert max(len(host.models) for host in counted.hosts.values()) >= 30


@pytest.mark.parametrize(("capability", "published"), [("tools", 0.48), ("thinking", 0.26), ("vision", 0.22)])
def test_capability_shares_are_those_of_the_study(capability: str, published: float) -> None:
    counted = recount(20_000)
    can = {model.name for model in MODELS if capability in model.capabilities}
    told = counted.share(lambda host: capability in host.capabilities)
    assert told == pytest.approx(published, abs=0.012)
    # Hosts that were last seen before servers told capabilities have such models all the same.
    listed = counted.share(lambda host: not can.isdisjoint(host.models))
    assert told <= listed == pytest.approx(published, abs=0.012)


def test_quantisation_shares_are_those_of_the_study() -> None:
    levels = Counter(
        model["details"]["quantization_level"]
        for host in recount(20_000).hosts.values()
        for model in host.models.values()
    )
    four_bits = sum(n for level, n in levels.items() if level.startswith(("Q4", "MXFP4")))
    assert levels["Q4_K_M"] / levels.total() == pytest.approx(0.48, abs=0.012)
    assert four_bits / levels.total() == pytest.approx(0.72, abs=0.012)


def test_organisations_say_their_kind() -> None:
    counted = recount(20_000)
    telecom = re.compile("Telecom|Telecommunications|Broadband")
    assert counted.share(lambda host: bool(telecom.search(host.organisation))) == pytest.approx(0.56, abs=0.005)
    names = {host.organisation for host in counted.hosts.values()}
    networks = {host.asn for host in counted.hosts.values()}
    # Some organisations run more than one network.
    assert 0.7 < len(names) / len(networks) < 0.95


def test_neighbours_and_places_have_structure() -> None:
    counted = recount(20_000)
    families = counted.families()

    def lift(a: str, b: str) -> float:
        both = sum({a, b} <= host.families for host in counted.hosts.values())
        return both * len(counted.hosts) / (families[a] * families[b])

    assert lift("llama", "nomic-bert") > 1.2
    assert lift("gemma2", "gemma3") > 2
    assert lift("gemma2", "qwen2") < 1
    shares = {
        country: sum("qwen2" in host.families for host in hosts) / len(hosts)
        for country in ("CN", "DE")
        if (hosts := [host for host in counted.hosts.values() if host.country == country])
    }
    assert shares["CN"] > 1.6 * shares["DE"] > 0
    # Retrieval is a matter of data centres rather than of homes.
    retrieval = {
        word: sum("nomic-bert" in host.families for host in hosts) / len(hosts)
        for word in ("Hosting", "Broadband")
        if (hosts := [host for host in counted.hosts.values() if host.organisation.endswith(word)])
    }
    assert retrieval["Hosting"] > 1.2 * retrieval["Broadband"] > 0


def test_strata_of_the_operators_keep_their_promise() -> None:
    def families(selector: str) -> set[str]:
        pool, _, only = selector.partition("/")
        return {m.family for m in MODELS if m.pool == pool and only in {"", m.family}}

    for stratum, profiles in PROFILES.items():
        for profile in profiles:
            for selector in [*profile.core, *(option for option, _ in profile.options)]:
                assert families(selector) - profile.never, selector
            core = [families(selector) for selector in profile.core]
            if stratum == "pair":
                assert {"llama"} in core
                assert {"qwen2"} in core
                assert not profile.never
            elif stratum == "multi":
                assert len(core) >= 2
                assert profile.never & {"llama", "qwen2"}
            else:
                assert len(core) == {"single": 1, "empty": 0}[stratum]
                assert (profile.options, profile.extras) == ((), (0, 0))


def test_model_names_are_canonical_and_distinct() -> None:
    names = [model.name.lower() for model in MODELS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"(hf\.co/[\w.-]+/)?[\w.-]+:[\w.-]+", name) for name in names)


def digest_in_another_process(folder: Path, hash_seed: str, zone: str) -> str:
    code = (
        "import sys; from pathlib import Path; from cohabit.simulation import simulate; "
        "print(simulate(137, 7, Path(sys.argv[1])).path.name)"
    )
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": zone}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "simulated-137-7.ndjson.zst"
    return hashlib.sha256((folder / "simulated-137-7.ndjson.zst").read_bytes()).hexdigest()


def test_same_seed_same_bytes_in_any_process(tmp_path: Path) -> None:
    first = digest_in_another_process(tmp_path / "a", "1", "UTC")
    second = digest_in_another_process(tmp_path / "b", "4711", "Asia/Tokyo")
    assert first == second
    here = simulate(137, 7, tmp_path / "c").path
    assert hashlib.sha256(here.read_bytes()).hexdigest() == first
    assert simulate(137, 8, tmp_path / "c").path.read_bytes() != here.read_bytes()


def test_another_seed_changes_hosts_but_no_number(tmp_path: Path) -> None:
    other = simulate(2_000, 8, tmp_path)
    same = recount(2_000).result
    assert (other.multi_model_hosts, other.llama_and_qwen2_hosts, other.countries, other.networks) == (
        same.multi_model_hosts,
        same.llama_and_qwen2_hosts,
        same.countries,
        same.networks,
    )
    assert other.path == tmp_path / "simulated-2000-8.ndjson.zst"


def test_progress_counts_hosts(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    simulate(2_500, 1, tmp_path, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1_000, 2_500), (2_000, 2_500), (2_500, 2_500)]


@pytest.mark.parametrize("hosts", [0, -3, 10_000_001])
def test_impossible_sizes_are_refused(hosts: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"^cannot simulate {hosts} hosts: give a number from 1 to 10,000,000$"):
        simulate(hosts, 1, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_directory_that_is_a_file_is_one_clear_line(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(DataError, match=r"^cannot write .*simulated-3-1\.ndjson\.zst: .*directory") as caught:
        simulate(3, 1, tmp_path / "file" / below)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "file").read_text() == "kept"


def test_an_unfinished_file_never_shows(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(1_500, 1, tmp_path, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    old = tmp_path / "simulated-10-1.ndjson.zst"
    old.write_bytes(b"old")

    def stop(done: int, total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match="No space left on device"):
        simulate(10, 1, tmp_path, progress=stop)
    assert old.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [old]
    assert simulate(10, 1, tmp_path).path == old
    assert old.read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
