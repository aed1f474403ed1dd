"""JSON of one record into values: fast where it is as it should be, forgiving where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn, TypeVar

import msgspec

from cohabit.loaders.values import RecordError, kind

T = TypeVar("T", bound=msgspec.Struct)


def json_value(raw: bytes | msgspec.Raw) -> object:
    """Decode any JSON value, also one with lone surrogates or bytes that are no UTF-8 (they become surrogates).

    Raises RecordError for what is not JSON, and for what is nested so deeply that reading it would be dangerous.
    """
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
