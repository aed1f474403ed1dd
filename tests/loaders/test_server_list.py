"""The loader of public server lists, made up and real."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cohabit.loaders.reading import expand
from cohabit.loaders.records import ListedModel, Observation
from cohabit.loaders.registry import open_reading

BASE = {"server": "http://192.0.2.7:11434", "models": ["a:1"], "lastUpdate": "2026-10-05T10:11:12.502Z"}


@pytest.fixture
def read_one(read_bytes):
    """Read one server and return what it became."""

    def read(**keys: object) -> object:
        (item,) = read_bytes(json.dumps([BASE | keys]).encode()).items
        return item

    return read


def test_a_server(read_one):
    assert read_one(tps=17.4, status="success") == Observation(
        host="192.0.2.7",
        port=11434,
        seen_at=1_791_195_072,
        models=(ListedModel(name="a:1"),),
        software="ollama",
    )


@pytest.mark.parametrize(
    ("models", "status", "expected"),
    [
        ([], "success", ()),
        ([], "fake", ()),
        ([], None, ()),
        ([], ["error"], ()),
        ([], "error", None),
        ([], "loading", None),
        (None, "success", None),
        (["a:1"], "error", (ListedModel(name="a:1"),)),
        ([5], "error", ()),
    ],
)
def test_a_list_that_was_not_answered_is_not_an_empty_one(models, status, expected, read_one):
    assert read_one(models=models, status=status).models == expected


@pytest.mark.parametrize("missing", [None, "", "  "])
def test_time_of_the_caller_where_the_server_has_none(missing, read_bytes):
    data = json.dumps([BASE | {"lastUpdate": missing}]).encode()
    assert read_bytes(data).reasons == ['no time: "lastUpdate" is missing']
    assert [item.seen_at for item in read_bytes(data, seen_at=1_700_000_000).observations] == [1_700_000_000]


def test_real_weeks_against_plain_python(test_data: Path):
    files = expand([str(test_data / "ollama-servers-weekly")])
    assert len(files) == 30
    found = set()
    records = 0
    for source in files:
        with open_reading(source) as reading:
            for item in reading:
                assert isinstance(item, Observation)
                names = tuple(model.name for model in item.models or ())
                found.add((item.host, item.port, item.seen_at, names))
            assert (reading.loader, reading.rejected, reading.partial) == ("server-list", 0, 0)
            records += reading.read

    expected = set()
    for source in files:
        assert source.path is not None
        for server in json.loads(gzip.decompress(source.path.read_bytes())):
            url = urlsplit(server["server"])
            port = url.port or {"http": 80, "https": 443}[url.scheme]
            moment = _seconds(server["lastUpdate"])
            expected.add((url.hostname, port, moment, tuple(dict.fromkeys(server["models"]))))
    assert found == expected
    assert records == 36_686
    assert len({host for host, *_ in found}) == 8_181
    assert len({(host, name) for host, _, _, names in found for name in names}) == 39_509


def _seconds(text: str) -> int:
    import calendar
    import time

    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%S.000Z"))
