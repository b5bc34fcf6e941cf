"""An acknowledged edit is on disk whatever happens next; a failed one leaves nothing behind."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from kills import kill, new_project, segments

from etp_core.errors import ProjectError
from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    MoveSegment,
    Project,
    schema,
    writeback,
)
from etp_core.project.store import Store


@pytest.fixture
def path(tmp_path):
    new_project(tmp_path / "p.etp")
    return tmp_path / "p.etp"


def test_every_acknowledged_edit_survives_kill_9(path):
    chance = random.Random(20181107)
    outcomes = [kill(path, seed, chance.uniform(0.0, 0.15)) for seed in range(10)]
    assert sum(outcome.edits for outcome in outcomes) > 20


def test_a_log_that_was_cut_off_anywhere_holds_whole_edits_only(path, tmp_path):
    states = []
    with Project.open(path) as project:
        for i in range(12):
            parts = tuple(AddSegment(1, 1, i / 10, 1 + j / 10 + i / 10) for j in range(3))
            project.apply(Batch(parts, "Three"))
            states.append(segments(project))
        log = path.with_name("p.etp-wal").read_bytes()
        copy = tmp_path / "copy.etp"
        seen = set()
        for size in [*range(0, len(log), 7001), len(log)]:
            shutil.copyfile(path, copy)
            copy.with_name("copy.etp-wal").write_bytes(log[:size])
            with Project.open(copy) as cut:
                seen.add(len(segments(cut)))
                assert segments(cut) in ([], *states)
                assert not [p for p in cut.verify() if "missing" not in p]
    assert {0, 36} < seen


def test_the_file_is_written_through_to_the_disk_at_every_commit(path):
    store = Store(path)
    assert store.rows("PRAGMA journal_mode")[0][0] == "wal"
    assert store.rows("PRAGMA synchronous")[0][0] == 2  # FULL
    assert store.rows("PRAGMA foreign_keys")[0][0] == 1
    store.close()


def test_the_log_is_written_back_in_a_pause_and_not_within_an_edit(path, tmp_path, monkeypatch):
    monkeypatch.setattr(writeback, "EDITS", 5)
    monkeypatch.setattr(writeback, "PAUSE", 0.3)

    def in_file():
        file.seek(0)
        (tmp_path / "alone.etp").write_bytes(file.read())  # without its log
        with closing(sqlite3.connect(tmp_path / "alone.etp")) as alone:
            return alone.execute("SELECT count(*) FROM segments").fetchone()[0]

    # closing the file would take the locks of SQLite away
    with path.open("rb") as file, Project.open(path) as project:
        for i in range(12):
            project.apply(AddSegment(1, 1, 1.0, 2.0 + i / 10))
            assert in_file() == 0
        end = time.monotonic() + 10
        while in_file() != 12 and time.monotonic() < end:
            time.sleep(0.01)
        assert in_file() == 12
        for i in range(5):
            project.apply(AddSegment(1, 1, 1.0, 2.0 + i / 10))
        project.close()
        assert in_file() == 17
    assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer)]


def fill(project, most):
    """Add segments until it fails; returns the error."""
    for i in range(most):
        before = segments(project), project.history()
        try:
            parts = tuple(AddSegment(1, 1, j / 100, 5 + i / 1000) for j in range(100))
            project.apply(Batch(parts, "Many"))
        except ProjectError as error:
            assert (segments(project), project.history()) == before
            return str(error)
    raise AssertionError("the disk was never full")


def test_a_file_that_may_not_grow_fails_in_one_line_and_stays_as_it_was(path):
    with Project.open(path) as project:
        project._store.rows("PRAGMA max_page_count = 60")
        assert fill(project, 200) == (
            f"{path}: the disk is full; nothing was changed, free some space and try again"
        )
        project._store.rows("PRAGMA max_page_count = 100000")
        project.apply(AddSegment(1, 1, 1.0, 2.0))
        assert len(project.verify()) == 1


def test_a_full_disk_fails_in_one_line_and_the_work_goes_on_when_there_is_space(mounted):
    folder = mounted(4)
    ballast = folder / "ballast"
    path = folder / "p.etp"
    with Project.create(path) as project:
        project.apply(AddVideo(folder / "a.mp4", "print", 100, 10.0, 10.0, 32, 24))
        project.apply(AddLabel("wave"))
        ballast.write_bytes(bytes(2 << 20))
        assert "the disk" in fill(project, 1000)
        kept = segments(project)
        ballast.unlink()
        project.apply(AddLabel("run"))
        assert len(project.verify()) == 1
    with Project.open(path) as project:
        assert segments(project) == kept
        assert [label.name for label in project.labels()] == ["wave", "run"]


def test_no_project_is_left_behind_where_the_disk_is_full(mounted):
    folder = mounted(1)
    with (folder / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError):
        while True:
            ballast.write(bytes(4096))
    with pytest.raises(ProjectError, match=r"p\.etp: .*"):
        Project.create(folder / "p.etp")
    assert [file.name for file in folder.iterdir()] == ["ballast"]


@pytest.fixture
def mounted(tmp_path):
    """mounted(megabytes, …) -> a file system of that size of its own; needs root on Linux."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root on Linux")
    folders = []

    def mount(megabytes):
        folder = tmp_path / f"disk{len(folders)}"
        folder.mkdir()
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder],
            capture_output=True,
        )
        if made.returncode != 0:
            pytest.skip(f"mounting is not allowed: {made.stderr.decode().strip()}")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", "-l", folder], check=True)


