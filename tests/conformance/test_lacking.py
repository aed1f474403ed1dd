"""What no host has is said once, wherever it is asked about, on every store; and not where a host has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohabit.commands.loading import load
from cohabit.options import Where
from cohabit.queries.lacking import after_loading, lacking
from cohabit.queries.scope import Scope
from cohabit.session import Graph
from tests.conformance.conftest import Place

FACTS = ("country", "network", "provider", "provider_kind", "software", "version", "digest")
TIME = {"port": 1, "timestamp": "2025-06-01T12:00:00Z"}
BARE = {"ip": "192.0.2.1", **TIME, "models": ["llama3:8b"]}
FULL = {
    "ip": "192.0.2.2",
    "country_code": "DE",
    "asn": 24940,
    "as_name": "HETZNER-AS",
    "software": "ollama",
    "version": "0.6.2",
    "models": [{"name": "llama3:8b", "digest": "ab" * 32, "details": {"family": "llama"}}],
    **TIME,
}


def said(graph: Graph, question: str, *arguments: Any, **filters: Any) -> list[str]:
    frame = getattr(graph, question)(*arguments, **filters)
    return [text for text in frame.attrs["caveats"] if text.startswith("No host in this graph has ")]


def test_what_nobody_has_is_said_where_it_is_asked_for(place: Place, tmp_path: Path) -> None:
    place.load([BARE])
    own = tmp_path / "own.txt"
    own.write_text("AS24940\n192.0.2.1\n")
    addresses = tmp_path / "addresses.txt"
    addresses.write_text("192.0.2.1\n")
    with Graph(place.data, place.uri) as graph:
        assert lacking(graph.store, FACTS) == list(FACTS)
        for filters, begin in (
            ({"country": "DE"}, "a country, so --country leaves none: `cohabit sync --geo FILE.mmdb` adds countries"),
            ({"network": "AS24940"}, "a network (AS number), so --network leaves none: `cohabit sync --geo"),
            ({"provider": "Hetzner"}, "a provider, so --provider leaves none"),
            ({"provider_kind": "hosting"}, "a provider of a known kind, so --provider-kind leaves none"),
            ({"software": "ollama"}, "a known server software, so --software leaves none"),
            ({"version": "<9"}, "a known version, so --version leaves none"),
            ({"in_file": str(own)}, "a network (AS number), so no AS number of the list finds any"),
            ({"not_in_file": str(own)}, "a network (AS number), so no AS number of the list finds any"),
        ):
            for question in ("hosts", "rank", "quality"):
                (note,) = said(graph, question, **filters)
                assert note.removeprefix("No host in this graph has ").startswith(begin)
            assert graph.notes(**filters) == (note,)
        assert len(said(graph, "compare", {"country": "FR"}, country="DE", provider="x")) == 2
        assert said(graph, "rank", by="provider-kind")[0].startswith("No host in this graph has a provider of a known")
        assert "so none is found by digest" in said(graph, "hosts", digest="ab" * 32)[0]
        assert "no AS number of the list" in said(graph, "match", str(own))[0]
        assert said(graph, "match", str(addresses)) == said(graph, "hosts", in_file=str(addresses)) == []
        assert said(graph, "hosts") == said(graph, "rank") == []
        # What nobody told is no 0; without a host of a known place there is no figure, and no database to name.
        (about,) = graph.ask("info").rows
        assert [about[name] for name in ("countries", "networks", "providers")] == [None] * 3
        for by in (None, "country"):
            assert [(r["hosts"], r["networks"], r["countries"]) for r in graph.ask("rank", by=by).rows] == [
                (1, None, None)
            ]
        # Nor is it a finding that all are «unknown».
        for question, options in (
            ("rank", {}),
            ("rank", {"level": "lab"}),
            ("combinations", {}),
            ("concentration", {}),
            ("quotients", {}),
            ("trends", {}),
            ("trends", {"level": "lab", "view": "slopes"}),
            ("trends", {"level": "lab", "forecast": 1}),
        ):
            told = graph.ask(question, by="country", **options).headline
            assert told == "No host in scope has a known country: this cannot be told.", question
        loaded, families = after_loading(graph.store)
        assert families == (
            "No server in this graph reported a family, so every family is the catalogue's, told by the model's name."
        )
        assert families in graph.info().attrs["caveats"]
        assert loaded.startswith("No host in this graph has a country, a network (AS number) or a digest of a model: ")
        assert "`cohabit sync --geo FILE.mmdb` adds countries and networks" in loaded
        for kind in ("countries", "providers", "networks"):
            (note,) = graph.notes(kind)
            assert note.split(": ")[0] in graph.picture(kind, ".html").decode()
        assert graph.notes("families") == ()
    # One host that has it is enough, and a filter that leaves none is an answer then.
    place.load([FULL], "full.ndjson")
    with Graph(place.data, place.uri) as graph:
        assert lacking(graph.store, FACTS) == after_loading(graph.store) == []
        assert not any("reported a family" in text for text in graph.info().attrs["caveats"])
        (about,) = graph.ask("info").rows
        assert [about[name] for name in ("countries", "networks", "providers")] == [1, 1, 1]
        # Of two hosts one is in a country; a scope in which nobody is has no figure.
        for filters, known in (({}, 1), ({"prefix": ("192.0.2.1/32",)}, None)):
            (row,) = graph.ask("rank", scope=Scope(**filters)).rows
            assert (row["networks"], row["countries"]) == (known, known)
        assert said(graph, "hosts", country="FR", network="1", software="x", version=">9", digest="cd" * 32) == []
        assert graph.notes("networks", provider="x") == ("--provider x finds no host in this graph.",)


@pytest.mark.parametrize("models", [None, [{"name": "llama3:8b", "digest": "ab" * 32}]])
def test_loading_says_what_is_missing(tmp_path: Path, models: Any) -> None:
    """Nothing of digests where nobody has a model, nor of what somebody has."""
    place = Place(tmp_path / "data", "embedded")
    place.archive([{**BARE, "models": models, "country_code": "DE"}])
    where = Where(place.data, "embedded")
    nothing = dict.fromkeys(("loader", "host", "seen_at", "columns", "catalogue", "geo"))
    for no_sync, begin in ((True, None), (False, "No host in this graph has a network (AS number): what is asked")):
        answer, _ = load(
            where, [str(tmp_path / "scan.ndjson")], no_sync=no_sync, show_addresses=False, quiet=True, **nothing
        )
        found = [text for text in answer.caveats if text.startswith("No host in this graph")]
        assert len(found) == (begin is not None)
        assert all(text.startswith(str(begin)) for text in found)


def test_countries_that_leave_no_host_are_named_one_by_one(place: Place) -> None:
    place.load([FULL])
    with Graph(place.data, place.uri) as graph:

        def notes(**filters: Any) -> list[str]:
            return [note for note in graph.notes(**filters) if not note.startswith("EU: the 27 members")]

        assert notes(country="DE,GB") == ["--country GB finds no host in this graph."]
        assert notes(country="DE,EU") == notes(not_country="US") == notes(country="EU", not_country="FR") == []
        assert notes(country="G7", not_country="DE")[0].startswith("G7: the 7 members")
        (both,) = notes(country=("DE", "FR,DE"), not_country="EU")[:1]
        assert both == (
            "--country DE and --country FR,DE and --not-country EU leave no host: filters must all hold, and a host "
            "has one country (hosts in either: --country DE,FR,DE)."
        )
        assert notes(country="EU", not_country="DE,EU") == [
            "--country EU and --not-country DE,EU leave no host: filters must all hold, and a host has one country."
        ]
        # Of everybody's figures a note says who is in a group, and not whether anybody is.
        said = graph.rank(country="EU,GB", publish=10).attrs["caveats"]
        assert (
            sum(note.startswith("EU: the 27 members of the European Union on 2026-01-01: AT, ") for note in said) == 1
        )
        assert not any("finds no host" in note for note in said)
