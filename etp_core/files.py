"""Writing files so that nothing half-written is ever seen."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from etp_core.errors import EtpError, InputError

_UMASK = os.umask(0)  # it can only be read by setting it; here no other thread is running yet
os.umask(_UMASK)


def sync_folder(folder: Path) -> None:
    """Put the names of a folder's files on disk: a rename alone may be lost in a power cut.

    Does nothing where folders cannot be opened, as on Windows; there the system keeps the names.
    """
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it over `path` when the block ends well.

    The data is flushed to disk before the rename, the name after it. If the block raises, `path` is
    untouched and the temporary file is gone. A link stays one: what it leads to is replaced. Raises
    EtpError naming `path` where the folder cannot be written, or a device or a pipe is there.
    """
    named = path = Path(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise EtpError(f"{named}: is no regular file and is not replaced by one")
        if path.is_symlink():
            path = Path(os.path.realpath(path))  # resolve() fails on links in a circle
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(descriptor)
    except OSError as error:
        raise EtpError(f"{named}: cannot be written ({error.strerror})") from error
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_UMASK)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        # numpy's own errors say only how many bytes were written
        reason = error.strerror or f"{error}; is the disk full?"
        raise EtpError(f"{named}: cannot be written ({reason})") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path` whose files are `path`'s when the block ends well.

    A new folder appears with all its files at once. Into a folder that is there already the files
    are moved one by one, each whole; other files in it stay. If the block raises, `path` is
    untouched. Raises EtpError naming `path` where it cannot be written.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file; what is to be written is a folder of files")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as name:
            inside = Path(name) / "files"
            inside.mkdir()
            yield inside
            if path.is_dir():
                for file in inside.iterdir():
                    file.replace(path / file.name)
            else:
                inside.rename(path)
    except OSError as error:
        raise EtpError(f"{path}: cannot be written ({error.strerror or error})") from error
