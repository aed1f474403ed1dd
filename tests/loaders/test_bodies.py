"""Model lists as servers answer them: names, objects, both, and what is neither."""

from __future__ import annotations

import json

import msgspec
import pytest

from cohabit.loaders.bodies import Listing, listed_models
from cohabit.loaders.records import ListedModel

HEX = "3f0c" * 16


def ways(value: object) -> list[Listing]:
    """Read a list decoded and undecoded; both must say the same."""
    return [listed_models(value), listed_models(msgspec.Raw(json.dumps(value).encode()))]


def read(value: object) -> Listing:
    decoded, undecoded = ways(value)
    assert decoded == undecoded
    return decoded


def test_names_stay_as_written_and_in_order():
    listing = read(["Llama3.2", " b:1 ", "hf.co/Example/Demo:Q4\u202e"])
    assert listing.models is not None
    assert [model.name for model in listing.models] == ["Llama3.2", " b:1 ", "hf.co/Example/Demo:Q4\u202e"]
    assert listing[1:] == (0, 0, None)


def test_every_field_of_an_entry():
    entry = {
        "name": "a:1",
        "model": "other",
        "modified_at": "2026-09-14T08:21:07Z",
        "size": 2**63 - 1,
        "digest": "sha256:" + HEX.upper(),
        "details": {
            "format": "gguf",
            "family": "qwen2",
            "families": ["qwen2", "bert"],
            "parameter_size": "7.62B",
            "quantization_level": "Q4_K_M",
            "parent_model": "",
        },
        "capabilities": ["completion", "vision"],
        "remote_model": "x",
        "connection_type": "local",
    }
    model = ListedModel(
        name="a:1",
        digest=HEX,
        size_bytes=9_223_372_036_854_775_807,
        family="qwen2",
        parameter_size="7.62B",
        quantization="Q4_K_M",
        format="gguf",
        capabilities=("completion", "vision"),
        remote=True,
    )
    assert read([entry]) == Listing((model,), 0, 0, "ollama")


def test_a_list_a_missing_list_and_no_list():
    assert read([]) == Listing((), 0, 0, None)
    assert read(None) == Listing(None, 0, 0, None)
    assert listed_models(msgspec.Raw()) == Listing(None, 0, 0, None)
    for strange in ({}, "llama3.2", 5, True, {"models": ["a"]}):
        assert read(strange) == Listing(None, 1, 0, None)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        5,
        1.5,
        True,
        [],
        ["a"],
        "",
        "  ",
        "x" * 1025,
        {},
        {"size": 1},
        {"name": None},
        {"name": 5},
        {"name": "\t"},
        {"name": "x" * 1025},
        {"model": ""},
    ],
)
def test_a_bad_entry_is_dropped_and_counted(bad):
    listing = read(["a:1", bad, {"name": "b:1"}, bad])
    assert listing == Listing((ListedModel(name="a:1"), ListedModel(name="b:1")), 2, 0, None)
    assert read([bad]) == Listing((), 1, 0, None)


def test_name_else_model():
    for entry in (
        {"model": "a:1"},
        {"name": "", "model": "a:1"},
        {"name": 7, "model": "a:1"},
        {"name": "a:1", "model": []},
    ):
        assert read([entry]).models == (ListedModel(name="a:1"),)
    assert read(["x" * 1024]).models == (ListedModel(name="x" * 1024),)


def test_equal_entries_count_once():
    full = {"name": "a:1", "digest": HEX}
    models = (ListedModel(name="a:1"), ListedModel(name="a:1", digest=HEX), ListedModel(name="b:1"))
    assert read(["a:1", full, "b:1", "a:1", full, {"name": "b:1"}]) == Listing(models, 0, 0, "ollama")


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("size", "1024"),
        ("size", -1),
        ("size", 2**63),
        ("size", 2**70),
        ("size", 1.0),
        ("size", True),
        ("digest", 5),
        ("digest", ""),
        ("digest", "xyz"),
        ("digest", "sha256:"),
        ("digest", "ab" * 65),
        ("digest", HEX + "\n"),
        ("capabilities", "vision"),
        ("capabilities", None),
        ("details", "gguf"),
        ("details", [1]),
        ("remote_host", ""),
        ("remote_host", 5),
        ("modified_at", 5),
    ],
)
def test_optional_fields_beyond_use_are_absent(key, wrong):
    assert read([{"name": "a:1", key: wrong}]) == Listing((ListedModel(name="a:1"),), 0, 0, None)


