"""Servers then and now: what counts as updated, and what as no longer affected, case by case by hand."""

from __future__ import annotations

import pytest

from cohabit.notices.folder import NotifiedHost, NotifiedServer
from cohabit.notices.updates import Update, update_notes, update_of
from cohabit.queries.advisories import Advisory
from cohabit.queries.servers import Server

Then = dict[int, tuple[str | None, str | None, tuple[str, ...]]]
Now = dict[int, tuple[str, str | None]]


def advisory(name: str, software: str, affected: str) -> Advisory:
    return Advisory(id=name, software=software, affected=[affected], severity="high", summary="x", source="y")


ADVISORIES = [
    advisory("OLD", "ollama", "<0.2"),
    advisory("NEW", "ollama", "<0.17.1"),
    advisory("LATE", "ollama", ">=0.17.1, <0.19"),
    advisory("NEW", "fork", "<2"),
    advisory("OTHER", "vllm", "<0.9"),
]
WAS: Then = {11434: ("ollama", "0.17.0", ("NEW",))}
TWO: Then = {**WAS, 8080: ("ollama", "0.17.0", ("NEW",))}
PROXY: Then = {**WAS, 443: ("nginx", "1.2", ())}
# Servers then, servers since, and whether the host is: told, updated, affected, fixed, unlisted.
CASES: list[tuple[Then, Now, str]] = [
    (WAS, {11434: ("ollama", "0.17.1")}, "told updated affected fixed"),
    (WAS, {11434: ("ollama", "0.17.0")}, "told affected"),
    (WAS, {11434: ("ollama", "0.16.9")}, "told updated affected"),
    (WAS, {11434: ("ollama", "0.17.1-rc0")}, "told updated affected"),
    (WAS, {11434: ("ollama", None)}, "affected"),
    (WAS, {}, "affected"),
    # Another port than that of the notice says nothing of it.
    (WAS, {8080: ("ollama", "0.17.1")}, "affected"),
    # A build without a number cannot be compared.
    (WAS, {11434: ("ollama", "0.0.0")}, "told updated affected"),
    (WAS, {11434: ("vllm", "0.8.0")}, "told updated affected fixed"),
    (WAS, {11434: ("nginx", None)}, "updated affected fixed"),
    # The same advisory is of this software, too.
    (WAS, {11434: ("fork", "1.9")}, "told updated affected"),
    (WAS, {11434: ("fork", None)}, "updated affected"),
    (WAS, {11434: ("fork", "2.0")}, "told updated affected fixed"),
    # One of two is mended; one was not seen again; both are; a new one came.
    (TWO, {11434: ("ollama", "0.17.1"), 8080: ("ollama", "0.17.0")}, "told updated affected"),
    (TWO, {11434: ("ollama", "0.17.1")}, "told updated affected"),
    (TWO, {11434: ("ollama", "0.17.1"), 8080: ("ollama", "0.18")}, "told updated affected fixed"),
    (WAS, {11434: ("ollama", "0.17.1"), 8080: ("ollama", "0.17.0")}, "told updated affected"),
    (WAS, {11434: ("ollama", "0.17.1"), 8080: ("ollama", None)}, "told updated affected"),
    # A server under no advisory may stay, or vanish.
    (PROXY, {11434: ("ollama", "0.17.1"), 443: ("nginx", "1.2")}, "told updated affected fixed"),
    (PROXY, {11434: ("ollama", "0.17.1")}, "told updated affected fixed"),
    (PROXY, {11434: ("ollama", "0.17.0"), 443: ("nginx", "1.3")}, "told updated affected"),
    # From two advisories to one of them.
    ({1: ("ollama", "0.1.9", ("NEW", "OLD"))}, {1: ("ollama", "0.17.0")}, "told updated affected"),
    ({1: ("ollama", "0.1.9", ("NEW", "OLD"))}, {1: ("ollama", "0.17.1")}, "told updated affected fixed"),
    # Nothing to mend, or nothing known.
    ({1: ("ollama", "0.19", ())}, {1: ("ollama", "0.20")}, "told updated"),
    ({1: ("ollama", None, ())}, {1: ("ollama", "0.20")}, "told"),
    ({1: (None, None, ())}, {1: ("ollama", "0.20")}, "told"),
    # An advisory that the list no longer has, or no longer for this version, mends nothing.
    ({1: ("ollama", "0.17.0", ("LOST",))}, {1: ("ollama", "0.20")}, "told updated affected unlisted"),
    ({1: ("ollama", "0.18", ("NEW",))}, {1: ("ollama", "0.18")}, "told affected"),
]


@pytest.mark.parametrize(("then", "now", "expected"), CASES)
def test_an_update_case_by_case(then: Then, now: Now, expected: str) -> None:
    servers = tuple(
        NotifiedServer(port=port, software=software, version=version, advisories=names)
        for port, (software, version, names) in then.items()
    )
    seen = {port: Server("", "", software, version) for port, (software, version) in now.items()}
    found = update_of(NotifiedHost(host="192.0.2.1", listed=True, servers=servers), seen, ADVISORIES)
    assert {name for name, value in vars(found).items() if value} == set(expected.split())


def test_the_notes_count_what_could_be_told() -> None:
    told = Update(told=True, updated=True, affected=True, fixed=True, unlisted=False)
    silent = Update(told=False, updated=False, affected=True, fixed=False, unlisted=True)
    first, second = update_notes([told, told, silent])
    assert first.startswith(
        "Of 3 hosts open, changed, or recognised without a list, 2 answered since with a known version, and 3 fell"
    )
    assert second.startswith("1 host fell under an advisory that this cohabit does not list")
    assert len(update_notes([told])) == 1
    assert update_notes([]) == []
    assert update_notes(None)[0].startswith("Updated and fixed cannot be told")
