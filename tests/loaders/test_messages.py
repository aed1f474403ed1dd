"""HTTP answers as text: heads, bodies, chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohabit.loaders.bodies import http_response

CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"


def chunked(body: str, size: int) -> str:
    """Cut the bytes of a text into chunks; one that ends inside a character is drawn on to the end of it."""
    data, parts = body.encode(), []
    while data:
        end = size
        while data[end:] and data[end] & 0xC0 == 0x80:
            end += 1
        parts.append(f"{len(data[:end]):X};x=y\r\n{data[:end].decode()}\r\n")
        data = data[end:]
    return "".join(parts) + "0\r\n\r\n"


def test_headers_and_body():
    text = "HTTP/1.1 200 OK\r\nServer: uvicorn\r\nX-A:  b: c \r\nserver: nginx\r\nnonsense\r\n\r\n{}\r\n\r\nrest"
    assert http_response(text) == ({"server": "uvicorn", "x-a": "b: c"}, "{}\r\n\r\nrest")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ({}, "")),
        ("Ollama is running", ({}, "Ollama is running")),
        ('{"models":[]}\n\n', ({}, '{"models":[]}\n\n')),
        ("HTTP/1.0 200", ({}, "")),
        ("HTTP/1.0 200 OK\r\nA: b", ({"a": "b"}, "")),
        ("HTTP/1.0 200 OK\nA: b\n\nbody", ({"a": "b"}, "body")),
        ("HTTP/1.0 200 OK\r\n\r\n", ({}, "")),
    ],
)
def test_odd_answers(text, found):
    assert http_response(text) == found


@given(body=st.text(st.characters(codec="utf-8")), size=st.integers(1, 50))
def test_chunks_are_put_together(body, size):
    assert http_response(CHUNKED + chunked(body, size))[1] == body


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("5\r\nab", "ab"),
        ("2\r\nab\r\n5\r\ncd", "abcd"),
        ("2\r\nab\r\nffffffff\r\nc", "abc"),
        ('{"models":[]}', '{"models":[]}'),
        ("0\r\n\r\n", ""),
        ("", ""),
        ("2\r\n\ud800b\r\n0\r\n", "?b"),
    ],
)
def test_chunks_that_break_off_or_are_none(body, found):
    assert http_response(CHUNKED + body)[1] == found
