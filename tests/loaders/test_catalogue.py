"""The model catalogue: matching, bundled facts (expected values from model cards), and what a faulty file says."""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import json
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cohabit.errors import DataError
from cohabit.loaders.catalogue import Catalogue, Entry, Line
from cohabit.loaders.catalogue_layers import BUNDLED, Lab
from cohabit.loaders.names import canonical_model


@pytest.fixture(scope="module")
def bundled() -> Catalogue:
    return Catalogue.load()


def _bundled_bytes() -> bytes:
    return importlib.resources.files("cohabit.loaders").joinpath("catalogue.toml").read_bytes()


def _look_up(catalogue: Catalogue, raw: str) -> Entry | None:
    canonical = canonical_model(raw)
    assert canonical is not None
    return catalogue.lookup(canonical)


# name, line, family, lab
_CHECKED = [
    # The library's plain names.
    ("llama3.2", "llama3.2", "llama", "Meta"),
    ("llama3.2:3b-instruct-q5_K_M", "llama3.2", "llama", "Meta"),
    ("llama3.1:405b", "llama3.1", "llama", "Meta"),
    ("llama3:70b-text", "llama3", "llama", "Meta"),
    ("llama2", "llama2", "llama", "Meta"),
    ("llama3.2-vision:11b", "llama3.2-vision", "mllama", "Meta"),
    ("llama4:scout", "llama4", "llama4", "Meta"),
    ("llama-guard3:8b", "llama-guard3", "llama", "Meta"),
    ("codellama:13b-python", "codellama", "llama", "Meta"),
    ("qwen:0.5b", "qwen", "qwen2", "Alibaba"),
    ("qwen2:7b", "qwen2", "qwen2", "Alibaba"),
    ("qwen2.5:72b", "qwen2.5", "qwen2", "Alibaba"),
    ("qwen2.5-coder:1.5b-base", "qwen2.5-coder", "qwen2", "Alibaba"),
    ("qwen2.5vl:7b", "qwen2.5vl", "qwen25vl", "Alibaba"),
    ("qwen3:8b", "qwen3", "qwen3", "Alibaba"),
    ("qwen3:32b", "qwen3", "qwen3", "Alibaba"),
    ("qwen3:30b", "qwen3", "qwen3moe", "Alibaba"),
    ("qwen3:235b-a22b", "qwen3", "qwen3moe", "Alibaba"),
    ("qwen3-coder:30b", "qwen3-coder", "qwen3moe", "Alibaba"),
    ("qwen3-embedding:0.6b", "qwen3-embedding", "qwen3", "Alibaba"),
    ("qwq:32b-preview-q8_0", "qwq", "qwen2", "Alibaba"),
    ("gemma:2b", "gemma", "gemma", "Google"),
    ("gemma2:9b", "gemma2", "gemma2", "Google"),
    ("gemma3:27b-it-qat", "gemma3", "gemma3", "Google"),
    ("gemma3n:e4b", "gemma3n", "gemma3n", "Google"),
    ("embeddinggemma", "embeddinggemma", "gemma3", "Google"),
    ("codegemma:7b", "codegemma", "gemma", "Google"),
    ("shieldgemma:2b", "shieldgemma", "gemma2", "Google"),
    ("mistral:instruct", "mistral", "llama", "Mistral AI"),
    ("mixtral:8x7b", "mixtral", "llama", "Mistral AI"),
    ("mistral-nemo", "mistral-nemo", "llama", "Mistral AI"),
    ("mistral-small:24b", "mistral-small", "llama", "Mistral AI"),
    ("mistral-small3.1:24b", "mistral-small3.1", "mistral3", "Mistral AI"),
    ("codestral:22b", "codestral", "llama", "Mistral AI"),
    ("phi", "phi", "phi2", "Microsoft"),
    ("phi3:14b", "phi3", "phi3", "Microsoft"),
    ("phi3.5", "phi3.5", "phi3", "Microsoft"),
    ("phi4:14b", "phi4", "phi3", "Microsoft"),
    ("phi4-mini-reasoning", "phi4-mini-reasoning", "phi3", "Microsoft"),
    ("gpt-oss:20b", "gpt-oss", "gptoss", "OpenAI"),
    ("gpt-oss:120b-cloud", "gpt-oss", "gptoss", "OpenAI"),
    ("smollm2:135m", "smollm2", "llama", "Hugging Face"),
    ("starcoder2:15b", "starcoder2", "starcoder2", "BigCode"),
    ("command-r", "command-r", "command-r", "Cohere"),
    ("command-r-plus:104b", "command-r-plus", "command-r", "Cohere"),
    ("command-r7b", "command-r7b", "cohere2", "Cohere"),
    ("command-r7b-arabic", "command-r7b-arabic", "cohere2", "Cohere"),
    ("aya:35b", "aya", "command-r", "Cohere"),
    ("aya-expanse:8b", "aya-expanse", "command-r", "Cohere"),
    ("yi:34b", "yi", "llama", "01.AI"),
    ("yi-coder:9b", "yi-coder", "llama", "01.AI"),
    ("glm4:9b", "glm4", "chatglm", "Zhipu AI"),
    ("exaone3.5:7.8b", "exaone3.5", "exaone", "LG AI Research"),
    ("granite3.1-moe:3b", "granite3.1-moe", "granitemoe", "IBM"),
    ("granite3.3:8b", "granite3.3", "granite", "IBM"),
    ("granite-code:8b", "granite-code", "llama", "IBM"),
    ("granite-code:20b", "granite-code", "starcoder", "IBM"),
    ("granite4:tiny-h", "granite4", "granitehybrid", "IBM"),
    ("falcon:40b", "falcon", "falcon", "Technology Innovation Institute"),
    ("falcon3:7b", "falcon3", "llama", "Technology Innovation Institute"),
    ("solar:10.7b", "solar", "llama", "Upstage"),
    ("solar-pro", "solar-pro", "solar", "Upstage"),
    ("minicpm-v:8b", "minicpm-v", "qwen2", "OpenBMB"),
    ("llava:34b", "llava", "llama", "LLaVA"),
    ("moondream", "moondream", "phi2", "Moondream"),
    ("openchat:7b", "openchat", "llama", "OpenChat"),
    ("sqlcoder:7b", "sqlcoder", "llama", "Defog"),
    ("sqlcoder:15b", "sqlcoder", "starcoder", "Defog"),
    # Embeddings.
    ("nomic-embed-text:v1.5", "nomic-embed-text", "nomic-bert", "Nomic AI"),
    ("nomic-embed-text-v2-moe", "nomic-embed-text-v2", "nomic-bert-moe", "Nomic AI"),
    ("all-minilm:22m", "all-minilm", "bert", "Sentence Transformers"),
    ("mxbai-embed-large", "mxbai-embed-large", "bert", "Mixedbread"),
    ("bge-m3", "bge-m3", "bert", "BAAI"),
    ("bge-large", "bge-large", "bert", "BAAI"),
    ("example/bge-reranker-v2-m3", "bge-reranker", "bert", "BAAI"),
    ("snowflake-arctic-embed:137m", "snowflake-arctic-embed", "nomic-bert", "Snowflake"),
    ("example/multilingual-e5-large-instruct:f16", "e5", "bert", "Microsoft"),
    ("example/gte-Qwen2-7B-instruct", "gte-qwen", "qwen2", "Alibaba"),
    ("example/gte:large-zh-f16", "gte", "bert", "Alibaba"),
    # One line, several architectures.
    ("deepseek-r1", "deepseek-r1", "qwen2", "DeepSeek"),
    ("deepseek-r1:1.5b", "deepseek-r1", "qwen2", "DeepSeek"),
    ("deepseek-r1:32b-qwen-distill-q4_K_M", "deepseek-r1", "qwen2", "DeepSeek"),
    ("deepseek-r1:8b", "deepseek-r1", "llama", "DeepSeek"),
    ("deepseek-r1:70b", "deepseek-r1", "llama", "DeepSeek"),
    ("deepseek-r1:671b", "deepseek-r1", "deepseek2", "DeepSeek"),
    ("deepseek-r1:8b-0528-qwen3-q8_0", "deepseek-r1", "qwen3", "DeepSeek"),
    ("deepseek-r1-distill-llama-8b", "deepseek-r1", "llama", "DeepSeek"),
    ("DeepSeekR1:14b", "deepseek-r1", "qwen2", "DeepSeek"),
    ("hf.co/unsloth/DeepSeek-R1-0528-Qwen3-8B-GGUF:Q4_K_XL", "deepseek-r1", "qwen3", "DeepSeek"),
    ("hf.co/unsloth/DeepSeek-R1-0528-GGUF:Q2_K_L", "deepseek-r1", "deepseek2", "DeepSeek"),
    ("huihui_ai/deepseek-r1-abliterated:14b", "deepseek-r1", "qwen2", "DeepSeek"),
    ("deepseek-v3:671b", "deepseek-v3", "deepseek2", "DeepSeek"),
    ("deepseek-coder:6.7b", "deepseek-coder", "llama", "DeepSeek"),
    ("deepseek-coder-v2:16b", "deepseek-coder-v2", "deepseek2", "DeepSeek"),
    ("deepseek-llm:67b", "deepseek-llm", "llama", "DeepSeek"),
    ("cogito:8b", "cogito", "llama", "Deep Cogito"),
    ("cogito:14b", "cogito", "qwen2", "Deep Cogito"),
    # Names of files and hubs.
    ("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q8_0", "llama3.2", "llama", "Meta"),
    ("huggingface.co/bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", "llama3.1", "llama", "Meta"),
    ("meta-llama/Llama-3.2-11B-Vision-Instruct", "llama3.2-vision", "mllama", "Meta"),
    ("hf.co/example/Qwen2.5-VL-7B-Instruct-GGUF:Q4_K_M", "qwen2.5vl", "qwen2vl", "Alibaba"),
    ("hf.co/unsloth/gpt-oss-20b-GGUF:F16", "gpt-oss", "gpt-oss", "OpenAI"),
    ("hf.co/example/Mistral-Small-3.1-24B-Instruct-2503-GGUF", "mistral-small3.1", "llama", "Mistral AI"),
    ("hf.co/unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF", "qwen3", "qwen3moe", "Alibaba"),
    ("hf.co/example/GLM-4-32B-0414-GGUF:Q4_K_M", "glm4", "glm4", "Zhipu AI"),
    ("gemma-2b.Q2_K", "gemma", "gemma", "Google"),
    ("gemma-2-9b-it", "gemma2", "gemma2", "Google"),
    ("/models/phi-4.Q4_K_M.gguf", "phi4", "phi3", "Microsoft"),
    ("hf.co/example/Hermes-3-Llama-3.1-8B-GGUF", "hermes3", "llama", "Nous Research"),
    ("hf.co/example/OpenHermes-2.5-Mistral-7B-GGUF", "openhermes", "llama", "Nous Research"),
    ("hf.co/example/Llama-3.1-Nemotron-70B-Instruct-HF-GGUF", "nemotron", "llama", "NVIDIA"),
    ("hf.co/example/Llama-3_3-Nemotron-Super-49B-v1-GGUF", "nemotron-super", "deci", "NVIDIA"),
    ("hf.co/example/Llama-3.1-Tulu-3-8B-GGUF", "tulu3", "llama", "Allen Institute for AI"),
    ("example/minicpm-llama3-v-2_5", "minicpm-v", "llama", "OpenBMB"),
    ("example/text2vec-bge-large-chinese", "text2vec", "bert", None),
    # A derivative with a name of its own.
    ("dolphin-mistral:7b-v2.8-q8_0", "dolphin-mistral", "llama", "Cognitive Computations"),
    ("hf.co/example/dolphin-2.2.1-mistral-7B-GGUF:Q5_K_M", "dolphin-mistral", "llama", "Cognitive Computations"),
    ("dolphin-phi", "dolphin-phi", "phi2", "Cognitive Computations"),
    ("hf.co/example/Dolphin3.0-R1-Mistral-24B-GGUF", "dolphin3", "llama", "Cognitive Computations"),
    ("hf.co/example/Dolphin3.0-Llama3.1-8B-GGUF", "dolphin3", "llama", "Cognitive Computations"),
    ("wizard-vicuna-uncensored:13b", "wizard-vicuna-uncensored", "llama", "Cognitive Computations"),
    ("phind-codellama:34b", "phind-codellama", "llama", "Phind"),
    ("llava-llama3", "llava-llama3", "llama", "Shanghai AI Laboratory"),
    ("nous-hermes2-mixtral:8x7b", "nous-hermes2-mixtral", "llama", "Nous Research"),
    ("r1-1776:671b", "r1-1776", "deepseek2", "Perplexity"),
    ("llama2-uncensored", "llama2-uncensored", "llama", None),
    ("mario", "mario", "llama", None),
]


