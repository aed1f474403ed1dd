"""What the two XML formats share: text that XML 1.0 can carry, ids, and types."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from cohabit.exports.columns import BETWEEN
from cohabit.exports.masking import distinct_names
from cohabit.text import visible

# XML 1.0 has no way at all to write these.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = re.compile('[&<>"\t\n\r]')
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def legal(text: str) -> str:
    """The text with the characters that XML cannot carry spelled out, such as ``\\x1b``."""
    return _ILLEGAL.sub(lambda match: visible(match[0]), text)


def escaped(text: str) -> str:
    """Text for XML, inside an element or a double-quoted attribute; a parser gives back what `legal` gives."""
    return _MARKUP.sub(lambda match: _ENTITIES[match[0]], legal(text))


def id_source(ids: list[str]) -> Callable[[str], str]:
    """Give each id as it is written; ids that differ only in what XML cannot carry stay apart."""
    strange = [one for one in ids if legal(one) != one]
    if not strange:
        return escaped
    written = distinct_names({one: legal(one) for one in ids})
    return lambda one: escaped(written[one])


def written(value: Any) -> str:
    """A value as text, unescaped: lists joined, true and false in XML's spelling, floats so that they read back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return BETWEEN.join("" if member is None else written(member) for member in value)
    return value if isinstance(value, str) else repr(value)


def type_name(kind: pa.DataType) -> str:
    """The type's name, the same in GraphML and in GEXF; lists are texts."""
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "long"
    return "double" if pa.types.is_floating(kind) else "string"
