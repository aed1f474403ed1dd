"""Lists of models as Ollama servers answer them, and as others imitate them."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from cohabit.loaders.decoding import json_value
from cohabit.loaders.records import ListedModel
from cohabit.loaders.values import RecordError, Texts

_DIGEST = re.compile(r"(?:sha256:)?([0-9A-Fa-f]{1,128})")
_OLLAMA_DIGEST = re.compile(r"(?:sha256:)?[0-9A-Fa-f]{64}")
_MAX_SIZE = 2**63


class Details(msgspec.Struct):
    """`details` of an Ollama `/api/tags` entry, as far as it is used."""

    family: str | None = None
    parameter_size: str | None = None
    quantization_level: str | None = None
    format: str | None = None


class Entry(msgspec.Struct):
    """One entry of an Ollama `/api/tags` answer, as far as it is used."""

    name: str | None = None
    model: str | None = None
    modified_at: str | None = None
    size: int | None = None
    digest: str | None = None
    details: Details | None = None
    capabilities: list[str] | None = None
    remote_host: str | None = None
    remote_model: str | None = None


class Listing(NamedTuple):
    """What a model list says.

    `models` is None when there was no list, empty when it had no (readable) entry; `dropped` counts entries that
    could not be read, `replaced` characters that cannot be stored. `software` is "ollama" when an entry has what
    only an Ollama server writes, else None.
    """

    models: tuple[ListedModel, ...] | None
    dropped: int = 0
    replaced: int = 0
    software: str | None = None


_ENTRY_TEXTS = ("name", "model", "modified_at", "digest", "remote_host", "remote_model")
_decode_list = msgspec.json.Decoder(list[str | Entry] | None).decode


def listed_models(value: object) -> Listing:
    """Read a list of models: names, `/api/tags` entries, or both mixed. Never raises.

    `value` is decoded JSON or the undecoded bytes (`msgspec.Raw`). Missing or null means that no list was seen; so
    does anything that is not a list, but that counts as one dropped entry. An entry is dropped when it is neither a
    text nor an object, or its name is missing, blank or over 1,024 characters. Equal entries count once.
    """
    entries = _entries(value)
    if not isinstance(entries, list):
        return Listing(None, dropped=0 if entries is None else 1)
    texts = Texts()
    models: list[ListedModel] = []
    software = None
    for entry in entries:
        if isinstance(entry, str):
            name = texts.take(entry)
            if name is not None:
                models.append(ListedModel(name=name))
            continue
        fields = _fitted(entry) if isinstance(entry, dict) else entry
        if not isinstance(fields, Entry):
            continue
        model = _model(fields, texts)
        if model is not None:
            models.append(model)
            if software is None and _is_ollama(fields):
                software = "ollama"
    dropped = len(entries) - len(models)
    if len({model.name for model in models}) < len(models):
        models = list(dict.fromkeys(models))
    return Listing(tuple(models), dropped, texts.replaced, software)


def _entries(value: object) -> object:
    if not isinstance(value, msgspec.Raw):
        return value
    if not value:
        return None
    try:
        return _decode_list(value)
    except (ValueError, RecursionError):  # some entry is not as it should be: take all as they are
        try:
            return json_value(value)
        except RecordError:
            return False


def _fitted(entry: dict[str, object]) -> Entry:
    """Return the fields of an entry that have the right type; the others count as absent."""
    size, details, capabilities = entry.get("size"), entry.get("details"), entry.get("capabilities")
    return Entry(
        **_texts_of(entry, _ENTRY_TEXTS),
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        details=Details(**_texts_of(details, Details.__struct_fields__)) if isinstance(details, dict) else None,
        capabilities=[one for one in capabilities if isinstance(one, str)] if isinstance(capabilities, list) else None,
    )


def _texts_of(values: dict[str, object], names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name in names if isinstance(value := values.get(name), str)}


def _model(entry: Entry, texts: Texts) -> ListedModel | None:
    name = texts.take(entry.name) or texts.take(entry.model)
    if name is None:
        return None
    details = entry.details or Details()
    digest = _DIGEST.fullmatch(entry.digest) if entry.digest else None
    size = entry.size
    capabilities = entry.capabilities
    return ListedModel(
        name=name,
        digest=digest[1].lower() if digest else None,
        size_bytes=size if size is not None and 0 <= size < _MAX_SIZE else None,
        family=texts.take(details.family),
        parameter_size=texts.take(details.parameter_size),
        quantization=texts.take(details.quantization_level),
        format=texts.take(details.format),
        capabilities=None if capabilities is None else tuple(filter(None, map(texts.take, capabilities))),
        remote=bool(entry.remote_host or entry.remote_model),
    )


def _is_ollama(entry: Entry) -> bool:
    """Say whether an entry shows Ollama's own hand.

    llama.cpp and LocalAI imitate these answers: the one leaves the digest empty, the other writes "sha256:" before
    it and gives size 0.
    """
    digest = entry.digest
    if digest == "" or (digest and digest.startswith("sha256:") and not entry.size):
        return False
    return entry.details is not None or bool(entry.modified_at) or bool(digest and _OLLAMA_DIGEST.fullmatch(digest))
