"""The SQLite file under a project: opened durably or read-only, written by whole transactions.

Every error of SQLite leaves here as a ProjectError of one line that names the file.
"""

import os
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from etp_core.errors import ProjectError
from etp_core.files import atomic, sync_folder
from etp_core.lock import FileLock, lockable
from etp_core.project import schema
from etp_core.project.disk import disk_of
from etp_core.project.errors import translated
from etp_core.project.readers import Readers
from etp_core.project.reading import connect, connect_read
from etp_core.project.writeback import MOST, WriteBack

_OPEN: Counter[str] = Counter()  # files that this process has open, by their real path
_ELSEWHERE = "another program has it open"


class Store:
    """The connection to one project file, which a lock gives to one thread at a time.

    Other threads than the main one read through connections of their own, where the disk allows
    it, and so does the main one rather than wait. read_only is "" or the reason why nothing can be
    written, as the end of a sentence.
    """

    def __init__(self, path: Path, backup: bool = True) -> None:
        """Open an existing project file, migrated to the present schema; `backup` it before that.

        Raises ProjectError where it is missing, not a project, damaged or newer than this program.
        """
        self.path = path
        self._mutex = threading.RLock()
        self._write_back = WriteBack(self._mutex, self._write_log_back)
        self._readers = Readers(path, self._shared)
        self._mine = threading.local()  # connection: that this thread reads from or writes to
        self._lock = FileLock(path)
        self._closed = False
        self._seen: int | None = None
        self._files: dict[Path, os.stat_result] = {}
        check_file(path)
        self._real = os.path.realpath(path)
        self._disk = disk_of(path)
        self.read_only = self._why_read_only()
        _OPEN[self._real] += 1
        try:
            self._files[path] = path.stat()
            with self._translated():
                self._connection = self._connect()
                self._connection.row_factory = sqlite3.Row
                self._check_strangers()
                self._check_schema(backup)
                self._seen = self._pragma("data_version")
        except BaseException:
            self.close()
            raise

    def _why_read_only(self) -> str:
        if not os.access(self.path, os.W_OK):
            return "the file is read-only"
        if not os.access(self.path.parent, os.W_OK):
            return "its folder is read-only"
        without = f"it lies on {self._disk.without_locks}"
        if not self._disk.locks:
            return without
        try:
            if not self._lock.acquire():
                return _ELSEWHERE
            if self._disk.network and not (self._lock.held and lockable(self.path.parent)):
                self._lock.release()
                self._disk = replace(self._disk, locks=False)
                return without
        except OSError as error:
            return f"its folder cannot be written ({error.strerror})"
        return ""

    def _connect(self) -> sqlite3.Connection:
        if self.read_only:
            return connect_read(self.path, self._disk)
        connection = connect(self.path, "mode=rw")
        # The log WAL is shared in memory, which other computers on a network disk do not see, and
        # some such disks cannot do at all: there not even to leave that mode.
        wanted = "delete" if self._disk.network else "wal"
        if self._disk.network:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        if connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0] != wanted:
            connection.close()
            raise ProjectError(f"{self.path}: another program has it open; close it there first")
        connection.execute("PRAGMA locking_mode = NORMAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {MOST}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        return connection

    def _check_strangers(self) -> None:
        """Refuse what would run inside our statements: no project of ours has any of it."""
        found = self._connection.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view') "
            "OR sql LIKE 'CREATE VIRTUAL%'"
        ).fetchone()
        if found:
            raise ProjectError(
                f"{self.path}: was changed by another program ({found['type']} {found['name']!r}) "
                "and is not opened; etp project repair makes a project of what it holds"
            )

    def _check_schema(self, backup: bool) -> None:
        version = self._pragma("user_version")
        if version > schema.VERSION:
            raise ProjectError(
                f"{self.path}: was made by a newer version of ETP Studio (schema {version}, "
                f"this one knows {schema.VERSION}); update the program to open it"
            )
        if version < schema.VERSION:
            if self.read_only:
                raise ProjectError(
                    f"{self.path}: is of an older version and cannot be brought up to date, "
                    f"because {self.read_only}; copy it to where it can be written"
                )
            if backup:
                from etp_core.project import backups  # which is built on this module

                backups.keep(self._connection, self.path)
            with self.transaction() as connection:
                schema.migrate(connection, version)

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def rows(self, sql: str, *arguments: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self.reading() as connection:
            return connection.execute(sql, arguments).fetchall()

    def row(self, sql: str, *arguments: Any) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found = self.rows(sql, *arguments)
        return found[0] if found else None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction: on disk when the block has ended, undone when it raises.

        Raises ProjectError where the project is read-only, the disk is full or fails, or another
        program holds the file.
        """
        with self._mutex, self._translated(), self._own(self._connection):
            if self.read_only:
                raise ProjectError(f"{self.path}: cannot be changed, because {self.read_only}")
            self._check_there()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")
                self._note_log()
                self._write_back.edited()
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def give_up(self) -> None:
        """Undo what the open transaction did so far; it ends here."""
        self._connection.execute("ROLLBACK")

    def _check_there(self) -> None:
        """Raise ProjectError if a file was taken away: what is written then is on no disk."""
        if path := self._away():
            raise ProjectError(
                f"{self.path}: was removed or replaced by another program while it was open "
                f"({path.name} is not the same file); nothing was changed. All edits so far "
                "are still here: save the project under another name"
            )

    def _away(self) -> Path | None:
        """A file of the project that is not the one that was opened, if there is one."""
        for path, known in [*self._files.items()]:
            try:
                if not os.path.samestat(path.stat(), known):
                    return path
            except OSError:
                return path
        return None

    def _note_log(self) -> None:
        log = self.path.with_name(self.path.name + "-wal")
        if log not in self._files:
            with suppress(OSError):  # there is none on network disks
                self._files[log] = log.stat()

    def _write_log_back(self) -> None:
        with suppress(sqlite3.Error):  # what is wrong with the file, the next edit will say
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    @property
    def removed(self) -> bool:
        """Whether the file is gone from where it was opened."""
        return not self.path.exists()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Several queries that see one state, `rows` among them; see the class for who waits."""
        with self._translated(), ExitStack() as until:
            connection = getattr(self._mine, "connection", None)  # in a transaction or reading
            if connection is None:
                main = threading.current_thread() is threading.main_thread()
                if main and self._mutex.acquire(blocking=False):
                    until.callback(self._mutex.release)
                    connection = self._connection
                else:
                    connection = until.enter_context(self._readers.one())
                if connection is None:
                    until.enter_context(self._mutex)
                    connection = self._connection
                until.enter_context(self._own(connection))
            yield connection

    def _shared(self) -> bool:
        """Whether several connections can read what was opened here."""
        return not (self.read_only or self._disk.network or self._away())

    @contextmanager
    def _own(self, connection: sqlite3.Connection) -> Iterator[None]:
        before = getattr(self._mine, "connection", None)
        self._mine.connection = connection
        try:
            yield
        finally:
            self._mine.connection = before

    def changed_by_others(self) -> bool:
        """Whether another program has changed the file since this was asked last."""
        with self._mutex, self._translated():
            before, self._seen = self._seen, self._pragma("data_version")
        return before not in (None, self._seen)

    def backup(self, path: Path, finish: Iterable[tuple[str, tuple[Any, ...]]] = ()) -> None:
        """Write a copy to `path` (see `write_copy`)."""
        with self._mutex, self._translated():
            write_copy(self._connection, path, finish)

    def freed(self) -> bool:
        """Whether the other program that kept the file from being changed has gone."""
        if self.read_only != _ELSEWHERE:
            return False
        try:
            free = self._lock.acquire()
        except OSError:
            return False
        self._lock.release()
        return free

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self.path):
            try:
                yield
            except sqlite3.ProgrammingError as error:
                if not self._closed:
                    raise
                raise ProjectError(f"{self.path}: the project is closed") from error

    def close(self) -> None:
        """Close the file and let other programs write it; harmless the second time."""
        self._write_back.close()
        self._readers.close()
        with self._mutex:
            if not self._closed:
                _OPEN[self._real] -= 1
            self._closed = True
            self._files = {}
            if hasattr(self, "_connection"):
                if not self.read_only:
                    # as long as somebody looks on, closing alone would leave the edits in the log
                    with suppress(sqlite3.Error):
                        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._connection.close()
            self._lock.release()


