"""How the filters are read."""

from __future__ import annotations

import pytest

from cohabit.errors import UsageError
from cohabit.graph.incidence import LEVELS, ModelTable
from cohabit.queries.items import Item, find_at, readings, require_at, resolve_item
from cohabit.queries.scope import parse_country


@pytest.mark.parametrize(
    ("text", "code"), [("de", "DE"), (" XK ", "XK"), ("germany", "DE"), ("South Korea", "KR"), ("hong kong", "HK")]
)
def test_a_country_is_read_by_code_or_name(text: str, code: str) -> None:
    assert parse_country(text) == code


@pytest.mark.parametrize("text", ["", "Germny", "DEU", "D1", "ßß"])
def test_what_is_no_country_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a country; write its code, such as DE, or its English name"):
        parse_country(text)


NAMES: list[str | None] = ["chad:latest", "qwen2:7b"]
ITEMS: dict[str, list[str | None]] = {level: [None, None] for level in LEVELS}
MODELS = ModelTable(["chad:latest", "qwen2:7b"], ITEMS | {"model": NAMES, "lab-country": ["TD", "CN"]})


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
