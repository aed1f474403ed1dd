"""Addresses inside the names of models: masked wherever an answer leaves, and keys all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cohabit
from cohabit.errors import UsageError
from cohabit.loaders.names import canonical_model
from cohabit.privacy import Masker, holds_address
from cohabit.queries.masked import masked
from cohabit.queries.result import result
from cohabit.session import Graph

FOUR, SIX = "192.0.2.7:5000/llama3:8b", "[2001:db8::5]:80/x/y:z"
SECRET = ("192.0.2.7", "2001:db8::5", "198.51.100.")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    folder = tmp_path_factory.mktemp("masked")
    lists = [[FOUR, "qwen3:8b"], [FOUR, "qwen3:8b", SIX], ["qwen3:8b"]]
    days = ("2025-03-03", "2025-06-02")
    rows = [
        {"ip": f"198.51.100.{i}", "port": 11434, "timestamp": f"{day}T10:00:00Z", "models": own, "asn": 64496 + i}
        for day in days
        for i, own in enumerate(lists, 1)
    ]
    (folder / "scan.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    cohabit.load(folder / "scan.ndjson", data=folder / "data")
    with cohabit.open(folder / "data") as opened:
        yield opened


ASKED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("rank", (), {"level": "model"}),
    ("cooccurrence", (), {"level": "model"}),
    ("cooccurrence", ((FOUR,),), {"level": "model"}),
    ("combinations", (), {"level": "model"}),
    ("centrality", (), {"level": "model"}),
    ("clusters", (), {"level": "model", "null": "hypergeometric"}),
    ("quotients", (), {"level": "model", "by": "network"}),
    ("trends", (), {"level": "model"}),
    ("diff", ("2025-03-03", "2025-06-02"), {"level": "model"}),
    ("impact", ((f"model:{FOUR}",),), {}),
    ("catalogue", (None,), {"unknown": True}),
    ("hosts", (), {}),
]


@pytest.mark.parametrize(("question", "arguments", "options"), ASKED)
def test_no_answer_shows_an_address_in_a_name(
    graph: Graph, question: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    answer = graph.ask(question, *arguments, **options)
    said = json.dumps([answer.rows, answer.headline, answer.caveats])
    assert not [secret for secret in SECRET if secret in said]
    with cohabit.open(graph.data, show_addresses=True) as shown:
        plain = shown.ask(question, *arguments, **options)
    told = json.dumps([plain.rows, plain.headline, plain.caveats])
    assert FOUR in told or SIX in told
    # Numbers are the same, and order is, but that of hosts: it must not tell the order of their addresses.
    masked_numbers, numbers = ([_numbers(row) for row in rows] for rows in (answer.rows, plain.rows))
    if question == "hosts":
        masked_numbers, numbers = sorted(masked_numbers, key=repr), sorted(numbers, key=repr)
    assert masked_numbers == numbers


def _numbers(row: dict[str, Any]) -> list[Any]:
    return [value for value in row.values() if not isinstance(value, str | list)]


def test_the_pseudonym_is_that_of_the_address_and_the_real_name_finds_the_hosts(graph: Graph) -> None:
    names = graph.rank(level="model")["item"].to_list()
    assert f"{graph.masker.pseudonym('192.0.2.7')}:5000/llama3:8b" in names
    assert f"[{graph.masker.pseudonym('2001:db8::5')}]:80/x/y:z" in names
    assert len(graph.hosts(model=FOUR)) == 2
    assert len(graph.hosts(has=f"model:{SIX}")) == 1
    with pytest.raises(UsageError) as refused:
        graph.hosts(model="192.0.2.7:5000/llama3:70b")
    # The name is the asker's own; the close one is not offered.
    assert "llama3:8b" not in str(refused.value)


@pytest.mark.parametrize("kind", ["models", "hosts"])
@pytest.mark.parametrize("ending", [".html", ".svg"])
def test_maps_show_none_either(graph: Graph, kind: str, ending: str) -> None:
    drawn = graph.picture(kind, ending).decode()
    assert not [secret for secret in SECRET if secret in drawn]
    assert graph.masker.pseudonym("192.0.2.7") in drawn
    with cohabit.open(graph.data, show_addresses=True) as shown:
        assert "192.0.2.7" in shown.picture(kind, ending).decode()


@pytest.mark.parametrize("kind", ["families", "time", "countries", "providers", "report"])
def test_maps_and_report_show_no_address_that_a_server_gave_as_family_or_that_is_in_a_provider(
    tmp_path: Path, kind: str
) -> None:
    served = {"name": "own:1b", "details": {"family": "192.0.2.7"}}
    rows = [
        {
            "ip": f"198.51.100.{i}",
            "port": 11434,
            "timestamp": f"2025-0{month}-03T10:00:00Z",
            "models": [served, "qwen3:8b"],
            "asn": 64496,
            "as_name": "Net 192.0.2.7",
            "country_code": "DE",
        }
        for month in (3, 4)
        for i in range(30)
    ]
    (tmp_path / "scan.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    cohabit.load(tmp_path / "scan.ndjson", data=tmp_path / "data")
    with cohabit.open(tmp_path / "data") as graph:
        drawn = graph.picture(kind, ".html").decode()
        assert "192.0.2.7" not in drawn
        assert graph.masker.pseudonym("192.0.2.7") in drawn
    with cohabit.open(tmp_path / "data", show_addresses=True) as shown:
        assert "192.0.2.7" in shown.picture(kind, ".html").decode()


def test_what_is_no_address_stays() -> None:
    masker = Masker(b"a key that is long enough")
    names = ["llama3.2:3b", "qwen2.5-coder:1.5b", "hf.co/x/y-v0.3:q4_k_m", "0.5.1", "1.2.3", "256.1.1.1/x", "std::xyz"]
    rows = [{"item": name, "version": "0.5.1.2", "prefix": "192.0.2.0/24"} for name in names]
    answer = result(("item", "version", "prefix"), rows, headline="3.5 of 10.2")
    assert masked(answer, masker) == answer
    assert not any(map(holds_address, names))
    assert holds_address(canonical_model(FOUR) or "")
