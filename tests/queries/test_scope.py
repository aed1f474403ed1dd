"""How the filters are read."""

from __future__ import annotations

import pytest

from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, ModelTable
from cohabit.queries.countries import parse_country
from cohabit.queries.items import Item, find_at, labs_in, readings, require_at, resolve_item


@pytest.mark.parametrize(
    ("text", "code"), [("de", "DE"), (" XK ", "XK"), ("germany", "DE"), ("South Korea", "KR"), ("hong kong", "HK")]
)
def test_a_country_is_read_by_code_or_name(text: str, code: str) -> None:
    assert parse_country(text) == code


@pytest.mark.parametrize("text", ["", "Germny", "DEU", "D1", "ßß"])
def test_what_is_no_country_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a country; (did you mean .+\? W|w)rite its code, such as DE, or its"):
        parse_country(text)


NAMES: list[str | None] = ["chad:latest", "qwen2:7b"]
ITEMS: dict[str, list[str | None]] = {level: [None, None] for level in LEVELS}
MODELS = ModelTable(["chad:latest", "qwen2:7b"], ITEMS | {"model": NAMES, "lab-country": ["TD", "CN"]})


def test_labs_of_several_countries_are_one_item() -> None:
    assert labs_in("lab-country:fr, Germany,FR") == labs_in("Lab-Country:DE,FR") == ["DE", "FR"]
    assert labs_in("lab-country:g7") == ["CA", "DE", "FR", "GB", "IT", "JP", "US"]
    # One country is an item of the graph, which must have it; a name with a comma of its own is one; others are none.
    for name in ("lab-country:FR", "lab-country:Korea, Republic of", "lab:Alibaba,Meta", "EU", "lab-country:"):
        assert labs_in(name) is None
    with pytest.raises(UsageError, match="'Frace' is not a country; did you mean France"):
        labs_in("lab-country:DE,Frace")


def test_the_country_of_a_lab_is_read_by_code_or_name_too() -> None:
    for name in ("CN", "cn", " China", "CHINA"):
        assert find_at(MODELS, "lab-country", name) == "CN"
    assert require_at(MODELS, "lab-country", "china") == "CN"
    assert resolve_item(MODELS, "lab-country:China") == resolve_item(MODELS, "China") == Item("lab-country", "CN")
    # Known as a country, but of no lab here; and only at that level.
    assert find_at(MODELS, "lab-country", "France") is None
    assert find_at(MODELS, "family", "China") is None
    # What is called like a country is not taken for one.
    assert readings(MODELS, "Chad") == [Item("model", "chad:latest"), Item("lab-country", "TD")]
    assert resolve_item(MODELS, "chad:latest").level == "model"
    with pytest.raises(UsageError, match="no lab-country is called 'Chyna' in this graph"):
        require_at(MODELS, "lab-country", "Chyna")


LEVELLED = ITEMS | {"model": ["q3:8b", "line:x"], "family": ["q3", "q3"], "line": ["q3", "line"], "lab": ["Ali", None]}
NAMED = ModelTable(["q3:8b", "line:x"], LEVELLED)


def test_a_prefix_that_is_the_level_asked_for_is_accepted() -> None:
    assert require_at(NAMED, "lab", "lab:ali") == require_at(NAMED, "lab", "Lab:Ali") == "Ali"
    assert require_at(NAMED, "model", "model:Q3:8B") == "q3:8b"
    # What a strange model is called as it stands comes first.
    assert require_at(NAMED, "model", "line:x") == "line:x"
    assert resolve_item(NAMED, "Lab:Ali") == Item("lab", "Ali")
    with pytest.raises(UsageError, match=r"no family is called 'lab:Ali' here; it is a lab: use --level lab$"):
        require_at(NAMED, "family", "lab:Ali")
    with pytest.raises(UsageError, match=r"'lab:Ily' names a lab, and a family is asked for here: write family:NAME"):
        require_at(NAMED, "family", "lab:Ily")
    with pytest.raises(UsageError, match=r"no lab is called 'lab:Alli' in this graph; close: Ali \("):
        require_at(NAMED, "lab", "lab:Alli")


def test_what_is_close_is_said_of_all_levels_and_of_prefixes() -> None:
    with pytest.raises(UsageError, match=r"'q3:8bb' is no model, .* of this graph; close: model:q3:8b$"):
        resolve_item(NAMED, "q3:8bb")
    with pytest.raises(UsageError, match=r"of this graph; close: lab:Ali$"):
        resolve_item(NAMED, "alii")
    with pytest.raises(UsageError, match=r"close: family:q3, line:q3"):
        resolve_item(NAMED, "qq3")
    prefixes = "is no prefix, there are model:, family:, line:, lab:, lab-country:$"
    for name in ("lin:q3", "labs:nobody", "thing:q3"):
        with pytest.raises(UsageError, match=rf"'{name}' is no model, .*; {name.partition(':')[0]}: {prefixes}"):
            resolve_item(NAMED, name)
    with pytest.raises(UsageError, match=r"of this graph$"):
        resolve_item(NAMED, "nothing-like-it")
    hidden = ModelTable(["a-192.0.2.7:1"], {level: [None] for level in LEVELS} | {"model": ["a-192.0.2.7:1"]})
    with pytest.raises(UsageError, match=r"of this graph$"):
        resolve_item(hidden, "a-192.0.2.7:11")
