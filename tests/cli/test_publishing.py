"""`--publish` at the command line, and `bundle`: one file to hand on, always the same bytes, and made again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shlex
import subprocess
import zipfile
from pathlib import Path
from typing import cast

import pytest

from cohabit import output
from cohabit.bundles.contents import Bundle, Table, leading_pair
from cohabit.bundles.making import Recorder, make
from cohabit.bundles.own import read_queries
from cohabit.errors import UsageError
from cohabit.exports.workbook import sheet_names
from cohabit.graph.incidence import LEVELS
from cohabit.graph.store import GraphStore
from cohabit.privacy import Masker
from cohabit.queries.result import result
from cohabit.session import Graph
from tests.cli.conftest import Program, contents
from tests.cli.records import IPV4_HOST, IPV6_HOST, NAMED_HOST
from tests.exports.readers import sheets

K = ("--publish", "5")


def test_one_line_for_what_is_not_published(loaded: Program) -> None:
    calls = {
        "hosts --publish 5": "--publish does not go with hosts: its rows are single hosts",
        "hosts --publish 5 --show-addresses": "--publish does not go with hosts",
        "host 192.0.2.7 --publish 5": "--publish does not go with host: ",
        "map hosts -o hosts.html --publish 5": "--publish does not go with map hosts: it shows single hosts",
        "query 'MATCH (h:Host) RETURN count(h) AS n' --publish 5": "--publish does not go with query: ",
        "query --name family-hosts --publish 5": "--publish does not go with saved: ",
        "diff 2025-02-20 2025-03-05 --level host --publish 5": "--publish does not go with diff: ",
        "catalogue --publish 5 --data nowhere": "--publish does not go with catalogue: it says what a name means",
        "load scan.ndjson --publish 5": "No such option: --publish",
        "rank --publish 2": "--publish 2: it takes 5 or more (10 is usual), or 1 for no change",
        "report -o r.html --publish 0": "--publish 0: it takes 5 or more",
        "bundle -o study.zip --publish 3": "--publish 3: it takes 5 or more",
        "bundle -o study.zip --level host": "--level 'host': not a level; choose from model, family, line, lab",
        "bundle -o study.zip --level line --level lab,": "--level '': not a level; choose from model, family",
        "bundle -o study.zip --compare country=DE": "--compare: compare with what? Give --with KEY=VALUE",
        "bundle -o study.zip --compare place=DE --with country=DE": "--compare place=DE: not a filter; ",
        "bundle -o study.zip --compare prefix=192.0.2.0/24 --with country=DE": "bundle: --prefix is part of an address",
        "bundle -o study.zip --source ' '": "--source is empty",
        f"map -o x.svg --source {'x' * 201}": "--source has 201 characters: the source line takes 200",
        "bundle -o study.tar": "study.tar: a file name that ends in .zip, please",
        "bundle -o study.zip --prefix 192.0.2.0/24": "bundle: --prefix is part of an address",
        "bundle -o study.zip --with prefix=192.0.2.0/24": "bundle: --prefix is part of an address",
        "bundle -o study.zip --with place=DE": "--with place=DE: not a filter; ",
        "bundle -o study.zip --with country=DE --country DE": "--with: both groups are described by the same filters",
        "bundle -o study.zip --bootstrap 9": "--bootstrap 9: it takes 100 to 10,000 draws",
        "bundle -o study.zip --bootstrap 100 --publish 5": "--publish: intervals of draws hang on the exact network",
        "bundle -o study.zip --query hosts-by-country --publish 5": "--publish: what a query of your own counts",
        "bundle -o study.zip --query nobody": "no saved query is called 'nobody'",
        "bundle -o study.zip --query family-pair": "--query family-pair: $a has no default, and a bundle gives no",
        f"bundle -o study.zip{' --query hosts-by-country' * 2}": "--query hosts-by-country: two queries are called so",
    }
    for done, said in zip(loaded.each(list(calls)), calls.values(), strict=True):
        assert done.code == 2, done.err
        assert done.err.startswith(f"cohabit: {said}"), done.err
        assert done.err.count("\n") == 1
        assert not done.out
    assert not list(loaded.folder.glob("*.zip"))


def test_publish_1_changes_nothing_and_k_folds(loaded: Program) -> None:
    plain, one, five, table = loaded.each(
        [
            "rank --level family --format json",
            "rank --level family --format json --publish 1",
            "rank --level family --format json --publish 5",
            "rank --level family --publish 5",
        ]
    )
    assert plain.code == one.code == five.code == 0
    assert (plain.out, plain.err) == (one.out, one.err)
    exact = {row["item"]: row["hosts"] for row in plain.json}
    assert [row["hosts"] for row in five.json if row["item"] in exact] == [n // 5 * 5 for n in exact.values() if n >= 5]
    assert five.json[-1]["item"] == "other (< 5)"
    assert "note: Published with K = 5: groups by item of fewer than 5 hosts" in five.err
    assert table.text.startswith("Published with K = 5, numbers rounded down: ")


@pytest.fixture(scope="module")
def made(loaded: Program) -> dict[str, bytes]:
    """Two bundles of the same data: whole, and for everybody and of lines."""
    calls = [f"bundle -o {name}.zip {options} --quiet" for name, options in CALLS.items()]
    (loaded.folder / "mine.cypher").write_text(MINE)
    assert [(done.code, done.err, done.out) for done in loaded.each(calls)] == [(0, "", b"")] * len(calls)
    files = {name: loaded.folder / f"{name}.zip" for name in CALLS}
    found = {name: file.read_bytes() for name, file in files.items()}
    for file in (*files.values(), loaded.folder / "mine.cypher"):
        file.unlink()
    return found


NAMED = "Server list of Example, 2026"
MINE = "// parameter least (integer, default 2): fewest hosts\nMATCH (h:Host)-[:IN_COUNTRY]->(c:Country)\n"
MINE += "WITH c.code AS place, count(h) AS n WHERE n >= $least RETURN place, n ORDER BY n DESC, place\n"
CALLS = {
    "whole": "--level family,lab --bootstrap 100 --compare country=US --with country=DE --query mine.cypher "
    "--query hosts-by-country",
    "known": f"--publish 5 --country DE --seed 2 --level line --source '{NAMED}'",
}


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {about.date_time for about in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def opened(content: bytes) -> dict[str, str]:
    """The files of a bundle that are text; of the workbook its parts."""
    files = unpacked(content)
    parts = unpacked_workbook(files.pop("tables.xlsx"))
    return {name: text.decode() for name, text in (files | parts).items()}


def unpacked_workbook(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {f"tables.xlsx/{name}": archive.read(name) for name in archive.namelist()}


def test_a_bundle_has_its_sums(made: dict[str, bytes]) -> None:
    for content in made.values():
        files = unpacked(content)
        sums = dict(reversed(line.split("  ")) for line in files.pop("SHA256SUMS").decode().splitlines())
        assert sums == {name: hashlib.sha256(text).hexdigest() for name, text in files.items()}


def test_a_bundle_tells_no_address_no_key_and_no_path(loaded: Program, made: dict[str, bytes]) -> None:
    key = (loaded.folder / "cohabit-data" / "key").read_text().strip()
    for content in made.values():
        for name, text in opened(content).items():
            # The page's own scripts hold the addresses of the web, and none of ours.
            for secret in (IPV4_HOST, IPV6_HOST, NAMED_HOST, key, str(loaded.folder), str(Path.home()), "host-"):
                if secret != "host-" or not name.endswith((".html", ".md")):
                    assert secret not in text, f"{name}: {secret}"


def test_a_bundle_says_what_it_is(loaded: Program, made: dict[str, bytes]) -> None:
    files = opened(made["known"])
    scan = hashlib.sha256((loaded.folder / "scan.ndjson").read_bytes()).hexdigest()
    assert [row["sha256"] for row in json.loads(files["inputs.json"])] == [scan]
    citation = files["CITATION.txt"]
    assert scan[:12] in citation
    assert "; --country DE; published with K = 5; seed 2; computed with cohabit " in citation
    assert citation.startswith(f"AI models on exposed hosts, {NAMED}: 1 scan, ")
    assert opened(made["whole"])["CITATION.txt"].startswith("AI models on exposed hosts: 1 scan, ")
    assert files["README.txt"].startswith(citation)
    assert f"<dd>{NAMED} (1 scan)</dd>" in files["maps/families.html"]
    assert "For everybody: published with K = 5." in files["README.txt"]
    assert "NOT for everybody" in opened(made["whole"])["README.txt"]
    versions = json.loads(files["versions.json"])
    assert {"cohabit", "python", "scipy", "duckdb"} <= set(versions)
    entries = {name: entry for entry in json.loads(files["manifest.json"]) for name in entry["files"]}
    assert set(entries) == {n for n in files if n.startswith(("tables/", "maps/"))} | {"report.html"}
    pairs = entries["tables/cooccurrence-line.csv"]
    assert pairs["command"] == "cohabit cooccurrence --level line --country DE --publish 5"
    assert pairs["filters"] == ["--country DE"]
    assert any("[:IN_COUNTRY]->(c:Country) WHERE c.code IN $value" in cypher for cypher in pairs["cypher"])
    assert any("Published with K = 5" in caveat for caveat in pairs["caveats"])
    assert "## cooccurrence\n\nPairs of items by the hosts that list both" in files["definitions.md"]


def test_a_bundle_of_levels_has_their_pairs_and_groups(loaded: Program, made: dict[str, bytes]) -> None:
    families, lines = opened(made["whole"]), opened(made["known"])
    own = {"rank-{}-by-country", "cooccurrence-{}", "combinations-{}", "centrality-{}", "clusters-{}"}
    own |= {"concentration-{}", "concentration-{}-by-country", "trends-{}", "combinations-{}-by-country"}
    tables = {level: {f"tables/{name.format(level)}.csv" for name in own} for level in ("family", "lab", "line")}
    owners = {"tables/rank-by-network.csv", "tables/rank-by-provider.csv"}
    # Nobody lists two lines often enough for a leading pair of lines that everybody may know.
    asked = {
        *(f"{name}-{level}" for name in ("leading-pair", "compare") for level in ("family", "lab")),
        *(f"leading-pair-{level}-by-country" for level in ("family", "lab")),
        # Of several levels each has a name, as have the maps over time.
        *(f"clusters-by-country-{level}" for level in ("family", "lab")),
        "query-mine",
        "query-hosts-by-country",
    }
    others = owners | {f"tables/{name}.csv" for name in asked}
    assert {n for n in families if n.endswith(".csv")} - set(lines) == tables["family"] | tables["lab"] | others
    assert {n for n in lines if n.endswith(".csv")} - set(families) == tables["line"] | {
        "tables/clusters-by-country.csv"
    }
    over_time = {kind: {n for n in files if "/time" in n} for kind, files in (("two", families), ("one", lines))}
    assert over_time == {"two": {"maps/time-family.html", "maps/time-lab.html"}, "one": {"maps/time.html"}}
    same = ("--level", "line", "--country", "DE", "--publish", "5", "--format", "csv")
    for file, *question in (
        ("combinations-line", "combinations"),
        ("clusters-by-country", "clusters", "--by", "country"),
    ):
        seed = ("--seed", "2") if file.startswith("clusters") else ()
        assert lines[f"tables/{file}.csv"] == loaded(*question, *same, *seed).text


def test_what_was_asked_beside_is_in_the_bundle(loaded: Program, made: dict[str, bytes]) -> None:
    files = opened(made["whole"])
    entries = {file: entry for entry in json.loads(files["manifest.json"]) for file in entry["files"]}
    pairs = files["tables/cooccurrence-family.csv"]
    first = next(csv.DictReader(io.StringIO(pairs)))
    assert {"boot_low", "boot_high", "lift_low", "lift_high"} <= set(first)
    assert "pagerank_rank_low" in files["tables/centrality-family.csv"]
    named = f"cohabit cooccurrence {first['a']} {first['b']} --level family --every month"
    assert entries["tables/leading-pair-family.csv"]["command"] == named
    assert entries["tables/leading-pair-lab.csv"]["command"].endswith(" --level lab --every month")
    # The group that is compared has filters of its own, and no other table has them.
    compared = entries["tables/compare-lab.csv"]
    assert compared["command"] == "cohabit compare --with country=DE --level lab --country US"
    assert compared["filters"] == ["--country US"]
    assert files["tables/compare-lab.csv"] == loaded(*compared["command"].split()[1:], "--format", "csv").text
    assert [name for name, entry in entries.items() if entry["filters"] and "compare-" not in name] == []
    assert entries["tables/query-mine.csv"]["command"] == "cohabit query --file queries/mine.cypher"
    assert entries["tables/query-mine.csv"]["cypher"][0].startswith("MATCH (h:Host)-[:IN_COUNTRY]")
    assert files["queries/mine.cypher"] == MINE
    again = loaded("query", "--name", "hosts-by-country", "--format", "csv")
    assert files["tables/query-hosts-by-country.csv"] == again.text
    counted = {row["country"]: row["hosts"] for row in csv.DictReader(io.StringIO(again.text))}
    mine = {row["place"]: row["n"] for row in csv.DictReader(io.StringIO(files["tables/query-mine.csv"]))}
    assert mine == {place: hosts for place, hosts in counted.items() if int(hosts) >= 2} != {}
    whole = (
        "#   cohabit bundle --level family --level lab --bootstrap 100 --compare country=US --with country=DE --query "
    )
    assert f"{whole}queries/mine.cypher --query hosts-by-country " in files["make-again.sh"]
    assert 'cp -R "$(dirname "$0")/queries" .' in files["make-again.sh"]
    assert "queries/" not in opened(made["known"])["README.txt"]


def test_the_workbook_holds_every_table(made: dict[str, bytes]) -> None:
    for content in made.values():
        files = unpacked(content)
        entries = [entry for entry in json.loads(files["manifest.json"]) if "headline" in entry]
        about, *filled = sheets(io.BytesIO(files["tables.xlsx"])).items()
        lines = [list(line.values()) for line in about[1]]
        assert about[0] == "about"
        assert lines[0] == [files["CITATION.txt"].decode().strip()]
        contents = about[1][1 + lines.index(["sheet", "table", "rows", "headline", "made by", "notes"]) :]
        assert [line["A"] for line in contents] == [name for name, _ in filled]
        for line, (_, (heading, *values)), entry in zip(contents, filled, entries, strict=True):
            assert entry["files"][0] == f"tables/{line['B']}.csv"
            assert (line.get("D") or None, line["E"]) == (entry["headline"], entry["command"])
            assert line.get("F", "") == " ".join(entry["caveats"])
            written = json.loads(files[f"tables/{line['B']}.json"])
            written = written if isinstance(written, list) else [written]
            assert len(values) == line["C"] == len(written)
            column = {name: letter for letter, name in heading.items()}
            for row, cells in zip(written, values, strict=True):
                numbers = {n: v for n, v in row.items() if isinstance(v, int | float) and not isinstance(v, bool)}
                assert {n: cells[column[n]] for n in numbers} == pytest.approx(numbers, rel=1e-12)


def test_a_workbook_names_what_no_sheet_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_MOST_ROWS", 2)
    small, large = (result(("item",), [{"item": str(i)} for i in range(rows)]) for rows in (2, 3))
    wide = result(("items",), [{"items": ["x" * 20_000, "y" * 20_000]}])
    long = "n" * 40
    tables = [(long, "a", small), (long + "2", "b", small), ("large", "c", large), ("wide", "d", wide)]
    book = sheets(io.BytesIO(output.as_workbook(["said"], tables)))
    assert list(book) == ["about", "n" * 31, "n" * 29 + "~2"]
    assert [line["A"] for line in book["about"]][-2:] == [
        "too large for a sheet: tables/large.csv",
        "too large for a sheet: tables/wide.csv",
    ]


def test_a_query_of_a_bundle_names_no_host(tmp_path: Path) -> None:
    class Opened:
        masker = Masker(b"k" * 32, names=lambda: ["gpu.example.net"])

    file = tmp_path / "mine.cypher"
    for text in ("192.0.2.7", "gpu.example.net"):
        file.write_text(f"MATCH (h:Host) WHERE h.address = '{text}' RETURN h.weeks AS weeks")
        bundle = Bundle({}, queries=read_queries([str(file)], tmp_path))
        assert "ORDER BY" in bundle.queries[0].notes[0]
        with pytest.raises(UsageError, match="--query mine: it names a host, and a bundle is handed on"):
            make(cast("Graph", Opened()), bundle, output.as_text, output.as_workbook)


def test_the_leading_pair_is_one_that_can_be_typed() -> None:
    masked = "host-0123456789abcdef"
    names = [("--data", "x"), ("a", f"{masked}-own"), ("a\u202e", "b"), ("none", "x"), ("llama", "qwen2")]
    rows = [{"a": a, "b": b, "hosts": None if a == "none" else 9} for a, b in names]
    assert leading_pair(result(("a", "b", "hosts"), rows)) == ("llama", "qwen2")
    assert leading_pair(result(("a", "b", "hosts"), rows[:4])) == ()


def test_the_map_over_time_follows_the_level() -> None:
    found = {}
    for level in ("family", "lab", "model"):
        steps = {file: call for file, call, _ in Bundle({}, levels=(level,)).steps()}
        found[level] = steps["maps/time.html"]
        assert "--level" not in steps["maps/families.html"]
    assert found["family"] == found["model"] == ["map", "time", "--seed", "0"]
    assert found["lab"] == ["map", "time", "--level", "lab", "--seed", "0"]
    assert "maps/time.html" in {file for file, _, _ in Bundle({}, levels=("model", "family")).steps()}
    # Excel cuts names of sheets: those of all levels stay apart by what is left of them, without a number.
    steps = Bundle({}, levels=LEVELS, against={"country": ["DE"]}).steps()
    names = [file.removeprefix("tables/") for file, _, what in steps if isinstance(what, Table)]
    cut = sheet_names(names, "about")
    assert cut == [name[:31] for name in names]
    assert len(set(cut)) == len(names)


def test_a_file_of_filters_has_its_option() -> None:
    bundle = Bundle({"in_file": ["own.csv"], "exclude_decoys": True})
    assert bundle.command("rank") == ["rank", "--in", "own.csv", "--exclude-decoys"]


def test_at_one_moment_nothing_is_over_time() -> None:
    always, once = ({file for file, _, _ in Bundle(f).steps()} for f in ({}, {"at": "2025-03-05"}))
    lives = {"tables/lifetimes-survival", "tables/lifetimes-churn", "tables/trends-family"}
    assert always - once == lives | {"tables/leading-pair-family", "maps/time.html"}


def test_what_is_for_everybody_names_no_owner() -> None:
    spread = {k: next(c for f, c, _ in Bundle({}, publish=k).steps() if f.endswith("of-hosts")) for k in (None, 10)}
    assert {"network", "provider"} <= set(spread[None])
    assert not {"network", "provider"} & set(spread[10])
    colleagues, everybody = ({file for file, _, _ in Bundle({}, publish=k).steps()} for k in (None, 10))
    owners = {"tables/rank-by-network", "tables/rank-by-provider", "maps/networks.html", "maps/providers.html"}
    assert colleagues - everybody == owners


def test_statements_asked_side_by_side_are_written_down_in_one_order() -> None:
    class Store:
        def table(self, cypher: str, parameters: object = None) -> None:
            """Nothing."""

    found = []
    for asked in ("abca", "cab"):
        recorder = Recorder(cast("GraphStore", Store()))
        for cypher in asked:
            recorder.table(cypher)
        found.append(recorder.taken())
        assert recorder.taken() == []
    assert found == [["a", "b", "c"]] * 2


def test_the_script_makes_the_files_again(loaded_copy: Program, made: dict[str, bytes]) -> None:
    files = opened(made["known"])
    script = files["make-again.sh"]
    subprocess.run(["sh", "-n"], input=script.encode(), check=True)
    lines = [shlex.split(line) for line in script.splitlines() if not line.startswith("#")]
    assert lines[:2] == [["set", "-eu"], ["mkdir", "-p", "tables", "maps"]]
    for folder in ("tables", "maps"):
        (loaded_copy.folder / folder).mkdir()
    # Before each command the script says what it is at.
    said, lines[2:] = lines[2::2], lines[3::2]
    assert said == [["echo", f"{i} of {len(said)}: {line[-1]}", ">&2"] for i, line in enumerate(lines[2:], 1)]
    assert {program for program, *_ in lines[2:]} == {"cohabit"}
    wanted = {n for n in files if n.startswith(("tables/", "maps/")) or n == "report.html"}
    assert [line[-1] for line in lines[2:]] == sorted(wanted, key=[line[-1] for line in lines].index)
    # Not each of seventy; the report is the last.
    for done in loaded_copy.each([arguments for _, *arguments in lines[:1:-5]]):
        assert done.code == 0, done.err
    again = {n: h for n, h in contents(loaded_copy.folder).items() if not n.startswith("cohabit-data")}
    assert len(again) > 10
    assert "report.html" in again
    assert again == {name: hashlib.sha256(files[name].encode()).hexdigest() for name in again}
    # What the paper says to compare it with is what the script makes.
    (pattern,) = re.findall(r"`grep -E '(.*)' SHA256SUMS", files["README.txt"])
    assert f"grep -E '{pattern}' " in script
    summed = [line.split("  ")[1] for line in files["SHA256SUMS"].splitlines() if re.search(pattern, line)]
    assert set(summed) == wanted
    (whole,) = re.findall(r"^#   cohabit (bundle .*)$", script, re.MULTILINE)
    assert f"\n    cohabit {whole}\n\nmanifest.json" in files["README.txt"]
    assert loaded_copy(*shlex.split(whole), "--quiet").code == 0
    assert (loaded_copy.folder / "study.zip").read_bytes() == made["known"]
