"""JSON that breaks off: what is complete is kept, what is not is left out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohabit.loaders.decoding import json_value, salvaged
from cohabit.loaders.values import RecordError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, "b": [1, 2, {"c": "x"}, {"c": "y', {"a": 1, "b": [1, 2, {"c": "x"}, {}]}),
        ('{"a": 12', {}),
        ('{"a": 12,', {"a": 12}),
        ('{"a": "}]\\"", "b', {"a": '}]"'}),
        ('[{"a": 1}, {"a"', [{"a": 1}, {}]),
        ('{"a": {}} rest', {"a": {}}),
        ('{"a": [], "b": nul', {"a": []}),
    ],
)
def test_known_beginnings(text: str, value: object) -> None:
    assert salvaged(text) == value


@pytest.mark.parametrize("text", ["", "null", '"text"', "]", "[" * 1_000, '{{"a": 1,', '"' * 1_000])
def test_nothing_to_save(text: str) -> None:
    with pytest.raises(RecordError):
        salvaged(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def is_beginning(part: object, whole: object) -> bool:
    """Whether a value has nothing that the other has not, and only lacks what comes last."""
    if isinstance(part, dict) and isinstance(whole, dict):
        pairs = list(zip(part.items(), whole.items(), strict=False))
        return len(part) <= len(whole) and all(a == b and is_beginning(x, y) for (a, x), (b, y) in pairs)
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(is_beginning(x, y) for x, y in zip(part, whole, strict=False))
    return part == whole


@given(st.dictionaries(st.text(), VALUES) | st.lists(VALUES), st.data())
def test_a_cut_at_any_place_gives_a_beginning(value: object, data: st.DataObject) -> None:
    text = json.dumps(value)
    place = data.draw(st.integers(1, len(text)))
    found = salvaged(text[:place])
    assert is_beginning(found, value)
    assert place < len(text) or found == value


ODD = [
    "\\ud800",
    "\\x0d",
    "1e999",
    "-0",
    "0.1e-400",
    "9" * 25,
    "9" * 5_000,
    "[" * 3_000,
    "NaN",
    "\x01",
    "\ufeff",
    "\udcff",
    "}",
]


@given(value=VALUES, odd=st.sampled_from(ODD), place=st.integers(0, 60))
def test_every_value_is_what_the_standard_library_reads(value: object, odd: str, place: int) -> None:
    text = json.dumps([value, 0.1])
    for data in (text, text[:place] + odd + text[place:]):
        try:
            expected = json.loads(data, parse_constant=lambda constant: pytest.fail(constant))
        except (ValueError, RecursionError, pytest.fail.Exception):
            with pytest.raises(RecordError):
                json_value(data.encode("utf-8", "surrogateescape"))
        else:
            assert json_value(data.encode("utf-8", "surrogateescape")) == expected
