"""How the filters are read."""

from __future__ import annotations

import pytest

from cohabit.errors import UsageError
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
