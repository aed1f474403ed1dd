"""The command that hands a study on: bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.commands.answering import LevelOption
from cohabit.options import Filters, PublishOption, SourceOption, Where, with_options
from cohabit.progress import progress_bar
from cohabit.text import visible

app = typer.Typer()


@app.command()
@with_options
def bundle(
    where: Where,
    filters: Filters,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .zip.")],
    level: LevelOption = "family",
    publish: PublishOption = None,
    source: SourceOption = None,
    seed: Annotated[int, typer.Option(help="Seed of communities, resamples and places in maps.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, and not the name of the file.")] = False,
) -> None:
    """Pack a study into one file: tables, maps, report, and what it takes to check them and make them again.

    Commands, filters and Cypher of each, definitions, versions, hashes of the scans, a citation line and a script.
    The same data and options give the same bytes. Ranks and maps are there at every level; --level is that of pairs,
    combinations, centrality, clusters, concentration and trends.

    \b
    Examples:
      cohabit bundle --publish 10 -o study.zip
      cohabit bundle --level line --publish 10 -o lines.zip
    """
    from cohabit.bundles.contents import Bundle
    from cohabit.bundles.making import make
    from cohabit.output import as_text, check_target, write_file
    from cohabit.session import Graph

    check_target(output, (".zip",))
    wanted = Bundle(filters.values(), publish, seed, level, source)
    with Graph(where.data, where.store) as graph, progress_bar(quiet) as progress:
        content = make(graph, wanted, as_text, progress)
    write_file(output, content)
    if not quiet:
        print(visible(str(output)))