@pytest.mark.parametrize(("raw", "line", "family", "lab"), _CHECKED)
def test_checked_names(bundled: Catalogue, raw: str, line: str, family: str, lab: str | None) -> None:
    entry = _look_up(bundled, raw)
    assert entry is not None
    assert (entry.line, entry.family, entry.lab) == (line, family, lab)


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "local-model-0a1b2c3d",
            "ns-0a1b2c3d/local-model-e5bce5a3:7b",
            "test",
            "mymodel:8b-q4_0",
            "gpt-4",
            "gpt-4o-mini",
        ),
        *("claude-3-opus", "gemini-2.0-flash", "deepseek-chat", "deepseek:7b", "qwen-plus", "qwen-vl-max", "yi-large"),
        *(
            "codestral-2501",
            "qwen-uncensored",
            "mario-kart",
            "my-mario",
            "alfredo",
            "solar-panel-expert",
            "reflections",
        ),
        *(
            "command-line-helper",
            "malaya",
            "yin-yang",
            "cogitorama",
            "graphics",
            "phi-notes",
            "dolphinarium",
            "llamafile",
            "gemmaish",
        ),
        *("", "/:latest", "…", "\u202e3amall", "__proto__", "<b>", "qwen/private-thing", "meta-llama/unnamed"),
    ],
)
def test_unknown_stays_unknown(bundled: Catalogue, raw: str) -> None:
    assert bundled.lookup(canonical_model(raw) or "") is None


