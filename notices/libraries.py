"""Libraries that only some formats need."""

from __future__ import annotations

import importlib
import shlex
import sys
from types import ModuleType

from cohabit.errors import UsageError

NEEDED = {"stix": "stix2", "misp": "pymisp"}
"""Format → library; each is an extra of the same name as the format."""


def library(form: str) -> ModuleType:
    """The library of a format that needs one; UsageError says how to get it where it is missing."""
    try:
        return importlib.import_module(NEEDED[form])
    except ImportError as error:
        # The program's own Python: another one's pip would install it where nothing finds it.
        how = f"{shlex.quote(sys.executable)} -m pip install {NEEDED[form]}"
        raise UsageError(f"--as {form} needs the library {NEEDED[form]}: {how}") from error
