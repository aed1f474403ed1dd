"""Lines, array elements and JSON documents, wherever the chunks end."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohabit.errors import DataError
from cohabit.loaders import pieces
from cohabit.loaders.pieces import documents, elements, lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.text('\\"[]{},: '),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.text('\\"[]{},'), inner),
    max_leaves=10,
)


def in_chunks(data: bytes, size: int) -> Callable[[int], bytes]:
    stream = io.BytesIO(data)
    return lambda _: stream.read(size)


@given(st.lists(JSON), st.integers(1, 40), st.sampled_from([None, 1]), st.booleans())
def test_elements_are_those_of_the_array(values, size, indent, escaped):
    data = f" {json.dumps(values, indent=indent, ensure_ascii=escaped)} \n".encode()
    found = list(elements(in_chunks(data, size)))
    assert [json.loads(raw) for _, raw, _ in found] == values
    assert [number for number, _, _ in found] == list(range(1, len(values) + 1))
    assert all(whole for _, _, whole in found)


@given(
    st.lists(st.lists(JSON) | st.dictionaries(st.text() | st.text('\\"[]{},'), JSON)),
    st.integers(1, 40),
    st.sampled_from([None, 1]),
    st.sampled_from(["", " ", "\n", "\r\n\n"]),
)
def test_documents_are_those_of_the_text(values, size, indent, between):
    data = between.join(json.dumps(value, indent=indent) for value in values).encode()
    found = list(documents(in_chunks(data, size)))
    assert [json.loads(raw) for _, raw, _ in found] == values
    assert [number for number, _, _ in found] == list(range(1, len(values) + 1))
    assert all(whole for _, _, whole in found)


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_documents_survive_what_stands_between_them(size):
    data = b'{"a":1} noise {"b":[2]}}{"c":3}\n]{"d":4} {"e":'
    assert [raw for _, raw, _ in documents(in_chunks(data, size))] == [
        b'{"a":1}',
        b'noise {"b":[2]}',
        b"}",
        b'{"c":3}',
        b"]",
        b'{"d":4}',
        b'{"e":',
    ]


@given(st.lists(st.text("ab \r[\t")), st.integers(1, 20), st.sampled_from(["", "\n"]))
def test_lines_are_those_of_the_text(texts, size, end):
    data = ("\n".join(texts) + end).encode()
    expected = [(number, text.encode(), True) for number, text in enumerate(texts, 1) if text.strip()]
    assert list(lines(in_chunks(data, size))) == expected


def test_an_element_that_is_no_json_costs_only_itself():
    data = rb'[{"a":1}, {bad}, {"b":"\q]"}, NaN, {"c":[}, {]}, , "x"]'
    assert [raw for _, raw, _ in elements(io.BytesIO(data).read)] == [
        b'{"a":1}',
        b"{bad}",
        rb'{"b":"\q]"}',
        b"NaN",
        b'{"c":[}, {]}',
        b"",
        b'"x"',
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a JSON array"),
        (b'{"a":[1]}', "not a JSON array"),
        (b"[", "breaks off after 0"),
        (b"[1, 2", "breaks off after 1"),
        (b'[1, "a]', "breaks off after 1"),
        (b'["a\\"]', "breaks off after 0"),
        (b"[1, [2]", "breaks off after 1"),
        (b"[1, 2}", "} closes the array of 2"),
        (b"[1] [2]", "something follows the JSON array of 1"),
        (b"[]x", "something follows the JSON array of 0"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_what_is_not_one_whole_array_is_refused(data, message, size):
    with pytest.raises(DataError, match=message):
        list(elements(in_chunks(data, size)))


def test_commas_without_elements_are_bad_elements():
    assert [raw for _, raw, _ in elements(io.BytesIO(b"[,]").read)] == [b"", b""]
    assert [raw for _, raw, _ in elements(io.BytesIO(b"[1,]").read)] == [b"1", b""]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make records of more than ten bytes too long, and keep four bytes of them."""
    monkeypatch.setattr(pieces, "LIMIT", 10)
    monkeypatch.setattr(pieces, "PAGE_LIMIT", 10)
    monkeypatch.setattr(pieces, "KEPT", 4)


@pytest.mark.parametrize("size", [1, 3, 7, 15, 1000])
@pytest.mark.usefixtures("small")
def test_lines_over_the_limit_keep_their_beginning(size):
    data = b"0123456789\n0123456789X\n" + b"y" * 50 + b"\nok\n" + b"z" * 11
    assert list(lines(in_chunks(data, size))) == [
        (1, b"0123456789", True),
        (2, b"0123", False),
        (3, b"yyyy", False),
        (4, b"ok", True),
        (5, b"zzzz", False),
    ]


@pytest.mark.parametrize("size", [1, 3, 7, 15, 1000])
@pytest.mark.parametrize("long", [b'"' + b'\\",]' * 20 + b'"', b"[" + b'{"a":[1,2]},' * 9 + b"0]", b"1" * 11])
@pytest.mark.usefixtures("small")
def test_elements_over_the_limit_keep_their_beginning(size, long):
    data = b"[" + b" " * 30 + long + b',"01234567",' + long + b"," + long + b"]"
    assert list(elements(in_chunks(data, size))) == [
        (1, long[:4], False),
        (2, b'"01234567"', True),
        (3, long[:4], False),
        (4, long[:4], False),
    ]


@pytest.mark.parametrize("size", [1, 3, 7, 15, 1000])
@pytest.mark.usefixtures("small")
def test_documents_over_the_limit_keep_their_beginning(size):
    data = b'{"a":"0123456789"} [1,2] {"b":"0123456789"}' + b'{"c":"0123456789'
    assert list(documents(in_chunks(data, size))) == [
        (1, b'{"a"', False),
        (2, b"[1,2]", True),
        (3, b'{"b"', False),
        (4, b'{"c"', False),
    ]
