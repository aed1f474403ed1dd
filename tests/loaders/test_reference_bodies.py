"""The reference's examples of answers, each as a file of its own; expected values by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohabit.loaders.reading import expand
from cohabit.loaders.records import ListedModel, Observation, Rejected
from cohabit.loaders.registry import Unrecognised, open_reading
from tests.parts import require

NOON = 1_791_201_600  # 2026-10-05T12:00:00Z
SMALL, EMBED = "llama3.2:3b", "demo-team/notes-embed:latest"
HUB = "hf.co/example-org/Demo-7B-GGUF:Q5_K_M"

# What the file's name adds, and then: software, version, port, names of models (None: no list was seen).
EXPECTED: dict[str, tuple[str, str | None, str | None, int, list[str] | None]] = {
    "ollama-tags.json": ("", "ollama", None, 11434, ["gpt-oss:120b-cloud", SMALL, HUB, EMBED]),
    "ollama-tags-v0.1.json": ("", "ollama", None, 11434, ["llama2:latest", "demo-team/helper:13b"]),
    "ollama-tags-empty.json": ("_api_tags", None, None, 11434, []),
    "ollama-tags-localai.json": ("", "localai", None, 8080, ["demo-chat:latest"]),
    "ollama-ps.json": ("", "ollama", None, 11434, [SMALL, EMBED]),
    "ollama-show.json": ("_show_demo:3b", "ollama", None, 11434, ["demo:3b"]),
    "ollama-version.json": ("_11434_api_version", None, "0.12.6", 11434, None),
    "openai-vllm.json": ("", "vllm", None, 8000, ["demo-org/Chat-8B", "legal-lora"]),
    "openai-sglang.json": ("", "sglang", None, 30000, ["demo-org/Coder-14B"]),
    "openai-llamacpp.json": ("", "llama.cpp", None, 8080, ["demo-4b-Q4_K_M.gguf"]),
    "openai-lmstudio.json": ("", "lm-studio", None, 1234, ["demo-8b-instruct", "text-embedding-demo-v1"]),
    "lmstudio-api-v0.json": ("", "lm-studio", None, 1234, ["demo-8b-instruct", "demo-vision-7b"]),
    "openai-localai.json": ("", "localai", None, 8080, ["demo-chat", "demo-whisper"]),
    "openai-textgen-webui.json": ("", "text-generation-webui", None, 5000, ["demo-13b-exl2"]),
    "textgen-webui-model-info.json": ("", "text-generation-webui", None, 5000, ["demo-13b-exl2"]),
    "openai-ollama.json": ("", "ollama", None, 11434, [SMALL, EMBED]),
    "openai-ollama-empty.json": ("", "ollama", None, 11434, []),
    "openai-litellm.json": ("", "litellm", None, 4000, ["gpt-demo", "local-llama"]),
    "openai-tgi.json": ("_8000", "tgi", None, 8000, ["demo-org/Chat-8B"]),
    "tgi-info.json": ("_8000", "tgi", "3.3.5", 8000, ["demo-org/Chat-8B"]),
    "openwebui-config.json": ("", "open-webui", "0.6.32", 8080, None),
    "openwebui-version.json": ("_3000_api_version", None, "0.6.32", 3000, None),
}


@pytest.fixture(scope="module")
def formats(test_data: Path) -> Path:
    """Return the folder with the reference's examples, beside the one with scan exports."""
    folder = test_data.parent / "formats"
    require("data", folder.is_dir(), f"{folder} is no folder")
    return folder


def read(file: Path, data: bytes, **said: object) -> Observation | Rejected:
    file.write_bytes(data)
    (source,) = expand([str(file)])
    with open_reading(source, seen_at=NOON, **said) as reading:  # type: ignore[arg-type]
        assert reading.loader == "answers"
        (item,) = reading
    return item


def models(formats: Path, folder: Path, name: str) -> tuple[ListedModel, ...]:
    item = read(folder / f"192.0.2.7{EXPECTED[name][0]}.json", (formats / name).read_bytes())
    assert isinstance(item, Observation)
    return item.models or ()


def test_no_example_is_left_out(formats: Path) -> None:
    families = ("ollama-", "openai-", "lmstudio-", "tgi-", "textgen-", "openwebui-")
    assert {file.name for file in formats.iterdir() if file.name.startswith(families)} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example_with_the_host_from_its_name_or_from_the_caller(name: str, formats: Path, tmp_path: Path) -> None:
    added, software, version, port, listed = EXPECTED[name]
    data = (formats / name).read_bytes()
    for item in (
        read(tmp_path / f"192.0.2.7{added}.json", data),
        read(tmp_path / f"192.0.2.9{added}.json", data, host=("192.0.2.7", port)),
    ):
        assert isinstance(item, Observation), item
        assert (item.host, item.port, item.seen_at) == ("192.0.2.7", port, NOON)
        assert (item.software, item.version, item.dropped) == (software, version, 0)
        assert (None if item.models is None else [model.name for model in item.models]) == listed
    with pytest.raises(
        Unrecognised, match=r"an answer names no host: give --host ADDRESS:PORT, or call the file ADDRESS_PORT\.json$"
    ):
        read(tmp_path / f"answer{added}.json", data)


def test_banner_of_the_reference(formats: Path, tmp_path: Path) -> None:
    assert formats.is_dir()
    item = read(tmp_path / "192.0.2.7.txt", b"Ollama is running")
    assert isinstance(item, Observation)
    assert (item.port, item.software, item.models) == (11434, "ollama", None)


def test_what_the_examples_say_of_models(formats: Path, tmp_path: Path) -> None:
    cloud, small, hub, embed = models(formats, tmp_path, "ollama-tags.json")
    assert (cloud.remote, cloud.size_bytes, cloud.parameter_size, cloud.format) == (True, 384, "116.8B", None)
    assert small == ListedModel(
        name=SMALL,
        digest="3f0c" + "a1" * 30,
        size_bytes=2_019_393_189,
        family="llama",
        parameter_size="3.2B",
        quantization="Q4_K_M",
        format="gguf",
        capabilities=("completion", "tools"),
    )
    assert (hub.family, hub.quantization, hub.remote) == ("qwen2", "unknown", False)
    assert (embed.family, embed.capabilities) == ("nomic-bert", None)

    loaded, _ = models(formats, tmp_path, "ollama-ps.json")
    assert (loaded.size_bytes, loaded.digest, loaded.family) == (None, small.digest, "llama")
    (shown,) = models(formats, tmp_path, "ollama-show.json")
    assert (shown.parameter_size, shown.family, shown.size_bytes) == ("3212749888", "llama", None)
    (imitated,) = models(formats, tmp_path, "ollama-tags-localai.json")
    assert imitated.digest == "1572d302a5d49a2a87105855ef79d24930327e40b5ca870695baf495473be240"
    (cpp,) = models(formats, tmp_path, "openai-llamacpp.json")
    assert (cpp.parameter_size, cpp.size_bytes) == ("4022468096", 2_489_757_856)
    first, second = models(formats, tmp_path, "lmstudio-api-v0.json")
    assert (first.family, first.quantization, first.format) == ("llama", "Q4_K_M", "gguf")
    assert (second.family, second.quantization, second.format) == ("qwen2_vl", "4bit", "mlx")
    assert [one.remote for one in models(formats, tmp_path, "openai-litellm.json")] == [True, True]
    assert [one.remote for one in models(formats, tmp_path, "openai-vllm.json")] == [False, False]
