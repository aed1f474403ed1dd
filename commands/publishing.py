"""The command that hands a study on: bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.commands import completing
from cohabit.options import Filters, PublishOption, Several, SourceOption, Where, with_options
from cohabit.progress import progress_bar
from cohabit.text import visible

app = typer.Typer()


@app.command()
@with_options
def bundle(
    where: Where,
    filters: Filters,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .zip.")],
    level: Annotated[
        Several,
        typer.Option(
            help="model, family, line, lab or lab-country; several with commas between them, or repeated.",
            show_default="family",
        ),
    ] = None,
    publish: PublishOption = None,
    source: SourceOption = None,
    seed: Annotated[int, typer.Option(help="Seed of communities, resamples and places in maps.")] = 0,
    bootstrap: Annotated[
        int,
        typer.Option(
            help="Add intervals of pairs, and of ranks of centrality, from this many draws of networks.",
            metavar="N",
            show_default="none",
        ),
    ] = 0,
    against: Annotated[
        Several,
        typer.Option(
            "--with",
            help="Also compare the hosts with this group (a filter as in compare); may be repeated.",
            metavar="KEY=VALUE",
        ),
    ] = None,
    compare: Annotated[
        Several,
        typer.Option(
            help="With --with: compare this group instead, and leave the other tables unfiltered; may be repeated.",
            metavar="KEY=VALUE",
        ),
    ] = None,
    query: Annotated[
        Several,
        typer.Option(
            help="Also the answer of this saved query, or of this .cypher file; may be repeated.",
            metavar="NAME|FILE",
            autocompletion=completing.saved,
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, and not the name of the file.")] = False,
) -> None:
    """Pack a study into one file. Tables, maps, report, and what it takes to check them and make them again.

    Tables as CSV, JSON and one workbook; commands, filters and Cypher of each, definitions, versions, hashes of the
    scans, a citation line and a script.
    The same data and options give the same bytes. Ranks and maps are there at every level; --level is that of pairs,
    combinations, centrality, clusters, concentration, trends and the map over time, and with several each has them.

    \b
    Examples:
      cohabit bundle --publish 10 -o study.zip
      cohabit bundle --level family,lab-country --publish 10 -o levels.zip
      cohabit bundle --country CN --with country=US --publish 10 -o compared.zip
      cohabit bundle --compare country=EU --with not-country=EU -o europe.zip
      cohabit bundle --bootstrap 200 --query hosts-by-country -o inside.zip
    """
    from cohabit.bundles.contents import Bundle, read_levels
    from cohabit.bundles.making import make
    from cohabit.bundles.own import read_queries
    from cohabit.commands.comparing import filters_of
    from cohabit.graph.store import data_folder
    from cohabit.output import as_text, as_workbook, check_target, write_file
    from cohabit.session import Graph

    check_target(output, (".zip",))
    group_a = filters_of(compare, "--compare") if compare else {}
    group_b = filters_of(against) if against else {}
    queries = read_queries(query or [], data_folder(where.data))
    levels = read_levels(level or "family")
    wanted = Bundle(filters.values(), publish, seed, levels, source, bootstrap, group_b, queries, group_a)
    with Graph(where.data, where.store) as graph, progress_bar(quiet) as progress:
        content = make(graph, wanted, as_text, as_workbook, progress)
    write_file(output, content)
    if not quiet:
        print(visible(str(output)))
