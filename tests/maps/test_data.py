from __future__ import annotations

from dataclasses import replace

import pytest

from cohabit.errors import UsageError
from cohabit.maps.data import Frame, MapData, MapItem, MapPair
from cohabit.maps.kinds import make_map
from cohabit.maps.request import Request


def small() -> MapData:
    # 10 hosts: 6 with llama, 4 with qwen2, 3 with both.
    items = (MapItem("llama", 6, 0.6, 10), MapItem("qwen2", 4, 0.4, 10))
    pair = MapPair("llama", "qwen2", 3, 3 / 6, 3 / 4, 10 * 3 / (6 * 4), 3 / 7)
    return MapData(Frame("t", "family", 10, 12, 3, "1 scan", "2026-01-01", "2026-01-02"), items, (pair,))


def test_consistent_figures_are_accepted() -> None:
    data = small()
    assert replace(data, pairs=(replace(data.pairs[0], lift=None),)).pairs[0].lift is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"share_of_a": 0.51}, "share_of_a is 0.51, the counts say 0.5"),
        ({"share_of_b": None}, "share_of_b is None, the counts say 0.75"),
        ({"jaccard": 0.5}, "jaccard is 0.5"),
        ({"lift": float("nan")}, "lift is nan"),
        ({"hosts": 5}, "5 hosts with both, 6 and 4 with each"),
        ({"hosts": 0}, "0 hosts with both"),
        ({"b": "phi3"}, "not two known items"),
        ({"b": "llama"}, "not two known items"),
    ],
)
def test_contradictions_in_a_pair_are_refused(change: dict[str, object], message: str) -> None:
    data = small()
    with pytest.raises(ValueError, match=message):
        replace(data, pairs=(replace(data.pairs[0], **change),))  # type: ignore[arg-type]


def test_the_same_pair_twice_is_refused_in_either_order() -> None:
    data = small()
    pair = data.pairs[0]
    turned = replace(pair, a=pair.b, b=pair.a, share_of_a=pair.share_of_b, share_of_b=pair.share_of_a)
    with pytest.raises(ValueError, match="repeated"):
        replace(data, pairs=(pair, turned))


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (MapItem("phi3", 11, 1.1, 10), "do not fit base 10"),
        (MapItem("phi3", -1, -0.1, 10), "do not fit base 10"),
        (MapItem("phi3", 5, 0.5, 20), "do not fit base 10"),
        (MapItem("phi3", 5, 0.4, 10), r"share 0.4 is not 5 / 10"),
        (MapItem("llama", 6, 0.6, 10), "same name"),
    ],
)
def test_contradictions_in_an_item_are_refused(item: MapItem, message: str) -> None:
    data = small()
    with pytest.raises(ValueError, match=message):
        replace(data, items=(*data.items, item))


def test_a_seed_that_no_generator_takes_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="--seed -1: it takes 0 to"):
        make_map(None, "families", Request(seed=-1))  # type: ignore[arg-type]


def test_a_kind_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="map 'x': not a kind of map; choose from families"):
        make_map(None, "x")  # type: ignore[arg-type]
