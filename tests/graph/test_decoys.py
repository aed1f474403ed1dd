"""Suspected decoys: thresholds to the host, what the newest list is, and that no order matters."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohabit.graph.decoys import NO_NETWORK, Thresholds, decoy_groups, with_decoy_groups
from cohabit.graph.incidence import Integers
from cohabit.graph.lists import Deployed

# model → ([weeks], [digests]) of one host; a host is that, its listed weeks and its network.
Host = tuple[dict[str, tuple[list[int], list[str] | None]], list[int], int | None]


def tables(hosts: list[Host]) -> tuple[pa.Table, pa.Table]:
    address = [f"192.0.2.{i}" for i in range(len(hosts))]
    weeks, numbers = pa.list_(pa.int64()), pa.int64()
    edges = [(address[i], model, w, d) for i, (models, _, _) in enumerate(hosts) for model, (w, d) in models.items()]
    return (
        pa.table(
            {
                "address": pa.array(address, pa.string()),
                "listed_weeks": pa.array([listed for _, listed, _ in hosts], weeks),
                "asn": pa.array([asn for _, _, asn in hosts], numbers),
            }
        ),
        pa.table(
            {
                "source": pa.array([e[0] for e in edges], pa.string()),
                "target": pa.array([e[1] for e in edges], pa.string()),
                "weeks": pa.array([e[2] for e in edges], weeks),
                "digests": pa.array([e[3] for e in edges], pa.list_(pa.string())),
            }
        ),
    )


def groups(hosts: list[Host]) -> list[str | None]:
    result: list[str | None] = with_decoy_groups(*tables(hosts)).column("decoy_group").to_pylist()
    return result


def fleet(size: int, networks: int, models: int, *, digests: bool = True) -> list[Host]:
    entries = {f"m{m}:latest": ([202510], [f"{m:x}" * 64] if digests else None) for m in range(models)}
    return [(dict(entries), [202510], 64500 + i % networks) for i in range(size)]


@pytest.mark.parametrize(
    ("size", "networks", "models", "digests", "suspected"),
    [
        (100, 10, 5, True, True),
        (99, 10, 5, True, False),
        (100, 9, 5, True, False),
        (100, 10, 4, True, False),
        (100, 10, 20, False, True),
        (100, 10, 19, False, False),
    ],
)
def test_thresholds(size: int, networks: int, models: int, digests: bool, suspected: bool) -> None:
    found = groups(fleet(size, networks, models, digests=digests))
    assert len(found) == size
    assert {g is not None for g in found} == {suspected}
    assert len(set(found)) == 1


def test_an_unknown_network_is_none() -> None:
    hosts = fleet(100, 10, 5)
    hosts += [(models, listed, None) for models, listed, _ in fleet(3, 1, 5)]
    assert None not in groups(hosts)
    without = [(models, listed, None if asn == 64503 else asn) for models, listed, asn in hosts]
    assert set(groups(without)) == {None}


def test_the_newest_list_counts() -> None:
    hosts = fleet(100, 10, 5)
    models, _, asn = hosts[0]
    # An older list held more, and the newest answer had none: still the same newest list.
    hosts[0] = ({**models, "old:latest": ([202509], ["f" * 64])}, [202509, 202510], asn)
    # Another digest was there before: the last one counts.
    hosts[1] = ({m: (w, ["e" * 64, *(d or [])]) for m, (w, d) in models.items()}, [202510], asn)
    assert len(set(groups(hosts))) == 1
    assert groups(hosts)[0] is not None
    for change in (
        # One digest differs, one entry more, one entry less, an empty list seen later.
        ({**models, "m0:latest": ([202510], ["f" * 64])}, [202510], asn),
        ({**models, "more:latest": ([202510], None)}, [202510], asn),
        ({m: e for m, e in models.items() if m != "m0:latest"}, [202510], asn),
        (models, [202510, 202511], asn),
    ):
        assert set(groups([change, *hosts[1:]])) == {None}


def test_two_groups_and_hosts_without_lists() -> None:
    first, second = fleet(100, 10, 5), fleet(120, 12, 6)
    found = groups([*first, ({}, [], 64500), *second, ({}, [202510], 64501)])
    assert found[100] is None
    assert found[-1] is None
    assert len(set(found[:100])) == len(set(found[101:-1])) == 1
    assert found[0] != found[101]
    # The name is the list's: it is the same in a graph of other hosts, and has the form that is documented.
    assert groups(second[:110])[0] == found[101]
    assert len(str(found[0])) == 16
    assert not set(str(found[0])) - set("0123456789abcdef")


def test_names_do_not_run_into_each_other() -> None:
    """Hostile names: what separates them for the hash must not be able to stand in one."""
    listed = [202510]
    one: dict[str, Any] = {f"m{i}:latest": (listed, ["a" * 64]) for i in range(4)} | {'x","":y': (listed, ["b" * 64])}
    two: dict[str, Any] = {f"m{i}:latest": (listed, ["a" * 64]) for i in range(4)} | {"x\x1f:y": (listed, ["b" * 64])}
    names = {groups([(models, listed, 64500 + i) for i in range(100)])[0] for models in (one, two)}
    assert len(names - {None}) == 2


def test_no_hosts_and_no_deployments() -> None:
    assert groups([]) == []
    assert groups([({}, [], None)]) == [None]


@st.composite
def populations(draw: st.DrawFn) -> list[Host]:
    """Hosts with one of a few lists, so that equal ones are frequent."""
    digest = st.sampled_from(["a", "b"])
    entry = st.tuples(st.sampled_from([[1], [1, 2], [2]]), st.none() | st.lists(digest, min_size=1, max_size=2))
    lists = draw(st.lists(st.dictionaries(st.sampled_from("uvwxyz"), entry), min_size=1, max_size=3))
    host = st.tuples(st.sampled_from(lists), st.sampled_from([[1, 2], [1], [2]]), st.sampled_from([1, 2, 3, None]))
    return draw(st.lists(host, max_size=15))


def plainly(hosts: list[Host], thresholds: Thresholds) -> list[frozenset[Any] | None]:
    """The shared list of each suspected host, by loops."""
    newest = []
    for models, listed, _ in hosts:
        entries = frozenset((m, (d or [None])[-1]) for m, (weeks, d) in models.items() if weeks[-1] == listed[-1])
        newest.append(entries)
    found: list[frozenset[Any] | None] = []
    for entries in newest:
        alike = [i for i, other in enumerate(newest) if other == entries]
        long = sum(d is not None for _, d in entries) >= thresholds.models or len(entries) >= thresholds.models_by_name
        networks = {hosts[i][2] for i in alike} - {None}
        many = len(alike) >= thresholds.hosts and len(networks) >= thresholds.networks
        found.append(entries if long and many else None)
    return found


def with_thresholds(hosts: list[Host], thresholds: Thresholds, order: list[int]) -> list[str | None]:
    """Groups by host, the deployments in the given order of hosts and turned round within each."""
    position = {i: place for place, i in enumerate(order)}
    edges = [(position[i], *e) for i in order for e in reversed(hosts[i][0].items())]
    names = sorted({e[1] for e in edges}, reverse=order != sorted(order))
    kind = pa.list_(pa.int64())
    deployed = Deployed(
        integers([e[0] for e in edges]),
        integers([names.index(e[1]) for e in edges]),
        names,
        pa.array([e[2][0] for e in edges], kind),
        pa.array([e[2][1] for e in edges], pa.list_(pa.string())),
        pa.array([hosts[i][1] for i in order], kind),
    )
    networks = integers([hosts[i][2] or NO_NETWORK for i in order])
    found = decoy_groups(deployed.newest(), networks, thresholds)
    return [found[position[i]] for i in range(len(hosts))]


def integers(values: list[int]) -> Integers:
    import numpy as np

    return np.array(values, np.int64)


@settings(max_examples=200, deadline=None)
@given(populations(), st.randoms(use_true_random=False))
def test_against_loops_in_any_order(hosts: list[Host], rng: random.Random) -> None:
    thresholds = Thresholds(hosts=2, networks=2, models=1)
    order = list(range(len(hosts)))
    found = with_thresholds(hosts, thresholds, order)
    expected = plainly(hosts, thresholds)
    assert [g is not None for g in found] == [e is not None for e in expected]
    # Same name, same list.
    assert len({*zip(found, expected, strict=True)}) == len(set(found)) == len(set(expected))
    rng.shuffle(order)
    assert with_thresholds(hosts, thresholds, order) == found
