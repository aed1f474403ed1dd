"""The geography of a simulated population: real countries, invented networks, addresses never routed.

The reference population has the published size and spread: 175,108 hosts in 130 countries and 4,032 networks,
30 % of them in China, 20 % in the United States, 56 % in fixed-access telecoms. It does not depend on the
seed. ASNs are private (RFC 6996), IPv4 addresses reserved (240.0.0.0/4), IPv6 addresses for documentation
(2001:db8::/32).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address
from math import isqrt

REFERENCE_HOSTS = 175_108
REFERENCE_NETWORKS = 4_032
# The two published shares; the other countries follow a long tail in the order of the list.
_CHINA, _UNITED_STATES = 52_532, 35_022
_COUNTRIES = """
CN China, US United States, DE Germany, KR South Korea, FR France, JP Japan, SG Singapore, IN India,
GB United Kingdom, CA Canada, HK Hong Kong, RU Russia, NL Netherlands, TW Taiwan, FI Finland, BR Brazil,
VN Vietnam, IT Italy, ES Spain, PL Poland, AU Australia, SE Sweden, CH Switzerland, ID Indonesia,
TR Türkiye, UA Ukraine, IE Ireland, MY Malaysia, TH Thailand, IR Iran, MX Mexico, AR Argentina,
ZA South Africa, RO Romania, CZ Czechia, BE Belgium, AT Austria, NO Norway, DK Denmark, IL Israel,
PT Portugal, HU Hungary, GR Greece, PH Philippines, CL Chile, CO Colombia, BG Bulgaria, SA Saudi Arabia,
AE United Arab Emirates, PK Pakistan, BD Bangladesh, KZ Kazakhstan, EG Egypt, NZ New Zealand, SK Slovakia,
SI Slovenia, LT Lithuania, LV Latvia, EE Estonia, HR Croatia, RS Serbia, PE Peru, EC Ecuador, NG Nigeria,
KE Kenya, MA Morocco, TN Tunisia, DZ Algeria, LU Luxembourg, IS Iceland, BY Belarus, MD Moldova,
GE Georgia, AM Armenia, AZ Azerbaijan, UZ Uzbekistan, KG Kyrgyzstan, MN Mongolia, LK Sri Lanka, NP Nepal,
KH Cambodia, LA Laos, MO Macao, QA Qatar, KW Kuwait, BH Bahrain, OM Oman, JO Jordan, LB Lebanon, IQ Iraq,
CY Cyprus, MT Malta, AL Albania, MK North Macedonia, BA Bosnia and Herzegovina, ME Montenegro, UY Uruguay,
PY Paraguay, BO Bolivia, VE Venezuela, CR Costa Rica, PA Panama, GT Guatemala, SV El Salvador,
HN Honduras, NI Nicaragua, DO Dominican Republic, PR Puerto Rico, JM Jamaica, CU Cuba,
TT Trinidad and Tobago, GH Ghana, SN Senegal, CM Cameroon, UG Uganda, TZ Tanzania, ET Ethiopia, RW Rwanda,
ZM Zambia, ZW Zimbabwe, MZ Mozambique, AO Angola, MU Mauritius, MG Madagascar, RE Réunion, BN Brunei,
FJ Fiji, BT Bhutan, LI Liechtenstein, AD Andorra"""
# How near a country's habits are to those of operators in China; what is not listed goes with Europe.
_EAST = {"CN": 1.0, "SG": 0.6, "IN": 0.1, "US": -0.2, "CA": -0.2}
_EAST |= dict.fromkeys(["HK", "TW", "MO"], 0.7) | dict.fromkeys(["KR", "JP", "VN", "MY", "TH", "ID"], 0.3)
_EUROPE = -0.5

# Kind of organisation: per cent of hosts, how much of a home it is, words for its name, suffix of AS names.
_KINDS = {
    "fixed access": (56, 1.0, ("Telecom", "Broadband", "Telecommunications"), "NET"),
    "hosting": (16, -1.0, ("Hosting", "Datacenters", "Servers"), "HOST"),
    "cloud": (15, -0.8, ("Cloud", "Cloud Services"), "CLOUD"),
    "university": (5, -0.3, ("University", "University of Technology"), "EDU"),
    "mobile": (4, 0.8, ("Mobile", "Wireless"), "MOBILE"),
    "other": (4, 0.0, ("Industries", "Systems", "Foundation"), "AS"),
}
_ONSETS = "Zu Qua Vro Xi Plo Gry Skee Thwo Blu Dwi Fno Kru Mwa Nge Psy Tza"
_MIDDLES = "bli zor quon vex mib thul gax pli drun wok snee fli jub kaz lum yop"
_ENDS = "axo undo ible oosh ump iqua orf ette ungo azzle elka ibi opfu uzzi amp ovu"
_FIRST_ASN = 4_200_000_000
_FIRST_IPV4 = 0xF0000000
_FIRST_IPV6 = 0x20010DB8 << 96


@dataclass(frozen=True)
class SimulatedNetwork:
    """An invented network: place, organisation, hosts in the reference population, and whom it attracts.

    `east` and `home` have the scale of an operator's.
    """

    asn: int
    as_name: str
    organisation: str
    kind: str
    country_code: str
    country: str
    hosts: int
    east: float
    home: float


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Divide `total` in proportion to `weights`: whole quotas first, then one each to the largest remainders.

    Equal remainders go to the earlier position. Integer arithmetic throughout, so exact at any size.
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    missing = total - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda position: -(total * weights[position] % whole))
    for position in by_remainder[:missing]:
        parts[position] += 1
    return parts


def allocate_networks(hosts: int) -> list[tuple[SimulatedNetwork, int]]:
    """Return the networks that hold one or more of `hosts` hosts, each with its number of hosts.

    The hosts are divided over the countries, then within each country over its networks, both by largest
    remainder on the reference population; so a small population has fewer countries and networks, never more
    than hosts.
    """
    by_country: dict[str, list[SimulatedNetwork]] = {}
    for network in reference_networks():
        by_country.setdefault(network.country_code, []).append(network)
    sizes = largest_remainder(hosts, [sum(n.hosts for n in networks) for networks in by_country.values()])
    return [
        (network, part)
        for size, networks in zip(sizes, by_country.values(), strict=True)
        for network, part in zip(networks, largest_remainder(size, [n.hosts for n in networks]), strict=True)
        if part
    ]


@cache
def reference_networks() -> tuple[SimulatedNetwork, ...]:
    """Return the 4,032 networks of the reference population, by country, the largest of each first."""
    countries = [entry.strip().split(" ", 1) for entry in _COUNTRIES.split(",")]
    others = len(countries) - 2
    tail = [10**9 // (rank + 9) ** 2 for rank in range(others)]
    country_hosts = [
        _CHINA,
        _UNITED_STATES,
        *largest_remainder(REFERENCE_HOSTS - _CHINA - _UNITED_STATES, tail),
    ]
    country_networks = _at_least_one(REFERENCE_NETWORKS, [isqrt(size) for size in country_hosts])
    places = [
        (code, name, part)
        for (code, name), size, number in zip(countries, country_hosts, country_networks, strict=True)
        for part in _at_least_one(size, [10**6 // (rank + 1) for rank in range(number)])
    ]
    kinds = _kinds_of([part for _, _, part in places])
    networks: list[SimulatedNetwork] = []
    # Country and kind → networks so far, number of the newest organisation.
    seen: dict[tuple[str, str], tuple[int, int]] = {}
    organisations = 0
    for position, ((code, name, part), kind) in enumerate(zip(places, kinds, strict=True)):
        serial, organisation = seen.get((code, kind), (0, 0))
        # Every fourth network belongs to the organisation before it: providers run more than one.
        if serial % 4 != 3:
            organisation = organisations
            organisations += 1
        seen[code, kind] = (serial + 1, organisation)
        stem = _stem(organisation)
        _, home, words, suffix = _KINDS[kind]
        networks.append(
            SimulatedNetwork(
                asn=_FIRST_ASN + position,
                as_name=f"{stem.upper()}-{suffix}-{serial + 1}",
                organisation=f"{stem} {words[organisation % len(words)]}",
                kind=kind,
                country_code=code,
                country=name,
                hosts=part,
                east=_EAST.get(code, _EUROPE),
                home=home,
            )
        )
    return tuple(networks)


def block_starts(sizes: Sequence[int]) -> list[int]:
    """Return the first IPv4 address of each network's block, for networks with that many hosts.

    A block is a power of two of at least 256 addresses and eight times the hosts, aligned to its size.
    """
    starts = []
    free = _FIRST_IPV4
    for size in sizes:
        block = _block_size(size)
        free = -(-free // block) * block
        starts.append(free)
        free += block
    return starts


def _block_size(hosts: int) -> int:
    """Return how many IPv4 addresses the block of a network with that many hosts has."""
    return max(256, 1 << (8 * hosts - 1).bit_length())


def ipv4_text(start: int, hosts: int, number: int, shift: int) -> str:
    """Return the address of host `number` in the block at `start`, distinct for numbers below `hosts`."""
    # An odd factor permutes the residues of a power of two: distinct, and not in the order of the numbers.
    value = start + (number * 0x9E3779B1 + shift) % _block_size(hosts)
    return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"


def ipv6_text(network: int, number: int) -> str:
    """Return the address of host `number` of the network at position `network`."""
    return str(IPv6Address(_FIRST_IPV6 + (network + 1 << 80) + number + 1))


def _at_least_one(total: int, weights: Sequence[int]) -> list[int]:
    return [1 + part for part in largest_remainder(total - len(weights), weights)]


def _kinds_of(sizes: Sequence[int]) -> list[str]:
    """Return a kind for each network such that the kinds' shares of hosts come out."""
    # The largest network first, each to the kind furthest behind its share: the small ones even it out.
    kinds = [""] * len(sizes)
    held = dict.fromkeys(_KINDS, 0)
    placed = 0
    for position in sorted(range(len(sizes)), key=lambda p: -sizes[p]):
        placed += sizes[position]
        kind = max(held, key=lambda k: _KINDS[k][0] * placed - 100 * held[k])
        kinds[position] = kind
        held[kind] += sizes[position]
    return kinds


def _stem(organisation: int) -> str:
    # An odd factor walks through all 4,096 combinations before one comes back.
    code = organisation * 2_531 % 4_096
    return _ONSETS.split()[code >> 8] + _MIDDLES.split()[code >> 4 & 15] + _ENDS.split()[code & 15]
