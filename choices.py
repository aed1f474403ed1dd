"""Words that a user chooses from: what is said where a word is none of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from cohabit.text import visible

_ALIKE = 0.7
"""Share of letters in common from which on two words are close: less, and words are offered that nobody meant."""


def close_to(word: str, words: Iterable[str], most: int = 1) -> list[str]:
    """Those of the words that are written much like this one, or begin or end like it, closest first; case aside."""
    folded = word.strip().casefold()
    by_folded = {one.casefold(): one for one in words}
    close = difflib.get_close_matches(folded, by_folded, n=most, cutoff=_ALIKE)
    if len(folded) > 1:
        close += [one for one in by_folded if one.startswith(folded) and one not in close]
    return [by_folded[one] for one in close[:most]]


def among(word: str, words: Iterable[str]) -> str:
    """`did you mean line? Choose from model, family, line`; without a question where none is close."""
    words = list(words)
    listed = f"hoose from {', '.join(words)}"
    close = close_to(word, words)
    return f"did you mean {visible(close[0], 60)}? C{listed}" if close else f"c{listed}"
