"""Run many calls of the program from one process: it imports once, and forks for every call.

Seventy starts of the interpreter take half a minute, most of it imports. Standard input holds a JSON list of argument
lists; call number N leaves `N.out`, `N.err` and `N.code` in the folder that is the script's argument.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

IMPORTED = (
    "cohabit.graph.embedded",
    "cohabit.maps.kinds",
    "cohabit.output",
    "cohabit.queries.explore",
    "cohabit.session",
    "pyarrow.compute",
    "pyarrow.parquet",
    "rich.table",
    "scipy.sparse",
)


def main() -> None:
    from typer.testing import CliRunner

    import cohabit.cli

    for module in IMPORTED:
        importlib.import_module(module)

    # What Typer imports only when it reads a value.
    CliRunner().invoke(cohabit.cli.app, ["query", "--list", "--format", "json", "--limit", "3"])
    folder = Path(sys.argv[1])
    for number, arguments in enumerate(json.load(sys.stdin)):
        child = os.fork()
        if child == 0:
            _call(arguments, folder / str(number))
        _, status = os.waitpid(child, 0)
        folder.joinpath(f"{number}.code").write_text(str(os.waitstatus_to_exitcode(status)))


def _call(arguments: list[str], kept: Path) -> None:
    from cohabit.cli import main as program

    for descriptor, ending in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(kept.with_suffix(ending), os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
    sys.argv = ["cohabit", *arguments]
    code = 70
    try:
        program()
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else 0
    except BaseException:  # noqa: BLE001 - a traceback is what the test must see
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
