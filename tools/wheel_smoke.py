"""Build wheel and sdist, and use the wheel from an empty folder in environments of its own, without what tests need.

Without arguments on the Python that runs this; with `--all` on every Python of the classifiers that is here, and once
more with the oldest dependencies that the lower bounds allow.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}") or "uv"
# An interpreter is used where it is there, and never fetched.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("COHABIT_", "PYTHON", "VIRTUAL_ENV"))}
ENVIRONMENT |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}


def build_wheel(output: Path) -> Path:
    """Build the wheel of the tracked tree into a folder and return it."""
    # What an earlier build left there would be packed too.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    _build("--wheel", output, ROOT)
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    return next(output.glob("cohabit-*.whl"))


def build_sdist(output: Path) -> Path:
    """Build the sdist of the tracked tree into a folder and return it."""
    _build("--sdist", output, ROOT)
    return next(output.glob("cohabit-*.tar.gz"))


def build_from_sdist(sdist: Path, output: Path) -> Path:
    """Unpack an sdist where there is no git, build its wheel into a folder and return it."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.unpack_archive(sdist, folder, filter="data")
        _build("--wheel", output, next(Path(folder).iterdir()))
    return next(output.glob("cohabit-*.whl"))


def _build(what: str, output: Path, source: Path) -> None:
    command = [sys.executable, "-m", "build", what, "--no-isolation", "--outdir", str(output), str(source)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def contents(wheel: Path) -> dict[str, str]:
    """Every file in a wheel with the hash of its content."""
    with zipfile.ZipFile(wheel) as packed:
        return {name: hashlib.sha256(packed.read(name)).hexdigest() for name in packed.namelist()}


def supported() -> list[str]:
    """The Python versions of the classifiers, oldest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = (line.rpartition(" :: ")[2] for line in project["classifiers"] if "Python :: 3." in line)
    return sorted(versions, key=lambda version: int(version.partition(".")[2]))


def find_python(version: str) -> str | None:
    """Program of a Python version on the path or of pyenv; None where it is not installed."""
    on_path = shutil.which(f"python{version}")
    of_pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for program in filter(None, [on_path, *map(str, of_pyenv.glob(f"{version}.*/bin/python{version}"))]):
        # The path may hold a stand-in of pyenv for a version that is not chosen.
        if subprocess.run([program, "-c", ""], capture_output=True).returncode == 0:
            return program
    return None


def smoke(wheel: Path, python: str, *extra: str) -> None:
    """Install the wheel beside nothing; simulate, load, ask and draw. `extra` goes to the installer."""
    with tempfile.TemporaryDirectory() as folder:
        home, empty = Path(folder) / "venv", Path(folder) / "empty"
        empty.mkdir()

        def run(*command: str) -> str:
            return _output([str(home / "bin" / command[0]), *command[1:]], empty)

        _output([UV, "venv", "--quiet", "--python", python, str(home)], empty)
        installing = [UV, "pip", "install", "--quiet", "--python", str(home / "bin" / "python")]
        _output([*installing, *extra, str(wheel)], empty)
        assert "cooccurrence" in run("cohabit", "--help")
        run("cohabit", "simulate", "--hosts", "300", "--output", ".")
        scan = next(p.name for p in empty.iterdir() if p.name.startswith("simulated"))
        run("cohabit", "load", scan)
        assert "hosts list both" in run("cohabit", "cooccurrence", "llama", "qwen2")
        run("cohabit", "map", "families", "--output", "map.html")
        assert (empty / "map.html").stat().st_size > 100_000
        assert "300" in run("python", "-c", "import cohabit; print(cohabit.open().info()['hosts'][0])")


def use_in_passing(wheel: Path) -> None:
    """Run the program once, in an environment that is made for that, as `uvx` and `pipx run` do."""
    said = _output(
        [UV, "tool", "run", "--quiet", "--python", sys.executable, "--from", str(wheel), "cohabit", "--version"]
    )
    assert said.strip() == f"cohabit {wheel.name.split('-')[1]}", said


def _output(command: list[str], folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Build, compare, and try where it was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--all", action="store_true", help="every supported Python that is here, oldest dependencies too"
    )
    everything = parser.parse_args().all
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder) / "tree")
        again = build_from_sdist(build_sdist(Path(folder) / "sdist"), Path(folder) / "again")
        assert again.name == wheel.name, f"{again.name} of the sdist, {wheel.name} of the tree"
        differing = {name for name, _ in contents(wheel).items() ^ contents(again).items()}
        assert not differing, f"the sdist makes another wheel: {', '.join(sorted(differing))}"
        print(f"{wheel.name}: the sdist makes the same wheel")
        use_in_passing(wheel)
        print("it runs in passing")
        if not everything:
            smoke(wheel, sys.executable)
            print("the wheel works in an environment of its own")
            return
        for version in supported():
            if python := find_python(version):
                smoke(wheel, python)
                print(f"Python {version}: the wheel works in an environment of its own", flush=True)
            else:
                print(f"Python {version}: SKIPPED, it is not installed", flush=True)
        if oldest := find_python(supported()[0]):
            smoke(wheel, oldest, "--resolution", "lowest-direct")
            print(f"Python {supported()[0]}: the wheel works with the oldest dependencies that it allows")


if __name__ == "__main__":
    main()
