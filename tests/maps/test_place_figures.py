from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from statsmodels.stats.proportion import proportion_confint

from cohabit.errors import UsageError
from cohabit.maps import place_figures, scale
from cohabit.maps.charts import Drawing, Line, legend, lines, stacked
from cohabit.maps.place_data import Place, PlaceFigures, Shares
from cohabit.maps.places import figure
from cohabit.maps.svg import fitted, light_colours, measured, standalone, tag, text
from cohabit.maps.world import world
from cohabit.queries.place_shares import PlaceMeasure
from tests.maps import place_samples
from tests.maps.samples import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"
DRAWINGS: dict[str, Callable[[PlaceFigures], Drawing]] = {
    "world": lambda f: place_figures.world_map(f, f.shares[0].drawn, 900),
    "ranking": lambda f: place_figures.ranking(f, f.families[0], 15, 400),
    "profiles": lambda f: place_figures.profiles(f, 30, 14, 1150),
    "multiples": lambda f: place_figures.multiples(f, 8, 12, 1150),
    "legend": lambda f: legend(f.families[0].legend, 400),
}


def parsed(drawing: Drawing) -> ET.Element:
    whole = standalone("Test", drawing.width, drawing.height, place_figures.hatch() + drawing.body)
    return ET.fromstring(whole)


def safe(root: ET.Element) -> None:
    allowed = {"svg", "title", "style", "rect", "g", "path", "circle", "line", "text", "defs", "pattern", "polyline"}
    allowed |= {"polygon"}
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in allowed
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), name
            assert not name.endswith("href"), name
            assert "url(" not in value, value
    style = next(root.iter(f"{SVG}style")).text or ""
    assert set(re.findall(r"url\([^)]*\)", style)) == {"url(#hatch)"}
    assert "var(" not in style
    assert "@" not in style


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("sample", [place_samples.countries, place_samples.hostile])
def test_drawings_are_safe_xml(name: str, sample: Callable[[], PlaceFigures]) -> None:
    root = parsed(DRAWINGS[name](sample()))
    safe(root)
    assert len(list(root.iter())) > 5


def test_text_of_anybody_is_text() -> None:
    for name in HOSTILE:
        root = ET.fromstring(standalone(name, 10, 10, text(0, 0, name)))
        safe(root)
        shown = next(root.iter(f"{SVG}text")).text or ""
        assert shown == fitted(name, 13, None)
        assert not re.search("[\u202e\u2067\u200b\x00-\x1f]", shown)


def test_labels_are_cut_to_their_room() -> None:
    assert fitted("short", 13, 100) == "short"
    cut = fitted("a rather long name of a provider", 13, 100)
    assert cut.endswith("…")
    assert measured(cut, 13) <= 100
    # Wide characters take more room, marks that are put on others take none.
    assert measured("中国", 10) > 1.5 * measured("ab", 10)
    assert measured("z" + "\u0301" * 30, 10) == measured("z", 10)


def test_tag_escapes_attributes() -> None:
    assert tag("g", x=1.25, class_='a"b', data_place="<") == '<g x="1.2" class=\'a"b\' data-place="&lt;"/>'


def test_cuts_by_hand() -> None:
    assert scale.cuts([]) == ()
    assert scale.cuts([0.0, 0.0]) == ()
    assert scale.cuts([0.5]) == ()
    # Ten shares, two of each class.
    assert scale.cuts([i / 100 for i in range(10, 20)]) == (0.12, 0.14, 0.16, 0.18)
    # 1 to 1000: classes at equal ratios, 1000 ** (1/5) = 3.98.
    assert scale.cuts([0.001, 0.01, 1.0]) == (0.004, 0.016, 0.063, 0.25)


@pytest.mark.parametrize(
    ("highest", "end"), [(0.7, 0.8), (0.5, 0.6), (0.099, 0.12), (0.034, 0.035), (0.302, 0.35), (0.97, 1.0), (1.0, 1.0)]
)
def test_a_scale_ends_at_a_round_share_beyond_the_highest(highest: float, end: float) -> None:
    assert scale.scale_end(highest) == pytest.approx(end, rel=1e-9)


