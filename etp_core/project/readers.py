"""Connections beside the one that writes, so that whoever reads waits for nobody.

A query over a million segments takes a while, and so does importing them. With one connection for
all, the thread of a window would wait for either whenever it looks something up.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from etp_core.project.reading import connect


class Readers:
    """Lends connections that only read, each to one thread at a time; makes them as needed."""

    def __init__(self, path: Path, possible: Callable[[], bool]) -> None:
        """possible: whether what lies at `path` is the open project and can be read by several."""
        self._path, self._possible = path, possible
        self._free: list[sqlite3.Connection] = []
        self._lent = 0
        self._closed = False
        self._change = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection | None]:
        """A connection that sees one state of the project; None if there is none to be had."""
        connection = self._take()
        if connection is None:
            yield None
            return
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            self._give(connection)

    def close(self) -> None:
        """Close them all, once those that are lent have come back."""
        with self._change:
            self._closed = True
            self._change.wait_for(lambda: not self._lent)
            for connection in self._free:
                connection.close()
            self._free = []

    def _take(self) -> sqlite3.Connection | None:
        with self._change:
            if self._closed:
                return None
            self._lent += 1
            if self._free:
                return self._free.pop()
        connection = self._connect()
        if connection is None:
            self._give(None)
        return connection

    def _connect(self) -> sqlite3.Connection | None:
        if not self._possible():
            return None
        try:
            connection = connect(self._path, "mode=rw")
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA wal_autocheckpoint = 0")  # see writeback.py
        except sqlite3.Error:
            return None
        if not self._possible():  # another file may have been opened
            connection.close()
            return None
        return connection

    def _give(self, connection: sqlite3.Connection | None) -> None:
        try:
            if connection is not None and connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:  # a disk that fails: whoever closes the project waits for none of us
            connection = None
        with self._change:
            self._lent -= 1
            if connection is not None:
                self._free.append(connection)
            self._change.notify_all()
