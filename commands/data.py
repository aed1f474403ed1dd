"""Commands that change what is there: load, sync, forget, rejected, simulate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cohabit.options import Output, Several, Shown, Where, with_options

app = typer.Typer()

CatalogueOption = Annotated[
    str | None,
    typer.Option(
        "--catalogue",
        help="Your model catalogue, over the bundled one from now on: a TOML file; «bundled»: no more.",
        metavar="FILE",
    ),
]

GeoOption = Annotated[
    list[str] | None,
    typer.Option(
        "--geo",
        help="Database of places or networks (.mmdb) to use from now on, the most trusted first; «none»: no more.",
        metavar="FILE",
    ),
]
PreferOption = Annotated[bool, typer.Option("--prefer-geo", help="With --geo: it wins over what scans say.")]


@app.command()
@with_options
def load(
    where: Where,
    output: Output,
    shown: Shown,
    paths: Annotated[list[str] | None, typer.Argument(help="Files, folders, globs, or - for standard input.")] = None,
    loader: Annotated[str | None, typer.Option(help="Do not sniff: read with this loader.")] = None,
    host: Annotated[
        str | None, typer.Option(help="Host and port of records that name none: ADDRESS, ADDRESS:PORT or :PORT.")
    ] = None,
    seen_at: Annotated[str | None, typer.Option(help="Time of records that have none (ISO 8601).")] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            help="What columns mean: «address=ip,model=name», all of them in order, «host,ip,port», or FILE.toml.",
            metavar="COLUMNS",
        ),
    ] = None,
    catalogue: CatalogueOption = None,
    geo: GeoOption = None,
    prefer_geo: PreferOption = False,
    list_loaders: Annotated[bool, typer.Option("--list", help="List the loaders and stop.")] = False,
    no_sync: Annotated[bool, typer.Option("--no-sync", help="Fill the archive only.")] = False,
) -> None:
    """Load scan files, then bring the graph level.

    What each file is, is seen from its content; .gz, .zst and .zip are read as they are. The same file twice changes
    nothing.

    \b
    Examples:
      cohabit load scan.ndjson.zst
      cohabit load scans/ --geo countries.mmdb
      cohabit load tags.json --host 192.0.2.7:11434 --seen-at 2025-05-01
    """
    from cohabit.commands import loading
    from cohabit.output import show

    how = output.checked()
    if list_loaders:
        show(loading.loaders(), how)
        return
    result, failed = loading.load(
        where,
        paths or [],
        loader=loader,
        host=host,
        seen_at=seen_at,
        columns=columns,
        catalogue=catalogue,
        geo=loading.geo_files(geo, prefer=prefer_geo),
        no_sync=no_sync,
        show_addresses=shown.show_addresses,
        quiet=output.quiet,
    )
    # Where nothing could be used, a table of zeros would only hide the reason.
    if how.name != "table" or len(failed) < len(result.rows):
        show(result, how)
    for line in failed:
        print(line, file=sys.stderr)
    if failed:
        raise typer.Exit(1)


@app.command()
@with_options
def sync(
    where: Where,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Take over a server that was filled from another archive.")
    ] = False,
    catalogue: CatalogueOption = None,
    geo: GeoOption = None,
    prefer_geo: PreferOption = False,
    quiet: Annotated[bool, typer.Option("--quiet")] = False,
) -> None:
    """Bring the graph store level with the archive. That repairs it, too.

    \b
    Examples:
      cohabit sync
      cohabit sync --store neo4j://localhost:7687
    """
    from cohabit.commands import loading
    from cohabit.output import tell

    files = loading.geo_files(geo, prefer=prefer_geo)
    said, notes = loading.sync(where, adopt=adopt, catalogue=catalogue, geo=files, quiet=quiet)
    print(said)
    tell([] if quiet else notes)


@app.command()
@with_options
def forget(
    where: Where,
    scan: Annotated[
        str | None, typer.Argument(help="A scan: its file name, or the beginning of its hash (6 digits or more).")
    ] = None,
    hosts: Annotated[
        Several,
        typer.Option(
            help="Forget hosts instead: an address, prefix, name or pseudonym, or a file of them; repeatable.",
            metavar="WHAT|FILE",
        ),
    ] = None,
    no_sync: Annotated[bool, typer.Option("--no-sync", help="Change the archive, do not build the graph.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No notes and no progress on standard error.")] = False,
) -> None:
    """Remove one scan, or all that is there of some hosts. From archive and graph; `info --scans` lists the scans.

    --hosts removes the raw records too, says from which scans, and cannot be taken back. Later scans do not bring these
    hosts back: they are known again by a keyed hash. `cohabit exclude` is for hosts that shall only not be counted.

    \b
    Examples:
      cohabit forget scan-2025-05.ndjson
      cohabit forget --hosts asked-to-be-deleted.txt
      cohabit forget --hosts 192.0.2.7 --hosts 2001:db8::/48
    """
    from cohabit.commands import forgetting
    from cohabit.errors import UsageError
    from cohabit.output import tell

    if (scan is None) == (not hosts):
        raise UsageError("forget what? Name a scan, or give --hosts with an address or a file of them")
    if not hosts:
        print(forgetting.forget(where, str(scan), no_sync=no_sync, quiet=quiet))
        return
    said, notes = forgetting.forget_hosts(where, hosts, no_sync=no_sync, quiet=quiet)
    print("\n".join(said))
    tell([] if quiet else notes)


@app.command()
@with_options
def rejected(where: Where, output: Output, shown: Shown) -> None:
    """List the rejected records, with file, line and reason.

    \b
    Example:
      cohabit rejected --format csv -o rejected.csv
    """
    from cohabit.commands import loading
    from cohabit.output import show

    show(loading.rejected(where, shown.show_addresses), output.checked())


@app.command()
def simulate(
    hosts: Annotated[int, typer.Option(help="How many hosts.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Another seed makes another population of the same structure.")] = 0,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write the file into.")] = Path(),
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Make up a population of known structure. In the record shape that `load` reads.

    At --hosts 175108 its counts are those of the published study; smaller sizes are in proportion. Every record says
    that it is simulated, and so does everything that is made from it.

    \b
    Example:
      cohabit simulate --hosts 5000 --seed 1 -o scans
    """
    from cohabit.progress import progress_bar
    from cohabit.simulation import simulate as make

    with progress_bar(quiet) as progress:
        report = None if progress is None else lambda done, total: progress("simulating hosts", done, total)
        made = make(hosts, seed, output, progress=report)
    print(
        f"SIMULATED: {made.hosts:,} hosts, {made.multi_model_hosts:,} of them multi-model, "
        f"{made.llama_and_qwen2_hosts:,} with Llama and Qwen2; {made.countries:,} countries, "
        f"{made.networks:,} networks, {made.observations:,} observations."
    )
    print(made.path)
