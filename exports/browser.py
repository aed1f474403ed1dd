"""What the Neo4j Browser takes: a style, saved queries in folders, and a page that explains them.

Nothing of the graph's data is in it. The Browser shows no picture where a script sets parameters first, so each
parameter's value stands in the statement, with its name before it.
"""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from cohabit.exports.placing import place
from cohabit.graph import schema
from cohabit.queries.saved import Parameter, SavedQuery, drawing_queries, saved_queries

Folders = dict[str, list[SavedQuery]]

NAME = "neo4j-browser"
QUERIES = "cohabit-queries.zip"
STYLE = "cohabit.grass"
GUIDE = "guide.html"

_FOLDER = "cohabit"
# A zip archive says when its files were made; two of the same queries are to be the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Look:
    """How nodes of a label look: colour, colour of the text on it, diameter in pixels, property that is shown."""

    colour: str
    text: str
    diameter: int
    caption: str


# Okabe and Ito's colours in the order of the maps (`--c0` … in their style sheet; there hosts are 0 and models 1),
# then shades for what a map has none for.
LOOKS = {
    "Host": Look("#0072b2", "#ffffff", 40, "address"),
    "Model": Look("#d55e00", "#ffffff", 55, "name"),
    "Family": Look("#009e73", "#ffffff", 70, "name"),
    "Line": Look("#cc79a7", "#000000", 60, "name"),
    "Lab": Look("#e69f00", "#000000", 65, "name"),
    "Country": Look("#56b4e9", "#000000", 65, "code"),
    "Network": Look("#f0e442", "#000000", 50, "asn"),
    "Provider": Look("#8a8a8a", "#000000", 60, "name"),
    "Software": Look("#d0d7de", "#000000", 50, "name"),
    "Scan": Look("#f3f5f7", "#000000", 40, "file_name"),
}


def export(folder: Path, own: Iterable[SavedQuery] = ()) -> None:
    """Write everything into a new folder, whole or not at all; DataError for a place that will not do.

    `own` are queries of the user's own.
    """
    queries = folders(own)
    place(folder, lambda made: _fill(made, queries), folder=True)


def style() -> str:
    """The style sheet: every label and relationship type as the maps have them."""
    rules = [
        _rule("node", {"diameter": "50px", "color": "#8a8a8a", "border-color": "#57606a", "border-width": "2px"})
        + _rule("relationship", {"color": "#6e7781", "shaft-width": "1px", "font-size": "8px", "caption": '"<type>"'})
    ]
    for label, look in LOOKS.items():
        rules.append(
            _rule(
                f"node.{label}",
                {
                    "diameter": f"{look.diameter}px",
                    "color": look.colour,
                    "border-color": "#57606a",
                    "text-color-internal": look.text,
                    "caption": f'"{{{look.caption}}}"',
                },
            )
        )
    rules.append(_rule("relationship.CO_DEPLOYED", {"color": "#57606a", "shaft-width": "2px", "caption": '"{hosts}"'}))
    return "".join(rules)


def _rule(selector: str, properties: dict[str, str]) -> str:
    lines = "".join(f"  {name}: {value};\n" for name, value in properties.items())
    return f"{selector} {{\n{lines}}}\n"


def script(query: SavedQuery) -> str:
    """A saved query as a script of the Browser: its first line is its title there; it runs as it stands."""
    lines = [query.title, query.shows]
    lines += [f"{p.name} = {_literal(p)}: {p.meaning}; change it where it stands" for p in query.parameters]
    lines += query.caveats
    header = "".join(f"// {' '.join(line.split())}\n" for line in lines)
    values = {p.name: p for p in query.parameters}
    statement = re.sub(r"\$(\w+)", lambda match: f"/* {match[1]} */ {_literal(values[match[1]])}", query.cypher)
    return f"{header}{statement}\n"


def _literal(parameter: Parameter) -> str:
    """The value in Cypher, which writes texts, numbers and lists of them as JSON does."""
    return json.dumps(parameter.value, ensure_ascii=False)


def folders(own: Iterable[SavedQuery] = ()) -> Folders:
    """All queries by the folder that they are in there, those that draw first."""
    found: Folders = {}
    for query in [*drawing_queries().values(), *saved_queries().values(), *own]:
        found.setdefault(query.folder, []).append(query)
    return found


def _fill(folder: Path, queries_in: Folders) -> None:
    (folder / STYLE).write_text(style(), encoding="utf-8", newline="\n")
    (folder / GUIDE).write_text(guide(queries_in), encoding="utf-8", newline="\n")
    with zipfile.ZipFile(folder / QUERIES, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, queries in queries_in.items():
            for query in queries:
                member = zipfile.ZipInfo(f"{_FOLDER} {name.lower()}/{query.name}.cypher", _NO_TIME)
                archive.writestr(member, script(query), zipfile.ZIP_DEFLATED)


def guide(queries_in: Folders) -> str:
    """The page that explains style and queries: plain HTML without scripts, to read or to print."""
    sections = "".join(
        f"<h2>{html.escape(_FOLDER)} {html.escape(name.lower())}</h2>\n<dl>\n{''.join(map(_entry, queries))}</dl>\n"
        for name, queries in queries_in.items()
    )
    labels = "".join(_label(label, look) for label, look in LOOKS.items())
    page = resources.files("cohabit.exports").joinpath("guide.html").read_text(encoding="utf-8")
    return page.replace("{labels}", labels).replace("{sections}", sections)


def _label(label: str, look: Look) -> str:
    dot = f'<span class="dot" style="background:{look.colour}"></span>'
    return f"<li>{dot}{label}: {html.escape(schema.node(label).meaning)}</li>\n"


def _entry(query: SavedQuery) -> str:
    notes: Sequence[str] = [f"{p.name} = {_literal(p)}: {p.meaning}" for p in query.parameters] + list(query.caveats)
    listed = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return (
        f"<dt>{html.escape(query.title)}</dt>\n<dd>{html.escape(query.shows)}"
        f"{f'<ul>{listed}</ul>' if listed else ''}</dd>\n"
    )