def test_one_wrong_field_does_not_cost_the_others():
    entry = {
        "name": "a:1",
        "size": "",
        "digest": HEX,
        "details": {"family": "llama", "parameter_size": 8, "format": " ", "quantization_level": None},
        "capabilities": ["vision", 5, "", "tools"],
    }
    model = ListedModel(name="a:1", digest=HEX, family="llama", capabilities=("vision", "tools"))
    assert read([entry, 7]) == Listing((model,), 1, 0, "ollama")


def test_no_capabilities_differ_from_none_given():
    with_empty, without = read([{"name": "a", "capabilities": []}, {"name": "b"}]).models or ()
    assert with_empty.capabilities == ()
    assert without.capabilities is None


@pytest.mark.parametrize(
    ("entry", "software"),
    [
        ({"name": "a", "details": {}}, "ollama"),
        ({"name": "a", "modified_at": "2024-01-01T00:00:00Z"}, "ollama"),
        ({"name": "a", "digest": HEX}, "ollama"),
        ({"name": "a", "digest": HEX[:12]}, None),
        ({"name": "a", "size": 5}, None),
        ({"name": "a", "digest": "", "size": "", "modified_at": "", "details": {"families": [""]}}, "llama.cpp"),
        ({"name": "a", "digest": f"sha256:{HEX}", "size": 0, "modified_at": "2024", "details": {}}, "localai"),
        ({"name": "a", "digest": f"sha256:{HEX}", "size": 5, "details": {}}, "ollama"),
        ({"name": "a", "digest": HEX, "urls": [0, 1]}, "open-webui"),
        ("a", None),
    ],
)
def test_software_where_the_answer_shows_it(entry, software):
    assert read([entry]).software == software
    assert read(["b", entry, {"name": "c"}]).software == software


def test_characters_that_cannot_be_stored_are_replaced_and_counted():
    entry = {"name": "a\x00b", "details": {"family": "\ud800x"}, "capabilities": ["\udfff\x00"]}
    listing = read([entry, "\x00", "Zürich"])
    models = (
        ListedModel(name="a\ufffdb", family="\ufffdx", capabilities=("\ufffd\ufffd",)),
        ListedModel(name="\ufffd"),
        ListedModel(name="Zürich"),
    )
    assert listing == Listing(models, 0, 5, "ollama")


def test_bytes_that_are_no_utf8_are_replaced_and_counted():
    listing = listed_models(msgspec.Raw(b'["a\xff\xfeb", "c\xc3\xbc"]'))
    assert listing == Listing((ListedModel(name="a\ufffd\ufffdb"), ListedModel(name="cü")), 0, 2, None)


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b'[{"name":"a","details":' + b"[" * 100_000, b"[1,", b"[" + b"9" * 5_000]
)
def test_undecoded_bytes_that_are_no_list_count_as_one_dropped_entry(raw):
    assert listed_models(msgspec.Raw(raw)) == Listing(None, 1, 0, None)


def test_entries_that_differ_in_one_word_are_not_taken_for_each_other():
    entry = {
        "name": "m:1b",
        "model": "m:1b",
        "size": 7,
        "digest": "a" * 64,
        "details": {"family": "f", "parameter_size": "1B", "quantization_level": "Q4_0", "format": "gguf"},
        "capabilities": ["completion"],
        "remote_host": "",
        "remote_model": "",
    }
    first = listed_models([entry]).models
    others = [
        {**entry, "name": "n:1b"},
        {**entry, "size": 8},
        {**entry, "digest": "b" * 64},
        *({**entry, "details": {**entry["details"], key: "other"}} for key in entry["details"]),
        {**entry, "capabilities": ["completion", "tools"]},
        {**entry, "capabilities": None},
        {**entry, "remote_host": "https://example.com"},
        {**entry, "remote_model": "m"},
    ]
    assert [listed_models([other]).models == first for other in others] == [False] * len(others)
    assert listed_models([entry]).models == first


def test_replaced_characters_count_each_time_they_are_seen():
    entry = {"name": "m\x00:1b", "details": {"family": "f"}}
    assert [listed_models([entry]).replaced for _ in range(3)] == [1, 1, 1]
