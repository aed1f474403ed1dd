"""Commands about what could go wrong: risks, impact."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.commands.answering import answer, scope_of
from cohabit.commands.completing import any_items, words
from cohabit.options import Answer, Filters, Several, Where, with_options

app = typer.Typer()

_SCOPES = (
    *("total", "target", "model", "size", "quantisation", "digest", "other-name", "other-digest", "country", "network"),
    *("provider", "provider-kind", "software", "beside", "alone"),
)


@app.command()
@with_options
def risks(
    where: Where,
    output: Answer,
    filters: Filters,
    kind: Annotated[
        str | None,
        typer.Option(
            help="Only these: capability, quantisation, version, name or remote.",
            autocompletion=words("capability", "quantisation", "version", "name", "remote"),
        ),
    ] = None,
    advisories: Annotated[
        Path | None, typer.Option(help="TOML file with more vulnerabilities, or other ranges of the bundled ones.")
    ] = None,
    monoculture: Annotated[
        bool,
        typer.Option(
            "--monoculture", help="How far one compromised item would reach, and the fewest labs behind most."
        ),
    ] = False,
    cover: Annotated[
        Several,
        typer.Option(
            help="With --monoculture: the fewest labs, lines and families behind N % of hosts; 50,80 or repeated.",
            metavar="N",
            show_default="50,90, of labs",
        ),
    ] = None,
) -> None:
    """Count the hosts with risks. Capabilities, quantisations, vulnerable versions, telling names, remote weights.

    \b
    Examples:
      cohabit risks
      cohabit risks --kind version --country DE
      cohabit risks --monoculture
      cohabit risks --monoculture --cover 80
    """
    answer(
        where,
        output,
        "risks",
        kind=kind,
        advisories=advisories,
        monoculture=monoculture,
        cover=tuple(cover or ()),
        scope=scope_of(filters),
    )


@app.command()
@with_options
def impact(
    where: Where,
    output: Answer,
    filters: Filters,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="What has a problem: NAME, or model:, line:, lab:, family:, digest:NAME.", autocompletion=any_items
        ),
    ] = None,
    digests: Annotated[Path | None, typer.Option(help="Also the digests in this file, one a line.")] = None,
    include_derived: Annotated[
        bool, typer.Option("--include-derived", help="Also models whose line derives from a named line or lab.")
    ] = False,
    level: Annotated[
        str, typer.Option(help="Level of what is beside it: model, family, line, lab or lab-country.")
    ] = "family",
    scopes: Annotated[
        Several,
        typer.Option(
            "--scope",
            help=f"Only the rows of this scope: {', '.join(_SCOPES[:-1])} or {_SCOPES[-1]}; repeatable.",
            metavar="SCOPE",
            autocompletion=words(*_SCOPES),
        ),
    ] = None,
) -> None:
    """Say which hosts run something that has a problem. Where, run by whom, and with what beside it (--level).

    \b
    Examples:
      cohabit impact lab:Meta
      cohabit impact line:qwen3 --scope beside --level line
      cohabit impact line:llama3.2 --include-derived
    """
    from cohabit.queries.digest_names import read_digest_file

    answer(
        where,
        output,
        "impact",
        tuple(names or ()),
        digests=() if digests is None else read_digest_file(digests),
        include_derived=include_derived,
        level=level,
        scopes=tuple(scopes or ()),
        scope=scope_of(filters),
    )
