"""The model catalogue: which product line, architecture and lab a model name stands for.

The facts are in ``catalogue.toml`` beside this module (or in a user's file of the same form); its header says how names
are matched. A name that no pattern matches is unknown: nothing is guessed.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from cohabit.errors import DataError
from cohabit.loaders.names import (
    Match,
    Pattern,
    PatternTable,
    first_of,
    named_quantization,
    named_size,
    split_model,
    words,
)
from cohabit.text import visible

T = TypeVar("T")

_BUNDLED = "catalogue.toml"
_COUNTRY = re.compile(r"[A-Z]{2}")
# Real names have about ten words; a thousand-character name made to match over and over must not cost seconds.
_MAX_WORDS = 64


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue knows of one model name.

    `line` is always known; `family` (as servers report it), `lab` (display name), `lab_country` (ISO 3166-1 alpha-2)
    and `derived_from` (a line) may be None. `parameter_count` and `quantization` are what the name itself spells out,
    so the count is nominal. `pattern` is the text of the pattern that decided the line.
    """

    line: str
    family: str | None
    lab: str | None
    lab_country: str | None
    derived_from: str | None
    parameter_count: int | None
    quantization: str | None
    pattern: str


class Lab(msgspec.Struct, frozen=True, kw_only=True):
    """A lab: display name and country (ISO 3166-1 alpha-2; None for communities that have none)."""

    name: str
    country: str | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A product line: key, display name of its lab, and the line whose weights it started from.

    `derived_from` is None also where that depends on the rest of the name: see `Entry`.
    """

    name: str
    lab: str | None
    derived_from: str | None


class _LineFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    family: str | None = None
    families: dict[str, list[str]] = {}
    names: Annotated[list[str], msgspec.Meta(min_length=1)] | None = None
    derived_from: str | None = None
    bases: dict[str, list[str]] = {}


class _LabFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    country: str | None = None
    lines: dict[str, Any] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    labs: dict[str, Any]
    lines: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    unknown: list[str] = []


@dataclass(frozen=True, slots=True, eq=False)
class _Compiled:
    """A line ready for look-ups; `ancestors` are the lines it derives from, directly or not."""

    key: str
    lab: Lab | None
    facts: _LineFacts
    families: PatternTable[str]
    bases: PatternTable[str]
    ancestors: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """A catalogue file, read and compiled. `digest` is the SHA-256 of the file's bytes in hex."""

    digest: str
    _lines: Mapping[str, _Compiled] = field(repr=False)
    _labs: tuple[Lab, ...] = field(repr=False)
    _names: PatternTable[_Compiled | None] = field(repr=False)
    _sizes: PatternTable[int] = field(repr=False)

    @classmethod
    def load(cls, path: Path | None = None) -> Catalogue:
        """Read the catalogue at `path`, or the bundled one; DataError says what is wrong and where."""
        if path is None:
            return _Reader(_BUNDLED).read(importlib.resources.files(__package__).joinpath(_BUNDLED).read_bytes())
        where = visible(str(path))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"{where}: the catalogue cannot be read: {error.strerror}") from error
        return _Reader(where).read(content)

    def lookup(self, canonical_name: str) -> Entry | None:
        """Return what is known of a canonical model name, or None when its line is not known."""
        _, model, tag = split_model(canonical_name)
        stem = words(model)[:_MAX_WORDS]
        match = self._decide(stem)
        if match is None or match.target is None:
            return None
        line = match.target
        in_tag = words(tag)[:_MAX_WORDS]
        family = line.families.best(stem + in_tag)
        base = line.bases.best(stem + in_tag)
        mixture = self._sizes.best(in_tag) or self._sizes.best(stem)
        return Entry(
            line=line.key,
            family=family.target if family else line.facts.family,
            lab=line.lab.name if line.lab else None,
            lab_country=line.lab.country if line.lab else None,
            derived_from=base.target if base else line.facts.derived_from,
            parameter_count=mixture.target if mixture else named_size(tag) or named_size(model),
            quantization=named_quantization(tag) or named_quantization(model),
            pattern=match.pattern.text,
        )

    def lines(self) -> tuple[Line, ...]:
        """Return every product line, sorted by name."""
        return tuple(
            Line(name=key, lab=line.lab.name if line.lab else None, derived_from=line.facts.derived_from)
            for key, line in sorted(self._lines.items())
        )

    def labs(self) -> tuple[Lab, ...]:
        """Return every lab, sorted by name."""
        return self._labs

    def _decide(self, stem: tuple[str, ...]) -> Match[_Compiled | None] | None:
        """Choose among the matches: a derived line before its base, then more words, then the earlier."""
        matches = self._names.matches(stem)
        if len(matches) > 1:
            bases = {base for match in matches if match.target for base in match.target.ancestors}
            matches = [match for match in matches if not match.target or match.target.key not in bases]
        return first_of(matches)


