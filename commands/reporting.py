"""The command that writes the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.commands.completing import words
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
    tlp: Annotated[
        str | None,
        typer.Option(
            help="With whom it may be shared, by TLP 2.0: clear, green, amber, amber+strict or red.",
            autocompletion=words("clear", "green", "amber", "amber+strict", "red"),
        ),
    ] = None,
    author: Annotated[str | None, typer.Option(help="Who made it, by name: in its head and foot.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print the name of the file.")] = False,
) -> None:
    """Write a report of a few pages, to read and to print.

    Headline, ranks, co-occurrence, the network of families, countries, known vulnerabilities, course over time,
    published figures, doubts. Of one country (--country) networks and providers stand in the place of countries.

    \b
    Examples:
      cohabit report -o report.html
      cohabit report -o report.pdf --country DE
      cohabit report -o report.html --country DE --tlp amber --author "CERT Example"
      cohabit report -o report.html --publish 10 --source "Server list of Example, 2026"
    """
    from cohabit.output import check_target, tell, write_file
    from cohabit.session import Graph

    check_target(output, (".html", ".pdf"))
    with Graph(where.data, where.store) as graph:
        about = {"seed": seed, "publish": publish, "source": source, "tlp": tlp, "author": author}
        options = {**about, **filters.values()}
        content = graph.picture("report", output.suffix.lower(), **options)
        notes = graph.notes(publish=publish, **filters.values())
    write_file(output, content)
    if not quiet:
        tell(notes)
        print(visible(str(output)))
