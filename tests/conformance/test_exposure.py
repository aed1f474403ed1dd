"""Risks and impact on every store: a small population with answers by hand, and the large one by plain loops."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cohabit.commands.exposure import _SCOPES
from cohabit.errors import UsageError
from cohabit.queries.impact import SCOPES, impact
from cohabit.queries.listed import size_words
from cohabit.queries.monoculture import Cover, monoculture
from cohabit.queries.risks import KINDS, risks
from cohabit.queries.scope import Scope
from cohabit.session import Graph
from tests.conformance.conftest import Place
from tests.conformance.plain import Plain, vote
from tests.conformance.population import LINES, Record
from tests.conformance.test_queries import iso_weeks, scoped_lists, seen_last, wilson

FIRST, LATER = "2025-03-03", "2025-05-05"
A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)


def entry(
    name: str, digest: str | None = None, family: str = "llama", quantisation: str | None = None, **more: Any
) -> Any:
    return {"name": name, "digest": digest, "details": {"family": family, "quantization_level": quantisation}, **more}


LLAMA = entry("llama3.1:8b", A, quantisation="Q4_K_M", capabilities=["completion", "tools"])
QWEN = entry("qwen2.5:7b", B, "qwen2", "Q8_0", capabilities=["tools"])
OTHER_LLAMA = entry("llama3.1:8b", C, capabilities=[])
COPY = entry("my-copy:v1", A)
TULU = entry("tulu3:8b", D, quantisation="Q4_0", capabilities=["completion"])
SILENT_LLAMA = entry("llama3.1:8b")
CLOUD = entry("gpt-oss:120b-cloud", None, "gptoss", remote_host="https://example.com", capabilities=["thinking"])
FREED = entry("llama3.1-Uncensored:8b-abliterated", None, quantisation="IQ4_XS", capabilities=["completion"])
SEEING = entry("llava:7b", None, capabilities=["vision"])

# Host → country, network, software, version, list, day of it.
HOSTS: list[tuple[str | None, int | None, str | None, str | None, list[Any] | None, str]] = [
    ("DE", 64501, "ollama", "0.1.33", [LLAMA, QWEN], FIRST),  # 0
    ("DE", 64501, "ollama", "0.20.0", [LLAMA], FIRST),  # 1
    ("US", 64502, "ollama", "0.17.1-rc1", [OTHER_LLAMA], FIRST),  # 2
    ("US", 64502, "ollama", None, [COPY], FIRST),  # 3
    ("FR", None, "vllm", "0.6.5", [TULU], FIRST),  # 4
    ("FR", 64502, "ollama", "0.0.0", [], FIRST),  # 5: an empty list
    ("FR", 64502, "ollama", "0.1.0", None, FIRST),  # 6: no list: in no base
    ("DE", 64501, "llama.cpp", "b5662", [SILENT_LLAMA, CLOUD], LATER),  # 7
    (None, 64503, "ollama", "0.20.0", [FREED, CLOUD, QWEN, SEEING], LATER),  # 8
    (None, 64503, "ollama", "0.5.7", [CLOUD], LATER),  # 9
]
LISTED = 9


def planted() -> list[Record]:
    return [
        {
            "ip": f"192.0.2.{i}",
            "port": 11434,
            "timestamp": f"{day}T00:00:00Z",
            "country_code": country,
            "asn": asn,
            "as_name": None if asn is None else f"Net {asn}",
            "software": software,
            "version": version,
            "models": models,
        }
        for i, (country, asn, software, version, models, day) in enumerate(HOSTS)
    ]


# (condition, basis) → hosts, deployments, base of the deployments. Thirteen deployments on nine listed hosts.
RISKS: dict[tuple[str, str], tuple[int, int | None, int | None]] = {
    # Hosts 0 (both models), 1 and 8 (qwen2.5).
    ("tools", "reported"): (3, 4, 13),
    # Most reports for llama3.1:8b say completion and tools, so hosts 2 and 7 count too.
    ("tools", "catalogue"): (5, 6, 13),
    ("thinking", "reported"): (3, 3, 13),
    ("thinking", "catalogue"): (3, 3, 13),
    ("vision", "reported"): (1, 1, 13),
    ("embedding", "reported"): (0, 0, 13),
    ("completion", "reported"): (4, 4, 13),
    ("tools + vision", "reported"): (1, None, None),
    ("tools + thinking", "reported"): (1, None, None),
    ("tools + thinking", "catalogue"): (2, None, None),
    ("tools + thinking + vision", "reported"): (1, None, None),
    # Hosts 2 (an empty report) and 3; host 7 has a report for its other model, so only its deployment counts.
    ("no capability reported", "reported"): (2, 3, 13),
    # llama3.1:8b four times, tulu3 once, qwen2.5 twice, the freed one once: eight known.
    ("Q4_K_M", "catalogue"): (4, 4, 8),
    ("Q8_0", "catalogue"): (2, 2, 8),
    ("Q4_0", "catalogue"): (1, 1, 8),
    ("IQ4_XS", "catalogue"): (1, 1, 8),
    ("4-bit formats", "catalogue"): (6, 6, 8),
    ("8-bit formats", "catalogue"): (2, 2, 8),
    # The copy, the three of the cloud (hosts 7, 8, 9) and the seeing one (8).
    ("quantisation unknown", "catalogue"): (4, 5, 13),
    # Hosts 0, 2 (a pre-release comes before), 4 and 9; unknown 3 (none) and 5 (0.0.0); 7 runs what is not in the list.
    ("known vulnerability", "version"): (4, None, None),
    ("known vulnerability: critical", "version"): (4, None, None),
    ("known vulnerability: low", "version"): (1, None, None),
    ("version unknown", "version"): (2, None, None),
    ("no advisory applies", "version"): (2, None, None),
    ("no software of the advisories seen", "version"): (1, None, None),
    ("CVE-2024-37032", "version"): (1, None, None),
    ("CVE-2024-39719", "version"): (1, None, None),
    ("CVE-2026-7482", "version"): (3, None, None),
    ("CVE-2025-32444", "version"): (1, None, None),
    ("CVE-2025-62164", "version"): (0, None, None),
    ("name with uncensored", "name"): (1, 1, 13),
    ("name with abliterated", "name"): (1, 1, 13),
    ("name that says uncensored or the like", "name"): (1, 1, 13),
    ("weights elsewhere", "reported"): (3, 3, 13),
    ("weights elsewhere only", "reported"): (1, None, None),
}


@pytest.fixture
def small(place: Place) -> Iterator[Graph]:
    place.load(planted())
    with Graph(place.data, place.uri) as graph:
        yield graph


def test_risks_by_hand(small: Graph, tmp_path: Path) -> None:
    found = small.ask("risks")
    rows = {(r["condition"], r["basis"]): r for r in found.rows}
    assert len(rows) == len(found.rows)
    for key, (hosts, deployments, base) in RISKS.items():
        row = rows[key]
        assert (row["hosts"], row["deployments"], row["deployments_base"]) == (hosts, deployments, base), key
        assert row["base"] == LISTED
        assert row["share"] == pytest.approx(hosts / LISTED)
        assert row["share_of_deployments"] == (None if base is None else pytest.approx((deployments or 0) / base))
    assert str(found.headline).startswith(
        "Of 9 hosts whose list was seen: 33 % report a model that can call tools, at least 67 %"
    )
    # One kind gives exactly the rows of that kind.
    for kind in KINDS:
        assert small.ask("risks", kind=kind).rows == [r for r in found.rows if r["kind"] == kind]
    own = tmp_path / "own.toml"
    own.write_text(
        'bundled = false\n[[advisory]]\nid = "X"\nsoftware = "llama.cpp"\naffected = [">0"]\nseverity = "low"\n'
        'summary = "s"\nsource = "s"\n'
    )
    changed = {r["condition"]: r["hosts"] for r in small.ask("risks", kind="version", advisories=own).rows}
    # b5662 is no version that can be compared.
    assert (changed["X"], changed["version unknown"], changed["no software of the advisories seen"]) == (0, 1, 8)


def answer(graph: Graph, *names: str, **options: Any) -> dict[tuple[str, str], tuple[int, str]]:
    rows = graph.ask("impact", names, **options).rows
    found = {(r["scope"], r["item"]): (r["hosts"], r["matched_by"]) for r in rows}
    assert len(found) == len(rows)
    return found


def test_sizes_are_written_as_servers_do() -> None:
    sizes = (494_032_768, 7_615_616_512, 8_030_261_248, 70_553_706_496, 671_026_419_200, 1_000_000_000_000, 22_565_376)
    assert [size_words(n) for n in sizes] == ["494M", "7.62B", "8.03B", "70.6B", "671B", "1000B", "22.6M"]


def test_impact_of_a_line_by_hand(small: Graph) -> None:
    freed = "llama3.1-uncensored:8b-abliterated"
    assert answer(small, "line:llama3.1") == {
        ("total", "everything named"): (5, "line"),  # 0, 1, 2, 7, 8
        ("target", "line:llama3.1"): (5, "line"),
        ("model", "llama3.1:8b"): (4, "line"),
        ("model", freed): (1, "line"),
        ("size", "8B"): (5, "line"),  # by the catalogue, from the names
        ("quantisation", "Q4_K_M"): (4, "line"),
        ("quantisation", "IQ4_XS"): (1, "line"),
        ("digest", A): (2, "line"),
        ("digest", C): (1, "line"),
        ("digest", "unknown"): (2, "line"),
        ("other-name", "my-copy:v1"): (1, "digest"),
        ("country", "DE"): (3, "line"),
        ("country", "US"): (1, "line"),
        ("country", "unknown"): (1, "line"),
        ("network", "AS64501"): (3, "line"),
        ("network", "AS64502"): (1, "line"),
        ("network", "AS64503"): (1, "line"),
        ("provider", "Net 64501"): (3, "line"),
        ("provider", "Net 64502"): (1, "line"),
        ("provider", "Net 64503"): (1, "line"),
        ("provider-kind", "unknown"): (5, "line"),
        ("software", "ollama"): (4, "line"),
        ("software", "llama.cpp"): (1, "line"),
        ("beside", "qwen2"): (2, "line"),
        ("beside", "gptoss"): (2, "line"),
        ("beside", "llama"): (1, "line"),
        ("alone", "no other model"): (2, "line"),
    }
    result = small.ask("impact", ["line:llama3.1"])
    assert str(result.headline).startswith("5 hosts of 9 (56 %) list line:llama3.1; most in DE (60 %)")
    assert any(c.startswith("other-name: the same digests under other names") for c in result.caveats)
    first = ["total", "target", "model", "model", "size", "quantisation"]
    assert [r["scope"] for r in result.rows[:6]] == first
    for row in result.rows:
        low, high = wilson(row["hosts"], LISTED)
        assert (row["share"], row["low"], row["high"]) == pytest.approx((row["hosts"] / LISTED, low, high))
        outside = row["scope"] == "other-name"
        assert row["share_of_affected"] == (None if outside else pytest.approx(row["hosts"] / 5))


def test_one_scope_of_impact_alone(small: Graph) -> None:
    whole = small.ask("impact", ["line:llama3.1"])
    scopes = list(dict.fromkeys(row["scope"] for row in whole.rows))
    assert set(scopes) <= set(SCOPES)
    assert _SCOPES == SCOPES, "what the command line lists"
    for scope in SCOPES:
        alone = small.ask("impact", ["line:llama3.1"], scopes=(scope,))
        assert alone.rows == [row for row in whole.rows if row["scope"] == scope]
        assert alone.headline == whole.headline
    two = small.impact("line:llama3.1", scopes=["country", "alone"])
    assert two["item"].tolist() == ["DE", "US", "unknown", "no other model"]
    # What is not known is last of its scope, and never among the first rows of all; a note has its share.
    for scope in scopes:
        own = [row["item"] for row in whole.rows if row["scope"] == scope]
        assert "unknown" not in own[:-1]
    items = [row["item"] for row in whole.rows]
    assert items.index("unknown") > items.index("no other model")
    assert (
        "Not known, of the affected hosts: digest 40 %, country 20 %, provider-kind 100 %; these rows come last."
        in whole.caveats
    )
    (said,) = [c for c in small.ask("impact", ["line:llama3.1"], scopes=("country",)).caveats if "Not known" in c]
    assert said == "Not known, of the affected hosts: country 20 %; these rows come last."
    assert "most often beside the family gptoss (40 %)" in str(whole.headline)
    assert "most often beside the line " in str(small.ask("impact", ["line:llama3.1"], level="line").headline)
    with pytest.raises(UsageError, match="--scope 'contry': not a scope; did you mean country"):
        small.impact("line:llama3.1", scopes="contry")


def test_impact_with_derived_lines(small: Graph) -> None:
    found = answer(small, "llama3.1", include_derived=True)
    assert found["total", "everything named"] == (6, "derived, line")  # and host 4
    assert found["target", "derived:line:llama3.1"] == (1, "derived")
    assert found["model", "tulu3:8b"] == (1, "derived")
    assert found["country", "FR"] == (1, "derived")
    assert found["beside", "qwen2"] == (2, "line")
    lab = answer(small, "lab:meta", include_derived=True)
    assert lab["target", "lab:Meta"] == (5, "lab")
    assert lab["target", "derived:lab:Meta"][0] >= 1
    assert ("target", "derived:line:llama3.1") not in lab


def test_a_line_that_nobody_runs_but_others_derive_from(place: Place) -> None:
    place.load([planted()[4]])
    with Graph(place.data, place.uri) as graph:
        found = answer(graph, "line:llama3.1", include_derived=True)
        with pytest.raises(UsageError, match=r"no line is called 'llama3\.1' in this graph"):
            graph.ask("impact", ["line:llama3.1"])
    assert found["target", "line:llama3.1"] == (0, "line")
    assert found["target", "derived:line:llama3.1"] == found["total", "everything named"] == (1, "derived")
    assert found["model", "tulu3:8b"] == (1, "derived")


def test_lines_of_the_lab_itself_are_not_derived(place: Place) -> None:
    names = ["qwen2.5:7b", "qwen2.5-coder:7b", "deepseek-r1:7b"]
    place.load([dict(planted()[i], models=[name]) for i, name in enumerate(names)])
    with Graph(place.data, place.uri) as graph:
        found = answer(graph, "lab:alibaba", include_derived=True)
        notes = graph.ask("impact", ["lab:alibaba"], include_derived=True).caveats
    assert found["target", "lab:Alibaba"] == (2, "lab")
    assert found["target", "derived:lab:Alibaba"] == (1, "derived")
    assert found["model", "qwen2.5-coder:7b"] == (1, "lab")
    assert found["model", "deepseek-r1:7b"] == (1, "derived")
    # Other sizes of deepseek-r1 derive from Llama; without such models in the graph there is nothing to say.
    assert not [note for note in notes if note.startswith("All models of")]


def test_derived_lines_of_several_bases_are_named(place: Place) -> None:
    place.load([dict(planted()[0], models=["qwen2.5:7b", "deepseek-r1:7b", "deepseek-r1:8b-llama-distill-q4_K_M"])])
    with Graph(place.data, place.uri) as graph:
        notes = graph.ask("impact", ["line:qwen2.5"], include_derived=True).caveats
    assert "All models of deepseek-r1 count, though only some of them derive from what is named." in notes


def test_several_servers_and_digests_on_one_host(place: Place) -> None:
    record = planted()[0]
    newer = {"timestamp": f"{LATER}T00:00:00Z", "models": [OTHER_LLAMA]}
    silent = dict(record, ip="192.0.2.99", software="ollama", version=None, models=["mistral:7b"])
    vllm = dict(record, port=8000, software="vllm", version=None, models=None)
    place.load([record, dict(record, **newer), vllm, silent])
    with Graph(place.data, place.uri) as graph:
        found = answer(graph, "llama3.1:8b")
        asked = graph.ask("risks", kind="version")
        rows = {(r["condition"], r["basis"]): r["hosts"] for r in asked.rows}
        untold = graph.ask("risks", kind="version", scope=Scope(has=("mistral:7b",))).headline
        both = answer(graph, A[:12])
    assert (found["digest", A], found["digest", C]) == ((1, "name"), (1, "name"))
    assert ("other-digest", "llama3.1:8b") not in both
    assert (found["software", "ollama"], found["software", "vllm"]) == ((1, "name"), (1, "name"))
    # Affected by what one server tells; the other one's silence does not make it unknown.
    assert (rows["known vulnerability", "version"], rows["version unknown", "version"]) == (1, 1)
    # What keeps its version to itself may be affected, too; where nothing tells one, a share of 0 % would say too much.
    first = "Of 2 hosts whose list was seen: at least 50 % run a server version with a known vulnerability."
    assert asked.headline == first
    assert untold == "Of 1 host whose list was seen: no server told a version that the list of advisories is about."


def test_impact_of_a_digest_by_hand(small: Graph) -> None:
    found = answer(small, f"digest:sha256:{A}")
    assert found["total", "everything named"] == (3, "digest")  # 0, 1, 3
    assert {k: v for k, v in found.items() if k[0] in ("target", "model", "digest", "other-name", "other-digest")} == {
        ("target", f"digest:{A}"): (3, "digest"),
        ("model", "llama3.1:8b"): (2, "digest"),
        ("model", "my-copy:v1"): (1, "digest"),
        ("digest", A): (3, "digest"),
        ("other-digest", "llama3.1:8b"): (2, "name"),  # 2 with another one, 7 without
    }
    for way in (A[:12], A.upper(), f"digest:{A[:8]}"):
        assert answer(small, way) == found
    assert answer(small, digests=(A,)) == answer(small, A[:12], digests=(A, A[:12])) == found
    both = answer(small, "model:qwen2.5:7b", digests=(D[:12], "e" * 64))
    assert both["total", "everything named"] == (3, "digest, name")  # 0, 8; 4
    assert both["target", f"digest:{D}"] == (1, "digest")
    assert both["target", "digest:" + "e" * 64] == (0, "digest")
    nobody = small.ask("impact", ["digest:" + "e" * 64])
    assert str(nobody.headline).startswith("None of 9 hosts whose list was seen lists digest:eeeeeeeeeeee")
    assert "1 digest named that no host of this graph reports." in nobody.caveats
    assert [r["hosts"] for r in nobody.rows] == [0, 0, 0]


def test_short_digests_that_mean_several_things(place: Place) -> None:
    twins = [entry("one:a", A[:12] + "1" * 52), entry("two:a", A[:12] + "2" * 52), entry(B[:12], B)]
    place.load([dict(planted()[0], models=twins)])
    with Graph(place.data, place.uri) as graph:
        for ask in (lambda: graph.impact(A[:12]), lambda: graph.hosts(digest=A[:12])):
            with pytest.raises(
                UsageError,
                match=f"^digest:{A[:12]}: 2 digests of this graph begin so; write more digits of one",
            ):
                ask()
        assert len(graph.hosts(digest=A[:12] + "1")) == len(graph.hosts(digest=A[:12] + "1" * 52)) == 1
        assert graph.hosts(digest="0" * 12).empty
        # A model can be called like a digest.
        with pytest.raises(UsageError, match=f"write one of: model:{B[:12]}:latest, digest:{B[:12]}"):
            graph.ask("impact", [B[:12]])
        assert answer(graph, f"digest:{B[:12]}")["total", "everything named"] == (1, "digest")


def test_impact_under_filters_and_time(small: Graph) -> None:
    late = small.impact("line:llama3.1", since=LATER).set_index(["scope", "item"])
    assert late.loc[("total", "everything named"), ["hosts", "base"]].tolist() == [2, 3]  # 7, 8 of 7, 8, 9
    here = small.impact("line:llama3.1", country="DE").set_index(["scope", "item"])
    assert here.loc[("total", "everything named"), ["hosts", "base"]].tolist() == [3, 3]
    then = small.impact("line:llama3.1", at=LATER, within=20).set_index(["scope", "item"])
    assert then.loc[("total", "everything named"), ["hosts", "base"]].tolist() == [5, 9]
    early = small.impact("line:llama3.1", since=FIRST, until=FIRST).set_index(["scope", "item"])
    # 0, 1, 2 of the six that showed a list then: 6 was seen, but showed none.
    assert early.loc[("total", "everything named"), ["hosts", "base"]].tolist() == [3, 6]
    for question in (small.impact("line:llama3.1", country="SE"), small.risks(country="SE")):
        assert question.empty
        assert question.attrs["headline"] == "No host in scope whose list was seen: there is nothing to count."
    assert small.risks(monoculture=True, country="SE").empty


def test_monoculture_by_hand(small: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    found = small.ask("risks", monoculture=True)
    rows = found.rows
    reach = {r["level"]: (r["items"], r["hosts"], r["base"]) for r in rows if r["measure"] == "reach"}
    assert reach == {
        "family": (["llama"], 7, 9),  # all but 5 and 9
        "line": (["llama3.1"], 5, 9),
        "lab": (["Meta"], 5, 9),
        "model": (["llama3.1:8b"], 4, 9),
        "digest": ([A], 3, 9),
    }
    # Seven hosts have a known lab: 0, 1, 2, 7, 8 Meta (8 others too), 4 the Allen Institute, 9 OpenAI.
    half, most = (r for r in rows if r["measure"] == "cover")
    assert (half["goal"], half["items"], half["hosts"], half["base"]) == (0.5, ["Meta"], 5, 7)
    assert (most["goal"], most["hosts"], most["base"]) == (0.9, 7, 7)
    assert most["items"] == ["Meta", "Allen Institute for AI", "OpenAI"]
    assert (most["size"], most["size_at_least"], most["proven"]) == (3, 3, True)
    # Reach is of the nine hosts with a list, cover of the seven: each figure has its own base.
    assert found.headline is not None
    assert found.headline.startswith("Of 9 hosts whose list was seen, one compromised item would reach at most: family")
    assert found.headline.endswith(" 33 %. 50 % of the 7 with a known lab: 1 lab; 90 %: 3 labs.")
    assert not any("greedy" in note for note in found.caveats)
    # Of seven, 60 % are five hosts, and 80 % six.
    asked = [r for r in small.ask("risks", monoculture=True, cover=["80", 60]).rows if r["measure"] == "cover"]
    assert [(r["level"], r["goal"]) for r in asked] == [(x, g) for x in ("lab", "line", "family") for g in (0.6, 0.8)]
    assert [(r["size"], r["hosts"], r["base"]) for r in asked[:2]] == [(1, 5, 7), (2, 6, 7)]
    # llama3.1 is on five hosts with a known line, and the family llama on seven.
    assert [r["items"][0] for r in asked[2:]] == ["llama3.1", "llama3.1", "llama", "llama"]
    two = Cover((0, 1), 6, 1, "greedy")
    monkeypatch.setattr("cohabit.queries.monoculture.smallest_cover", lambda *_: two)
    unproven = small.ask("risks", monoculture=True, cover=[60])
    assert "60 % of the 7 with a known lab: 2 labs (at least 1). 60 % of the 7 with a known line" in unproven.headline
    assert [n for n in unproven.caveats if "greedy" in n] == [
        f"cover, 60 % by {level}: the set of 2 is the greedy one, and not proven to be the smallest; one of 1 or more "
        "may do."
        for level in ("lab", "line", "family")
    ]


@pytest.mark.parametrize("models", [None, [], ["llama3.1:8b"]])
def test_one_host(place: Place, models: list[str] | None) -> None:
    place.load([dict(planted()[0], models=models)])
    with Graph(place.data, place.uri) as graph:
        found = graph.ask("risks")
        alone = graph.ask("risks", monoculture=True)
        digest = graph.ask("impact", [A])
    if models is None:
        assert found.rows == alone.rows == digest.rows == []
        return
    rows = {(r["condition"], r["basis"]): r for r in found.rows}
    assert rows["CVE-2024-37032", "version"]["share"] == 1
    assert rows["4-bit formats", "catalogue"]["share_of_deployments"] is None
    assert [r["hosts"] for r in digest.rows] == [0, 0, 0]
    assert bool(alone.rows) == bool(models)
    for row in (*found.rows, *alone.rows, *digest.rows):
        assert not [v for v in row.values() if v != v]


def test_hostile_names(place: Place) -> None:
    name = "</script>uncensored\u202e'\"`$(x)"
    place.load(
        [dict(planted()[0], software="OLLAMA", models=[entry(name, A, "<b>", capabilities=["TOOLS", "'; DROP"])])]
    )
    with Graph(place.data, place.uri) as graph:
        (model,) = graph.query("MATCH (m:Model) RETURN m.name AS name")["name"]
        found = answer(graph, f"model:{model}", "family:<b>")
        rows = {(r["condition"], r["basis"]): r["hosts"] for r in graph.ask("risks").rows}
    assert found["total", "everything named"] == (1, "family, name")
    assert found["model", model] == (1, "family, name")
    assert (rows["tools", "reported"], rows["'; drop", "reported"], rows["name with uncensored", "name"]) == (1, 1, 1)
    assert rows["CVE-2024-37032", "version"] == 1


# --- the large population, by plain loops ---------------------------------------------------------------------------


def listed(plain: Plain, scope: Scope, lists: dict[str, set[str]]) -> dict[str, set[str]]:
    """The hosts that showed a list in the time window, with the models of it."""
    if scope.at is not None:
        return lists
    weeks = None
    if scope.since or scope.until:
        weeks = iso_weeks(scope.since or "2023-01-02", scope.until or "2030-01-01")
    seen = {h: set(plain.hosts[h]["listed_weeks"]) for h in lists}
    return {h: m for h, m in lists.items() if (seen[h] if weeks is None else seen[h] & weeks)}


def expected_risks(
    plain: Plain, lists: dict[str, set[str]]
) -> dict[tuple[str, str], tuple[int, int | None, int | None]]:
    edges = [(h, m) for h, models in lists.items() for m in models]
    formats = {m: vote(e["quantization"] for (_, x), e in plain.edges.items() if x == m) for m in plain.models}

    def count(chosen: list[tuple[str, str]], base: int) -> tuple[int, int, int]:
        return len({h for h, _ in chosen}), len(chosen), base

    found: dict[tuple[str, str], tuple[int, int | None, int | None]] = {}
    for capability in ("tools", "completion"):
        reported = [e for e in edges if capability in (plain.edges[e]["capabilities"] or ())]
        found[capability, "reported"] = count(reported, len(edges))
    known = {e for e in edges if formats[e[1]] is not None}
    four = [e for e in known if formats[e[1]] == "Q4_K_M"]
    found["4-bit formats", "catalogue"] = count(four, len(known))
    found["quantisation unknown", "catalogue"] = count([e for e in edges if e not in known], len(edges))
    remote = [e for e in edges if plain.edges[e]["remote"]]
    found["weights elsewhere", "reported"] = count(remote, len(edges))
    # Of the versions of the population all releases but none of 0.0.0 and b4567 are under 0.17.1; vllm's are under 0.9.
    # What ran on a port before something else did counts no more.
    last = {h: [seen_last(plain.hosts[h], port) for port in plain.hosts[h]["ports"]] for h in lists}
    versions = {h: {version for software, version in own if software in ("ollama", "vllm")} for h, own in last.items()}
    no_release = {"0.0.0", "b4567", None}
    affected = {h for h, own in versions.items() if own - no_release}
    unknown = {h for h, own in versions.items() if own & no_release} - affected
    found["known vulnerability", "version"] = (len(affected), None, None)
    found["version unknown", "version"] = (len(unknown), None, None)
    return found


IMPACTS: list[tuple[tuple[str, ...], dict[str, Any], Any]] = [
    (("model:llama3.2",), {}, lambda p, e: e[1] == "llama3.2:latest"),
    (("family:qwen2",), {}, lambda p, e: p.family[e[1]] == "qwen2"),
    (("lab:alibaba", "line:gemma2"), {}, lambda p, e: (LINES[e[1]] or ("", ""))[:2] in (GEMMA, *ALIBABA)),
    (("digest:" + "b" * 64,), {}, lambda p, e: "b" * 64 in (p.edges[e]["digests"] or ())),
    (
        ("house-model:v1", "c" * 12),
        {},
        lambda p, e: e[1] == "house-model:v1" or "c" * 64 in (p.edges[e]["digests"] or ()),
    ),
    (("line:qwen2.5",), {"include_derived": True}, lambda p, e: e[1] in ("qwen2.5:7b", "deepseek-r1:7b")),
]
GEMMA = ("gemma2", "Google")
ALIBABA = (("qwen2.5", "Alibaba"), ("qwen2", "Alibaba"))


def expected_impact(plain: Plain, lists: dict[str, set[str]], matches: Any) -> dict[tuple[str, str], int]:
    edges = [(h, m) for h, models in lists.items() for m in models]
    chosen = [e for e in edges if matches(plain, e)]
    affected = {h for h, _ in chosen}
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    formats = {
        m: vote(e["quantization"] for (_, x), e in plain.edges.items() if x == m) for m in {m for _, m in chosen}
    }
    # What most hosts report, in three digits; else the number in the name.
    votes = {m: vote(e["parameter_size"] for (_, x), e in plain.edges.items() if x == m) for m in formats}
    sizes = {m: text.replace(".0B", "B") for m, text in votes.items() if text}
    named = {m: re.search(r":(\d+)b", m) for m in formats}
    for h, m in chosen:
        found["model", m].add(h)
        found["size", sizes.get(m) or (f"{tag[1]}B" if (tag := named[m]) else "unknown")].add(h)
        found["quantisation", formats[m] or "unknown"].add(h)
        for digest in plain.edges[h, m]["digests"] or ["unknown"]:
            found["digest", digest].add(h)
    for h in affected:
        host = plain.hosts[h]
        found["country", host["country"] or "unknown"].add(h)
        found["network", f"AS{host['asn']}" if host["asn"] else "unknown"].add(h)
        found["provider", plain.provider(host["asn"]) or "unknown"].add(h)
        for software in {name for name, _ in host["runs"]} or {"unknown"}:
            found["software", software].add(h)
        others = [m for m in lists[h] if (h, m) not in chosen]
        for m in others:
            found["beside", plain.family[m] or "unknown"].add(h)
        if not others:
            found["alone", "no other model"].add(h)
    return {key: len(hosts) for key, hosts in found.items()}


def reported_then(plain: Plain, scope: Scope) -> Plain:
    """The same with the digests that hosts had reported by the end of the scope's time."""
    if not (end := scope.at or scope.until):
        return plain
    year, week, _ = date.fromisoformat(end).isocalendar()
    then = copy(plain)
    until = year * 100 + week
    then.edges = {
        key: {
            **e,
            "digests": [d for d, w in zip(e["digests"] or (), e["digest_weeks"] or (), strict=True) if w <= until],
        }
        for key, e in plain.edges.items()
    }
    return then


