"""A catalogue file, read and checked: the bundled ``catalogue.toml`` or a user's, which has the same form.

The bundled file's header describes the form. Every complaint names the file and the place in it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec

from cohabit.errors import DataError
from cohabit.loaders.names import Pattern, PatternTable
from cohabit.text import visible

T = TypeVar("T")

# What Ollama calls them (`ollama show`, `/api/show`).
CAPABILITIES = ("audio", "completion", "embedding", "image", "insert", "thinking", "tools", "vision")

_COUNTRY = re.compile(r"[A-Z]{2}")


class LineFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says of a line; the file's header explains the keys."""

    family: str | None = None
    families: dict[str, list[str]] = {}
    names: Annotated[list[str], msgspec.Meta(min_length=1)] | None = None
    derived_from: str | None = None
    bases: dict[str, list[str]] = {}
    capabilities: Annotated[list[str], msgspec.Meta(min_length=1)] | None = None
    capabilities_where: dict[str, list[str]] = {}


class LabFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says of a lab; a user's file may leave the name of a bundled lab out."""

    name: str | None = None
    country: str | None = None
    lines: dict[str, Any] = {}


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    labs: dict[str, Any] = {}
    lines: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    unknown: list[str] = []
    hidden: list[str] = []


@dataclass(frozen=True, slots=True)
class LineSaid:
    """A line as a file has it: the place in the file, the key of the lab's section (None: not under one), the facts."""

    entry: str
    lab: str | None
    facts: LineFacts


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """One file. `source` is what it is called in messages and answers, `digest` the SHA-256 of its bytes in hex."""

    source: str
    digest: str
    labs: Mapping[str, LabFacts]
    lines: Mapping[str, LineSaid]
    sizes: Mapping[str, int]
    unknown: Sequence[str]
    hidden: Sequence[str]

    @classmethod
    def parse(cls, source: str, content: bytes) -> CatalogueFile:
        """Read a file's bytes; DataError says what is wrong and where."""
        try:
            document = tomllib.loads(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise DataError(f"{source}: the catalogue is not UTF-8 text (byte {error.start})") from error
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise DataError(f"{source}: the catalogue is not valid TOML: {error}") from error
        said = _convert(source, "the catalogue", document, _Document)
        labs: dict[str, LabFacts] = {}
        lines = _lines(source, "lines", None, said.lines, {})
        for key, value in said.labs.items():
            entry = f"labs.{key}"
            labs[key] = facts = _convert(source, entry, value, LabFacts)
            if facts.name is not None and (
                not facts.name.strip() or facts.name in {lab.name for other, lab in labs.items() if other != key}
            ):
                raise wrong(source, entry, f'the name "{facts.name}" is blank or another lab has it')
            if facts.country is not None and not _COUNTRY.fullmatch(facts.country):
                raise wrong(source, entry, f'the country "{facts.country}" is not two capital letters (ISO 3166-1)')
            lines = _lines(source, f"{entry}.lines", key, facts.lines, lines)
        for size, count in said.sizes.items():
            if not 0 < count < 2**63:
                raise wrong(source, f"sizes.{size}", f"{count} is no parameter count")
        digest = hashlib.sha256(content).hexdigest()
        return cls(source, digest, labs, lines, said.sizes, said.unknown, said.hidden)

    def table(self, named: list[tuple[str, str, T]]) -> PatternTable[T]:
        """Compile the patterns of (entry, text, target)."""
        return PatternTable(self._patterns(named))

    def by_name(self, entry: str, patterns: Mapping[str, list[str]]) -> PatternTable[str]:
        """Compile patterns that stand under the name of what they mean."""
        return self.table([(entry, text, name) for name, texts in patterns.items() for text in texts])

    def wrong(self, entry: str, problem: str) -> DataError:
        """Return the complaint about a place in this file."""
        return wrong(self.source, entry, problem)

    def _patterns(self, named: list[tuple[str, str, T]]) -> Iterator[tuple[Pattern, T]]:
        """Yield the patterns; the same one twice could not be decided between."""
        seen: dict[tuple[object, ...], str] = {}
        for entry, text, target in named:
            try:
                pattern = Pattern.parse(text)
            except ValueError as error:
                raise self.wrong(entry, f'"{text}": {error}') from error
            if pattern.meaning in seen:
                raise self.wrong(entry, f'the pattern "{text}" is already there, in {seen[pattern.meaning]}')
            seen[pattern.meaning] = entry
            yield pattern, target


def _lines(
    source: str, prefix: str, lab: str | None, lines: Mapping[str, Any], found: Mapping[str, LineSaid]
) -> dict[str, LineSaid]:
    all_of_them = dict(found)
    for key, value in lines.items():
        entry = f"{prefix}.{key}"
        if key in all_of_them:
            raise wrong(source, entry, f"this line is already there, as {all_of_them[key].entry}")
        if not key.strip() or key != key.lower():
            raise wrong(source, entry, "a line's name is lower case and not blank")
        facts = _convert(source, entry, value, LineFacts)
        for family in [*facts.families, *([] if facts.family is None else [facts.family])]:
            if not family.strip() or family != family.lower():
                raise wrong(source, entry, f'the family "{family}" is blank or not in lower case')
        for text in [" ".join(facts.capabilities or ()), *facts.capabilities_where]:
            for capability in text.split():
                if capability not in CAPABILITIES:
                    raise wrong(source, entry, f'the capability "{capability}" is none of {", ".join(CAPABILITIES)}')
        all_of_them[key] = LineSaid(entry, lab, facts)
    return all_of_them


def _convert(source: str, entry: str, value: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise wrong(source, entry, str(error)) from error


def wrong(source: str, entry: str, problem: str) -> DataError:
    """Return the complaint about a place in a file."""
    return DataError(f"{source}: {visible(entry, 120)}: {visible(problem, 300)}")
