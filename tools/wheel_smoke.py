"""Build the wheel and use it from an empty folder in an environment of its own, without development dependencies."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build_wheel(output: Path) -> Path:
    """Build the wheel of the tracked tree into a folder and return it."""
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(output), str(ROOT)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return next(output.glob("cohabit-*.whl"))


def main() -> None:
    """Build, install, simulate, load, ask and draw."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        wheel = build_wheel(home / "dist")
        venv.create(home / "venv", with_pip=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "PYTHON"))}
        empty = home / "empty"
        empty.mkdir()

        def run(*command: str) -> str:
            program = str(home / "venv" / "bin" / command[0])
            done = subprocess.run(
                [program, *command[1:]], check=True, cwd=empty, env=environment, text=True, capture_output=True
            )
            return done.stdout

        run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
        assert "cooccurrence" in run("cohabit", "--help")
        run("cohabit", "simulate", "--hosts", "300", "--output", ".")
        scan = next(p.name for p in empty.iterdir() if p.name.startswith("simulated"))
        run("cohabit", "load", scan)
        assert "hosts run both" in run("cohabit", "cooccurrence", "llama", "qwen2")
        run("cohabit", "map", "families", "--output", "map.html")
        assert (empty / "map.html").stat().st_size > 100_000
        assert "300" in run("python", "-c", "import cohabit; print(cohabit.open().info()['hosts'][0])")
    print("the wheel works in an environment of its own")


if __name__ == "__main__":
    main()
