"""Answers of AI servers: which software gave them, which models they list, and what is left when they break off."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohabit.loaders.bodies import Answer, Listing, parse_body
from cohabit.loaders.records import ListedModel

HEX = "5a" * 32


def names(answer: Answer | None) -> list[str] | None:
    assert answer is not None
    return None if answer.listing.models is None else [model.name for model in answer.listing.models]


def rows(*entries: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(entries), **top}


def row(name: str, owner: str | None = None, created: int | None = 1_790_000_000, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"id": name, "object": "model", **more}
    if created is not None:
        found["created"] = created
    if owner is not None:
        found["owned_by"] = owner
    return found


TAG = {
    "name": "a:1",
    "model": "a:1",
    "modified_at": "2026-01-02T03:04:05+02:00",
    "size": 5,
    "digest": HEX,
    "details": {},
}
IN_MEMORY = {**TAG, "size": 99, "expires_at": "2318-01-01T00:00:00Z", "size_vram": 0}

# What was answered: software, version, models (None: no list was seen).
ANSWERS: list[tuple[dict[str, Any], str | None, str | None, list[str] | None]] = [
    ({"models": [TAG]}, "ollama", None, ["a:1"]),
    ({"models": [{"name": "old", "modified_at": "2023-11-01T00:00:00Z", "size": 5}]}, "ollama", None, ["old"]),
    ({"models": [IN_MEMORY]}, "ollama", None, ["a:1"]),
    ({"models": [{**TAG, "digest": f"sha256:{HEX}", "size": 0}]}, "localai", None, ["a:1"]),
    ({"models": None}, "localai", None, []),
    ({"models": [{**TAG, "urls": [0]}]}, "open-webui", None, ["a:1"]),
    (
        rows(row("x.gguf", "llamacpp", meta={"n_params": 8_030_261_248, "size": 4_920_000_000}))
        | {"models": [{"name": "x.gguf", "digest": "", "size": "", "modified_at": ""}]},
        "llama.cpp",
        None,
        ["x.gguf"],
    ),
    (rows(row("org/chat", "vllm"), row("lora", "vllm", parent="org/chat")), "vllm", None, ["org/chat", "lora"]),
    (rows(row("org/chat", "sglang")), "sglang", None, ["org/chat"]),
    (rows(row("chat", "organization_owner", None)), "lm-studio", None, ["chat"]),
    (rows(row("chat", None, None, publisher="p", arch="llama")), "lm-studio", None, ["chat"]),
    (rows(row("chat", None, None), row("speech", None, None)), "localai", None, ["chat", "speech"]),
    (rows(row("org/chat", "org/chat", 0)), "tgi", None, ["org/chat"]),
    (rows(row("chat", "user", 0)), "text-generation-webui", None, ["chat"]),
    (rows(row("gpt", "openai", 1_677_610_602)), "litellm", None, ["gpt"]),
    (rows(row("gpt", "openai", 1_677_610_602), row("x", "openai")), "openai-compatible", None, ["gpt", "x"]),
    (rows(row("a:1", "library"), row("team/b:2", "team")), "ollama", None, ["a:1", "team/b:2"]),
    (rows(row("a:1", "library"), row("team/b:2", "other")), "openai-compatible", None, ["a:1", "team/b:2"]),
    ({"object": "list", "data": None}, "ollama", None, []),
    ({"object": "list", "data": []}, None, None, []),
    ({"model_id": "org/chat", "router": "text-generation-router", "version": "3.1"}, "tgi", "3.1", ["org/chat"]),
    ({"model_id": "org/chat", "max_total_tokens": 4096, "model_dtype": "f16"}, "tgi", None, ["org/chat"]),
    ({"model_id": "org/e", "model_type": {"embedding": {}}, "version": "1.6"}, "tei", "1.6", ["org/e"]),
    ({"model_info": {"general.architecture": "llama"}, "system": "secret"}, "ollama", None, None),
    ({"modelfile": "FROM x", "template": "{{ .Prompt }}"}, "ollama", None, None),
    (
        {"version": "0.6.1", "default_locale": "", "features": {"auth": False}, "name": "Our chat"},
        "open-webui",
        "0.6.1",
        None,
    ),
    ({"model_name": "m", "lora_names": ["l"]}, "text-generation-webui", None, ["m", "l"]),
    ({"model_name": "None", "lora_names": []}, "text-generation-webui", None, []),
]


@pytest.mark.parametrize(("body", "software", "version", "models"), ANSWERS)
def test_software_version_and_models(
    body: dict[str, Any], software: str | None, version: str | None, models: list[str] | None
) -> None:
    for text in (json.dumps(body), json.dumps(body, indent=1).encode(), base64.b64encode(json.dumps(body).encode())):
        found = parse_body(text)
        assert found is not None
        assert (found.software, found.version, names(found)) == (software, version, models)
        assert found.listing.dropped == 0


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html></html>",
        "[]",
        "null",
        "{}",
        '{"models": "none"}',
        '{"models": ["a", "b"]}',
        '{"models": [{"key": "a"}]}',
        '{"data": [{"id": "a"}]}',
        '{"data": {"id": "a"}}',
        '{"version": "1.0"}',
        '{"model_id": "a"}',
        "QUJD",
        "Ollama was running",
    ],
)
def test_what_is_no_answer_of_an_ai_server(body: str) -> None:
    assert parse_body(body) is None


def test_the_path_tells_what_a_body_alone_does_not() -> None:
    assert names(parse_body('{"models": []}', path="/api/tags")) == []
    assert names(parse_body('{"models": []}', path="/api/tags/")) == []
    assert parse_body('{"models": []}') is None
    assert names(parse_body('{"models": []}', path="/api/ps")) is None
    assert names(parse_body('{"models": ["a"]}', path="/ollama/api/tags")) == ["a"]
    assert parse_body('{"version": "0.9.6"}', path="/api/version") == Answer(None, "0.9.6")
    assert parse_body('{"version": "0.9.6"}', path="/version") is None


def test_the_banner_alone_shows_the_software() -> None:
    assert parse_body("Ollama is running") == Answer("ollama")
    assert parse_body(b" Ollama is running\n") == Answer("ollama")
    assert parse_body(base64.b64encode(b"Ollama is running")) == Answer("ollama")
    assert parse_body("Ollama is running" + " and more" * 50) is None


def test_a_header_tells_a_proxy() -> None:
    body = json.dumps(rows(row("gpt", "azure")))
    assert parse_body(body).software == "openai-compatible"  # type: ignore[union-attr]
    assert parse_body(body, headers={"X-LiteLLM-Version": "1.2"}).software == "litellm"  # type: ignore[union-attr]


def test_what_the_rows_say_of_their_models() -> None:
    meta = {"n_params": 8_030_261_248, "size": 4_920_000_000, "n_ctx": 4096}
    found = parse_body(json.dumps(rows(row("x.gguf", "llamacpp", meta=meta))))
    assert found is not None
    assert found.listing.models == (ListedModel(name="x.gguf", parameter_size="8030261248", size_bytes=4_920_000_000),)
    studio = row("v", None, None, publisher="p", arch="qwen2_vl", compatibility_type="mlx", quantization="4bit")
    found = parse_body(json.dumps(rows(studio)))
    assert found is not None
    assert found.listing.models == (ListedModel(name="v", family="qwen2_vl", format="mlx", quantization="4bit"),)


def test_aliases_of_a_proxy_are_not_weights_on_the_host() -> None:
    found = parse_body(json.dumps(rows(row("gpt", "openai", 1_677_610_602))))
    assert found is not None
    assert found.listing.models == (ListedModel(name="gpt", remote=True),)


def test_memory_in_use_is_not_the_size_on_disk() -> None:
    listed, loaded = parse_body(json.dumps({"models": [TAG]})), parse_body(json.dumps({"models": [IN_MEMORY]}))
    assert listed is not None
    assert loaded is not None
    assert [m.size_bytes for m in listed.listing.models or ()] == [5]
    assert [m.size_bytes for m in loaded.listing.models or ()] == [None]


def test_a_model_that_is_shown_has_the_name_that_was_asked_for() -> None:
    said: dict[str, Any] = {
        "details": {"family": "llama", "parameter_size": "3.2B", "quantization_level": "Q4_K_M", "format": "gguf"},
        "model_info": {"general.architecture": "llama", "general.parameter_count": 3_212_749_888},
        "capabilities": ["completion", "tools"],
        "system": "secret",
    }
    found = parse_body(json.dumps(said), path="/api/show/hf.co/team/x:3b")
    details = {"family": "llama", "quantization": "Q4_K_M", "format": "gguf", "capabilities": ("completion", "tools")}
    model = ListedModel(name="hf.co/team/x:3b", parameter_size="3212749888", **details)  # type: ignore[arg-type]
    assert found == Answer("ollama", None, Listing((model,), software="ollama"))
    assert parse_body(json.dumps(said), path="/api/show") == Answer("ollama")
    for count in (None, "3", -1, True, 2**70):
        said["model_info"]["general.parameter_count"] = count
        found = parse_body(json.dumps(said), path="/api/show/x")
        assert found is not None
        assert [one.parameter_size for one in found.listing.models or ()] == ["3.2B"]
    far = parse_body(json.dumps({**said, "remote_host": "https://ollama.com:443"}), path="/api/show/x:cloud")
    assert far is not None
    assert [one.remote for one in far.listing.models or ()] == [True]


def test_a_body_that_breaks_off_gives_what_is_complete() -> None:
    text = json.dumps({"models": [TAG, {**TAG, "name": "b:1", "model": "b:1"}, {**TAG, "name": "c:1"}]})
    place = text.index("c:1")
    for cut in range(place, len(text) - 1):
        found = parse_body(text[:cut])
        # The comma after the third name shows that it is whole.
        assert names(found) == ["a:1", "b:1"] + ["c:1"] * (cut >= place + len('c:1",'))
        assert found is not None
        assert found.listing.dropped >= 1
    text = json.dumps(rows(row("org/one", "vllm"), row("org/two", "vllm")))
    assert names(parse_body(text[: text.index("org/two")])) == ["org/one"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from([body for body, *_ in ANSWERS]), st.data())
def test_any_field_of_any_type_and_any_cut_is_survived(body: dict[str, Any], data: st.DataObject) -> None:
    changed = json.loads(json.dumps(body))
    holder: Any = changed
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if isinstance(holder[key], dict | list) and holder[key] and data.draw(st.booleans()):
            holder = holder[key]
            continue
        holder[key] = data.draw(JSON)
        break
    text = json.dumps(changed)
    cut = data.draw(st.integers(0, len(text)))
    for path in (None, "/api/tags", "/api/ps", "/api/version"):
        for tried in (text, text[:cut], text[:cut].encode()):
            found = parse_body(tried, path=path)
            assert found is None or found.listing.models is None or all(m.name for m in found.listing.models)
