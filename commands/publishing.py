"""The command that hands a study on: bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.errors import UsageError
from cohabit.options import Filters, PublishOption, Where, with_options
from cohabit.progress import progress_bar
from cohabit.text import visible

app = typer.Typer()


@app.command()
@with_options
def bundle(
    where: Where,
    filters: Filters,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .zip.")],
    publish: PublishOption = None,
    seed: Annotated[int, typer.Option(help="Seed of communities, resamples and places in maps.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, and not the name of the file.")] = False,
) -> None:
    """Pack a study into one file: tables, maps, report, and what it takes to check them and make them again.

    Commands, filters and Cypher of each, definitions, versions, hashes of the scans, a citation line and a script.
    The same data and options give the same bytes. For everybody: cohabit bundle --publish 10 -o study.zip
    """
    from cohabit.commands import bundling
    from cohabit.output import write_file
    from cohabit.session import Graph

    if output.suffix.lower() != ".zip":
        raise UsageError(f"{output}: a file name that ends in .zip, please")
    wanted = bundling.Bundle(filters.values(), publish, seed)
    with Graph(where.data, where.store) as graph, progress_bar(quiet) as progress:
        content = bundling.make(graph, wanted, progress)
    write_file(output, content)
    if not quiet:
        print(visible(str(output)))
