"""Measure what the documentation says about speed: `make bench` prints Markdown tables.

    python tools/bench.py                  # all parts, takes half an hour
    python tools/bench.py --only embedded  # loading, questions, maps (needs Chromium)
    python tools/bench.py --only loaders   # a minute
    python tools/bench.py --only server    # needs Maven and a JDK, see neo4j_server.py

Everything happens in a temporary folder, on simulated hosts. On a machine that does other work at the same time the
figures say little; ratios survive that better.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import bench_embedded

from cohabit.errors import DataError


def machine() -> str:
    """One line: cores, processor, memory, and the versions that matter."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("ladybug", "duckdb", "neo4j"))
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure loading, queries, filling a server, and loaders.")
    parser.add_argument("--only", choices=["embedded", "server", "loaders"], help="one part instead of all")
    parser.add_argument("--hosts", type=int, default=175_108, help="hosts of the embedded part (default: 175108)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each query (default: 5)")
    parser.add_argument("--server-hosts", type=int, default=175_108, help="hosts of the server part (default: 175108)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the server and loaders part (default: 3)")
    parser.add_argument("--neo4j", choices=["5", "2026"], default="5", help="version of the server (default: 5)")
    options = parser.parse_args(arguments)
    program = shutil.which("cohabit", path=str(Path(sys.executable).parent))
    if program is None:
        print("bench: cohabit is not installed beside this Python; run `make bench`", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="cohabit-bench-") as name:
        folder = Path(name)
        # The embedded part comes first: see `bench_embedded.run`.
        if options.only in (None, "embedded"):
            table = bench_embedded.measure(program, folder / "embedded", options.hosts, options.runs)
            print(f"{machine()}.\n\n{table}\n", flush=True)
            # Only now: its libraries make this process large.
            import bench_maps
            import bench_ways

            data = folder / "embedded" / "cohabit-data"
            print(f"{bench_ways.measure(data, options.runs)}\n", flush=True)
            try:
                print(f"{bench_maps.measure(data, folder / 'maps', options.rounds)}\n", flush=True)
            except DataError as error:
                print(f"bench: no maps: {error}", file=sys.stderr)
        if options.only in (None, "server"):
            import bench_server
            from neo4j_server import ServerError, release

            try:
                table = bench_server.measure(
                    program, folder / "server", options.server_hosts, options.rounds, options.neo4j
                )
            except ServerError as error:
                print(f"bench: {error}", file=sys.stderr)
                return 1
            print(f"{machine()}, Neo4j server {release(options.neo4j).neo4j}.\n\n{table}\n", flush=True)
        if options.only in (None, "loaders"):
            import bench_loaders

            print(f"{machine()}.\n\n{bench_loaders.measure(folder, options.rounds)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
