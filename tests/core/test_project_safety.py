"""What is done so that no work is lost: backups, repair, and refusing where it could be."""

import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from study import segments, study

from etp_core.errors import ProjectError
from etp_core.project import (
    AddLabel,
    AddSegment,
    MoveSegment,
    Project,
    backups,
    schema,
)
from etp_core.project.repair import repair, repaired_name


@pytest.fixture
def path(tmp_path):
    return study(tmp_path / "work" / "p.etp")


def raw(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


# The file under the open project


@pytest.mark.parametrize("name", ["p.etp", "p.etp-wal"])
@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
def test_a_file_that_is_taken_away_is_noticed_and_all_edits_are_saved_elsewhere(
    path, name, replaced
):
    with Project.open(path) as project:
        project.apply(AddSegment(1, 1, 1.0, 2.0))
        taken = path.with_name(name)
        taken.rename(path.with_name("taken"))
        if replaced:
            shutil.copyfile(path.with_name("taken"), taken)
        before = project.segments()
        with pytest.raises(ProjectError, match=r"was removed or replaced .* under another name"):
            project.apply(AddSegment(1, 1, 3.0, 4.0))
        assert project.segments() == before
        with project.save_as(path.with_name("saved.etp")) as saved:
            assert saved.segments() == before
            saved.apply(AddSegment(1, 1, 3.0, 4.0))


def test_a_removed_project_can_be_saved_to_where_it_was(path):
    with Project.open(path) as project:
        before = project.segments()
        path.unlink()
        project.backup(path)
    path.with_name("p.etp-wal").unlink(missing_ok=True)
    assert segments(path) == before


def test_a_closed_project_is_one_file_also_while_somebody_looks_on(path, tmp_path):
    project, looking = Project.open(path), Project.open(path)
    assert looking.read_only
    project.apply(AddSegment(1, 1, 1.5, 2.5))
    looking.segments()
    project.close()
    copy = shutil.copy(path, tmp_path / "copy.etp")
    assert segments(copy) == looking.segments()
    looking.close()


def test_a_clock_that_jumps_changes_nothing(path, monkeypatch):
    times = iter([f"20{year}-01-01T00:00:00.000+00:00" for year in (30, 10, 26, 70)] * 9)
    monkeypatch.setattr("etp_core.project.project.now", lambda: next(times))
    with Project.open(path) as project:
        states = [project.segments()]
        for i in range(4):
            project.apply(MoveSegment(1, 1.0 + i, 9.5))
            states.append(project.segments())
        for state in reversed(states[:-1]):
            project.undo()
            assert project.segments() == state
        ids = [row.id for row in project.history()]
        assert ids == sorted(ids)


# Strangers


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON segments BEGIN DELETE FROM segments; END",
        "CREATE VIEW v AS SELECT * FROM segments",
    ],
)
def test_a_project_that_would_run_statements_of_others_is_not_opened_but_repaired(
    path, tmp_path, statement
):
    before = segments(path)
    raw(path, statement)
    with pytest.raises(ProjectError, match="was changed by another program"):
        Project.open(path)
    assert repair(path, tmp_path / "out.etp") == []
    assert segments(tmp_path / "out.etp") == before


# Backups


def test_backups_are_made_when_something_changed_and_restored_to_a_new_file(path):
    first = backups.make(path)
    assert first is not None
    assert first.parent == backups.folder_of(path)
    assert backups.make(path) is None
    before = segments(path)
    with Project.open(path) as project:
        project.apply(AddSegment(1, 1, 1.0, 2.0))
        assert backups.make(path) is not None  # of what is in the log too, while it is open
        assert [row[0] for row in project._store.rows("PRAGMA quick_check")] == ["ok"]
    newest, oldest = backups.listing(path)
    assert oldest.path == first
    out = backups.restored_name(path, oldest)
    backups.restore(oldest.path, path, out)
    assert segments(out) == before
    assert len(segments(path)) == len(before) + 1
    with Project.open(out) as restored:
        assert restored.videos()[0].path == path.parent / "a.mp4"
    with pytest.raises(ProjectError, match="exists already"):
        backups.restore(newest.path, path, out)
    assert backups.restored_name(path, oldest) != out
    elsewhere = path.parent / "deeper" / "q.etp"
    elsewhere.parent.mkdir()
    backups.restore(oldest.path, path, elsewhere)
    with Project.open(elsewhere) as restored:
        assert restored.videos()[0].path == path.parent / "a.mp4"


def kept_of(ages, sizes=None, now=datetime(2026, 6, 1, tzinfo=UTC)):
    """The ages of the backups that stay, of backups of these ages (timedelta)."""
    made = [
        backups.Backup(f"{i}", now - age, (sizes or [1] * len(ages))[i])
        for i, age in enumerate(sorted(ages))
    ]
    gone = backups.superseded(made, now)
    return [now - backup.time for backup in made if backup not in gone]


def test_the_older_backups_are_the_fewer_are_kept():
    ages = [timedelta(minutes=10 * i) for i in range(6 * 24 * 100)]  # 100 days without a pause
    kept = kept_of(ages)
    assert len(kept) < 55
    assert [age for age in kept if age < timedelta(hours=1)] == ages[:6]
    assert sum(timedelta(hours=1) <= age < timedelta(days=1) for age in kept) == 23
    assert max(kept) > timedelta(weeks=6)
    assert kept_of(kept) == kept


