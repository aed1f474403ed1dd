"""Countries as filters name them: by code or name, several with commas between them, or a group such as the EU."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import date
from importlib.resources import files

import msgspec

from cohabit.choices import close_to
from cohabit.errors import UsageError
from cohabit.queries.toml_files import read_toml
from cohabit.text import visible

_FILE = "country_groups.toml"
_CODE = 3


class Group(msgspec.Struct, frozen=True):
    """A group of countries: full name, `members` (codes, blanks between them) on the day `as_of`, and whose list."""

    name: str
    as_of: date
    source: str
    members: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the members, ascending."""
        return tuple(sorted(self.members.split()))


@functools.cache
def groups() -> dict[str, Group]:
    """The groups by their short names."""
    content = files("cohabit.queries").joinpath(_FILE).read_bytes()
    return read_toml(_FILE, "the groups of countries", content, dict[str, Group])


def group_called(text: str) -> str | None:
    """Short name of the group that is called so, in any case, or by its full name; None where none is."""
    wanted = " ".join(text.casefold().split())
    return next((k for k, group in groups().items() if wanted in (k.casefold(), group.name.casefold())), None)


def parse_country(text: str) -> str:
    """Read a country by its code or its English name, in any case, or raise UsageError."""
    from cohabit.graph.names import country_code, country_name, country_names, country_of_alias

    plain = text.strip()
    if code := country_code(None, plain):
        return code
    known = {name.casefold(): f"{name} ({code})" for code, name in country_names().items()}
    known |= {word.casefold(): key for key, group in groups().items() for word in (key, group.name)}
    if alias := country_of_alias(plain):
        close = [f"{country_name(alias)} ({alias})"]
    else:
        # Of a wrong code, names that look like it are no hint: GER is not Niger.
        close = [known[word] for word in close_to(plain, known)] if len(plain) > _CODE else []
    hint = f"did you mean {close[0]}? Write" if close else "write"
    raise UsageError(
        f"{visible(text, 40)!r} is not a country; {hint} its code, such as DE, or its English name, several with "
        f"commas between them, or a group: {', '.join(groups())}"
    )


def parts(text: str) -> list[str]:
    """What stands between the commas; a name that has a comma of its own (`Korea, Republic of`) is whole."""
    from cohabit.graph.names import country_code

    return [text] if country_code(None, text) else text.split(",")


def parse_countries(text: str) -> list[str]:
    """Codes, ascending, of the countries that a filter names, those of groups among them; UsageError for no country."""
    found: set[str] = set()
    for part in parts(text):
        group = group_called(part)
        found.update(groups()[group].codes if group else (parse_country(part),))
    return sorted(found)


def group_notes(values: Iterable[str]) -> list[str]:
    """Which countries the groups hold that these values of filters name, as of when, and by whose list."""
    named = dict.fromkeys(group for value in values for part in parts(value) if (group := group_called(part)))
    notes = []
    for key in named:
        held = groups()[key]
        codes = ", ".join(held.codes)
        notes.append(
            f"{key}: the {len(held.codes)} members of the {held.name} on {held.as_of}: {codes} ({held.source})."
        )
    return notes
