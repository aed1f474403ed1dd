"""Write notices: one file a recipient, an index, a covering text, and the record that the follow-up reads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cohabit.errors import UsageError
from cohabit.graph.store import GraphStore
from cohabit.notices.contacts import Contacts, read_contacts
from cohabit.notices.folder import (
    RECORD,
    VERSION,
    Notified,
    NotifiedHost,
    NotifiedRecipient,
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
from cohabit.notices.severity import counted, worry_rule
from cohabit.notices.stix import stix_file
from cohabit.notices.table import csv_bytes, table_file
from cohabit.privacy import Masker
from cohabit.queries.endpoints import caveats, read_endpoints
from cohabit.queries.result import Result, Row, result
from cohabit.queries.scope import Scope
from cohabit.queries.selected import Items, select
from cohabit.queries.words import count
from cohabit.text import visible

COLUMNS = ("recipient", "asn", "hosts", "rows", "file", "sha256")
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
    items: Items | None = None,
    scope: Scope | None = None,
    simulated: bool = False,
) -> Result:
    """Write the endpoints that `hosts --endpoints` would list into a new folder, each to one recipient; one row a file.

    Nothing is sent. Addresses go into the files, so the masker must be one that shows them (UsageError otherwise).
    """
    if not masker.show:
        raise UsageError("notices hold addresses, or nobody could act on them: say so with --show-addresses")
    known = _contacts(by, form, contacts)
    if form in NEEDED:
        library(form)  # a missing one is told before any work is done
    target = Path(folder)
    check_folder(target)
    items, scope = items or Items(), scope or Scope()
    endpoints = read_endpoints(store, select(store, items, scope))
    if not endpoints:
        return result(COLUMNS, [], headline="No host is chosen: there is nobody to notify, and nothing was written.")
    notices = share_out(endpoints, by, known, [Path(name).stem for name in (RECORD, INDEX, LETTER)])
    figures = store.table("MATCH (h:Host) RETURN max(h.last_seen) AS newest").column("newest")
    common = Common(figures[0].as_py(), simulated, worry_rule())
    ending, write = _WRITERS[form]
    files = {f"{notice.stem}.{ending}": write(notice, common) for notice in notices}
    rows = [_indexed(notice, name, content) for notice, (name, content) in zip(notices, files.items(), strict=True)]
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
        recipients=tuple(_recorded(notice, name, lists) for notice, name in zip(notices, files, strict=True)),
    )
    files[INDEX] = csv_bytes(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
    files[LETTER] = letter_file(by, common)
    files[RECORD] = record_file(record)
    write_folder(target, files)
    severities = [common.severity(e) for e in endpoints]
    headline = (
        f"{count(len(endpoints), 'endpoint')} of {count(sum(n.hosts for n in notices), 'host')} "
        f"({counted(severities)}) in {count(len(notices), 'file')}, with {INDEX}, {LETTER} and {RECORD} in "
        f"{visible(str(target))}. Nothing was sent."
    )
    return result(COLUMNS, rows, headline=headline, caveats=[*_nobody(notices, by), *caveats(endpoints, scope)])


def _contacts(by: str, form: str, contacts: str | os.PathLike[str] | None) -> Contacts | None:
    if by not in BY:
        raise UsageError(f"--by {by!r}: choose from {', '.join(BY)}")
    if form not in FORMS:
        raise UsageError(f"--as {form!r}: choose from {', '.join(FORMS)}")
    if by == "contact":
        if contacts is None:
            raise UsageError("--by contact needs --contacts FILE, a CSV file of AS numbers or prefixes and recipients")
        return read_contacts(Path(contacts))
    if contacts is not None:
        raise UsageError(f"--contacts goes with --by contact, not {by}")
    return None


def _indexed(notice: Notice, file: str, content: bytes) -> Row:
    return {
        "recipient": notice.shown,
        "asn": notice.networks,
        "hosts": notice.hosts,
        "rows": len(notice.endpoints),
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _recorded(notice: Notice, file: str, lists: Lists) -> NotifiedRecipient:
    nothing = Listed((), ())
    hosts = {e.host: e.listed for e in notice.endpoints}
    recorded = []
    for host, listed in sorted(hosts.items()):
        own = lists.of_host.get(host, nothing)
        recorded.append(NotifiedHost(host=host, listed=listed, models=own.models, digests=own.digests))
    return NotifiedRecipient(recipient=notice.recipient, file=file, hosts=tuple(recorded))


def _nobody(notices: Sequence[Notice], by: str) -> list[str]:
    """Say what has no recipient."""
    last = notices[-1]
    if last.recipient is not None:
        return []
    why = {
        "network": "whose network is not known",
        "provider": "whose provider is not known",
        "contact": "that no contact matches",
    }[by]
    return [f"{count(len(last.endpoints), 'endpoint')} of {count(last.hosts, 'host')} {why}: in a file of their own."]
