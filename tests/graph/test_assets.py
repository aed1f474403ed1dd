"""Files of assets, good and bad, and the hosts that assets mean beside a plain loop."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohabit.errors import DataError
from cohabit.graph.assets import Asset, AssetTable, asset_text, parse_asset, read_assets
from cohabit.graph.prefixes import Prefix

TEXTS = ["192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "AS64496", "gpu.example.net", "*.example.net"]


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("text", "canonical"),
    [(text, text) for text in TEXTS]
    + [
        (" 64496 ", "AS64496"),
        ("as64496", "AS64496"),
        ("GPU.Example.NET.", "gpu.example.net"),
        ("*.Example.NET", "*.example.net"),
        ("2001:0DB8:0:0::/32", "2001:db8::/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("localbox", "localbox"),
        ("as-1.example", "as-1.example"),
    ],
)
def test_one_asset(text: str, canonical: str) -> None:
    assert asset_text(parse_asset(text)) == canonical


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no address, prefix, AS number or DNS name; write it as"),
        ("AS0", "is no address, prefix, AS number"),
        ("4294967296", "is no address, prefix, AS number"),
        ("two words", "is no address, prefix, AS number"),
        ("*.", "is no address, prefix, AS number"),
        ("a.*.example", "is no address, prefix, AS number"),
        ("192.0.2.9O", r"does not begin with a digit: is it a misspelt address\?"),
        ("192.0.2.300", "is not an address or a prefix"),
        ("https://gpu.example.net/", "is not an address or a prefix"),
        ("192.0.2.7/24", "has bits behind its length; write its first address, or one address without a length"),
        ("host-0123456789abcdef", "is a pseudonym; write the address or the name itself"),
    ],
)
def test_what_is_no_asset(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        parse_asset(text)
    assert not text or text not in str(caught.value)


def test_a_plain_list(tmp_path: Path) -> None:
    content = "\ufeff# ours\r\n\r\n192.0.2.0/24  # Berlin\r\n  as64496\n\n*.example.net\n"
    listed = read_assets(written(tmp_path, content))
    assert list(map(asset_text, listed.assets)) == ["192.0.2.0/24", "AS64496", "*.example.net"]
    assert (listed.labels, listed.lines) == ([None, None, None], [3, 4, 6])


@pytest.mark.parametrize(
    "content",
    [
        'asset,label\n192.0.2.0/24,Berlin\n# not ours\n\n"AS64496","Bonn, old"\n192.0.2.7,\n',
        "# a comment\nid;Label;Prefix\n1;Berlin;192.0.2.0/24\n\n2;Bonn, old;AS64496\n3;;192.0.2.7\n",
        'Owner\tip\nBerlin\t192.0.2.0/24\n\n\n"Bonn, old"\t64496\n \t192.0.2.7\n',
    ],
)
def test_a_table(tmp_path: Path, content: str) -> None:
    listed = read_assets(written(tmp_path, content))
    assert list(map(asset_text, listed.assets)) == ["192.0.2.0/24", "AS64496", "192.0.2.7"]
    assert listed.labels == ["Berlin", "Bonn, old", None]
    lines = content.split("\n")
    assert all(
        asset_text(a).removeprefix("AS") in lines[n - 1] for a, n in zip(listed.assets, listed.lines, strict=True)
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            "192.0.2.0/24\nx y\n192.0.2.0/99\n1.2\n",
            r"own\.csv, line 2: this \('x y'\) is no address.*\(2 more of its lines ",
        ),
        ("asset,label\n192.0.2.0/24,a\n192.0.2.9/24,b\n", r"own\.csv, line 3: this has bits behind its length; write"),
        ("asset,label\n" + "-" * 60, r"line 2: this \('-{39}…'\) is no address"),
        ("asset,label\n,a\n", r"own\.csv, line 2: this is no address"),
        ("192.0.2.0/24,Berlin\n", r"own\.csv, line 1: this has several columns; a file with labels begins with the li"),
        ("# nothing\n", r"own\.csv: there are no assets in it; write one a line"),
        ("", r"own\.csv: there are no assets in it"),
        ("asset,label\n", r"own\.csv: there are no assets in it"),
        (b"192.0.2.0/24 \xff\n", r"own\.csv: this is not a text file in UTF-8"),
        ('asset,label\n192.0.2.0/24,"a\nb"\n192.0.2.0/25,"Berlin\nAS1,x\n', r"own\.csv, line 4: not a row of a table"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: str | bytes, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        read_assets(written(tmp_path, content))
    assert "\n" not in str(caught.value)
    assert "192.0.2.9" not in str(caught.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.txt"):
        with pytest.raises(DataError, match="the assets cannot be read"):
            read_assets(path)


def test_pseudonyms_where_they_can_be_known(tmp_path: Path) -> None:
    path = written(tmp_path, "host-0123456789ABCDEF\nhost-1123456789abcdef\n")
    with pytest.raises(DataError, match=r"line 1: this \(.*\) is a pseudonym; write the address .*\(1 more"):
        read_assets(path)
    known = {"host-0123456789abcdef": "192.0.2.7"}
    with pytest.raises(DataError, match=r"line 2: this \(.*\) is a pseudonym of no host here"):
        read_assets(path, known.get)
    path.write_text("host-0123456789abcdef\n")
    assert list(map(asset_text, read_assets(path, known.get).assets)) == ["192.0.2.7"]


def rank(asset: Asset, address: str, network: int | None) -> int | None:
    """How specific the asset is for the host; None where it does not mean it."""
    if isinstance(asset, int):
        return 0 if asset == network else None
    if isinstance(asset, Prefix):
        try:
            inside = ipaddress.ip_address(address) in ipaddress.ip_network(str(asset))
        except ValueError:
            return None
        return 1 + asset.length if inside else None
    if asset.startswith("*."):
        return len(asset) if address.endswith(asset[1:]) else None
    return 1_000 if asset == address else None


assets = st.sampled_from([*TEXTS, "192.0.2.0/28", "0.0.0.0/0", "example.net", "*.net", "*.gpu.example.net", "AS64497"])
hosts = st.tuples(
    st.sampled_from(["192.0.2.7", "192.0.2.77", "198.51.100.1", "2001:db8::7"])
    | st.sampled_from(["gpu.example.net", "example.net", "a.gpu.example.net", "net", "agpu.example.net"]),
    st.sampled_from([None, 64496, 64497]),
)


@settings(deadline=None)
@given(st.lists(assets, max_size=12), st.lists(hosts, max_size=12))
def test_beside_a_plain_loop(texts: list[str], seen: list[tuple[str, int | None]]) -> None:
    listed = [parse_asset(text) for text in texts]
    table = AssetTable(listed)
    pairs: list[tuple[int, int]] = []
    for i, (address, network) in enumerate(seen):
        ranks = [(-r, p) for p, asset in enumerate(listed) if (r := rank(asset, address, network)) is not None]
        pairs += [(i, p) for _, p in sorted(ranks)]
    addresses, networks = [a for a, _ in seen], [n for _, n in seen]
    first = dict(reversed(pairs))
    assert table.best(addresses, networks).tolist() == [first.get(i, -1) for i in range(len(seen))]
    owners, found = table.all(addresses, networks)
    assert list(zip(owners.tolist(), found.tolist(), strict=True)) == pairs
    assert set(table.used(addresses, networks).nonzero()[0].tolist()) == {p for _, p in pairs}
