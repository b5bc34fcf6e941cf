"""Project files of every earlier schema open in this version with all that they held.

`schemas/version-N.sql` is the frozen schema of version N; a new version adds the one before it.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from etp_core.project import (
    AddSegment,
    AddVideo,
    DescribeProject,
    DescribeVideo,
    MoveSegment,
    Project,
    schema,
)

FROZEN = sorted((Path(__file__).parent / "schemas").glob("version-*.sql"))


@pytest.fixture(params=FROZEN, ids=lambda file: file.stem)
def old(request, tmp_path):
    """A project file of an earlier version, with two edits of which the second is undone."""
    path = tmp_path / "old.etp"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(request.param.read_text("utf-8"))
        raw.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        raw.execute(f"PRAGMA user_version = {int(request.param.stem.removeprefix('version-'))}")
        raw.executescript(
            """
            INSERT INTO videos (id, path, fingerprint, frames, start_s, duration, frame_rate, width,
                height) VALUES (1, 'a.mp4', 'print', 100, 0.0, 10.0, 10.0, 320, 240);
            INSERT INTO labels VALUES (1, 'wave', '#0072b2', 0);
            INSERT INTO annotators VALUES (1, 'ann');
            INSERT INTO segments (video, label, annotator, start_s, end_s, source, created,
                modified, editor) VALUES (1, 1, 1, 1.0, 2.0, 'drawn', 't', 't', 1);
            """
        )
        version = int(request.param.stem.removeprefix("version-"))
        for id_, start, undone in ((1, 1.0, 0), (2, 3.0, 1)):
            steps = [_step(do, id_, start) for do in ("insert", "delete")]
            if version < 4:
                raw.execute(
                    "INSERT INTO history (time, author, kind, title, forward, inverse, undone) "
                    "VALUES ('t', 'ann', 'edit', 'Add wave', ?, ?, ?)",
                    (*steps, undone),
                )
            else:
                raw.execute(
                    "INSERT INTO history (time, author, kind, title, undone) "
                    "VALUES ('t', 'ann', 'edit', 'Add wave', ?)",
                    (undone,),
                )
                raw.execute("INSERT INTO steps VALUES (?, ?)", (id_, steps[0]))
        raw.commit()
    return path


def _step(do, id_, start):
    """The operation that adds a segment or takes it away, as the history keeps it."""
    row = {"video": 1, "label": 1, "annotator": 1, "start_s": start, "end_s": start + 1.0,
           "source": "drawn", "created": "t", "modified": "t", "editor": 1}  # fmt: skip
    return json.dumps([{"do": do, "table": "segments", "id": id_, "row": row}])


def test_there_is_a_frozen_schema_of_every_earlier_version():
    assert [file.stem for file in FROZEN] == [f"version-{n}" for n in range(1, schema.VERSION)]
    assert sorted(schema.MIGRATIONS) == list(range(1, schema.VERSION))


def test_an_old_project_keeps_what_it_held_and_can_be_undone_and_redone(old):
    with Project.open(old) as project:
        assert [(s.id, s.start, s.end, s.unsure) for s in project.segments()] == [
            (1, 1.0, 2.0, False)
        ]
        project.redo()
        assert [(s.id, s.start, s.end) for s in project.segments()] == [(1, 1, 2), (2, 3, 4)]
        project.undo()
        project.undo()
        assert project.segments() == []
        assert project.verify() == [f"{old.parent / 'a.mp4'}: the video is missing"]


def test_a_migrated_file_has_the_tables_of_a_new_one(old, tmp_path):
    Project.open(old).close()
    Project.create(tmp_path / "new.etp").close()

    def tables(path):
        with closing(sqlite3.connect(path)) as raw:
            names = raw.execute("SELECT type, name FROM sqlite_master ORDER BY name").fetchall()
            columns = {
                name: [
                    (column, kind, notnull, default)
                    for _, column, kind, notnull, default, _ in raw.execute(
                        f"PRAGMA table_info({name})"
                    )
                ]
                for kind, name in names
                if kind == "table"
            }
        return names, columns

    assert tables(old) == tables(tmp_path / "new.etp")


def test_a_migrated_project_takes_every_kind_of_edit(old):
    with Project.open(old) as project:
        project.apply(AddVideo(Path("b.mp4"), "p", 10, 1.0, 10.0, 32, 24))
        project.apply(AddSegment(1, 1, 5.0, 6.0, unsure=True, extra='{"k": 1}'))
        project.apply(DescribeVideo(1, '{"subset": "test"}'))
        project.apply(DescribeProject('{"version": "1"}'))
        project.apply(MoveSegment(1, 0.5, 2.0))
        assert len(project.segments()) == 2
