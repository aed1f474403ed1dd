"""A table of IP prefixes: which of them hold an address, the longest first.

There is one sorted array for every length of prefix, so an address costs one binary search for each length that occurs,
whatever the number of prefixes, and all addresses are looked up at once.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

_WIDTHS = (4, 16)  # bytes of an address
_MAPPED = bytes(10) + b"\xff\xff"  # before the four bytes of an IPv4 address that is written as IPv6
_MAPPED_BITS = 96


class Prefix(NamedTuple):
    """A prefix: the bytes of its first address (4 or 16), and its length in bits."""

    packed: bytes
    length: int

    @property
    def is_address(self) -> bool:
        """Whether it holds one address only."""
        return self.length == 8 * len(self.packed)

    @property
    def address(self) -> str:
        """Its first address, in canonical text."""
        return str(ipaddress.ip_address(self.packed))

    def __str__(self) -> str:
        """Its canonical text: an address alone where it holds only one."""
        return self.address if self.is_address else f"{self.address}/{self.length}"


def parse_prefix(text: str, *, host_bits: bool = False) -> Prefix:
    """Read an address or a prefix, of IPv4 or IPv6; ValueError says what is wrong with it.

    An IPv4-mapped one (`::ffff:192.0.2.0/120`) is that of IPv4, as hosts are. A prefix with bits behind its length
    (`192.0.2.7/24`) can mean one address or many: it is refused, or with `host_bits` means them all.
    """
    address, slash, size = text.strip().partition("/")
    packed = packed_address(address, mapped=True)
    bits = _bits(size, packed) if slash else 8 * len(packed or b"")
    if packed is None or bits is None:
        raise ValueError("is not an address or a prefix; write it as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32")
    if len(packed) == 16 and packed.startswith(_MAPPED) and bits >= _MAPPED_BITS:
        packed, bits = packed[12:], bits - _MAPPED_BITS
    first = network(packed, bits)
    if first != packed and not host_bits:
        # Without the address itself: the sentence may end on somebody's screen.
        raise ValueError("has bits behind its length; write its first address, or one address without a length")
    return Prefix(first, bits)


def packed_address(text: str, *, mapped: bool = False) -> bytes | None:
    """The bytes of an address, None for what is none (a name); an IPv4-mapped one has four, unless `mapped`."""
    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        return None
    return packed[12:] if len(packed) == 16 and packed.startswith(_MAPPED) and not mapped else packed


def network(packed: bytes, length: int) -> bytes:
    """First address of the prefix of that length that holds an address."""
    behind = 8 * len(packed) - length
    return (int.from_bytes(packed) >> behind << behind).to_bytes(len(packed))


def _bits(size: str, packed: bytes | None) -> int | None:
    """Length behind the slash: a number, or for IPv4 a mask."""
    if packed is None:
        return None
    if size.isascii() and size.isdigit() and len(size) <= 3:
        return int(size) if int(size) <= 8 * len(packed) else None
    try:
        return ipaddress.IPv4Network(f"0.0.0.0/{size}").prefixlen if len(packed) == 4 and "." in size else None
    except ValueError:
        return None


class PrefixTable:
    """Prefixes that addresses are looked up in; answers are positions in the order in which the prefixes came."""

    def __init__(self, prefixes: Iterable[Prefix]) -> None:
        self._lengths: dict[int, list[tuple[int, npt.NDArray[Any], Integers]]] = {}
        listed = list(prefixes)
        self._size = len(listed)
        for width in _WIDTHS:
            own = np.array([i for i, p in enumerate(listed) if len(p.packed) == width], np.int64)
            packed = _matrix([listed[i].packed for i in own], width)
            bits = np.array([listed[i].length for i in own], np.int64)
            self._lengths[width] = [
                (length, *_sorted(packed[bits == length], own[bits == length]))
                for length in sorted(set(bits.tolist()), reverse=True)
            ]

    def longest(self, addresses: Sequence[str]) -> Integers:
        """Position of the longest prefix that holds each address (of equal ones the first); −1 where none does."""
        found = np.full(len(addresses), -1, np.int64)
        for rows, first, past, positions in self._found(addresses):
            new = (past > first) & (found[rows] < 0)  # the longest came first
            found[rows[new]] = positions[first[new]]
        return found

    def all(self, addresses: Sequence[str]) -> tuple[Integers, Integers]:
        """Every pair of an address and a prefix that holds it, as two parallel arrays of positions.

        By address, the longest prefix first, equal ones in their order.
        """
        owners, found = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for rows, first, past, positions in self._found(addresses):
            sizes = past - first
            offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            owners.append(np.repeat(rows, sizes))
            found.append(positions[np.repeat(first, sizes) + offsets])
        of_address, of_prefix = np.concatenate(owners), np.concatenate(found)
        order = np.argsort(of_address, kind="stable")
        return of_address[order], of_prefix[order]

    def used(self, addresses: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Whether each prefix holds one of the addresses."""
        used = np.zeros(self._size, bool)
        for _, first, past, positions in self._found(addresses):
            size = len(positions) + 1
            covered = np.cumsum(np.bincount(first, minlength=size) - np.bincount(past, minlength=size))[:-1]
            used[positions[covered > 0]] = True
        return used

    def _found(self, addresses: Sequence[str]) -> Iterator[tuple[Integers, Integers, Integers, Integers]]:
        """For each length, the longest first: positions of addresses, and where in the positions of the length's
        prefixes (the last value) those that hold each address begin and end.
        """
        packed = [packed_address(address) for address in addresses]
        for width in _WIDTHS:
            rows = np.array([i for i, p in enumerate(packed) if p is not None and len(p) == width], np.int64)
            own = _matrix([p for p in packed if p is not None and len(p) == width], width)
            # In ascending order the searches go through memory in one direction.
            order = np.argsort(_keys(own), kind="stable")
            rows, own = rows[order], own[order]
            for length, keys, positions in self._lengths[width]:
                wanted = _keys(own & _mask(length, width))
                yield rows, np.searchsorted(keys, wanted), np.searchsorted(keys, wanted, "right"), positions


def _mask(length: int, width: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(network(b"\xff" * width, length), np.uint8)


def _matrix(packed: Sequence[bytes], width: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(packed), np.uint8).reshape(len(packed), width)


def _sorted(packed: npt.NDArray[np.uint8], positions: Integers) -> tuple[npt.NDArray[Any], Integers]:
    keys = _keys(packed)
    order = np.argsort(keys, kind="stable")
    return keys[order], positions[order]


def _keys(packed: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """One value an address that sorts as addresses do: fixed strings of bytes compare like numbers of that width."""
    return np.ascontiguousarray(packed).view(f"S{packed.shape[1]}").ravel()
