"""Countries as filters name them: several at once, groups and their members, and what is close to a wrong name."""

from __future__ import annotations

import pytest

from cohabit.errors import UsageError
from cohabit.graph.names import country_name, country_names
from cohabit.queries.countries import group_called, group_notes, groups, parse_countries, parse_country, parts
from cohabit.queries.scope import Scope

# By their names, from what everybody can look up; the codes are those of Unicode CLDR.
EU = (
    "Austria, Belgium, Bulgaria, Croatia, Cyprus, Czechia, Denmark, Estonia, Finland, France, Germany, Greece, "
    "Hungary, Ireland, Italy, Latvia, Lithuania, Luxembourg, Malta, Netherlands, Poland, Portugal, Romania, Slovakia, "
    "Slovenia, Spain, Sweden"
)
OUTSIDE_EU_OF = {
    "EEA": "Iceland, Liechtenstein, Norway",
    "NATO": "Albania, Canada, Iceland, Montenegro, North Macedonia, Norway, Türkiye, United Kingdom, United States",
    "OECD": "Australia, Canada, Chile, Colombia, Costa Rica, Iceland, Israel, Japan, Mexico, New Zealand, Norway, "
    "South Korea, Switzerland, Türkiye, United Kingdom, United States",
    "G7": "Canada, Japan, United Kingdom, United States",
    "ASEAN": "Brunei, Cambodia, Indonesia, Laos, Malaysia, Myanmar (Burma), Philippines, Singapore, Thailand, "
    "Timor-Leste, Vietnam",
}
EU_WITHOUT = {
    "EEA": "",
    "NATO": "Austria, Cyprus, Ireland, Malta",
    "OECD": "Bulgaria, Croatia, Cyprus, Malta, Romania",
}


def named(codes: tuple[str, ...]) -> set[str]:
    return {country_name(code) for code in codes}


def test_groups_have_their_members() -> None:
    eu = set(EU.split(", "))
    assert len(eu) == 27
    assert named(groups()["EU"].codes) == eu
    for group, outside in OUTSIDE_EU_OF.items():
        members = named(groups()[group].codes)
        assert members - eu == set(outside.split(", ")), group
        if group in EU_WITHOUT:
            assert eu - members == {name for name in EU_WITHOUT[group].split(", ") if name}, group
    assert {group: len(one.codes) for group, one in groups().items()} == {
        "EU": 27,
        "EEA": 30,
        "G7": 7,
        "OECD": 38,
        "NATO": 32,
        "ASEAN": 11,
    }


def test_a_group_is_no_country_and_says_whose_list_it_is() -> None:
    for key, group in groups().items():
        assert key not in country_names()
        assert set(group.codes) <= set(country_names())
        assert len(group.members.split()) == len(group.codes)
        assert group.source
        assert group.as_of.isoformat() == "2026-01-01"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("de", ["DE"]),
        ("DE,FR", ["DE", "FR"]),
        (" france , de,DE", ["DE", "FR"]),
        ("Korea, Republic of", ["KR"]),
        ("g7", ["CA", "DE", "FR", "GB", "IT", "JP", "US"]),
        ("G7,CN", ["CA", "CN", "DE", "FR", "GB", "IT", "JP", "US"]),
        ("european  union,NO", sorted([*groups()["EU"].codes, "NO"])),
    ],
)
def test_several_countries_in_one_value(text: str, codes: list[str]) -> None:
    assert parse_countries(text) == codes


@pytest.mark.parametrize("text", ["DE,", ",", "DE,,FR", "DE,Germny", "EUU", "!US"])
def test_a_part_that_is_no_country_is_refused(text: str) -> None:
    with pytest.raises(
        UsageError,
        match=r"is not a country; (did you mean .+\? W|w)rite its code, such as DE, or its",
    ):
        parse_countries(text)


def test_what_is_close_is_said() -> None:
    with pytest.raises(
        UsageError, match=r"did you mean Germany \(DE\)\? Write .* group: EU, EEA, G7, OECD, NATO, ASEAN$"
    ):
        parse_country("Germny")
    with pytest.raises(UsageError, match=r"did you mean ASEAN\?"):
        parse_country("ASEAM")
    # Codes of other lists; countries that came apart, and codes that only look like some name, have no hint.
    for text, meant in (("DEU", r"Germany \(DE\)"), ("uk", r"United Kingdom \(GB\)"), ("EL", r"Greece \(GR\)")):
        with pytest.raises(UsageError, match=rf"'{text}' is not a country; did you mean {meant}\? Write its code"):
            parse_country(text)
    for text in ("nothing like it at all", "XX", "GER", "SU", "276"):
        with pytest.raises(UsageError, match=r"is not a country; write"):
            parse_country(text)


def test_a_group_is_found_by_both_its_names() -> None:
    assert group_called("eu") == group_called(" EUROPEAN union ") == "EU"
    assert group_called("DE") is group_called("") is None
    assert parts("DE, EU") == ["DE", " EU"]


def test_notes_name_the_members_once() -> None:
    (note,) = group_notes(["G7", "DE", "g7,FR"])
    assert note.startswith("G7: the 7 members of the Group of Seven on 2026-01-01: CA, DE, FR, GB, IT, JP, US (")
    assert group_notes(["DE", "FR,CN"]) == []


def test_which_scopes_are_of_a_part_of_the_hosts() -> None:
    assert Scope(country=("EU",)).selective
    assert Scope(not_country=("EU",), at="2025-12-01").selective
    assert Scope(min_models=2).selective
    assert not Scope().selective
    assert not Scope(since="2025-12-01", exclude_decoys=True).selective
    assert not Scope(at="2025-12-01", within=8).selective
