"""Forget hosts in a copy of a data folder, killed by SIGKILL at so many moments, each in a forked process of its own.

`killed_forgetting.py FOLDER WORK MOMENTS HOST…` prints one line of JSON for a run that is not killed, then one for each
moment: whether it was killed, whether the list of forgotten hosts was written by then, and of the next run (a sync;
where there was no list, the same again) the graph's digest and which traces are left.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis.backends.duckdb
import pyarrow.compute
import pyarrow.parquet

import cohabit.graph.projection
from cohabit.graph.assets import parse_asset
from cohabit.graph.forgotten import forget_hosts
from tests.graph.test_forgotten import level, traces

# Imported here so that no child has to.
IMPORTED = (cohabit.graph.projection, ibis.backends.duckdb, pyarrow.compute, pyarrow.parquet)


def main() -> None:
    clean, work, moments, hosts = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    total = 0
    for i in range(moments + 1):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(clean, work)
        limit = 0 if i == 0 else 1 + (i - 1) * (total - 2) // (moments - 1)
        counted, status = forked(lambda limit=limit: forgotten(work, hosts, limit))
        total = total or int(counted)
        listed = (work / "forgotten.json").exists()
        found, code = forked(lambda listed=listed: finished(work, [] if listed else hosts))
        assert code == 0, f"the run after moment {limit} of {total} failed"
        print(json.dumps({"killed": status == -signal.SIGKILL, "listed": listed, **json.loads(found)}))


def forked(work: Callable[[], Any]) -> tuple[str, int]:
    """Run it in a child: none of the libraries' threads is ever in this process. What it returned, and how it ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.write(writer, str(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as said:
        text = said.read()
    return text, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def forgotten(data: Path, hosts: list[str], limit: int) -> int:
    """Forget and bring the graph level; killed at the event of that number (0: never). Returns how many there were."""
    seen = 0

    def audited(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        writes = name == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if (writes or name in ("os.rename", "os.remove", "os.link")) and str(data) in str(arguments[0]):
            seen += 1
            if seen == limit:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audited)
    forget_hosts(data, map(parse_asset, hosts))
    level(data)
    return seen


def finished(data: Path, hosts: list[str]) -> str:
    """The next run."""
    if hosts:
        forget_hosts(data, map(parse_asset, hosts))
    digest = level(data)
    left = sorted(traces(data)) + [p.name for p in data.rglob("*.part")]
    return json.dumps({"digest": digest, "left": left})


if __name__ == "__main__":
    main()