def test_an_entry_says_everything(bundled: Catalogue) -> None:
    assert _look_up(bundled, "hf.co/example/dolphin-2.7-mixtral-8x7b-GGUF:Q6_K_L") == Entry(
        line="dolphin-mixtral",
        family="llama",
        lab="Cognitive Computations",
        lab_country="US",
        derived_from="mixtral",
        capabilities=("completion",),
        parameter_count=46_700_000_000,
        quantization="Q6_K",
        pattern="dolphin * mixtral",
    )


@pytest.mark.parametrize(
    ("raw", "count", "quantization"),
    [
        ("llama3.1:8b-instruct-q4_K_M", 8_000_000_000, "Q4_K_M"),
        ("llama3.1", None, None),
        ("smollm2:135m", 135_000_000, None),
        ("mixtral:8x22b", 141_000_000_000, None),
        ("llama4:16x17b", 109_000_000_000, None),
        ("hf.co/example/Llama-4-Scout-17B-16E-Instruct-GGUF:Q4_K_M", 109_000_000_000, "Q4_K_M"),
        ("hf.co/example/Qwen2.5-7B-Instruct-1M-GGUF:IQ4_XS", 7_000_000_000, "IQ4_XS"),
        ("hf.co/example/Llama-3.2-3B-Instruct-Q8_0-GGUF", 3_000_000_000, "Q8_0"),
        # The tag is nearer to what was pulled than the model's name.
        ("example/llama3.1-8b-q8_0:70b-q4_0", 70_000_000_000, "Q4_0"),
        # Two experts of this size in a mixture the catalogue does not know: no count rather than a wrong one.
        ("hf.co/example/Mistral-2x7B-GGUF", None, None),
    ],
)
def test_size_and_quantization(bundled: Catalogue, raw: str, count: int | None, quantization: str | None) -> None:
    entry = _look_up(bundled, raw)
    assert entry is not None
    assert (entry.parameter_count, entry.quantization) == (count, quantization)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # As the library's pages label them.
        ("llama3", "completion"),
        ("llama3.1:8b", "completion tools"),
        ("llama3.2:3b", "completion tools"),
        ("llama3.3", "completion tools"),
        ("llama4:scout", "completion tools vision"),
        ("qwen2.5:7b", "completion tools"),
        ("qwen3:8b", "completion thinking tools"),
        ("qwq", "completion tools"),
        ("mistral", "completion tools"),
        ("mistral-nemo", "completion tools"),
        ("command-r", "completion tools"),
        ("firefunction-v2", "completion tools"),
        ("granite3.3", "completion tools"),
        ("granite3.2-vision", "completion tools vision"),
        ("phi4", "completion"),
        ("phi4-mini", "completion tools"),
        ("gpt-oss:20b", "completion thinking tools"),
        ("deepseek-r1:7b", "completion thinking"),
        ("llava:34b", "completion vision"),
        ("bakllava", "completion vision"),
        ("moondream", "completion vision"),
        ("minicpm-v:8b", "completion vision"),
        ("llama3.2-vision", "completion vision"),
        ("qwen2.5vl:7b", "completion vision"),
        ("nomic-embed-text", "embedding"),
        ("mxbai-embed-large", "embedding"),
        ("bge-m3", "embedding"),
        ("all-minilm:22m", "embedding"),
        ("snowflake-arctic-embed:137m", "embedding"),
        # Templates with a place for what comes after the gap.
        ("qwen2.5-coder:7b", "completion insert tools"),
        ("codestral", "completion insert"),
        ("codellama:7b-code", "completion insert"),
        # Part of a line.
        ("gemma3", "completion vision"),
        ("gemma3:27b-it-qat", "completion vision"),
        ("gemma3:1b", "completion"),
        ("gemma3:270m-it-fp16", "completion"),
        ("hf.co/example/gemma-3-1b-it-GGUF", "completion"),
        ("qwen3:30b-a3b-instruct-2507-q4_K_M", "completion tools"),
        ("mistral:7b-instruct-v0.2-q8_0", "completion"),
        ("mixtral:8x7b", "completion"),
        ("mixtral:8x22b", "completion tools"),
        ("llama3.1:8b-text-q4_0", "completion"),
        ("deepseek-r1:8b-0528-qwen3-q8_0", "completion thinking tools"),
        ("codellama:7b-instruct", "completion"),
        ("code-llama:7b", "completion"),
        # Nothing certain.
        ("mario", None),
        ("starcoder2:3b", None),
    ],
)
def test_capabilities(bundled: Catalogue, raw: str, expected: str | None) -> None:
    entry = _look_up(bundled, raw)
    assert entry is not None
    assert (entry.capabilities and " ".join(entry.capabilities)) == expected


