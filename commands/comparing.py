"""Commands that hold two times or two groups of hosts against each other: diff, compare."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

import typer

from cohabit.choices import among
from cohabit.commands.answering import LevelOption, answer, scope_of
from cohabit.commands.completing import items, words
from cohabit.errors import UsageError
from cohabit.options import Answer, Filters, Several, Where, with_options
from cohabit.text import visible

app = typer.Typer()

_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")


@app.command()
@with_options
def diff(
    where: Where,
    output: Answer,
    filters: Filters,
    date1: Annotated[str, typer.Argument(help="The earlier date.", metavar="DATE1")],
    date2: Annotated[str, typer.Argument(help="The later date.", metavar="DATE2")],
    level: Annotated[
        str | None,
        typer.Option(
            help="model, family, line, lab, lab-country or host.",
            show_default="family",
            autocompletion=words("model", "family", "line", "lab", "lab-country", "host"),
        ),
    ] = None,
    item: Annotated[Several, typer.Option(help="Only this item of the level.", metavar="NAME")] = None,
    successor: Annotated[
        str | None,
        typer.Option(
            help="With one --item: how many of its hosts moved to this one, have both, kept it, or left.",
            metavar="NAME",
            autocompletion=items,
        ),
    ] = None,
    digests: Annotated[
        bool, typer.Option("--digests", help="Show instead which digests replaced others under one model name.")
    ] = False,
) -> None:
    """Say what changed between two dates. Items added, removed, kept, and hosts that were not rescanned.

    \b
    Examples:
      cohabit diff 2025-04-01 2025-09-01
      cohabit diff 2025-04-01 2025-09-01 --level line --item deepseek-r1
      cohabit diff 2025-04-01 2025-09-01 --level line --item qwen2.5 --successor qwen3
      cohabit diff 2025-04-01 2025-09-01 --level host
    """
    options: dict[str, Any] = {"level": level, "of_digests": digests, "item": tuple(item or ())}
    options |= {"successor": successor, "scope": scope_of(filters)}
    answer(where, output, "diff", date1, date2, **options)


@app.command()
@with_options
def compare(
    where: Where,
    output: Answer,
    filters: Filters,
    against: Annotated[
        Several,
        typer.Option(
            "--with",
            help="A filter of group B, which those of A are not: country=CN, at=2025-11-01, …; may be repeated.",
            metavar="KEY=VALUE",
        ),
    ] = None,
    level: LevelOption = "family",
    min_hosts: Annotated[int, typer.Option(help="Leave out items on fewer hosts of the two groups.")] = 1,
    without_top: Annotated[
        int, typer.Option(help="Networks of each group to leave out of the last difference.", metavar="N")
    ] = 3,
) -> None:
    """Compare two groups of hosts. A, chosen by the filters (none: all), and B, chosen by --with.

    Nothing of A is a filter of B: what is to hold for both is given to both.

    \b
    Examples:
      cohabit compare --country CN --with country=US
      cohabit compare --country EU --with not-country=EU --level lab-country
      cohabit compare --country CN --has llama --with country=US --with has=llama
    """
    from cohabit.questions import scope

    group_b = scope(filters_of(against or []))
    options = {"level": level, "min_hosts": min_hosts, "without_top": without_top, "scope": scope_of(filters)}
    answer(where, output, "compare", group_b, **options)


def filters_of(pairs: list[str], option: str = "--with") -> dict[str, Any]:
    """Read `KEY=VALUE` with the names of the filters; UsageError, naming the option, for what is none."""
    if not pairs:
        raise UsageError("compare with what? Give --with KEY=VALUE, such as --with country=CN")
    from cohabit.queries.scope import option_of

    kinds = {f.name: f for f in fields(Filters)}
    names = {option_of(name): name for name in kinds}
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        name = names.get(key.strip().lower().removeprefix("--").replace("_", "-"), "")
        said = f"{option} {visible(pair, 60)}"
        if not name:
            raise UsageError(f"{said}: not a filter; {among(key, names)}")
        if name.startswith("exclude_"):
            value = value if equals else "yes"
        elif not value:
            raise UsageError(f"{said}: write it as {key}=VALUE")
        kind = str(kinds[name].type)
        if "Several" in kind:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise UsageError(f"{said}: {key} can be given once")
        else:
            found[name] = _value(value, kind, said)
    return found


def _value(text: str, kind: str, said: str) -> Any:
    """The value of a filter that takes one: a yes or no, a whole number, or text."""
    if "bool" in kind:
        if text.lower() not in _YES + _NO:
            raise UsageError(f"{said}: write yes or no")
        return text.lower() in _YES
    if "int" not in kind:
        return text
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{said}: it takes a whole number") from None
