"""JSON of one record into values: fast where it is as it should be, forgiving where it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, TypeVar

import msgspec

from cohabit.loaders.values import RecordError, kind

T = TypeVar("T", bound=msgspec.Struct)

_decode: Callable[[bytes | msgspec.Raw], object] = msgspec.json.Decoder().decode  # strict, and several times as fast
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:"]|[^\s\[\]{},:"]+', re.DOTALL)
_CLOSERS = {"[": "]", "{": "}"}
_DEEPEST = 200


def json_value(raw: bytes | msgspec.Raw) -> object:
    """Decode any JSON value, also one with lone surrogates or bytes that are no UTF-8 (they become surrogates).

    Raises RecordError for what is not JSON, and for what is nested so deeply that reading it would be dangerous.
    """
    with suppress(ValueError, RecursionError):
        return _decode(raw)
    try:
        text = bytes(raw).decode("utf-8", "surrogateescape")
        value: object = json.loads(text, parse_constant=_refuse)
        return value
    except json.JSONDecodeError as error:
        raise RecordError(f"not valid JSON: {error.msg} (character {error.pos + 1})") from None
    except RecursionError:
        raise RecordError("nested too deeply") from None
    except RecordError:
        raise
    except ValueError:  # an integer of more digits than Python converts
        raise RecordError("not valid JSON: a number of thousands of digits") from None


def salvaged(text: str) -> object:
    """Decode the beginning of a JSON value that breaks off: everything in it that is complete.

    The last entry of an object or array is left out unless a comma or its own bracket shows that it had ended.
    Raises RecordError when nothing is there to save, or for nesting that no honest source writes.
    """
    open_brackets = ""
    end, closers = 0, ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in _CLOSERS:
            open_brackets += _CLOSERS[mark]
        elif mark in "]}":
            if not open_brackets.endswith(mark):
                break
            open_brackets = open_brackets[:-1]
        elif mark != ",":
            if not open_brackets or mark == '"':  # nothing to be inside of, or a text that does not end
                break
            continue
        if len(open_brackets) > _DEEPEST:
            raise RecordError("nested too deeply")
        end, closers = token.start() if mark == "," else token.end(), open_brackets[::-1]
        if not open_brackets:
            break
    return json_value((text[:end] + closers).encode("utf-8", "surrogateescape"))


def object_decoder(kind_of: type[T]) -> Callable[[bytes], T]:
    """Return a function that decodes one JSON object into a struct whose fields are `object` or `msgspec.Raw`.

    A `Raw` field holds the undecoded bytes, or the decoded value where the fast way did not work; keys that the
    struct does not name are passed over. The function raises RecordError when the bytes are no JSON object.
    """
    fast = msgspec.json.Decoder(kind_of).decode
    fields = {field.encode_name: field.name for field in msgspec.structs.fields(kind_of)}

    def decode(raw: bytes) -> T:
        try:
            return fast(raw)
        except (ValueError, RecursionError):
            value = json_value(raw)
        if not isinstance(value, dict):
            raise RecordError(f"{kind(value)}, not a JSON object")
        return kind_of(**{name: value[key] for key, name in fields.items() if key in value})

    return decode


def _refuse(constant: str) -> NoReturn:
    raise RecordError(f"not valid JSON: {constant} is no JSON number")
