"""Parts of the test suite that need something from outside: a server, a browser, Spark, real data.

`COHABIT_REQUIRE` (a comma-separated list) names those whose absence is a failure; the others are skipped, with what
to do about it in the skip's reason. Test modules use this as `from tests.parts import require`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = frozenset({"neo4j", "browser", "spark", "data"})


def required_parts() -> frozenset[str]:
    """Return the parts that `COHABIT_REQUIRE` names; a `pytest.UsageError` for one that does not exist."""
    named = {name.strip() for name in os.environ.get("COHABIT_REQUIRE", "").split(",") if name.strip()}
    if unknown := sorted(named - PARTS):
        raise pytest.UsageError(f"COHABIT_REQUIRE names {', '.join(unknown)}; the parts are {', '.join(sorted(PARTS))}")
    return frozenset(named)


def require(part: str, available: bool, how: str) -> None:
    """Return when `part` is `available`; else fail where it is required, or skip, saying `how` to get it."""
    if part not in PARTS:
        raise ValueError(f"no part {part!r}; the parts are {sorted(PARTS)}")
    if available:
        return
    if part in required_parts():
        pytest.fail(f"{part} is required (COHABIT_REQUIRE) and missing: {how}", pytrace=False)
    pytest.skip(f"{part} is missing: {how}")


def load_tool(name: str) -> ModuleType:
    """Return the module `tools/<name>.py`, which is in no package and not on `sys.path`."""
    module_name = f"cohabit_tools_{name}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    spec = importlib.util.spec_from_file_location(module_name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return module
