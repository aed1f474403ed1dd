"""The shell of every map: one HTML file that runs only what its own security policy lists and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from cohabit import __version__
from cohabit.maps.data import Frame
from cohabit.text import visible

_TITLE_LIMIT = 150
_FACT_LIMIT = 500
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STRICT = '"use strict";'
_IRREGULAR = {"family": "families", "lab-country": "lab countries", "country": "countries"}


@dataclass(frozen=True)
class Tab:
    """One view: `key` (a constant, used in ids), the tab's text, and its HTML, already escaped."""

    key: str
    text: str
    body: str


def plural(unit: str) -> str:
    """Return the plural of a level or place name."""
    return _IRREGULAR.get(unit, f"{unit.replace('-', ' ')}s")


def escaped(text: str, limit: int | None = None) -> str:
    """Return text written by anyone as HTML: hidden characters spelled out, cut to `limit`, markup escaped."""
    return html.escape(visible(text, limit), quote=True)


def within(frame: Frame) -> str:
    """Where there is none: in the selection, or, of what is for everybody, among what may be shown of it; as HTML."""
    return (
        f"in this selection that may be shown ({escaped(frame.published)})" if frame.published else "in this selection"
    )


def static(name: str) -> str:
    """Return one of the files of `maps/static`."""
    return files("cohabit.maps").joinpath("static", name).read_text(encoding="utf-8")


def embedded_json(value: object) -> str:
    r"""Return JSON that can stand in a `<script>` element: ASCII only, with `<`, `>`, `&` as ``\u003c`` and so on.

    Raises ValueError for NaN and infinity, which JSON has not.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def significant(value: float | None, digits: int = 5) -> float | None:
    """Return `value` with that many significant digits (smaller files); None for None, NaN and infinity."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """Return a Content-Security-Policy that allows exactly these inline scripts and styles, and no request at all."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src " + " ".join(_digest(text) for text in scripts),
            "style-src " + " ".join(_digest(text) for text in styles),
            # Pictures that the page makes of itself, on their way to a file.
            "img-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            # No script, ours or vis-network's, may turn text into markup.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def style_policy(style: str) -> str:
    """Return the policy of a page without any script."""
    return f"default-src 'none'; style-src {_digest(style)}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def joined(*names: str) -> str:
    """Return several scripts of `maps/static` as one; they share their names, so the order matters.

    Without comments and indentation, for the size of the file: no text of ours goes over several lines.
    """
    lines = (line.strip() for name in names for line in static(name).splitlines())
    code = (line for line in lines if line and line != _STRICT and not line.startswith("//"))
    return "\n".join([_STRICT, *code])


def document(
    frame: Frame,
    *,
    payload: Mapping[str, object],
    tabs: Sequence[Tab],
    scripts: Sequence[str],
    styles: Sequence[str] = (),
) -> str:
    """Return the whole HTML file: the frame, the tabs, the payload as JSON, the scripts in order.

    The page finds the payload in `data`, and there under `about` what a picture that leaves the page takes along.
    `styles` come after the shell's own. The scripts of the shell (`shell.js`, `search.js` …) are the caller's to name.
    """
    sheets = [_lean(sheet) for sheet in (static("page.css"), *styles)]
    for text in (*scripts, *sheets):
        if any(end in text.lower() for end in ("</script", "</style", "<!--")):
            raise ValueError("a script or style of the page would end its own element")
    simulated = "SIMULATED DATA – " if frame.simulated else ""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        f'<meta http-equiv="Content-Security-Policy" content="{policy(scripts, sheets)}">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{simulated}{escaped(frame.heading, _TITLE_LIMIT)}</title>",
        *(f"<style>{sheet}</style>" for sheet in sheets),
        "</head>",
        "<body>",
        _header(frame),
        _tab_bar(tabs),
        "<main>",
        *(_panel(tab, first=tab is tabs[0]) for tab in tabs),
        "</main>",
        _footer(frame),
        f'<script type="application/json" id="data">{embedded_json({**payload, "about": _about(frame)})}</script>',
        *(f"<script>{script}</script>" for script in scripts),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _lean(sheet: str) -> str:
    """A style sheet without comments and indentation, for the size of the file."""
    lines = (line.strip() for line in _COMMENT.sub("", sheet).splitlines())
    return "\n".join(line for line in lines if line)


