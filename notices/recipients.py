"""To whom an endpoint goes: by network, by provider, or by a file of contacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cohabit.notices.contacts import UNMATCHED, Contacts
from cohabit.notices.names import file_stems
from cohabit.queries.endpoints import Endpoint

BY = ("network", "provider", "contact")
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Notice:
    """What one recipient gets: endpoints by address and port, and the name of the file without its ending.

    `recipient` is None for endpoints of no known network or provider, and for those that no contact matches. `contact`
    is the recipient where it is one of a file of contacts.
    """

    recipient: str | None
    shown: str
    stem: str
    endpoints: tuple[Endpoint, ...]
    contact: str | None = None

    @property
    def hosts(self) -> int:
        """Distinct hosts among the endpoints."""
        return len({e.host for e in self.endpoints})

    @property
    def networks(self) -> list[int]:
        """AS numbers among the endpoints, ascending."""
        return sorted({e.asn for e in self.endpoints if e.asn is not None})


def share_out(endpoints: Sequence[Endpoint], by: str, contacts: Contacts | None, taken: Sequence[str]) -> list[Notice]:
    """Give every endpoint to exactly one recipient; most hosts first, without a recipient last.

    `taken` are the names, without ending, of the other files of the folder.
    """
    recipient_of = _rule(by, contacts)
    groups: dict[str | None, list[Endpoint]] = {}
    for endpoint in endpoints:
        groups.setdefault(recipient_of(endpoint), []).append(endpoint)
    nobody = UNMATCHED if by == "contact" else UNKNOWN
    named = sorted(recipient for recipient in groups if recipient is not None)
    stems: dict[str | None, str] = dict(zip(named, file_stems(named, [*taken, nobody]), strict=True))
    stems[None] = nobody
    notices = [
        Notice(
            recipient,
            nobody if recipient is None else recipient,
            stems[recipient],
            tuple(own),
            recipient if by == "contact" else None,
        )
        for recipient, own in groups.items()
    ]
    notices.sort(key=lambda n: (n.recipient is None, -n.hosts, n.shown))
    return notices


def _rule(by: str, contacts: Contacts | None) -> Callable[[Endpoint], str | None]:
    if by == "network":
        return lambda e: None if e.asn is None else f"AS{e.asn}"
    if by == "provider":
        return lambda e: e.provider
    if contacts is None:
        raise TypeError("by contact, contacts are needed")
    return lambda e: contacts.recipient(e.host, e.asn)
