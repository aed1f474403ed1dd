"""Answers without a list of models: what a server says of itself, or of the one model that it runs."""

from __future__ import annotations

from typing import Any, Protocol

from cohabit.loaders.bodies.answer import Answer, Listing
from cohabit.loaders.bodies.ollama import shown_model
from cohabit.loaders.records import ListedModel
from cohabit.loaders.values import Texts


class Body(Protocol):
    """The fields of an answer that are looked at here; each may be of any type."""

    version: Any
    router: Any
    model_id: Any
    model_type: Any
    max_total_tokens: Any
    model_info: Any
    modelfile: Any
    template: Any
    details: Any
    capabilities: Any
    remote_host: Any
    remote_model: Any
    features: Any
    default_locale: Any
    model_name: Any
    lora_names: Any


def other_answer(body: Body, path: str | None) -> Answer | None:
    """Read `/info` of TGI and TEI, `/api/show` and `/api/version` of Ollama, the configuration of Open WebUI, and
    `/v1/internal/model/info` of text-generation-webui; None when it is none of them.

    `/api/show` says much of a model but not its name: without one in the path it shows the software alone.
    `/api/version` is answered alike by others, so it gives a version and no software: that must come from elsewhere.
    """
    texts = Texts()
    version = texts.take(body.version)
    if isinstance(body.model_id, str):
        return _inference(body, version, texts)
    if _is_show(body):
        return Answer("ollama", None, _shown(body, path))
    if isinstance(body.features, dict) and "auth" in body.features and body.default_locale is not None and version:
        return Answer("open-webui", version)
    if isinstance(body.model_name, str) and isinstance(body.lora_names, list):
        # Without a model loaded the name is the text "None".
        loaded = [body.model_name, *body.lora_names] if body.model_name != "None" else []
        return Answer("text-generation-webui", None, _listing(loaded, texts))
    if version and path is not None and path.rstrip("/").endswith("/api/version"):
        return Answer(None, version)
    return None


def _inference(body: Body, version: str | None, texts: Texts) -> Answer | None:
    embeds = isinstance(body.model_type, dict) and ("embedding" in body.model_type or "reranker" in body.model_type)
    if embeds:
        return Answer("tei", version, _listing([body.model_id], texts))
    if body.router == "text-generation-router" or isinstance(body.max_total_tokens, int):
        return Answer("tgi", version, _listing([body.model_id], texts))
    return None


def _is_show(body: Body) -> bool:
    architecture = isinstance(body.model_info, dict) and isinstance(body.model_info.get("general.architecture"), str)
    return architecture or (isinstance(body.modelfile, str) and isinstance(body.template, str))


def _shown(body: Body, path: str | None) -> Listing:
    name = (path or "").partition("/api/show/")[2]
    if not name:
        return Listing(None)
    keys = ("details", "capabilities", "remote_host", "remote_model")
    known = body.model_info if isinstance(body.model_info, dict) else {}
    return shown_model(name, {key: getattr(body, key) for key in keys}, known.get("general.parameter_count"))


def _listing(names: list[Any], texts: Texts) -> Listing:
    taken = [texts.take(name) for name in names]
    models = tuple(ListedModel(name=name) for name in taken if name is not None)
    return Listing(models, len(taken) - len(models), texts.replaced)
