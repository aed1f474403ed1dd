"""Loaders of other distributions: found by entry point, asked first, refused in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cohabit.errors import DataError
from cohabit.loaders import registry

MODULE = """
from cohabit.loaders.carrier import Loader, json_lines
from cohabit.loaders.records import Observation


def parse(raw, context):
    return [Observation(host=raw.decode().split()[1], port=context.port, seen_at=context.seen_at)]


ACME = Loader("acme", "ACME's lines", lambda head: head.text.startswith("acme "), json_lines(parse))
GREEDY = Loader("greedy", "everything", lambda head: True, json_lines(parse))
TAKEN = Loader("zmap", "the name of another", lambda head: False, json_lines(parse))
NAME = "acme"
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a made-up distribution on the path, with these entry points, and forget what was found before."""

    def put(*points: str, name: str = "acme-cohabit", module: str = MODULE) -> None:
        site = tmp_path / name
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[cohabit.loaders]\n" + "\n".join(points) + "\n")
        (site / f"{name.replace('-', '_')}.py").write_text(module)
        monkeypatch.syspath_prepend(str(site))
        registry._outside.cache_clear()

    before = set(sys.modules)
    yield put
    for module in set(sys.modules) - before:
        if Path(getattr(sys.modules[module], "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[module]
    monkeypatch.undo()
    registry._outside.cache_clear()


def names() -> list[str]:
    return [loader.name for loader in registry.loaders()]


def test_an_outside_loader_is_listed_first_and_reads(install, read_bytes):
    own = names()
    install("acme = acme_cohabit:ACME")
    assert names() == ["acme", *own]
    assert registry.get("acme").title == "ACME's lines"
    reading, items = read_bytes(b"acme 192.0.2.7\n", host=(None, 8080), seen_at=1_791_195_072)
    assert reading.loader == "acme"
    assert [(item.host, item.port, item.seen_at) for item in items] == [("192.0.2.7", 8080, 1_791_195_072)]


def test_an_outside_loader_can_take_what_another_would_read(install, read_bytes):
    install("greedy = acme_cohabit:GREEDY")
    line = b"{} 192.0.2.7\n"
    assert read_bytes(line, host=(None, 1), seen_at=1_791_195_072).reading.loader == "greedy"


def test_several_of_several_distributions(install):
    own = names()
    install("z = acme_cohabit:ACME")
    install("a = other_cohabit:GREEDY", name="other-cohabit")
    assert names() == ["acme", "greedy", *own]


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ("a = acme_cohabit:MISSING", "acme_cohabit:MISSING of acme-cohabit cannot be used: AttributeError: "),
        ("a = not_there.at_all:LOADER", "cannot be used: ModuleNotFoundError: No module named 'not_there'"),
        ("a = acme_cohabit:NAME", "cannot be used: it is a str, not a Loader"),
        ("a = acme_cohabit:TAKEN", "cannot be used: there is another loader named zmap"),
    ],
)
def test_what_cannot_be_used_is_one_line(point, why, install):
    install(point)
    for _ in range(2):
        with pytest.raises(DataError) as caught:
            registry.loaders()
        assert why in str(caught.value)
        assert str(caught.value).endswith("; mend or uninstall it")
        assert "\n" not in str(caught.value)


def test_an_error_of_many_lines_becomes_one(install):
    install("a = acme_cohabit:LOADER", module="raise RuntimeError('first\\n  second\\x1b[31m')")
    with pytest.raises(DataError, match=r"RuntimeError: first second\\x1b\[31m; mend"):
        registry.loaders()


def test_two_outside_loaders_of_one_name_are_refused(install):
    install("one = acme_cohabit:ACME", "two = acme_cohabit:ACME")
    with pytest.raises(DataError, match="there is another loader named acme"):
        registry.loaders()