def test_classes_and_their_words() -> None:
    limits = (0.12, 0.2, 0.5)
    assert [scale.class_of(share, limits) for share in (0.0, 0.119, 0.12, 0.3, 0.5, 1.0)] == [0, 0, 1, 2, 3, 3]
    assert scale.shades(limits) == (0, 1, 3, 4)
    assert scale.texts(limits) == ("under 12 %", "12 % to 20 %", "20 % to 50 %", "50 % or more")
    assert (scale.shades(()), scale.texts(())) == ((2,), ("any",))
    assert [scale.percent(s) for s in (0.0, 0.00034, 0.02, 0.0625, 0.0994, 0.0996, 0.125, 1.0)] == [
        *("0 %", "0.034 %", "2.0 %", "6.3 %", "9.9 %", "10 %", "13 %", "100 %")
    ]


def test_few_hosts_are_hatched_and_not_ranked() -> None:
    figures = place_samples.countries()
    qwen = next(s for s in figures.families if s.title == "qwen2")
    number = {place.code: i for i, place in enumerate(figures.places)}
    few = {code for code, i in number.items() if qwen.measure.bases[i] < 50}
    assert few == {"MT", "LI", "NZ", "FJ"}
    assert {code for code, i in number.items() if qwen.drawn(i) == "few"} == few
    assert not {number[code] for code in few} & set(qwen.ranking)
    assert qwen.legend[-1] == ("few", "fewer than 50 hosts")
    # Of all hosts there is no place with too few.
    assert {figures.shares[0].drawn(i) for i in range(len(figures.places))} <= {f"q{i}" for i in range(5)}
    shares = [qwen.share(place) or 0 for place in qwen.ranking]
    assert shares == sorted(shares, reverse=True)
    # Every class of the legend is on the map, and every class on the map is in the legend.
    assert {qwen.drawn(i) for i in range(len(figures.places))} == {drawn for drawn, _ in qwen.legend}


def test_the_world_shows_every_country_once_and_small_ones_as_points() -> None:
    figures = place_samples.countries()
    root = parsed(DRAWINGS["world"](figures))
    paths = list(root.iter(f"{SVG}path"))
    assert len(paths) == len(world().paths) + 1
    shapes = [e for e in root.iter() if e.get("data-place") is not None]
    drawn = {int(e.get("data-place") or -1) for e in shapes}
    assert drawn == set(range(len(figures.places)))
    circles = {figures.places[int(e.get("data-place") or -1)].code for e in root.iter(f"{SVG}circle")}
    assert circles == {"SG", "HK", "MT", "LI", "LU"}
    for shape in shapes:
        expected = figures.shares[0].drawn(int(shape.get("data-place") or -1))
        assert (shape.get("class") or "").split()[1] == expected
    without = [e for e in paths if e.get("data-place") is None]
    assert {(e.get("class") or "").split()[1] for e in without} == {"none"}


def test_ranking_is_that_of_the_counts_with_intervals_of_another_library() -> None:
    figures = place_samples.countries()
    shares = figures.families[1]
    root = parsed(place_figures.ranking(figures, shares, 5, 400))
    order = sorted(
        (i for i, n in enumerate(shares.measure.bases) if n >= 50),
        key=lambda i: -shares.measure.counts[i] / shares.measure.bases[i],
    )[:5]
    texts = [e.text for e in root.iter(f"{SVG}text")]
    rows, ends = texts[:15], texts[15:]
    assert [figures.places[i].name for i in order] == rows[::3]
    assert [f"n {shares.measure.bases[i]:,}" for i in order] == rows[2::3]
    bounds = [proportion_confint(shares.measure.counts[i], shares.measure.bases[i], method="wilson") for i in order]
    intervals = [e for e in root.iter(f"{SVG}line") if e.get("class") == "interval"]
    lines = [e for e in root.iter(f"{SVG}line") if e.get("class") == "line"]
    rails, bars = lines[:5], lines[5:]
    end = float((ends[1] or "").removesuffix(" %")) / 100
    # The scale ends beyond the last interval, and is written at its two ends.
    assert max(high for _, high in bounds) * 1.02 <= end <= 1
    assert ends[0] == "0 %"
    assert [bar.get("x1") for bar in bars] == [rails[0].get("x1"), rails[0].get("x2")]
    for interval, rail, (low, high) in zip(intervals, rails, bounds, strict=True):
        left, right = float(rail.get("x1") or 0), float(rail.get("x2") or 0)
        at = [left + (right - left) * bound / end for bound in (low, high)]
        assert [float(interval.get(x) or 0) for x in ("x1", "x2")] == pytest.approx(at, abs=0.11)


