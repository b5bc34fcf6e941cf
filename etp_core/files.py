"""Writing files so that nothing half-written is ever seen."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from etp_core.errors import EtpError

_UMASK = os.umask(0)  # it can only be read by setting it; here no other thread is running yet
os.umask(_UMASK)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it over `path` when the block ends well.

    The data is flushed to disk before the rename. If the block raises, `path` is untouched and the
    temporary file is gone. Raises EtpError naming `path` where the folder cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(descriptor)
    except OSError as error:
        raise EtpError(f"{path}: cannot be written ({error.strerror})") from error
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_UMASK)
        temporary.replace(path)
    except OSError as error:
        # numpy's own errors say only how many bytes were written
        reason = error.strerror or f"{error}; is the disk full?"
        raise EtpError(f"{path}: cannot be written ({reason})") from error
    finally:
        temporary.unlink(missing_ok=True)
