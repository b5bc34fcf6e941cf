"""The history of a project: what each edit did, taking one back, and going back to a moment.

Both are edits themselves: one transaction, one row of the history, one step of undo.
"""

import sqlite3
from pathlib import Path
from typing import Any

from etp_core.errors import ProjectError
from etp_core.project import operations
from etp_core.project.operations import Operation, Recorder
from etp_core.project.records import Alteration

_WHO_AND_WHEN = {"modified", "editor"}  # columns that every change of a segment writes
_COLUMNS = {
    "label": "label",
    "annotator": "annotator",
    "unsure": "unsure",
    "name": "name",
    "color": "colour",
    "removed": "in the project",
    "about": "description",
    "extra": "further keys",
}


def steps(connection: sqlite3.Connection, edit: int) -> list[Operation]:
    """The row operations of an edit of the history. Raises ProjectError if they are damaged."""
    row = connection.execute("SELECT operations FROM steps WHERE edit = ?", (edit,)).fetchone()
    if row is None:
        raise ProjectError("a step of the history is damaged")
    return operations.load(row[0])


def after(connection: sqlite3.Connection, step: int) -> list[Operation]:
    """The row operations that were done after the step, in their order."""
    found: list[Operation] = []
    rows = connection.execute(
        "SELECT id, kind, coalesce(edit, id) AS edit FROM history WHERE id > ? ORDER BY id", (step,)
    ).fetchall()
    for row in rows:
        did = steps(connection, row["edit"])
        found += operations.inverse(did) if row["kind"] == "undo" else did
    return found


def go_back(recorder: Recorder, connection: sqlite3.Connection, step: int) -> None:
    """Bring the tables to the state that they had after the step (0: before the first).

    Raises ProjectError if that cannot be, because of something that the history does not hold.
    """
    try:
        recorder.replay(operations.net(operations.inverse(after(connection, step))))
    except sqlite3.IntegrityError as error:
        raise ProjectError(f"that state cannot be brought back ({error})") from None


def revert(recorder: Recorder, connection: sqlite3.Connection, edit: int, **changed: Any) -> None:
    """Take one edit back and leave what was done after it.

    changed: the values of `modified` and `editor` for segments that are changed by it. Raises
    ProjectError if something was changed again later, so that there is no telling what is wanted.
    """
    for operation in operations.single(operations.inverse(steps(connection, edit))):
        table, key, do = operation["table"], operation["id"], operation["do"]
        found = recorder.query(f"SELECT * FROM {table} WHERE id = ?", key)
        now = dict(found[0]) if found else None
        expected = operation["before"] if do == "update" else operation["row"]
        if do == "insert":
            _check_insert(recorder, operation, now)
            recorder.put_back(table, key, operation["row"])
            continue
        same = now is not None and all(
            now[name] == value for name, value in expected.items() if name not in _WHO_AND_WHEN
        )
        if not same:
            raise ProjectError(
                f"the {_kind(table)} was changed again by a later edit; take that back first"
            )
        try:
            if do == "delete":
                recorder.delete(table, key)
            else:
                values = {k: v for k, v in operation["after"].items() if k not in _WHO_AND_WHEN}
                recorder.update(table, key, **values, **(changed if table == "segments" else {}))
        except sqlite3.IntegrityError:
            raise ProjectError(
                f"a later edit needs the {_kind(table)} as it is now; take that back first"
            ) from None


def _check_insert(recorder: Recorder, operation: Operation, now: dict[str, Any] | None) -> None:
    row = operation["row"]
    what = _kind(operation["table"])
    if now is not None:
        raise ProjectError(f"the {what} is in the project again already")
    needed = [("videos", row.get("video"), " AND removed = 0")]
    if operation["table"] == "segments":
        needed.append(("labels", row["label"], ""))
    for table, key, shown in needed:
        sql = f"SELECT id FROM {table} WHERE id = ?{shown}"
        if key is not None and not recorder.query(sql, key):
            raise ProjectError(
                f"the {_kind(table)} of the {what} is not in the project any more; "
                "bring that back first"
            )


def _kind(table: str) -> str:
    return {"documents": "description"}.get(table, table.removesuffix("s"))


class Describer:
    """Says what operations did, in the words of the labels, annotators and videos."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        def names(sql: str) -> dict[int, str]:
            return {row[0]: row[1] for row in connection.execute(sql)}

        self._labels = names("SELECT id, name FROM labels")
        self._annotators = names("SELECT id, name FROM annotators")
        paths = names("SELECT id, path FROM videos")
        self._videos = {key: Path(path).name for key, path in paths.items()}
        self._connection = connection

    def alterations(self, steps: list[Operation], most: int) -> tuple[list[Alteration], int]:
        """What the first `most` rows were before and after, and how many rows there are."""
        count = sum(len(step.get("rows", ("",))) for step in steps)
        found = []
        for _, operation in zip(range(most), operations.single(steps), strict=False):
            found.append(self._alteration(operation))
        return found, count

    def _alteration(self, operation: Operation) -> Alteration:
        table, key, do = operation["table"], operation["id"], operation["do"]
        if do == "update":
            whole = self._present(table, key)
            video = operation.get("video") or (key if table == "videos" else None)
            before, now = operation["before"], operation["after"]
        else:
            whole = operation["row"]
            video = whole.get("video")
            before, now = (None, whole) if do == "insert" else (whole, None)
        names = {**whole, **(before or {}), **(now or {})}
        label = names.get("label")
        what = {
            "segments": self._label(label),
            "verdicts": str(label),
            "labels": f"label {names.get('name', key)}",
            "videos": f"video {self._videos.get(key, key)}",
        }.get(table, _kind(table))
        return Alteration(
            what=what,
            video_id=video,
            video=self._videos.get(video, "") if video is not None else "",
            segment_id=key if table == "segments" else None,
            before=self._words(table, before, whole),
            after=self._words(table, now, whole),
        )

    def _label(self, key: Any) -> str:
        return self._labels.get(key, f"label {key}")

    def _present(self, table: str, key: int) -> dict[str, Any]:
        row = self._connection.execute(f"SELECT * FROM {table} WHERE id = ?", (key,)).fetchone()
        return dict(row) if row else {}

    def _words(self, table: str, row: dict[str, Any] | None, whole: dict[str, Any]) -> str:
        """The columns of one side in words; "" where the row was not there."""
        if row is None:
            return ""
        parts = []
        if table == "videos" and "removed" in row:
            return "" if row["removed"] else "in the project"
        if table == "videos" and "path" in row:
            parts.append(row["path"])
        if "start_s" in row or "end_s" in row:
            start, end = (row.get(name, whole.get(name)) for name in ("start_s", "end_s"))
            shown = ("?" if time is None else f"{time:.3f}" for time in (start, end))
            parts.append(" – ".join(shown) + " s")
        for column, name in _COLUMNS.items():
            if column not in row or (not row[column] and column in ("unsure", "extra", "about")):
                continue
            value = row[column]
            if column == "label":
                value = self._label(value) if table == "segments" else value
            elif column == "annotator":
                value = self._annotators.get(value, value)
            elif column == "unsure":
                value = "yes"
            parts.append(f"{name} {value}")
        return ", ".join(parts) or "–"