def write_copy(
    source: sqlite3.Connection, path: Path, finish: Iterable[tuple[str, tuple[Any, ...]]] = ()
) -> None:
    """Write what the connection holds to `path`, atomically; the copy is given `finish` to run."""
    with (
        atomic(path) as temporary,
        closing(sqlite3.connect(temporary, isolation_level=None)) as copy,
    ):
        copy.execute("PRAGMA locking_mode = EXCLUSIVE")  # without memory shared with others
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # so that one file is all of it
        copy.execute("BEGIN IMMEDIATE")
        for sql, arguments in finish:
            copy.execute(sql, arguments)
        copy.execute("COMMIT")
        if not disk_of(path).network:
            copy.execute("PRAGMA journal_mode = WAL")


@contextmanager
def opened_copy(path: Path) -> Iterator[sqlite3.Connection]:
    """A project in the present schema to read from: a copy, for the file may be of an older one.

    Raises ProjectError as `Store` does.
    """
    check_file(path)
    with tempfile.TemporaryDirectory(prefix="etp-") as folder:
        copy = Path(folder) / path.name
        with translated(path), closing(connect_read(path, disk_of(path))) as source:
            write_copy(source, copy)
        try:
            store = Store(copy, backup=False)
        except ProjectError as error:
            raise ProjectError(str(error).replace(str(copy), str(path))) from None
        try:
            with store.reading() as connection:
                yield connection
        finally:
            store.close()


