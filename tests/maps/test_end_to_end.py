"""From a scan file written by strangers to the page: `load`, `map`, and a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from cohabit.text import visible
from tests.maps.harness import Chromium
from tests.maps.samples import HOSTILE


def test_hostile_families_from_load_to_page(chromium: Chromium, tmp_path: Path) -> None:
    families = [name for name in HOSTILE if name.strip() and "\x00" not in name and "\ud800" not in name]
    with (tmp_path / "scan.ndjson").open("w", encoding="utf-8") as scan:
        for i in range(60):
            entries = [
                {"name": f"{name[:900]}", "details": {"family": name[:900]}}
                for k, name in enumerate(families)
                if (i + k) % 3
            ]
            record = {"ip": f"192.0.2.{i}", "port": 11434, "timestamp": "2025-03-01T00:00:00Z", "models": entries}
            scan.write(json.dumps(record) + "\n")
    program = [sys.executable, "-m", "cohabit"]
    subprocess.run([*program, "load", "scan.ndjson"], cwd=tmp_path, check=True, capture_output=True)
    command = [*program, "map", "families", "-o", "map.html", "--prefix", "192.0.2.0/24"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    page = tmp_path / "map.html"
    text = page.read_text(encoding="utf-8")
    # Names may look like addresses; hosts and the filter's prefix must not be there.
    own = [name for name in families if re.search(r"192\.0\.2\.", name)]
    for name in own:
        address = re.findall(r"192\.0\.2\.\d+", name)[0]
        text = text.replace(address, "")
    assert not re.search(r"192\.0\.2\.", text)
    assert str(tmp_path) not in text
    with chromium.open(page, scripts=3) as visit:
        visit.page.get_by_role("tab", name="Table").click()
        shown = visit.page.locator("table").first.inner_text()
        assert visit.problems() == []
        assert visit.requests == [page.as_uri()]
    assert visible("evil\u202egpj.exe") in shown
    assert "window.__pwn=2" in shown
