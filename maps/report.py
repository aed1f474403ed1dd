"""The report: one HTML page to read in five minutes and to print, without any script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cohabit import __version__
from cohabit.maps import places
from cohabit.maps.charts import Dot, Drawing, dots, lines
from cohabit.maps.page import escaped, static, style_policy
from cohabit.maps.place_figures import hatch
from cohabit.maps.report_data import PAIRS, ReportData
from cohabit.maps.scale import percent
from cohabit.maps.svg import coloured, light_colours, tag
from cohabit.queries.advisories import SEVERITIES
from cohabit.queries.study import MISSING

TITLE = "Which AI models live together on exposed hosts"
_WIDTH = 944.0
_HALF = 450.0
_NOTE_LIMIT = 400
_NOT_KNOWN = "–"

_HOST = "A host is an address; it counts once, however often it was seen."
_REPORTED = (
    "The family of a model is the one that most hosts report for it; where none does, the catalogue's, by its name."
)
_BY_NAME = "No server in these scans reported a family: all families are the catalogue's, by the names of the models."
_Q = (
    "q is the false discovery rate under the bipartite configuration model, which keeps the sizes of hosts and items; "
    "q < 0.01 is a gate, no rank."
)
_ONE_COUNTRY = (
    "The report is of one country. Figures of other studies are of the whole world and not beside these; "
    "the command cohabit study has them."
)
_STUDY_HEADS = ["Claim", "In the study", "Here", "95 % interval", "Other definitions", "Verdict"]
_METHODS = (
    "Shares are of hosts with at least one known item of the level; for places, of all hosts; for the course over "
    "time, of hosts whose list was seen in the month. Intervals are Wilson's, at 95 %; they take hosts as independent.",
    "Lift is how many times more hosts list both items than if the two were independent.",
    "The network draws, of pairs with lift above 1, the three strongest of each family and a maximum spanning tree.",
    "A scan sees what answers on the Internet, not what is in use: no figure here is about hosts that were not seen.",
)


def render(data: ReportData) -> str:
    """Return the whole HTML document; the same data give the same bytes."""
    style = coloured(static("report.css") + static("figures.css"), light_colours())
    simulated = "SIMULATED DATA – " if data.simulated else ""
    answers = [
        _ranks(data),
        _together(data),
        _places(data),
        _vulnerabilities(data),
        _course(data),
        *([] if data.country else [_study(data)]),
        _quality(data),
    ]
    # Of no host there is nothing to answer, and the reasons why each part is empty would not be so.
    sections = [_header(data), *(answers if data.network.hosts else ()), _methods(data), _footer(data)]
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        f'<meta http-equiv="Content-Security-Policy" content="{style_policy(style)}">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{simulated}{escaped(_title(data))}</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        *sections,
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _title(data: ReportData) -> str:
    return " – ".join(filter(None, (TITLE, data.country, data.published)))


def _header(data: ReportData) -> str:
    banner = ""
    if data.simulated:
        banner = '<p class="banner"><strong>SIMULATED DATA</strong> These hosts do not exist.</p>\n'
    facts = [
        ("Source", data.source),
        ("Seen", data.dates),
        ("Hosts in scope", f"{data.network.hosts:,}"),
        ("Filters", "; ".join(data.filters) or "none"),
        *([("For everybody", data.published)] if data.published else []),
        *([("By", data.author)] if data.author else []),
    ]
    rows = "".join(f"<div><dt>{name}</dt><dd>{escaped(text, 500)}</dd></div>" for name, text in facts)
    said = "".join(f"<li>{escaped(sentence, _NOTE_LIMIT)}</li>" for sentence in data.sentences)
    return (
        f"<header>\n{_marking(data)}{banner}<h1>{escaped(_title(data))}</h1>\n"
        f'<dl class="facts">{rows}</dl>\n</header>\n'
        f'<ul class="headline">{said}</ul>'
    )


def _marking(data: ReportData) -> str:
    """With whom the report may be shared: at the right, in the colours that TLP 2.0 gives its labels."""
    if data.marking is None:
        return ""
    label, words = data.marking
    kind = label.partition(":")[2].partition("+")[0].lower()
    return (
        f'<p class="sharing"><span>{escaped(words)}</span> <strong class="tlp {kind}">{escaped(label)}</strong></p>\n'
    )


def _section(title: str, *parts: str) -> str:
    """A section of parts that are HTML already."""
    return "\n".join(["<section>", f"<h2>{title}</h2>", *parts, "</section>"])


def _lead(sentence: str) -> str:
    return f'<p class="lead">{escaped(sentence, 300)}</p>' if sentence else ""


def _note(words: str) -> str:
    return f'<p class="note">{words}</p>'


def _whole(*parts: str) -> str:
    """What is not to be broken over two pages."""
    return f'<div class="whole">{"".join(parts)}</div>'


def _ranks(data: ReportData) -> str:
    return _section(
        "Who is biggest",
        _side_by_side(data, ("Families", data.families), ("Labs", data.labs)),
        _note("Share of hosts with the item, its 95 % interval, and hosts of the base n."),
    )


def _side_by_side(data: ReportData, *charts: tuple[str, Sequence[Dot]]) -> str:
    columns = []
    for title, ranked in charts:
        chart = _svg(dots(ranked, _HALF), f"{title} by share of hosts") if ranked else _none(data, "None is known.")
        columns.append(_whole(f"<h3>{title}</h3>", chart))
    return f'<div class="two">{"".join(columns)}</div>'


def _none(data: ReportData, words: str) -> str:
    """Why a part is empty: `words`, or, in a report for everybody, that nothing in it has enough hosts."""
    return f"<p>{words if data.least == 1 else f'There is none of {data.least:,} hosts or more.'}</p>"


def _together(data: ReportData) -> str:
    title = "Who lives with whom"
    rows = data.network.pairs.rows[:PAIRS]
    if not rows:
        return _section(title, _none(data, "No host lists two known families."))
    cells = [
        [
            escaped(row["a"], 60),
            escaped(row["b"], 60),
            f"{row['hosts']:,}",
            percent(row["share_of_multi_model_hosts"]),
            _interval(row["low"], row["high"]),
            f"{row['lift']:.2f}",
            _q(row.get("q_value")),
        ]
        for row in rows
    ]
    heads = ["Family A", "Family B", "Hosts with both", "Of multi-model hosts", "95 % interval", "Lift", "q"]
    return _section(
        title,
        _table(heads, cells, numbers={2, 3, 4, 5, 6}),
        _note(
            f"The {len(rows)} most frequent of {len(data.network.pairs.rows):,} pairs. Common families lead such a "
            "list; lift says which pairs are more than that."
        ),
        _whole(
            "<h3>What is together more often than independent families would be</h3>",
            _svg(data.picture, "Network of families"),
            _note(escaped(data.reading)),
        ),
    )


def _places(data: ReportData) -> str:
    if data.country:
        return _section(
            f"Who carries the hosts in {escaped(data.country)}",
            _side_by_side(data, ("Networks", data.networks), ("Providers", data.providers)),
            _note(
                "Share of the hosts in scope, its 95 % interval, and hosts. A network carries a host, a provider runs "
                "the network; neither need own the host."
            ),
        )
    if not data.places.places:
        return _section("Where", f"<p>{escaped(data.places.none_shown)}</p>")
    return _section(
        "Where",
        _whole(
            _svg(places.figure(data.places, _WIDTH), "Hosts by country"),
            _note("Share of all hosts in scope, and hosts; at the right the countries with most."),
        ),
    )


def _vulnerabilities(data: ReportData) -> str:
    title, found = "Known vulnerabilities", data.vulnerabilities
    if not found.told:
        return _section(title, "<p>No server told a version that the list of advisories is about.</p>")
    if not (found.affected or found.severities):
        return _section(title, _none(data, ""))
    cells = [
        [
            escaped(one.id, 40),
            f'<span class="whole">{escaped(one.severity)}</span>',
            escaped(one.about, 200),
            f"{one.hosts.note}",
            percent(one.hosts.share),
            _interval(one.hosts.low, one.hosts.high),
            escaped(one.summary, 200),
        ]
        for one in found.advisories
    ]
    severity = '<span class="whole">Severity</span>'
    # Rounded, and with rows left out, they do not add up.
    shared = [f"«{one.label}»" for one in found.severities if one.label not in SEVERITIES] if data.least == 1 else []
    sharing = f"{', '.join(shared)} add up to the hosts. " if len(shared) > 1 else ""
    heads = ["Advisory", severity, "Versions", "Hosts", "Share", "95 % interval", "What it is"]
    return _section(
        title,
        _lead(found.sentence),
        _side_by_side(data, ("By severity of the advisories", found.severities), ("Versions", found.versions)),
        _table(heads, cells, numbers={3, 4, 5}) if cells else "",
        _note(
            "Share of the hosts whose list was seen, its 95 % interval, and hosts of the base n. A host can be in "
            "several rows: it can fall under advisories of several severities, and run several servers. "
            f"{sharing}{escaped(found.caveat, _NOTE_LIMIT)}"
        ),
    )


def _course(data: ReportData) -> str:
    parts = [_lead(data.trend)]
    if data.lines:
        parts.append(_svg(lines(data.periods, data.lines, _WIDTH, 260), "Share of hosts by month"))
        parts.append(
            _note(
                "Share of the hosts whose list was seen in the month, with the band of its 95 % interval. A gap is a "
                f"month without a scan{', or with too few hosts to be said' if data.published else ''}."
            )
        )
    parts += [_note(escaped(note, _NOTE_LIMIT)) for note in data.trend_notes]
    return _section("What rises and falls", _whole(*parts))


def _study(data: ReportData) -> str:
    # Rows of nothing would make the table twice as long, and a figure of what is too little known would be quoted.
    missing = ", ".join(row["claim"] for row in data.study if row["verdict"] == MISSING)
    cells = [
        [
            escaped(row["claim"], 200),
            _figure(row["published"]),
            _figure(row["computed"]),
            _NOT_KNOWN if row["low"] is None else f"{_figure(row['low'])} to {_figure(row['high'])}",
            _range(data.readings.get(row["claim"], ())),
            # On paper a verdict broken into three lines doubles the length of the table.
            f'<span class="whole">{escaped(row["verdict"])}</span>' if row["verdict"] else _NOT_KNOWN,
        ]
        for row in data.study
        if row["verdict"] != MISSING
    ]
    named = data.study_headline.startswith(data.study_title)
    title = data.study_headline if named else f"The study is {data.study_title}. {data.study_headline}".strip()
    return _section(
        "Figures of another study beside these data",
        _lead(title),
        _table(_STUDY_HEADS, cells, numbers={1, 2, 3, 4}) if cells else "",
        _note(f"Claims on what is not in this data: {escaped(missing, 800)}.") if missing else "",
        _note(
            "The study's numbers are those of other scans. Other definitions: the same figure at one moment, of lines "
            "in the place of reported families, without suspected decoys …, from the least to the largest; quote "
            "a figure with its definition. The command <code>cohabit study</code> has each of them by its name."
        ),
    )


def _quality(data: ReportData) -> str:
    cells = [
        [
            escaped(row["check"]),
            _NOT_KNOWN if row["hosts"] is None else f"{row['hosts']:,}",
            _NOT_KNOWN if row["share"] is None else percent(row["share"]),
            _NOT_KNOWN if row["effect"] is None else f"{row['effect'] * 100:+.2f} points".replace("-", "−"),
            escaped(row["note"] or "", _NOTE_LIMIT),
        ]
        for row in data.quality
    ]
    heads = ["Check", "Hosts", "Share", "Effect", "What it means"]
    effect = ""
    if any(row["effect"] is not None for row in data.quality):
        effect = " Effect: by how much the share above changes without these hosts."
    return _section(
        "What could be wrong with the data",
        _lead(data.quality_headline),
        _table(heads, cells, numbers={1, 2, 3}) if cells else "",
        _note(f"A check raises a suspicion, it proves nothing.{effect}"),
    )


def _methods(data: ReportData) -> str:
    caveats = "".join(f"<li>{escaped(text, _NOTE_LIMIT)}</li>" for text in data.caveats)
    tested = any(_q(row.get("q_value")) != _NOT_KNOWN for row in data.network.pairs.rows)
    families = _REPORTED if data.reported_families else _BY_NAME
    country = (_ONE_COUNTRY,) if data.country else ()
    sentences = (_HOST, *country, families, *_METHODS, *((_Q,) if tested else ()))
    methods = "".join(f"<li>{escaped(text)}</li>" for text in sentences if data.network.hosts)
    return _section("Methods in short", f'<ul class="small">{methods}{caveats}</ul>') if methods or caveats else ""


def _footer(data: ReportData) -> str:
    by = f"By {escaped(data.author)}. " if data.author else ""
    return (
        f"<footer>{_marking(data)}<p>{by}Made with cohabit {escaped(__version__)}. "
        "This file is complete and needs no network. "
        "Outlines of countries: Natural Earth.</p></footer>"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: set[int]) -> str:
    """A table of cells that are HTML already; columns in which no row has anything are left out."""
    shown = [i for i in range(len(heads)) if any(row[i] not in ("", _NOT_KNOWN) for row in rows)]

    def cells(row: Sequence[str], name: str) -> str:
        return "".join(
            f'<{name} class="number">{row[i]}</{name}>' if i in numbers else f"<{name}>{row[i]}</{name}>" for i in shown
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells(heads, "th")}</tr></thead><tbody>{body}</tbody></table></div>'


def _svg(drawing: Drawing, title: str) -> str:
    """A drawing in the page; screen readers get its title, the figures are in tables."""
    width, height = round(drawing.width), round(drawing.height + 4)
    return tag(
        "svg",
        tag("title", escaped(title)),
        hatch(),
        drawing.body,
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        class_="figure",
        role="img",
    )


def _interval(low: float, high: float) -> str:
    return f"{low * 100:.1f} % to {high * 100:.1f} %"


def _q(value: float | None) -> str:
    if value is None or value != value:
        return _NOT_KNOWN
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _figure(value: Any) -> str:
    """A figure of the study: whole numbers are whole, so what is not is a share."""
    if value is None:
        return _NOT_KNOWN
    return f"{value * 100:.1f} %" if isinstance(value, float) else f"{value:,}"


def _range(values: Sequence[Any]) -> str:
    """The least and the largest of several figures."""
    ends = list(dict.fromkeys(_figure(value) for value in (*values[:1], *values[-1:])))
    return " to ".join(ends) or _NOT_KNOWN
