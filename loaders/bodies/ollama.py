"""Lists of models as Ollama servers answer them, and as others imitate them."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import Any

import msgspec

from cohabit.loaders.bodies.answer import Answer, Listing
from cohabit.loaders.decoding import json_value
from cohabit.loaders.records import ListedModel
from cohabit.loaders.values import RecordError, Texts

_DIGEST = re.compile(r"(?:sha256:)?([0-9A-Fa-f]{1,128})")
_OLLAMA_DIGEST = re.compile(r"(?:sha256:)?[0-9A-Fa-f]{64}")
_MAX_SIZE = 2**63


class Details(msgspec.Struct, frozen=True):
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
    capabilities: tuple[str, ...] | None = None
    remote_host: str | None = None
    remote_model: str | None = None
    expires_at: str | None = None
    size_vram: int | None = None
    urls: list[Any] | None = None


_ENTRY_TEXTS = ("name", "model", "modified_at", "digest", "remote_host", "remote_model", "expires_at")
_KNOWN_ENTRIES = 20_000
_KNOWN_LENGTH = 2_000  # characters of one of them: a stranger's megabytes are not kept
_said_of_model = attrgetter("name", "model", "size", "digest", "details", "capabilities", "remote_host", "remote_model")
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
            software = software or _hand(fields)
    dropped = len(entries) - len(models)
    if len({model.name for model in models}) < len(models):
        models = list(dict.fromkeys(models))
    return Listing(tuple(models), dropped, texts.replaced, software)


def ollama_answer(value: object, path: str | None) -> Answer | None:
    """Read an answer whose `models` are those of `/api/tags` or `/api/ps`; None when they are something else.

    `/api/ps` lists the models in memory: those are on the host, but their size is that of the memory in use, and an
    empty one says nothing. An empty list is one only where the path says that it answers `/api/tags`; null is how
    LocalAI writes an empty list.
    """
    entries = _entries(value)
    listing = listed_models(entries)
    asked = (path or "").rstrip("/")
    if listing.models is None:
        return Answer("localai", None, Listing(())) if entries is None else None
    if not listing.models:
        if asked.endswith("/ps"):
            return Answer("ollama")
        return Answer(None, None, listing) if asked.endswith("/tags") else None
    if listing.software is None and not asked.endswith("/tags"):
        return None
    if asked.endswith("/ps") or _in_memory(entries):
        models = tuple(msgspec.structs.replace(model, size_bytes=None) for model in listing.models)
        listing = listing._replace(models=models)
    return Answer(listing.software, None, listing)


def shown_model(name: str, said: dict[str, object], parameters: object) -> Listing:
    """Read what `/api/show` says of the model `name`; `parameters` is their exact number, where it is one.

    A model that is shown is there, as one in memory is; its size is not told.
    """
    listing = listed_models([{**said, "name": name}])
    if (
        listing.models
        and isinstance(parameters, int)
        and not isinstance(parameters, bool)
        and 0 < parameters < _MAX_SIZE
    ):
        exact = msgspec.structs.replace(listing.models[0], parameter_size=str(parameters))
        listing = listing._replace(models=(exact,))
    return listing


def _in_memory(entries: object) -> bool:
    return isinstance(entries, list) and any(
        (entry.expires_at is not None or entry.size_vram is not None)
        if isinstance(entry, Entry)
        else isinstance(entry, dict) and ("expires_at" in entry or "size_vram" in entry)
        for entry in entries
    )


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
    urls = entry.get("urls")
    return Entry(
        **_texts_of(entry, _ENTRY_TEXTS),  # type: ignore[arg-type]
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        details=Details(**_texts_of(details, Details.__struct_fields__)) if isinstance(details, dict) else None,
        capabilities=tuple(c for c in capabilities if isinstance(c, str)) if isinstance(capabilities, list) else None,
        urls=urls if isinstance(urls, list) else None,
    )


def _texts_of(values: dict[str, object], names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name in names if isinstance(value := values.get(name), str)}


def _model(entry: Entry, texts: Texts) -> ListedModel | None:
    """Read an entry; what many hosts list word for word is read once."""
    said = _said_of_model(entry)
    known = _known.get(said)
    if known is not None:
        return known
    before = texts.replaced
    model = _read_model(entry, texts)
    if model is not None and texts.replaced == before and len(str(said)) <= _KNOWN_LENGTH:
        if len(_known) == _KNOWN_ENTRIES:
            _known.clear()
        _known[said] = model
    return model


_known: dict[tuple[object, ...], ListedModel] = {}


def _read_model(entry: Entry, texts: Texts) -> ListedModel | None:
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


def _hand(entry: Entry) -> str | None:
    """Say whose hand an entry shows: Ollama's own, an imitator's, or nobody's.

    llama.cpp leaves digest and time empty; LocalAI writes "sha256:" before the digest and gives size 0; Open WebUI,
    which hands on the answers of several Ollama servers, adds the `urls` they came from.
    """
    digest = entry.digest
    if entry.urls is not None:
        return "open-webui"
    if digest == "" and entry.modified_at == "":
        return "llama.cpp"
    if digest and digest.startswith("sha256:") and entry.size == 0:
        return "localai"
    if digest == "":
        return None
    if entry.details is not None or entry.modified_at or (digest and _OLLAMA_DIGEST.fullmatch(digest)):
        return "ollama"
    return None
