"""The loader of cohabit's own NDJSON: which key wins, what is absent, what is rejected."""

from __future__ import annotations

import json

import pytest

from cohabit.loaders.records import ListedModel, Observation

BASE = {"ip": "192.0.2.7", "port": 11434, "timestamp": "2026-10-05T10:11:12Z"}
PLAIN = Observation(host="192.0.2.7", port=11434, seen_at=1_791_195_072)


@pytest.fixture
def read_one(read_bytes):
    """Read one record and return what it became."""

    def read(*parts: dict[str, object]) -> object:
        record: dict[str, object] = {}
        for part in parts:
            record |= part
        (item,) = read_bytes(json.dumps(record).encode(), loader="observations").items
        return item

    return read


def test_the_least_a_record_needs(read_one):
    assert read_one(BASE) == PLAIN


def test_unknown_keys_are_passed_over(read_one):
    assert read_one(BASE, {"x": [[1]], "tags": {"a": None}}) == PLAIN


@pytest.mark.parametrize(
    ("keys", "host"),
    [
        ({"address": "192.0.2.8"}, "192.0.2.7"),
        ({"ip": None, "address": "192.0.2.8", "ip_str": "192.0.2.9"}, "192.0.2.8"),
        ({"ip": " ", "ip_str": "a.Example."}, "a.example"),
    ],
)
def test_host_is_the_first_key_that_has_one(keys, host, read_one):
    assert read_one(BASE, keys).host == host


def test_time_is_timestamp_else_seen_at(read_one):
    other = {"seen_at": "2026-10-05T10:11:13Z"}
    assert read_one(BASE, other).seen_at == 1_791_195_072
    assert read_one(BASE, other, {"timestamp": None}).seen_at == 1_791_195_073


def test_optional_fields(read_one):
    texts = {"country_code": "DE", "country": "Germany", "as_name": "EXAMPLE", "org": "Example", "version": "1.0"}
    texts["provider_kind"] = "hosting"
    found = read_one(BASE, texts, {"asn": "64500", "software": "vLLM", "simulated": True})
    assert found == Observation(
        host="192.0.2.7",
        port=11434,
        seen_at=1_791_195_072,
        software="vLLM",
        version="1.0",
        country_code="DE",
        country="Germany",
        asn=64500,
        as_name="EXAMPLE",
        org="Example",
        provider_kind="hosting",
        simulated=True,
    )


@pytest.mark.parametrize(
    "key", ["country_code", "country", "as_name", "org", "provider_kind", "software", "version", "asn", "simulated"]
)
@pytest.mark.parametrize("wrong", [None, [], {"a": 1}, -7, "", " ", 1.5])
def test_optional_fields_of_a_wrong_type_are_absent(key, wrong, read_one):
    assert read_one(BASE, {key: wrong}) == PLAIN


@pytest.mark.parametrize("simulated", ["true", 1, "yes"])
def test_only_true_is_simulated(simulated, read_one):
    assert read_one(BASE, {"simulated": simulated}).simulated is False


def test_the_three_states_of_a_list(read_one):
    assert read_one(BASE, {"models": ["a"]}).models == (ListedModel(name="a"),)
    assert read_one(BASE, {"models": []}).models == ()
    assert read_one(BASE, {"models": None}).models is None
    assert read_one(BASE).models is None


def test_software_given_wins_over_what_the_models_show(read_one):
    models = {"models": [{"name": "a", "details": {}}]}
    assert read_one(BASE, models).software == "ollama"
    assert read_one(BASE, models, {"software": "proxy"}).software == "proxy"


def test_replaced_characters_of_all_fields_are_counted(read_one):
    found = read_one(BASE, {"org": "a\x00", "country": "\ud800", "models": ["\x00"]})
    assert (found.org, found.country, found.models[0].name, found.replaced) == ("a\ufffd", "\ufffd", "\ufffd", 3)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"ip": None}, 'no address: "ip" is missing'),
        ({"ip": ""}, 'no address: "ip" is missing'),
        ({"ip": 3221225985}, "the address is a number, not a text"),
        ({"ip": "nowhere at all"}, '"nowhere at all" is neither an IP address nor a DNS name'),
        ({"port": None}, 'no port: "port" is missing'),
        ({"port": "70000"}, 'port "70000" is not between 1 and 65535'),
        ({"port": 80.5}, "port 80.5 is not a whole number"),
        ({"timestamp": None}, 'no time: "timestamp" is missing'),
        ({"timestamp": {}}, "time an object is neither ISO 8601 nor seconds since 1970"),
        ({"timestamp": "2999-01-01"}, 'time "2999-01-01" is more than a day ahead'),
    ],
)
def test_reasons(keys, reason, read_one):
    assert read_one(BASE, keys).reason == reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[]", "an array, not a JSON object"),
        (b"5", "a number, not a JSON object"),
        (b"null", "null, not a JSON object"),
        (b"nothing", "not valid JSON: Expecting value (character 1)"),
        (b'{"ip":"192.0.2.7"} {}', "not valid JSON: Extra data (character 20)"),
        (b'{"ip":NaN}', "not valid JSON: NaN is no JSON number"),
        (b'{"ip":' + b"9" * 5_000 + b"}", "not valid JSON: a number of thousands of digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"x":' * 100_000, "nested too deeply"),
        (b'{"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "nested too deeply"),
    ],
)
def test_lines_that_are_no_record(line, reason, read_bytes):
    (item,) = read_bytes(line, loader="observations").items
    assert (item.line, item.reason) == (1, reason)
    assert item.raw == line.decode()[:2_000]


def test_raw_text_is_bounded_and_can_be_stored(read_bytes):
    (item,) = read_bytes(b"  {\xff\x00" + "ü".encode() * 5_000, loader="observations").items
    assert item.raw == "{\ufffd\ufffd" + "ü" * 1_997
