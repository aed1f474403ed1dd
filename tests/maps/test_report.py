"""The report and pictures from the command line: from a scan that strangers wrote to files that are safe to hand on."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from html import unescape
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from statsmodels.stats.proportion import proportion_confint

from cohabit.errors import DataError, UsageError
from cohabit.graph.store import GraphStore, open_store
from cohabit.maps import browser
from cohabit.maps.kinds import KINDS, make_file, make_map, make_report, make_still
from cohabit.maps.request import Request
from cohabit.queries.protection import Protection
from cohabit.queries.scope import Scope
from cohabit.session import Graph
from cohabit.text import visible
from tests.maps.harness import Chromium
from tests.maps.samples import HOSTILE
from tests.maps.test_place_figures import SVG, safe
from tests.queries.tools import Record, record, store_of

FAMILIES = ("llama", "qwen2", "gemma3", "bert", "phi3")
COUNTRIES = ("CN", "US", "DE", "SG")
Cohabit = Callable[..., subprocess.CompletedProcess[str]]


def population() -> list[Record]:
    """Hosts of three months, four countries and three networks; German ones rather run llama."""
    chance = random.Random(21)
    found = []
    for host in range(600):
        country = chance.choice(COUNTRIES)
        own = {
            f
            for i, f in enumerate(FAMILIES)
            if chance.random() < (0.75 if (country, f) == ("DE", "llama") else 0.5 / (i + 1))
        }
        when = f"2026-0{1 + host % 3}-14T10:00:00Z"
        found.append(record(host, own, country=country, asn=64496 + host % 3, timestamp=when))
    return found


def hostile_population() -> list[Record]:
    names = [name[:900] for name in HOSTILE if name.strip() and "\ud800" not in name]
    found = []
    for host in range(240):
        models = [{"name": n, "details": {"family": n}} for k, n in enumerate(names) if (host + k) % 3 == 0]
        one = record(host, (), country=COUNTRIES[host % 4], asn=64496 + host % len(names))
        found.append(one | {"models": models, "as_name": names[host % len(names)]})
    return found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    store_of(folder, population()).close()
    return folder / "data"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    store_of(folder, hostile_population()).close()
    return folder / "data"


@pytest.fixture
def cohabit(tmp_path: Path) -> Cohabit:
    def run(*arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        import os

        command = [sys.executable, "-m", "cohabit", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=check, env={**os.environ, **environment}
        )

    return run


def shown(html: str) -> str:
    """The text of a page, without its elements and styles."""
    body = html.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_the_report_says_what_counting_gives(plain: Path, cohabit: Cohabit, tmp_path: Path) -> None:
    records = population()
    cohabit("report", "-o", "report.html", "--data", str(plain))
    text = shown((tmp_path / "report.html").read_text("utf-8"))
    own = [{m["name"] for m in r["models"]} for r in records]
    listed = [families for families in own if families]
    several = [families for families in own if len(families) > 1]
    low, high = proportion_confint(len(several), len(listed), method="wilson")
    assert f"600 hosts in scope; {len(several)} of the {len(listed)} with models list two or more" in text
    assert f"(95 % interval {low * 100:.1f} % to {high * 100:.1f} %)" in text
    pairs = Counter(pair for families in own for pair in combinations(sorted(families), 2))
    (a, b), both = min(pairs.items(), key=lambda p: (-p[1], p[0]))
    low, high = proportion_confint(both, len(several), method="wilson")
    assert f"{a} and {b} live together on {both} hosts" in text
    assert f"{low * 100:.1f} % to {high * 100:.1f} %" in text
    countries = Counter(r["country_code"] for r in records)
    names = {"CN": "China", "US": "United States", "DE": "Germany", "SG": "Singapore"}
    top, hosts = min(countries.items(), key=lambda c: (-c[1], c[0]))
    low, high = proportion_confint(hosts, 600, method="wilson")
    assert f"{names[top]} has most hosts" in text
    assert f"{low * 100:.1f} % to {high * 100:.1f} %" in text
    assert f"hosts are in {len(countries)} countries" in text
    for heading in (
        *("Who is biggest", "Who lives with whom", "Where", "What rises and falls"),
        *("Figures of another study beside these data", "What could be wrong with the data", "Methods in short"),
    ):
        assert heading in text
    for check in ("suspected decoys", "seen once", "unseen hosts"):
        assert check in text
    assert "2026-01-14 to 2026-03-14" in text


def test_without_reported_families_and_countries_the_report_says_so(tmp_path: Path) -> None:
    """Every part names its true reason, for everybody or not: there is no country, so none is too small."""
    records = []
    for host in range(60):
        names = ("llama3.2:1b", "qwen2.5:0.5b", "nomic-embed-text:latest")[: 1 + host % 3]
        records.append(record(host, (), country=None) | {"models": [{"name": name} for name in names]})
    with closing(store_of(tmp_path, records)) as store:
        plain, many = (Request(protected=p) for p in (None, Protection(10)))
        whole, public = shown(make_report(store, plain)), shown(make_report(store, many))
        assert "The country of none of the 60 hosts in scope is known." in whole
        fewer = "The data do not say where hosts are: fewer than 10 of the 60 hosts in scope have a known country."
        assert fewer in public
        for request, said in ((plain, "The country of none of the 60 hosts in scope is known."), (many, fewer)):
            assert said in shown(make_map(store, "countries", request))
            still = ET.fromstring(make_still(store, "countries", replace(request, share="lab-country:CN")))
            words = [e.text or "" for e in still.iter(f"{SVG}text")]
            assert {said, "Share of hosts with models of labs in China, by country"} <= set(words)
            base = "fewer than 10" if request.protected else "0"
            assert f"Base n: {base} hosts with a known country (of 60)." in words
        for text in (whole, public):
            assert "No server in these scans reported a family: all families are the catalogue's" in text
            assert "what its server reports" not in text
            assert "No country has" not in text
        assert "All observations are of one month" in whole
        assert "Fewer than two months have a family on 10 hosts or more" in public


def test_of_countries_under_k_the_report_says_that(tmp_path: Path) -> None:
    records = [record(host, ("llama", "qwen2"), country=("CN", "US", "DE")[host % 3]) for host in range(24)]
    with closing(store_of(tmp_path, records)) as store:
        text = shown(make_report(store, Request(protected=Protection(10))))
        assert "No country has 10 hosts or more." in text
        assert "do not say where" not in text
        # By hand: a known place, and the reported family.
        assert "The family of a model is the one that most hosts report for it" in text
        nobody = shown(make_report(store, Request(Scope(country=("FR",)), protected=Protection(10))))
        assert "Fewer than 10 hosts are in scope: there is nothing to report." in nobody
        # Nothing is in scope, which is said once; of no part is there anything more to say.
        assert "Who is biggest" not in nobody
        assert "There is none of 10 hosts or more." not in nobody
        page = make_map(store, "families", Request(Scope(country=("FR",)), protected=Protection(10)))
        assert "There is no family in this selection that may be shown (published with K = 10)" in page


def test_a_report_of_one_country_is_split_by_networks_and_says_nothing_of_the_world(
    plain: Path, tmp_path: Path
) -> None:
    own = [r for r in population() if r["country_code"] == "DE"]
    records = [{**r, "as_name": f"Carrier {r['asn']}"} for r in own]
    networks = Counter(r["asn"] for r in own)
    top, hosts = min(networks.items(), key=lambda n: (-n[1], n[0]))
    low, high = proportion_confint(hosts, len(own), method="wilson")
    interval = f"(95 % interval {low * 100:.1f} % to {high * 100:.1f} %)"
    with closing(store_of(tmp_path, records)) as one, closing(open_store(plain, "embedded")) as several:
        # Asked for, and where all hosts of the graph are in it.
        asked, only = (
            shown(make_report(store, Request(Scope(country=where))))
            for store, where in ((several, ("Germany",)), (one, ()))
        )
        public = shown(make_report(one, Request(Scope(country=("DE",)), protected=Protection(10))))
        whole = shown(make_report(several, Request()))
    for text in (asked, only, public):
        assert "Which AI models live together on exposed hosts – Germany" in text
        assert "Who carries the hosts in Germany Networks" in text
        assert "hosts in scope, all in Germany; " in text
        assert "Silent Brothers" not in text
        assert "has most hosts" not in text
        assert "countries with most" not in text
        assert "The report is of one country." in text
    assert f"{len(own)} hosts in scope, all in Germany" in asked
    assert f"Carrier {top} carries the largest part of these hosts, {100 * hosts / len(own):.0f} % {interval}." in only
    for asn, number in networks.items():
        assert f"AS{asn}" in only
        assert f"{number} of {len(own)}" in only
        assert f"{number // 10 * 10} of {len(own) // 10 * 10}" in public
    assert "Germany;" not in whole
    assert "Who carries the hosts" not in whole
    assert "Silent Brothers" in whole


def test_the_study_is_named_and_empty_columns_are_not_there(plain: Path) -> None:
    with closing(open_store(plain, "embedded")) as store:
        whole, public = (make_report(store, Request(protected=p)) for p in (None, Protection(10)))
    assert "Silent Brothers (SentinelOne and Censys, January 2026): " in shown(whole)
    assert "The study is Silent Brothers (SentinelOne and Censys, January 2026)." in shown(public)
    for html in (whole, public):
        for table in re.findall(r"<table>.*?</table>", html, re.S):
            rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>.*?</tr>", table)]
            for column in zip(*rows, strict=True):
                assert set(column[1:]) - {"", "–"}, column[0]
        assert '<th class="number">In the study</th>' in html
        assert "Published figures" not in html
    assert '<th class="number">Effect</th>' in whole
    assert "Effect" not in shown(public)


def test_beside_each_figure_stands_what_other_definitions_make_of_it(plain: Path) -> None:
    with Graph(plain) as graph:
        page, answers = graph.report(), graph.study().to_dict("records")
    section = page[page.index("<h2>Figures of another study") :].split("</section>")[0]
    cells = {}
    for row in re.findall(r"<tr>.*?</tr>", section, re.S)[1:]:
        claim, _, _, _, other, _ = re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
        cells[claim] = other
    several = 0
    for claim, other in cells.items():
        own = [row for row in answers if row["claim"] == claim]
        found = [row["computed"] for row in own if row["reading"] != "as defined" and row["computed"] is not None]
        if not found or own[0]["verdict"] == "not in this data":
            assert other == "–", claim
            continue
        ends = [f"{v * 100:.1f} %" if isinstance(v, float) and v != int(v) else f"{v:,.0f}" for v in found]
        least, most = ends[found.index(min(found))], ends[found.index(max(found))]
        assert other == (least if least == most else f"{least} to {most}"), claim
        several += least != most
    assert several


def test_known_vulnerabilities_by_severity_advisory_and_version(tmp_path: Path) -> None:
    # CVE-2026-7482 (critical) is of every Ollama before 0.17.1, and no other advisory of 0.17.0 and 0.18.0.
    ran = [("ollama", "0.17.0")] * 24 + [("ollama", "0.18.0")] * 3 + [("ollama", None)] * 10 + [("other", "1")] * 3
    records = [
        record(host, ("llama",), country="DE", asn=64496) | {"software": software, "version": version}
        for host, (software, version) in enumerate(ran)
    ]
    with closing(store_of(tmp_path, records)) as store:
        whole, public, few = (
            shown(make_report(store, Request(scope, protected=p)))
            for scope, p in (
                (Scope(country=("DE",)), None),
                (Scope(country=("DE",)), Protection(10)),
                (Scope(version=("0.18.0",)), Protection(10)),
            )
        )
    for text, hosts, base in ((whole, 24, 40), (public, 20, 40)):
        assert f"run a server version that an advisory is about: {hosts} of {base}." in text
        assert f"CVE-2026-7482 critical ollama <0.17.1 {hosts} of {base} {100 * hosts // base} %" in text
        assert f"of the advisories by share of hosts any {100 * hosts // base} % {hosts} of {base} critical " in text
        assert f"ollama 0.17.0 {100 * hosts // base} % {hosts} of {base}" in text
        assert text.count("CVE-") == 1
    low, high = proportion_confint(24, 40, method="wilson")
    interval = f"(95 % interval {low * 100:.1f} % to {high * 100:.1f} %)"
    assert f"60 % of the hosts whose list was seen {interval} run a server version" in whole
    assert "ollama 0.18.0 7.5 % 3 of 40" in whole
    assert "no advisory applies 7.5 % 3 of 40" in whole
    for label in ("version unknown", "ollama, not told"):
        assert f"{label} 25 % 10 of 40" in whole
        assert f"{label} 25 % 10 of 40" in public
    # The four rows that share the hosts add up to them; the sentence in the head is the same as that of the part.
    assert "no such software seen 7.5 % 3 of 40" in whole
    assert "«any», «no advisory applies», «version unknown», «no such software seen» add up to the hosts." in whole
    said = f"At least 60 % of the hosts whose list was seen {interval} run a server version that an advisory is about"
    assert whole.count(said) == 2
    assert whole.index("hosts in scope, all in Germany") < whole.index(said) < whole.index("The most common family")
    assert "0.18.0" not in public
    assert "no advisory applies" not in public
    assert "CVE-" not in few


def test_a_report_without_versions_says_so_and_trends_warn_as_the_question_does(plain: Path) -> None:
    with Graph(plain) as graph:
        text = shown(graph.report())
        # The six most common families, of five.
        caveats = graph.ask("trends", item=list(FAMILIES)).caveats
        # Nobody is no small number, so a report for everybody says it, too.
        public = shown(graph.report(publish=10))
    assert "Known vulnerabilities No server told a version that the list of advisories is about." in text
    assert "Known vulnerabilities No server told a version that the list of advisories is about." in public
    assert len(caveats) > 0
    for caveat in caveats:
        assert caveat in text


def test_who_made_the_report_and_with_whom_it_may_be_shared_stand_in_head_and_foot(plain: Path) -> None:
    with Graph(plain) as graph:
        unmarked = graph.report(country="DE")
        page = graph.report(country="DE", tlp="tlp:amber+strict", author=" CERT <b>Example</b>\u202e ")
        head, foot = (
            shown(f"<body>{page[page.index(f'<{e}>') : page.index(f'</{e}>')]}") for e in ("header", "footer")
        )
        for part in (head, foot):
            assert "for your organisation alone, as far as its members have to know it TLP:AMBER+STRICT" in part
            assert "By CERT <b>Example</b>\\u202e" in part
        assert "TLP" not in shown(unmarked)
        assert "By CERT" not in unmarked
        for wrong, words in (({"tlp": "white"}, "--tlp 'white': choose from"), ({"author": " "}, "--author is empty")):
            with pytest.raises(UsageError, match=words):
                graph.report(**wrong)
        with pytest.raises(UsageError, match="--tlp and --author are of the report, not of a map"):
            graph.picture("families", ".svg", tlp="red")


def test_the_source_is_named_where_it_is_said(plain: Path, hostile: Path) -> None:
    name = "Serverliste\u202e <b>von Beispiel</b>, 2026"
    said = r"Serverliste\u202e <b>von Beispiel</b>, 2026 (1 scan)"
    with Graph(plain) as graph:
        assert f"Source {said} Seen" in shown(graph.report(source=name))
        assert "Source 1 scan Seen" in shown(graph.report())
        for kind in ("families", "models", "countries", "time"):
            assert f"Source {said} Seen" in shown(graph.map(kind, source=name)), kind
            assert f"Source: {said}. Seen:" in unescape(graph.picture(kind, ".svg", source=name).decode()), kind
        for wrong, words in (("  ", "--source is empty"), ("x" * 201, "--source has 201 characters")):
            with pytest.raises(UsageError, match=words):
                graph.picture("report", ".html", source=wrong)


def test_the_same_input_gives_the_same_bytes(plain: Path, cohabit: Cohabit, tmp_path: Path) -> None:
    for name in ("a", "b"):
        cohabit("report", "-o", f"{name}.html", "--data", str(plain), "--country", "DE")
        cohabit("map", "countries", "-o", f"{name}.svg", "--data", str(plain))
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert "--country DE" in (tmp_path / "a.html").read_text("utf-8")


@pytest.mark.parametrize("name", ["plain", "hostile"])
def test_the_report_runs_nothing_and_asks_for_nothing(
    chromium: Chromium, request: pytest.FixtureRequest, cohabit: Cohabit, tmp_path: Path, name: str
) -> None:
    data: Path = request.getfixturevalue(name)
    cohabit("report", "-o", "report.html", "--data", str(data))
    page = tmp_path / "report.html"
    html = page.read_text("utf-8")
    assert "<script" not in html.lower()
    assert re.search(r"content=\"default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form", html)
    for width in (1000, 390):
        with chromium.open(page, scripts=0, width=width, wait=False) as visit:
            assert visit.problems() == []
            assert visit.requests == [page.as_uri()]
            assert visit.page.evaluate("document.scrollingElement.scrollWidth") <= width
            assert len(visit.page.locator("body").inner_text()) > 2_000
            boxes = visit.page.locator("section").evaluate_all(
                "all => all.map(one => one.getBoundingClientRect().height)"
            )
            assert len(boxes) == 8
            assert min(boxes) > 40
    if name == "hostile":
        assert visible("evil\u202egpj.exe") in unescape(html)
        assert not set("\u202e\u2067\u200b\x1b") & set(html)


def test_no_address_no_key_and_no_path_is_in_any_file(
    hostile: Path, plain: Path, cohabit: Cohabit, tmp_path: Path
) -> None:
    for data in (hostile, plain):
        key = (data / "key").read_bytes() if (data / "key").exists() else None
        for kind in KINDS:
            for ending in ("html", "svg"):
                cohabit("map", kind, "-o", f"x.{ending}", "--data", str(data), "--prefix", "2001:db8::/32")
                check_nothing_leaks((tmp_path / f"x.{ending}").read_bytes(), data, key)
        cohabit("report", "-o", "x.html", "--data", str(data), "--prefix", "2001:db8::/32")
        check_nothing_leaks((tmp_path / "x.html").read_bytes(), data, key)


def check_nothing_leaks(content: bytes, data: Path, key: bytes | None) -> None:
    assert b"2001:db8:" not in content
    assert str(data.parent).encode() not in content
    assert str(Path.home()).encode() + b"/" not in content
    assert b"/tmp/" not in content
    assert key is None or key.strip() not in content


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["plain", "hostile"])
def test_still_pictures_are_safe_xml_and_not_blank(
    chromium: Chromium, request: pytest.FixtureRequest, cohabit: Cohabit, tmp_path: Path, kind: str, name: str
) -> None:
    data: Path = request.getfixturevalue(name)
    cohabit("map", kind, "-o", "x.svg", "--data", str(data))
    root = ET.fromstring((tmp_path / "x.svg").read_text("utf-8"))
    safe(root)
    texts = [e.text or "" for e in root.iter(f"{SVG}text")]
    assert any(text.startswith("Source: 1 scan. Seen: 2026-0") for text in texts)
    assert any("hosts with a known" in text for text in texts)
    if name == "plain":
        cohabit("map", kind, "-o", "x.png", "--data", str(data))
        png = (tmp_path / "x.png").read_bytes()
        assert png.startswith(b"\x89PNG\r\n")
        width, height = (int.from_bytes(png[i : i + 4], "big") for i in (16, 20))
        assert (width, height) == (2 * int(root.get("width") or 0), 2 * int(root.get("height") or 0))
        assert len(chromium.colours(png)) > 20


def test_the_report_as_pdf(chromium: Chromium, plain: Path, cohabit: Cohabit, tmp_path: Path) -> None:
    done = cohabit("report", "-o", "x.pdf", "--data", str(plain))
    pdf = (tmp_path / "x.pdf").read_bytes()
    assert done.stdout == "x.pdf\n"
    assert pdf.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 2 <= pages <= 6


@pytest.mark.parametrize("call", ["report -o x.pdf", "map countries -o x.png"])
def test_without_a_browser_one_line_says_how_to_get_one(
    plain: Path, cohabit: Cohabit, tmp_path: Path, call: str
) -> None:
    done = cohabit(*call.split(), "--data", str(plain), check=False, PATH=str(tmp_path), COHABIT_CHROMIUM="")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "apt install chromium" in done.stderr
    assert "COHABIT_CHROMIUM" in done.stderr
    assert not list(tmp_path.glob("x.*"))
    named = cohabit(*call.split(), "--data", str(plain), check=False, COHABIT_CHROMIUM="no-such-program")
    assert named.stderr == "cohabit: COHABIT_CHROMIUM: there is no program no-such-program\n"


@pytest.mark.parametrize("call", ["report -o x.svg", "report -o x", "map countries -o x.jpg", "map families -o x.pdf"])
def test_other_endings_are_refused_before_any_work(cohabit: Cohabit, call: str) -> None:
    done = cohabit(*call.split(), "--data", "nowhere", check=False)
    assert done.returncode == 2
    assert re.fullmatch(r"cohabit: x\S*: a file name that ends in .*, please\n", done.stderr)


def test_a_browser_that_fails_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setenv("COHABIT_CHROMIUM", str(broken))
    with pytest.raises(DataError, match=r"broken: a PDF file could not be made \(it ended with 7\)"):
        browser.pdf("<p>x</p>")
    with pytest.raises(ValueError, match="does not say its size"):
        browser.png("<svg/>")


def _beside_the_study(store: GraphStore) -> None:
    """What filters leave is no test of claims about everybody: sizes, places and verdicts are not beside it."""
    whole, *parts = (
        _study_of(store, scope)
        for scope in (
            Scope(exclude_decoys=True),
            Scope(since="2026-03-01"),
            Scope(at="2026-03-20"),
            Scope(min_weeks=1),
        )
    )
    said, rows = whole
    assert "Here" not in said
    assert {"Hosts", "Observations", "Hosts in China", "Order of families by hosts", "Hosts seen once"} <= set(rows)
    assert any("lower" in row for row in rows.values())
    for (said, rows), kind in zip(parts, ("time", "moment", "hosts"), strict=True):
        assert "The study is Silent Brothers" in said
        assert not {"Hosts", "Observations", "Countries", "Networks"} & set(rows)
        # What the data do not tell is a sentence and no row; of a part of the hosts nothing is judged.
        assert ("Hosts with tool calling" in rows) == (kind == "hosts")
        assert (
            ("Claims on what is not in this data: " in said) == ("Hosts with tool calling" in said) == (kind != "hosts")
        )
        assert ("Hosts in China" in rows) == ("Order of families by hosts" in rows) == (kind != "hosts")
        assert ("Hosts seen once" in rows) == (kind != "moment")
        verdicts = {"agrees", "higher", "lower", "differs"} & {row.rpartition(" ")[2] for row in rows.values()}
        assert bool(verdicts) == (kind != "hosts")
        assert ("only the hosts that the filters leave" in said) == (kind == "hosts")
        assert ("only the time that the filters leave" in said) == (kind != "hosts")


def _study_of(store: GraphStore, scope: Scope) -> tuple[str, dict[str, str]]:
    """The sentences around the table of the study, and its rows by their claims, as text."""
    page = make_report(store, Request(scope))
    section = page[page.index("<h2>Figures of another study") :].split("</section>")[0]
    rows = [
        re.findall("<td.*?>(.*?)</td>", re.sub("</?span.*?>", "", row))
        for row in re.findall("<tr>(.*?)</tr>", section)[1:]
    ]
    around = section.split("<table>")[0] + section.split("</table>")[-1]
    return around, {row[0]: " ".join(row[1:]) for row in rows}


def test_empty_and_narrow_scopes(plain: Path) -> None:
    with closing(open_store(plain, "embedded")) as store:
        nothing = Request(Scope(country=("FR",)))
        empty = shown(make_report(store, nothing))
        assert "No host is in scope: there is nothing to report." in empty
        assert "Made with cohabit" in empty
        for part in ("Who is biggest", "All observations are of one month", "Known vulnerabilities", "Wilson"):
            assert part not in empty
        for kind in KINDS:
            assert "empty" in make_map(store, kind, nothing)
            safe(ET.fromstring(make_still(store, kind, nothing)))
        moment = make_report(store, Request(Scope(at="2026-03-20")))
        assert "there is no course over time" in moment
        one_month = make_report(store, Request(Scope(since="2026-03-01")))
        assert "All observations are of one month" in one_month
        _beside_the_study(store)
        assert "SIMULATED" not in one_month
        assert "<strong>SIMULATED DATA</strong>" in make_report(store, Request(simulated=True, notes=("Mixed.",)))
        assert json.dumps("Mixed.") not in one_month
        with pytest.raises(UsageError, match="not a kind of map"):
            make_file(store, "nope", ".svg")
        with pytest.raises(UsageError, match="--seed -1"):
            make_report(store, Request(seed=-1))
