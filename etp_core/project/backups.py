"""Backups of a project, made while it is used, in the user's data folder, few by age.

They lie apart from the project, so that they outlive its folder. A backup is taken from a
connection of its own: neither reading nor editing waits for it.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platformdirs import user_data_path

from etp_core.errors import ProjectError
from etp_core.project.disk import disk_of
from etp_core.project.errors import translated
from etp_core.project.paths import located, real_path, stored_path
from etp_core.project.reading import connect, connect_read
from etp_core.project.store import check_file, write_copy

_NAME = "%Y%m%dT%H%M%S.%fZ"
_KEEP = 3  # the newest stay whatever their age and size
_SPANS = (  # one for each of these spans of time, for that many of them
    (timedelta(minutes=10), 6),
    (timedelta(hours=1), 24),
    (timedelta(days=1), 14),
    (timedelta(weeks=1), 8),
)
_ALONE = "mode=ro&immutable=1"  # nobody writes a backup: nothing is left beside it
_BYTES = 2 << 30  # that all backups of a project may take


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: its file, when it was made (UTC), its size in bytes."""

    path: Path
    time: datetime
    size: int


def folder_of(project: Path) -> Path:
    """Where the backups of a project lie."""
    project = Path(project).resolve()
    mark = hashlib.sha256(str(project).encode(errors="surrogateescape")).hexdigest()[:12]
    return user_data_path("etp-studio") / "backups" / f"{project.stem[:80]}-{mark}"


def listing(project: Path) -> list[Backup]:
    """The backups of a project, newest first."""
    found = []
    for path in folder_of(project).glob("*.etp"):
        with suppress(ValueError, OSError):  # another file, or one that has just gone
            time = datetime.strptime(path.stem, _NAME).replace(tzinfo=UTC)
            found.append(Backup(path, time, path.stat().st_size))
    return sorted(found, key=lambda backup: backup.time, reverse=True)


def make(project: Path, now: datetime | None = None) -> Path | None:
    """Back the project up, unless nothing has changed since; returns the file.

    Raises ProjectError if it cannot be read, or the backup not be written.
    """
    project = located(project)
    check_file(project)
    with translated(project), closing(connect_read(project, disk_of(project))) as source:
        before = listing(project)
        if before and _mark(source) == _mark_of(before[0].path):
            return None
        return keep(source, project, now)


def keep(source: sqlite3.Connection, project: Path, now: datetime | None = None) -> Path:
    """Write what the connection holds as the newest backup of the project; drop superseded ones."""
    time = (now or datetime.now(UTC)).strftime(_NAME)
    folder = folder_of(project)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time}.etp"
    write_copy(source, path)
    backups = listing(project)
    for backup in superseded(backups, now or datetime.now(UTC)):
        if backup.path != path:
            with suppress(OSError):
                backup.path.unlink()
    return path


def superseded(backups: list[Backup], now: datetime) -> list[Backup]:
    """Those of the backups, newest first, that may go.

    A clock that was set back does no harm: what seems to come from the future counts as new.
    """
    kept = set(backups[:_KEEP])
    for span, count in _SPANS:
        slots: dict[int, Backup] = {}
        for backup in backups:
            slots.setdefault(max(0, (now - backup.time) // span), backup)
        kept |= {backup for slot, backup in slots.items() if slot < count}
    total = 0
    for i, backup in enumerate(backups):
        total += backup.size if backup in kept else 0
        if i >= _KEEP and total > _BYTES:
            kept.discard(backup)
    return [backup for backup in backups if backup not in kept]


def restore(backup: Path, project: Path, out: Path) -> None:
    """Write a backup of the project to `out`, a new file; the project stays as it is.

    Raises ProjectError if the backup cannot be read or `out` exists.
    """
    out = located(out)
    if out.exists():
        raise ProjectError(f"{out}: exists already; choose another name")
    check_file(backup)
    here = located(project).parent
    with translated(backup), closing(connect(backup, _ALONE)) as source:
        rows = source.execute("SELECT id, path FROM videos").fetchall()
        write_copy(source, out, _moved(rows, here, out.parent))


def restored_name(project: Path, backup: Backup) -> Path:
    """Where a backup is restored to: beside the project, named by its time, a new file."""
    time = backup.time.astimezone().strftime("%Y-%m-%d %H.%M.%S")
    path, number = project.with_name(f"{project.stem} (backup {time}).etp"), 1
    while path.exists():
        number += 1
        path = project.with_name(f"{project.stem} (backup {time}, {number}).etp")
    return path


def _moved(
    rows: Iterable[tuple[int, str]], here: Path, there: Path
) -> list[tuple[str, tuple[str, int]]]:
    sql = "UPDATE videos SET path = ? WHERE id = ?"
    return [(sql, (stored_path(real_path(path, here), there), key)) for key, path in rows]


def _mark(connection: sqlite3.Connection) -> tuple[object, ...]:
    """Two states of a project with this equal are the same state."""
    runs = connection.execute("SELECT count(*), max(id) FROM runs").fetchone()
    paths = connection.execute("SELECT group_concat(path) FROM videos").fetchone()
    return (*connection.execute("SELECT max(id) FROM history").fetchone(), *runs, *paths)


def _mark_of(path: Path) -> tuple[object, ...] | None:
    with suppress(sqlite3.Error), closing(connect(path, _ALONE)) as connection:
        return _mark(connection)
    return None