def test_an_embedding_model_completes_nothing(bundled: Catalogue) -> None:
    known = [line.capabilities for line in bundled.lines() if line.capabilities]
    assert len(known) > 200
    assert all(("embedding" in one) != ("completion" in one) for one in known)


def _patterns() -> Iterator[tuple[str, str | None]]:
    document = tomllib.loads(_bundled_bytes().decode())
    for text in document["unknown"]:
        yield text, None
    for owner in [document, *document["labs"].values()]:
        for line, facts in owner["lines"].items():
            for text in facts.get("names", [line]):
                yield text, line


def test_every_pattern_finds_its_own_line(bundled: Catalogue) -> None:
    """A name that is nothing but the pattern must get its line, or the pattern could never decide."""
    for text, line in _patterns():
        name = text.strip("^$").replace(" * ", "-x-") + ":latest"
        entry = bundled.lookup(name)
        assert (entry.line if entry else None) == line, text
        assert entry is None or entry.pattern == text


def test_the_bundled_file_is_sorted() -> None:
    document = tomllib.loads(_bundled_bytes().decode())
    assert list(document["labs"]) == sorted(document["labs"])
    for owner in [document, *document["labs"].values()]:
        assert list(owner["lines"]) == sorted(owner["lines"])
    assert document["unknown"] == sorted(document["unknown"])
    assert list(document["sizes"]) == sorted(document["sizes"])


def test_digest_lines_and_labs(bundled: Catalogue) -> None:
    assert bundled.digest == hashlib.sha256(_bundled_bytes()).hexdigest()
    lines = {line.name: line for line in bundled.lines()}
    assert list(lines) == sorted(lines)
    assert lines["dolphin-mistral"] == Line(
        name="dolphin-mistral",
        lab="Cognitive Computations",
        derived_from="mistral",
        capabilities=("completion",),
        source=BUNDLED,
    )
    assert lines["mario"] == Line(name="mario", lab=None, derived_from=None, capabilities=None, source=BUNDLED)
    assert {line.derived_from for line in lines.values()} - {None} <= set(lines)
    labs = {lab.name: lab for lab in bundled.labs()}
    assert list(labs) == sorted(labs)
    assert labs["Mistral AI"] == Lab(name="Mistral AI", country="FR")
    assert labs["BigCode"] == Lab(name="BigCode", country=None)
    assert {line.lab for line in lines.values()} - {None} == set(labs)


