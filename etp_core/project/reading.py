"""Opening a project file to read it, without harm to who writes it.

SQLite keeps an index of the log in a file that all its readers map into memory, and that a reader
makes anew if it believes to be the only one. On a disk whose locks other computers do not see it
always believes so: the writer there then loses its edits. On such disks a copy is read, and on any
network disk where there is a log: whoever writes it sits at the disk's own computer.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from etp_core.errors import ProjectError
from etp_core.project.disk import Disk

_WAIT = 2.0  # seconds to wait for another program's transaction
_TRIES = 5  # to copy a file while another program writes it
_LOG, _JOURNAL = "-wal", "-journal"  # what edits wait in, and what takes back a half-written one
_HEAD = 100  # bytes of the file before its first page; they count its transactions
_HEADER = 32  # bytes of a log before its first page; they change when it is begun anew


def connect(path: Path, options: str) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any thread (the Store serializes them)."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        timeout=_WAIT,
        isolation_level=None,
        check_same_thread=False,
    )


def connect_read(path: Path, disk: Disk) -> sqlite3.Connection:
    """A connection that reads the file and, where it can, follows it.

    On a disk without shared locks, where files of ours would be left in somebody's way, and in a
    folder that cannot be written, where edits wait in a log or are to be rolled back: a connection
    to a copy in memory. Raises ProjectError if it is written all the time.
    """
    if not disk.locks or (disk.network and _beside(path, _LOG).exists()) or _would_be_ours(path):
        return _copied(path)
    try:
        # Who cannot write leaves the empty log and its index behind when it is the last to close.
        connection = connect(path, "mode=ro" if _log_header(path) else "mode=rw")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master")
        return connection
    except sqlite3.OperationalError as error:
        if disk.network and getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY:
            raise  # a copy by this program would take away its own locks, should it be the writer
    if _log_header(path) or _beside(path, _JOURNAL).exists():
        return _copied(path)
    return connect(path, "mode=ro&immutable=1")


def _would_be_ours(path: Path) -> bool:
    """Whether the log and its index would be made by us, who may write the folder but not the file.

    They would stay there as ours, and whoever may write the file could not any more.
    """
    index = _beside(path, "-shm")
    return not os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) and not index.exists()


def _copied(path: Path) -> sqlite3.Connection:
    with tempfile.TemporaryDirectory(prefix="etp-") as folder:
        copy = Path(folder) / "copy.etp"
        try:
            _copy(path, copy)
        except OSError as error:
            raise ProjectError(f"{path}: cannot be read ({error.strerror or error})") from error
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        with closing(connect(copy, "mode=rw")) as source:
            source.backup(memory)
    memory.execute("PRAGMA query_only = ON")
    return memory


def _copy(path: Path, copy: Path) -> None:
    """Copy the file and what lies beside it, of one moment."""
    for _ in range(_TRIES):
        before = _state(path)
        shutil.copyfile(path, copy)
        for suffix in (_LOG, _JOURNAL):
            _beside(copy, suffix).unlink(missing_ok=True)  # of the try before
            with suppress(FileNotFoundError):
                shutil.copyfile(_beside(path, suffix), _beside(copy, suffix))
        if before == _state(path) and _log_header(path) == _log_header(copy):
            return
    raise ProjectError(f"{path}: another program is writing it all the time; try again")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _state(path: Path) -> object:
    """What is the same before and after a copy that is whole, if what lies beside is copied last.

    A log that was not begun anew has all that was written back meanwhile, and a journal all that
    was there before the transaction that is being written; without them the file must stay as is.
    """
    if header := _log_header(path):
        return header
    there = path.stat()
    with path.open("rb") as file:  # the time alone may be an old one: some network disks keep it
        return file.read(_HEAD), there.st_size, there.st_mtime_ns


def _log_header(path: Path) -> bytes:
    """The header of the log, b"" if there is no log or nothing in it."""
    with suppress(FileNotFoundError), _beside(path, _LOG).open("rb") as file:
        return file.read(_HEADER)
    return b""
