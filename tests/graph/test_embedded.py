"""The swap of graph files: readers keep what they have, and old files go when nobody holds them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.graph.archive import Archive
from cohabit.graph.locks import write_lock
from cohabit.graph.store import open_store
from cohabit.graph.sync import load, sync

COUNT = "MATCH (h:Host) RETURN count(h) AS hosts"
LINE = '{"ip": "192.0.2.%d", "port": 11434, "timestamp": "2025-03-01T00:00:00Z", "models": ["llama3.2"]}\n'


def load_hosts(data: Path, numbers: range, name: str) -> None:
    scan = data.parent / name
    scan.write_text("".join(LINE % n for n in numbers))
    assert [r.status for r in load(data, [str(scan)])] == ["loaded"]
    store = open_store(data, "embedded", write=True)
    sync(data, store)
    store.close()


def graphs(data: Path) -> list[str]:
    return sorted(p.name for p in (data / "graph").iterdir() if p.suffix == ".lbug")


def hosts(store: object) -> int:
    return int(store.table(COUNT).column("hosts")[0].as_py())  # type: ignore[attr-defined]


def test_a_reader_keeps_its_graph_while_another_is_swapped_in(tmp_path: Path) -> None:
    data = tmp_path / "data"
    load_hosts(data, range(1, 3), "a.ndjson")
    reader = open_store(data, "embedded")
    assert hosts(reader) == 2
    load_hosts(data, range(3, 8), "b.ndjson")
    assert hosts(reader) == 2
    assert len(graphs(data)) == 2
    late = open_store(data, "embedded")
    assert hosts(late) == 7
    reader.close()
    late.close()
    load_hosts(data, range(8, 9), "c.ndjson")
    assert len(graphs(data)) == 1
    assert [p.name for p in (data / "graph").iterdir() if p.suffix == ".lock"] == [f"{graphs(data)[0]}.lock"]


def test_a_reader_in_another_process_holds_its_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    load_hosts(data, range(1, 3), "a.ndjson")
    script = (
        "import sys; from pathlib import Path; from cohabit.graph.store import open_store\n"
        f"store = open_store(Path({str(data)!r}), 'embedded')\n"
        f"print(store.table({COUNT!r}).num_rows, flush=True); sys.stdin.read()\n"
        f"print(store.table({COUNT!r}).column('hosts')[0].as_py())"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "1\n"
        load_hosts(data, range(3, 4), "b.ndjson")
        assert len(graphs(data)) == 2
        out, _ = child.communicate("")
    assert out == "2\n"
    load_hosts(data, range(4, 5), "c.ndjson")
    assert len(graphs(data)) == 1


def test_a_second_writer_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    load_hosts(data, range(1, 3), "a.ndjson")
    script = (
        "from pathlib import Path; from cohabit.graph.locks import write_lock\n"
        f"with write_lock(Path({str(data)!r}), seconds=0.1): pass"
    )
    with write_lock(data):
        done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=False)
    assert done.returncode == 1
    assert "another cohabit is writing there" in done.stderr
    again = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=False)
    assert again.returncode == 0


def test_what_a_crash_left_is_removed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    load_hosts(data, range(1, 3), "a.ndjson")
    (data / "graph" / "0000-crashed.lbug").write_bytes(b"half a graph")
    (data / "graph" / "0000-crashed.lbug.wal").write_bytes(b"")
    (data / "archive" / ".crashed.part").write_bytes(b"half a part")
    (data / "rejected" / ".crashed.part").write_bytes(b"")
    load_hosts(data, range(3, 4), "b.ndjson")
    assert not [p for p in data.rglob("*") if "crashed" in p.name]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("graph/current", b"{", "damaged"),
        ("graph/current", b'{"file": "gone.lbug", "state": {"archive": "a", "version": "v", "digest": "d"}}', "sync"),
    ],
)
def test_a_damaged_graph_says_what_to_do(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    data = tmp_path / "data"
    load_hosts(data, range(1, 3), "a.ndjson")
    (data / name).write_bytes(content)

    def read() -> None:
        store = open_store(data, "embedded")
        try:
            hosts(store)
        finally:
            store.close()

    with pytest.raises(DataError, match=message):
        read()


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    load_hosts(data, range(1, 3), "a.ndjson")
    part = Archive(data).parts()[0]
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(DataError, match="not a readable part of the archive"):
        Archive(data).scans()


def test_weeks_do_not_depend_on_the_time_zone(tmp_path: Path) -> None:
    """2025-03-02T23:30Z is a Sunday in UTC (week 9) and a Monday in Berlin (week 10)."""
    scan = tmp_path / "a.ndjson"
    scan.write_text(LINE.replace("2025-03-01T00:00:00Z", "2025-03-02T23:30:00Z") % 1)
    program = [sys.executable, "-m", "cohabit"]
    environment = {"TZ": "Europe/Berlin", "PATH": "/usr/bin", "HOME": str(tmp_path)}
    run = {"cwd": tmp_path, "env": environment, "text": True, "capture_output": True, "check": True}
    subprocess.run([*program, "load", "a.ndjson"], **run)  # type: ignore[call-overload]
    query = "MATCH (h:Host) RETURN h.weeks AS weeks, h.first_seen AS first_seen"
    done = subprocess.run([*program, "query", query, "--format", "json"], **run)  # type: ignore[call-overload]
    assert '"weeks": [202509], "first_seen": "2025-03-02T23:30:00Z"' in done.stdout
