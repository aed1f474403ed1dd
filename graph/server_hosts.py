"""Hosts of a server store, brought level by content hashes in two parallel writers."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING

from cohabit.graph import schema, server_cypher, server_nodes
from cohabit.graph.collection import no_cycle_collection
from cohabit.graph.server_connection import BATCH, Connection, run
from cohabit.graph.server_rows import HASH, ChangedHosts, HostRows, changed_hosts
from cohabit.graph.store import Progress, SyncReport

if TYPE_CHECKING:
    import neo4j

    from cohabit.graph.tables import GraphTables

# More writers are slower: they wait for, and deadlock on, the nodes of the most common models.
_WRITERS = 2


def level(connection: Connection, tables: GraphTables, progress: Progress | None) -> SyncReport:
    """Write the hosts that differ, with all that hangs on them, and remove those that are gone."""
    with no_cycle_collection():
        addresses = tables.nodes["Host"].column("address").to_pylist()
        server_nodes.revive(connection, schema.HOST, addresses)
        known: dict[str, str] = dict(connection.rows(f"MATCH (h:Host) RETURN h.address, h.{HASH}"))
        changed = changed_hosts(tables, known)
        _write(connection, changed, progress)
        gone = known.keys() - set(addresses)
        server_nodes.remove(connection, schema.HOST, gone)
    return SyncReport(changed=bool(changed.count or gone), hosts_written=changed.count, hosts_removed=len(gone))


def _write(connection: Connection, changed: ChangedHosts, progress: Progress | None) -> None:
    done = 0
    with ThreadPoolExecutor(_WRITERS) as pool:
        pending: set[Future[int]] = set()
        batches = changed.batches(BATCH)
        while True:
            # A few batches ahead keep the writers busy; all of them would be the whole graph in memory.
            for batch in islice(batches, 2 * _WRITERS - len(pending)):
                pending.add(pool.submit(write_batch, connection, batch))
            if not pending:
                break
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            done += sum(f.result() for f in finished)
            if progress:
                progress("writing hosts", done, changed.count)


def write_batch(connection: Connection, batch: HostRows) -> int:
    """Write a batch in one transaction and return the number of its hosts."""

    def work(transaction: neo4j.ManagedTransaction) -> None:
        if batch.new:
            run(transaction, server_cypher.CREATE_HOSTS, rows=batch.rows).consume()
            return
        written = run(transaction, server_cypher.UPDATE_HOSTS, rows=batch.rows)
        # Few hosts have lost anything, so only these are looked through.
        more = {address for (address,) in written.values()}
        left = [row for row in batch.rows if row[0] in more]
        for statement in server_cypher.REMOVE_RELATIONSHIPS if left else ():
            run(transaction, statement, rows=left).consume()

    connection.transact(work)
    return len(batch.rows)
