"""Row operations: what an edit does to the tables, as values that can be stored and reversed.

An operation is a JSON object: {"do": "insert" | "delete", "table", "id", "row"} or
{"do": "update", "table", "id", "video" (of a segment), "before", "after"} with the columns that
differ. The history keeps them, so undo and redo replay rows and cannot drift from the edit.
"""

import sqlite3
from typing import Any

from etp_core.errors import ProjectError
from etp_core.project.edits import Changes

Operation = dict[str, Any]


class Recorder:
    """Carries out row operations in the open transaction and keeps them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.operations: list[Operation] = []

    def query(self, sql: str, *arguments: Any) -> list[sqlite3.Row]:
        """All rows of a query, as the operations so far have left the tables."""
        return self._connection.execute(sql, arguments).fetchall()

    def allocate(self, table: str, **row: Any) -> int:
        """Insert a row that undo keeps (a hidden video, an annotator); returns its id."""
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        cursor = self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values())
        )
        return int(cursor.lastrowid or 0)

    def insert(self, table: str, **row: Any) -> int:
        """Insert a row; returns its id, which is new."""
        key = self.allocate(table, **row)
        self.operations.append({"do": "insert", "table": table, "id": key, "row": row})
        return key

    def delete(self, table: str, key: int) -> None:
        """Delete the row."""
        row = self._row(table, key)
        del row["id"]
        self._do({"do": "delete", "table": table, "id": key, "row": row})

    def update(self, table: str, key: int, **after: Any) -> None:
        """Change columns of the row; what stays equal is left out."""
        row = self._row(table, key)
        after = {name: value for name, value in after.items() if row[name] != value}
        before = {name: row[name] for name in after}
        operation = {"do": "update", "table": table, "id": key, "before": before, "after": after}
        if table == "segments":
            operation["video"] = row["video"]
        if after:
            self._do(operation)

    def _row(self, table: str, key: int) -> dict[str, Any]:
        return dict(self.query(f"SELECT * FROM {table} WHERE id = ?", key)[0])

    def _do(self, operation: Operation) -> None:
        replay(self._connection, [operation])
        self.operations.append(operation)


def inverse(operations: list[Operation]) -> list[Operation]:
    """The operations that take back `operations`, in the order to do them."""
    opposite = {"insert": "delete", "delete": "insert", "update": "update"}
    found = []
    for operation in reversed(operations):
        back = {**operation, "do": opposite[operation["do"]]}
        if back["do"] == "update":
            back["before"], back["after"] = operation["after"], operation["before"]
        found.append(back)
    return found


def replay(connection: sqlite3.Connection, operations: list[Operation]) -> None:
    """Carry out stored operations in the open transaction.

    Raises ProjectError if a row is not there: the tables were changed behind the history's back.
    """
    for operation in operations:
        table, key = operation["table"], operation["id"]
        if operation["do"] == "insert":
            row = {"id": key, **operation["row"]}
            marks = ", ".join("?" * len(row))
            sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
            done = connection.execute(sql, tuple(row.values()))
        elif operation["do"] == "delete":
            done = connection.execute(f"DELETE FROM {table} WHERE id = ?", (key,))
        else:
            after = operation["after"]
            columns = ", ".join(f"{name} = ?" for name in after)
            sql = f"UPDATE {table} SET {columns} WHERE id = ?"
            done = connection.execute(sql, (*after.values(), key))
        if done.rowcount != 1:
            raise ProjectError(f"{table} {key} is not in the project any more")


def changes(operations: list[Operation]) -> Changes:
    """What `operations` touched."""
    videos: set[int] = set()
    segments: set[int] = set()
    labels = False
    created: dict[tuple[str, int], None] = {}  # in order; ids of two tables may be equal
    for operation in operations:
        table, key, do = operation["table"], operation["id"], operation["do"]
        if table == "videos":
            videos.add(key)
        elif table == "segments":
            segments.add(key)
            videos.add(operation["video"] if do == "update" else operation["row"]["video"])
        elif table == "labels":
            labels = True
        elif table == "verdicts":
            videos.add(operation["row"]["video"])
            continue
        elif table == "documents":
            continue
        removed = operation["after"].get("removed") if do == "update" else None
        if do == "insert" or removed == 0:
            created[table, key] = None
        elif do == "delete" or removed == 1:
            created.pop((table, key), None)
    ids = tuple(key for _, key in created)
    return Changes(frozenset(videos), frozenset(segments), labels, ids)
