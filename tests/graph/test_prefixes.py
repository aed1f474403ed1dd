"""The table of prefixes beside a plain loop over `ipaddress`: IPv4, IPv6, overlapping, repeated, mapped."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohabit.graph.prefixes import PrefixTable, packed_address, parse_prefix

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def plain_network(text: str) -> Network:
    """What the text means, by the standard library; an IPv4-mapped prefix is that of IPv4."""
    found = ipaddress.ip_network(text, strict=False)
    if found.version == 6 and found.prefixlen >= 96:
        mapped = found.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.ip_network(f"{mapped}/{found.prefixlen - 96}", strict=False)
    return found


def plain_matches(address: str, networks: list[Network]) -> list[int]:
    """Positions of the networks that hold the address: longest first, equal ones in their order."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return []
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    held = [i for i, network in enumerate(networks) if ip in network]
    return sorted(held, key=lambda i: -networks[i].prefixlen)


# Few different leading and trailing bits, so that prefixes overlap, repeat and are hit.
few_bits = st.sampled_from([0, 1, 0b1010, 0xFF, 0xC0000200, 0xC0000207, 0xFFFFFFFF])
v4 = st.builds(lambda a, b: str(ipaddress.IPv4Address((a ^ b) % 2**32)), few_bits, few_bits)
v6 = st.builds(lambda a, b: str(ipaddress.IPv6Address((a << 96 ^ b) % 2**128)), few_bits, few_bits)
mapped = v4.map(lambda address: f"::ffff:{address}")
names = st.sampled_from(["gpu.example.net", "", "1.2.3", "::x", "192.0.2.07"])
prefixes = st.one_of(
    st.builds(lambda a, n: f"{a}/{n}", v4, st.integers(0, 32)),
    st.builds(lambda a, n: f"{a}/{n}", st.one_of(v6, mapped), st.integers(0, 128)),
    v4,
    v6,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(prefixes, max_size=25), st.lists(st.one_of(v4, v6, mapped, names), max_size=25))
def test_beside_a_plain_loop(texts: list[str], addresses: list[str]) -> None:
    networks = [plain_network(text) for text in texts]
    table = PrefixTable(parse_prefix(text, host_bits=True) for text in texts)
    expected = [plain_matches(address, networks) for address in addresses]
    assert table.longest(addresses).tolist() == [found[0] if found else -1 for found in expected]
    owners, found = table.all(addresses)
    pairs = [(i, position) for i, held in enumerate(expected) for position in held]
    assert list(zip(owners.tolist(), found.tolist(), strict=True)) == pairs
    assert set(table.used(addresses).nonzero()[0].tolist()) == {position for _, position in pairs}


@given(prefixes)
def test_texts_are_canonical(text: str) -> None:
    network = plain_network(text)
    prefix = parse_prefix(text, host_bits=True)
    whole = network.prefixlen == network.max_prefixlen
    assert str(prefix) == (str(network.network_address) if whole else str(network))
    assert prefix.is_address is whole
    assert packed_address(prefix.address) == prefix.packed


def test_by_hand() -> None:
    table = PrefixTable(map(parse_prefix, ["0.0.0.0/0", "192.0.2.0/24", "192.0.2.0/25", "192.0.2.7", "2001:db8::/32"]))
    hosts = ["192.0.2.7", "192.0.2.8", "192.0.2.200", "198.51.100.1", "2001:db8::1", "2001:db9::1", "a.example"]
    assert table.longest(hosts).tolist() == [3, 2, 1, 0, 4, -1, -1]
    assert [found.tolist() for found in table.all(hosts[:2])] == [[0, 0, 0, 0, 1, 1, 1], [3, 2, 1, 0, 2, 1, 0]]


NO_PREFIXES = (
    "|x|192.0.2.0/33|192.0.2.0/|192.0.2.0/-1|192.0.2.0/1x|192.0.2/24|192.0.2.07|/24|2001:db8::/129|fe80::1%eth0|"
    "2001:db8::/255.255.0.0|192.0.2.0/24/24|192.0.2.0/255.0.255.0|192.0.2.7:80|[2001:db8::1]|gpu.example.net|"
    "192.0.2.0/٢٤|AS64496|\x00"
)


@pytest.mark.parametrize("text", NO_PREFIXES.split("|"))
def test_what_is_no_prefix(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address or a prefix; write it as"):
        parse_prefix(text)


def test_bits_behind_the_length() -> None:
    says = r"has bits behind its length; write its first address, or one address without a length"
    with pytest.raises(ValueError, match=says):
        parse_prefix("192.0.2.7/24")
    assert str(parse_prefix("192.0.2.7/24", host_bits=True)) == "192.0.2.0/24"
    assert str(parse_prefix(" 192.0.2.0/255.255.255.0 ")) == "192.0.2.0/24"
    assert str(parse_prefix("::ffff:192.0.2.0/120")) == "192.0.2.0/24"
    assert str(parse_prefix("::ffff:192.0.2.7")) == "192.0.2.7"
    assert str(parse_prefix("::/0")) == "::/0"
