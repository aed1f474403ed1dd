"""Quality checks of lists: decoys, shared and impossible ones, moved addresses, duplicates, remote entries."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cohabit.graph.decoys import NO_NETWORK, Thresholds, decoy_groups
from cohabit.graph.incidence import Integers, distinct
from cohabit.graph.lists import NO_DIGEST, Lists
from cohabit.queries.quality_data import Evidence, Mask
from cohabit.queries.shared_lists import SHARED_HOSTS, SHARED_MODELS, WITHIN_MODELS, hosts_within, shared_groups
from cohabit.queries.words import count
from cohabit.text import visible

# More than one large disk holds, and more than people pull: such a list is a gateway's, or made up.
MOST_BYTES = 30e12
MOST_MODELS = 500

UNCHECKED = "Cannot be checked"
_SHARED = "shared lists"
_NAMED = 3

CHURN_DAYS = 28
CHURN_DIGESTS = 3

_DAY = 86_400


@dataclass(frozen=True)
class Finding:
    """What one check found.

    `hosts` are the hosts in scope that are concerned (None: it could not be checked, or hosts are not what it is
    about), `found` what the check counts, in the unit `unit`; `note` says what it is and what to do. `wider` are hosts
    that it may have missed beside those it found, `wider_note` their sentence, with `{}` for what the headline does
    without them.
    """

    check: str
    hosts: Mask | None
    found: float | None
    unit: str
    note: str
    wider: Mask | None = None
    wider_note: str = ""


def suspected_decoys(evidence: Evidence, thresholds: Thresholds | None = None) -> Finding:
    """Hosts in groups with exactly the same newest list; the stored groups, or those of other thresholds."""
    check, unit = "suspected decoys", "groups"
    if not np.any(evidence.networks != NO_NETWORK):
        note = f"{UNCHECKED}: no host has a known network. The check «{_SHARED}» needs none."
        return Finding(check, None, None, unit, note)
    groups = evidence.decoy_groups
    if thresholds is not None:
        groups = decoy_groups(evidence.newest, evidence.networks, thresholds)
    hosts = np.array([group is not None for group in groups], bool) & evidence.scope
    sizes = Counter(groups[host] for host in np.flatnonzero(hosts).tolist())
    if not sizes:
        return Finding(check, hosts, 0, unit, "No long list is shared by many hosts in many networks.")
    note = (
        f"The largest group has {count(max(sizes.values()), 'host')} with one and the same list. Decoys or one fleet: "
        "give figures with and without them (--exclude-decoys)."
    )
    if thresholds is not None and thresholds != Thresholds():
        note += " The filter leaves out those of the default thresholds, not these."
    return Finding(check, hosts, len(sizes), unit, note)


def shared_lists(evidence: Evidence, hosts: int = SHARED_HOSTS, models: int = SHARED_MODELS) -> Finding:
    """Hosts whose newest list names exactly the models that those of many others name, whatever digest or network.

    Groups are of `hosts` or more in the whole graph, and of lists of `models` or more.
    """
    lists = evidence.newest
    groups = shared_groups(lists, len(evidence.keys), hosts, models)
    shown = [inside for g in groups if (inside := [host for host in g if evidence.scope[host]])]
    found = evidence.hosts(np.array([host for inside in shown for host in inside], np.int64))
    rule = f"on {hosts:,} hosts or more"
    if not shown:
        return Finding(_SHARED, found, 0, "groups", f"No list of {count(models, 'model')} or more is {rule} alike.")
    most = max(len(group) for group in shown)
    names = min(_names(lists, group[0]) for group in shown if len(group) == most)
    named = ", ".join(visible(name, 60) for name in names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    note = (
        f"Lists of {count(models, 'model')} or more that are {rule} alike; the largest group has "
        f"{count(most, 'host')} with {count(len(names), 'model')} ({named}). A product that comes with its "
        "models, one fleet or decoys: weaker than suspected decoys, as digests and networks are not looked at. Give "
        "figures with and without them (--exclude-shared-lists)."
    )
    if (hosts, models) != (SHARED_HOSTS, SHARED_MODELS):
        note += " The filter leaves out those of the default thresholds, not these."
    within = evidence.hosts(hosts_within(lists, len(evidence.keys), groups))
    own = " (the groups' own included)" if models >= WITHIN_MODELS else ""
    wider = (
        f"Lists that differ in a name are not found: {count(int(np.count_nonzero(within)), 'host')}{own} list "
        f"{WITHIN_MODELS} models or more that are all on one of these lists{{}}. Some may have common models by "
        "chance, so no filter leaves them out: look with `cohabit combinations --level model`."
    )
    return Finding(_SHARED, found, len(shown), "groups", note, within, wider)


def _names(lists: Lists, host: int) -> list[str]:
    return sorted(lists.names[model] for model in lists.models[lists.hosts == host].tolist())


def impossible_collections(evidence: Evidence) -> Finding:
    """Hosts whose newest list is longer than people keep, or larger than a disk."""
    lists = evidence.newest
    local = ~evidence.elsewhere(lists)
    models = np.bincount(lists.hosts, minlength=len(evidence.keys))
    size = evidence.sizes[lists.models] * (local & ~_repeated(lists))
    total = np.bincount(lists.hosts, size, minlength=len(evidence.keys))
    hosts = ((models > MOST_MODELS) | (total > MOST_BYTES)) & evidence.scope
    note = f"More than {MOST_MODELS} models or {MOST_BYTES / 1e12:.0f} TB in the newest list."
    if not evidence.sizes[lists.models[evidence.scope[lists.hosts]]].any():
        note = (
            f"More than {MOST_MODELS} models in the newest list; only their number could be checked (no size is known)."
        )
    if hosts.any():
        note += " A gateway that lists what it passes on, or made up: look at them before you count their models."
    most = int(models[evidence.scope].max(initial=0))
    return Finding("impossible collections", hosts, most, "models in the longest list", note)


def address_churn(evidence: Evidence) -> Finding:
    """Addresses that a machine seems to have left: their last list comes up at a new address of the same network."""
    check, unit = "address churn", "moves"
    if not np.any(evidence.networks != NO_NETWORK) or not evidence.newest.digest_texts:
        return Finding(check, None, None, unit, f"{UNCHECKED}: it needs networks and digests.")
    left = np.array(sorted(_left_addresses(evidence)), np.int64)
    hosts = evidence.hosts(left)
    moves = int(np.count_nonzero(hosts))
    note = (
        f"The last list of {CHURN_DIGESTS} digests or more is at an address of the same network first seen up to "
        f"{CHURN_DAYS} days later."
    )
    if moves:
        note += " These machines seem to count more than once: the effect is that of counting each at its last address."
    return Finding(check, hosts, moves, unit, note)


def _left_addresses(evidence: Evidence) -> Iterator[int]:
    """Hosts left for another; each arrival takes the one longest gone that fits and that no other has taken."""
    gone: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    come: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for events, lists in ((gone, evidence.newest), (come, evidence.deployed.first())):
        for host, digests in _digest_sets(lists, len(evidence.keys)):
            if evidence.networks[host] != NO_NETWORK and evidence.decoy_groups[host] is None:
                events[int(evidence.networks[host]), digests].append(host)
    for key in gone.keys() & come.keys():
        waiting = deque(sorted(gone[key], key=lambda h: (evidence.last_seen[h], evidence.addresses[h])))
        for host in sorted(come[key], key=lambda h: (evidence.first_seen[h], evidence.addresses[h])):
            arrival = evidence.first_seen[host]
            while waiting and arrival - evidence.last_seen[waiting[0]] > CHURN_DAYS * _DAY:
                waiting.popleft()
            if waiting and evidence.last_seen[waiting[0]] < arrival:
                yield waiting.popleft()


def _digest_sets(lists: Lists, hosts: int) -> Iterator[tuple[int, bytes]]:
    """The hosts whose list has enough distinct digests, with the set of these as one key."""
    known = lists.digests != NO_DIGEST
    width = max(len(lists.digest_texts), 1)
    pairs = distinct(lists.hosts[known] * width + lists.digests[known])
    bounds = np.searchsorted(pairs, np.arange(hosts + 1) * width)
    for host in np.flatnonzero(np.diff(bounds) >= CHURN_DIGESTS).tolist():
        yield host, (pairs[bounds[host] : bounds[host + 1]] - host * width).tobytes()


def duplicate_listings(evidence: Evidence) -> Finding:
    """Hosts whose newest list has the same digest under several names."""
    check, unit = "duplicate listings", "surplus names"
    lists = evidence.newest
    if not lists.digest_texts:
        return Finding(check, None, None, unit, f"{UNCHECKED}: no list has digests.")
    repeated = _repeated(lists) & evidence.scope[lists.hosts]
    hosts = evidence.hosts(lists.hosts[repeated])
    surplus = np.bincount(lists.hosts[repeated], minlength=len(evidence.keys))
    single = hosts & (np.bincount(lists.hosts, minlength=len(evidence.keys)) - surplus == 1)
    note = "One digest under several names of the newest list."
    if hosts.any():
        note += (
            f" {np.count_nonzero(single):,} of these hosts have one model under all its names: do not read them as "
            "multi-model hosts."
        )
    return Finding(check, hosts, int(np.count_nonzero(repeated)), unit, note)


def _repeated(lists: Lists) -> Mask:
    """Which entries repeat a digest that the same list already has under another name (the first in order stays)."""
    order: Integers = np.lexsort((lists.models, lists.digests, lists.hosts))
    hosts, digests = lists.hosts[order], lists.digests[order]
    again = np.zeros(len(order), bool)
    again[1:] = (hosts[1:] == hosts[:-1]) & (digests[1:] == digests[:-1]) & (digests[1:] != NO_DIGEST)
    repeated = np.zeros(len(order), bool)
    repeated[order] = again
    return repeated


def remote_entries(evidence: Evidence) -> Finding:
    """Hosts with deployments whose weights are elsewhere.

    Answers that say so also have digests; without any of the two, nobody told.
    """
    check, unit = "remote entries", "deployments"
    remote = evidence.remote & evidence.scope[evidence.deployed.hosts]
    if not remote.any() and not evidence.scope[evidence.deployed.hosts[evidence.deployed.with_digest]].any():
        note = f"{UNCHECKED}: no list has digests, so these scans do not say where weights are."
        return Finding(check, None, None, unit, note)
    hosts = evidence.hosts(evidence.deployed.hosts[remote])
    own = evidence.hosts(evidence.deployed.hosts[~evidence.remote])
    note = "The newest report says that the weights run elsewhere (a cloud model)."
    if hosts.any():
        only = np.count_nonzero(hosts & ~own)
        note += f" Nothing else is on {only:,} of these hosts: they pass questions on and need no hardware."
    return Finding(check, hosts, int(np.count_nonzero(remote)), unit, note)
