"""The command that holds a graph against what was published: study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cohabit.commands.answering import answer, scope_of
from cohabit.options import Answer, Filters, Where, with_options

app = typer.Typer()


@app.command()
@with_options
def study(
    where: Where,
    output: Answer,
    filters: Filters,
    claims: Annotated[
        Path | None, typer.Option(help="Your own claims (TOML) instead of the bundled study's.", metavar="FILE.toml")
    ] = None,
) -> None:
    """Put published claims beside this graph. What it gives, with intervals, verdicts, and other definitions.

    The bundled claims are those of «Silent Brothers» (SentinelOne and Censys, January 2026).

    \b
    Examples:
      cohabit study
      cohabit study --claims mine.toml
    """
    answer(where, output, "study", claims=claims, scope=scope_of(filters))
