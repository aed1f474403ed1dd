"""Model references as servers of files write them: what of them is looked up, and that nothing more is guessed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cohabit.loaders.catalogue import Catalogue
from cohabit.loaders.names import canonical_model
from cohabit.loaders.references import read_reference

_CATALOGUE = Catalogue.load()
# Its digits and letters would read as a size of 12 billion, and as the size of a Llama distillation.
_COMMIT = "8b49f27c81d9e0a35c6f20b84e7d1a93ff70b12b"
_DIGEST = "70b" * 20 + "f12b"
_CACHE = "/root/.cache/huggingface/hub/models--"


def _canonical(raw: str) -> str:
    canonical = canonical_model(raw)
    assert canonical is not None
    assert canonical_model(canonical) == canonical
    return canonical


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        # Not paths: as they stand.
        ("llama3.2:3b", "llama3.2"),
        ("hf.co/example-org/Demo-7B-GGUF:Q5_K_M", "demo-7b-gguf"),
        ("registry.example:5000/team/m:v2", "m"),
        # Files.
        ("/models/demo-7b.gguf", "demo-7b"),
        ("./demo-7b.Q4_K_M.gguf", "demo-7b"),
        ("C:\\models\\Demo-7B.gguf", "demo-7b"),
        ("C:/models/Demo-7B.gguf", "demo-7b"),
        ("\\\\nas\\models\\Demo-7B-Q8_0.gguf", "demo-7b"),
        ("file:///srv/demo-7b.safetensors", "demo-7b"),
        ("demo-7b.ggmlv3.q4_0.bin", "demo-7b"),
        # Parts, with the quantisation on either side.
        ("/models/Demo-70B-Q4_K_M-00001-of-00003.gguf", "demo-70b"),
        ("/models/Demo-70B-00001-of-00003-Q4_K_M.gguf", "demo-70b"),
        ("/models/Demo-70B-UD-Q4_K_XL-00001-of-00003.gguf", "demo-70b"),
        # Quantisations.
        ("demo-7b.i1-iq3_xxs", "demo-7b"),
        ("demo-7b-awq", "demo-7b"),
        ("demo-7b-gptq-int4", "demo-7b"),
        ("demo-7b-w4a16", "demo-7b"),
        ("demo-7b-8bit", "demo-7b"),
        ("demo-7b-1.58bit", "demo-7b"),
        ("demo-7b-bf16", "demo-7b"),
        ("demo-7b@q4_k_m", "demo-7b"),
        ("demo-q4-chat", "demo-q4-chat"),
        ("q4_0", "q4_0"),
        # Digests.
        (f"demo@sha256:{_DIGEST}", "demo"),
        (f"demo:7b@sha256:{_DIGEST}", "demo"),
        (f"team/demo@{_DIGEST}", "demo"),
        ("demo@20240229", "demo@20240229"),
        ("@cf/team/demo-8b", "demo-8b"),
        # Caches.
        (f"{_CACHE}example-org--Demo-7B/snapshots/{_COMMIT}", "demo-7b"),
        (f"{_CACHE}example-org--Demo-7B/snapshots/{_COMMIT}/", "demo-7b"),
        (f"{_CACHE}example-org--Demo-7B/snapshots/{_COMMIT}/tiny-Q8_0.gguf", "tiny demo-7b"),
        (f"{_CACHE}example-org--Demo-7B/snapshots/{_COMMIT}/model-00001-of-00002.safetensors", "demo-7b"),
        (f"{_CACHE}example-org--Demo-7B/blobs/{_DIGEST}", "demo-7b"),
        ("models--example-org--Demo-7B", "demo-7b"),
        # Files named after nothing: their folder says which.
        ("/models/demo-7b/ggml-model-q4_0.gguf", "demo-7b"),
        ("/models/demo-7b-gguf/unsloth.Q4_K_M.gguf", "demo-7b-gguf"),
        ("/models/demo-7b/Q4_K_M.gguf", "demo-7b"),
        # Nothing in it is a name.
        (f"/root/.ollama/models/blobs/sha256-{_DIGEST}", ""),
        (f"/srv/demo/{_COMMIT}", ""),
        ("model.gguf", ""),
        ("/", ""),
        ("C:\\", "c:"),
        (".gguf", ".gguf"),
    ],
)
def test_what_is_looked_up(raw: str, names: str) -> None:
    assert " ".join(read_reference(_canonical(raw)).names) == names


# reference, line, family, parameter count, quantisation
_KNOWN = [
    ("/models/qwen2.5-7b-instruct-q4_k_m.gguf", "qwen2.5", "qwen2", 7_000_000_000, "Q4_K_M"),
    ("C:\\Users\\me\\Mistral-7B-Instruct-v0.2.Q5_K_S.gguf", "mistral", "llama", 7_000_000_000, "Q5_K_S"),
    ("/m/Llama-3.3-70B-Instruct-UD-Q4_K_XL-00001-of-00002.gguf", "llama3.3", "llama", 70_000_000_000, "Q4_K_M"),
    ("llama-2-7b.ggmlv3.q4_0.bin", "llama2", "llama", 7_000_000_000, "Q4_0"),
    (f"llama3.2:3b@sha256:{_DIGEST}", "llama3.2", "llama", 3_000_000_000, None),
    (f"llama3.2@sha256:{_DIGEST}", "llama3.2", "llama", None, None),
    (f"{_CACHE}meta-llama--Llama-3.1-8B-Instruct/snapshots/{_COMMIT}", "llama3.1", "llama", 8_000_000_000, None),
    (f"{_CACHE}example--gemma-2-9b-it-GGUF/snapshots/{_COMMIT}/x-Q8_0.gguf", "gemma2", "gemma2", 9_000_000_000, "Q8_0"),
    # The commit of a snapshot says nothing, although it reads like the 70b and 8b of Llama distillations.
    (f"{_CACHE}deepseek-ai--DeepSeek-R1/snapshots/{_COMMIT}", "deepseek-r1", "qwen2", None, None),
    ("/models/llama-3-8b/ggml-model-q4_0.gguf", "llama3", "llama", 8_000_000_000, "Q4_0"),
    ("mlx-community/phi-2-4bit", "phi", "phi2", None, None),
    ("qwen2.5-7b-instruct@q4_k_m", "qwen2.5", "qwen2", 7_000_000_000, "Q4_K_M"),
    # What a conversion reports, and what it is made from, also depends on what was taken off.
    ("/m/Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf", "qwen2.5vl", "qwen2vl", 7_000_000_000, "Q4_K_M"),
    ("/m/DeepSeek-R1-1.58bit.gguf", "deepseek-r1", "deepseek2", None, None),
]


@pytest.mark.parametrize(("raw", "line", "family", "count", "quantization"), _KNOWN)
def test_known_lines(raw: str, line: str, family: str, count: int | None, quantization: str | None) -> None:
    entry = _CATALOGUE.lookup(_canonical(raw))
    assert entry is not None
    assert (entry.line, entry.family, entry.parameter_count, entry.quantization) == (line, family, count, quantization)


@pytest.mark.parametrize(
    "raw",
    [
        # A library's `phi` is Phi-2, its `qwen` Qwen 1.5; a file or folder of that name may be any.
        *("/models/phi.gguf", "/models/phi", "phi-q4_0", "/models/qwen/model.gguf", "qwen.gguf", "C:\\gemma"),
        # Bits are no version: this is no Phi-4.
        *("example/phi-4bit", "example/gemma-3bit"),
        # The folders above say nothing.
        *("/llama3/private.gguf", "/home/qwen2.5/model.gguf/x", f"/srv/llama3/{_COMMIT}", "/llama3/models/model.gguf"),
        *("/models/model.gguf", f"/blobs/sha256-{_DIGEST}", "models--org--name", "/models/", "~"),
    ],
)
def test_unclear_names_stay_unknown(raw: str) -> None:
    assert _CATALOGUE.lookup(_canonical(raw)) is None


def test_the_names_of_the_library_themselves_are_exact() -> None:
    for name, line in (("phi", "phi"), ("example/phi", "phi"), ("qwen", "qwen"), ("gemma:7b", "gemma")):
        entry = _CATALOGUE.lookup(_canonical(name))
        assert entry is not None
        assert entry.line == line


_FOLDERS = st.sampled_from(["", "/", "/models/", "./", "C:\\Models\\", "c:/", "\\\\nas\\", "/data/phi/", "file:///"])
_NAMES = st.sampled_from(
    [
        ("Llama-3.1-8B-Instruct", "llama3.1", 8_000_000_000),
        ("qwen2.5-coder-1.5b", "qwen2.5-coder", 1_500_000_000),
        ("gemma-2-9b-it", "gemma2", 9_000_000_000),
        ("solar-10.7b-instruct", "solar", 10_700_000_000),
        ("Mixtral-8x7B-Instruct-v0.1", "mixtral", 46_700_000_000),
        ("phi-4", "phi4", None),
        ("demo-7b", None, None),
    ]
)
_QUANTIZED = st.sampled_from(
    [("", None), (".Q4_K_M", "Q4_K_M"), ("-q8_0", "Q8_0"), ("-IQ3_XXS", "IQ3_XXS"), ("_fp16", "F16"), ("-4bit", None)]
)
_SHARDS = st.sampled_from(["", "-00001-of-00003", "-00012-of-00120"])
_ENDINGS = st.sampled_from(["", ".gguf", ".bin", ".safetensors"])
_DIGESTS = st.sampled_from(["", f"@sha256:{_DIGEST}"])


@given(_FOLDERS, _NAMES, _QUANTIZED, _SHARDS, _ENDINGS, _DIGESTS)
def test_wherever_the_file_lies_it_is_the_same_line(
    folder: str,
    name: tuple[str, str | None, int | None],
    quantized: tuple[str, str | None],
    shard: str,
    ending: str,
    digest: str,
) -> None:
    written, line, count = name
    suffix, quantization = quantized
    entry = _CATALOGUE.lookup(_canonical(f"{folder}{written}{suffix}{shard}{ending}{digest}"))
    found = entry and (entry.line, entry.parameter_count, entry.quantization)
    assert found == (line and (line, count, quantization))


_PIECES = st.sampled_from(
    [
        *("/", "\\", "C:", "~", ":", " ", "\ud800", "İ", "@", "sha256:", "models--", "--", "snapshots/", _COMMIT),
        *(".gguf", "-q4_0", "-00001-of-00002", "llama3", "phi", "model"),
    ]
)


@given(st.text() | st.lists(_PIECES, max_size=9).map("".join))
@example("\\" * 1024)
@example("-q4" * 340)
@example("models--" * 128)
def test_any_text_is_read_and_read_alike_once_it_is_canonical(raw: str) -> None:
    canonical = canonical_model(raw)
    if canonical is None:
        return
    assert canonical_model(canonical) == canonical
    decision = _CATALOGUE.decide(canonical)
    assert all(decision.reference.names)
    assert decision.name in (*decision.reference.names, "")
    assert decision.entry is None or decision.pattern is not None
