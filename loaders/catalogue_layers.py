"""The bundled catalogue and a user's file that lies over it, made into one: the lines ready for look-ups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from cohabit.loaders.catalogue_file import CatalogueFile, LineSaid
from cohabit.loaders.names import PatternTable

T = TypeVar("T")

# What it is called in answers; a user's file is called by its path.
BUNDLED = "bundled catalogue"


class Lab(msgspec.Struct, frozen=True, kw_only=True):
    """A lab: display name and country (ISO 3166-1 alpha-2; None for communities that have none)."""

    name: str
    country: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Fact(Generic[T]):
    """A fact of a line: what holds for its names in general, what patterns say of some, and the file that says so."""

    general: T | None
    special: PatternTable[T]
    source: str

    def of(self, name: tuple[str, ...]) -> T | None:
        """Return what holds for a name given as words."""
        special = self.special.best(name)
        return special.target if special else self.general


@dataclass(frozen=True, slots=True, eq=False)
class LineFound:
    """A line ready for look-ups; `ancestors` are the lines it derives from, directly or not.

    `source` is the upper file that speaks of it; `lab_source` and `country_source` say which file names the lab, and
    the lab's country.
    """

    key: str
    source: str
    lab: Lab | None
    lab_source: str
    country_source: str
    family: Fact[str]
    derived_from: Fact[str]
    capabilities: Fact[tuple[str, ...]]
    ancestors: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class LayerPatterns:
    """The patterns of one file: those of names (None: unknown), and those of the sizes of mixtures."""

    source: str
    names: PatternTable[LineFound | None]
    sizes: PatternTable[int]


_Layers = list[tuple[CatalogueFile, LineSaid]]
# Lab by file and key there, with the file that says its country.
_Labs = Mapping[tuple[str, str], tuple[Lab, str]]


def laid_over(
    bundled: CatalogueFile, own: CatalogueFile | None = None
) -> tuple[dict[str, LineFound], tuple[Lab, ...], tuple[LayerPatterns, ...]]:
    """Return the lines by key, the labs by name, and the patterns, the user's before the bundled ones.

    DataError says what of the user's file does not fit.
    """
    files = [file for file in (own, bundled) if file]
    hidden = set(own.hidden if own else bundled.hidden)
    for key in sorted(hidden - set(bundled.lines)):
        raise files[0].wrong("hidden", f'"{key}" is no line of the {BUNDLED}: take it out')
    said: dict[str, _Layers] = {}
    for file in files:
        for key, line in file.lines.items():
            # A line that is hidden and given anew has nothing of the old one.
            if file is own or key not in hidden or key not in said:
                said.setdefault(key, []).append((file, line))
    labs = _labs(bundled, own)
    lines = {key: _line(key, said, labs) for key in said}
    gone = {key for key in hidden if own is None or key not in own.lines}
    # A hidden line is no name's line any more; it stays as the base of others.
    bases = {base for key, line in lines.items() if key not in gone for base in line.ancestors}
    lines = {key: line for key, line in lines.items() if key not in gone - bases}
    patterns = [_patterns(bundled, lines, hidden, set())]
    if own:
        patterns.insert(0, _patterns(own, lines, set(), set(bundled.lines) - hidden))
    by_name = {lab.name: lab for lab, _ in labs.values()}
    return lines, tuple(by_name[name] for name in sorted(by_name)), tuple(patterns)


def _labs(bundled: CatalogueFile, own: CatalogueFile | None) -> _Labs:
    """A section of the user's is the bundled lab of the same key, else of the same name, else a lab of its own."""
    found: dict[tuple[str, str], tuple[Lab, str]] = {}
    for key, facts in bundled.labs.items():
        if facts.name is None:
            raise bundled.wrong(f"labs.{key}", "a lab needs a name")
        found[BUNDLED, key] = Lab(name=facts.name, country=facts.country), BUNDLED
    if own is None:
        return found
    keys = {lab.name: key for (_, key), (lab, _) in found.items()}
    for key, facts in own.labs.items():
        same = key if (BUNDLED, key) in found else keys.get(facts.name or "")
        if same is None and facts.name is None:
            raise own.wrong(f"labs.{key}", f"a lab that the {BUNDLED} does not have needs a name")
        if facts.name in keys and keys[facts.name] != same:
            raise own.wrong(f"labs.{key}", f'the name "{facts.name}" is that of another lab, labs.{keys[facts.name]}')
        if same is not None and any(place[0] == own.source and found[place] is found[BUNDLED, same] for place in found):
            raise own.wrong(f"labs.{key}", f"another section here is this lab already; write both as labs.{same}")
        if same is None:
            found[own.source, key] = Lab(name=facts.name or "", country=facts.country), own.source
            continue
        lab, source = found[BUNDLED, same]
        lab = Lab(name=facts.name or lab.name, country=facts.country or lab.country)
        found[BUNDLED, same] = found[own.source, key] = lab, own.source if facts.country else source
    return found


