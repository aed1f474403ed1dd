"""A page as Python holds it: a text like any other, which a notebook shows as what it is."""

from __future__ import annotations

import html

_HEIGHT = 820


class HtmlPage(str):
    """A whole HTML document. Write it to a file as UTF-8, or leave it as the last value of a notebook's cell."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Return a frame of an origin of its own: the page runs as it does from a file, and cannot see the notebook."""
        return (
            f'<iframe sandbox="allow-scripts allow-downloads" srcdoc="{html.escape(self)}" '
            f'title="Made with cohabit" style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
        )

    def __repr__(self) -> str:
        # Consoles and notebooks without HTML would print half a megabyte.
        return f"<HTML page of {len(self.encode()):,} bytes>"
