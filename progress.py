"""A progress bar with rate and time left on standard error; nothing where that is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cohabit.graph.store import Progress
from cohabit.text import visible


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator[Progress | None]:
    """Yield what long work calls to tell how far it is, or None when nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.update(task, visible=False)
                tasks[what] = bar.add_task(visible(what, 60), total=total or None, rate="")
            elapsed = bar.tasks[list(tasks).index(what)].elapsed
            bar.update(tasks[what], completed=done, total=total or None, rate=_rate(what, done, elapsed))

        yield report


def _rate(what: str, done: int, elapsed: float | None) -> str:
    if not elapsed or not done:
        return ""
    each = done / elapsed
    return f"{each / 2**20:.1f} MiB/s" if what.startswith("reading") else f"{each:,.0f}/s"
