"""Run the command line and kill this process, by SIGKILL, at the N-th event; N = 0 counts the events instead.

Events are what changes files or the store: opening for writing, renaming and removing files, and every statement sent
to a graph. `python killed.py N ARGUMENTS…`; the count goes to standard error as `events: COUNT`.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import ladybug
import neo4j
import pyarrow.parquet as pq

import cohabit.graph.server_connection
import cohabit.graph.server_hosts
from cohabit.cli import main

LIMIT = int(sys.argv[1])
COUNTER = itertools.count(1)
SEEN = 0


def event() -> None:
    """Count one event; die when it is the one."""
    global SEEN
    SEEN = next(COUNTER)
    if SEEN == LIMIT:
        os.kill(os.getpid(), signal.SIGKILL)


def audited(name: str, arguments: tuple[Any, ...]) -> None:
    """Count what Python tells of files."""
    writes = name == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or name in ("os.rename", "os.remove", "os.mkdir"):
        event()


def counting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Count every call."""

    def counted(*arguments: Any, **options: Any) -> Any:
        event()
        return function(*arguments, **options)

    return counted


ladybug.Connection.execute = counting(ladybug.Connection.execute)  # type: ignore[method-assign]
neo4j.ManagedTransaction.run = counting(neo4j.ManagedTransaction.run)  # type: ignore[method-assign]
neo4j.ManagedTransaction._commit = counting(neo4j.ManagedTransaction._commit)  # type: ignore[method-assign]
pq.ParquetWriter.write_batch = counting(pq.ParquetWriter.write_batch)  # type: ignore[method-assign]
# Small batches, so that a small population is written in many transactions.
cohabit.graph.server_connection.BATCH = cohabit.graph.server_hosts.BATCH = 100
sys.addaudithook(audited)
sys.argv = ["cohabit", *sys.argv[2:]]
try:
    main()
finally:
    print(f"events: {SEEN}", file=sys.stderr)
