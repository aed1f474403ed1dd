"""Addresses inside names: whoever runs a registry of his own has models called after it, `192.0.2.7:5000/llama3`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cohabit.privacy import Masker
from cohabit.queries.result import Result

# What the user's own file says of his assets, and numbers with dots that are no addresses.
_AS_THEY_ARE = frozenset({"label", "prefix", "version"})


def masked(answer: Result, masker: Masker) -> Result:
    """The answer with a pseudonym for every address inside a text, unless addresses are shown.

    Here, where an answer leaves the program, and nowhere before: inside, names are keys and stay what they are, so a
    model is found by its real name.
    """
    if masker.show or answer.own_columns:  # a query's values are masked one by one
        return answer
    known: dict[str, str] = {}

    def shown(value: Any) -> Any:
        if isinstance(value, str):
            if value not in known:
                known[value] = masker.addresses(value)
            return known[value]
        if isinstance(value, list):
            return [shown(one) for one in value]
        return value

    columns = [column for column in answer.columns if column not in _AS_THEY_ARE]
    return replace(
        answer,
        rows=[row | {column: shown(row[column]) for column in columns} for row in answer.rows],
        headline=None if answer.headline is None else masker.addresses(answer.headline),
        caveats=tuple(map(masker.addresses, answer.caveats)),
    )