class _Reader:
    """Turns a file's bytes into a Catalogue; every complaint names the file (`where`) and the entry."""

    def __init__(self, where: str) -> None:
        self._where = where

    def read(self, content: bytes) -> Catalogue:
        try:
            document = tomllib.loads(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise DataError(f"{self._where}: the catalogue is not UTF-8 text (byte {error.start})") from error
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise DataError(f"{self._where}: the catalogue is not valid TOML: {error}") from error
        file = self._convert("the catalogue", document, _File)
        labs: dict[str, Lab] = {}
        found: dict[str, tuple[str, Lab | None, _LineFacts]] = {}
        self._collect("lines", None, file.lines, found)
        for key, value in file.labs.items():
            entry = f"labs.{key}"
            facts = self._convert(entry, value, _LabFacts)
            if not facts.name.strip() or facts.name in labs:
                raise self._wrong(entry, f'the name "{facts.name}" is blank or another lab has it')
            if facts.country is not None and not _COUNTRY.fullmatch(facts.country):
                raise self._wrong(entry, f'the country "{facts.country}" is not two capital letters (ISO 3166-1)')
            labs[facts.name] = Lab(name=facts.name, country=facts.country)
            self._collect(f"{entry}.lines", labs[facts.name], facts.lines, found)
        lines = {
            key: _Compiled(
                key,
                lab,
                facts,
                self._families(entry, facts),
                self._named(f"{entry}.bases", facts.bases),
                self._ancestors(key, found),
            )
            for key, (entry, lab, facts) in found.items()
        }
        names = [("unknown", text, None) for text in file.unknown]
        patterns = [
            (found[key][0], text, line)
            for key, line in lines.items()
            for text in (line.facts.names if line.facts.names is not None else [key])
        ]
        for size, count in file.sizes.items():
            if not 0 < count < 2**63:
                raise self._wrong(f"sizes.{size}", f"{count} is no parameter count")
        return Catalogue(
            digest=hashlib.sha256(content).hexdigest(),
            _lines=lines,
            _labs=tuple(labs[name] for name in sorted(labs)),
            _names=PatternTable(self._patterns([*names, *patterns])),
            _sizes=PatternTable(self._patterns([("sizes", text, count) for text, count in file.sizes.items()])),
        )

    def _collect(
        self,
        prefix: str,
        lab: Lab | None,
        lines: Mapping[str, Any],
        found: dict[str, tuple[str, Lab | None, _LineFacts]],
    ) -> None:
        for key, value in lines.items():
            entry = f"{prefix}.{key}"
            if key in found:
                raise self._wrong(entry, f"this line is already there, as {found[key][0]}")
            if not key.strip() or key != key.lower():
                raise self._wrong(entry, "a line's name is lower case and not blank")
            found[key] = (entry, lab, self._convert(entry, value, _LineFacts))

    def _families(self, entry: str, facts: _LineFacts) -> PatternTable[str]:
        for family in [*facts.families, *([] if facts.family is None else [facts.family])]:
            if not family.strip() or family != family.lower():
                raise self._wrong(entry, f'the family "{family}" is blank or not in lower case')
        return self._named(f"{entry}.families", facts.families)

    def _named(self, entry: str, patterns: Mapping[str, list[str]]) -> PatternTable[str]:
        return PatternTable(self._patterns([(entry, text, name) for name, texts in patterns.items() for text in texts]))

    def _ancestors(self, key: str, found: Mapping[str, tuple[str, Lab | None, _LineFacts]]) -> frozenset[str]:
        ancestors: set[str] = set()
        lines = [key]
        while lines:
            entry, _, facts = found[lines.pop()]
            for name, base in (("derived_from", facts.derived_from), *(("bases", base) for base in facts.bases)):
                if base is None:
                    continue
                if base not in found:
                    raise self._wrong(entry, f'{name} "{base}" is no line of this catalogue')
                if base == key:
                    raise self._wrong(found[key][0], f"{name} leads in a circle")
                if base not in ancestors:
                    ancestors.add(base)
                    lines.append(base)
        return frozenset(ancestors)

    def _patterns(self, named: list[tuple[str, str, T]]) -> Iterator[tuple[Pattern, T]]:
        """Yield the patterns of (entry, text, target); the same pattern twice could not be decided between."""
        seen: dict[tuple[object, ...], str] = {}
        for entry, text, target in named:
            try:
                pattern = Pattern.parse(text)
            except ValueError as error:
                raise self._wrong(entry, f'"{text}": {error}') from error
            if pattern.meaning in seen:
                raise self._wrong(entry, f'the pattern "{text}" is already there, in {seen[pattern.meaning]}')
            seen[pattern.meaning] = entry
            yield pattern, target

    def _convert(self, entry: str, value: object, kind: type[T]) -> T:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise self._wrong(entry, str(error)) from error

    def _wrong(self, entry: str, problem: str) -> DataError:
        return DataError(f"{self._where}: {visible(entry, 120)}: {visible(problem, 300)}")
