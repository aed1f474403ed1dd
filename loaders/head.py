"""The beginning of a source: what loaders recognise their format by, and what people are told when none does."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable
from functools import cached_property
from itertools import islice

from cohabit.errors import DataError
from cohabit.loaders.decoding import json_value, salvaged
from cohabit.loaders.pieces import Piece, elements, lines
from cohabit.loaders.streams import GZIP, ZSTD
from cohabit.loaders.values import RecordError, kind
from cohabit.text import visible

_WORDS = 6  # of a heading
LOOKED_AT = 20  # records: one damaged record at the start does not hide what the others are

_SIGNATURES = (
    (codecs.BOM_UTF32_LE, "UTF-32 text (it has to be UTF-8)"),
    (codecs.BOM_UTF32_BE, "UTF-32 text (it has to be UTF-8)"),
    (codecs.BOM_UTF16_LE, "UTF-16 text (it has to be UTF-8)"),
    (codecs.BOM_UTF16_BE, "UTF-16 text (it has to be UTF-8)"),
    (GZIP, "data that was compressed twice"),
    (ZSTD, "data that was compressed twice"),
    (b"PK\x03\x04", "an office document (save what is in it as CSV)"),
    (b"BZh", "bzip2 data (unpack it first)"),
    (b"\xfd7zXZ\x00", "xz data (unpack it first)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
)
_UTF16 = re.compile(rb"(?:\x00[\t-~]|[\t-~]\x00){2}")
_HTML = re.compile(rb"<(?:!doctype\s+html|html)\b", re.I)


class Head:
    """The beginning of a source, decompressed and without BOM; `complete` says whether it is all of it."""

    def __init__(self, data: bytes, complete: bool) -> None:
        self.data = data
        self.complete = complete

    @cached_property
    def lines(self) -> list[object]:
        """The JSON values of the first lines that are one each. A line longer than the head gives its first pairs."""
        whole = self.data if self.complete else self.data[: self.data.rfind(b"\n") + 1]
        return _values(lines(io.BytesIO(whole).read)) if whole else [*_beginning(self.data)]

    @cached_property
    def document(self) -> dict[str, object] | None:
        """The one JSON object that this is from its first byte to its last; None when it is none, or not all of it."""
        if not self.complete or not self.data.lstrip().startswith(b"{"):
            return None
        try:
            value = json_value(self.data)
        except RecordError:
            return None
        return value if isinstance(value, dict) else None

    @property
    def is_lines(self) -> bool:
        """Whether this is one record a line, not one JSON object on many lines.

        A line of an object that is spread over several can be a whole object by chance, but hardly two are.
        """
        if self.document is not None:
            return b"\n" not in self.data.strip()
        if not self.data.lstrip().startswith((b"{", b"[")):
            return True
        found = objects(self.lines)
        return len(found) > 1 or (len(found) == 1 and (self.lines[0] is found[0] or not self.complete))

    @cached_property
    def elements(self) -> list[object] | None:
        """The first elements of a JSON array, empty for an empty array; None when this is no array."""
        start = self.data.lstrip()
        if not start.startswith(b"["):
            return None
        values = _values(elements(io.BytesIO(start).read))
        inside = start[1:].strip()
        if values or inside in {b"", b"]"}:
            return values
        return [*_beginning(inside)] or None

    @cached_property
    def records(self) -> list[dict[str, object]]:
        """The first JSON objects, however they are laid out: elements of an array, one a line, or one on many lines.

        Of an object that is longer than the head it is the beginning, with what is complete in it.
        """
        if self.elements is not None:
            return objects(self.elements)
        if self.document is not None:
            return [self.document]
        return objects(self.lines) or objects(_beginning(self.data.lstrip()))

    @cached_property
    def text(self) -> str:
        """The head as text; bytes that are no UTF-8 become U+FFFD."""
        return self.data.decode("utf-8", "replace")

    @cached_property
    def columns(self) -> list[str]:
        """The cells of the first line, read as CSV or TSV; empty where it is no such line."""
        line = self.text.lstrip().partition("\n")[0].rstrip("\r")
        delimiter = max(",;\t", key=line.count)
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            return []
        return [cell.strip() for cell in cells] if len(cells) > 1 else []

    @property
    def is_table(self) -> bool:
        """Say whether this looks like CSV or TSV with headings: the second line has no fewer cells than the first.

        Headings are a few words: a sentence with commas, as in a README beside the scans, is none.
        """
        lines = [line for line in self.text.split("\n")[:LOOKED_AT] if line.strip()]
        names = set(self.columns) - {""}
        if len(lines) < 2 or len(names) < max(len(self.columns), 2) or lines[0].lstrip().startswith(("<", "{", "[")):
            return False
        delimiter = max(",;\t", key=lines[0].count)
        if lines[0].startswith("# ") or any(len(name.split()) > _WORDS for name in names):
            return False
        is_text = all(name.isprintable() and "\ufffd" not in name for name in names)
        return is_text and lines[1].count(delimiter) >= lines[0].count(delimiter)

    def seen(self) -> str:
        """Return in a few words what this is, for somebody who expected it to be read."""
        start = self.data.lstrip()
        for signature, name in _SIGNATURES:
            if self.data.startswith(signature):
                return name
        if _UTF16.match(self.data):
            return "UTF-16 text (it has to be UTF-8)"
        try:
            text = codecs.getincrementaldecoder("utf-8")().decode(start[:4096])
        except UnicodeDecodeError:
            return "binary data, or text that is not UTF-8"
        if "\x00" in text:
            return "binary data"
        if start.startswith(b"<"):
            return "an HTML page" if _HTML.match(start) else "XML"
        if start.startswith(b"["):
            return self._array_seen()
        if found := objects(self.lines):
            shape = "one JSON object" if self.complete and len(self.lines) == 1 else "JSON, one object a line,"
            return f"{shape} with {_keys(found[0])}"
        if found := objects(_beginning(start)):
            return f"one JSON object over several lines with {_keys(found[0])}"
        return f"text that begins with “{visible(text.split(chr(10))[0][:80], 40)}”"

    def _array_seen(self) -> str:
        if not self.elements:
            return "what begins like a JSON array, but is none"
        first = self.elements[0]
        if isinstance(first, dict):
            return f"a JSON array of objects with {_keys(first)}"
        return f"a JSON array that begins with {kind(first)}"


def objects(values: Iterable[object] | None) -> list[dict[str, object]]:
    """Return the JSON objects among values."""
    return [value for value in values or () if isinstance(value, dict)]


def _beginning(data: bytes) -> list[object]:
    """Return the JSON object at the start as far as it is complete, or nothing."""
    try:
        value = salvaged(data.decode("utf-8", "replace")) if data.startswith(b"{") else None
    except RecordError:
        return []
    return [value] if value else []


def _values(pieces: Iterable[Piece]) -> list[object]:
    values: list[object] = []
    try:
        for _, raw, whole in islice(pieces, LOOKED_AT):
            try:
                values.append(json_value(raw) if whole else None)
            except RecordError:
                continue
    except DataError:  # the head ends inside the array
        pass
    return values


def _keys(value: dict[str, object]) -> str:
    names = [visible(key, 30) for key in islice(value, 6)]
    return ("the keys " + ", ".join(names) + (", …" if len(value) > 6 else "")) if names else "no keys"
