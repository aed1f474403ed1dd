"""Every command that answers, in every format: the same rows, as each format writes them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cohabit.output import Format, _json, _markdown, _table, as_text, show
from cohabit.queries.result import Result, result
from tests.cli.conftest import Done, Program
from tests.cli.records import DIGEST, IPV4_HOST, IPV6_HOST, NAMED_HOST, NEW_DIGEST, OLD_DIGEST, records
from tests.exports.readers import workbook

# The call, and the keys that its JSON has at least.
RANK = "hosts, share, low, high, base, listings, host_weeks, networks, countries"
PAIR = (
    "a, b, hosts, hosts_a, hosts_b, share_of_a, share_of_b, share_of_multi_model_hosts, low, high, "
    "multi_model_hosts, lift, jaccard, npmi, odds_ratio, odds_low, odds_high, p_value, log10_p, q_value, base"
)
CENTRALITY = "degree, strength, pagerank, eigenvector, betweenness, closeness, core"
RISK = (
    "condition, hosts, share, low, high, base, basis, kind, deployments, share_of_deployments, deployments_base, note"
)
ENDPOINT = (
    "host, port, country, asn, as_name, provider, software, version, models, digests, capabilities, first_seen, "
    "last_seen, seen_on"
)
IMPACT = "scope, item, hosts, share, low, high, base, share_of_affected, matched_by"
SHARE = "hosts, share, low, high, base, kind"
HOST = "host, port, country, asn, provider, software, version, models, first_seen, last_seen"
DIFF = (
    "item, before, after, added, removed, kept, not_rescanned, share_before, share_after, difference, low, high, "
    "base_before, base_after"
)
CALLS = {
    "info": "hosts, models, families, deployments, multi_model_hosts, observations, countries, networks, scans, "
    "rejected, first_seen, last_seen",
    "info --scans": "sha256, file_name, loader, records, rejected, first_seen, last_seen",
    "rank --level model": f"item, {RANK}",
    "rank --by country": f"place, {RANK}",
    "rank --by provider --level line": f"place, item, {RANK}",
    "cooccurrence": PAIR,
    "cooccurrence qwen2 --bootstrap 100": f"{PAIR}, boot_low, boot_high, lift_low, lift_high",
    "cooccurrence llama qwen2 gemma2": "items, left_out, hosts, hosts_of_each, share_with_all, "
    "share_of_multi_model_hosts, low, high, lift, p_value, log10_p, base",
    "trends": f"period, item, {SHARE}",
    "trends --by provider --level line --every week": f"period, place, item, {SHARE}",
    "trends --view slopes": "item, hosts, first_share, last_share, course, slope, slope_low, slope_high, p_value",
    "trends --view vanished --level model": "item, first_period, last_period, periods, hosts, peak_period, peak_share",
    "lifetimes --view churn": "period, before, hosts, arrived, returned, stayed, left, not_rescanned, coverage",
    "lifetimes --view observations": "group, hosts, share, observations, share_of_observations, base",
    "combinations": "items, size, hosts, share, low, high, base",
    "combinations --by country --level lab": "place, items, size, hosts, share, low, high, base",
    "centrality": f"item, hosts, {CENTRALITY}",
    "centrality --level model --weight lift --bootstrap 100": "item, hosts, pagerank_rank_low, core_rank_high",
    "clusters --level model": "item, cluster, hosts, distance_to_centre, stability, modularity, note",
    "clusters --by country --min-hosts 2": "item, cluster, hosts, base, distance_to_centre, stability, apart",
    "analyse": "label, fact, written",
    "concentration": "item, hosts, hill_1, hill_2, hhi, top, top_share",
    "concentration --by network": "item, hosts, hill_1, hill_2, hhi, top, top_share",
    "concentration --of provider": "item, hosts, base, places, hill_1, hhi, top, top_share, top_3_share, top_10_share",
    "concentration --by country --quotients": "place, item, hosts, share, share_overall, quotient, base",
    "risks": RISK,
    "risks --kind version --since 2025-02-20": RISK,
    "risks --monoculture": "measure, level, goal, items, size, size_at_least, proven, method, hosts, share, low, high, "
    "base",
    "impact qwen2.5": IMPACT,
    f"impact lab:meta digest:{DIGEST} --include-derived --level model": IMPACT,
    "diff 2025-02-20 2025-03-05 --within 2": DIFF,
    "diff 2025-02-20 2025-03-05 --within 2 --level line --country DE": DIFF,
    "diff 2025-02-20 2025-03-05 --within 2 --level host": "host, status, before, after, added, removed, kept, "
    "not_rescanned",
    "diff 2025-02-20 2025-03-05 --within 2 --digests": "model, from_digest, to_digest, hosts, share, low, high, base, "
    "first_week",
    "compare --with country=US": "item, hosts_a, hosts_b, base_a, base_b, share_a, share_b, difference, low, high, "
    "p_value, q_value, difference_without_top",
    "study": "claim, reading, published, computed, low, high, verdict, definition, note",
    "hosts": HOST,
    f"hosts --model llama3 --family qwen2 --digest {DIGEST}": HOST,
    "hosts --endpoints": ENDPOINT,
    f"hosts --model llama3 --digest {DIGEST} --endpoints": ENDPOINT,
    f"host {IPV4_HOST}": HOST,
    "query 'MATCH (h:Host) RETURN h.address AS address, h.weeks AS weeks ORDER BY address'": "address, weeks",
    "query --name family-pair --param a=llama --param b=qwen2": "hosts",
    "query --list": "name, source, title, parameters",
    "catalogue": "line, lab, lab_country, derived_from, capabilities, source",
    "catalogue QWEN2.5:7b": "step, value, basis",
    "catalogue --unknown": "item, hosts, share, low, high, base, family",
    "rejected": "file, line, reason, raw",
    "load --list": "loader, reads",
}
SINGLE = ("info", f"host {IPV4_HOST}")
FORMATS = ("json", "csv", "markdown", "parquet", "table")

Answers = dict[tuple[str, str], Done]


@pytest.fixture(scope="module")
def answers(loaded: Program) -> Answers:
    calls = [(call, form) for call in CALLS for form in FORMATS]
    done = loaded.each([f"{call} --format {form}" for call, form in calls])
    return dict(zip(calls, done, strict=True))


def rows_of(answers: Answers, call: str) -> list[dict[str, Any]]:
    found = answers[call, "json"].json
    return [found] if call in SINGLE else list(found)


@pytest.mark.parametrize("call", CALLS)
def test_json_has_the_keys_and_nothing_else_is_on_standard_output(answers: Answers, call: str) -> None:
    done = answers[call, "json"]
    assert done.code == 0, done.err
    assert isinstance(done.json, dict) == (call in SINGLE)
    rows = rows_of(answers, call)
    assert rows
    for row in rows:
        assert set(CALLS[call].split(", ")) <= set(row)
        assert list(row) == list(rows[0])


@pytest.mark.parametrize("call", CALLS)
def test_csv_has_the_same_rows(answers: Answers, call: str) -> None:
    done = answers[call, "csv"]
    assert done.code == 0, done.err
    table = list(csv.DictReader(io.StringIO(done.text)))
    assert table == [{k: as_csv(v) for k, v in row.items()} for row in rows_of(answers, call)]


def as_csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(as_csv(v) for v in value)
    return json.dumps(value) if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("call", CALLS)
def test_parquet_has_the_same_rows(answers: Answers, call: str) -> None:
    done = answers[call, "parquet"]
    assert done.code == 0, done.err
    assert pq.read_table(io.BytesIO(done.out)).to_pylist() == rows_of(answers, call)


@pytest.mark.parametrize("call", CALLS)
def test_markdown_is_one_table_with_all_rows(answers: Answers, call: str) -> None:
    done = answers[call, "markdown"]
    assert done.code == 0, done.err
    lines = [line for line in done.text.splitlines() if line.startswith("|")]
    rows = rows_of(answers, call)
    assert len(lines) == 2 + (len(rows[0]) if call in SINGLE else len(rows))
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    assert {len(line) for line in cells} == {len(cells[0])}
    assert set("".join(cells[1])) <= {"-", ":"}
    assert "\x1b" not in done.text


@pytest.mark.parametrize("call", CALLS)
def test_the_table_shows_every_row_or_says_how_many(answers: Answers, call: str) -> None:
    done = answers[call, "table"]
    assert done.code == 0, done.err
    every = rows_of(answers, call)
    # Advisories that are about no host are counted, and not in the table.
    rows = [row for row in every if not (call.startswith("risks") and row.get("source") and not row["hosts"])]
    left = len(every) - len(rows)
    assert (f"{left} advisories that are about no host left out" in done.text) == (left > 0)
    # The list of saved queries is for looking something up: it is never cut.
    cut = len(rows) > 20 and call != "query --list"
    assert (f"20 of {len(rows)} shown" in done.text) == cut
    assert cut or done.text.count("\n") >= len(rows)
    first = next(iter(rows[0].values()))
    assert str(first[0] if isinstance(first, list) else first) in done.text.replace(",", "")
    assert "\x1b" not in done.text


def test_known_rows(answers: Answers) -> None:
    """Counted by hand from the records: 24 hosts list models, 3 of them two or more."""
    about = rows_of(answers, "info")[0]
    assert (about["hosts"], about["multi_model_hosts"], about["hosts_with_models"]) == (25, 3, 24)
    assert (about["observations"], about["countries"], about["networks"]) == (len(records()), 3, 3)
    pairs = {(r["a"], r["b"]): r for r in rows_of(answers, "cooccurrence")}
    assert set(pairs) == {("llama", "qwen2"), ("gemma2", "llama"), ("gemma2", "qwen2")}
    both = pairs["llama", "qwen2"]
    # llama: 192.0.2.7, 2001:db8::7 and ten odd hosts; qwen2: those two, the named host and ten even ones.
    assert (both["hosts"], both["hosts_a"], both["hosts_b"], both["base"]) == (2, 12, 13, 24)
    assert both["share_of_multi_model_hosts"] == 2 / 3
    assert both["lift"] == 24 * 2 / (12 * 13)
    (found,) = rows_of(answers, f"hosts --model llama3 --family qwen2 --digest {DIGEST}")
    assert (found["asn"], found["provider"], found["models"]) == (
        64497,
        "Sample Hosting",
        ["llama3:latest", "qwen2.5:7b"],
    )
    history = rows_of(answers, f"host {IPV4_HOST}")[0]
    assert (history["version"], history["weeks"], history["observations"]) == (["0.6.2"], [202508, 202510], 2)
    assert history["host"] == found["host"]
    assert rows_of(answers, "query --name family-pair --param a=llama --param b=qwen2") == [{"hosts": 2}]


def test_known_changes(answers: Answers) -> None:
    """In week 10 only 192.0.2.7 is seen, without its qwen2.5:7b; the other 24 hosts are not seen since."""
    about = {r["item"]: r for r in rows_of(answers, "diff 2025-02-20 2025-03-05 --within 2")}
    counted = ("before", "after", "added", "removed", "kept", "not_rescanned", "not_seen_since")
    assert [about["llama"][c] for c in counted] == [12, 1, 0, 0, 1, 11, 11]
    assert [about["qwen2"][c] for c in counted] == [13, 0, 0, 1, 0, 12, 12]
    assert (about["llama"]["share_before"], about["llama"]["share_after"]) == (12 / 25, 1)
    hosts = rows_of(answers, "diff 2025-02-20 2025-03-05 --within 2 --level host")
    assert [r["status"] for r in hosts] == ["changed"] + ["not seen since"] * 24
    assert (hosts[0]["removed"], hosts[0]["kept"]) == (["qwen2.5:7b"], ["llama3:latest"])
    (moved,) = rows_of(answers, "diff 2025-02-20 2025-03-05 --within 2 --digests")
    assert (moved["model"], moved["from_digest"], moved["to_digest"]) == ("llama3:latest", OLD_DIGEST, NEW_DIGEST)
    assert (moved["hosts"], moved["base"], moved["first_week"]) == (1, 1, 202510)
    # All 24 hosts that list models against the one in the United States, which runs all three families.
    groups = {r["item"]: r for r in rows_of(answers, "compare --with country=US")}
    assert (groups["llama"]["share_a"], groups["llama"]["share_b"], groups["llama"]["base_b"]) == (12 / 24, 1, 1)
    # Of the two gemma2 hosts one is it: P(X >= 1) = 2/24 if one of 24 is drawn.
    assert groups["gemma2"]["p_value"] == pytest.approx(2 * 2 / 24)


def test_no_address_in_any_format(answers: Answers) -> None:
    for (call, form), done in answers.items():
        for hidden in (IPV4_HOST, IPV6_HOST, NAMED_HOST, "192.0.2."):
            assert hidden.encode() not in done.out, (call, form)
            assert hidden not in done.err, (call, form)


WORKBOOKS = ("rank --level model", "compare --with country=US", f"host {IPV4_HOST}", "trends --view slopes")


def test_a_workbook_has_the_same_rows(answers: Answers, loaded: Program) -> None:
    """Numbers are numbers, texts texts, and nothing is a formula or a link (which the reader asserts)."""
    done = loaded.each([f"{call} -o {number}.XLSX" for number, call in enumerate(WORKBOOKS)])
    for number, call in enumerate(WORKBOOKS):
        assert (done[number].code, done[number].out) == (0, b"")
        assert done[number].err == answers[call, "json"].err
        file = loaded.folder / f"{number}.XLSX"
        found = workbook(file)
        file.unlink()
        assert list(found) == ["answer"]
        wanted = [{k: as_cell(v) for k, v in row.items() if v is not None} for row in rows_of(answers, call)]
        assert [{k: as_cell(v) for k, v in row.items()} for row in found["answer"]] == wanted


def as_cell(value: Any) -> Any:
    """A value as a cell has it; of the 17 digits of a float a workbook has 16."""
    if isinstance(value, list):
        return "; ".join("" if v is None else str(v) for v in value)
    return float(f"{value:.14g}") if isinstance(value, float) else value


def test_a_workbook_says_what_stands_around_it_and_runs_no_formula(tmp_path: Path) -> None:
    rows = [
        {"item": '=HYPERLINK("http://192.0.2.1")', "share": 0.5, "low": -0.25, "hosts": 10**15, "map": {"a": math.inf}},
        {"item": "http://192.0.2.1", "share": math.nan, "low": None, "hosts": 3, "map": {}},
    ]
    answer = result(tuple(rows[0]), rows, headline="=1+1", caveats=("One.", "@Two"), in_points=("low",))
    file = tmp_path / "x.xlsx"
    show(answer, Format("xlsx", file, quiet=True))
    found = workbook(file)["answer"]
    assert found[0] == {"item": rows[0]["item"], "share": 0.5, "low": -0.25, "hosts": str(10**15), "map": '{"a": null}'}
    assert found[1] == {"item": "http://192.0.2.1", "hosts": 3.0, "map": "{}"}
    with zipfile.ZipFile(file) as book:
        about, sheet = (book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
        assert "0.0%" in book.read("xl/styles.xml").decode()
    assert re.findall("<t>(.*?)</t>", about) == ["headline", "=1+1", "note", "One.", "note", "@Two"]
    # Shares are shown in percent, differences are not.
    assert re.search(r'<c r="B2" s="\d"><v>0.5</v>', sheet)
    assert re.search(r'<c r="C2"><v>-0.25</v>', sheet)
    again = tmp_path / "again.xlsx"
    show(answer, Format("xlsx", again, quiet=True))
    assert again.read_bytes() == file.read_bytes()


def test_a_workbook_is_a_file_and_no_format(loaded: Program) -> None:
    calls = ["rank --format xlsx", "rank -o x.xls", "rank -o nowhere/x.xlsx"]
    asked, old, nowhere = loaded.each(calls)
    assert (asked.code, asked.err) == (
        2,
        "cohabit: --format 'xlsx': choose from table, json, csv, markdown, parquet\n",
    )
    assert (old.code, old.err) == (2, "cohabit: x.xls: workbooks are written as .xlsx; name the file so\n")
    assert nowhere.code == 1


def of_months(*items: str, months: int = 5) -> Result:
    rows = [{"period": f"2025-{m:02}", "item": i, "hosts": m} for i in items for m in range(1, months + 1)]
    return result(("period", "item", "hosts"), rows, series=("item",))


def shown(answer: Result, limit: int) -> list[str]:
    """The lines of a table, without its headings."""
    return [" ".join(line.split()) for line in _table(answer, Format(limit=limit)).splitlines()[1:]]


def test_a_table_of_a_series_lacks_the_beginning_and_not_the_end() -> None:
    assert shown(of_months("a"), 2) == [
        "2025-04 a 4",
        "2025-05 a 5",
        "2 of 5 shown; of a only the newest, from 2025-04 on",
    ]
    assert shown(of_months("a"), 5) == [f"2025-0{m} a {m}" for m in range(1, 6)]
    # What fits is whole; the next one has its newest rows.
    both = shown(of_months("a", "b", "c"), 7)
    assert both[:5] == [f"2025-0{m} a {m}" for m in range(1, 6)]
    assert both[5:] == ["2025-04 b 4", "2025-05 b 5", "7 of 15 shown; of b only the newest, from 2025-04 on"]
    assert shown(of_months("a", "b"), 5)[5:] == ["5 of 10 shown"]
    # Rows that are one series, and rows that are none.
    whole = of_months("a")
    assert shown(replace(whole, series=()), 1)[1:] == ["1 of 5 shown; only the newest, from 2025-05 on"]
    assert shown(replace(whole, series=None), 1) == ["2025-01 a 1", "1 of 5 shown"]
    assert len(json.loads(_json(whole, Format("json", limit=1)))) == 5
    assert _markdown(whole, Format("markdown", limit=1)).count("| 2025") == 5


def test_bounds_of_a_difference_are_percentage_points_and_those_of_a_share_are_not(answers: Answers) -> None:
    for call in ("compare --with country=US", "diff 2025-02-20 2025-03-05 --within 2"):
        for form in ("table", "markdown"):
            text = answers[call, form].text.replace("\\", "")
            row = next(line for line in text.splitlines() if re.match(r"\|? ?llama\b", line))
            assert len(re.findall(r"[+-]\d+\.\d\d pp", row)) >= 3, row
            bounds = rows_of(answers, call)[0]
            assert -1 <= bounds["low"] <= bounds["difference"] <= bounds["high"] <= 1
    assert " pp" not in answers["rank --level model", "table"].text


def test_limit_is_for_tables_only(loaded: Program) -> None:
    three, all_of_them, as_json = loaded.each(
        ["hosts --limit 3", "hosts --limit 25", "hosts --limit 3 --format json"],
    )
    assert "3 of 25 shown" in three.text
    assert three.text.count("host-") == 3
    assert "shown" not in all_of_them.text
    assert len(as_json.json) == 25


def test_floats_are_whole_and_undefined_is_null(loaded: Program) -> None:
    none, pairs = loaded.each(["cooccurrence gemma2 llama --country FR --format json", "cooccurrence --format json"])
    (row,) = none.json
    assert (row["hosts"], row["base"]) == (0, 0)
    assert row["lift"] is None
    assert [row[c] for c in ("share_of_a", "share_of_a_low", "p_value", "log10_p", "q_value")] == [None] * 5
    assert pairs.json[0]["low"] == pytest.approx(wilson_low(2, 3), rel=1e-15)


def wilson_low(k: int, n: int) -> float:
    z, p = 1.959963984540054, k / n
    return (p + z * z / (2 * n) - z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def test_a_query_gives_any_value_in_any_format(loaded: Program) -> None:
    cypher = (
        "RETURN date('2025-03-01') AS day, cast('1.25' AS DECIMAL(5, 2)) AS price, 0.5 AS half, true AS yes, "
        "{set: 1} AS m, [1, 2] AS l, null AS nothing, cast('340282366920938463463374607431768211455' AS STRING) AS big"
    )
    expected = {
        "day": "2025-03-01",
        "price": 1.25,
        "half": 0.5,
        "yes": True,
        "m": {"set": 1},
        "l": [1, 2],
        "nothing": None,
        "big": "340282366920938463463374607431768211455",
    }
    forms = ("json", "csv", "parquet")
    as_json, as_csv_text, as_parquet = loaded.each([["query", cypher, "--format", form] for form in forms])
    assert as_json.json == [expected]
    assert as_csv_text.text.splitlines()[1] == '2025-03-01,1.25,0.5,true,"{""set"": 1}",1; 2,,' + expected["big"]
    assert pq.read_table(io.BytesIO(as_parquet.out)).to_pylist() == [expected]


def test_tables_show_short_digests_where_they_are_clear() -> None:
    one, other, twin = "a1" * 32, "b2" * 32, "a1" * 6 + "c3" * 26
    columns = ("item", "digests", "sha256")

    def drawn(*items: str) -> str:
        rows = [{"item": item, "digests": [other], "sha256": one} for item in items]
        return as_text(result(columns, rows), "table")

    assert [line.split() for line in drawn(one, f"digest:{other}", f"not {one}").splitlines()[1:]] == [
        [one[:12], other[:12], one],
        [f"digest:{other[:12]}", other[:12], one],
        ["not", one, other[:12], one],
    ]
    # Two that begin alike are shown in full: their first digits are none of them.
    assert [line.split()[:2] for line in drawn(one, twin).splitlines()[1:]] == [[one, other[:12]], [twin, other[:12]]]
    # Programs get the whole, and so does whoever asks for columns of their own.
    rows = [{"item": one}]
    for name in ("json", "csv", "markdown"):
        assert one in as_text(result(("item",), rows), name)
    assert one in as_text(result(("item",), rows, own_columns=True), "table")


def test_two_columns_of_one_name_are_refused(loaded: Program) -> None:
    done = loaded("query", "RETURN 1 AS a, 2 AS a")
    assert (done.code, done.out) == (2, b"")
    assert done.err == "cohabit: two columns of the query are called a; tell them apart with AS\n"


@pytest.mark.parametrize("call", ["centrality", "clusters", "clusters --by country", "concentration --by country"])
def test_only_what_a_question_needs_is_imported(loaded: Program, call: str) -> None:
    imported = loaded(*call.split(), PYTHONPROFILEIMPORTTIME="1").err
    modules = {line.rpartition("|")[2].strip() for line in imported.splitlines()}
    assert "cohabit.queries.centrality" in modules
    assert not {"pandas", "networkx", "duckdb", "ibis"} & modules


def test_a_saved_query_without_rows_says_so_under_its_title(loaded: Program) -> None:
    done = loaded("query", "--name", "countries-of-model", "--param", "model=nosuch")
    assert (done.code, done.err) == (0, "")
    assert done.text.splitlines() == ["Countries in which one model runs", "No rows."]
