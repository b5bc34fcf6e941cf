"""Salvaging a damaged project: what can be read goes into a new file, the old one stays."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from etp_core.errors import ProjectError
from etp_core.project import operations
from etp_core.project.errors import translated
from etp_core.project.paths import located, real_path, stored_path
from etp_core.project.reading import connect
from etp_core.project.store import create_file

# In the order in which they may be filled: a table stands behind those that it refers to.
_TABLES = ("videos", "labels", "annotators", "segments", "verdicts", "documents", "runs",
           "proposals", "history", "steps")  # fmt: skip
_QUERIES = 20_000  # at most, to find what is left between damaged pages
_HIGHEST = 2**62


def repair(path: Path, out: Path) -> list[str]:
    """Write what can be read of the project `path` to `out`, a new file; `path` is only read.

    Returns a line for each table that lost rows, and for what was put in place of lost videos,
    labels and annotators that segments need. Raises ProjectError if nothing can be read, or `out`
    exists.
    """
    path, out = located(path), located(out)
    if out.exists():
        raise ProjectError(f"{out}: exists already; a repaired project is a new file")
    with tempfile.TemporaryDirectory(prefix="etp-repair-") as folder:
        copy = Path(folder) / "copy.etp"
        try:
            shutil.copyfile(path, copy)
            log = path.with_name(path.name + "-wal")
            if log.exists():
                shutil.copyfile(log, copy.with_name(copy.name + "-wal"))
        except OSError as error:
            raise ProjectError(f"{path}: cannot be read ({error.strerror})") from error
        fresh = Path(folder) / "fresh.etp"
        create_file(fresh)
        with (
            translated(path),
            closing(connect(copy, "mode=rw")) as source,
            closing(connect(fresh, "mode=rw")) as target,
        ):
            source.row_factory = target.row_factory = sqlite3.Row
            source.execute("PRAGMA cell_size_check = ON")
            target.execute("PRAGMA foreign_keys = ON")
            target.execute("BEGIN")
            lines = _Salvage(source, target, path.parent, out.parent).run()
            target.execute("COMMIT")
            if lines and not any(target.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()
                       for name in _TABLES):  # fmt: skip
                raise ProjectError(f"{path}: nothing of it can be read; go back to a backup")
            target.execute("PRAGMA journal_mode = DELETE")
            out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with out.open("xb") as file, fresh.open("rb") as read:
                shutil.copyfileobj(read, file)
        except OSError as error:
            raise ProjectError(f"{out}: cannot be written ({error.strerror})") from error
    return lines


class _Salvage:
    def __init__(
        self, source: sqlite3.Connection, target: sqlite3.Connection, here: Path, there: Path
    ) -> None:
        self._source, self._target, self._here, self._there = source, target, here, there
        self._queries = 0
        self._lines: list[str] = []

    def run(self) -> list[str]:
        for table in _TABLES:
            kept = refused = 0
            self._lost = False
            try:
                for row in self._rows(table):
                    if self._put(table, row):
                        kept += 1
                    else:
                        refused += 1
            except sqlite3.DatabaseError as error:
                self._lines.append(f"{table}: cannot be read ({error})")
                continue
            if self._lost:
                self._lines.append(f"{table}: {kept} rows are saved, others are damaged")
            if refused:
                self._lines.append(f"{table}: {refused} rows are left out, they hold nonsense")
        self._target.execute(
            "UPDATE history SET undone = 2 WHERE kind = 'edit' AND undone < 2 "
            "AND id NOT IN (SELECT edit FROM steps)"
        )
        return self._lines

    # Reading

    def _rows(self, table: str) -> Iterator[dict[str, Any]]:
        if table == "proposals":
            for (run,) in self._target.execute("SELECT id FROM runs").fetchall():
                yield from self._plain("SELECT * FROM proposals WHERE run = ?", (run,))
            return
        columns = {row["name"] for row in self._source.execute(f"PRAGMA table_info({table})")}
        if table == "steps" and not columns:  # before version 4 they stood in the history
            sql = "SELECT id AS edit, forward AS operations FROM history WHERE kind = 'edit'"
            yield from self._plain(sql, ())
            return
        key = "edit" if table == "steps" else "id"
        if columns:
            yield from self._between(table, key, -_HIGHEST, _HIGHEST)

    def _plain(self, sql: str, arguments: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
        try:
            for row in self._source.execute(sql, arguments):
                yield dict(row)
        except sqlite3.DatabaseError:
            self._lost = True

    def _between(self, table: str, key: str, low: int, high: int) -> Iterator[dict[str, Any]]:
        """The rows with a key in [low, high]: from both ends to the damage, then inside it."""
        if low > high or self._queries > _QUERIES:
            return
        self._queries += 1
        for order in ("", "DESC"):
            sql = f"SELECT * FROM {table} WHERE {key} BETWEEN ? AND ? ORDER BY {key} {order}"
            try:
                for row in self._source.execute(sql, (low, high)):
                    yield dict(row)
                    if order:
                        high = row[key] - 1
                    else:
                        low = row[key] + 1
                return
            except sqlite3.DatabaseError:
                self._lost = True
        if low >= high:
            return
        if high == _HIGHEST or low == -_HIGHEST:  # the index of pages is damaged: look from below
            low, high = max(low, 1), min(high, max(low, 1) + 1_000_000)
        middle = (low + high) // 2
        yield from self._between(table, key, low, middle)
        yield from self._between(table, key, middle + 1, high)

    # Writing

    def _put(self, table: str, row: dict[str, Any]) -> bool:
        columns = {c["name"] for c in self._target.execute(f"PRAGMA table_info({table})")}
        row = {name: value for name, value in row.items() if name in columns}
        try:
            if table == "videos":
                row["path"] = stored_path(real_path(str(row["path"]), self._here), self._there)
            if table == "steps":
                operations.load(row["operations"])
            if table in ("segments", "verdicts", "runs"):
                self._stand_in(row)
            marks = ", ".join("?" * len(row))
            self._target.execute(
                f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
            )
        except (sqlite3.Error, ProjectError, OverflowError, UnicodeError, KeyError):
            return False
        return True

    def _stand_in(self, row: dict[str, Any]) -> None:
        """Put something in the place of a lost video, label or annotator that the row needs."""
        needed = [("videos", row.get("video")), ("annotators", row.get("annotator")),
                  ("annotators", row.get("editor")),
                  ("labels", row.get("label") if "editor" in row else None)]  # fmt: skip
        for table, key in needed:
            if key is None or not isinstance(key, int):
                continue
            if self._target.execute(f"SELECT 1 FROM {table} WHERE id = ?", (key,)).fetchone():
                continue
            name = f"lost {table.removesuffix('s')} {key}"
            values = {
                "annotators": "(id, name) VALUES (?, ?)",
                "labels": "(id, name, color, position) VALUES (?, ?, '#808080', 999)",
                "videos": "(id, path, fingerprint, frames, start_s, width, height) "
                "VALUES (?, ?, '', 0, 0.0, 0, 0)",
            }
            self._target.execute(f"INSERT INTO {table} {values[table]}", (key, name))
            self._lines.append(f"{table}: {name!r} stands for one that cannot be read")


def repaired_name(path: Path) -> Path:
    """Where a repaired project is written if nobody says: beside the damaged one, a new file."""
    out, number = path.with_name(f"{path.stem} (repaired).etp"), 1
    while out.exists():
        number += 1
        out = path.with_name(f"{path.stem} (repaired {number}).etp")
    return out
