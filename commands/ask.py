"""Commands that answer: info, rank, cooccurrence, combinations, hosts, host, quality, query, catalogue, map."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from cohabit.commands import completing
from cohabit.commands.answering import LevelOption, answer, scope_of
from cohabit.options import Answer, Filters, Named, PublishOption, Several, Shown, SourceOption, Where, with_options
from cohabit.text import visible

app = typer.Typer()


@app.command()
@with_options
def info(
    where: Where,
    output: Answer,
    scans: Annotated[bool, typer.Option("--scans", help="List the loaded scans instead.")] = False,
) -> None:
    """Say what is in the graph. How fresh it is, and from which scans.

    \b
    Examples:
      cohabit info
      cohabit info --scans
    """
    answer(where, output, "scans" if scans else "info")


@app.command()
@with_options
def rank(
    where: Where,
    output: Answer,
    filters: Filters,
    level: Annotated[
        str | None, typer.Option(help="model, family, line, lab or lab-country.", show_default="family")
    ] = None,
    by: Annotated[str | None, typer.Option(help="country, network, provider, provider-kind or software.")] = None,
) -> None:
    """Rank items by hosts, or places (--by). Or items within places (both).

    \b
    Examples:
      cohabit rank --level line
      cohabit rank --by country --has family:llama
      cohabit rank --level lab-country --country EU
      cohabit rank --level family --by provider-kind
    Two countries side by side, and which are alike:
      cohabit compare --country DE --with country=FR
      cohabit clusters --by country
    """
    answer(where, output, "rank", level=level, by=by, scope=scope_of(filters))


@app.command()
@with_options
def cooccurrence(
    where: Where,
    output: Answer,
    filters: Filters,
    items: Annotated[
        list[str] | None, typer.Argument(help="None: all pairs. One: its pairs. Two: that pair. More: hosts with all.")
    ] = None,
    level: LevelOption = "family",
    min_hosts: Annotated[int, typer.Option(help="Leave out pairs with fewer hosts.")] = 1,
    other_labs: Annotated[
        bool, typer.Option("--other-labs", help="With --level line or model: leave out pairs of one lab.")
    ] = False,
    sort: Annotated[
        str, typer.Option(help="Column to sort by, largest first; with --by also difference, from the other places.")
    ] = "hosts",
    null: Annotated[str, typer.Option(help="Null model of the p-values: bicm or hypergeometric.")] = "bicm",
    bootstrap: Annotated[
        int, typer.Option(help="Add intervals from this many draws of networks.", metavar="N", show_default="none")
    ] = 0,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.", show_default="0")] = None,
    every: Annotated[
        str | None,
        typer.Option(
            help="One pair over time, a row a period: month or week.",
            show_default="no",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="One pair place by place: country, network, provider, provider-kind or software.", show_default="no"
        ),
    ] = None,
) -> None:
    """Say which items live together on a host. And how much more often than by chance.

    \b
    Examples:
      cohabit cooccurrence llama qwen2
      cohabit cooccurrence llama qwen2 --every month
      cohabit cooccurrence llama qwen2 --by country --min-hosts 10 --sort difference
      cohabit cooccurrence qwen2 --min-hosts 100 --sort lift
      cohabit cooccurrence qwen3 --level line --other-labs
      cohabit cooccurrence --level lab --country DE --format csv
    """
    answer(
        where,
        output,
        "cooccurrence",
        tuple(items or ()),
        level=level,
        min_hosts=min_hosts,
        other_labs=other_labs,
        sort=sort,
        null=null,
        bootstrap=bootstrap,
        seed=seed,
        every=every,
        by=by,
        scope=scope_of(filters),
    )


@app.command()
@with_options
def combinations(
    where: Where,
    output: Answer,
    filters: Filters,
    level: LevelOption = "family",
    by: Annotated[
        str | None, typer.Option(help="Place by place: country, network, provider, provider-kind or software.")
    ] = None,
    min_size: Annotated[int, typer.Option(help="Leave out sets of fewer items.")] = 1,
    min_hosts: Annotated[int, typer.Option(help="Leave out sets of fewer hosts.")] = 1,
) -> None:
    """List the exact sets of items that hosts run. With the hosts of each, overall or place by place (--by).

    \b
    Examples:
      cohabit combinations --min-size 2
      cohabit combinations --level lab-country --by country
    """
    options = {"level": level, "by": by, "min_size": min_size, "min_hosts": min_hosts}
    answer(where, output, "combinations", **options, scope=scope_of(filters))


@app.command()
@with_options
def hosts(
    named: Named,
    where: Where,
    output: Answer,
    filters: Filters,
    endpoints: Annotated[
        bool, typer.Option("--endpoints", help="One row a host and port, with the models that were asked for.")
    ] = False,
) -> None:
    """List the hosts behind a number; addresses are masked.

    \b
    Examples:
      cohabit hosts --family llama --country DE
      cohabit hosts --advisory CVE-2026-7482 --active-within 21 --endpoints
      cohabit hosts --model deepseek-r1:7b --endpoints
    """
    question = "endpoints" if endpoints else "hosts"
    answer(where, output, question, **named.values(), scope=scope_of(filters))


@app.command()
@with_options
def host(
    where: Where,
    output: Answer,
    address: Annotated[str, typer.Argument(help="Address, name, or the pseudonym that another command printed.")],
) -> None:
    """Show the history of one host.

    \b
    Example:
      cohabit host 192.0.2.7
    """
    answer(where, output, "host", address)


@app.command()
@with_options
def quality(
    where: Where,
    output: Answer,
    filters: Filters,
    decoy_hosts: Annotated[
        int | None, typer.Option(help="Suspect decoys from this many hosts on.", show_default="100")
    ] = None,
    decoy_networks: Annotated[int | None, typer.Option(help="… in this many networks.", show_default="10")] = None,
    decoy_models: Annotated[
        int | None, typer.Option(help="… with this many models with digests (else 4 times).", show_default="5")
    ] = None,
    shared_hosts: Annotated[
        int | None, typer.Option(help="Shared lists are on this many hosts or more.", show_default="20")
    ] = None,
    shared_models: Annotated[
        int | None, typer.Option(help="… and have this many models or more.", show_default="5")
    ] = None,
) -> None:
    """Say what could be wrong with the data. Decoys, shared lists, moved addresses, conflicts, clocks and more.

    The thresholds are for trying; --exclude-decoys always means the default ones.

    \b
    Example:
      cohabit quality
    """
    thresholds = {"decoy_hosts": decoy_hosts, "decoy_networks": decoy_networks, "decoy_models": decoy_models}
    thresholds |= {"shared_hosts": shared_hosts, "shared_models": shared_models}
    answer(where, output, "quality", **thresholds, scope=scope_of(filters))


@app.command()
@with_options
def query(
    where: Where,
    output: Answer,
    cypher: Annotated[str | None, typer.Argument(help="A reading Cypher statement.")] = None,
    file: Annotated[Path | None, typer.Option(help="Read the statement from this file.")] = None,
    name: Annotated[str | None, typer.Option(help="Run a saved query.", autocompletion=completing.saved)] = None,
    param: Annotated[
        Several,
        typer.Option(
            help="A parameter of the statement; what is JSON there is read as such, so a text like a number is quoted: "
            "'old=\"3\"'.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the saved query instead of running it.")] = False,
    list_saved: Annotated[bool, typer.Option("--list", help="List the saved queries.")] = False,
) -> None:
    """Ask in Cypher, read-only, on either store.

    \b
    Examples:
      cohabit query --list
      cohabit query --name family-pair --param a=llama --param b=qwen2
      cohabit query 'MATCH (h:Host) RETURN count(h) AS hosts'
      cohabit query 'MATCH (m:Model {name: $old}) RETURN m.format AS f' --param 'old="qwen3:8b"'
    """
    from cohabit.commands import querying
    from cohabit.output import Format
    from cohabit.output import show as show_result

    if list_saved:
        how = output.checked()
        saved, faults = querying.saved_list(where.data)
        # A list is to be read whole, unless somebody asks for less.
        show_result(saved, replace(how, limit=max(1, len(saved.rows))) if how.limit == Format.limit else how)
        for fault in faults:
            print(f"cohabit: {visible(str(fault))}", file=sys.stderr)
        if faults:
            raise typer.Exit(1)
        return
    if show:
        print(querying.saved_text(name, where.data), end="")
        return
    question, arguments = querying.question(cypher, file, name, param or [], where.data)
    answer(where, output, question, *arguments)


@app.command()
@with_options
def catalogue(
    where: Where,
    output: Answer,
    name: Annotated[str | None, typer.Argument(help="A model's name, as a server writes it.")] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="List the models of the graph that the catalogue does not know.")
    ] = False,
) -> None:
    """Say what is known of a model's name, and why. Without a name, list the product lines.

    \b
    Examples:
      cohabit catalogue deepseek-r1:7b
      cohabit catalogue --unknown
    """
    from cohabit.commands import naming
    from cohabit.errors import UsageError
    from cohabit.output import show

    how = output.checked()
    if unknown and name is not None:
        raise UsageError("give a name or --unknown, not both")
    show(naming.catalogue(where, name, output, unknown=unknown), how)


@app.command("map")
@with_options
def make_map(
    where: Where,
    filters: Filters,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .html, .svg, or .png through a browser.")
    ],
    shown: Shown,
    kind: Annotated[
        str,
        typer.Argument(
            help="families, lines, labs, lab-countries, models, hosts, time, countries, providers or networks.",
            autocompletion=completing.kinds,
        ),
    ] = "families",
    share: Annotated[
        str | None,
        typer.Option(
            help="With a still picture of countries, providers or networks: what is shown of them, as the page has it "
            "under «Show»: multi-model hosts, llama, lab-country:CN …",
            show_default="hosts",
            metavar="NAME",
            autocompletion=completing.families,
        ),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(help="With time: family, line, lab or lab-country.", show_default="family"),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(
            help="Width of a still picture in pixels, 480 to 4,000: laid out for it, with text as large as ever. A "
            ".png has twice as many, to be sharp.",
            show_default="what it needs",
            metavar="PIXELS",
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(help="With a still picture of time: shares or network, that part alone.", show_default="both"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the places.")] = 0,
    publish: PublishOption = None,
    source: SourceOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print the name of the file.")] = False,
) -> None:
    """Draw an interactive map, or a picture. One HTML file that opens anywhere; or its main figure, as SVG or PNG.

    \b
    Examples:
      cohabit map families -o families.html
      cohabit map countries --share lab-country:CN --width 680 -o countries.svg
      cohabit map time --level lab-country -o labs.html
      cohabit map time --part shares --width 480 -o small.png
      cohabit map hosts --has model:llama3.2:1b -o hosts.html
    """
    from cohabit.output import check_target, tell, write_file
    from cohabit.session import Graph

    check_target(output, (".html", ".svg", ".png"))
    with Graph(where.data, where.store, show_addresses=shown.show_addresses) as graph:
        options: dict[str, Any] = {"seed": seed, "share": share, "publish": publish, "source": source, "level": level}
        options |= {"width": width, "part": part, **filters.values()}
        content = graph.picture(kind, output.suffix.lower(), **options)
        notes = graph.notes(kind, publish=publish, **filters.values())
    write_file(output, content)
    if not quiet:
        tell(notes)
        print(visible(str(output)))
