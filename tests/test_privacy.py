"""Masking: every address and known name in any text, wherever it hides; and the key behind the pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohabit.errors import DataError
from cohabit.loaders.values import host
from cohabit.privacy import Masker, read_key

KEY = b"k" * 32
NAMES = ("gpu-1.example.net", "example.net", "localbox")


def pseudonym(address: str) -> str:
    """The definition, written out: `host-` and 16 hexadecimal digits of HMAC-SHA256."""
    return "host-" + hmac.new(KEY, address.encode(), hashlib.sha256).hexdigest()[:16]


@pytest.fixture
def masker() -> Masker:
    return Masker(KEY, names=lambda: NAMES)


A4, B4, A6 = pseudonym("192.0.2.7"), pseudonym("192.0.2.8"), pseudonym("2001:db8::7")
NAMED, DOMAIN, BOX = pseudonym("gpu-1.example.net"), pseudonym("example.net"), pseudonym("localbox")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("192.0.2.7", A4),
        ("at 192.0.2.7:11434, twice 192.0.2.7", f"at {A4}:11434, twice {A4}"),
        ("http://192.0.2.7/api", f"http://{A4}/api"),
        ("x192.0.2.7y", f"x{A4}y"),
        ("192.0.2.7-192.0.2.8", f"{A4}-{B4}"),
        ("192.0.2.007", A4),
        ("scan_192.0.2.7.json", f"scan_{A4}.json"),
        ("192.0.2.7.", f"{A4}."),
        ("1.192.0.2.7", "1.192.0.2.7"),
        ("version 1.2.3", "version 1.2.3"),
        ("300.1.1.1", "300.1.1.1"),
        ("2001:db8::7", A6),
        ("[2001:DB8:0:0:0:0:0:7]:80", f"[{A6}]:80"),
        ("2001:db8::7.", f"{A6}."),
        ("x2001:db8::7y", f"x{A6}y"),
        ("ß::1", f"ß{pseudonym('::1')}"),
        ("::ffff:192.0.2.7", A4),
        ("12:30:45", "12:30:45"),
        ("aa:bb:cc", "aa:bb:cc"),
        ("std::vector", "std::vector"),
        ("gpu-1.example.net", NAMED),
        ("GPU-1.Example.NET:80", f"{NAMED}:80"),
        ("gpu-1.example.net.json", f"{NAMED}.json"),
        ("www.example.net", f"www.{DOMAIN}"),
        ("example.network", "example.network"),
        ("my localbox is", f"my {BOX} is"),
        ("llama3.2:3b", "llama3.2:3b"),
        ("", ""),
    ],
)
def test_what_is_replaced_and_what_is_not(masker: Masker, text: str, masked: str) -> None:
    assert masker.text(text) == masked


def test_values_of_every_shape(masker: Masker) -> None:
    value = {"192.0.2.7": ["at 192.0.2.8", 3, None, True, {"x": "2001:db8::7"}]}
    assert masker.value(value) == {A4: [f"at {B4}", 3, None, True, {"x": A6}]}


def test_shown_when_asked_for() -> None:
    masker = Masker(KEY, show=True, names=lambda: pytest.fail("nobody asked"))
    assert masker.text("192.0.2.7 gpu-1.example.net") == "192.0.2.7 gpu-1.example.net"
    assert masker.address("192.0.2.7") == "192.0.2.7"
    assert not masker.used


@given(
    # `::` alone is no host's address, and C++ is full of it.
    st.lists(
        (st.ip_addresses(v=4) | st.ip_addresses(v=6)).map(str).filter(lambda a: a != "::"), min_size=1, max_size=4
    ),
    st.text(alphabet=" ,;/\n\"'()<>äß漢|=", min_size=1, max_size=3),
)
def test_no_address_between_other_characters_gets_through(addresses: list[str], between: str) -> None:
    masked = Masker(KEY).text(between.join(["", *addresses, ""]))
    for address in addresses:
        assert pseudonym(host(address)) in masked
        assert address not in masked


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    masker = Masker(KEY, names=lambda: NAMES)
    assert masker.text(masker.text(text)) == masker.text(text)


def test_long_runs_take_no_time_to_speak_of(masker: Masker) -> None:
    """Quadratic work on a megabyte would not end within the suite's limit."""
    for text in (":" * 100_000, "1.2.3." * 50_000, "a:" * 50_000, "f" * 200_000, "a." * 100_000):
        assert len(masker.text(text)) >= len(text) // 2


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COHABIT_KEY_FILE", raising=False)
    key, lasting = read_key(tmp_path)
    assert lasting
    assert len(key) == 64
    assert read_key(tmp_path) == (key, True)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


def test_without_a_data_folder_the_key_is_of_this_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COHABIT_KEY_FILE", raising=False)
    first, second = read_key(tmp_path / "none"), read_key(tmp_path / "none")
    assert (first[1], second[1]) == (False, False)
    assert first[0] != second[0]
    assert not (tmp_path / "none").exists()


def test_a_key_file_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "shared-key"
    monkeypatch.setenv("COHABIT_KEY_FILE", str(file))
    with pytest.raises(DataError, match=r"shared-key: the masking key cannot be read .*check COHABIT_KEY_FILE"):
        read_key(tmp_path)
    file.write_bytes(b"short\n")
    with pytest.raises(DataError, match="at least 16 bytes, this one has 5"):
        read_key(tmp_path)
    file.write_bytes(b"0123456789abcdef\n")
    assert read_key(tmp_path) == (b"0123456789abcdef", True)


def test_two_first_runs_get_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COHABIT_KEY_FILE", raising=False)
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(read_key(tmp_path)[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1


def test_a_key_that_a_writer_cleaned_away_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COHABIT_KEY_FILE", raising=False)
    real, removed = os.link, []

    def link(source: Path, target: Path) -> None:
        if not removed:
            removed.append(source)
            Path(source).unlink()
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    assert read_key(tmp_path)[1]
    assert len(removed) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["key"]