def create_file(path: Path) -> None:
    """Make an empty project file, all of it or nothing, in the place of the one that is there.

    Raises ProjectError where it cannot be written or another program has the old one open.
    """
    lock = FileLock(path)
    try:
        disk = disk_of(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if disk.locks and not lock.acquire():
            raise ProjectError(f"{path}: another program has it open")
        if not disk.locks or (disk.network and not (lock.held and lockable(path.parent))):
            raise ProjectError(
                f"{path}: nobody could edit it there, for it would lie on {disk.without_locks}; "
                "make it on a disk of this computer"
            )
        with (
            tempfile.TemporaryDirectory(prefix=".etp-", dir=path.parent) as folder,
            translated(path),
        ):
            fresh = Path(folder) / path.name
            with closing(connect(fresh, "mode=rwc")) as connection:
                if not disk.network:
                    connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN")
                schema.create(connection)
                connection.execute("COMMIT")
            for suffix in ("-wal", "-shm"):  # a log of the file before would be replayed
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            fresh.replace(path)
            sync_folder(path.parent)
    except OSError as error:
        raise ProjectError(f"{path}: cannot be created ({error.strerror or error})") from error
    finally:
        lock.release()


def check_file(path: Path) -> None:
    """Raise ProjectError unless `path` is a file that begins as project files do.

    A file that is open here is not looked into: on POSIX, closing it once more would take away the
    locks that SQLite holds, and another program might remove its log.
    """
    if _OPEN[os.path.realpath(path)]:
        return
    try:
        with path.open("rb") as file:
            head = file.read(100)  # the header of SQLite; byte 68: application_id
    except FileNotFoundError:
        raise ProjectError(f"{path}: there is no such project file") from None
    except IsADirectoryError:
        raise ProjectError(f"{path}: is a folder, not a project file") from None
    except OSError as error:
        if path.is_dir():  # what Windows answers PermissionError for
            raise ProjectError(f"{path}: is a folder, not a project file") from None
        raise ProjectError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not head:
        raise ProjectError(f"{path}: is an empty file, not a project")
    if not head.startswith(b"SQLite format 3\0"):
        raise ProjectError(f"{path}: is not an ETP project file")
    if int.from_bytes(head[68:72], "big") != schema.APPLICATION_ID:
        raise ProjectError(f"{path}: is an SQLite file, but not an ETP project")
