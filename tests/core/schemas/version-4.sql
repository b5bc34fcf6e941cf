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
    scores BLOB NOT NULL    -- (K + 1, T) little-endian float32, row by row
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

CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    extra TEXT NOT NULL CHECK (extra <> '')  -- JSON object
);

CREATE TABLE steps (
    edit INTEGER PRIMARY KEY REFERENCES history (id),
    operations BLOB NOT NULL  -- JSON list of row operations, or that compressed, see operations.py
);
