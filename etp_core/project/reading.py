"""Opening a project file to read it, without harm to who writes it.

SQLite keeps an index of the log in a file that all its readers map into memory, and that a reader
makes anew if it believes to be the only one. On a disk whose locks other computers do not see it
always believes so: the writer there then loses its edits. On such disks a copy is read.
"""

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from etp_core.errors import ProjectError
from etp_core.project.disk import Disk

_WAIT = 2.0  # seconds to wait for another program's transaction
_TRIES = 5  # to copy a file while another program writes it
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

    On a disk without shared locks, and in a folder that cannot be written, where edits wait in a
    log: a connection to a copy in memory. Raises ProjectError if it is written all the time.
    """
    if not disk.locks:
        return _copied(path)
    with suppress(sqlite3.OperationalError):
        # Who cannot write leaves the empty log and its index behind when it is the last to close.
        connection = connect(path, "mode=ro" if _log_header(path) else "mode=rw")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master")
        return connection
    return _copied(path) if _log_header(path) else connect(path, "mode=ro&immutable=1")


def _copied(path: Path) -> sqlite3.Connection:
    with tempfile.TemporaryDirectory(prefix="etp-") as folder:
        copy = Path(folder) / "copy.etp"
        for _ in range(_TRIES):
            # A log that was not begun anew meanwhile has all that was written back meanwhile.
            before = _log_header(path)
            shutil.copyfile(path, copy)
            with suppress(FileNotFoundError):
                shutil.copyfile(_log(path), _log(copy))
            if _log_header(copy) == before == _log_header(path):
                break
        else:
            raise ProjectError(f"{path}: another program is writing it all the time; try again")
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        with closing(connect(copy, "mode=rw")) as source:
            source.backup(memory)
    memory.execute("PRAGMA query_only = ON")
    return memory


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _log_header(path: Path) -> bytes:
    """The header of the log, b"" if there is no log or nothing in it."""
    with suppress(FileNotFoundError), _log(path).open("rb") as file:
        return file.read(_HEADER)
    return b""
