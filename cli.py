"""The command line: put the command groups together, and turn errors into one line and an exit code."""

from __future__ import annotations

import gc
import io
import sys
from typing import Annotated

import typer

from cohabit.commands import (
    acting,
    ask,
    assets,
    change,
    comparing,
    data,
    exporting,
    exposure,
    publishing,
    reporting,
    structure,
    studying,
)
from cohabit.commands.completing import whole_words
from cohabit.errors import CohabitError
from cohabit.options import OnceCommand

_STOPPED = 130
_COLLECT = (200_000, 20, 100)

app = typer.Typer(
    name="cohabit",
    help="Which AI models live together on internet-exposed hosts: load scans, ask, draw.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
GROUPS = (data, ask, structure, exposure, comparing, change, studying, assets, acting, reporting, exporting, publishing)
for group in GROUPS:
    app.registered_commands += group.app.registered_commands
    app.registered_groups += group.app.registered_groups
for commands in (app, *(one.typer_instance for one in app.registered_groups if one.typer_instance)):
    for command in commands.registered_commands:
        command.cls = OnceCommand


def _version(asked: bool) -> None:
    if asked:
        from cohabit import __version__

        print(f"cohabit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Which AI models live together on internet-exposed hosts: load scans, ask, draw."""


def main() -> None:
    """Run the command line; a user's mistake ends in one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Whatever the locale: names from all over the world go into pipes and files.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    # Answers are long lists of rows without cycles; at its usual pace the collector walks them hundreds of times.
    gc.set_threshold(*_COLLECT)
    try:
        with whole_words():
            code = app(prog_name="cohabit", standalone_mode=False)
    except CohabitError as error:
        code = _failed(str(error), error.exit_code)
    except typer.TyperException as error:
        if not sys.argv[1:]:
            print(error.format_message(), file=sys.stderr)
            code = error.exit_code
        else:
            code = _failed(f"{_sentence(error)} (`{_command(error)} --help` tells more)", error.exit_code)
    except KeyboardInterrupt:
        code = _STOPPED
    if code == _STOPPED:
        _failed("stopped", code)
    sys.exit(code)


def _failed(message: str, code: int) -> int:
    from cohabit.text import visible

    print(f"cohabit: {visible(message)}", file=sys.stderr)
    return code


def _sentence(error: typer.TyperException) -> str:
    return " ".join(error.format_message().split()).removesuffix(".")


def _command(error: typer.TyperException) -> str:
    """The command that was called wrongly, as far as it was understood."""
    context: typer.Context | None = getattr(error, "ctx", None)
    return context.command_path if context else "cohabit"
