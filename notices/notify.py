"""Write notices: one file a recipient, an index, a covering text, and the record that the follow-up reads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cohabit.choices import among
from cohabit.errors import UsageError
from cohabit.graph.incidence import newest_sighting
from cohabit.graph.store import GraphStore
from cohabit.notices.contacts import Contacts, read_contacts
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
from cohabit.notices.followup import missed_already
from cohabit.notices.intelmq import intelmq_file
from cohabit.notices.letter import letter_file
from cohabit.notices.libraries import NEEDED, library
from cohabit.notices.lists import Listed, Lists, newest_lists
from cohabit.notices.misp import misp_file
from cohabit.notices.recipients import BY, Notice, share_out
from cohabit.notices.record import Common
from cohabit.notices.severity import counted, occurring, worry_rule
from cohabit.notices.stix import stix_file
from cohabit.notices.table import csv_bytes, table_file
from cohabit.notices.tlp import DEFAULT, parse_tlp
from cohabit.privacy import Masker
from cohabit.queries.endpoints import Endpoint, caveats, read_endpoints
from cohabit.queries.filters import labels_of_hosts
from cohabit.queries.lifetimes import GONE_AFTER
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.selected import Items, select
from cohabit.queries.words import count, percent
from cohabit.text import visible
from cohabit.timeline import week_name

COLUMNS = ("recipient", "asn", "hosts", "rows", "labels", "tlp", "file", "sha256")
TABLE_COLUMNS = ("recipient", "asn", "hosts", "rows", "file", "sha256")
INDEX, LETTER = "index.csv", "letter.txt"
_WRITERS: Mapping[str, tuple[str, Callable[[Notice, Common], bytes]]] = {
    "csv": ("csv", table_file),
    "intelmq": ("jsonl", intelmq_file),
    "stix": ("json", stix_file),
    "misp": ("json", misp_file),
}
FORMS = tuple(_WRITERS)


def notify(
    store: GraphStore,
    masker: Masker,
    folder: str | os.PathLike[str],
    *,
    by: str = "network",
    form: str = "csv",
    contacts: str | os.PathLike[str] | None = None,
    tlp: str = DEFAULT,
    items: Items | None = None,
    scope: Scope | None = None,
    simulated: bool = False,
) -> Result:
    """Write the endpoints that `hosts --endpoints` would list into a new folder, each to one recipient; one row a file.

    Nothing is sent. Addresses go into the files, so the masker must be one that shows them (UsageError otherwise).
    """
    if not masker.show:
        raise UsageError("notices hold addresses, or nobody could act on them: say so with --show-addresses")
    known, level = _contacts(by, form, contacts), parse_tlp(tlp)
    if form in NEEDED:
        library(form)  # a missing one is told before any work is done
    target = Path(folder)
    check_folder(target)
    items, scope = items or Items(), scope or Scope()
    chosen = select(store, items, scope)
    endpoints = read_endpoints(store, chosen)
    if not endpoints:
        return result(COLUMNS, [], headline="No host is chosen: there is nobody to notify, and nothing was written.")
    notices = share_out(endpoints, by, known, [Path(name).stem for name in (RECORD, INDEX, LETTER)])
    labels = labels_of_hosts({e.host: e.asn for e in endpoints}, scope.in_file)
    common = Common(str(newest_sighting(store)), simulated, worry_rule(), level, labels)
    ending, write = _WRITERS[form]
    files = {f"{notice.stem}.{ending}": write(notice, common) for notice in notices}
    rows = [
        _indexed(notice, common, name, content) for notice, (name, content) in zip(notices, files.items(), strict=True)
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
    )
    files[INDEX] = csv_bytes(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
    files[LETTER] = letter_file(by, common, occurring(endpoints, common.worry))
    files[RECORD] = record_file(record)
    write_folder(target, files)
    severities = [common.severity(e) for e in endpoints]
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
            *_gone_before(missed_already(store, chosen.incidence.hosts)),
            *caveats(endpoints, scope),
            *_counted_from(lists.week, scope),
            f"Marked {level.label}, that is: {level.words} (--tlp).",
        ],
        table_columns=[name for name in COLUMNS if name in TABLE_COLUMNS or (labels and name == "labels")],
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
            NotifiedServer(port=e.port, software=e.software, version=e.version, advisories=common.worry(e).advisories)
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