def _line(key: str, said: Mapping[str, _Layers], labs: _Labs) -> LineFound:
    layers = said[key]
    lowest = layers[-1][0].source
    file, line = _first_with(layers, "family", "families")
    family = Fact(line.facts.family, file.by_name(f"{line.entry}.families", line.facts.families), file.source)
    file, line = _first_with(layers, "derived_from", "bases")
    derived = Fact(line.facts.derived_from, file.by_name(f"{line.entry}.bases", line.facts.bases), file.source)
    file, line = _first_with(layers, "capabilities", "capabilities_where")
    where = [
        (f"{line.entry}.capabilities_where", text, tuple(sorted(set(names.split()))))
        for names, texts in line.facts.capabilities_where.items()
        for text in texts
    ]
    general = tuple(sorted(set(line.facts.capabilities))) if line.facts.capabilities else None
    capabilities = Fact(general, file.table(where), file.source)
    sections = [(file, line.lab) for file, line in layers if line.lab is not None]
    lab, country_source, lab_source = None, lowest, lowest
    for file, section in sections[:1]:
        lab_source = file.source
        lab, country_source = labs[file.source, section]
    ancestors = _ancestors(key, said)
    return LineFound(
        key, layers[0][0].source, lab, lab_source, country_source, family, derived, capabilities, ancestors
    )


def _first_with(layers: _Layers, *keys: str) -> tuple[CatalogueFile, LineSaid]:
    """The upper layer when it says one of these, which go together, else the lower one."""
    return next((layer for layer in layers if any(getattr(layer[1].facts, key) for key in keys)), layers[-1])


def _ancestors(key: str, said: Mapping[str, _Layers]) -> frozenset[str]:
    ancestors: set[str] = set()
    open_lines = [key]
    while open_lines:
        file, line = _first_with(said[open_lines.pop()], "derived_from", "bases")
        for name, base in (("derived_from", line.facts.derived_from), *(("bases", base) for base in line.facts.bases)):
            if base is None:
                continue
            if base not in said:
                raise file.wrong(line.entry, f'{name} "{base}" is no line here or in the {BUNDLED}: correct or add it')
            if base == key:
                file, line = said[key][0]
                raise file.wrong(line.entry, f"{name} leads in a circle")
            if base not in ancestors:
                ancestors.add(base)
                open_lines.append(base)
    return frozenset(ancestors)


def _patterns(file: CatalogueFile, lines: Mapping[str, LineFound], hidden: set[str], below: set[str]) -> LayerPatterns:
    """Compile a file's patterns, without those of the hidden lines.

    A line that lies `below`, too, is found by that file's patterns as well: facts alone add none.
    """
    names: list[tuple[str, str, LineFound | None]] = [("unknown", text, None) for text in file.unknown]
    for key, line in file.lines.items():
        if key not in hidden:
            own = line.facts.names or ([] if key in below else [key])
            names += [(line.entry, text, lines[key]) for text in own]
    sizes = [("sizes", text, count) for text, count in file.sizes.items()]
    return LayerPatterns(file.source, file.table(names), file.table(sizes))
