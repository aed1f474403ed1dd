"""The reference's examples of every format, recognised by their content alone; expected values by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.loaders.carrier import Columns
from cohabit.loaders.reading import expand
from cohabit.loaders.registry import Unrecognised, open_reading
from tests.parts import require

CLOUD, SMALL, HUB, EMBED = (
    "gpt-oss:120b-cloud",
    "llama3.2:3b",
    "hf.co/example-org/Demo-7B-GGUF:Q5_K_M",
    "demo-team/notes-embed:latest",
)
TAGS = [CLOUD, SMALL, HUB, EMBED]

# For each record: host, port, second of 2026-10-05 UTC, software, version, names of models (None: no list was seen).
EXPECTED = {
    "zgrab2.ndjson": [
        ("192.0.2.15", 11434, "10:05:00", "ollama", None, TAGS),
        ("198.51.100.16", 11434, "10:05:00", "ollama", None, [SMALL]),
        'no answer: "http" ended with "connection-timeout"',
        ("203.0.113.18", 11434, "10:05:00", None, None, []),
    ],
    "zmap.csv": [
        ("192.0.2.15", 11434, "09:59:58", None, None, None),
        ("198.51.100.16", 11434, "09:59:59", None, None, None),
    ],
    "zmap.ndjson": [
        ("192.0.2.15", 11434, "09:59:58", None, None, None),
        ("198.51.100.16", 11434, "09:59:59", None, None, None),
    ],
    "httpx.ndjson": [
        ("192.0.2.15", 11434, "10:06:00", "ollama", None, TAGS),
        ("2001:db8::19", 8000, "10:06:01", "vllm", None, ["demo-org/Chat-8B"]),
    ],
    "nuclei.ndjson": [
        ("192.0.2.15", 11434, "08:07:00", "ollama", None, None),
        ("198.51.100.16", 11434, "10:07:02", None, None, [SMALL, EMBED]),
    ],
    "nmap.xml": [
        ("192.0.2.5", 11434, "10:00:20", "Ollama", "0.12.6", [SMALL, EMBED]),
        ("2001:db8::6", 8000, "10:00:21", "Uvicorn", None, None),
    ],
    "masscan.json": [
        ("192.0.2.5", 11434, "10:00:00", None, None, None),
        ("192.0.2.5", 11434, "10:00:03", "ollama", None, None),
    ],
    "masscan.ndjson": [
        ("192.0.2.5", 11434, "10:00:00", None, None, None),
        ("192.0.2.5", 11434, "10:00:03", "ollama", None, None),
    ],
    "shodan-download.ndjson": (
        SHODAN := [
            ("192.0.2.10", 11434, "10:00:00", "ollama", "0.12.6", None),
            ("198.51.100.20", 8000, "10:02:11", None, None, None),
            ("2001:db8::30", 11434, "10:03:00", "ollama", None, TAGS),
        ]
    ),
    "shodan-download.json.gz": SHODAN,
    "shodan.csv": [
        ("192.0.2.10", 11434, "10:00:00", "Ollama", "0.12.6", None),
        ("198.51.100.20", 8000, "10:02:11", None, None, None),
        ("2001:db8::30", 11434, "10:03:00", "Ollama", None, None),
    ],
    "censys-platform.ndjson": [
        *(
            CENSYS := [
                ("192.0.2.13", 11434, "10:31:03", "ollama", "0.12.6", None),
                ("192.0.2.13", 11434, "10:31:05", "ollama", "0.12.6", [SMALL, HUB]),
            ]
        ),
        ("2001:db8:1::14", 11434, "10:31:03", "ollama", "0.5.7", None),
        ("2001:db8:1::14", 11434, "10:31:05", "ollama", "0.5.7", None),
    ],
    "censys-platform-search.json": CENSYS,
    "censys-search-v2.ndjson": [
        ("192.0.2.11", 11434, "10:31:03", "ollama", None, None),
        ("203.0.113.12", 8080, "10:31:03", None, None, None),
    ],
    "censys-flat.csv": [
        ("192.0.2.13", 11434, "10:31:03", "ollama", "0.12.6", [SMALL, HUB]),
        ("2001:db8:1::14", 11434, "10:31:03", "ollama", "0.5.7", []),
    ],
    "leakix.ndjson": [
        ("192.0.2.26", 11434, "10:10:00", "ollama", None, None),
        ("192.0.2.27", 11434, "10:10:00", "Ollama", "0.12.6", None),
    ],
    "uncover.ndjson": [
        ("192.0.2.28", 11434, "10:00:00", None, None, None),
        ("2001:db8::29", 8000, "10:00:01", None, None, None),
    ],
    "awesome-ollama-server.json": [
        ("192.0.2.31", 11434, "10:11:22", "ollama", None, [SMALL, "glm-demo:cloud"]),
        ("llm.example.net", 443, "10:11:23", "ollama", None, [EMBED]),
        ("2001:db8::32", 11434, "10:11:24", "ollama", None, []),
    ],
    "pwmartin-ollama-hosts.db": (
        PWMARTIN := [
            ("192.0.2.33", 11434, "10:12:00", "ollama", None, [SMALL]),
            ("198.51.100.34", 11434, "10:12:05", "ollama", None, []),
        ]
    ),
    "pwmartin-providers.json": PWMARTIN,
    "terminalai-ollama.endpoints.csv": [
        ("192.0.2.35", 11434, "10:13:02", "ollama", None, None),
        ("198.51.100.36", 11434, "10:13:09", None, None, None),
    ],
    "saadi-ollama-hunter.txt": [
        ("192.0.2.33", 11434, "00:00:00", "ollama", None, [SMALL, EMBED]),
        ("198.51.100.34", 11434, "00:00:00", "ollama", None, [HUB]),
    ],
}
LOADERS = {
    "shodan-download.ndjson": "shodan",
    "shodan-download.json.gz": "shodan",
    "shodan.csv": "shodan-csv",
    "censys-platform.ndjson": "censys",
    "censys-platform-search.json": "censys",
    "censys-search-v2.ndjson": "censys",
    "awesome-ollama-server.json": "server-list",
    "pwmartin-ollama-hosts.db": "ollama-hunter",
    "pwmartin-providers.json": "ollama-hunter",
    "saadi-ollama-hunter.txt": "ollama-hunter",
    "terminalai-ollama.endpoints.csv": "terminalai",
}
MIDNIGHT = 1_791_158_400


@pytest.fixture(scope="module")
def formats(test_data: Path) -> Path:
    """Return the folder with the reference's examples, beside the one with scan exports."""
    folder = test_data.parent / "formats"
    require("data", folder.is_dir(), f"{folder} is no folder")
    return folder