def test_a_clock_that_was_set_back_and_large_files_cost_no_new_backup(path):
    future = timedelta(days=-300)
    assert kept_of([future, timedelta(0)]) == [future, timedelta(0)]
    ages = [timedelta(days=i) for i in range(10)]
    assert kept_of(ages, [1 << 30] * 10) == ages[:3]
    far = datetime(2099, 1, 1, tzinfo=UTC)
    for day in range(5):
        with Project.open(path) as project:
            project.apply(AddSegment(1, 1, 1.0, 2.0 + day))
        backups.make(path, far - timedelta(days=day))
    with Project.open(path) as project:
        project.apply(AddSegment(1, 1, 1.0, 9.0))
    made = backups.make(path, datetime(2026, 1, 1, tzinfo=UTC))
    assert made is not None
    assert made.exists()


def test_a_project_is_backed_up_before_it_is_migrated(path, monkeypatch):
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setitem(schema.MIGRATIONS, schema.VERSION - 1, lambda connection: None)
    Project.open(path).close()
    (backup,) = backups.listing(path)
    with closing(sqlite3.connect(backup.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION - 1,)


# Verify and repair


def test_verify_names_rows_that_belong_to_nothing(path):
    raw(
        path,
        "UPDATE videos SET removed = 1",
        "DELETE FROM steps WHERE edit = 2",
        "UPDATE steps SET operations = 'x' WHERE edit = 5",
        "UPDATE segments SET extra = '{' WHERE id = 7",
        "UPDATE segments SET label = 9 WHERE id = 8",
    )
    with Project.open(path) as project:
        assert project.verify() == [
            "segments: row 8 has no row of labels",
            "400 segments of videos that were removed",
            "1 edits of the history without what they did",
            "segments: row 7 holds a damaged text",
            "history: what the edit 5 did is damaged, it cannot be undone",
        ]


def test_a_sound_project_is_repaired_to_its_equal(path, tmp_path):
    with Project.open(path) as project:
        project.apply(AddSegment(1, 1, 1.0, 2.0))  # waits in the log
        log = path.with_name("p.etp-wal").read_bytes()
        content = path.read_bytes()
        out = repaired_name(path)
        assert repair(path, out) == []
        with Project.open(out) as repaired:
            assert repaired.segments() == project.segments()
            assert repaired.history() == project.history()
            assert repaired.videos() == project.videos()
            assert [line for line in repaired.verify() if "missing" not in line] == []
            repaired.undo()
            repaired.apply(AddLabel("run"))
        assert (path.read_bytes(), path.with_name("p.etp-wal").read_bytes()) == (content, log)
    with pytest.raises(ProjectError, match="a repaired project is a new file"):
        repair(path, out)


def test_of_a_damaged_project_all_that_can_be_read_is_saved(path, tmp_path):
    whole, before = path.read_bytes(), {(s.id, s.start, s.end) for s in segments(path)}
    pages = len(whole) // 4096
    chance = random.Random(3)
    saved = []
    for page in range(1, pages):
        data = bytearray(whole)
        data[page * 4096 : (page + 1) * 4096] = chance.randbytes(4096)
        damaged, out = tmp_path / f"d{page}.etp", tmp_path / f"out{page}.etp"
        damaged.write_bytes(data)
        try:
            repair(damaged, out)
        except ProjectError as error:
            assert str(error).startswith(str(damaged))
            assert not out.exists()
            saved.append(0)
            continue
        assert damaged.read_bytes() == data
        with Project.open(out) as project:
            found = {(s.id, s.start, s.end) for s in project.segments()}
            assert [line for line in project.verify() if "missing" not in line] == []
        assert found <= before
        saved.append(len(found))
    assert sum(count == 400 for count in saved) > pages / 2
    assert sum(count > 250 for count in saved) > 0.8 * pages


def test_lost_labels_get_a_stand_in_so_that_no_segment_goes_with_them(path, tmp_path):
    raw(path, "DELETE FROM labels")
    assert repair(path, tmp_path / "out.etp") == [
        "labels: 'lost label 1' stands for one that cannot be read"
    ]
    assert len(segments(tmp_path / "out.etp")) == 400


def test_an_empty_project_is_repaired_to_one(tmp_path):
    Project.create(tmp_path / "p.etp").close()
    assert repair(tmp_path / "p.etp", tmp_path / "out.etp") == []
    assert segments(tmp_path / "out.etp") == []


def test_a_project_that_cannot_be_merged_is_named_itself(path, tmp_path):
    newer = tmp_path / "newer.etp"
    shutil.copyfile(path, newer)
    raw(newer, "PRAGMA user_version = 999")
    with Project.open(path) as project, pytest.raises(ProjectError) as caught:
        project.merge(newer)
    assert str(caught.value).startswith(f"{newer}: was made by a newer version")


def test_what_is_no_project_is_not_repaired(tmp_path):
    (tmp_path / "x.etp").write_bytes(bytes(10_000))
    with pytest.raises(ProjectError):
        repair(tmp_path / "x.etp", tmp_path / "out.etp")
    assert not (tmp_path / "out.etp").exists()
    with pytest.raises(ProjectError, match="cannot be read"):
        repair(tmp_path / "no.etp", tmp_path / "out.etp")


def test_looking_at_an_open_project_never_takes_its_locks_away(tmp_path):
    """On POSIX, closing a file once more would: another program then removes the log."""
    path = tmp_path / "p.etp"
    with Project.create(path) as project:
        project.apply(AddLabel("wave"))
        Project.open(path).close()  # as the review of the window does
        script = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
            "c.execute('SELECT count(*) FROM labels').fetchone(); c.close()"
        )
        subprocess.run([sys.executable, "-c", script, str(path)], check=True)
        project.apply(AddLabel("jump"))
        assert [label.name for label in project.labels()] == ["wave", "jump"]
    with Project.open(path) as project:
        assert [label.name for label in project.labels()] == ["wave", "jump"]
