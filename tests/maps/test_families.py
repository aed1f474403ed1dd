from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cohabit.maps.data import Frame, MapData
from cohabit.maps.families import figure, lab_in, poster_of, render
from cohabit.maps.svg import light_colours
from cohabit.text import visible
from tests.maps import samples


class Elements(HTMLParser):
    """Collect (name, attributes) of all elements and the text of the JSON block."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def payload(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert found is not None
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def shuffled(data: MapData, seed: int) -> MapData:
    chance = random.Random(seed)
    items, pairs = list(data.items), list(data.pairs)
    chance.shuffle(items)
    chance.shuffle(pairs)
    return replace(data, items=tuple(items), pairs=tuple(pairs))


def test_same_data_in_any_order_gives_the_same_bytes(plain_data: MapData) -> None:
    assert render(plain_data) == render(shuffled(plain_data, 1))


def test_another_seed_gives_other_places(hostile_data: MapData) -> None:
    assert render(hostile_data, seed=0) != render(hostile_data, seed=1)


def test_another_process_with_another_hash_seed_gives_the_same_bytes(hostile_data: MapData) -> None:
    program = (
        "from tests.maps import samples; from cohabit.maps.families import render; import hashlib;"
        "print(hashlib.sha256(render(samples.hostile()).encode()).hexdigest())"
    )
    root = Path(__file__).resolve().parents[2]
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


def test_the_figures_in_the_file_are_those_of_the_data(plain_data: MapData) -> None:
    found = payload(render(plain_data))
    names = found["items"]["name"]
    assert dict(zip(names, found["items"]["hosts"], strict=True)) == {i.name: i.hosts for i in plain_data.items}
    assert found["items"]["hosts"] == sorted(found["items"]["hosts"], reverse=True)
    rows = found["pairs"]
    given = {(p.a, p.b): (p.hosts, p.lift) for p in plain_data.pairs}
    written = {
        (names[a], names[b]): (hosts, lift)
        for a, b, hosts, lift in zip(rows["a"], rows["b"], rows["hosts"], rows["lift"], strict=True)
    }
    assert written.keys() == given.keys()
    for key, (hosts, lift) in written.items():
        assert hosts == given[key][0]
        assert lift == pytest.approx(given[key][1], rel=1e-4)


def test_edges_and_nodes_refer_to_the_right_items(plain_data: MapData) -> None:
    found = payload(render(plain_data))
    rows, network = found["pairs"], found["network"]
    assert [node["id"] for node in network["nodes"]] == list(range(len(plain_data.items)))
    for edge in network["edges"]:
        assert (edge["from"], edge["to"]) == (rows["a"][edge["id"]], rows["b"][edge["id"]])
        assert rows["lift"][edge["id"]] > 1
        assert rows["hosts"][edge["id"]] >= 15
    group_of = {item.name: item.group for item in plain_data.items}
    for node in network["nodes"]:
        shown = found["groups"][node["group"]]
        country = group_of[found["items"]["name"][node["id"]]]
        assert shown["text"] == country if shown["colour"] < 7 else country not in {g["text"] for g in found["groups"]}


def test_wider_edges_for_more_hosts_within_bounds(plain_data: MapData) -> None:
    found = payload(render(plain_data))
    edges = sorted(found["network"]["edges"], key=lambda edge: found["pairs"]["hosts"][edge["id"]])
    widths = [edge["width"] for edge in edges]
    assert widths == sorted(widths)
    assert 0.7 <= widths[0] < widths[-1] <= 6


def test_groups_get_colours_by_hosts_and_the_rest_is_grey() -> None:
    hosts = [{f"f{i}"} for i in range(10) for _ in range(100 - i)]
    groups: dict[str, str | None] = {f"f{i}": f"g{i}" for i in range(9)}
    legend = payload(render(samples.map_data(hosts, groups)))["groups"]
    assert [(g["text"], g["colour"], g["items"]) for g in legend] == [
        *((f"g{i}", i, 1) for i in range(7)),
        ("other or not known", 7, 3),
    ]


@pytest.mark.parametrize(("groups", "text"), [({}, "not known"), ({f"f{i}": f"g{i}" for i in range(8)}, "other")])
def test_the_grey_group_says_what_it_is(groups: dict[str, str | None], text: str) -> None:
    data = samples.map_data([{f"f{i}"} for i in range(8)], groups)
    assert payload(render(data))["groups"][-1]["text"] == text


def _by_lab(countries: list[str | None]) -> dict[str, int]:
    """Colours of a map with one family a country, the first on most hosts."""
    families = [f"f{i:02d}" for i in range(len(countries))]
    groups = dict(zip(families, (None if c is None else lab_in(c) for c in countries), strict=True))
    hosts = [{name} for i, name in enumerate(families) for _ in range(50 - i)]
    legend = payload(render(samples.map_data(hosts, groups)))["groups"]
    return {entry["text"]: entry["colour"] for entry in legend}


def test_a_country_of_labs_has_one_colour_on_every_map() -> None:
    usual = ["US", "CN", "FR", "CA", "JP", "KR", "DE"]
    first = _by_lab(list(usual))
    assert first == {lab_in(c): colour for c, colour in zip(usual, (0, 4, 2, 6, 1, 3, 5), strict=True)}
    # Whatever the order of sizes, and whoever else is there: the rest is grey.
    assert _by_lab(["BR", *reversed(usual), None]) == {**first, "other or not known": 7}
    # What the usual ones leave goes to the next in the order of the documentation, then to the largest.
    assert _by_lab(["BR", "GB", "AE", "CN", "US"]) == {
        lab_in("US"): 0,
        lab_in("CN"): 4,
        lab_in("AE"): 1,
        lab_in("GB"): 2,
        lab_in("BR"): 3,
    }


def test_the_two_commonest_countries_of_labs_differ_in_grey() -> None:
    def lightness(colour: str) -> float:
        """CIE L* (CIE 15) of a colour."""
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        relative = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        return 116 * relative ** (1 / 3) - 16

    number = _by_lab(["US", "CN", "FR", "CA"])
    greys = [lightness(light_colours()[f"--c{number[lab_in(c)]}"]) for c in ("US", "FR", "CN", "CA")]
    assert greys == sorted(greys)
    assert min(b - a for a, b in pairwise(greys)) > 10


def test_the_pair_on_most_hosts_is_named_where_it_has_no_line() -> None:
    # 60 of 100 hosts have a, 60 b, 30 both: lift 0.5 / 0.6 = 0.83; c is only on hosts with a.
    hosts = [{"a", "b"}] * 30 + [{"a", "c"}] * 20 + [{"a"}] * 10 + [{"b"}] * 30 + [{"d"}] * 10
    said = "a and b, together on 30 hosts, are not linked: lift 0.83."
    data = samples.map_data(hosts, {})
    assert said in " ".join(Elements(render(data)).text)
    assert said in figure(data)[1]
    assert said in " ".join(e.text or "" for e in ET.fromstring(poster_of(data)).iter() if e.text)
    linked = samples.map_data([{"a", "b"}] * 30 + [{"c"}] * 70, {})
    assert "not linked:" not in render(linked)
    assert "not linked" not in figure(linked)[1]
    hostile = samples.map_data([{"a\u202e", "b<i>"}] * 5 + [{"a\u202e"}] * 9 + [{"b<i>"}] * 9, {})
    assert r"a\u202e and b&lt;i&gt;, together on 5 hosts, are not linked" in render(hostile)


def test_facts_of_the_file_are_said(plain_data: MapData) -> None:
    text = " ".join(Elements(render(plain_data)).text)
    for part in (
        "SIMULATED DATA",
        plain_data.frame.title,
        plain_data.frame.source,
        "2026-08-03 to 2026-10-25",
        f"{plain_data.frame.base:,} hosts with a known family (of {plain_data.frame.hosts:,})",
        f"{plain_data.frame.multi_model_hosts:,}",
        "software: ollama; decoys excluded",
        f"of {len(plain_data.pairs):,} pairs shown",
        "pairs with lift above 1 and at least 15 hosts;",
        plain_data.frame.caveats[0],
    ):
        assert part in text


def test_no_banner_where_the_data_is_real() -> None:
    html = render(samples.realistic(hosts=200))
    assert "SIMULATED" not in html.split('<script type="application/json"')[0]
    assert payload(html)["simulated"] is False


def test_a_lower_minimum_is_said() -> None:
    data = samples.map_data([{"llama", "qwen2"}] * 6 + [{"bert"}] * 9, {})
    assert "at least 5 hosts (the usual 15 would leave 0)" in render(data)


def test_nothing_linked_is_said() -> None:
    data = samples.map_data([{"llama"}] * 6 + [{"bert"}] * 9, {})
    assert "No pair has lift above 1 and at least 15 hosts: nothing is linked." in render(data)


def test_policy_comes_first_and_everything_is_inline(plain_data: MapData) -> None:
    html = render(plain_data)
    found = Elements(html).found
    names = [name for name, _ in found]
    head = names.index("head")
    assert found[head + 1][1]["http-equiv"] == "Content-Security-Policy"
    assert not {"img", "iframe", "object", "embed", "link", "base", "form", "a", "image"} & set(names)
    for name, attributes in found:
        assert not {"src", "href", "style", "action"} & attributes.keys(), name
        assert not any(key.startswith("on") for key in attributes), name
    assert [attributes for name, attributes in found if name == "script"] == [
        {"type": "application/json", "id": "data"},
        {},
        {},
    ]


def test_nothing_of_this_machine_or_moment_is_in_the_file(plain_data: MapData) -> None:
    html = render(plain_data)
    own = html.replace(re.search(r"<script>(/\*\*.*?)</script>", html, re.S)[1], "")  # type: ignore[index]
    own = own.replace('const SVG = "http://www.w3.org/2000/svg";', "")
    assert len(own) < 150_000
    for word in (str(Path.home()), str(Path.cwd()), "/usr/", "/tmp", "site-packages", "http:", "https:", "uuid"):
        assert word not in own
    assert not re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", own)


def test_hostile_text_leaves_the_structure_as_it_is(hostile_data: MapData, plain_data: MapData) -> None:
    def skeleton(data: MapData) -> list[str]:
        return [name for name, _ in Elements(render(data)).found if name not in ("li", "ul", "h2", "p", "strong")]

    chips = len(payload(render(plain_data))["groups"]) - len(payload(render(hostile_data))["groups"])
    assert chips == 0
    assert skeleton(hostile_data) == skeleton(plain_data)


def test_hostile_names_are_shown_with_escapes_and_cut(hostile_data: MapData) -> None:
    found = payload(render(hostile_data))
    names, labels = found["items"]["name"], [node["label"] for node in found["network"]["nodes"]]
    expected = {visible(name) if name.strip() else f'"{name}"' for name in samples.HOSTILE}
    assert set(names) == expected
    assert len(names) == len(samples.HOSTILE)
    assert max(map(len, labels)) == 60
    assert all(
        label == name if len(name) <= 60 else label == name[:59] + "…"
        for name, label in zip(names, labels, strict=True)
    )
    assert not any(ord(c) < 32 or c in "\u2028\u2029\u202e\u2067\u2069\u200b\ufeff\ud800" for c in "".join(names))


def test_eighty_families_with_all_their_pairs_stay_below_600_kb() -> None:
    chance = random.Random(8)
    families = [(f"some-family-{i:02d}", frozenset(chance.sample("abcdef", 2))) for i in range(80)]
    hosts = samples.population(families, 15_000, 1)
    hosts += [set(pair) for pair in combinations([name for name, _ in families], 2)]
    data = samples.map_data(hosts, {})
    assert len(data.pairs) == 80 * 79 / 2
    html = render(data)
    assert len(payload(html)["network"]["edges"]) > 100
    assert len(html.encode()) <= 600_000


@pytest.mark.parametrize(("hosts", "words"), [([], "no family"), ([{"llama"}] * 5, "only one family")])
def test_fewer_than_two_items_get_a_page_that_says_so(hosts: list[set[str]], words: str) -> None:
    data = samples.map_data(hosts, {}) if hosts else MapData(Frame("t", "family", 0, 0, 0, "1 scan", "", ""), (), ())
    html = render(data)
    assert f"There is {words} in this selection" in html
    assert len(html) < 90_000
    assert [name for name, _ in Elements(html).found].count("script") == 2