_SMALL = """
unknown = ["tiger-hosted"]
[sizes]
"2x7b" = 13_000_000_000
[labs.zoo]
name = "Zoo"
country = "CH"
[labs.zoo.lines]
tiger = { family = "cat" }
tiger2 = { family = "cat2", families = { cat2moe = ["30b", "a3b"], other = ["^tiger2-latest$"] } }
[lines]
liger = { family = "cat", derived_from = "tiger" }
tigon = { derived_from = "liger", names = ["tigon", "striped * lion"] }
"""


def _load(tmp_path: Path, text: str | bytes) -> Catalogue:
    path = tmp_path / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Catalogue.load(path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tiger:latest", ("tiger", "cat", "tiger")),
        ("tiger-2:7b", ("tiger2", "cat2", "tiger2")),
        ("tiger2:30b", ("tiger2", "cat2moe", "tiger2")),
        ("tiger2-x-a3b:latest", ("tiger2", "cat2moe", "tiger2")),
        ("tiger2:latest", ("tiger2", "other", "tiger2")),
        ("my-tiger2:latest", ("tiger2", "cat2", "tiger2")),
        # A derived line goes before its base and before the base of its base, also with fewer words or later.
        ("tiger-liger:latest", ("liger", "cat", "liger")),
        ("tiger-liger-tigon:latest", ("tigon", None, "tigon")),
        # Tiger 2 is no base of the liger: more words decide.
        ("liger-tiger2:latest", ("tiger2", "cat2", "tiger2")),
        ("striped-tiger-lion:latest", ("tigon", None, "striped * lion")),
        ("tiger-hosted:latest", None),
        ("tiger-self-hosted:latest", ("tiger", "cat", "tiger")),
        ("tigers:latest", None),
        # The namespace does not count.
        ("tiger/whale:latest", None),
        ("tiger/whale/tigon:latest", ("tigon", None, "tigon")),
    ],
)
def test_matching(tmp_path: Path, name: str, expected: tuple[str, str | None, str] | None) -> None:
    entry = _load(tmp_path, _SMALL).lookup(name)
    assert (entry and (entry.line, entry.family, entry.pattern)) == expected


def test_a_users_file_lies_over_the_bundled_one(tmp_path: Path, bundled: Catalogue) -> None:
    catalogue = _load(tmp_path, _SMALL)
    mine = {"liger": None, "tiger": "Zoo", "tiger2": "Zoo", "tigon": None}
    source = str(tmp_path / "mine.toml")
    assert {line.name: line.lab for line in catalogue.lines() if line.source == source} == mine
    assert [line for line in catalogue.lines() if line.name not in mine] == list(bundled.lines())
    assert set(catalogue.labs()) == {*bundled.labs(), Lab(name="Zoo", country="CH")}
    for raw, *_ in _CHECKED:
        assert _look_up(catalogue, raw) == _look_up(bundled, raw)
    entry = catalogue.lookup("tiger-2x7b:latest")
    assert entry is not None
    assert entry.parameter_count == 13_000_000_000
    with pytest.raises(AttributeError):
        catalogue.digest = ""  # type: ignore[misc]


