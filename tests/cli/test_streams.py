"""Standard output, standard error, files, pipes and terminals."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cli.conftest import Program
from tests.cli.records import ndjson, seen


def test_quiet_keeps_standard_error_empty(loaded: Program) -> None:
    cypher = "MATCH (h:Host) RETURN count(h) AS hosts"
    calls = [["query", cypher, "--format", form] for form in ("table", "json", "csv", "markdown", "parquet")]
    for spoken, quiet in zip(loaded.each(calls), loaded.each([[*c, "--quiet"] for c in calls]), strict=True):
        assert quiet.err == ""
        notes = [line for line in spoken.out.splitlines(keepends=True) if line.startswith(b"note: ")]
        assert quiet.out.rstrip(b"\n") == spoken.out.replace(b"".join(notes), b"").rstrip(b"\n")
        assert b"note:" not in quiet.out
    assert loaded.each(calls[1:2])[0].err.startswith("note: Addresses inside the values are masked")


def test_quiet_load_and_no_progress_without_a_terminal(program: Program) -> None:
    (program.folder / "scan.ndjson").write_bytes(ndjson([seen("192.0.2.1", "llama3"), {"ip": "x y", "models": []}]))
    spoken = program("load", "scan.ndjson", "--format", "csv", "--data", "one")
    missing, families, rejected = spoken.err.splitlines()
    assert families.startswith("note: No server in this graph reported a family, ")
    assert missing.startswith("note: No host in this graph has a digest of a model: ")
    assert rejected == "note: `cohabit rejected` lists the rejected records with their reasons"
    quiet = program("load", "scan.ndjson", "--format", "csv", "--data", "two", "--quiet")
    assert (quiet.code, quiet.err) == (0, "")


@pytest.mark.parametrize(("rows", "paged"), [(5, True), (60, False)])
def test_a_table_longer_than_the_terminal_goes_through_the_pager(
    loaded: Program, tmp_path: Path, rows: int, paged: bool
) -> None:
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 90, 0, 0))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "COLUMNS", "LINES"))}
    process = subprocess.Popen(
        [*loaded.command, "rank", "--level", "model"],
        cwd=loaded.folder,
        env={**kept, "TERM": "xterm", "NO_COLOR": "1", "PAGER": f"cat > {tmp_path / 'paged'}"},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    seen_text = b""
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65_536):
            seen_text += piece
    assert process.wait(60) == 0
    os.close(ours)
    text = (tmp_path / "paged").read_bytes() if paged else seen_text
    assert (tmp_path / "paged").exists() == paged
    assert (b"leads with" in seen_text) != paged
    assert b"leads with" in text
    assert text.count(b"\n") > 5


def terminal_sees(program: Program, *arguments: str) -> tuple[bytes, bytes]:
    """Run the program with a terminal as standard error; return standard output and what the terminal got."""
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COHABIT_")}
    process = subprocess.Popen(
        [*program.command, *arguments],
        cwd=program.folder,
        env={**environment, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    pieces: list[bytes] = []

    def read() -> None:
        # The end of a terminal is an error on Linux and no bytes on macOS.
        try:
            while piece := os.read(ours, 65_536):
                pieces.append(piece)
        except OSError:
            pass

    reader = threading.Thread(target=read)
    reader.start()
    out, _ = process.communicate(timeout=120)
    reader.join(60)
    os.close(ours)
    assert process.returncode == 0
    return out, b"".join(pieces)


def test_a_progress_bar_where_there_is_a_terminal(program: Program) -> None:
    lines = [seen(f"198.51.{i // 250}.{i % 250}", "llama3") for i in range(3_000)]
    (program.folder / "scan.ndjson").write_bytes(ndjson(lines))
    out, screen = terminal_sees(program, "load", "scan.ndjson", "--format", "json", "--data", "one")
    assert b'"accepted": 3000' in out
    assert b"\x1b" not in out
    assert b"building the graph" in screen
    assert b"%" in screen
    _, screen = terminal_sees(program, "load", "scan.ndjson", "--format", "json", "--data", "two", "--quiet")
    assert screen == b""


def test_output_goes_to_the_file_and_nowhere_else(loaded: Program, tmp_path: Path) -> None:
    forms = ("json", "csv", "markdown", "parquet", "table")
    printed = loaded.each([f"rank --format {form}" for form in forms])
    written = loaded.each([f"rank --format {form} --output {tmp_path}/{form}" for form in forms[:-1]])
    written += loaded.each([f"rank -o {tmp_path}/table"])
    for form, there, here in zip(forms, written, printed, strict=True):
        assert (there.code, there.out) == (0, b"")
        assert (tmp_path / form).read_bytes() == here.out
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(forms)


def test_output_keeps_links_and_devices(loaded: Program, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("old")
    (tmp_path / "link").symlink_to(target)
    loaded.each([f"rank --format json -o {tmp_path}/link"])
    assert (tmp_path / "link").is_symlink()
    assert target.read_text().startswith("[")
    os.mkfifo(tmp_path / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    done = loaded("rank", "--format", "json", "-o", str(tmp_path / "pipe"))
    reader.join(60)
    assert done.code == 0, done.err
    assert (tmp_path / "pipe").is_fifo()
    assert received == [target.read_bytes()]


def test_a_reader_that_has_enough_is_no_error(loaded: Program) -> None:
    # More than a pipe holds, so that the program meets the closed end.
    call = [*loaded.command, "query", "UNWIND range(1, 200000) AS x RETURN x", "--format", "csv", "--quiet"]
    process = subprocess.Popen(call, cwd=loaded.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"x\n"
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 0


# With a space after each, the ten columns are 15, 6, 7, 9, 7, 5, 9, 11, 9 and 10 wide: six take 49, nine take 78.
@pytest.mark.parametrize(
    ("width", "left_out"),
    [("49", "listings, host weeks, networks, countries"), ("80", "countries"), ("200", None)],
)
def test_a_narrow_table_leaves_columns_out_and_cuts_no_number(
    loaded: Program, width: str, left_out: str | None
) -> None:
    terminal = "import sys; sys.stdout.isatty = lambda: True; from cohabit.cli import main; main()"
    command = (sys.executable, "-c", terminal)
    done = Program(loaded.folder, command)("rank", "--level", "model", COLUMNS=width, NO_COLOR="1", TERM="xterm")
    table = re.sub(r"\x1b\[\d*m", "", done.text).splitlines()
    heading, first = table[1], table[2]
    assert max(len(line) for line in table if line.startswith(("item", "qwen", "llama"))) <= int(width)
    # By hand: 13 of 24 hosts list it, each in one week, in three networks and two countries.
    expected = ["qwen2.5:7b", "13", "54.2%", "35.1%", "72.1%", "24", "13", "13", "3", "2"]
    values = first.replace(" %", "%").split()
    assert values == expected[: len(values)]
    assert len(values) + (len(left_out.split(",")) if left_out else 0) == len(expected)
    assert (f"no room for: {left_out} (another --format has all columns)" in table) == (left_out is not None)
    assert ("countries" in heading) == (left_out is None)


def test_whatever_the_locale_says_the_output_is_utf8(loaded: Program) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    western = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    for environment in (ascii_only, western):
        done = loaded("query", "RETURN 'ü–字' AS x", "--format", "csv", **environment)
        assert done.text == "x\nü–字\n"
