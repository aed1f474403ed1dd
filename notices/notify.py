"""Write notices: one file a recipient, an index, a covering text, and the record that the follow-up reads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.assets import asset_text
from cohabit.graph.incidence import Integers, host_addresses, newest_sighting
from cohabit.graph.store import GraphStore
from cohabit.notices.author import author_name
from cohabit.notices.contacts import Contacts, read_contacts
from cohabit.notices.fates import missed_already
from cohabit.notices.folder import (
    RECORD,
    VERSION,
    Notified,
    NotifiedHost,
    NotifiedRecipient,
    NotifiedServer,
    check_folder,
    record_file,
    write_folder,
)
from cohabit.notices.intelmq import intelmq_file
from cohabit.notices.letter import letter_file
from cohabit.notices.libraries import NEEDED, library
from cohabit.notices.lists import Listed, Lists, newest_lists
from cohabit.notices.misp import misp_file
from cohabit.notices.recipients import BY, Notice, share_out
from cohabit.notices.record import Common
from cohabit.notices.stix import stix_file
from cohabit.notices.table import csv_bytes, table_file
from cohabit.notices.tlp import DEFAULT, parse_tlp
from cohabit.privacy import Masker
from cohabit.queries.endpoints import Endpoint, caveats, read_endpoints
from cohabit.queries.filters import AssetsThere, assets_there, labels_of_hosts
from cohabit.queries.lifetimes import GONE_AFTER
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.selected import Items, select
from cohabit.queries.severity import counted
from cohabit.queries.words import count, percent
from cohabit.text import visible
from cohabit.timeline import week_name

COLUMNS = ("recipient", "asn", "hosts", "rows", "withheld", "labels", "tlp", "file", "sha256")
TABLE_COLUMNS = ("recipient", "asn", "hosts", "rows", "file", "sha256")
INDEX, LETTER = "index.csv", "letter.txt"
WITHHELD, WITHHELD_COLUMNS = "withheld.csv", ("recipient", "asn", "hosts", "withheld")
"""Of hosts that nobody is written to about: a file of its own, since mail merge writes to whoever is in the index."""
_WRITERS: Mapping[str, tuple[str, Callable[[Notice, Common], bytes]]] = {
    "csv": ("csv", table_file),
    "intelmq": ("jsonl", intelmq_file),
    "stix": ("json", stix_file),
    "misp": ("json", misp_file),
}
FORMS = tuple(_WRITERS)
_NAMED = 5


def notify(
    store: GraphStore,
    masker: Masker,
    folder: str | os.PathLike[str],
    *,
    by: str = "network",
    form: str = "csv",
    contacts: str | os.PathLike[str] | None = None,
    tlp: str = DEFAULT,
    author: str | None = None,
    no_notice: str | os.PathLike[str] | None = None,
    items: Items | None = None,
    scope: Scope | None = None,
    simulated: bool = False,
) -> Result:
    """Write the endpoints that `hosts --endpoints` would list into a new folder, each to one recipient; one row a file.

    Nothing is sent; `author` is who will send them, by name. Hosts that an asset of the file `no_notice` means are
    counted (`withheld`) and in no recipient's file. Addresses go into the files, so the masker must be one
    that shows them (UsageError otherwise).
    """
    if not masker.show:
        raise UsageError("notices hold addresses, or nobody could act on them: say so with --show-addresses")
    known, level, sender = _contacts(by, form, contacts), parse_tlp(tlp), author_name(author)
    if form in NEEDED:
        library(form)  # a missing one is told before any work is done
    target = Path(folder)
    check_folder(target)
    items, scope = items or Items(), scope or Scope()
    # A list that cannot be used is told whoever is chosen.
    silent = None if no_notice is None else assets_there(store, os.fspath(no_notice))
    chosen = select(store, items, scope)
    found = read_endpoints(store, chosen)
    if not found:
        return result(COLUMNS, [], headline="No host is chosen: there is nobody to notify, and nothing was written.")
    meant = set() if silent is None else _meant(silent)
    held = {e.host for e in found if e.host in meant}
    endpoints = [e for e in found if e.host not in held]
    if not endpoints:
        headline = f"All of {count(len(held), 'host')} are in the list of --no-notice, and nothing was written."
        return result(COLUMNS, [], headline=headline, caveats=_of_nobody(silent))
    taken = [Path(name).stem for name in (RECORD, INDEX, LETTER, WITHHELD)]
    notices = share_out(endpoints, by, known, taken)
    withheld = share_out([e for e in found if e.host in held], by, known, taken)
    held_of = {notice.recipient: notice.hosts for notice in withheld}
    labels = labels_of_hosts({e.host: e.asn for e in endpoints}, scope.in_file)
    common = Common(str(newest_sighting(store)), simulated, level, sender, labels)
    ending, write = _WRITERS[form]
    files = {f"{notice.stem}.{ending}": write(notice, common) for notice in notices}
    rows = [
        {**_indexed(notice, common, name, content), "withheld": held_of.get(notice.recipient, 0)}
        for notice, (name, content) in zip(notices, files.items(), strict=True)
    ]
    state = store.state()
    lists = newest_lists(store, items)
    record = Notified(
        version=VERSION,
        week=lists.week,
        graph=state.digest if state else "",
        by=by,
        form=form,
        simulated=simulated,
        filters=scope.description(),
        items=items,
        recipients=tuple(_recorded(notice, common, name, lists) for notice, name in zip(notices, files, strict=True)),
        tlp=level.name,
        author=sender,
    )
    files[INDEX] = csv_bytes(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
    files[LETTER] = letter_file(by, common, endpoints)
    if no_notice is not None:
        in_file = {notice.recipient: notice.hosts for notice in notices}
        files[WITHHELD] = csv_bytes(
            WITHHELD_COLUMNS, [(n.shown, n.networks, in_file.get(n.recipient, 0), n.hosts) for n in withheld]
        )
    files[RECORD] = record_file(record)
    write_folder(target, files)
    severities = [e.worry.severity for e in endpoints]
    headline = (
        f"{count(len(endpoints), 'endpoint')} of {count(sum(n.hosts for n in notices), 'host')} "
        f"({counted(severities)}) in {count(len(notices), 'file')}, with {INDEX}, {LETTER} and {RECORD} in "
        f"{visible(str(target))}. Nothing was sent."
    )
    return result(
        COLUMNS,
        rows,
        headline=headline,
        caveats=[
            *_nobody(notices, by),
            *_withheld(held, withheld, no_notice),
            *_of_nobody(silent),
            *_gone_before(missed_already(store, _without(store, chosen.incidence.hosts, held))),
            *caveats(endpoints, scope),
            *_counted_from(lists.week, scope),
            f"Marked {level.label}, that is: {level.words} (--tlp).",
        ],
        table_columns=[
            name
            for name in COLUMNS
            if name in TABLE_COLUMNS or (labels and name == "labels") or (held and name == "withheld")
        ],
    )


def _contacts(by: str, form: str, contacts: str | os.PathLike[str] | None) -> Contacts | None:
    if by not in BY:
        raise UsageError(f"--by {by!r}: {among(by, BY)}")
    if form not in FORMS:
        raise UsageError(f"--as {form!r}: {among(form, FORMS)}")
    if by == "contact":
        if contacts is None:
            raise UsageError("--by contact needs --contacts FILE, a CSV file of AS numbers or prefixes and recipients")
        return read_contacts(Path(contacts))
    if contacts is not None:
        raise UsageError(f"--contacts goes with --by contact, not {by}")
    return None


def _indexed(notice: Notice, common: Common, file: str, content: bytes) -> Row:
    labels = dict.fromkeys(label for e in notice.endpoints for label in common.labels_of(e))
    return {
        "recipient": notice.shown,
        "asn": notice.networks,
        "hosts": notice.hosts,
        "rows": len(notice.endpoints),
        "labels": list(labels),
        "tlp": common.tlp.label,
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _recorded(notice: Notice, common: Common, file: str, lists: Lists) -> NotifiedRecipient:
    nothing = Listed((), ())
    hosts: dict[str, list[Endpoint]] = {}
    for e in notice.endpoints:
        hosts.setdefault(e.host, []).append(e)
    recorded = []
    for host, rows in sorted(hosts.items()):
        own = lists.of_host.get(host, nothing)
        servers = tuple(
            NotifiedServer(port=e.port, software=e.software, version=e.version, advisories=e.worry.advisories)
            for e in rows
        )
        recorded.append(
            NotifiedHost(host=host, listed=rows[0].listed, models=own.models, digests=own.digests, servers=servers)
        )
    return NotifiedRecipient(recipient=notice.recipient, file=file, hosts=tuple(recorded))


def _counted_from(week: int, scope: Scope) -> list[str]:
    """Say of a choice by time that the follow-up does not start there."""
    if not scope.timed:
        return []
    return [f"`cohabit followup` counts from {week_name(week)}, the newest week of the graph, whatever the dates."]


def _without(store: GraphStore, hosts: Integers, held: Collection[str]) -> Integers:
    """Store keys of hosts without those of these addresses."""
    if not held:
        return hosts
    keys, addresses = host_addresses(store)
    return np.setdiff1d(hosts, keys[[address in held for address in addresses]], assume_unique=True)


def _withheld(hosts: Collection[str], notices: Sequence[Notice], file: object) -> list[str]:
    """Say how many hosts nobody is written to about."""
    if file is None:
        return []
    if not hosts:
        return ["None of the chosen hosts is in the list of --no-notice."]
    return [
        f"{count(len(hosts), 'host')} of {count(len(notices), 'recipient')} withheld (--no-notice): counted in {INDEX} "
        f"and {WITHHELD}, and in no recipient's file."
    ]


def _meant(silent: AssetsThere) -> set[str]:
    """The hosts of the graph that the list means."""
    best = silent.table.best(silent.addresses, silent.networks).tolist()
    return {address for address, asset in zip(silent.addresses, best, strict=True) if asset >= 0}


def _of_nobody(silent: AssetsThere | None) -> list[str]:
    """Say which lines of the list mean no host of the graph: one of them may be misspelt, and somebody written to."""
    if silent is None:
        return []
    listed = silent.listed
    unused = np.flatnonzero(~silent.table.used(silent.addresses, silent.networks)).tolist()
    if not unused:
        return []
    named = ", ".join(f"line {listed.lines[i]} ({asset_text(listed.assets[i])})" for i in unused[:_NAMED])
    more = f" and {len(unused) - _NAMED:,} more (`cohabit match FILE --unmatched`)" if len(unused) > _NAMED else ""
    return [
        f"No host of this graph is meant by {len(unused):,} of {count(len(listed.lines), 'line')} of --no-notice: "
        f"{named}{more}. Is one misspelt?"
    ]


def _gone_before(hosts: int) -> list[str]:
    """Say which hosts nothing can be learnt of from these notices."""
    if not hosts:
        return []
    return [
        f"{count(hosts, 'host')} missed in {GONE_AFTER} or more weeks with a scan since last seen: `cohabit followup` "
        f"will count them as gone before the notices. --active-within {7 * (GONE_AFTER - 1)}, or less, leaves them out."
    ]


def _nobody(notices: Sequence[Notice], by: str) -> list[str]:
    """Say what has no recipient, and what to do about it."""
    last = notices[-1]
    if last.recipient is not None:
        return []
    why, how = {
        "network": ("whose network is not known", "`cohabit sync --geo FILE.mmdb` adds networks from a database"),
        "provider": ("whose provider is not known", "`cohabit sync --geo FILE.mmdb` adds networks from a database"),
        "contact": (
            "that no contact matches",
            "add their networks, which the index lists, to the contacts, or split by network with --by network",
        ),
    }[by]
    share = percent(last.hosts / sum(notice.hosts for notice in notices))
    whom = f"{count(len(last.endpoints), 'endpoint')} of {count(last.hosts, 'host')} ({share}) {why}"
    return [f"{whom} are in a file of their own ({last.stem}), which is for nobody yet: {how}."]
