"""A browser that watches one HTML file and tells on everything a safe, offline page must not do.

`Chromium.open` opens a file in a fresh profile; whatever the page asks for, throws, prints as an error, shows as a
dialog, or runs against its own policy ends up in `Visit.problems()`. It knows nothing of any kind of map beyond
`window.__ready` (the page is drawn) and `window.__pwn` (what the hostile texts set when one of them runs).
"""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Error, Page, Playwright, Request, Route

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-3d-apis", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
READY_WITHIN = 5_000  # milliseconds
_WATCH = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(event.effectiveDirective + " " + event.blockedURI + " " + event.sample);
}, true);
"""
_COUNT_COLOURS = """
async (source) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height).data;
  const counts = new Map();
  for (let i = 0; i < pixels.length; i += 4) {
    const colour = "#" + [pixels[i], pixels[i + 1], pixels[i + 2]].map((c) => c.toString(16).padStart(2, "0")).join("");
    counts.set(colour, (counts.get(colour) || 0) + 1);
  }
  return Array.from(counts);
}
"""

Kind = Literal["request", "dialog", "error", "console", "policy", "executed", "markup", "not ready", "popup"]


@dataclass(frozen=True)
class Problem:
    """One thing that a safe page does not do."""

    kind: Kind
    text: str


@dataclass
class Visit:
    """An open page; `scripts` and `images` are how many such elements the page was built with."""

    page: Page
    chromium: Chromium
    scripts: int
    images: int
    requests: list[str] = field(default_factory=list)
    seen: list[Problem] = field(default_factory=list)

    def problems(self) -> list[Problem]:
        """Return everything noticed up to now."""
        found = list(self.seen)
        found += [Problem("policy", text) for text in self.page.evaluate("window.__violations || []")]
        executed = self.page.evaluate("window.__pwn")
        if executed is not None:
            found.append(Problem("executed", str(executed)))
        built = {"script": self.scripts, "img, image, iframe, object, embed, link, base": self.images}
        for selector, expected in built.items():
            number = self.page.locator(selector).count()
            if number != expected:
                found.append(Problem("markup", f"{number} × {selector}, built with {expected}"))
        return found

    def wait_until(self, expression: str) -> bool:
        """Return whether a JavaScript expression becomes true within five seconds.

        Playwright's own wait evaluates text inside the page from its second look on, which the page's policy forbids.
        """
        end = time.monotonic() + READY_WITHIN / 1000
        while not self.page.evaluate(expression):
            if time.monotonic() > end:
                return False
            self.page.wait_for_timeout(20)
        return True

    def ready_after(self) -> float:
        """Return the milliseconds from opening the file to the first drawing."""
        return float(self.page.evaluate("performance.getEntriesByName('ready')[0].startTime"))

    def colours(self, selector: str) -> Counter[str]:
        """Return how many pixels of an element, as on the screen, have which colour (``#rrggbb``)."""
        return self.chromium.colours(self.page.locator(selector).screenshot())

    def to_element(self, selector: str, x: float, y: float) -> tuple[float, float]:
        """Return the place in the window of a point given from an element's corner, scrolled into view."""
        place = self.page.locator(selector)
        place.scroll_into_view_if_needed()
        box = place.bounding_box()
        assert box is not None
        return box["x"] + x, box["y"] + y


class Chromium:
    """One running browser; each visit has a profile of its own."""

    def __init__(self, playwright: Playwright, program: Path) -> None:
        self._browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))

    def close(self) -> None:
        """End the browser."""
        self._browser.close()

    @contextmanager
    def open(
        self,
        file: Path,
        *,
        scripts: int,
        images: int = 0,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        wait: bool = True,
    ) -> Iterator[Visit]:
        """Open `file` and wait for `window.__ready` (`wait=False`: for the load event and half a second)."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        try:
            visit = _watched(context, self, file, scripts, images)
            visit.page.goto(file.as_uri(), wait_until="load")
            if wait:
                if not visit.wait_until("window.__ready === true"):
                    visit.seen.append(Problem("not ready", f"not drawn within {READY_WITHIN} ms"))
            else:
                visit.page.wait_for_timeout(500)
            yield visit
        finally:
            context.close()

    def colours(self, png: bytes) -> Counter[str]:
        """Return the number of pixels of each colour of a picture; counted in a page of its own."""
        page = self._browser.new_page()
        try:
            source = "data:image/png;base64," + base64.b64encode(png).decode()
            return Counter(dict(page.evaluate(_COUNT_COLOURS, source)))
        finally:
            page.close()


def _watched(context: BrowserContext, chromium: Chromium, file: Path, scripts: int, images: int) -> Visit:
    context.set_default_timeout(READY_WITHIN)
    context.add_init_script(_WATCH)
    page = context.new_page()
    visit = Visit(page, chromium, scripts, images)
    own = file.as_uri()
    note = visit.seen.append

    def requested(request: Request) -> None:
        visit.requests.append(request.url)
        # The page itself once, as a document: an <img> or a link to the same file counts as foreign.
        if visit.requests != [own] and not request.url.startswith(("data:", "blob:")):
            note(Problem("request", f"{request.resource_type} {request.url[:200]}"))

    def answer(route: Route) -> None:
        url = route.request.url
        if url == own or url.startswith(("data:", "blob:")):
            route.continue_()
        else:
            route.abort()

    def dialog(shown: Dialog) -> None:
        note(Problem("dialog", shown.message[:200]))
        shown.dismiss()

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            note(Problem("console", message.text[:300]))

    def crashed(error: Error) -> None:
        note(Problem("error", str(error)[:300]))

    def popup(other: Any) -> None:
        note(Problem("popup", str(other.url)[:200]))

    context.on("request", requested)
    context.route("**/*", answer)
    page.on("dialog", dialog)
    page.on("console", console)
    page.on("pageerror", crashed)
    page.on("popup", popup)
    return visit
