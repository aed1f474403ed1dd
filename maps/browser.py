"""PNG and PDF through an installed Chromium or Chrome: what is drawn is what people see in a browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cohabit.errors import DataError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# It draws one local file and is to ask for nothing.
_FLAGS = (
    *("--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--no-default-browser-check"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_SECONDS = 120
_SHARPER = 2


def find_browser(what: str) -> Path:
    """Return the program; where there is none, DataError that says what `what` takes and how to get it."""
    named = os.environ.get("COHABIT_CHROMIUM")
    for name in (named,) if named else (*PROGRAMS, *_MACOS):
        if found := shutil.which(name):
            return Path(found)
    if named:
        raise DataError(f"COHABIT_CHROMIUM: there is no program {named}")
    raise DataError(
        f"{what} takes Chromium or Chrome, and none is installed: install one (such as `apt install chromium`), name "
        "its program in COHABIT_CHROMIUM, or write another format"
    )


def png(svg: str) -> bytes:
    """Draw an SVG file that says its width and height in pixels."""
    size = re.search(r'<svg [^>]*?width="(\d+)" height="(\d+)"', svg)
    if size is None:
        raise ValueError("the SVG does not say its size")
    window = f"--window-size={size[1]},{size[2]}"
    scale = f"--force-device-scale-factor={_SHARPER}"
    return _drawn("a PNG file", svg, "figure.svg", "figure.png", "--screenshot", [window, scale])


def pdf(html: str) -> bytes:
    """Print a page."""
    return _drawn("a PDF file", html, "page.html", "page.pdf", "--print-to-pdf", ["--no-pdf-header-footer"])


def _drawn(what: str, content: str, source: str, target: str, action: str, options: Sequence[str]) -> bytes:
    program = find_browser(what)
    # The sandbox of Chromium does not start for root, who is the user of many containers.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with tempfile.TemporaryDirectory(prefix="cohabit-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / source).write_text(content, encoding="utf-8")
        command = [str(program), *_FLAGS, *(["--no-sandbox"] if root else []), f"--user-data-dir={folder / 'profile'}"]
        command += [*options, f"{action}={folder / target}", (folder / source).as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DataError(f"{program.name}: {what} could not be made ({type(error).__name__})") from error
        if not (folder / target).is_file():
            raise DataError(f"{program.name}: {what} could not be made (it ended with {done.returncode})")
        return (folder / target).read_bytes()
