"""Commands about the network and its groups: centrality, clusters, concentration, analyse."""

from __future__ import annotations

from typing import Annotated

import typer

from cohabit.commands.answering import LevelOption, answer, scope_of
from cohabit.commands.completing import words
from cohabit.errors import UsageError
from cohabit.options import Answer, Filters, Several, Where, with_options
from cohabit.progress import progress_bar

app = typer.Typer()

NULL_HELP = "Null model of the backbone's p-values: bicm or hypergeometric."
EngineOption = Annotated[
    str, typer.Option(help="What computes: local, or gds, the Graph Data Science of a Neo4j server.")
]
PLACES_LISTED = "country, network, provider, provider-kind or software"


@app.command()
@with_options
def centrality(
    where: Where,
    output: Answer,
    filters: Filters,
    level: LevelOption = "family",
    weight: Annotated[str, typer.Option(help="What a pair weighs: hosts, jaccard or lift.")] = "hosts",
    min_hosts: Annotated[int, typer.Option(help="Leave out items with fewer hosts.")] = 1,
    sort: Annotated[str, typer.Option(help="Column to sort by, largest first.")] = "pagerank",
    exact: Annotated[
        bool, typer.Option("--exact", help="Betweenness and closeness of models on all pairs, not on the backbone.")
    ] = False,
    null: Annotated[str, typer.Option(help=NULL_HELP)] = "bicm",
    bootstrap: Annotated[
        int,
        typer.Option(
            help="Add intervals of the ranks from this many draws of networks.", metavar="N", show_default="none"
        ),
    ] = 0,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.", show_default="0")] = None,
    engine: EngineOption = "local",
) -> None:
    """Say which items are central in what lives together.

    \b
    Examples:
      cohabit centrality --weight jaccard --min-hosts 15
      cohabit centrality --bootstrap 200
    """
    options = {"level": level, "weight": weight, "min_hosts": min_hosts, "sort": sort, "exact": exact, "null": null}
    options |= {"bootstrap": bootstrap, "seed": seed, "engine": engine}
    with progress_bar(output.quiet) as progress:
        answer(where, output, "centrality", **options, scope=scope_of(filters), progress=progress)


@app.command()
@with_options
def clusters(
    where: Where,
    output: Answer,
    filters: Filters,
    level: LevelOption = "family",
    by: Annotated[str | None, typer.Option(help=f"Group places: {PLACES_LISTED}. Else items are grouped.")] = None,
    min_hosts: Annotated[
        int | None, typer.Option(help="With --by: places need this many hosts.", show_default="50", metavar="N")
    ] = None,
    clusters: Annotated[
        int | None,
        typer.Option(help="With --by: make this many clusters.", show_default="best silhouette", metavar="K"),
    ] = None,
    null: Annotated[str | None, typer.Option(help=f"Of items: {NULL_HELP}", show_default="bicm")] = None,
    bootstrap: Annotated[
        int | None,
        typer.Option(help="Resamples for the stability.", show_default="10, or 0 where they take long", metavar="N"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of communities and resamples.")] = 0,
    engine: EngineOption = "local",
) -> None:
    """Say who looks alike. Items that live together (communities), or places that run the same (--by).

    \b
    Examples:
      cohabit clusters --by country
      cohabit clusters --level model
    """
    options = {"level": level, "by": by, "min_hosts": min_hosts, "number": clusters, "null": null}
    options |= {"bootstrap": bootstrap, "seed": seed, "engine": engine, "scope": scope_of(filters)}
    with progress_bar(output.quiet) as progress:
        answer(where, output, "clusters", **options, progress=progress)


@app.command()
@with_options
def concentration(
    where: Where,
    output: Answer,
    filters: Filters,
    level: Annotated[
        str | None, typer.Option(help="model, family, line, lab or lab-country.", show_default="family")
    ] = None,
    by: Annotated[str | None, typer.Option(help=f"Place by place: {PLACES_LISTED}.")] = None,
    of: Annotated[
        Several,
        typer.Option(
            help=f"How the hosts themselves are spread, whatever they run, over: {PLACES_LISTED}; repeatable.",
            metavar="PLACE",
            autocompletion=words("country", "network", "provider", "provider-kind", "software"),
        ),
    ] = None,
    quotients: Annotated[
        bool, typer.Option("--quotients", help="With --by: each item's share in the place over its share overall.")
    ] = False,
) -> None:
    """Say how diverse the items are, and what dominates. Overall or place by place; or how few places hold the hosts.

    \b
    Examples:
      cohabit concentration --level lab --by country
      cohabit concentration --of country --of network --of provider
    """
    scope = scope_of(filters)
    if of:
        if level or by or quotients:
            raise UsageError("--of counts hosts by place, not items: leave --level, --by and --quotients out")
        answer(where, output, "spread", of=of, scope=scope)
        return
    question = "quotients" if quotients else "concentration"
    answer(where, output, question, level=level, by=by, scope=scope)


@app.command()
@with_options
def analyse(
    where: Where,
    output: Answer,
    null: Annotated[str, typer.Option(help="Null model of the q-values: bicm or hypergeometric.")] = "bicm",
    remove: Annotated[bool, typer.Option("--remove", help="Remove the derived facts instead.")] = False,
) -> None:
    """Write derived facts into the store, for Cypher.

    CO_DEPLOYED between families and between models, pagerank and community on both.

    \b
    Examples:
      cohabit analyse
      cohabit analyse --remove
    """
    with progress_bar(output.quiet) as progress:
        answer(where, output, "analyse", null=null, remove=remove, progress=progress)
