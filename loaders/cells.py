"""Cells of tables as people and programs write them: addresses with ports, numbers with a point, lists of models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cohabit.loaders.bodies import Answer, listed_models, parse_body
from cohabit.loaders.bodies.ollama import Details, Entry
from cohabit.loaders.decoding import json_value
from cohabit.loaders.values import RecordError, endpoint, port

_NOTHING = frozenset({"", "null", "none", "nan", "n/a", "\\n"})
_LONGEST = max(map(len, _NOTHING))
_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]+):([0-9]{1,5})")
_POINT_ZERO = re.compile(r"([0-9]+)\.0+")
_SEPARATORS = re.compile(r"[;,|\n]")
# No escapes in them: with those a hostile cell could make the search quadratic, and names of models have none.
_TEXTS = re.compile(r"""'([^']*)'|"([^"]*)\"""")

# Our keys of what a row says of its one model, and where Ollama's entries have it.
ATTRIBUTES = {
    "digest": "digest",
    "size": "size",
    "family": "family",
    "parameter_size": "parameter_size",
    "quantization": "quantization_level",
    "format": "format",
}


def says_nothing(cell: object) -> bool:
    """Say whether a cell stands for a missing value."""
    if not isinstance(cell, str) or (len(cell) > _LONGEST and not cell[0].isspace() and not cell[-1].isspace()):
        return False
    return cell.strip().lower() in _NOTHING


def host_and_port(address: object, url: object, number: object) -> tuple[object, object]:
    """Return what cells say of the host and the port, unchecked; None where they do not say it.

    An address can be `192.0.2.7:11434` or a URL too. A port of its own wins over those. Raises RecordError.
    """
    where, number = None, whole(number)
    for cell in (address, url):
        if cell is not None:
            name, said = _split(cell)
            where = name if where is None else where
            number = said if number is None else number
    return where, number


def _split(cell: object) -> tuple[object, int | None]:
    if isinstance(cell, str):
        text = cell.strip()
        if "://" in text:
            return endpoint(text)
        if match := _WITH_PORT.fullmatch(text):
            return match[1], port(match[2])
    return cell, None


def whole(cell: object) -> object:
    """Return a number as it was before somebody's table made it 11434.0; anything else as it is."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, str):
        text = cell.strip()
        return match[1] if (match := _POINT_ZERO.fullmatch(text)) else text
    return cell


def moment(cell: object) -> object:
    """Return a time as ISO 8601 has it where a warehouse wrote `2026-10-05 10:11:12 UTC`; anything else as it is."""
    return f"{cell[:-4]}Z" if isinstance(cell, str) and cell.endswith(" UTC") else cell


def answer_in(cell: object, attributes: Mapping[str, object]) -> Answer | None:
    """Return what a cell says of models: one name, several, a list in any form, or a whole answer of a server.

    `attributes` say more of the model where it is only one. Missing models mean that no list was seen.
    Raises RecordError.
    """
    if cell is None:
        return None
    if isinstance(cell, str):
        text = cell.strip()
        if text.startswith("{") and (answer := parse_body(text, path="/api/tags")) is not None:
            return answer
        cell = _entries(text)
    elif isinstance(cell, dict):
        cell = [cell]
    if attributes and isinstance(cell, list) and len(cell) == 1 and isinstance(cell[0], str):
        # That a table knows these is no mark of the software.
        return Answer(listing=listed_models([_entry(cell[0], attributes)]))
    listing = listed_models(cell)
    return Answer(listing.software, None, listing)


def _entries(text: str) -> list[Any]:
    if not text.startswith(("[", "{")):
        return [name for part in _SEPARATORS.split(text) if (name := part.strip())]
    try:
        value = json_value(text.encode("utf-8", "surrogateescape"))
    except (RecordError, UnicodeEncodeError):
        names = [single or double for single, double in _TEXTS.findall(text)]
        if not (text.endswith("]") and names) or _TEXTS.sub("", text[1:-1]).strip(" ,\n"):
            raise RecordError("the models are neither names nor a list") from None
        return names
    return value if isinstance(value, list) else [value]


def _entry(name: str, attributes: Mapping[str, object]) -> Entry:
    texts = {ATTRIBUTES[key]: value for key, value in attributes.items() if isinstance(value, str) and key != "size"}
    size = whole(attributes.get("size"))
    if isinstance(size, str) and size.isascii() and size.isdigit():
        size = int(size[:20])  # more digits do not make it smaller
    return Entry(
        name=name,
        digest=texts.pop("digest", None),
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        details=Details(**texts),
    )
