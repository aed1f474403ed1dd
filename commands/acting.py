"""Commands from a finding to action: notify, followup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.commands.answering import answer_shown, scope_of
from cohabit.commands.completing import words
from cohabit.options import Filters, Named, Output, Shown, Where, with_options

app = typer.Typer()


@app.command()
@with_options
def notify(
    named: Named,
    where: Where,
    shown: Shown,
    filters: Filters,
    folder: Annotated[Path, typer.Option("--output", "-o", help="New folder to write.", metavar="DIR")],
    by: Annotated[
        str,
        typer.Option(
            help="A file for each: network, provider, or contact (of --contacts).",
            autocompletion=words("network", "provider", "contact"),
        ),
    ] = "network",
    form: Annotated[
        str,
        typer.Option(
            "--as", help="csv, intelmq, stix or misp.", autocompletion=words("csv", "intelmq", "stix", "misp")
        ),
    ] = "csv",
    contacts: Annotated[
        Path | None,
        typer.Option(help="With --by contact: CSV of AS number or prefix, and recipient.", metavar="FILE"),
    ] = None,
    tlp: Annotated[
        str,
        typer.Option(
            help="How far recipients may share it, by TLP 2.0: clear, green, amber, amber+strict or red.",
            autocompletion=words("clear", "green", "amber", "amber+strict", "red"),
        ),
    ] = "amber",
    author: Annotated[
        str | None,
        typer.Option(help="Who sends them, by name: in the letter, and as the sender of STIX, MISP and IntelMQ."),
    ] = None,
    no_notice: Annotated[
        Path | None,
        typer.Option(help="Count the hosts in this file of addresses, prefixes …, and write nothing about them."),
    ] = None,
    format: Annotated[  # noqa: A002
        str, typer.Option(help="Of the index that is printed: table, json, csv, markdown or parquet.")
    ] = "table",
    limit: Annotated[int, typer.Option(help="Rows that a table shows; the other formats give all.")] = 20,
    quiet: Annotated[bool, typer.Option("--quiet", help="No notes on standard error.")] = False,
) -> None:
    """Write what hosts run for those whom they concern. A file a recipient, an index and a covering text.

    It writes what `hosts --endpoints` lists, each endpoint into one file, and sends nothing. The longest prefix of
    --contacts wins, and a prefix beats an AS number. With --in FILE, rows say the labels of that list that they match.
    A folder that is not empty is refused: it is the record that `cohabit followup DIR` reads later. STIX and MISP need
    a library, which an error message names.

    --at DATE chooses the hosts that showed a list in the 4 weeks (--within) up to that date, with the models of that
    list. Times, ports, software and places in the rows are the newest known, and `followup` counts from the newest week
    of the graph, whatever the date.

    --no-notice FILE is for who asked not to be written to: their hosts are counted as withheld, and no file has them.

    \b
    Examples:
      cohabit notify --country DE --active-within 14 --show-addresses -o notices
      cohabit notify --country DE --severity critical --author "CERT Example" \\
          --no-notice never.txt --show-addresses -o urgent
      cohabit notify --family deepseek2 --by contact --contacts abuse.csv \\
          --as intelmq --show-addresses -o notices
    """
    from cohabit.queries.selected import Items

    items = Items(**named.values())
    options = {"by": by, "form": form, "contacts": contacts, "tlp": tlp, "author": author, "items": items}
    options |= {"no_notice": no_notice, "scope": scope_of(filters)}
    how = Output(format, None, limit, quiet)
    answer_shown(where, how, shown.show_addresses, "notify", folder, **options)


@app.command()
@with_options
def followup(
    where: Where,
    output: Output,
    shown: Shown,
    folder: Annotated[Path, typer.Argument(help="Folder that `cohabit notify` wrote.", metavar="DIR")],
    gone_after: Annotated[
        int,
        typer.Option(help="A host is gone when it is not seen in so many weeks with a scan since.", metavar="WEEKS"),
    ] = 4,
    hosts: Annotated[bool, typer.Option("--hosts", help="List the hosts behind the numbers, a row each.")] = False,
) -> None:
    """Say what became of the hosts of a folder of notices. Open (updated, fixed), changed, gone, or not known.

    Load newer scans first; weeks after that of the notices count. Not known is what answered, but without a list of
    models (without list), and what was not rescanned. With --hosts each host is a row, with its state and
    its servers then and now; addresses are masked.

    \b
    Examples:
      cohabit followup notices
      cohabit followup notices --format csv -o followup.csv
      cohabit followup notices --hosts --show-addresses --format csv -o hosts.csv
    """
    options = {"gone_after": gone_after, "hosts": hosts}
    answer_shown(where, output, shown.show_addresses, "followup", folder, **options)
