"""The command that writes the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.options import Filters, PublishOption, SourceOption, Where, with_options
from cohabit.text import visible

app = typer.Typer()


@app.command()
@with_options
def report(
    where: Where,
    filters: Filters,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .html, or .pdf through a browser.")],
    seed: Annotated[int, typer.Option(help="Seed of the places in the network.")] = 0,
    publish: PublishOption = None,
    source: SourceOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print the name of the file.")] = False,
) -> None:
    """Write a report of a few pages, to read in five minutes and to print.

    Headline, ranks, co-occurrence, the network of families, countries, course over time, published figures, doubts.

    \b
    Examples:
      cohabit report -o report.html
      cohabit report -o report.pdf --country DE
      cohabit report -o report.html --publish 10 --source "Server list of Example, 2026"
    """
    from cohabit.output import check_target, tell, write_file
    from cohabit.session import Graph

    check_target(output, (".html", ".pdf"))
    with Graph(where.data, where.store) as graph:
        options = {"seed": seed, "publish": publish, "source": source, **filters.values()}
        content = graph.picture("report", output.suffix.lower(), **options)
        notes = graph.notes(publish=publish, **filters.values())
    write_file(output, content)
    if not quiet:
        tell(notes)
        print(visible(str(output)))
