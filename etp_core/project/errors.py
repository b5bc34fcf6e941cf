"""What SQLite says when something is wrong, in one line for a person that names the file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from etp_core.errors import ProjectError


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise ProjectError for what SQLite raises, other than for mistakes of ours."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a mistake of ours
    except sqlite3.Error as error:
        raise ProjectError(f"{path}: {_explain(error)}") from error
    except OverflowError as error:
        raise ProjectError(f"{path}: holds no number as large as one that was given") from error
    except UnicodeEncodeError as error:
        raise ProjectError(f"{path}: the text {error.object!r} is not Unicode") from error


def _explain(error: sqlite3.Error) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return "the disk is full; nothing was changed, free some space and try again"
    if name.startswith("SQLITE_BUSY"):
        return "another program is writing the project; nothing was changed, try again"
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return f"cannot be written or opened ({text})"
    if name.startswith("SQLITE_IOERR"):
        return f"the disk failed ({text}); nothing was changed"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return (
            f"the project file is damaged ({text}); etp project repair salvages "
            "what can be read, or go back to a backup"
        )
    return f"the project file could not be read or written ({text})"