def test_the_digest_is_that_of_both_files(tmp_path: Path, bundled: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    both = _load(tmp_path, _SMALL).digest
    assert len({both, bundled.digest, hashlib.sha256(_SMALL.encode()).hexdigest()}) == 3
    assert _load(tmp_path, _SMALL).digest == both
    assert _load(tmp_path, _SMALL + "\n").digest != both
    # A release with another bundled file.
    package = tmp_path / "loaders"
    package.mkdir()
    (package / "catalogue.toml").write_bytes(_bundled_bytes() + b"# more\n")
    monkeypatch.setattr("importlib.resources.files", lambda name: package)
    assert Catalogue.load().digest != bundled.digest
    assert _load(tmp_path, _SMALL).digest != both


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        # What the file says of a bundled line holds; how the line is found, and all else of it, stays.
        ('[lines]\n"llama3.2" = { family = "alpaca" }', "llama3.2:3b", ("llama3.2", "alpaca", "Meta", "US", None)),
        ('[lines]\n"llama3.2" = { family = "alpaca" }', "llama3.2-vision", ("llama3.2-vision", "mllama", "Meta", "US")),
        # A family goes with those that depend on the tag, a base line with its kind.
        ('[lines]\nqwen3 = { family = "qwen" }', "qwen3:30b", ("qwen3", "qwen", "Alibaba", "CN", None)),
        (
            '[lines]\ndeepseek-r1.derived_from = "deepseek-v3"',
            "deepseek-r1:7b",
            ("deepseek-r1", "qwen2", "DeepSeek", "CN", "deepseek-v3"),
        ),
        # A line moved to another lab, by the lab's key or by its name.
        ("[labs.google.lines]\nmistral = {}", "mistral:7b", ("mistral", "llama", "Google", "US", None)),
        ('[labs.x]\nname = "Google"\n[labs.x.lines]\nmistral = {}', "mistral", ("mistral", "llama", "Google", "US")),
        # A lab's facts, by its key or by its name.
        ('[labs.meta]\ncountry = "IE"', "llama3.2", ("llama3.2", "llama", "Meta", "IE", None)),
        ('[labs.meta]\nname = "Meta AI"', "llama3.2", ("llama3.2", "llama", "Meta AI", "US", None)),
        ('[labs.x]\nname = "Meta"\ncountry = "IE"', "llama2", ("llama2", "llama", "Meta", "IE", None)),
        # More names for a bundled line, beside its own.
        ('[lines]\nmistral = { names = ["house-wind"] }', "house-wind:7b", ("mistral", "llama", "Mistral AI", "FR")),
        ('[lines]\nmistral = { names = ["house-wind"] }', "mistral:7b", ("mistral", "llama", "Mistral AI", "FR", None)),
        # The user's patterns are tried first, however few words they have.
        ('[lines]\nours = { names = ["dolphin"], derived_from = "mistral" }', "dolphin-mistral", ("ours", None, None)),
        ('unknown = ["llama3.2"]', "llama3.2:3b", None),
        # What is hidden finds no name; it is a base of other lines all the same.
        ('hidden = ["mario"]', "mario:latest", None),
        ('hidden = ["llama3.2-vision"]', "llama3.2-vision", ("llama3.2", "llama", "Meta", "US", None)),
        ('hidden = ["mistral"]', "mistral:7b", None),
        ('hidden = ["mistral"]', "zephyr:7b", ("zephyr", "llama", "Hugging Face", "US", "mistral")),
        # Hidden and given anew: nothing of the old one is left.
        ('hidden = ["mistral"]\n[lines]\nmistral = { family = "wind" }', "mistral", ("mistral", "wind", None, None)),
        ('[sizes]\n"8x7b" = 47_000_000_000', "mixtral:8x7b", ("mixtral", "llama", "Mistral AI", "FR", None)),
        ("", "llama3.2", ("llama3.2", "llama", "Meta", "US", None)),
    ],
)
def test_what_a_users_file_changes(tmp_path: Path, text: str, name: str, expected: tuple[str | None, ...]) -> None:
    entry = _look_up(_load(tmp_path, text), name)
    found = entry and (entry.line, entry.family, entry.lab, entry.lab_country, entry.derived_from)
    assert (found and expected and found[: len(expected)]) == expected


def test_facts_of_a_users_file_come_one_by_one(tmp_path: Path) -> None:
    """Each fact says its file: the pattern and the lab are bundled ones, the family and the country are not."""
    mine = str(tmp_path / "mine.toml")
    catalogue = _load(tmp_path, '[labs.meta]\ncountry = "IE"\n[lines]\n"llama3.2" = { family = "alpaca" }')
    decision = catalogue.decide("llama3.2:3b")
    assert decision.sources == {
        "line": BUNDLED,
        "family": mine,
        "lab": BUNDLED,
        "lab_country": mine,
        "derived_from": BUNDLED,
        "capabilities": BUNDLED,
    }
    assert {line.name: line.source for line in catalogue.lines()}["llama3.2"] == mine
    assert _load(tmp_path, '[lines]\n"llama3.2" = { names = ["x1"] }').decide("x1:latest").sources["line"] == mine
    hosted = _load(tmp_path, 'unknown = ["x1"]').decide("x1:latest")
    assert (hosted.entry, hosted.pattern, hosted.sources) == (None, "x1", {"line": mine})
    counted = _look_up(_load(tmp_path, '[sizes]\n"8x7b" = 47_000_000_000'), "mixtral:8x7b")
    assert counted is not None
    assert counted.parameter_count == 47_000_000_000


def test_capabilities_of_a_users_file(tmp_path: Path) -> None:
    mine = '[lines]\ngemma3.capabilities = ["vision", "tools", "completion", "tools"]\n'
    own = '[lines]\nours.capabilities_where = { "tools completion" = ["x1"], embedding = ["x2"] }\n'
    found = {}
    for text, names in ((mine, ("gemma3:4b", "gemma3:1b")), (own, ("ours:x1", "ours:x2", "ours:x3"))):
        for name in names:
            entry = _look_up(_load(tmp_path, text), name)
            assert entry is not None
            found[name] = entry.capabilities
    assert found == {
        "gemma3:4b": ("completion", "tools", "vision"),
        "gemma3:1b": ("completion", "tools", "vision"),
        "ours:x1": ("completion", "tools"),
        "ours:x2": ("embedding",),
        "ours:x3": None,
    }


def test_a_hidden_line_is_listed_only_as_a_base(tmp_path: Path, bundled: Catalogue) -> None:
    names = {line.name for line in bundled.lines()}
    assert {line.name for line in _load(tmp_path, 'hidden = ["mario", "mistral"]').lines()} == names - {"mario"}


def test_words_beyond_the_sixty_fourth_do_not_count(tmp_path: Path) -> None:
    catalogue = _load(tmp_path, _SMALL)
    entry = catalogue.lookup("x-" * 63 + "tiger:latest")
    assert entry is not None
    assert entry.line == "tiger"
    assert catalogue.lookup("x-" * 64 + "tiger:latest") is None


