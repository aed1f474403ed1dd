"""`GET /v1/models` as OpenAI-compatible servers answer it, and which of them did.

Source of the marks: the servers' own code (vLLM, SGLang, text-generation-inference, LocalAI, text-generation-webui,
Open WebUI, Ollama), captures of the others (llama.cpp, LM Studio, LiteLLM). `owned_by` is free text that a proxy may
copy, so the answer is evidence of the software, not proof. `created` is the time of a process or a constant, never a
model's date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cohabit.loaders.bodies.answer import Answer, Listing
from cohabit.loaders.records import ListedModel
from cohabit.loaders.values import Texts

_OWNERS = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama.cpp", "organization_owner": "lm-studio"}
_LITELLM_CREATED = 1_677_610_602  # the constant in every row; OpenAI has it on one model of its own
_OLLAMA_NAME = re.compile(r"(?:([^/]+)/)?[^/:]+:[^/:]+")
_LM_STUDIO = frozenset({"compatibility_type", "max_context_length", "publisher"})
_MAX_SIZE = 2**63
_FORMATS = ("gguf", "mlx")

Row = dict[str, Any]


def openai_answer(data: object, kind: object, headers: Mapping[str, str]) -> Answer | None:
    """Read the rows of such a list; None when it is something else that has `data`.

    `data` null is an empty list of Ollama (or of a LocalAI without models). Aliases of a LiteLLM proxy stand for
    models that may be anywhere, so they count as remote.
    """
    if data is None:
        return Answer("ollama", None, Listing(())) if kind == "list" else None
    if not isinstance(data, list):
        return None
    rows = [row for row in data if isinstance(row, dict) and isinstance(row.get("id"), str)]
    if kind != "list" and not any(row.get("object") == "model" for row in rows):
        return None
    software = _software(rows, headers)
    texts = Texts()
    models = [model for row in rows if (model := _model(row, texts, remote=software == "litellm")) is not None]
    dropped = len(data) - len(models)
    return Answer(software, None, Listing(tuple(dict.fromkeys(models)), dropped, texts.replaced))


def _software(rows: list[Row], headers: Mapping[str, str]) -> str | None:
    """Tell the software apart, the surest mark first; None: an empty list shows no hand."""
    for row in rows:
        owner = row.get("owned_by")
        if isinstance(owner, str) and owner in _OWNERS:
            return _OWNERS[owner]
    if any(_LM_STUDIO & row.keys() for row in rows):
        return "lm-studio"
    if not rows:
        return None
    first = rows[0]
    if first.get("owned_by") == first["id"] and first.get("created") == 0:
        return "tgi"
    if all(row.get("created") == _LITELLM_CREATED for row in rows) or _has(headers, "x-litellm-version"):
        return "litellm"
    if all(row.get("owned_by") == "user" and row.get("created") == 0 for row in rows):
        return "text-generation-webui"
    if all(row.keys() == {"id", "object"} for row in rows):
        return "localai"
    if all(_is_ollama(row) for row in rows):
        return "ollama"
    return "openai-compatible"


def _has(headers: Mapping[str, str], name: str) -> bool:
    return any(header.lower() == name for header in headers)


def _is_ollama(row: Row) -> bool:
    """Ollama writes the namespace of the model as its owner, `library` where the name has none."""
    match = _OLLAMA_NAME.fullmatch(row["id"].removeprefix("hf.co/"))
    return match is not None and row.get("owned_by") in ((match[1] or "library"), "library")


def _model(row: Row, texts: Texts, *, remote: bool) -> ListedModel | None:
    name = texts.take(row["id"])
    if name is None:
        return None
    meta = row.get("meta")
    known = meta if isinstance(meta, dict) else {}
    parameters, size = known.get("n_params"), known.get("size")
    format_ = row.get("compatibility_type")
    return ListedModel(
        name=name,
        family=texts.take(row.get("arch")),
        parameter_size=str(parameters) if _is_count(parameters) else None,
        size_bytes=size if _is_count(size) else None,
        quantization=texts.take(row.get("quantization")),
        format=format_ if format_ in _FORMATS else None,
        remote=remote,
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MAX_SIZE
