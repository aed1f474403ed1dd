"""The connection to a Neo4j server: sessions, short reads and writes, and errors in one line."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar, cast

import neo4j
import neo4j.exceptions

from cohabit.errors import DataError
from cohabit.graph.archive import first_line
from cohabit.graph.store import Parameters

Result = TypeVar("Result")
Work = Callable[[neo4j.ManagedTransaction], Result]

# What the driver would log is in the error that it raises.
logging.getLogger("neo4j").addHandler(logging.NullHandler())
BATCH = 5_000
_TIMEOUT = 30.0


class Connection:
    """A Neo4j database; user, password and database come from NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        user = os.environ.get("NEO4J_USERNAME", "neo4j")
        password = os.environ.get("NEO4J_PASSWORD")
        self._database = os.environ.get("NEO4J_DATABASE")
        with self.translated():
            self._driver = neo4j.GraphDatabase.driver(
                uri,
                auth=(user, password) if password is not None else None,
                notifications_min_severity="OFF",
                connection_timeout=_TIMEOUT,
                max_transaction_retry_time=120.0,
            )

    def close(self) -> None:
        """Close the connections."""
        self._driver.close()

    @contextmanager
    def reading(self) -> Iterator[neo4j.Session]:
        """Open a session that may not write."""
        with self.translated(), self._session(neo4j.READ_ACCESS) as session:
            yield session

    def rows(self, cypher: str, parameters: Parameters | None = None) -> list[list[Any]]:
        """Run one reading statement and return its rows."""
        with self.reading() as session:
            return [r.values() for r in session.run(cast("Any", cypher), dict(parameters or {}))]

    def write(self, cypher: str, parameters: Parameters | None = None) -> None:
        """Run one writing statement in a transaction of its own."""
        self.transact(lambda transaction: run(transaction, cypher, **(parameters or {})).consume())

    def transact(self, work: Work[Result]) -> Result:
        """Do this in one transaction, again when the server asks for it."""
        with self.translated(), self._session(neo4j.WRITE_ACCESS) as session:
            return session.execute_write(work)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Say in one line what the driver says in many."""
        try:
            yield
        except neo4j.exceptions.AuthError as error:
            raise DataError(
                f"{self.uri}: the server refuses the user name or password; "
                "set NEO4J_USERNAME and NEO4J_PASSWORD (and NEO4J_DATABASE where it is not the default)"
            ) from error
        except neo4j.exceptions.Forbidden as error:
            raise DataError(f"{self.uri}: this user may not do that ({first_line(error)})") from error
        except (neo4j.exceptions.ServiceUnavailable, neo4j.exceptions.SessionExpired, OSError) as error:
            raise DataError(
                f"{self.uri}: no server answers there; start it, or correct --store (or COHABIT_STORE)"
            ) from error
        except (neo4j.exceptions.ConfigurationError, ValueError) as error:
            raise DataError(f"{self.uri}: not a usable address of a server ({first_line(error)})") from error
        except neo4j.exceptions.Neo4jError as error:
            raise DataError(f"the store refused the query: {_message(error)}") from error
        except neo4j.exceptions.DriverError as error:
            raise DataError(f"{self.uri}: {first_line(error)}") from error

    def _session(self, access: str) -> neo4j.Session:
        return self._driver.session(database=self._database, default_access_mode=access)


def run(transaction: neo4j.ManagedTransaction, cypher: str, **parameters: Any) -> neo4j.Result:
    """Run a statement of ours, made from the schema: the driver's type asks for a literal."""
    return transaction.run(cast("Any", cypher), parameters)


def batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the rows in lists of what one transaction takes."""
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _message(error: neo4j.exceptions.Neo4jError) -> str:
    return first_line(Exception(error.message or str(error)))
