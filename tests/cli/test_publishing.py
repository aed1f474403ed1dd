"""`--publish` at the command line, and `bundle`: one file to hand on, always the same bytes, and made again."""

from __future__ import annotations

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

from cohabit.bundles.contents import Bundle
from cohabit.bundles.making import Recorder
from cohabit.graph.store import GraphStore
from tests.cli.conftest import Program, contents
from tests.cli.records import IPV4_HOST, IPV6_HOST, NAMED_HOST

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
        "bundle -o study.zip --source ' '": "--source is empty",
        f"map -o x.svg --source {'x' * 201}": "--source has 201 characters: the source line takes 200",
        "bundle -o study.tar": "study.tar: a file name that ends in .zip, please",
        "bundle -o study.zip --prefix 192.0.2.0/24": "bundle: --prefix is part of an address",
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
    assert [(done.code, done.err, done.out) for done in loaded.each(calls)] == [(0, "", b"")] * len(calls)
    files = {name: loaded.folder / f"{name}.zip" for name in CALLS}
    found = {name: file.read_bytes() for name, file in files.items()}
    for file in files.values():
        file.unlink()
    return found


NAMED = "Server list of Example, 2026"
CALLS = {"whole": "", "known": f"--publish 5 --country DE --seed 2 --level line --source '{NAMED}'"}


def opened(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {about.date_time for about in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_bundle_has_its_sums(made: dict[str, bytes]) -> None:
    for content in made.values():
        files = opened(content)
        sums = dict(reversed(line.split("  ")) for line in files.pop("SHA256SUMS").splitlines())
        assert sums == {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}


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


def test_a_bundle_of_a_level_has_its_pairs_and_groups(loaded: Program, made: dict[str, bytes]) -> None:
    families, lines = opened(made["whole"]), opened(made["known"])
    own = {"rank-{}-by-country", "cooccurrence-{}", "combinations-{}", "centrality-{}", "clusters-{}"}
    own |= {"concentration-{}", "concentration-{}-by-country", "trends-{}"}
    tables = {level: {f"tables/{name.format(level)}.csv" for name in own} for level in ("family", "line")}
    owners = {"tables/rank-by-network.csv", "tables/rank-by-provider.csv"}
    assert {n for n in families if n.endswith(".csv")} - set(lines) == tables["family"] | owners
    assert {n for n in lines if n.endswith(".csv")} - set(families) == tables["line"]
    same = ("--level", "line", "--country", "DE", "--publish", "5", "--format", "csv")
    for file, *question in (
        ("combinations-line", "combinations"),
        ("clusters-by-country", "clusters", "--by", "country"),
    ):
        seed = ("--seed", "2") if file.startswith("clusters") else ()
        assert lines[f"tables/{file}.csv"] == loaded(*question, *same, *seed).text


def test_at_one_moment_nothing_is_over_time() -> None:
    always, once = ({file for file, _, _ in Bundle(f).steps()} for f in ({}, {"at": "2025-03-05"}))
    lives = {"tables/lifetimes-survival", "tables/lifetimes-churn", "tables/trends-family"}
    assert always - once == lives | {"maps/time.html"}


def test_what_is_for_everybody_names_no_owner() -> None:
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
    assert {program for program, *_ in lines[2:]} == {"cohabit"}
    wanted = {n for n in files if n.startswith(("tables/", "maps/")) or n == "report.html"}
    assert [line[-1] for line in lines[2:]] == sorted(wanted, key=[line[-1] for line in lines].index)
    # Not each of sixty; the report is the last.
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
    assert loaded_copy(*shlex.split(whole), "--quiet").code == 0
    assert (loaded_copy.folder / "study.zip").read_bytes() == made["known"]
