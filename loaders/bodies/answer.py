"""What an answer says, whatever software gave it."""

from __future__ import annotations

from typing import NamedTuple

from cohabit.loaders.records import ListedModel


class Listing(NamedTuple):
    """What a model list says.

    `models` is None when there was no list, empty when it had no (readable) entry; `dropped` counts entries that
    could not be read, `replaced` characters that cannot be stored. `software` is "ollama" when an entry has what
    only an Ollama server writes, another name where an entry shows an imitator's hand, else None.
    """

    models: tuple[ListedModel, ...] | None
    dropped: int = 0
    replaced: int = 0
    software: str | None = None


class Answer(NamedTuple):
    """What one answer says: the software that gave it and its version (None: it does not say), and its models."""

    software: str | None = None
    version: str | None = None
    listing: Listing = Listing(None)
