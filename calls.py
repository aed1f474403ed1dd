"""Calls of the Python interface: a value of the wrong kind, or a name that is none, is refused in one line.

What a method takes is in its signature; nothing is said twice.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import wraps
from numbers import Integral
from types import NoneType
from typing import Any, TypeVar

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.text import visible

Kind = TypeVar("Kind", bound=type)

_SEVERAL = (Iterable, Integral, os.PathLike)
# What the parts of an annotation let through; `bool` is whether something is true, which all things are or are not.
_LET: Mapping[str, Any] = {
    "str": str,
    "int": Integral,
    "date": date,
    "None": NoneType,
    "os.PathLike[str]": os.PathLike,
    "Mapping[str, Any]": Mapping,
    "Sequence[str]": _SEVERAL,
    "Sequence[int]": _SEVERAL,
    "tuple[str, ...]": _SEVERAL,
}
_WORDS = {"str": "text", "int": "whole number", "date": "date", "os.PathLike[str]": "path"}


def checked_calls(filters: Sequence[str]) -> Callable[[Kind], Kind]:
    """A class whose public methods refuse what their signatures do not name; `**filters` take these names."""

    def decorated(kind: Kind) -> Kind:
        for name, method in list(vars(kind).items()):
            if inspect.isfunction(method) and not name.startswith("_") and name not in ("ask", "close"):
                setattr(kind, name, _checked(method, filters))
        return kind

    return decorated


def _checked(method: Callable[..., Any], filters: Sequence[str]) -> Callable[..., Any]:
    parameters = dict(list(inspect.signature(method).parameters.items())[1:])
    several = next((p for p in parameters.values() if p.kind is p.VAR_POSITIONAL), None)
    positional = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    named = {name: p for name, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    known = [*named, *(filters if any(p.kind is p.VAR_KEYWORD for p in parameters.values()) else ())]

    @wraps(method)
    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        for parameter, value in zip(positional, arguments, strict=False):
            check_value(parameter.name, parameter.annotation, value)
        if several:
            for value in arguments[len(positional) :]:
                check_value(f"each of {several.name}", several.annotation, value)
        for name, value in options.items():
            if name not in known:
                raise UsageError(f"{method.__name__} takes no {visible(name, 40)!r}; {among(name, known)}")
            if name in named:
                check_value(name, named[name].annotation, value)
        return method(self, *arguments, **options)

    return call


def check_value(name: str, annotation: str, value: Any) -> None:
    """Refuse a value that is none of the kinds of an annotation; one with a kind that is not known here takes all."""
    parts = annotation.split(" | ")
    if any(part not in _LET or isinstance(value, _LET[part]) for part in parts):
        return
    kinds = " or ".join(_WORDS[part] for part in parts if part in _WORDS)
    wanted = "a dictionary of values by name" if "Mapping[str, Any]" in parts else f"one value ({kinds})"
    given = "a list" if isinstance(value, list | tuple | set) else visible(repr(value), 60)
    raise UsageError(f"{name} takes {wanted}, not {given}")