def test_profiles_hold_clusters_together_with_their_figures() -> None:
    figures = place_samples.countries()
    root = parsed(place_figures.profiles(figures, 30, 3, 900))
    names = [e.text for e in root.iter(f"{SVG}text") if e.get("text-anchor") == "end"]
    order = [p for number in (1, 2) for p in figures.places if p.cluster == number]
    assert names == [p.name for p in order]
    cells = [e.text for e in root.iter(f"{SVG}text") if e.get("text-anchor") == "middle"]
    assert len(cells) == 14 * 3
    first = figures.places.index(order[0])
    assert cells[:3] == [scale.percent(s.share(first) or 0) for s in figures.families[:3]]
    assert [e.text for e in root.iter(f"{SVG}text") if e.get("class") == "h"] == ["1", "2"]


def test_of_many_places_every_cluster_stays() -> None:
    figures = place_samples.countries()
    lone = replace(figures.places[13], cluster=2)
    others = tuple(replace(p, cluster=1 if p.cluster else None) for p in figures.places[:13])
    root = parsed(place_figures.profiles(replace(figures, places=(*others, lone, *figures.places[14:])), 5, 2, 900))
    names = [e.text for e in root.iter(f"{SVG}text") if e.get("text-anchor") == "end"]
    assert names == [*(p.name for p in figures.places[:5]), lone.name]


@pytest.mark.parametrize("name", ["ranking", "multiples", "profiles"])
def test_no_label_is_on_another(name: str) -> None:
    root = parsed(DRAWINGS[name](place_samples.providers()))
    for group in [root, *root.iter(f"{SVG}g")]:
        boxes = []
        for label in group.findall(f"{SVG}text"):
            x, y = float(label.get("x") or 0), float(label.get("y") or 0)
            width = measured(label.text or "", float(label.get("font-size") or 13))
            start = x - {"end": width, "middle": width / 2}.get(label.get("text-anchor") or "", 0)
            boxes.append((start, y, width, label.text))
        for i, (x, y, w, name_) in enumerate(boxes):
            for x2, y2, w2, other in boxes[i + 1 :]:
                assert x >= x2 + w2 or x2 >= x + w or abs(y - y2) >= 11, (name_, other)


def test_lines_have_gaps_where_periods_are_missing() -> None:
    series = [
        Line("a", ((0, 0.2, 0.1, 0.3), (1, 0.3, 0.2, 0.4), (3, 0.5, 0.4, 0.6))),
        Line("b", ((0, 0.21, 0.2, 0.3),)),
    ]
    root = parsed(lines(["2025-01", "2025-02", "2025-03", "2025-04"], series, 600, 300))
    safe(root)
    courses = list(root.iter(f"{SVG}polyline"))
    assert [len((e.get("points") or "").split()) for e in courses] == [2, 1, 1]
    ticks = [e.text for e in root.iter(f"{SVG}text") if (e.text or "").endswith("%")]
    assert ticks == ["0 %", "10 %", "20 %", "30 %", "40 %", "50 %", "60 %"]


def test_stacked_drawings_are_below_one_another() -> None:
    both = stacked([Drawing(10, 20, "<g/>"), Drawing(30, 40, "<g/>")], gap=5)
    assert (both.width, both.height) == (30, 65)
    assert "translate(0 25.0)" in both.body


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measures": ()}, "first measure"),
        ({"places": (Place("a"),)}, "not one count and base"),
        ({"clusters": ()}, "cluster that is not there"),
    ],
)
def test_contradictions_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(place_samples.countries(), **change)


def test_more_hosts_than_the_base_are_refused() -> None:
    measure = PlaceMeasure("family", "x", [3], [2], 3, 2)
    hosts = PlaceMeasure("hosts", "hosts", [3], [3], 3, 3)
    with pytest.raises(ValueError, match="more hosts than the base"):
        PlaceFigures("country", (Place("a"),), (hosts, measure), (), 50)


def test_a_place_without_a_base_has_no_share() -> None:
    shares = Shares(PlaceMeasure("family", "x", [0, 60], [0, 100], 60, 100))
    assert (shares.share(0), shares.share(1), shares.ranking, shares.drawn(0)) == (None, 0.6, (1,), "few")


