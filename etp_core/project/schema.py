"""The tables of a project file, and how an older file becomes a newer one.

Times are seconds (float64) of the video's presentation time; dates are ISO 8601 in UTC. Ids are
never used twice (AUTOINCREMENT), so that undo can put a row back under its own id. A video that
was removed keeps its row, for its runs and for undo.
"""

import sqlite3
from collections.abc import Callable

APPLICATION_ID = 0x45545053  # "ETPS", what `file` and we see in the header
VERSION = 5

_DDL = """
CREATE TABLE videos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL CHECK (path <> ''),  -- '/' between parts, relative to the project's folder
    fingerprint TEXT NOT NULL,
    frames INTEGER NOT NULL CHECK (typeof(frames) = 'integer' AND frames >= 0),
    start_s REAL NOT NULL CHECK (typeof(start_s) = 'real' AND abs(start_s) < 1e9),
    duration REAL CHECK (typeof(duration) IN ('real', 'null') AND duration BETWEEN 0 AND 1e9),
    frame_rate REAL CHECK (typeof(frame_rate) IN ('real', 'null') AND frame_rate BETWEEN 0 AND 1e9),
    width INTEGER NOT NULL CHECK (typeof(width) = 'integer' AND width >= 0),
    height INTEGER NOT NULL CHECK (typeof(height) = 'integer' AND height >= 0),
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    about TEXT NOT NULL DEFAULT ''  -- JSON: what an annotation file says of it, see exchange.py
);
CREATE UNIQUE INDEX videos_path ON videos (path) WHERE removed = 0;

CREATE TABLE labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    color TEXT NOT NULL CHECK (color GLOB '#[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'),
    position INTEGER NOT NULL
);

CREATE TABLE annotators (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> '')
);

CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video INTEGER NOT NULL REFERENCES videos (id),
    label INTEGER NOT NULL REFERENCES labels (id),
    annotator INTEGER NOT NULL REFERENCES annotators (id),
    start_s REAL NOT NULL CHECK (typeof(start_s) = 'real' AND abs(start_s) < 1e9),
    end_s REAL NOT NULL CHECK (typeof(end_s) = 'real' AND abs(end_s) < 1e9),
    source TEXT NOT NULL,
    created TEXT NOT NULL,
    modified TEXT NOT NULL,
    editor INTEGER NOT NULL REFERENCES annotators (id),
    unsure INTEGER NOT NULL DEFAULT 0 CHECK (unsure IN (0, 1)),
    extra TEXT NOT NULL DEFAULT '',  -- JSON object of a file's keys that mean nothing here, or ''
    CHECK (start_s < end_s)
);
CREATE INDEX segments_video ON segments (video, start_s);
CREATE INDEX segments_label ON segments (label);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video INTEGER NOT NULL REFERENCES videos (id),
    name TEXT NOT NULL,     -- the name of the video in the Evolution
    model TEXT NOT NULL,
    created TEXT NOT NULL,
    classes TEXT NOT NULL,  -- JSON list of K names
    options TEXT NOT NULL,  -- JSON object
    times BLOB NOT NULL,    -- T little-endian float64
    scores BLOB NOT NULL,   -- (K + 1, T) little-endian float32, row by row
    details BLOB            -- what explains the proposals, see runs.py; NULL: not known
);
CREATE INDEX runs_video ON runs (video);

CREATE TABLE proposals (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL CHECK (stage IN ('actionness', 'refinement', 'localization')),
    row INTEGER NOT NULL,
    start_s REAL,
    end_s REAL,
    label INTEGER NOT NULL,  -- index into the run's classes, -1 is the class-agnostic curve
    score REAL,
    completeness REAL,       -- NULL is NaN, here as elsewhere in this table
    parent INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    suppressed_by INTEGER NOT NULL,
    PRIMARY KEY (run, stage, row)
) WITHOUT ROWID;

CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('edit', 'undo', 'redo')),
    edit INTEGER REFERENCES history (id),  -- the edit that an undo or redo is about
    title TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1, 2)),  -- 2: cannot be redone any more
    CHECK ((kind = 'edit') = (edit IS NULL))
);
CREATE INDEX history_undone ON history (kind, undone, id);
"""

# What the edits of the history did, apart from it: a list of titles reads none of this.
_STEPS = """
CREATE TABLE steps (
    edit INTEGER PRIMARY KEY REFERENCES history (id),
    operations BLOB NOT NULL  -- JSON list of row operations, or that compressed, see operations.py
);
"""

# What somebody decided in review: about a detection that is none, or a segment that is right.
_VERDICTS = """
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video INTEGER NOT NULL REFERENCES videos (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('rejected', 'kept')),
    label TEXT NOT NULL CHECK (label <> ''),  -- a class of the model need not be a label
    start_s REAL NOT NULL CHECK (typeof(start_s) = 'real' AND abs(start_s) < 1e9),
    end_s REAL NOT NULL CHECK (typeof(end_s) = 'real' AND abs(end_s) < 1e9),
    annotator INTEGER NOT NULL REFERENCES annotators (id),
    created TEXT NOT NULL,
    CHECK (start_s < end_s)
);
CREATE INDEX verdicts_video ON verdicts (video);
"""

# The keys of annotation files that belong to no video; one row, if any.
_DOCUMENTS = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    extra TEXT NOT NULL CHECK (extra <> '')  -- JSON object
);
"""


def _review(connection: sqlite3.Connection) -> None:
    """Version 2: verdicts of the review, and segments that somebody is unsure of."""
    connection.execute(
        "ALTER TABLE segments ADD COLUMN unsure INTEGER NOT NULL DEFAULT 0 CHECK (unsure IN (0, 1))"
    )
    for statement in statements(_VERDICTS):
        connection.execute(statement)


def _keys_of_others(connection: sqlite3.Connection) -> None:
    """Version 3: what annotation files say that this program does not use, and gives back."""
    connection.execute("ALTER TABLE segments ADD COLUMN extra TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE videos ADD COLUMN about TEXT NOT NULL DEFAULT ''")
    for statement in statements(_DOCUMENTS):
        connection.execute(statement)


def _steps(connection: sqlite3.Connection) -> None:
    """Version 4: what edits did in a table of its own, once; its inverse is computed."""
    for statement in statements(_STEPS):
        connection.execute(statement)
    connection.execute("INSERT INTO steps SELECT id, forward FROM history WHERE kind = 'edit'")
    connection.execute("ALTER TABLE history DROP COLUMN forward")
    connection.execute("ALTER TABLE history DROP COLUMN inverse")


def _details(connection: sqlite3.Connection) -> None:
    """Version 5: class probabilities, offsets and units of a run's proposals."""
    connection.execute("ALTER TABLE runs ADD COLUMN details BLOB")


# The step that takes a file of schema version N to N + 1, run inside one transaction.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {
    1: _review,
    2: _keys_of_others,
    3: _steps,
    4: _details,
}


def statements(script: str) -> list[str]:
    """The single statements of a script; unlike executescript they leave a transaction open."""
    found, part = [], ""
    for line in script.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            found.append(part)
            part = ""
    return found


def create(connection: sqlite3.Connection) -> None:
    """Make the tables of the present version, in the transaction that is open."""
    for statement in statements(_DDL + _VERDICTS + _DOCUMENTS + _STEPS):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Take the file from schema `version` to the present one, in the transaction that is open.

    Raises KeyError if a step is missing (a version that was never released).
    """
    while version < VERSION:
        MIGRATIONS[version](connection)
        version += 1
        connection.execute(f"PRAGMA user_version = {version}")
