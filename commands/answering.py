"""What the commands that answer share: ask the graph one question, print the answer."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from cohabit.options import Answer, Filters, Output, Where

LevelOption = Annotated[str, typer.Option(help="model, family, line, lab or lab-country.")]


def answer(where: Where, output: Output, question: str, *arguments: Any, **options: Any) -> None:
    """Ask one question of the graph and print the answer."""
    for_whom = output if isinstance(output, Answer) else Answer()
    options["publish"] = for_whom.publish
    answer_shown(where, output, for_whom.show_addresses, question, *arguments, **options)


def answer_shown(
    where: Where, output: Output, show_addresses: bool, question: str, *arguments: Any, **options: Any
) -> None:
    """The same where the output does not say whether addresses are shown."""
    from cohabit.output import show
    from cohabit.session import Graph

    how = output.checked()
    with Graph(where.data, where.store, show_addresses=show_addresses) as graph:
        result = graph.ask(question, *arguments, **options)
    show(result, how)
    if graph.masker.used and not graph.lasting_key and not how.quiet:
        print(
            "note: the pseudonyms are of this run only; to meet them again give --data, or a key by COHABIT_KEY_FILE",
            file=sys.stderr,
        )


def scope_of(filters: Filters) -> Any:
    """The scope that the filters of the command line describe."""
    from cohabit.questions import scope

    return scope(filters.values())
