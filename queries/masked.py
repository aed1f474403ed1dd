"""Addresses inside names: whoever runs a registry of his own has models called after it, `192.0.2.7:5000/llama3`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cohabit.privacy import Masker
from cohabit.queries.result import Result, Row

# What the user's own file says of his assets, numbers with dots that are no addresses, and what holds no name.
_AS_THEY_ARE = frozenset({"label", "prefix", "version", "host", "first_seen", "last_seen"})


def masked(answer: Result, masker: Masker) -> Result:
    """The answer with a pseudonym for every address inside a text, unless addresses are shown.

    Here, where an answer leaves the program, and nowhere before: inside, names are keys and stay what they are, so a
    model is found by its real name.
    """
    if masker.show or answer.own_columns:  # a query's values are masked one by one
        return answer
    columns = [column for column in answer.columns if column not in _AS_THEY_ARE]
    texts = _texts(answer.rows, columns)
    hidden = {text: shown for text in texts if (shown := masker.addresses(text)) != text}
    return replace(
        answer,
        rows=[row | {column: _shown(row[column], hidden) for column in columns} for row in answer.rows]
        if hidden
        else answer.rows,
        headline=None if answer.headline is None else masker.addresses(answer.headline),
        caveats=tuple(map(masker.addresses, answer.caveats)),
    )


def _texts(rows: Sequence[Row], columns: Sequence[str]) -> set[str]:
    """The distinct texts in those columns: names repeat, and few hold an address."""
    found: set[Any] = set()
    for row in rows:
        for column in columns:
            value = row[column]
            if isinstance(value, str):
                found.add(value)
            elif isinstance(value, list):
                found.update(value)
    return {one for one in found if isinstance(one, str)}


def _shown(value: Any, hidden: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_shown(one, hidden) for one in value]
    return hidden.get(value, value) if isinstance(value, str) else value