def _facts(frame: Frame) -> list[tuple[str, str]]:
    return [
        ("Source", frame.source),
        ("Seen", frame.dates),
        ("Base n", frame.base_words),
        ("Multi-model hosts", f"{frame.multi_model_hosts:,}"),
        ("Filters", "; ".join(frame.filters) or "none"),
        *([("For everybody", frame.published)] if frame.published else []),
    ]


def _about(frame: Frame) -> dict[str, object]:
    return {
        "title": visible(frame.heading, _TITLE_LIMIT),
        "facts": [f"{name}: {visible(text, _FACT_LIMIT)}" for name, text in _facts(frame)],
        "simulated": frame.simulated,
    }


def _header(frame: Frame) -> str:
    banner = ""
    if frame.simulated:
        banner = '<p class="banner"><strong>SIMULATED DATA</strong> These hosts do not exist.</p>\n'
    facts = _facts(frame)
    rows = "".join(f"<div><dt>{name}</dt><dd>{escaped(text, _FACT_LIMIT)}</dd></div>" for name, text in facts)
    return (
        f'<header>\n{banner}<h1>{escaped(frame.heading, _TITLE_LIMIT)}</h1>\n<dl class="facts">{rows}</dl>\n</header>'
    )


def _tab_bar(tabs: Sequence[Tab]) -> str:
    buttons = "".join(
        f'<button type="button" role="tab" id="tab-{tab.key}" aria-controls="panel-{tab.key}"'
        f' aria-selected="{"true" if tab is tabs[0] else "false"}"'
        f' tabindex="{0 if tab is tabs[0] else -1}">{escaped(tab.text)}</button>'
        for tab in tabs
    )
    search = (
        '<div class="search"><span id="found" role="status"></span><label for="search">Search</label>'
        '<input id="search" type="search" autocomplete="off" spellcheck="false" aria-describedby="found"></div>'
    )
    return f'<div class="bar"><div role="tablist" aria-label="Views">{buttons}</div>{search}</div>'


def _panel(tab: Tab, *, first: bool) -> str:
    hidden = "" if first else " hidden"
    return (
        f'<section role="tabpanel" id="panel-{tab.key}" aria-labelledby="tab-{tab.key}"{hidden}>\n{tab.body}\n'
        "</section>"
    )


def network_view(units: str, said: str = "", beside: str = "") -> str:
    """Return the place of a network of `units` (escaped): what is shown, zoom, the drawing, details, saving.

    `beside` is HTML that stands above the details, in a wider column.
    """
    details = '<aside id="details" aria-label="Details" aria-live="polite"></aside>'
    side = f'<div class="side">{beside}{details}</div>' if beside else details
    return f"""<div class="view{" halves" if beside else ""}">
<div class="above">
<p id="shown" role="status">{said}</p>
<div class="zoom" role="group" aria-label="Zoom">
<button type="button" id="zoom-in" aria-label="Zoom in">+</button>
<button type="button" id="zoom-out" aria-label="Zoom out">−</button>
<button type="button" id="zoom-fit">Fit</button>
</div>
</div>
<div class="canvas">
<div id="network" tabindex="0" role="application" aria-label="Network of {units}" aria-describedby="keys"></div>
</div>
{side}
</div>
{save_buttons("network")}"""


def save_buttons(view: str) -> str:
    """Return the buttons that save the picture of a view (a constant; `pictures` of picture.js knows it)."""
    return (
        f'<div class="save" role="group" aria-label="Save the picture">'
        f'<button type="button" data-save="png" data-of="{view}">Save PNG</button>'
        f'<button type="button" data-save="svg" data-of="{view}">Save SVG</button></div>'
    )


def _footer(frame: Frame) -> str:
    caveats = "".join(f"<li>{escaped(text, _FACT_LIMIT)}</li>" for text in frame.caveats)
    notes = f"<h2>To keep in mind</h2><ul>{caveats}</ul>" if caveats else ""
    return (
        f"<footer>{notes}<p>Made with cohabit {escaped(__version__)}. This file is complete and needs no network.</p>"
        "<noscript><p>The map and its tables need JavaScript.</p></noscript></footer>"
    )
