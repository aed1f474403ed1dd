"""SVG as text: elements, labels that fit, a file of its own. Text from data is escaped, cut and made visible here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from cohabit.maps.page import static
from cohabit.text import visible

# Widths of characters of common sans-serif fonts, in parts of the font's size.
_SMALL, _CAPITAL, _WIDE = 0.56, 0.69, 1.05
_VARIABLE = re.compile(r"var\((--[a-z0-9-]+)\)")


def tag(name: str, *children: str, **attributes: str | float) -> str:
    """One element; children are SVG already, attribute names are constants (`_` at the end is cut, others are `-`)."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_number(value))}" for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def _number(value: str | float) -> str:
    return value if isinstance(value, str) else f"{round(value, 1):g}"


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: float = 13,
    width: float | None = None,
    class_: str = "t",
    anchor: str = "",
) -> str:
    """One line of text at a baseline, cut to `width`; `anchor` is start (also of text from right to left), middle, end.

    Whoever wrote the text, the line stays one: hidden characters are spelled out, and the text is isolated.
    """
    shown = fitted(content, size, width)
    attributes: dict[str, str | float] = {"x": x, "y": y, "class_": class_}
    if size != 13:
        attributes["font_size"] = size
    if anchor:
        attributes["text_anchor"] = anchor
    return tag("text", escape(shown), **attributes)


def fitted(content: str, size: float, width: float | None) -> str:
    """Text as it is shown: safe, in one line, and with an ellipsis where it is wider than `width`; blank in quotes."""
    shown = visible(content) if content.strip() else f'"{visible(content)}"'
    if width is None or measured(shown, size) <= width:
        return shown
    while shown and measured(shown + "…", size) > width:
        shown = shown[:-1]
    return shown + "…"


def wrapped(content: str, size: float, width: float) -> list[str]:
    """Lines no wider than `width`, broken at blanks."""
    found = [""]
    for word in content.split(" "):
        longer = f"{found[-1]} {word}".strip()
        if found[-1] and measured(longer, size) > width:
            found.append(word)
        else:
            found[-1] = longer
    return found


def measured(content: str, size: float) -> float:
    """Estimated width of a line; browsers differ by a few per cent."""
    units = 0.0
    for character in content:
        if unicodedata.combining(character):
            continue
        wide = unicodedata.east_asian_width(character) in "WF"
        units += _WIDE if wide else _CAPITAL if character.isupper() or character in "MWmw@%" else _SMALL
    return units * size


def light_colours() -> dict[str, str]:
    """The variables of the style sheets in their light form."""
    roots = " ".join(static(name).partition("}")[0] for name in ("page.css", "shades.css"))
    return dict(re.findall(r"(--[a-z0-9-]+): ([^;]+);", roots))


def coloured(style: str, colours: Mapping[str, str]) -> str:
    """A style sheet with the colours in the place of the variables: many programs that draw SVG know no variables."""
    return _VARIABLE.sub(lambda match: colours[match[1]], style)


def standalone(title: str, width: float, height: float, body: str) -> str:
    """A whole SVG file: white ground, colours as in the light page, no script and no reference to anything outside."""
    style = coloured(static("figures.css"), light_colours())
    root = tag(
        "svg",
        tag("title", escape(visible(title, 200))),
        tag("style", escape(style)),
        tag("rect", width=width, height=height, class_="ground"),
        body,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width:g} {height:g}",
        class_="figure",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'
