"""Commands about whose hosts these are: match, and exclude with what can be done to exclusions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.commands.answering import answer_shown, scope_of
from cohabit.options import Filters, Output, Shown, Where, with_options

app = typer.Typer()
exclude = typer.Typer()
app.add_typer(exclude, name="exclude")

NoSyncOption = Annotated[bool, typer.Option("--no-sync", help="Change the list only, not yet the graph.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress on standard error.")]


@app.command()
@with_options
def match(
    where: Where,
    output: Output,
    shown: Shown,
    filters: Filters,
    file: Annotated[
        Path,
        typer.Argument(help="Own assets: one a line, or a table with a header such as asset,label.", metavar="FILE"),
    ],
    all_matches: Annotated[
        bool, typer.Option("--all", help="One row for each asset that a host is in, not only the most specific.")
    ] = False,
    unmatched: Annotated[bool, typer.Option("--unmatched", help="List the assets without a host instead.")] = False,
) -> None:
    """List the hosts that are in a file of your own assets. With the asset that each is in.

    An asset is an address, a prefix, an AS number or a DNS name (*.example.net: all names below it). The most specific
    wins: the longest prefix, the name, then the network.

    \b
    Examples:
      cohabit match own.csv
      cohabit match own.csv --active-within 21 --has family:llama
      cohabit match own.csv --unmatched --format csv -o silent.csv
      cohabit rank --in own.csv
    """
    options = {"all_matches": all_matches, "unmatched": unmatched, "scope": scope_of(filters)}
    answer_shown(where, output, shown.show_addresses, "match", str(file), **options)


@exclude.callback()
def _exclude() -> None:
    """Keep hosts out of the graph until that is taken back. The archive keeps their records.

    \b
    Examples:
      cohabit exclude add 192.0.2.0/24 --reason "our own honeypots"
      cohabit exclude add gpu.example.net AS64496 --reason "asked to be left out, mail of 3 May"
      cohabit exclude list --show-addresses
      cohabit exclude remove 192.0.2.0/24
    """


@exclude.command("add")
@with_options
def exclude_add(
    where: Where,
    names: Annotated[
        list[str],
        typer.Argument(help="Address, prefix, AS number, DNS name, pseudonym, or a file of these.", metavar="WHAT"),
    ],
    reason: Annotated[str, typer.Option(help="Why; it stands in the list.", metavar="TEXT")],
    no_sync: NoSyncOption = False,
    quiet: QuietOption = False,
) -> None:
    """Keep hosts out of the graph from now on, in later scans too.

    \b
    Examples:
      cohabit exclude add 192.0.2.7 --reason "a test machine of ours"
      cohabit exclude add 2001:db8::/32 AS64496 --reason "contract of 2025"
      cohabit exclude add honeypots.txt --reason "decoys, found by hand"
    """
    from cohabit.commands import excluding

    print(excluding.add(where, names, reason, no_sync=no_sync, quiet=quiet))


@exclude.command("list")
@with_options
def exclude_list(where: Where, output: Output, shown: Shown) -> None:
    """List what is excluded, why, and since when; addresses are masked.

    \b
    Example:
      cohabit exclude list --show-addresses --format csv
    """
    from cohabit.commands import excluding
    from cohabit.output import show

    how = output.checked()
    show(excluding.listed(where, show_addresses=shown.show_addresses), how)


@exclude.command("remove")
@with_options
def exclude_remove(
    where: Where,
    names: Annotated[
        list[str], typer.Argument(help="What was excluded, or as `exclude list` shows it.", metavar="WHAT")
    ],
    no_sync: NoSyncOption = False,
    quiet: QuietOption = False,
) -> None:
    """Take exclusions back: the graph is again what it was.

    \b
    Example:
      cohabit exclude remove 192.0.2.7
    """
    from cohabit.commands import excluding

    print(excluding.remove(where, names, no_sync=no_sync, quiet=quiet))
