"""One writer at a time: an advisory lock beside a file, freed by the system on a crash."""

import os
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FileLock:
    """Hold `path` + "-lock" until `release`; other processes (and we) cannot take it meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + "-lock")
        self._file: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Take the lock; False if somebody else holds it. OSError if it cannot be written."""
        while True:
            file = self._open()
            try:
                _lock(file)
            except OSError as error:
                file.close()
                # Any other error: a file system without locks, go on as without a second program.
                return not isinstance(error, BlockingIOError | PermissionError)
            # The holder before us deletes the file on release: lock the one that is there now.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                    self._file = file
                    return True
            file.close()

    def _open(self) -> IO[bytes]:
        try:
            return self._path.open("ab")
        except PermissionError:
            if not self._path.exists():
                raise
            return self._path.open("rb")  # of another person's program that was killed

    @property
    def held(self) -> bool:
        """Whether the lock is ours; a file system without locks gives none."""
        return self._file is not None

    def release(self) -> None:
        """Give the lock back and remove its file; harmless when it is not held."""
        if self._file is None:
            return
        with suppress(OSError):  # Windows deletes no open file: there it stays, unlocked
            self._path.unlink()
        self._file.close()
        self._file = None


def lockable(folder: Path) -> bool:
    """Whether files in a folder can be locked as SQLite does it; tried on one, on Linux only.

    Some network disks do not tell who has a lock, which SQLite asks after a crash (servers of 9p),
    or do not let a lock to read become one to write (SMB). Raises OSError if it cannot be written.
    """
    if not sys.platform.startswith("linux"):
        return True
    question = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    with tempfile.NamedTemporaryFile(prefix=".etp-", dir=folder) as file:
        try:
            fcntl.fcntl(file, fcntl.F_GETLK, question)
            for lock in (fcntl.LOCK_SH, fcntl.LOCK_EX):
                fcntl.lockf(file, lock | fcntl.LOCK_NB, 100)
        except OSError:
            return False
    return True


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