def test_the_large_population(place: Place, records: list[Record], plain: Plain) -> None:
    place.load(records)
    store = place.open()
    compared = 0
    for number, (scope, all_lists) in enumerate(scoped_lists(plain)):
        lists = listed(plain, scope, all_lists)
        rows = {(r["condition"], r["basis"]): r for r in risks(store, scope=scope).rows}
        assert bool(rows) == bool(lists), scope
        for key, (hosts, deployments, base) in (expected_risks(plain, lists) if lists else {}).items():
            row = rows[key]
            said = (row["hosts"], row["deployments"], row["deployments_base"], row["base"])
            assert said == (hosts, deployments, base, len(lists)), (scope, key)
        for names, options, matches in (IMPACTS[number % 6], IMPACTS[(number + 3) % 6]):
            result = impact(store, names, scope=scope, **options)
            found = {(r["scope"], r["item"]): r["hosts"] for r in result.rows}
            assert {r["base"] for r in result.rows} <= {len(lists)}
            then = reported_then(plain, scope)
            wanted = expected_impact(then, lists, matches)
            scopes = {"model", "size", "quantisation", "digest", "country", "network", "provider", "software", "beside"}
            assert {k: v for k, v in found.items() if k[0] in scopes} == {
                k: v for k, v in wanted.items() if k[0] in scopes
            }, (scope, names)
            if lists:
                affected = {h for h, models in lists.items() for m in models if matches(then, (h, m))}
                assert found["total", "everything named"] == len(affected)
                assert found["alone", "no other model"] == wanted.get(("alone", "no other model"), 0)
                compared += len(affected)
        expected_reach(plain, lists, monoculture(store, scope=scope, cover=(30,) if number == 1 else ()).rows)
    assert compared > 1_000
    store.close()


def expected_reach(plain: Plain, lists: dict[str, set[str]], rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["measure"] == "reach" and row["level"] != "digest":
            items = plain.items(lists, row["level"])
            counts = {item: sum(item in own for own in items.values()) for own in items.values() for item in own}
            best = min(counts, key=lambda item: (-counts[item], item))
            assert (row["items"], row["hosts"], row["base"]) == ([best], counts[best], len(lists))
        elif row["measure"] == "cover":
            items = {h: own for h, own in plain.items(lists, row["level"]).items() if own}
            reached = sum(bool(own & set(row["items"])) for own in items.values())
            assert (row["hosts"], row["base"]) == (reached, len(items))
            assert reached >= row["goal"] * len(items)
            assert row["proven"] or row["level"] != "lab"
