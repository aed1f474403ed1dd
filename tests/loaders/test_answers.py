"""Answers that stand alone: where their host, port, path and time come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.loaders.reading import expand
from cohabit.loaders.records import Observation, Rejected
from cohabit.loaders.registry import Unrecognised, open_reading

TAGS = b'{"models":[{"name":"a:1","modified_at":"2026-01-02T03:04:05Z"}]}'
VLLM = b'{"object":"list","data":[{"id":"org/chat","object":"model","created":1,"owned_by":"vllm"}]}'
EMPTY = b'{"models":[]}'
OTHER = b'{"object":"list","data":[{"id":"x","object":"model","created":1,"owned_by":"me"}]}'
NOON = 1_791_195_072


def read(file: Path, body: bytes, **options: object) -> Observation | Rejected:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    (source,) = expand([str(file)])
    with open_reading(source, **{"seen_at": NOON, **options}) as reading:  # type: ignore[arg-type]
        assert reading.loader == "answers"
        (item,) = reading
    return item


@pytest.mark.parametrize(
    ("name", "body", "host", "port"),
    [
        ("192.0.2.7.json", TAGS, "192.0.2.7", 11434),
        ("192.0.2.7_8080.json", TAGS, "192.0.2.7", 8080),
        ("192.0.2.7:8080", TAGS, "192.0.2.7", 8080),
        ("192.0.2.7-8080-api_tags.json.gz", TAGS, "192.0.2.7", 8080),
        ("192.0.2.7_api_tags.json", TAGS, "192.0.2.7", 11434),
        ("192.0.2.7_tags.json", EMPTY, "192.0.2.7", 11434),
        ("[2001:DB8::7]_8000_v1_models.json", VLLM, "2001:db8::7", 8000),
        ("[2001:db8::7].json", VLLM, "2001:db8::7", 8000),
        ("GPU.example.net_9000_models.txt", VLLM, "gpu.example.net", 9000),
        ("192.0.2.7/api_tags.json", EMPTY, "192.0.2.7", 11434),
        ("192.0.2.7_81/answer.json", TAGS, "192.0.2.7", 81),
        ("gpu.example.net-81/tags", TAGS, "gpu.example.net", 81),
        ("2026/192.0.2.7_81/tags.json", TAGS, "192.0.2.7", 81),
    ],
)
def test_the_name_of_the_file_or_its_folder_names_the_host(
    tmp_path: Path, name: str, body: bytes, host: str, port: int
) -> None:
    item = read(tmp_path / name, body)
    assert isinstance(item, Observation), item
    assert (item.host, item.port, item.seen_at) == (host, port, NOON)
    assert [model.name for model in item.models or ()] == {TAGS: ["a:1"], VLLM: ["org/chat"], EMPTY: []}[body]


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("192.0.2.7_11434_show_llama3.2:3b.json", ["llama3.2:3b"]),
        ("192.0.2.7_api_show_hf.co%2Fteam%2Fx-GGUF:Q4_0.json.gz", ["hf.co/team/x-GGUF:Q4_0"]),
        ("192.0.2.7/show-a_b:1.5b", ["a_b:1.5b"]),
        ("192.0.2.7_show.json", None),
        ("192.0.2.7.json", None),
    ],
)
def test_the_name_of_the_file_names_the_model_that_is_shown(
    tmp_path: Path, name: str, models: list[str] | None
) -> None:
    item = read(tmp_path / name, b'{"model_info": {"general.architecture": "llama"}}')
    assert isinstance(item, Observation)
    assert (item.host, item.port, item.software) == ("192.0.2.7", 11434, "ollama")
    assert (None if item.models is None else [model.name for model in item.models]) == models


def test_what_the_caller_says_of_the_host_wins(tmp_path: Path) -> None:
    item = read(tmp_path / "192.0.2.7_81.json", TAGS, host=("198.51.100.9", None))
    assert isinstance(item, Observation)
    assert (item.host, item.port) == ("198.51.100.9", 11434)


@pytest.mark.parametrize(
    ("name", "body", "options", "why"),
    [
        ("300.1.1.1.json", TAGS, {}, "neither an IP address nor a DNS name"),
        ("192.0.2.7_99999.json", TAGS, {}, "not between 1 and 65535"),
        ("192.0.2.7_81.json", EMPTY, {}, "means nothing without the path"),
        ("192.0.2.7.json", TAGS, {"seen_at": None}, "no time: give --seen-at TIME"),
    ],
)
def test_what_is_missing_is_said_with_how_to_give_it(
    tmp_path: Path, name: str, body: bytes, options: dict[str, object], why: str
) -> None:
    item = read(tmp_path / name, body, **options)
    assert isinstance(item, Rejected)
    assert why in item.reason


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("answer.json", TAGS, "names no host: give --host ADDRESS:PORT, or call the file ADDRESS_PORT.json"),
        ("tgi.info.json", TAGS, "names no host"),
        ("192.0.2.7.json", OTHER, "no port: give --host"),
    ],
)
def test_an_answer_without_a_host_is_refused_as_a_file(tmp_path: Path, name: str, body: bytes, why: str) -> None:
    with pytest.raises(Unrecognised, match=why):
        read(tmp_path / name, body)


def test_a_picture_and_a_text_are_not_answers(tmp_path: Path) -> None:
    for name, body in (("192.0.2.7.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF"), ("192.0.2.7.txt", b"hello")):
        (tmp_path / name).write_bytes(body)
        (source,) = expand([str(tmp_path / name)])
        with pytest.raises(DataError, match="Known are"):
            open_reading(source)
