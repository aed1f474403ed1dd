"""Commands about whose hosts these are: match."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.commands.answering import answer, scope_of
from cohabit.options import Filters, Output, Shown, Where, with_options

app = typer.Typer()


@app.command()
@with_options
def match(
    where: Where,
    output: Output,
    shown: Shown,
    filters: Filters,
    file: Annotated[Path, typer.Argument(help="Own assets: one a line, or a table with a header such as asset,label.")],
    all_matches: Annotated[
        bool, typer.Option("--all", help="One row for each asset that a host is in, not only the most specific.")
    ] = False,
    unmatched: Annotated[bool, typer.Option("--unmatched", help="List the assets without a host instead.")] = False,
) -> None:
    """List the hosts of the graph that are in a file of your own assets, with the asset that each is in.

    An asset is an address, a prefix, an AS number or a DNS name (*.example.net: all names below it). The most specific
    wins: the longest prefix, the name, then the network.

    \b
    Examples:
      cohabit match own.csv
      cohabit match own.csv --active-within 30 --has family:llama
      cohabit match own.csv --unmatched --format csv -o silent.csv
      cohabit rank --in own.csv
    """
    options = {"all_matches": all_matches, "unmatched": unmatched, "scope": scope_of(filters)}
    answer(where, output, shown.show_addresses, "match", str(file), **options)
