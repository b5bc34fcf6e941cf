"""Row operations: what an edit does to the tables, as values that can be stored and reversed.

An operation is a JSON object: {"do": "insert" | "delete", "table", "id", "row"} or
{"do": "update", "table", "id", "video" (of a segment), "before", "after"} with the columns that
differ. An insert or delete of many segments has "columns" and "rows" besides: row i has the id
"id" + i, and "row" holds the columns that all have alike. The history keeps them, so undo and redo
replay rows and cannot drift from the edit.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from etp_core.errors import ProjectError
from etp_core.project.edits import Changes

Operation = dict[str, Any]

_LARGE = 4096  # characters from which stored operations are compressed

# What an operation may touch; a file is not trusted to name anything else in a statement.
COLUMNS = {
    "videos": {"path", "fingerprint", "frames", "start_s", "duration", "frame_rate", "width",
               "height", "removed", "about"},
    "labels": {"name", "color", "position"},
    "segments": {"video", "label", "annotator", "start_s", "end_s", "source", "created",
                 "modified", "editor", "unsure", "extra"},
    "verdicts": {"video", "verdict", "label", "start_s", "end_s", "annotator", "created"},
    "documents": {"extra"},
}  # fmt: skip


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

    def insert_segments(self, columns: dict[str, Sequence[Any]], **alike: Any) -> None:
        """Insert as many segments as the columns are long, `alike` in the columns left out."""
        known = self.query("SELECT seq FROM sqlite_sequence WHERE name = 'segments'")
        self._do(_of_many("insert", (known[0]["seq"] if known else 0) + 1, columns, alike))

    def delete_segments(self, rows: Sequence[sqlite3.Row]) -> None:
        """Delete segments, given whole; those with ids in a row as one operation."""
        rows = sorted(rows, key=lambda row: row["id"])
        names = [name for name in rows[0].keys() if name != "id"] if rows else []  # noqa: SIM118
        done: list[Operation] = []
        for _, part in groupby(enumerate(rows), lambda pair: pair[1]["id"] - pair[0]):
            run = [row for _, row in part]
            if len(run) > 1:
                columns = {name: [row[name] for row in run] for name in names}
                done.append(_of_many("delete", run[0]["id"], columns, {}))
            else:
                row = {name: run[0][name] for name in names}
                done.append({"do": "delete", "table": "segments", "id": run[0]["id"], "row": row})
        self.replay(done)

    def put_back(self, table: str, key: int, row: dict[str, Any]) -> None:
        """Insert a row under the id that it had before it was deleted."""
        self._do({"do": "insert", "table": table, "id": key, "row": row})

    def delete(self, table: str, key: int) -> None:
        """Delete the row."""
        row = self.row(table, key)
        del row["id"]
        self._do({"do": "delete", "table": table, "id": key, "row": row})

    def update(self, table: str, key: int, **after: Any) -> None:
        """Change columns of the row; what stays equal is left out."""
        self.update_all(table, [(self.query(f"SELECT * FROM {table} WHERE id = ?", key)[0], after)])

    def update_all(self, table: str, changed: Iterable[tuple[sqlite3.Row, dict[str, Any]]]) -> None:
        """Change columns of different rows, given whole; what stays equal is left out."""
        done: list[Operation] = []
        for row, wanted in changed:
            after = {name: value for name, value in wanted.items() if row[name] != value}
            if not after:
                continue
            before = {name: row[name] for name in after}
            operation = {
                "do": "update", "table": table, "id": row["id"], "before": before, "after": after,
            }  # fmt: skip
            if table == "segments":
                operation["video"] = row["video"]
            done.append(operation)
        self.replay(sorted(done, key=lambda operation: list(operation["after"])))

    def replay(self, operations: list[Operation]) -> None:
        """Carry out stored operations as they are."""
        replay(self._connection, operations)
        self.operations += operations

    def row(self, table: str, key: int) -> dict[str, Any]:
        """The row with the id, which must be there."""
        return dict(self.query(f"SELECT * FROM {table} WHERE id = ?", key)[0])

    def _do(self, operation: Operation) -> None:
        replay(self._connection, [operation])
        self.operations.append(operation)


def _of_many(
    do: str, first: int, columns: Mapping[str, Sequence[Any]], alike: dict[str, Any]
) -> Operation:
    """An insert or delete of as many segments as the columns are long, with ids from `first` on."""
    count = len(next(iter(columns.values())))
    single = {
        name: values[0] for name, values in columns.items() if values.count(values[0]) == count
    }
    rest = {name: values for name, values in columns.items() if name not in single}
    return {
        "do": do,
        "table": "segments",
        "id": first,
        "row": {**single, **alike},
        "columns": list(rest),
        "rows": list(zip(*rest.values(), strict=True)) if rest else [()] * count,
    }


def dump(operations: list[Operation]) -> str | bytes:
    """The operations as the table of steps keeps them."""
    text = json.dumps(operations, separators=(",", ":"))
    return text if len(text) < _LARGE else zlib.compress(text.encode(), 1)


def load(stored: str | bytes) -> list[Operation]:
    """What `dump` made. Raises ProjectError if it is no list of operations."""
    try:
        text = stored if isinstance(stored, str) else zlib.decompress(stored).decode()
        found = json.loads(text)
        if not isinstance(found, list):
            raise ValueError
        for operation in found:
            _check(operation)
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError) as error:
        raise ProjectError("a step of the history is damaged") from error
    return found


def _check(operation: Operation) -> None:
    """Raise ValueError, KeyError or TypeError unless it has the form of an operation."""
    known = COLUMNS[operation["table"]]
    parts = {"update": ("before", "after")}.get(operation["do"], ("row",))
    names = set().union(*(operation[part].keys() for part in parts), operation.get("columns", ()))
    if not isinstance(operation["id"], int) or operation["do"] not in _OPPOSITE or names - known:
        raise ValueError(operation["do"])


_OPPOSITE = {"insert": "delete", "delete": "insert", "update": "update"}


def inverse(operations: list[Operation]) -> list[Operation]:
    """The operations that take back `operations`, in the order to do them."""
    found = []
    for operation in reversed(operations):
        back = {**operation, "do": _OPPOSITE[operation["do"]]}
        if back["do"] == "update":
            back["before"], back["after"] = operation["after"], operation["before"]
        found.append(back)
    return found


def single(operations: Iterable[Operation]) -> Iterator[Operation]:
    """The operations one row at a time."""
    for operation in operations:
        if "rows" not in operation:
            yield operation
            continue
        columns, alike = operation["columns"], operation["row"]
        for key, values in enumerate(operation["rows"], operation["id"]):
            row = {**alike, **dict(zip(columns, values, strict=True))}
            yield {"do": operation["do"], "table": operation["table"], "id": key, "row": row}


def by_row(operations: Iterable[Operation]) -> dict[tuple[str, int], Operation]:
    """One operation for each row, by table and id, that differs in the end."""
    rows: dict[tuple[str, int], Operation] = {}
    for operation in single(operations):
        place = operation["table"], operation["id"]
        earlier = rows.pop(place, None)
        merged = operation if earlier is None else _merged(earlier, operation)
        if merged is not None:
            rows[place] = merged
    return rows


def net(operations: Iterable[Operation]) -> list[Operation]:
    """The fewest operations that do the same: one for each row that differs in the end.

    Deletions come first, so that what has to be unique is free before it is taken again.
    """
    found = list(by_row(operations).values())
    renamed = [o for o in found if o["table"] == "labels" and "name" in o.get("after", ())]
    parked = []
    if len(renamed) > 1:  # names may change hands: all are given up before any is taken
        for o in renamed:
            parking = f"\x1f{o['id']}"
            parked.append(
                {**o, "before": {"name": o["before"]["name"]}, "after": {"name": parking}}
            )
            o["before"] = {**o["before"], "name": parking}
    hidden = [o for o in found if o["do"] == "update" and o["after"].get("removed")]
    shown = [o for o in found if o["do"] == "update" and not o["after"].get("removed")]
    gone = _packed([o for o in found if o["do"] == "delete"])
    return [*gone, *parked, *hidden, *shown, *_packed([o for o in found if o["do"] == "insert"])]


def _merged(first: Operation, then: Operation) -> Operation | None:
    """One operation for two on the same row, or None if they cancel out."""
    if first["do"] == "insert":
        if then["do"] == "delete":
            return None
        return {**first, "row": {**first["row"], **then["after"]}}
    if first["do"] == "update" and then["do"] == "delete":
        return {**then, "row": {**then["row"], **first["before"]}}
    if first["do"] == "update":
        before = {**then["before"], **first["before"]}
        after = {**first["after"], **then["after"]}
    else:
        before, after = first["row"], then["row"]
    names = [name for name in after if name not in before or before[name] != after[name]]
    if not names:
        return None
    merged = {
        "do": "update",
        "table": then["table"],
        "id": then["id"],
        "before": {name: before[name] for name in names},
        "after": {name: after[name] for name in names},
    }
    if then["table"] == "segments":
        merged["video"] = then["video"] if "video" in then else then["row"]["video"]
    return merged


def _packed(operations: list[Operation]) -> list[Operation]:
    """Inserts or deletes, those of segments with ids in a row as one operation."""
    operations = sorted(operations, key=lambda o: (o["table"] != "segments", o["table"], o["id"]))
    found: list[Operation] = []
    for operation in operations:
        last = found[-1] if found else None
        columns = list(operation["row"])
        if operation["table"] != "segments":
            found.append(operation)
        elif (
            last is not None
            and last["table"] == "segments"
            and last["id"] + len(last["rows"]) == operation["id"]
            and last["columns"] == columns
        ):
            last["rows"].append(list(operation["row"].values()))
        else:
            rows = [list(operation["row"].values())]
            found.append({**operation, "row": {}, "columns": columns, "rows": rows})
    return found


def replay(connection: sqlite3.Connection, operations: list[Operation]) -> None:
    """Carry out stored operations in the open transaction.

    Raises ProjectError if a row is not there: the tables were changed behind the history's back.
    """
    for _, group in groupby(operations, _kind):
        some = list(group)
        if "rows" in some[0]:
            wanted, done = len(some[0]["rows"]), _many(connection, some[0])
        else:
            wanted, done = len(some), _singles(connection, some)
        if done != wanted:
            which = f"{some[0]['table']} {some[0]['id']}"
            raise ProjectError(
                f"{which} is not in the project any more"
                if wanted == 1
                else f"some of {which} and others are not in the project any more"
            )


def _kind(operation: Operation) -> object:
    """What operations have alike that one statement carries out; one on many rows has its own."""
    if "rows" in operation:
        return id(operation)
    values = operation["after" if operation["do"] == "update" else "row"]
    columns = () if operation["do"] == "delete" else tuple(values)
    return operation["do"], operation["table"], columns


def _singles(connection: sqlite3.Connection, operations: list[Operation]) -> int:
    """Carry out operations of one kind on a row each; returns the number of rows that they met."""
    do, table = operations[0]["do"], operations[0]["table"]
    if do == "insert":
        columns = ("id", *operations[0]["row"])
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        values = [(o["id"], *o["row"].values()) for o in operations]
    elif do == "delete":
        sql = f"DELETE FROM {table} WHERE id = ?"
        values = [(o["id"],) for o in operations]
    else:
        names = ", ".join(f"{name} = ?" for name in operations[0]["after"])
        sql = f"UPDATE {table} SET {names} WHERE id = ?"
        values = [(*o["after"].values(), o["id"]) for o in operations]
    return connection.executemany(sql, values).rowcount


_AT_ONCE = 100  # rows that one statement inserts; 13 values each at the most, of 32,766 allowed


def _many(connection: sqlite3.Connection, operation: Operation) -> int:
    """Carry out an operation on many rows; returns the number of rows that it met."""
    table, key, rows = operation["table"], operation["id"], operation["rows"]
    if operation["do"] == "delete":
        sql = f"DELETE FROM {table} WHERE id BETWEEN ? AND ?"
        return connection.execute(sql, (key, key + len(rows) - 1)).rowcount
    alike, columns = operation["row"], operation["columns"]
    head = f"INSERT INTO {table} ({', '.join((*alike, 'id', *columns))}) VALUES "
    shared = [f"?{i}" for i in range(1, len(alike) + 1)]  # bound once, for all rows
    marks = f"({', '.join((*shared, *'?' * (1 + len(columns))))})"
    done = 0
    for first in range(0, len(rows), _AT_ONCE):
        part = rows[first : first + _AT_ONCE]
        values = list(alike.values())
        for at, row in enumerate(part, key + first):
            values.append(at)
            values += row
        done += connection.execute(head + ", ".join([marks] * len(part)), values).rowcount
    return done


def changes(operations: list[Operation]) -> Changes:
    """What `operations` touched."""
    videos: set[int] = set()
    segments: set[int] = set()
    labels = False
    created: list[int] = []  # the last first
    gone: set[tuple[str, int]] = set()  # what a later operation took away; ids of tables are equal
    for operation in reversed(operations):
        table, key, do = operation["table"], operation["id"], operation["do"]
        ids = (
            range(key, key + len(operation["rows"])) if "rows" in operation else range(key, key + 1)
        )
        if table == "videos":
            videos.add(key)
        elif table == "segments":
            segments.update(ids)
            videos |= {operation["video"]} if do == "update" else _column(operation, "video")
        elif table == "labels":
            labels = True
        elif table == "verdicts":
            videos.add(operation["row"]["video"])
            continue
        elif table == "documents":
            continue
        removed = operation["after"].get("removed") if do == "update" else None
        if do == "delete" or removed == 1:
            gone.update((table, key) for key in ids)
        elif do == "insert" or removed == 0:
            there = (
                (key for key in reversed(ids) if (table, key) not in gone) if gone else ids[::-1]
            )
            created.extend(there)
    return Changes(frozenset(videos), frozenset(segments), labels, tuple(reversed(created)))


def _column(operation: Operation, name: str) -> set[Any]:
    """The values of a column in an operation of many rows."""
    if name in operation["row"]:
        return {operation["row"][name]}
    at = operation["columns"].index(name)
    return {row[at] for row in operation["rows"]}
