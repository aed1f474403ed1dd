"""Names looked up for the projection: raw model names, catalogue lines, country codes.

Only the distinct values of a graph are looked up (some thousands), in Python; the projection joins them to its rows.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cohabit.loaders.catalogue import Catalogue, Entry
from cohabit.loaders.names import canonical_model

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmbt])\s*|\s*(\d{5,18})\s*", re.IGNORECASE)
_UNITS = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}

# Names of exports that CLDR spells otherwise: ISO 3166-1's own forms and older names.
_OTHER_COUNTRY_NAMES = {
    "bolivia, plurinational state of": "BO",
    "burma": "MM",
    "cabo verde": "CV",
    "czech republic": "CZ",
    "hong kong": "HK",
    "iran, islamic republic of": "IR",
    "ivory coast": "CI",
    "korea, republic of": "KR",
    "lao people's democratic republic": "LA",
    "macao": "MO",
    "macau": "MO",
    "moldova, republic of": "MD",
    "palestine, state of": "PS",
    "republic of korea": "KR",
    "republic of moldova": "MD",
    "russian federation": "RU",
    "swaziland": "SZ",
    "syrian arab republic": "SY",
    "taiwan, province of china": "TW",
    "tanzania, united republic of": "TZ",
    "the netherlands": "NL",
    "turkey": "TR",
    "united states of america": "US",
    "usa": "US",
    "venezuela, bolivarian republic of": "VE",
    "viet nam": "VN",
}


@dataclass(frozen=True)
class Lines:
    """The lines that occur, with their labs, the labs' countries, and (line, base line) as `derived_from`."""

    names: frozenset[str]
    labs: Mapping[str, str]
    lab_countries: Mapping[str, str]
    derived_from: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class NameTables:
    """`canonical` joins raw names to canonical ones; `entries` is what the catalogue knows of the latter."""

    canonical: pa.Table
    entries: Mapping[str, Entry]
    catalogue: Catalogue

    def complete(self, reported: pa.Table) -> pa.Table:
        """Turn the votes into the columns of Model, plus `family` and `line` (null: unknown).

        `reported` has name, family, parameter_size, quantization, format, size and capabilities, null where no host
        reports one.
        """
        rows: list[dict[str, Any]] = []
        for r in reported.to_pylist():
            entry = self.entries.get(r["name"])
            count = parameter_count(r["parameter_size"])
            rows.append(
                {
                    "name": r["name"],
                    "parameter_count": entry.parameter_count if count is None and entry else count,
                    "quantization": r["quantization"] or (entry.quantization if entry else None),
                    "format": r["format"],
                    "size_bytes": None if r["size"] is None else int(r["size"]),
                    "capabilities": _capabilities(r["capabilities"], entry),
                    "family": r["family"] or (entry.family if entry else None),
                    "line": entry.line if entry else None,
                }
            )
        return pa.Table.from_pylist(
            rows,
            schema=pa.schema(
                [
                    ("name", pa.string()),
                    ("parameter_count", pa.int64()),
                    ("quantization", pa.string()),
                    ("format", pa.string()),
                    ("size_bytes", pa.int64()),
                    ("capabilities", pa.list_(pa.string())),
                    ("family", pa.string()),
                    ("line", pa.string()),
                ]
            ),
        )

    def lines_of(self, models: Iterable[str]) -> Lines:
        """Collect the lines of the given models and, step by step, the lines they derive from."""
        known_lines = {line.name: line for line in self.catalogue.lines()}
        lab_countries = {lab.name: lab.country for lab in self.catalogue.labs()}
        names: set[str] = set()
        labs: dict[str, str] = {}
        countries: dict[str, str] = {}
        entries = [entry for name in models if (entry := self.entries.get(name)) is not None]
        derived = {(entry.line, entry.derived_from) for entry in entries if entry.derived_from}
        open_lines = sorted({entry.line for entry in entries} | {base for _, base in derived})
        while open_lines:
            name = open_lines.pop()
            if name in names:
                continue
            names.add(name)
            line = known_lines[name]
            if line.lab:
                labs[name] = line.lab
                if country := lab_countries.get(line.lab):
                    countries[line.lab] = country
            if line.derived_from:
                derived.add((name, line.derived_from))
                open_lines.append(line.derived_from)
        return Lines(frozenset(names), labs, countries, frozenset(derived))


def _capabilities(reported: str | None, entry: Entry | None) -> Sequence[str] | None:
    if reported is not None:
        return [c for c in reported.split("\x1f") if c]
    return entry.capabilities if entry else None


def name_tables(raw_names: Iterable[str], catalogue: Catalogue) -> NameTables:
    """Look the distinct raw names of an archive up."""
    pairs = [(raw, name) for raw in raw_names if (name := canonical_model(raw)) is not None]
    table = pa.table(
        {
            "raw": pa.array([raw for raw, _ in pairs], pa.string()),
            "canonical": pa.array([name for _, name in pairs], pa.string()),
        }
    )
    entries = {name: entry for _, name in pairs if (entry := catalogue.lookup(name)) is not None}
    return NameTables(table, entries, catalogue)


def parameter_count(text: str | None) -> int | None:
    """Read the human form servers report: `8.0B` is 8,000,000,000; or the number itself; None for anything else."""
    match = _SIZE.fullmatch(text or "")
    if match is None:
        return None
    return int(match[3]) if match[3] else round(float(match[1]) * _UNITS[match[2].lower()])


def country_table(pairs: Iterable[tuple[str | None, str | None]]) -> pa.Table:
    """Join table from (code, name) as sources write them to ISO codes; unknown ones are left out."""
    rows = [(code or "", name or "", iso) for code, name in pairs if (iso := country_code(code, name))]
    return pa.table(
        {
            "raw_code": pa.array([r[0] for r in rows], pa.string()),
            "raw_name": pa.array([r[1] for r in rows], pa.string()),
            "code": pa.array([r[2] for r in rows], pa.string()),
        }
    )


def country_code(code: str | None, name: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of a country given by code, else by its English name; None when neither is one."""
    names, codes = _territories()
    upper = (code or "").strip().upper()
    if upper in names:
        return upper
    text = (name or "").strip()
    return codes.get(text.casefold()) or (text.upper() if text.upper() in names else None)


def country_of_alias(text: str) -> str | None:
    """The code of a country that is given by another code: the three letters of ISO 3166-1 (`DEU`), or `UK`."""
    from babel.core import get_global

    plain = text.strip().upper()
    # CLDR has numbers (276) and countries that came apart (SU) among these, too.
    meant: list[str] = [*get_global("territory_aliases").get(plain, ())] if plain.isalpha() else []
    return meant[0] if len(meant) == 1 and meant[0] in _territories()[0] else None


def country_name(code: str) -> str:
    """English name of a country code, as CLDR has it."""
    return _territories()[0].get(code, code)


def country_names() -> dict[str, str]:
    """English names by country code, as CLDR has them."""
    return dict(_territories()[0])


@functools.cache
def _territories() -> tuple[dict[str, str], dict[str, str]]:
    """Names by code and codes by case-folded name (Unicode CLDR, through Babel)."""
    from babel import Locale
    from babel.core import get_global

    # CLDR also lists regions (150 = Europe) and exceptional reservations; a country has two letters.
    withdrawn = set(get_global("territory_aliases")) | {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    territories = Locale("en").territories
    names = {c: str(n) for c, n in territories.items() if len(c) == 2 and c.isalpha() and c not in withdrawn}
    codes = {n.casefold(): c for c, n in names.items()}
    return names, {**codes, **_OTHER_COUNTRY_NAMES}
