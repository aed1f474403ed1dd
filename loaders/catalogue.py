"""The model catalogue: which product line, architecture and lab a model name stands for.

The facts are in ``catalogue.toml`` beside this module; its header says how names are matched. A user's file of the same
form lies over it: what it says of a lab or a line goes before what the bundled file says of the same, and its patterns
are tried first. A name that no pattern matches is unknown: nothing is guessed.
"""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from cohabit.errors import DataError
from cohabit.loaders.catalogue_file import CatalogueFile
from cohabit.loaders.catalogue_layers import BUNDLED, Lab, LayerPatterns, LineFound, laid_over
from cohabit.loaders.names import Match, first_of, named_quantization, named_size, words
from cohabit.loaders.references import Reference, read_reference
from cohabit.text import visible

T = TypeVar("T")

_BUNDLED_FILE = "catalogue.toml"
# Real names have about ten words; a thousand-character name made to match over and over must not cost seconds.
_MAX_WORDS = 64


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue knows of one model name.

    `line` is always known; `family` (as servers report it), `lab` (display name), `lab_country` (ISO 3166-1 alpha-2),
    `derived_from` (a line) and `capabilities` (Ollama's words, sorted) may be None. `parameter_count` and
    `quantization` are what the name itself spells out, so the count is nominal. `pattern` is the text of the pattern
    that decided the line.
    """

    line: str
    family: str | None
    lab: str | None
    lab_country: str | None
    derived_from: str | None
    capabilities: tuple[str, ...] | None
    parameter_count: int | None
    quantization: str | None
    pattern: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A product line: key, display name of its lab, the line whose weights it started from, and what it can do.

    `derived_from` and `capabilities` are None also where they depend on the rest of the name: see `Entry`. `source` is
    the file that speaks of it (the user's, where both do).
    """

    name: str
    lab: str | None
    derived_from: str | None
    capabilities: tuple[str, ...] | None
    source: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How a canonical name was looked up.

    `name` of the reference's names was looked up. `pattern` decided, and None says that none matched; where there is a
    pattern but no `entry`, it is one of `unknown`. `sources` says which file each of the fields of `entry` came from,
    those that the name itself spells out left apart.
    """

    reference: Reference
    name: str
    pattern: str | None
    entry: Entry | None
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The catalogue, read and compiled. `digest` stands for the bytes of all its files."""

    digest: str
    _lines: Mapping[str, LineFound] = field(repr=False)
    _labs: tuple[Lab, ...] = field(repr=False)
    _patterns: tuple[LayerPatterns, ...] = field(repr=False)

    @classmethod
    def load(cls, path: Path | None = None) -> Catalogue:
        """Read the bundled catalogue and lay the file at `path` over it; DataError says what is wrong and where."""
        bundled = importlib.resources.files(__package__).joinpath(_BUNDLED_FILE).read_bytes()
        below = CatalogueFile.parse(BUNDLED, bundled)
        if path is None:
            return cls(below.digest, *laid_over(below))
        where = visible(str(path))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"{where}: the catalogue cannot be read: {error.strerror}") from error
        own = CatalogueFile.parse(where, content)
        digest = hashlib.sha256(f"{own.digest}\n{below.digest}".encode()).hexdigest()
        return cls(digest, *laid_over(below, own))

    def lookup(self, canonical_name: str) -> Entry | None:
        """Return what is known of a canonical model name, or None when its line is not known."""
        return self.decide(canonical_name).entry

    def decide(self, canonical_name: str) -> Decision:
        """Look a canonical model name up, and say how."""
        reference = read_reference(canonical_name)
        name, match, source = "", None, ""
        for name in reference.names:
            match, source = self._match(_stem(name, reference))
            if match:
                break
        entry, sources = None, {}
        if match and match.target:
            line = match.target
            # The nearest to what was pulled first.
            texts = (reference.tag, reference.model, *(() if name in reference.model else (name,)))
            in_texts = [words(text)[:_MAX_WORDS] for text in texts]
            counts = (patterns.sizes.best(part) for patterns in self._patterns for part in in_texts)
            mixture = next((count.target for count in counts if count), None)
            # In the order in which they are written.
            whole = sum(reversed(in_texts), ())
            entry = Entry(
                line=line.key,
                family=line.family.of(whole),
                lab=line.lab.name if line.lab else None,
                lab_country=line.lab.country if line.lab else None,
                derived_from=line.derived_from.of(whole),
                capabilities=line.capabilities.of(whole),
                parameter_count=mixture or _first(named_size, texts),
                quantization=_first(named_quantization, texts),
                pattern=match.pattern.text,
            )
            sources = {
                "line": source,
                "family": line.family.source,
                "lab": line.lab_source,
                "lab_country": line.country_source,
                "derived_from": line.derived_from.source,
                "capabilities": line.capabilities.source,
            }
        return Decision(
            reference=reference,
            name=name,
            pattern=match.pattern.text if match else None,
            entry=entry,
            sources=sources or {"line": source},
        )

    def lines(self) -> tuple[Line, ...]:
        """Return every product line, sorted by name."""
        return tuple(
            Line(
                name=key,
                lab=line.lab.name if line.lab else None,
                derived_from=line.derived_from.general,
                capabilities=line.capabilities.general,
                source=line.source,
            )
            for key, line in sorted(self._lines.items())
        )

    def labs(self) -> tuple[Lab, ...]:
        """Return every lab, sorted by name."""
        return self._labs

    def _match(self, stem: tuple[str, ...]) -> tuple[Match[LineFound | None] | None, str]:
        """Choose among the matches in the first file with one; the file's name, too.

        A derived line goes before its base, then more words, then the earlier.
        """
        for patterns in self._patterns:
            matches = patterns.names.matches(stem)
            if len(matches) > 1:
                bases = {base for match in matches if match.target for base in match.target.ancestors}
                matches = [match for match in matches if not match.target or match.target.key not in bases]
            if match := first_of(matches):
                return match, patterns.source
        return None, ""


def _stem(name: str, reference: Reference) -> tuple[str, ...]:
    """The words that the patterns of names see; behind a name that is not exact stands one that none of them has."""
    return words(name)[:_MAX_WORDS] + (() if reference.exact else ("",))


def _first(spelled_out: Callable[[str], T | None], texts: Iterable[str]) -> T | None:
    return next((value for text in texts if (value := spelled_out(text)) is not None), None)