def remount_read_only(folder):
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)


def assert_read_only(path, reason):
    with Project.open(path) as project:
        assert project.read_only == reason
        assert [label.name for label in project.labels()] == ["wave"]
        with pytest.raises(ProjectError, match=f"p.etp: cannot be changed, because {reason}"):
            project.apply(AddLabel("run"))
        with pytest.raises(ProjectError, match="cannot be changed"):
            project.undo()
        assert project.undo_title == "Add label wave"


def test_a_project_on_a_read_only_disk_is_shown_and_not_changed(path, mounted):
    folder = mounted(4)
    shutil.copyfile(path, folder / "p.etp")
    remount_read_only(folder)
    assert_read_only(folder / "p.etp", "the file is read-only")
    with pytest.raises(ProjectError, match="cannot be created"):
        Project.create(folder / "new.etp")


def test_edits_that_wait_in_the_log_are_seen_on_a_read_only_disk_too(path, mounted):
    folder = mounted(4)
    with Project.open(path) as project:
        project.apply(AddSegment(1, 1, 1.0, 2.0))
        shutil.copyfile(path, folder / "p.etp")
        shutil.copyfile(path.with_name("p.etp-wal"), folder / "p.etp-wal")
    remount_read_only(folder)
    with Project.open(folder / "p.etp") as project:
        assert segments(project) == [(1, [1.0, 2.0])]
        with pytest.raises(ProjectError, match="the file is read-only"):
            project.apply(AddLabel("run"))


def test_a_read_only_file_in_a_folder_that_can_be_written_is_not_changed(path):
    if os.geteuid() == 0:
        bound = subprocess.run(["mount", "--bind", path, path], capture_output=True)
        if bound.returncode != 0:
            pytest.skip("mounting is not allowed")
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", path], check=True)
            assert_read_only(path, "the file is read-only")
        finally:
            subprocess.run(["umount", "-l", path], check=True)
    else:
        path.chmod(0o444)
        assert_read_only(path, "the file is read-only")


def test_only_the_first_program_writes_and_the_next_may_when_it_has_closed(path):
    with Project.open(path) as first:
        assert_read_only(path, "another program has it open")
        with Project.open(path) as second:
            first.apply(AddSegment(1, 1, 1.0, 2.0))
            assert segments(second) == [(1, [1.0, 2.0])]  # reading on, it sees the edits
        with pytest.raises(ProjectError, match="another program has it open"):
            Project.create(path, force=True)
    with Project.open(path) as third:
        assert third.read_only == ""
    assert sorted(file.name for file in path.parent.iterdir()) == ["p.etp"]


