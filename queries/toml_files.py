"""TOML files of facts that users can write too: decoded and checked, with one line for a mistake."""

from __future__ import annotations

import tomllib
from typing import TypeVar

import msgspec

from cohabit.errors import DataError
from cohabit.text import visible

T = TypeVar("T")


def read_toml(where: str, what: str, content: bytes, kind: type[T]) -> T:
    """Return the file as that type; DataError names `where` it is wrong, and `what` it should hold ("the claims")."""
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: {what} are not UTF-8 text (byte {error.start})") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError(f"{where}: {what} are not valid TOML: {error}") from error
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise DataError(f"{where}: {visible(str(error), 300)}") from error
