"""`kill -9` at ten moments of a load: the next run converges to the graph of a load that was not disturbed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from cohabit.errors import DataError
from cohabit.graph.store import open_store, read_tables
from tests.conformance.conftest import Place
from tests.conformance.population import Record

SCRIPT = Path(__file__).with_name("killed.py")
MOMENTS = 10


def run(limit: int, place: Place, scan: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(limit), "load", str(scan), "--data", str(place.data)]
    return subprocess.run([*command, "--store", str(place.uri)], text=True, capture_output=True, check=False)


def digest(place: Place) -> str:
    store = place.open()
    try:
        return read_tables(store).digest()
    finally:
        store.close()


def test_a_killed_load_converges(place: Place, records: list[Record], tmp_path: Path) -> None:
    half = len(records) // 2
    place.load(records[:half], "old.ndjson")
    old = digest(place)
    scan = tmp_path / "new.ndjson"
    scan.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in records))
    clean = tmp_path / "clean"
    shutil.copytree(place.data, clean)

    def restore() -> None:
        """The state before the load, in archive and store."""
        shutil.rmtree(place.data)
        shutil.copytree(clean, place.data)
        place.sync()
        assert digest(place) == old

    counted = run(0, place, scan)
    assert counted.returncode == 0, counted.stderr
    new = digest(place)
    assert new != old
    events = int(re.findall(r"events: (\d+)", counted.stderr)[0])
    assert events > 2 * MOMENTS

    outcomes = []
    for i in range(MOMENTS):
        restore()
        killed = run(1 + i * (events - 2) // (MOMENTS - 1), place, scan)
        assert killed.returncode == -9, killed.stderr
        outcomes.append(readable(place, {old: "old", new: "new"}))
        # The same command once more, as a user would type it.
        again = run(0, place, scan)
        assert again.returncode == 0, again.stderr
        assert digest(place) == new
        leftovers = [p.name for p in place.data.rglob("*.part")]
        assert leftovers == []
    assert set(outcomes) <= {"old", "new", "refused"}
    # Both sides of the swap were seen; a server may also say that an update did not come to its end.
    assert "old" in outcomes[:3]
    assert len(set(outcomes)) >= 2


def readable(place: Place, allowed: dict[str, str]) -> str:
    """What a reader finds after the crash: a whole graph, old or new, or a clear refusal; never half of one."""
    try:
        store = open_store(place.data, place.uri)
    except DataError as error:
        return "refused" if "did not come to its end" in str(error) else str(error)
    store.close()
    return allowed[digest(place)]
