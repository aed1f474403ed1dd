"""The command that hands the graph to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.commands.completing import words
from cohabit.options import Filters, PublishOption, Shown, Where, with_options
from cohabit.text import visible

app = typer.Typer()


@app.command()
@with_options
def export(
    where: Where,
    filters: Filters,
    shown: Shown,
    format: Annotated[  # noqa: A002 - what it is called everywhere
        str,
        typer.Argument(
            help="graphml, gexf, json-graph, xlsx (files); csv, parquet, neo4j-admin, neo4j-browser (folders).",
            autocompletion=words(
                *("graphml", "gexf", "json-graph", "xlsx", "csv", "parquet", "neo4j-admin", "neo4j-browser")
            ),
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, or new folder.")],
    level: Annotated[
        str | None,
        typer.Option(help="The network of what lives together: model, family, line, lab or lab-country."),
    ] = None,
    bipartite: Annotated[
        bool, typer.Option("--bipartite", help="Hosts and their models; what is exported without --level.")
    ] = False,
    min_hosts: Annotated[int, typer.Option(help="With --level: leave out pairs with fewer hosts.")] = 1,
    publish: PublishOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print the name of what was written.")] = False,
) -> None:
    """Write the graph for other programs. Hosts and their models with places, or the network of a level.

    neo4j-browser writes no data, but a style, saved queries and a guide for the Neo4j Browser.

    \b
    Examples:
      cohabit export graphml --level family -o families.graphml
      cohabit export parquet -o tables
      cohabit export neo4j-browser -o browser
    """
    from cohabit.errors import UsageError
    from cohabit.exports import browser
    from cohabit.graph.store import data_folder
    from cohabit.output import tell
    from cohabit.queries.own_queries import empty_paths, own_queries
    from cohabit.session import Graph

    if bipartite and level is not None:
        raise UsageError("--bipartite and --level exclude each other: give one of them")
    if format == browser.NAME:
        if level is not None or bipartite or min_hosts > 1 or publish or filters.values():
            raise UsageError(
                f"{browser.NAME} writes no data: leave out --level, --min-hosts, --publish and the filters"
            )
        own = own_queries(data_folder(where.data)).values()
        browser.export(output, own)
        if not quiet:
            tell(empty_paths(own))
    else:
        with Graph(where.data, where.store, show_addresses=shown.show_addresses) as graph:
            graph.export(format, output, level=level, min_hosts=min_hosts, publish=publish, **filters.values())
            notes = [] if quiet else [*graph.notes(publish=publish, **filters.values())]
        if graph.masker.used and not graph.lasting_key and not quiet:
            notes.append("the pseudonyms are of this run only; give --data, or a key by COHABIT_KEY_FILE")
        tell(notes)
    if not quiet:
        print(visible(str(output)))
