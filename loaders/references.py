"""What of a model reference is looked up: the name itself, taken out of registries, folders, caches and file names.

Servers of llama.cpp, vLLM and others name a model by its file or folder: ``/models/demo-7b.Q4_K_M.gguf``,
``C:\\models\\demo-7b-00001-of-00003.gguf``, or the cache of Hugging Face with its
``models--org--name/snapshots/<hash>``. The canonical name stays what the server said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cohabit.loaders.names import split_model, words

# Every pattern below is tried on text from scanned hosts of up to 1,024 characters: no nested repetitions.
_DIGEST = re.compile(r"@(?:sha(?:256|512)[:-][0-9a-f]+|[0-9a-f]{12,})(?::latest)?$")
_PATH = re.compile(r"/|\.{1,2}/|~|[a-z]:/|file:")
_ENDING = re.compile(r"\.(?:gguf|ggml(?:v[1-3])?|safetensors|bin|pth?|onnx|llamafile)$")
_SHARD = re.compile(r"[._-][0-9]{1,5}-of-[0-9]{1,5}$")
_QUANTIZATION = (
    r"(?:(?:ud|i1)[._-])?(?:iq[1-4][_-]?(?:xxs|xs|s|m|nl)|q[2-8](?:[_-]?k(?:[_-]?(?:xl|l|m|s))?|[_-][01])?|tq[12]_0"
    r"|bf16|fp?16|fp?32|fp8|mxfp4|nvfp4|int[48]|[1-8](?:\.[0-9]{1,2})?[_-]?bits?|awq|gptq|exl2|w[48]a(?:8|16))$"
)
_QUANTIZED = re.compile(rf"[._@-]{_QUANTIZATION}")
_QUANTIZATION_ALONE = re.compile(_QUANTIZATION)
_CACHED = re.compile(r"models--[^/]+?--([^/]+)")
_HASH = re.compile(r"(?:sha256-)?[0-9a-f]{40,64}")
# What converters call a file of any model: its folder says which.
_ANY_MODEL = {"adapter", "consolidated", "ggml", "gguf", "model", "pytorch", "unsloth", "weights"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A canonical name taken apart.

    `place` is registry and namespace, or the folders (possibly empty); `model` the last part as written, empty where it
    is a hash, whose digits would read as sizes; `tag` may be empty. `names` are what to look up, the most telling
    first; none where nothing in it is a name. `exact` is False for paths and where something was taken off: then the
    name is not that of a library, which the patterns of a whole name mean (`^phi$` is Phi-2 there, and ``phi.gguf``
    may be any).
    """

    place: str
    model: str
    tag: str
    names: tuple[str, ...]
    exact: bool


def read_reference(canonical: str) -> Reference:
    """Take a canonical name apart; a digest behind `@` is no part of it."""
    text = _DIGEST.sub("", canonical)
    place, model, tag = split_model(text.replace("\\", "/"))
    bare = _without_endings(model)
    folders = place.split("/")
    if _HASH.fullmatch(bare):
        model = bare = ""
    of_any = _could_be_any(bare)
    names = [] if of_any or _CACHED.fullmatch(model) else [bare]
    cached = [match[1] for part in (*folders, model) if (match := _CACHED.fullmatch(part))]
    if cached:
        names.append(cached[-1])
    elif of_any and bare != model:
        names.append(_without_endings(folders[-1]))
    exact = bare == model and not (_PATH.match(text) or "\\" in text or cached)
    return Reference(place, model, tag, tuple(filter(None, names)) or ((bare,) if exact and bare else ()), exact)


def _without_endings(name: str) -> str:
    """The name without file ending, number of a part, and quantisation, in whatever order they are."""
    while True:
        shorter = _QUANTIZED.sub("", _SHARD.sub("", _ENDING.sub("", name)))
        if shorter == name or not shorter:
            return name
        name = shorter


def _could_be_any(name: str) -> bool:
    letters = {word for word in words(name) if word.isalpha()}
    return _QUANTIZATION_ALONE.fullmatch(name) is not None or (bool(letters) and letters <= _ANY_MODEL)
