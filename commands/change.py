"""Commands about change: trends, lifetimes."""

from __future__ import annotations

from typing import Annotated

import typer

from cohabit.commands.answering import answer, scope_of
from cohabit.commands.completing import words
from cohabit.options import Answer, Filters, Several, Where, with_options

app = typer.Typer()


@app.command()
@with_options
def trends(
    where: Where,
    output: Answer,
    filters: Filters,
    level: Annotated[
        str | None, typer.Option(help="model, family, line, lab or lab-country.", show_default="family")
    ] = None,
    by: Annotated[str | None, typer.Option(help="country, network, provider, provider-kind or software.")] = None,
    every: Annotated[str, typer.Option(help="week or month.")] = "month",
    item: Annotated[Several, typer.Option(help="Only this item of the level.", metavar="NAME")] = None,
    forecast: Annotated[
        int | None, typer.Option(help="Forecast so many months, and test the forecast.", metavar="MONTHS")
    ] = None,
    view: Annotated[
        str,
        typer.Option(
            help="shares, slopes, new, vanished, adoption or digests.",
            autocompletion=words("shares", "slopes", "new", "vanished", "adoption", "digests"),
        ),
    ] = "shares",
) -> None:
    """Follow items over time, or places (--by). Or items within places (both): shares, slopes, what came and went.

    A forecast comes with its backtest: unless it clearly beats «no change», nothing is claimed.

    \b
    Examples:
      cohabit trends --item qwen2 --item llama
      cohabit trends --level lab-country --item CN --forecast 6
      cohabit trends --view digests --item qwen3:8b --every week
    """
    options = {"level": level, "by": by, "every": every, "forecast": forecast, "view": view}
    answer(where, output, "trends", **options, item=tuple(item or ()), scope=scope_of(filters))


@app.command()
@with_options
def lifetimes(
    where: Where,
    output: Answer,
    filters: Filters,
    view: Annotated[
        str,
        typer.Option(
            help="survival, churn or observations.", autocompletion=words("survival", "churn", "observations")
        ),
    ] = "survival",
    every: Annotated[str | None, typer.Option(help="With --view churn: week or month.", show_default="month")] = None,
    gone_after: Annotated[
        int | None,
        typer.Option(
            help="A host is gone when it is not seen in so many weeks with a scan, an item when it is missing in so "
            "many weeks with a list of the host.",
            metavar="WEEKS",
            show_default="4, of items 1",
        ),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            help="How long items of this level stay on hosts: model, family, line, lab or lab-country.",
            show_default="hosts; with --item family",
        ),
    ] = None,
    item: Annotated[Several, typer.Option(help="Only this item of the level.", metavar="NAME")] = None,
) -> None:
    """Say how long hosts stay, or items on them. Who comes and goes; how few hosts give most observations.

    \b
    Examples:
      cohabit lifetimes
      cohabit lifetimes --level model --item llama3.2:3b
      cohabit lifetimes --view churn
    """
    options = {"view": view, "every": every, "gone_after": gone_after, "level": level, "item": tuple(item or ())}
    answer(where, output, "lifetimes", **options, scope=scope_of(filters))