def _small(old: str, new: str) -> str:
    assert _SMALL.count(old) == 1
    return _SMALL.replace(old, new)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[labs", "is not valid TOML: Expected"),
        ("a = 1\n[labs]\nb = ?\n", "is not valid TOML: Invalid value (at line 3"),
        (b"\xff\xfe[labs]", "is not UTF-8 text (byte 0)"),
        ("a = " + "[" * 10_000, "is not valid TOML"),
        ("labels = 1\n[labs]\n", "the catalogue: Object contains unknown field `labels`"),
        ("labs = 3", "the catalogue: Expected `object`, got `int` - at `$.labs`"),
        (_small('name = "Zoo"', ""), "labs.zoo: a lab that the bundled catalogue does not have needs a name"),
        (_small('name = "Zoo"', "name = 3"), "labs.zoo: Expected `str | null`, got `int` - at `$.name`"),
        ('[labs.meta]\nname = "Google"', 'labs.meta: the name "Google" is that of another lab, labs.google'),
        ('[labs.x]\nname = "Meta"\n[labs.meta]', "another section here is this lab already; write both as labs.meta"),
        ('hidden = ["lion"]', 'hidden: "lion" is no line of the bundled catalogue: take it out'),
        (
            '[lines]\nours.capabilities = ["tool"]',
            'lines.ours: the capability "tool" is none of audio, completion, embedding, image, insert, thinking, ',
        ),
        (
            '[lines]\nours.capabilities = "tools"',
            "lines.ours: Expected `array | null`, got `str` - at `$.capabilities`",
        ),
        ('[lines]\nours.capabilities_where = { "vision, tools" = ["x"] }', 'the capability "vision," is none of'),
        (
            '[lines]\nours.capabilities_where = { vision = ["x y", "x-y"] }',
            'the pattern "x-y" is already there, in lines.',
        ),
        ("hidden = 3", "the catalogue: Expected `array`, got `int` - at `$.hidden`"),
        ('[lines]\nmistral.derived_from = "zephyr"', "lines.mistral: derived_from leads in a circle"),
        (_small('name = "Zoo"', 'name = " "'), 'labs.zoo: the name " " is blank'),
        (_small('"CH"', '"Switzerland"'), 'labs.zoo: the country "Switzerland" is not two capital letters'),
        (_small('"CH"', '"CHE"'), 'labs.zoo: the country "CHE" is not two capital letters'),
        (_small('"CH"', '"ch"'), 'labs.zoo: the country "ch" is not two capital letters'),
        (_SMALL + '[labs.park]\nname = "Zoo"\n', 'labs.park: the name "Zoo" is blank or another lab has it'),
        (_small('tiger = { family = "cat" }', "tiger = 3"), "labs.zoo.lines.tiger: Expected `object`, got `int`"),
        (_small('tiger = { family = "cat" }', "tiger = { kind = 3 }"), "labs.zoo.lines.tiger: Object contains unknown"),
        (_small('tiger = { family = "cat" }', "tiger = { family = 3 }"), "labs.zoo.lines.tiger: Expected `str"),
        (
            _small('tiger = { family = "cat" }', 'tiger = { family = "Cat" }'),
            'lines.tiger: the family "Cat" is blank or',
        ),
        (_small("cat2moe = ", 'Moe = ["x"], cat2moe = '), 'labs.zoo.lines.tiger2: the family "Moe" is blank or'),
        (_small('["tigon", "striped * lion"]', "[]"), "lines.tigon: Expected `array` of length >= 1"),
        (_small('"striped * lion"', '"striped *"'), 'lines.tigon: "striped *": a pattern is lower-case words'),
        (_small('"striped * lion"', '"tiger"'), 'the pattern "tiger" is already there, in lines.tigon'),
        (_small('"striped * lion"', '"tigon"'), 'lines.tigon: the pattern "tigon" is already there'),
        (_small('["tiger-hosted"]', '["liger"]'), 'lines.liger: the pattern "liger" is already there, in unknown'),
        (
            _small('other = ["^tiger2-latest$"]', 'other = ["30b"]'),
            'lines.tiger2.families: the pattern "30b" is already',
        ),
        (_small('derived_from = "tiger"', 'derived_from = "lion"'), 'lines.liger: derived_from "lion" is no line'),
        (_small('derived_from = "tiger"', 'derived_from = "tigon"'), "derived_from leads in a circle"),
        (_small('derived_from = "tiger"', 'derived_from = "liger"'), "lines.liger: derived_from leads in a circle"),
        (
            _small('tiger = { family = "cat" }', 'tiger = { derived_from = "lion" }')
            + 'lion = { derived_from = "tiger" }',
            "derived_from leads in a circle",
        ),
        (_SMALL + "tiger = {}\n", "labs.zoo.lines.tiger: this line is already there, as lines.tiger"),
        (_SMALL + "Puma = {}\n", "lines.Puma: a line's name is lower case and not blank"),
        (_SMALL + '" " = {}\n', "a line's name is lower case and not blank"),
        (_small("13_000_000_000", "0"), "sizes.2x7b: 0 is no parameter count"),
        (_small("13_000_000_000", "1e9"), "the catalogue: Expected `int`, got `float` - at `$.sizes[...]`"),
        (_small('"2x7b" =', '"-" ='), 'sizes: "-": a pattern is lower-case words'),
        (_SMALL + '"pu\\u202ema" = { family = 3 }\n', "lines.pu\\u202ema: Expected `str"),
    ],
)
def test_a_faulty_file_says_what_and_where(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(DataError) as raised:
        _load(tmp_path, text)
    message = str(raised.value)
    assert says in message
    assert message.startswith(str(tmp_path / "mine.toml"))
    assert "\n" not in message


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.toml: the catalogue cannot be read: No such file"):
        Catalogue.load(tmp_path / "absent.toml")
    with pytest.raises(DataError, match="the catalogue cannot be read: Is a directory"):
        Catalogue.load(tmp_path)


def test_the_order_in_the_file_plays_no_part(
    tmp_path: Path, bundled: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The labs of the bundled file in another order give the same answers."""
    head, *sections = _bundled_bytes().decode().split("\n[labs.")
    sections[-1], free = sections[-1].split("\n[lines]\n")
    pairs = [sections[i : i + 2] for i in range(0, len(sections), 2)]
    random.Random(5).shuffle(pairs)
    mixed = "\n[labs.".join([head, *(section for pair in pairs for section in pair)]) + "\n[lines]\n" + free
    (tmp_path / "catalogue.toml").write_text(mixed)
    monkeypatch.setattr("importlib.resources.files", lambda name: tmp_path)
    other = Catalogue.load()
    assert other.digest != bundled.digest
    for raw, *_ in _CHECKED:
        assert _look_up(other, raw) == _look_up(bundled, raw)


def _pairs(folder: Path) -> set[tuple[str, str]]:
    """Return the distinct (host, canonical name) pairs of the weekly states."""
    pairs = set()
    for path in sorted(folder.glob("*.json.gz")):
        states: list[dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))
        for state in states:
            host = urlsplit(state["server"]).hostname
            for raw in state["models"]:
                canonical = canonical_model(raw)
                if host and canonical:
                    pairs.add((host, canonical))
    return pairs


def test_share_known_in_real_data(bundled: Catalogue, test_data: Path) -> None:
    pairs = _pairs(test_data / "ollama-servers-weekly")
    assert len(pairs) == 39_504
    entries = {name: bundled.lookup(name) for name in {name for _, name in pairs}}
    # The data set's own placeholders for private names say nothing about a model; no catalogue can know them.
    placeholders = [name for name in entries if "local-model-" in name]
    assert len(placeholders) > 1_000
    assert [name for name in placeholders if entries[name] is not None] == []
    named = [entries[name] for _, name in pairs if "local-model-" not in name]
    lines = [entry for entry in named if entry is not None]
    assert len(lines) / len(pairs) >= 0.95
    assert len(lines) / len(named) >= 0.99
    assert sum(entry.family is not None for entry in lines) / len(named) >= 0.99
    # Lines of communities and of single people have no lab whose country is known: `mario`, the example of a manual
    # that hundreds of hosts typed in, and `pygmalion` alone are 2.8 % of these pairs.
    assert sum(entry.lab_country is not None for entry in lines) / len(named) >= 0.95


def _checked_names() -> list[list[str]]:
    """Common names of the real data, each looked at by a person: name, line, family, lab, its country, base line."""
    text = Path(__file__).with_name("checked_names.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


@pytest.mark.parametrize("row", _checked_names(), ids=lambda row: row[0])
def test_checked_name(row: list[str], bundled: Catalogue) -> None:
    name, *expected = row
    entry = _look_up(bundled, name)
    assert entry is not None
    found = (entry.line, entry.family, entry.lab, entry.lab_country, entry.derived_from)
    assert [value or "-" for value in found] == expected


def test_two_hundred_names_of_the_real_data_are_checked(test_data: Path) -> None:
    checked = {canonical_model(name) for name, *_ in _CHECKED} | {name for name, *_ in _checked_names()}
    assert len(checked & {name for _, name in _pairs(test_data / "ollama-servers-weekly")}) >= 200


@pytest.mark.parametrize(
    ("name", "base"),
    [
        # The model card of DeepSeek-R1 lists what was distilled into what.
        ("deepseek-r1:1.5b", "qwen2.5"),
        ("deepseek-r1:32b-qwen-distill-q8_0", "qwen2.5"),
        ("deepseek-r1:70b", "llama3.3"),
        ("deepseek-r1:8b-llama-distill-q4_K_M", "llama3.1"),
        ("hf.co/unsloth/DeepSeek-R1-Distill-Llama-8B-GGUF:Q4_K_M", "llama3.1"),
        ("hf.co/unsloth/DeepSeek-R1-0528-Qwen3-8B-GGUF", "qwen3"),
        ("deepseek-r1:671b", None),
        # This tag stood for one of them first, for another later.
        ("deepseek-r1:8b", None),
    ],
)
def test_base_line_that_depends_on_the_rest_of_the_name(bundled: Catalogue, name: str, base: str | None) -> None:
    entry = _look_up(bundled, name)
    assert entry is not None
    assert (entry.line, entry.lab, entry.derived_from) == ("deepseek-r1", "DeepSeek", base)