def second(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return MIDNIGHT + 3600 * hours + 60 * minutes + seconds


@pytest.mark.parametrize("name", EXPECTED)
def test_example_of_the_reference(name, formats, read_bytes):
    outcome = read_bytes((formats / name).read_bytes(), seen_at=MIDNIGHT)

    assert outcome.reading.loader == LOADERS.get(name, name.partition(".")[0])
    assert len(outcome.items) == len(EXPECTED[name])
    for item, expected in zip(outcome.items, EXPECTED[name], strict=True):
        if isinstance(expected, str):
            assert item.reason == expected
            continue
        host, port, clock, software, version, models = expected
        assert (item.host, item.port, item.seen_at) == (host, port, second(clock))
        assert item.version == version
        assert item.software == software
        names = None if item.models is None else [model.name for model in item.models]
        assert names == models


def test_details_and_networks(formats, read_bytes):
    for name in ("zgrab2.ndjson", "httpx.ndjson"):
        first = read_bytes((formats / name).read_bytes()).observations[0]
        cloud, small, hub, embed = first.models
        assert (cloud.remote, cloud.size_bytes, cloud.family) == (True, 384, "gptoss")
        assert small.digest == "3f0c" + "a1" * 30
        assert (small.parameter_size, small.quantization, small.format) == ("3.2B", "Q4_K_M", "gguf")
        assert small.capabilities == ("completion", "tools")
        assert (hub.family, hub.size_bytes) == ("qwen2", 5_131_409_000)
        assert (embed.family, embed.capabilities, embed.remote) == ("nomic-bert", None, False)
    first, second_one = read_bytes((formats / "httpx.ndjson").read_bytes()).observations
    assert (first.asn, first.as_name, first.country_code) == (64500, "EXAMPLE-AS", None)
    assert (second_one.asn, second_one.country_code) == (None, None)


# Answers that stand alone: software, version, names of models (None: no list was seen).
ANSWERS = {
    "lmstudio-api-v0.json": ("lm-studio", None, ["demo-8b-instruct", "demo-vision-7b"]),
    "ollama-ps.json": ("ollama", None, [SMALL, EMBED]),
    "ollama-show.json": ("ollama", None, None),
    "ollama-tags-empty.json": (None, None, []),
    "ollama-tags-localai.json": ("localai", None, ["demo-chat:latest"]),
    "ollama-tags-v0.1.json": ("ollama", None, ["llama2:latest", "demo-team/helper:13b"]),
    "ollama-tags.json": ("ollama", None, TAGS),
    "ollama-version.json": (None, "0.12.6", None),
    "openai-litellm.json": ("litellm", None, ["gpt-demo", "local-llama"]),
    "openai-llamacpp.json": ("llama.cpp", None, ["demo-4b-Q4_K_M.gguf"]),
    "openai-lmstudio.json": ("lm-studio", None, ["demo-8b-instruct", "text-embedding-demo-v1"]),
    "openai-localai.json": ("localai", None, ["demo-chat", "demo-whisper"]),
    "openai-ollama-empty.json": ("ollama", None, []),
    "openai-ollama.json": ("ollama", None, [SMALL, EMBED]),
    "openai-sglang.json": ("sglang", None, ["demo-org/Coder-14B"]),
    "openai-textgen-webui.json": ("text-generation-webui", None, ["demo-13b-exl2"]),
    "openai-tgi.json": ("tgi", None, ["demo-org/Chat-8B"]),
    "openai-vllm.json": ("vllm", None, ["demo-org/Chat-8B", "legal-lora"]),
    "openwebui-config.json": ("open-webui", "0.6.32", None),
    "openwebui-version.json": (None, "0.6.32", None),
    "textgen-webui-model-info.json": ("text-generation-webui", None, ["demo-13b-exl2"]),
    "tgi-info.json": ("tgi", "3.3.5", ["demo-org/Chat-8B"]),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answer_that_stands_alone(name, formats, tmp_path):
    file = tmp_path / name
    file.write_bytes((formats / name).read_bytes())
    (source,) = expand([str(file)])
    with open_reading(source, host=("192.0.2.99", 8080), seen_at=MIDNIGHT) as reading:
        assert reading.loader == "answers"
        (item,) = reading
    names = None if item.models is None else [model.name for model in item.models]
    assert (item.host, item.port, item.seen_at) == ("192.0.2.99", 8080, MIDNIGHT)
    assert (item.software, item.version, names) == ANSWERS[name]
    with (
        open_reading(source, seen_at=MIDNIGHT) as reading,
        pytest.raises(Unrecognised, match="names no host: give --host"),
    ):
        list(reading)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        (
            "fofa.json",
            ("ip", "port", "host", "country", "as_number", "as_organization", "product", "lastupdatetime"),
            # China is eight hours ahead.
            [("192.0.2.21", 11434, -86_400 + 4 * 3_600, "NL"), ("198.51.100.22", 443, -2 * 86_400 + 1_800, "DE")],
        ),
        ("hunter.json", (), [("192.0.2.25", 11434, -86_400, None)]),
        ("zoomeye-v1.json", (), [("192.0.2.23", 11434, 1_738_670_400 - MIDNIGHT, "NL")]),
        (
            "zoomeye-v2.json",
            (),
            [("192.0.2.23", 11434, -43_200, None), ("203.0.113.24", 8000, -2 * 86_400 + 30_600, None)],
        ),
    ],
)
def test_pages_of_engines(name, fields, expected, formats, read_bytes):
    outcome = read_bytes((formats / name).read_bytes(), columns=Columns(order=fields))
    assert [(i.host, i.port, i.seen_at - MIDNIGHT, i.country_code) for i in outcome.observations] == expected
    assert outcome.reasons == []


# Files of places and networks: they belong to other options, and a decoded illustration to none.
NO_SCANS = ("caida", "dbip", "geolite2", "ipinfo", "peeringdb", "pyasn", "routeviews", "sample-")


def test_every_example_is_tested(formats):
    tested = {*EXPECTED, *ANSWERS, "fofa.json", "hunter.json", "zoomeye-v1.json", "zoomeye-v2.json", "README.md"}
    rest = {file.name for file in formats.iterdir()} - tested
    assert all(name.startswith(NO_SCANS) for name in rest), rest


def test_files_of_places_are_no_scans(formats, read_bytes):
    for file in formats.iterdir():
        if file.name.startswith(NO_SCANS):
            with pytest.raises(DataError, match=r"Known are|this is a table; its columns are"):
                read_bytes(file.read_bytes())
