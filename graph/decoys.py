"""Suspected decoys: many hosts in many networks whose newest lists are exactly alike.

Honeypots do that, and so does one operator's fleet: the graph cannot tell them apart, so it is always a suspicion.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from cohabit.graph.incidence import Integers, without_nulls
from cohabit.graph.lists import NO_DIGEST, Deployed, Lists

if TYPE_CHECKING:
    import pyarrow as pa

NO_NETWORK = -1
"""Stands for the network of a host whose source gives none."""

_WITHOUT_DIGESTS = 4


@dataclass(frozen=True)
class Thresholds:
    """From which size on equal lists are suspected: hosts, distinct networks, and models with a digest.

    Names alone say less than digests, so a list also counts when it has `models_by_name` models, with or without
    digests.
    """

    hosts: int = 100
    networks: int = 10
    models: int = 5

    @property
    def models_by_name(self) -> int:
        """Models from which on a list counts whatever digests it has."""
        return _WITHOUT_DIGESTS * self.models


def decoy_groups(lists: Lists, networks: Integers, thresholds: Thresholds) -> list[str | None]:
    """Return the group of each host, None where nothing is suspected.

    `lists` are the newest lists, `networks` has one integer a host (`NO_NETWORK`: unknown, which is no network).
    A group is named by the content of its list, so its name depends on no order and on no other host.
    """
    groups: list[str | None] = [None] * len(networks)
    codes = lists.models * (len(lists.digest_texts) + 1) + lists.digests + 1
    with_digest = lists.hosts[lists.digests != NO_DIGEST]
    sizes = np.bincount(lists.hosts, minlength=len(networks))
    long = sizes >= thresholds.models_by_name
    long |= np.bincount(with_digest, minlength=len(networks)) >= thresholds.models
    for members in lists.alike(codes, np.flatnonzero(long)):
        known = set(networks[members].tolist()) - {NO_NETWORK}
        if len(members) >= thresholds.hosts and len(known) >= thresholds.networks:
            name = _name(lists, np.flatnonzero(lists.hosts == members[0]))
            for host in members:
                groups[host] = name
    return groups


def _name(lists: Lists, entries: Integers) -> str:
    """16 hexadecimal digits of the SHA-256 of the list's (model, digest) pairs."""
    pairs = sorted(
        (lists.names[model], "" if digest == NO_DIGEST else lists.digest_texts[digest])
        for model, digest in zip(lists.models[entries].tolist(), lists.digests[entries].tolist(), strict=True)
    )
    return hashlib.sha256(msgspec.json.encode(pairs)).hexdigest()[:16]


def with_decoy_groups(hosts: pa.Table, deployments: pa.Table) -> pa.Table:
    """Add the column `decoy_group`, by the default thresholds, to projected hosts (with `asn` and `listed_weeks`)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pc.unique(deployments.column("target"))
    deployed = Deployed(
        hosts=without_nulls(pc.index_in(deployments.column("source"), hosts.column("address"))),
        models=without_nulls(pc.index_in(deployments.column("target"), names)),
        names=names.to_pylist(),
        weeks=deployments.column("weeks").combine_chunks(),
        digests=deployments.column("digests").combine_chunks(),
        listed_weeks=hosts.column("listed_weeks").combine_chunks(),
    )
    networks = without_nulls(pc.fill_null(hosts.column("asn"), NO_NETWORK))
    groups = decoy_groups(deployed.newest(), networks, Thresholds())
    return hosts.append_column("decoy_group", pa.array(groups, pa.string()))
