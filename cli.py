"""The command line: put the command groups together, and turn errors into one line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cohabit import __version__
from cohabit.commands import ask, data
from cohabit.errors import CohabitError

app = typer.Typer(
    name="cohabit",
    help="Which AI models live together on internet-exposed hosts: load scans, ask, draw.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (data.app, ask.app):
    app.registered_commands += group.registered_commands


def _version(asked: bool) -> None:
    if asked:
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
    try:
        app()
    except CohabitError as error:
        from cohabit.text import visible

        print(f"cohabit: {visible(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("cohabit: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has what it wanted; closing standard output must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
