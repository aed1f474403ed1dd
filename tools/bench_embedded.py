"""Loading and asking through the command line, with the embedded store, each time in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

QUESTIONS = (
    ("cooccurrence", "llama", "qwen2"),
    ("cooccurrence", "qwen2"),
    ("cooccurrence", "llama", "qwen2", "gemma2"),
    ("cooccurrence", "llama", "qwen2", "--bootstrap", "1000"),
    ("cooccurrence", "--level", "model"),
    ("combinations",),
    ("diff", "2025-05-01", "2025-11-01"),
    ("diff", "2025-05-01", "2025-11-01", "--digests"),
    ("compare", "--country", "US", "--with", "country=CN", "--level", "model"),
    ("info",),
    ("rank",),
    ("centrality",),
    ("centrality", "--level", "model"),
    ("clusters",),
    ("clusters", "--level", "model"),
    ("clusters", "--by", "country"),
    ("clusters", "--by", "network"),
    ("concentration", "--by", "country"),
    ("concentration", "--level", "model", "--by", "network"),
    ("hosts", "--family", "qwen2"),
    ("risks",),
    ("risks", "--monoculture"),
    ("impact", "lab:Meta", "--include-derived"),
    ("trends",),
    ("trends", "--level", "lab-country", "--item", "CN", "--forecast", "18"),
    ("trends", "--view", "adoption"),
    ("lifetimes",),
    ("lifetimes", "--view", "churn"),
    ("study",),
    ("quality",),
    ("map", "families", "--output", "families.html"),
)


@dataclass(frozen=True)
class Run:
    """One process from start to end: wall seconds, and the most resident memory it had, in MiB."""

    seconds: float
    memory: float


def run(command: Sequence[str], folder: Path) -> Run:
    """Run a program in that folder and measure it; CalledProcessError where it fails.

    A child's peak starts at the peak of the process it was made from, so whoever calls this must be small itself.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "NEO4J_"))}
    started = perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_maxrss * unit / 2**20)


def simulate(program: str, folder: Path, hosts: int) -> Path:
    """Make a folder with one file of that many simulated hosts, and return the file."""
    folder.mkdir(parents=True)
    run([program, "simulate", "--hosts", str(hosts), "--output", ".", "--quiet"], folder)
    return next(folder.glob("simulated-*"))


def measure(program: str, folder: Path, hosts: int, runs: int) -> str:
    """Measure everything at that many hosts and return the Markdown table."""
    source = simulate(program, folder, hosts)
    print(f"Loading {hosts:,} hosts …", file=sys.stderr)
    loaded = run([program, "load", source.name, "--quiet"], folder)
    graph = max((folder / "cohabit-data" / "graph").glob("*.lbug"), key=lambda path: path.stat().st_size)
    size = f"file {source.stat().st_size / 2**20:.0f} MiB, graph {graph.stat().st_size / 2**20:.0f} MiB"
    lines = [
        f"{hosts:,} simulated hosts, embedded store; {size}. Process start included; "
        f"loading once, the others {runs} times after one that does not count.",
        "",
        "| command | median s | min s | max s | peak MiB |",
        "|---|---:|---:|---:|---:|",
        _row("load", [loaded]),
    ]
    for question in QUESTIONS:
        shown = " ".join(question)
        print(f"{shown} …", file=sys.stderr)
        run([program, *question, "--quiet"], folder)
        lines.append(_row(shown, [run([program, *question, "--quiet"], folder) for _ in range(runs)]))
    return "\n".join(lines)


def _row(shown: str, runs: Sequence[Run]) -> str:
    seconds = [r.seconds for r in runs]
    return (
        f"| `cohabit {shown}` | {median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} "
        f"| {max(r.memory for r in runs):.0f} |"
    )
