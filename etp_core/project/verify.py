"""What is wrong with a project file: damage, rows that belong to nothing, videos that changed."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from etp_core.errors import ProjectError
from etp_core.project import operations
from etp_core.project.records import Video

_ORPHANS = {
    "segments of videos that were removed": (
        "SELECT count(*) FROM segments s JOIN videos v ON v.id = s.video WHERE v.removed = 1"
    ),
    "edits of the history without what they did": (
        "SELECT count(*) FROM history h LEFT JOIN steps s ON s.edit = h.id "
        "WHERE h.kind = 'edit' AND s.edit IS NULL AND h.undone < 2"
    ),
    "runs without their video": (
        "SELECT count(*) FROM runs r LEFT JOIN videos v ON v.id = r.video WHERE v.id IS NULL"
    ),
}
_JSON = {
    "segments": "SELECT id, extra FROM segments WHERE extra <> ''",
    "videos": "SELECT id, about FROM videos WHERE about <> ''",
    "documents": "SELECT id, extra FROM documents",
    "runs": "SELECT id, options FROM runs",
}


def problems(
    connection: sqlite3.Connection,
    videos: list[Video],
    fingerprint: Callable[[Path], str] | None,
) -> Iterator[str]:
    """A line for each problem; the file itself first, then its rows, then its videos."""
    damage = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    yield from damage
    for row in connection.execute("PRAGMA foreign_key_check"):
        yield f"{row['table']}: row {row['rowid']} has no row of {row['parent']}"
    for what, sql in _ORPHANS.items():
        count = connection.execute(sql).fetchone()[0]
        if count:
            yield f"{count} {what}"
    for table, sql in _JSON.items():
        for row in connection.execute(sql):
            try:
                json.loads(row[1])
            except (ValueError, RecursionError):
                yield f"{table}: row {row[0]} holds a damaged text"
    for row in connection.execute("SELECT edit, operations FROM steps"):
        try:
            operations.load(row["operations"])
        except ProjectError:
            yield f"history: what the edit {row['edit']} did is damaged, it cannot be undone"
    for video in videos:
        if not video.path.is_file():
            yield f"{video.path}: the video is missing"
        elif fingerprint is not None and video.fingerprint not in ("", fingerprint(video.path)):
            yield f"{video.path}: is not the video that was added (its content differs)"
