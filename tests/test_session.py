"""The Python interface mirrors the command line: the same questions, options, rows and errors."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import cohabit
from cohabit.cli import app
from cohabit.maps.kinds import KINDS
from cohabit.options import Filters
from cohabit.queries.scope import Scope
from tests.cli.records import IPV4_HOST, ndjson, records

# Commands whose counterpart is a function of the package: they are about the archive, not about an opened graph.
OF_THE_PACKAGE = {"load", "sync", "forget", "rejected", "simulate", "bundle"}
# Options that say where to read and how to print: of the session, or of pandas.
SURROUNDINGS = {"data", "store", "format", "output", "limit", "quiet", "show_addresses", "file"}
# Options that commands take only to refuse them: what they answer is not for everybody.
REFUSING = {"publish"}
# `export --bipartite` is what a method does without a level.
IMPLIED = {"bipartite"}
# Options that make another question of a command have a function or a method of their own.
OTHERWISE = {"show": "saved_queries", "list_saved": "saved_queries", "list_loaders": "known_loaders"}
HYPERGEOMETRIC = {"null": "hypergeometric", "bootstrap": 100, "seed": 2}
RENAMED = {"items": "names", "param": "parameters"}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cohabit.Graph]:
    folder = tmp_path_factory.mktemp("session")
    (folder / "scan.ndjson").write_bytes(ndjson(records()))
    done = CliRunner().invoke(app, ["load", str(folder / "scan.ndjson"), "--data", str(folder / "data")])
    assert done.exit_code == 0, done.output
    (folder / "own.csv").write_text("asset,label\n192.0.2.0/28,ours\nAS64500,nobody's\n")
    with pytest.MonkeyPatch.context() as patch, cohabit.open(folder / "data") as opened:
        patch.chdir(folder)
        yield opened


def commands() -> dict[str, set[str]]:
    """Every command with the names of its parameters."""
    found = {}
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        found[name] = set(inspect.signature(command.callback).parameters)
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_has_a_method_with_its_options(name: str) -> None:
    given = commands()[name]
    assert all(hasattr(cohabit, function) for option, function in OTHERWISE.items() if option in given)
    given -= SURROUNDINGS | IMPLIED | set(OTHERWISE)
    if name in OF_THE_PACKAGE:
        given -= set(Filters.__dataclass_fields__) if name == "bundle" else REFUSING
        function = inspect.signature(getattr(cohabit, name)).parameters
        if any(p.kind is p.VAR_KEYWORD for p in function.values()):
            given -= set(Filters.__dataclass_fields__)
        assert given <= set(function), given - set(function)
        assert commands()[name] & {"data", "store", "show_addresses"} <= set(function)
        return
    method = inspect.signature(getattr(cohabit.Graph, name)).parameters
    if name == "map":  # which draws pages; `picture` has what is of still pictures
        given -= {"share", "width", "part"} & set(inspect.signature(cohabit.Graph.picture).parameters)
    filters = {f for f in Filters.__dataclass_fields__ if f in given}
    if filters:
        assert filters == set(Filters.__dataclass_fields__)
        assert any(p.kind is p.VAR_KEYWORD for p in method.values())
    rest = {RENAMED.get(p, p) for p in given - filters} - (
        REFUSING if name in {"match", "followup", "notify"} else set()
    )
    if name == "info":
        assert "scans" in rest
        rest -= {"scans"}  # a method of its own
    if name == "map":
        assert "share" in inspect.signature(cohabit.Graph.picture).parameters
        rest -= {"share"}  # of still pictures, which that method makes
    assert rest <= set(method), rest - set(method)


def test_commands_of_groups_have_functions_with_their_options() -> None:
    (group,) = app.registered_groups
    assert group.typer_instance is not None
    made = {"add": cohabit.exclude, "remove": cohabit.include, "list": cohabit.Graph.exclusions}
    for command in group.typer_instance.registered_commands:
        assert command.callback is not None
        given = set(inspect.signature(command.callback).parameters) - SURROUNDINGS - REFUSING
        assert given <= set(inspect.signature(made.pop(str(command.name))).parameters)
    assert not made


def test_filters_have_the_names_of_the_scope() -> None:
    assert set(Filters.__dataclass_fields__) == set(Scope.__dataclass_fields__)


@pytest.mark.parametrize(
    ("call", "arguments", "options"),
    [
        ("info", (), {}),
        ("rank --level model", (), {"level": "model"}),
        ("rank --by country --publish 5", (), {"by": "country", "publish": 5}),
        ("rank --by country --level line", (), {"by": "country", "level": "line"}),
        ("cooccurrence llama qwen2", ("llama", "qwen2"), {}),
        ("cooccurrence --sort lift --country DE", (), {"sort": "lift", "country": "DE"}),
        ("cooccurrence llama qwen2 gemma2", ("llama", "qwen2", "gemma2"), {}),
        ("cooccurrence qwen2 --null hypergeometric --bootstrap 100 --seed 2", ("qwen2",), HYPERGEOMETRIC),
        ("combinations --level model --min-size 2", (), {"level": "model", "min_size": 2}),
        ("diff 2025-02-20 2025-03-05 --within 2", ("2025-02-20", "2025-03-05"), {"within": 2}),
        (
            "diff 2025-02-20 2025-03-05 --within 2 --digests",
            ("2025-02-20", "2025-03-05"),
            {"within": 2, "digests": True},
        ),
        (
            "compare --country DE --with software=ollama --with version=>=0.5 --with Exclude-Decoys --with min-weeks=2",
            ({"software": "ollama", "version": ">=0.5", "exclude_decoys": True, "min_weeks": 2},),
            {"country": "DE"},
        ),
        ("trends --by country --level lab --every week", (), {"by": "country", "level": "lab", "every": "week"}),
        ("trends --item qwen2 --item llama --view slopes", (), {"item": ["qwen2", "llama"], "view": "slopes"}),
        ("lifetimes --view churn --every week --gone-after 1", (), {"view": "churn", "every": "week", "gone_after": 1}),
        ("hosts --family qwen2 --family llama", (), {"family": ["qwen2", "llama"]}),
        ("host 192.0.2.7", (IPV4_HOST,), {}),
        ("risks --kind capability --country DE", (), {"kind": "capability", "country": "DE"}),
        ("match own.csv --all --country DE", ("own.csv",), {"all_matches": True, "country": "DE"}),
        ("match own.csv --unmatched", ("own.csv",), {"unmatched": True}),
        ("rank --in own.csv", (), {"in_file": "own.csv"}),
        ("rank --not-in own.csv", (), {"not_in_file": "own.csv"}),
        ("rank --exclude-shared-lists", (), {"exclude_shared_lists": True}),
        ("trends --view digests --item llama3.2:3b", (), {"view": "digests", "item": "llama3.2:3b"}),
        ("risks --monoculture", (), {"monoculture": True}),
        ("impact line:llama3.2 lab:Alibaba", ("line:llama3.2", "lab:Alibaba"), {}),
        ("impact lab:Meta --include-derived --level line", ("lab:Meta",), {"include_derived": True, "level": "line"}),
        ("quality --decoy-hosts 1 --decoy-networks 1", (), {"decoy_hosts": 1, "decoy_networks": 1}),
        (
            "hosts --version >=0.1 --first-seen-since 2025-01-01 --active-within 400 --exclude-decoys",
            (),
            {"version": ">=0.1", "first_seen_since": "2025-01-01", "active_within": 400, "exclude_decoys": True},
        ),
    ],
)
def test_rows_are_those_of_the_command(
    graph: cohabit.Graph, call: str, arguments: tuple[str, ...], options: dict[str, object]
) -> None:
    name, *rest = call.split()
    done = CliRunner().invoke(app, [name, *rest, "--data", str(graph.data), "--format", "json", "--quiet"])
    printed = json.loads(done.stdout)
    frame = getattr(graph, name)(*arguments, **options)
    rows = [printed] if isinstance(printed, dict) else printed
    assert rows
    assert list(frame.columns) == list(rows[0])
    assert json.loads(frame.to_json(orient="records", double_precision=15)) == [
        {k: pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for k, v in row.items()} for row in rows
    ]


def test_a_frame_carries_the_answer_and_its_caveats(graph: cohabit.Graph) -> None:
    attributes = graph.cooccurrence("llama", "qwen2").attrs
    # By hand from the records: hosts 192.0.2.7 and 2001:db8::7, of three with two or more models.
    assert attributes["headline"].startswith("2 hosts list both: 67 % of the 3 multi-model hosts")
    assert attributes["simulated"] is False
    assert any("unknown" in caveat for caveat in graph.rank(level="line").attrs["caveats"])


def test_errors_are_those_of_the_command_line(graph: cohabit.Graph, tmp_path: Path) -> None:
    with pytest.raises(cohabit.UsageError, match="no family is called 'lama' in this graph; close: llama"):
        graph.cooccurrence("lama")
    with pytest.raises(cohabit.DataError, match="no graph here yet"):
        cohabit.open(tmp_path)
    calls: list[tuple[Callable[[], Any], str]] = [
        (graph.query, "query takes either cypher or name"),
        (lambda: graph.rank(colour="red"), "rank takes no 'colour'; .*hoose from level, by, publish, since, .*country"),
        (lambda: graph.rank(levl="line"), "rank takes no 'levl'; did you mean level?"),
        (lambda: graph.impact("llama", scope="country"), "impact takes no 'scope'; did you mean scopes?"),
        (lambda: graph.info(level="line"), "info takes no 'level'; choose from publish"),
        (lambda: graph.compare({"colour": "red"}), "'colour' is no filter; .*country"),
        (lambda: graph.rank(by=["country", "network"]), r"by takes one value \(text\), not a list"),
        (lambda: graph.rank(["line"]), r"level takes one value \(text\), not a list"),
        (lambda: graph.clusters(level=None), r"level takes one value \(text\), not None"),
        (lambda: graph.trends(every=["week"], view="shares"), r"every takes one value"),
        (lambda: graph.trends(view=["digests"]), r"view takes one value"),
        (lambda: graph.to_networkx(["line"]), r"level takes one value"),
        (lambda: graph.cooccurrence(min_hosts="5"), r"min_hosts takes one value \(whole number\), not '5'"),
        (lambda: graph.cooccurrence(["llama"]), r"each of names takes one value \(text\), not a list"),
        (lambda: graph.rank(since=["2025-01-01"]), r"since takes one value \(text\), not a list"),
        (lambda: graph.diff("2025-01-01", 2025), r"date2 takes one value \(text or date\), not 2025"),
        (lambda: graph.query(name="scans", parameters="a=b"), "parameters takes a dictionary of values by name"),
    ]
    for call, says in calls:
        with pytest.raises(cohabit.UsageError, match=f"^{says}"):
            call()
    assert graph.rank(has=None, min_weeks=np.int64(0)).equals(graph.rank())


def test_a_map_is_one_document(graph: cohabit.Graph) -> None:
    page = graph.map("families", country="DE")
    assert page.startswith("<!DOCTYPE html>")
    assert IPV4_HOST not in page


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_map_tells_an_address_or_where_it_was_made(graph: cohabit.Graph, kind: str) -> None:
    page = graph.map(kind)
    assert page == graph.map(kind)
    addresses = {record["ip"] for record in records()}
    key = (graph.data / "key").read_text().strip()
    payload = page.split('id="data">')[1].split("</script>")[0]
    for secret in {*addresses, str(graph.data.parent), key, f"{Path.home()}/"}:
        assert secret not in payload
    assert ("host-" in payload) is (kind == "hosts")


def test_addresses_are_in_a_map_of_hosts_only_when_asked_for(graph: cohabit.Graph) -> None:
    with cohabit.open(graph.data, show_addresses=True) as open_graph:
        assert IPV4_HOST in open_graph.map("hosts")
        assert IPV4_HOST not in open_graph.map("models")
