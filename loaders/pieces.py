"""Bytes cut into records: the lines of a text, the elements of a JSON array, JSON values one after another.

Memory stays bounded whatever the bytes are: a record over `LIMIT` is let go but for its beginning. No library does
the array part, because one that reads JSON in steps builds whole values before anybody can refuse them: ijson 3.6
crashes on a number of 5,000 digits, and 100,000 opening brackets take it tens of gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cohabit.errors import DataError
from cohabit.loaders.streams import CHUNK

LIMIT = 16 << 20  # bytes of one record; the largest honest ones have a few hundred kilobytes
PAGE_LIMIT = 128 << 20  # bytes of one JSON document, which can hold thousands of records
KEPT = 8_000  # bytes kept of a record that is longer

Read = Callable[[int], bytes]
Piece = tuple[int, bytes, bool]  # number from 1, bytes, and whether these are all (False: the beginning of it)

_COMMA = ord(",")
_SEPARATES, _QUOTES = 2, 3
# For each byte: what it adds to the depth (255 is -1), or that it separates elements or opens and closes texts.
_KIND = {"[": 1, "{": 1, "]": 255, "}": 255, ",": _SEPARATES, '"': _QUOTES}
_KINDS = bytes(_KIND.get(chr(code), 0) for code in range(256))


def lines(read: Read) -> Iterator[Piece]:
    """Yield the non-blank lines, numbered as in the file."""
    number, rest, cut = 1, b"", b""
    at_end = False
    while not at_end:
        chunk = read(CHUNK)
        at_end = not chunk
        parts = (rest + (chunk or b"\n")).split(b"\n")
        rest = parts.pop()
        for part in parts:
            if cut or len(part) > LIMIT:
                yield number, cut or part[:KEPT], False
                cut = b""
            elif part and not part.isspace():
                yield number, part, True
            number += 1
        if len(rest) > LIMIT:
            cut, rest = cut or rest[:KEPT], b""


def elements(read: Read) -> Iterator[Piece]:
    """Yield the elements of one JSON array by position, as bytes that nobody has looked into yet.

    Only texts and brackets are told apart here, so an element that is no valid JSON costs that element alone.
    Raises DataError when this is no array, the array does not end, or something follows it.
    """
    chunk = _after_space(read)
    if not chunk.startswith(b"["):
        raise DataError("this is not a JSON array")
    chunk = chunk[1:] or read(CHUNK)
    marks = _Marks()
    number, held, cut = 0, b"", b""
    while chunk:
        text, ends, over = marks.elements(chunk)
        start = 0
        for end in ends:
            element = (held + text[start:end]).strip()
            start, held = end + 1, b""
            if element or cut or number or text[end] == _COMMA:  # "[]" has no element, "[,]" two bad ones
                number += 1
                whole = not cut and len(element) <= LIMIT
                yield number, element if whole else cut or element[:KEPT], whole
                cut = b""
        if over:
            if text[start - 1 : start] != b"]":
                raise DataError(f"not valid JSON: }} closes the array of {number} elements; nothing of it is loaded")
            if text[start:].strip() or _after_space(read):
                raise DataError(f"something follows the JSON array of {number} elements; nothing of it is loaded")
            return
        held = (held + text[start:]).lstrip()
        if len(held) > LIMIT:
            cut, held = cut or held[:KEPT], b""
        chunk = read(CHUNK)
    raise DataError(f"the JSON array breaks off after {number} elements; nothing of it is loaded")


def documents(read: Read) -> Iterator[Piece]:
    """Yield JSON objects and arrays that stand one after another, on one line each or on many.

    What stands between two of them becomes part of the second, which is then no valid JSON; what the source breaks
    off in is yielded as it is.
    """
    marks = _Marks()
    number, held, cut = 1, b"", b""
    while chunk := read(CHUNK):
        text, ends = marks.documents(chunk)
        start = 0
        for end in ends:
            document = (held + text[start : end + 1]).strip()
            start, held = end + 1, b""
            whole = not cut and len(document) <= PAGE_LIMIT
            yield number, document if whole else cut or document[:KEPT], whole
            number, cut = number + 1, b""
        held = (held + text[start:]).lstrip()
        if len(held) > PAGE_LIMIT:
            cut, held = cut or held[:KEPT], b""
    rest = held.strip()
    if cut or rest:
        yield number, cut or rest, not cut


def _after_space(read: Read) -> bytes:
    """Return the rest of the chunk in which something other than white space begins; nothing at the end."""
    while chunk := read(CHUNK):
        if rest := chunk.lstrip():
            return rest
    return b""


class _Marks:
    """Brackets and commas outside all texts, chunk by chunk, with the depth that they are at."""

    def __init__(self) -> None:
        self._kept = b""  # a backslash whose partner is in the next chunk
        self._in_text = 0
        self._depth = self._ground = 0

    def elements(self, chunk: bytes) -> tuple[bytes, list[int], bool]:
        """Return the bytes judged, where elements of an array end in them, and whether the last one ends the array."""
        text, at, separates, depth = self._marks(chunk)
        ends = at[separates & (depth == 0)]
        closing = at[depth < 0]
        if closing.size:
            return text, [*ends[ends < closing[0]].tolist(), int(closing[0])], True
        return text, ends.tolist(), False

    def documents(self, chunk: bytes) -> tuple[bytes, list[int]]:
        """Return the bytes judged, and where brackets in them close an object or array that is inside no other."""
        import numpy as np

        start = self._depth
        text, at, separates, depth = self._marks(chunk)
        closes = ~separates & (depth < np.concatenate([[start], depth[:-1]])) if depth.size else separates
        # A bracket too many would leave the depth negative for ever: the lowest depth so far is the new ground.
        ground = np.minimum.accumulate(np.concatenate([[self._ground], depth]))
        self._ground = int(ground[-1])
        return text, at[closes & (depth == ground[1:])].tolist()

    def _marks(self, chunk: bytes) -> tuple[bytes, Any, Any, Any]:
        import numpy as np

        text = self._kept + chunk
        plain = text.replace(rb"\\", b"__").replace(rb"\"", b"__")  # what remains of quotes opens or closes a text
        self._kept = b"\\" if plain.endswith(b"\\") else b""
        if self._kept:
            text, plain = text[:-1], plain[:-1]
        kinds = np.frombuffer(plain.translate(_KINDS), np.int8)
        at = np.flatnonzero(kinds)
        kinds = kinds[at]
        in_text = (np.cumsum(kinds == _QUOTES, dtype=np.uint8) + self._in_text) & 1
        outside = np.flatnonzero((in_text == 0) & (kinds != _QUOTES))
        if in_text.size:
            self._in_text = int(in_text[-1])
        at, kinds = at[outside], kinds[outside]
        separates = kinds == _SEPARATES
        depth = self._depth + np.cumsum(np.where(separates, 0, kinds), dtype=np.int64)
        if depth.size:
            self._depth = int(depth[-1])
        return text, at, separates, depth