def test_a_program_that_holds_the_file_without_our_lock_is_waited_for_and_named(path, monkeypatch):
    monkeypatch.setattr("etp_core.project.reading._WAIT", 0.1)
    other = sqlite3.connect(path, isolation_level=None)
    with Project.open(path) as project:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ProjectError, match="another program is writing the project"):
            project.apply(AddLabel("run"))
        other.execute("ROLLBACK")
        project.apply(AddLabel("run"))
    other.close()


def _text(path):
    path.write_text("video,label,start_s,end_s\n")


def _database(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (x)")
    connection.close()


REFUSED = {
    "missing": (lambda path: None, "there is no such project file"),
    "empty": (lambda path: path.touch(), "is an empty file"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "a text": (_text, "is not an ETP project file"),
    "another database": (_database, "is an SQLite file, but not an ETP project"),
}


@pytest.mark.parametrize(("make", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_project_is_refused_by_name_and_left_alone(tmp_path, make, words):
    path = tmp_path / "x.etp"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(ProjectError, match=words) as caught:
        Project.open(path)
    assert str(caught.value).startswith(str(path))
    if path.exists():
        with pytest.raises(ProjectError, match="exists already"):
            Project.create(path)
    if path.exists() and words != "is an empty file":
        with pytest.raises(ProjectError):
            Project.create(path, force=True)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [file.name for file in tmp_path.iterdir()] in ([], ["x.etp"])


def test_a_newer_project_is_refused_and_left_alone(path):
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    raw.close()
    with pytest.raises(ProjectError, match=r"newer version of ETP Studio .*update the program"):
        Project.open(path)
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA user_version").fetchone() == (schema.VERSION + 1,)
    raw.close()


def test_an_older_project_is_migrated_and_a_failing_migration_changes_nothing(path, monkeypatch):
    def fails(connection):
        connection.execute("ALTER TABLE labels ADD COLUMN key TEXT")
        raise sqlite3.OperationalError("no")

    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setitem(schema.MIGRATIONS, schema.VERSION - 1, fails)
    with pytest.raises(ProjectError):
        Project.open(path)
    monkeypatch.setitem(
        schema.MIGRATIONS,
        schema.VERSION - 1,
        lambda connection: connection.execute("ALTER TABLE labels ADD COLUMN key TEXT"),
    )
    with Project.open(path) as project:
        assert project._store.rows("SELECT key FROM labels")[0]["key"] is None
        assert [label.name for label in project.labels()] == ["wave"]


def test_a_damaged_project_never_raises_anything_but_a_readable_error(path, tmp_path):
    with Project.open(path) as project:
        project.apply(Batch(tuple(AddSegment(1, 1, i / 100, 5.0) for i in range(200)), "Many"))
    whole = path.read_bytes()
    chance = random.Random(1)
    noticed = 0
    for i in range(40):
        data = bytearray(whole)
        if i % 2:
            del data[chance.randrange(100, len(data)) :]
        else:
            at = chance.randrange(100, len(data) - 2000)
            data[at : at + 2000] = chance.randbytes(2000)
        damaged = tmp_path / f"damaged{i}.etp"
        damaged.write_bytes(data)
        try:
            with Project.open(damaged) as project:
                project.segments()
                project.apply(MoveSegment(1, 0.0, 9.0))
                noticed += any("missing" not in problem for problem in project.verify())
        except ProjectError as error:
            assert str(error).startswith(str(damaged))
            assert "\n" not in str(error)
            noticed += 1
    assert noticed > 20


def test_creating_over_a_project_needs_force_and_leaves_nothing_of_it(path):
    with pytest.raises(ProjectError, match="exists already"):
        Project.create(path)
    with Project.open(path) as project:
        project.apply(AddSegment(1, 1, 1.0, 2.0))
        log = path.with_name("p.etp-wal").read_bytes()
    path.with_name("p.etp-wal").write_bytes(log)  # as a crash leaves it
    with Project.create(path, force=True) as project:
        assert (project.videos(), project.segments(), project.history()) == ([], [], [])
