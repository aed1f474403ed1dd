"""Model references: canonical form, parts, and what a name spells out. Expected values are written out by hand."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cohabit.loaders.names import (
    MAX_NAME,
    Pattern,
    PatternTable,
    canonical_model,
    named_quantization,
    named_size,
    split_model,
    words,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("llama3.2", "llama3.2:latest"),
        ("llama3.2:3b", "llama3.2:3b"),
        ("  Llama3.2:3B-Instruct-Q4_K_M\n", "llama3.2:3b-instruct-q4_k_m"),
        ("foo:", "foo:latest"),
        ("foo::", "foo::latest"),
        ("demo-team/Helper:13b", "demo-team/helper:13b"),
        ("library/gemma3", "gemma3:latest"),
        ("registry.ollama.ai/library/gemma3:4b", "gemma3:4b"),
        ("registry.ollama.ai/demo-team/helper", "demo-team/helper:latest"),
        ("Registry.Ollama.AI/Library/Gemma3", "gemma3:latest"),
        ("library/library/gemma3", "gemma3:latest"),
        ("library/ gemma3", "gemma3:latest"),
        ("registry.example/library/gemma3", "registry.example/library/gemma3:latest"),
        ("huggingface.co/example-org/Demo-7B-GGUF:Q5_K_M", "hf.co/example-org/demo-7b-gguf:q5_k_m"),
        ("registry.ollama.ai/huggingface.co/a/b", "hf.co/a/b:latest"),
        ("example/huggingface.co/b", "example/huggingface.co/b:latest"),
        ("registry.example:5000/team/m", "registry.example:5000/team/m:latest"),
        ("registry.example:5000/team/m:v2", "registry.example:5000/team/m:v2"),
        ("gpt-oss:120b-cloud", "gpt-oss:120b-cloud"),
        ("m@sha256:0abc", "m@sha256:0abc"),
        ("a: b", "a: b"),
    ],
)
def test_canonical_form(raw: str, expected: str) -> None:
    assert canonical_model(raw) == expected


@pytest.mark.parametrize("raw", ["", "  ", "\t\n", "\u3000", ":", ":7b", "library/", "registry.ollama.ai/library/ "])
def test_a_blank_name_is_no_model(raw: str) -> None:
    assert canonical_model(raw) is None


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>:latest",
        "\"quoted\" and 'quoted':latest",
        "__proto__:constructor",
        "abc\u202edef\u200b:latest",
        "a\x00b:latest",
        "'; drop table models; --:latest",
        "..\\..\\secret:latest",
        "../../etc/passwd:latest",
        "\ud800:latest",
    ],
)
def test_hostile_text_stays_as_it_came(hostile: str) -> None:
    assert canonical_model(hostile) == hostile


def test_a_long_name_is_cut_and_still_has_a_tag() -> None:
    assert canonical_model("a" * 5000) == "a" * 1017 + ":latest"
    assert canonical_model("a" * 1017) == "a" * 1017 + ":latest"
    assert canonical_model("a" * 1018) == "a" * 1017 + ":latest"
    assert canonical_model("a:" + "b" * 1022) == "a:" + "b" * 1022
    assert canonical_model("a:" + "b" * 1023) == "a:" + "b" * 1022
    assert canonical_model("a" * 1023 + ":tag") == "a" * 1017 + ":latest"
    assert canonical_model("  " + "a" * 1010 + ":" + "b" * 20) == "a" * 1010 + ":" + "b" * 13
    assert canonical_model("a:b" + " " * 2000 + "c") == "a:b"


def _assert_canonical_is_final(raw: str) -> None:
    canonical = canonical_model(raw)
    if canonical is None:
        return
    assert canonical_model(canonical) == canonical
    assert len(canonical) <= MAX_NAME
    assert canonical == canonical.strip()
    assert not canonical.startswith(("library/", "registry.ollama.ai/", "huggingface.co/"))
    place, model, tag = split_model(canonical)
    assert tag
    assert canonical.endswith(":" + tag)
    assert place in canonical
    assert model in canonical


# Pieces that could meet badly, besides any text at all.
_PIECES = st.sampled_from(
    [
        "library/",
        "registry.ollama.ai/",
        "huggingface.co/",
        "hf.co/",
        "Library/",
        "/",
        ":",
        " ",
        "\x1f",
        "a",
        "B:",
        "İ",
        "ΑΣ",
    ]
)


@given(st.text())
@example("İ")
@example("ΑΣ")
@example("registry.ollama.ai/library/registry.ollama.ai/x")
@example("a" * 1016 + "İ")
@example("a:b/" + "c" * 1020)
@example("a" * 1020 + " :x")
@example(" library/\x1f:")
def test_canonical_is_idempotent_for_any_text(raw: str) -> None:
    _assert_canonical_is_final(raw)


@given(st.lists(_PIECES, max_size=12).map("".join), st.sampled_from([0, 1, 1009, 1017, 1023, 1024]))
def test_canonical_is_idempotent_for_pieces_that_meet_badly(raw: str, padding: int) -> None:
    _assert_canonical_is_final(raw)
    _assert_canonical_is_final(raw + "x" * padding)
    _assert_canonical_is_final("x" * padding + raw)


def test_lower_case_is_final_for_every_character() -> None:
    for code in range(sys.maxunicode + 1):
        canonical = canonical_model(f"a{chr(code)}b")
        assert canonical is not None
        assert canonical_model(canonical) == canonical


_PART = st.text("abcxyzABC019_-", min_size=1, max_size=8)


@given(st.none() | _PART, _PART, st.none() | _PART)
def test_the_default_place_changes_nothing_else(namespace: str | None, model: str, tag: str | None) -> None:
    written = (f"{namespace}/" if namespace else "") + model
    expected = f"{written}:{tag or 'latest'}".lower()
    name = f"{written}:{tag}" if tag else written
    assert canonical_model(name) == expected
    assert canonical_model(f"registry.ollama.ai/{name}") == expected
    assert canonical_model(f"registry.example:443/{name}") == f"registry.example:443/{expected}"


@pytest.mark.parametrize(
    ("canonical", "parts"),
    [
        ("llama3.2:3b", ("", "llama3.2", "3b")),
        ("demo-team/helper:13b", ("demo-team", "helper", "13b")),
        ("hf.co/example-org/demo-7b-gguf:q8_0", ("hf.co/example-org", "demo-7b-gguf", "q8_0")),
        ("registry.example:5000/m:v2", ("registry.example:5000", "m", "v2")),
        ("/models/demo-7b/:latest", ("/models", "demo-7b", "latest")),
    ],
)
def test_split(canonical: str, parts: tuple[str, str, str]) -> None:
    assert split_model(canonical) == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("llama3.2", "llama 3.2"),
        ("llama-3.2-3b-instruct-gguf", "llama 3.2 3b instruct gguf"),
        ("gemma-2b.q2_k", "gemma 2b q 2 k"),
        ("qwen2.5vl", "qwen 2.5 vl"),
        ("minicpm-v-2_6", "minicpm v 2 6"),
        ("mixtral-8x7b", "mixtral 8x7b"),
        ("qwen3-30b-a3b", "qwen 3 30b a 3b"),
        ("1.58bit", "1.58 bit"),
        ("deepseek14b", "deepseek 14b"),
        ("通义qwen2模型", "qwen 2"),
        ("dolphin", "dolphin"),
        ("__", ""),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert " ".join(words(text)) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("7b", 7_000_000_000),
        ("1.5b", 1_500_000_000),
        ("6.7b-instruct-q4_0", 6_700_000_000),
        ("135m", 135_000_000),
        ("22m-l6-v2-fp16", 22_000_000),
        ("671b", 671_000_000_000),
        ("0.5b", 500_000_000),
        ("demo-llama3-8b-16k", 8_000_000_000),
        ("deepseek14b", 14_000_000_000),
        ("30b-a3b-q4_k_m", 30_000_000_000),
        ("gemma_2b_it", 2_000_000_000),
        ("8b-1m", 8_000_000_000),
        ("8x3b-moe-18.4b", 18_400_000_000),
        # Active or effective parameters, one expert, a context length, bits: no size.
        ("a3b", None),
        ("e4b", None),
        ("command-r7b", None),
        ("8x7b", None),
        ("7b-instruct-1m", 7_000_000_000),
        ("instruct-1m", None),
        ("128k", None),
        ("1.58bit", None),
        ("4bit", None),
        ("q4_0", None),
        ("latest", None),
        ("1234567b", None),
    ],
)
def test_named_size(text: str, count: int | None) -> None:
    assert named_size(text) == count


@pytest.mark.parametrize(
    ("text", "quantization"),
    [
        ("8b-instruct-q4_k_m", "Q4_K_M"),
        ("q8_0", "Q8_0"),
        ("13b-q4_1", "Q4_1"),
        ("q5_0", "Q5_0"),
        ("q6_k", "Q6_K"),
        ("q2_k", "Q2_K"),
        ("q3_k_l", "Q3_K_L"),
        ("iq4_xs", "IQ4_XS"),
        ("i1-iq3_xxs", "IQ3_XXS"),
        ("tq1_0", "TQ1_0"),
        ("8b-fp16", "F16"),
        ("f16", "F16"),
        ("bf16", "BF16"),
        ("fp32", "F32"),
        ("mxfp4", "MXFP4"),
        ("demo.q4-k-m.gguf", "Q4_K_M"),
        ("demo-q4km", "Q4_K_M"),
        ("ud-q4_k_xl", "Q4_K_M"),
        ("q6_k_l", "Q6_K"),
        ("q5_k", "Q5_K_M"),
        ("32b-q8", "Q8_0"),
        ("q6", "Q6_K"),
        # Could be several types, or says nothing.
        ("q4", None),
        ("q5", None),
        ("q3_k_xl", None),
        ("q8_1", None),
        ("f16_q40", None),
        ("int4", None),
        ("latest", None),
        ("seq4_k_m", None),
    ],
)
def test_named_quantization(text: str, quantization: str | None) -> None:
    assert named_quantization(text) == quantization


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("llama3.2", "llama-3.2-3b", True),
        ("llama3.2", "llama3.21", False),
        ("llama3", "llama3.2", False),
        ("phi", "dolphin", False),
        ("yi", "yi-34b", True),
        ("yi", "yii", False),
        ("yi", "yi2b", True),
        ("^phi$", "phi", True),
        ("^phi$", "my-phi", False),
        ("^phi$", "phi-4", False),
        ("^phi", "phi-4", True),
        ("phi$", "my-phi", True),
        ("phi$", "phi-my", False),
        ("gemma * 9b", "gemma-9b", True),
        ("gemma * 9b", "gemma-noon-2-9b", True),
        ("gemma * 9b", "9b-gemma", False),
        ("gemma * 9b$", "gemma-9b-x-9b", True),
        ("gemma * 9b$", "gemma-9b-x", False),
        ("a-b * b-c", "a-b-c", False),
        ("a-b * b-c", "a-b-b-c", True),
    ],
)
def test_patterns(pattern: str, name: str, found: bool) -> None:
    compiled = Pattern.parse(pattern)
    parts = words(name)
    assert any(compiled.matches_at(parts, start) for start in range(len(parts))) is found


def test_the_same_pattern_however_it_is_spelled() -> None:
    assert Pattern.parse("llama3.2").meaning == Pattern.parse("llama-3.2").meaning
    different = ["a", "^a", "a$", "^a$", "a-a", "a * a", "a1"]
    assert len({Pattern.parse(text).meaning for text in different}) == len(different)


@pytest.mark.parametrize("text", ["", "^$", "*", "a *", "* b", "a * * b", "--", "Llama3", "…"])
def test_a_pattern_without_words_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a pattern is lower-case words"):
        Pattern.parse(text)


def test_more_words_win_then_the_earlier_whatever_the_order() -> None:
    patterns = [(Pattern.parse(text), text) for text in ("llama3", "qwen", "llama3-chat", "chat-qwen")]
    for order in (patterns, patterns[::-1]):
        table = PatternTable(order)
        best = table.best(words("qwen-llama3-chat"))
        assert best is not None
        assert best.target == "llama3-chat"
        best = table.best(words("llama3-x-chat-qwen"))
        assert best is not None
        assert best.target == "llama3"
        assert table.best(words("mistral")) is None