def test_shades_differ_from_one_another_and_from_the_land() -> None:
    """Relative luminance (WCAG 2.2) falls from shade to shade; text on each has a contrast of at least 4.5."""
    colours = light_colours()

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a: str, b: str) -> float:
        high, low = sorted((luminance(colours[a]), luminance(colours[b])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    shades = [luminance(colours[f"--q{i}"]) for i in range(5)]
    assert shades == sorted(shades, reverse=True)
    for i in range(4):
        assert contrast(f"--q{i}", f"--q{i + 1}") > 1.25
    for i, on in enumerate(["light", "light", "light", "dark", "dark"]):
        assert contrast(f"--q{i}", f"--on-{on}") >= 4.5, i


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("sample", [place_samples.countries, place_samples.providers])
def test_the_still_picture_shows_the_share_that_is_asked_for(sample: Callable[[], PlaceFigures]) -> None:
    figures = sample()
    hosts = place_samples.population()
    run = [own for place, own in hosts if place == "DE"]
    name = next(place.name for place, code in zip(figures.places, place_samples.COUNTRIES, strict=True) if code == "DE")
    for asked, share, said in (
        ("qwen2", sum("qwen2" in own for own in run) / sum(bool(own) for own in run), "qwen2: share of the place's"),
        (
            "multi-model hosts",
            sum(len(own) > 1 for own in run) / sum(bool(own) for own in run),
            "Hosts with two or more",
        ),
        (None, len(run) / len(hosts), "Share of all hosts in scope"),
    ):
        found = texts(parsed(figure(figures, share=asked)))
        # The ranking has the name, the share and n, one after the other.
        at = next(i for i, text in enumerate(found) if text and name.startswith(text.rstrip("…")))
        assert found[at + 1] == scale.percent(share)
        assert any(text.startswith(said) for text in found)
    assert figure(figures).body == figure(figures, share="Hosts").body == figure(figures, share="hosts").body


def test_shares_are_asked_for_by_the_names_of_the_page() -> None:
    figures = place_samples.countries()
    assert figures.chosen("LLAMA ").measure is next(m for m in figures.measures if m.item == "llama")
    # In the sample three labs have names of families.
    with pytest.raises(
        UsageError, match="--share 'bert' can mean several things here; write one of: family:bert, lab:b"
    ):
        figures.chosen("bert")
    assert figures.chosen("lab:bert").measure.level == "lab"
    with pytest.raises(UsageError, match=r"choose from hosts, multi-model hosts, llama, qwen2, .*, lab:bert"):
        figures.chosen("nope")
    china = PlaceMeasure("lab-country", "CN", figures.measures[2].counts, figures.measures[2].bases, 1, 1)
    named = replace(figures, measures=(*figures.measures, china))
    for name in ("cn", "China", "lab-country:CN", "lab-country:china", "labs in China"):
        assert named.chosen(name).measure == china
    said = [named.chosen(name).sentence for name in ("hosts", "multi-model hosts", "llama", "lab:bert", "cn")]
    assert said == [
        "Share of all hosts",
        "Share of hosts with two or more models",
        "Share of hosts with models of the family llama",
        "Share of hosts with models of the lab bert",
        "Share of hosts with models of labs in China",
    ]


def test_a_ranking_says_which_places_are_in_it() -> None:
    figures = place_samples.countries()
    everywhere = texts(parsed(figure(figures, share="qwen2")))
    enough = sum(n >= 50 for n in figures.chosen("qwen2").measure.bases)
    assert 15 < enough < len(figures.places)
    assert f"The first 15 of {enough} countries with 50 hosts or more." in everywhere
    more = texts(parsed(figure(replace(figures, left_out=1234), share="qwen2")))
    assert "1,234 more, with fewer hosts, are left out." in more
    few = replace(
        figures,
        places=figures.places[-5:],
        measures=tuple(replace(m, counts=m.counts[-5:], bases=m.bases[-5:]) for m in figures.measures),
    )
    ranked = sum(n >= 50 for n in few.chosen("qwen2").measure.bases)
    assert f"{ranked} of 5 countries, those with 50 hosts or more." in texts(parsed(figure(few, share="qwen2")))
    assert "5 of 5 countries." in texts(parsed(figure(few)))
