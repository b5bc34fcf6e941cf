"""What is done so that no work is lost: backups, repair, and refusing where it could be."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etp_core import lock
from etp_core.errors import ProjectError
from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    MoveSegment,
    Project,
    backups,
    disk,
    schema,
    store,
)
from etp_core.project.repair import repair, repaired_name


@pytest.fixture
def path(tmp_path):
    """A project of one video, one label, and 400 segments added by single edits and at once."""
    path = tmp_path / "work" / "p.etp"
    with Project.create(path, author="ann") as project:
        project.apply(AddVideo(path.parent / "a.mp4", "print", 100, 10.0, 10.0, 32, 24))
        project.apply(AddLabel("wave"))
        project.apply(Batch(tuple(AddSegment(1, 1, i / 100, 9.0) for i in range(380)), "Many"))
        for i in range(20):
            project.apply(AddSegment(1, 1, i / 10, 5.0))
    return path


def segments(path):
    with Project.open(path) as project:
        return project.segments()


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


# Disks

TABLE = """\
20 1 8:1 / / rw - ext4 /dev/sda1 rw
21 20 0:30 / /home rw - nfs4 server:/home rw,vers=4.2,local_lock=none
22 20 0:31 / /old rw - nfs server:/old rw,nolock
23 20 0:32 / /mnt/my\\040share rw - cifs //nas/share rw,nobrl
24 20 0:33 / /ssh rw - fuse.sshfs me@host: rw
25 20 8:2 / /usb rw - fuseblk /dev/sdb1 rw
26 21 8:3 / /home/local rw - ext4 /dev/sda3 rw
27 20 0:34 / /dav rw - fuse https://cloud/dav rw
28 20 0:35 / /bound rw - fuse /data rw
29 20 0:36 / /host rw - virtiofs shared rw
"""


@pytest.mark.parametrize(
    ("place", "network", "locks"),
    [
        ("/data/p.etp", "", True),
        ("/home/ann/p.etp", "nfs4", True),
        ("/homes/p.etp", "", True),
        ("/old/p.etp", "nfs", False),
        ("/mnt/my share/p.etp", "cifs", False),
        ("/ssh/p.etp", "fuse.sshfs", False),
        ("/usb/p.etp", "", True),
        ("/home/local/p.etp", "", True),
        ("/dav/p.etp", "fuse", False),
        ("/bound/p.etp", "", True),
        ("/host/p.etp", "virtiofs", True),
    ],
)
def test_network_disks_are_told_by_the_table_of_mounts(place, network, locks):
    assert disk.disk_of(place, TABLE) == disk.Disk(network, locks)


def test_on_a_network_disk_with_locks_no_log_is_shared_in_memory(path, monkeypatch):
    monkeypatch.setattr(store, "disk_of", lambda _: disk.Disk("nfs4"))
    with Project.open(path) as project:
        assert project.read_only == ""
        project.apply(AddSegment(1, 1, 1.0, 2.0))
        assert project._store.rows("PRAGMA journal_mode")[0][0] == "delete"
        with Project.open(path) as second:
            assert second.read_only == "another program has it open"
            project.apply(AddSegment(1, 1, 2.0, 3.0))
            assert second.segments() == project.segments()
    assert [file.name for file in path.parent.iterdir()] == ["p.etp"]


@pytest.fixture
def no_locks(path, monkeypatch):
    """The project's folder lies on a disk without locks."""

    def disk_of(place):
        inside = Path(place).is_relative_to(path.parent)
        return disk.Disk("fuse.sshfs", locks=False) if inside else disk.Disk()

    monkeypatch.setattr(store, "disk_of", disk_of)
    monkeypatch.setattr(backups, "disk_of", disk_of)


def test_on_a_network_disk_without_locks_a_project_is_only_looked_at(path, no_locks, tmp_path):
    with Project.open(path) as project:
        assert "network disk without locks" in project.read_only
        with pytest.raises(ProjectError, match=r"cannot be changed, because .*fuse\.sshfs"):
            project.apply(AddLabel("run"))
        with project.save_as(tmp_path / "copy.etp") as copy:
            copy.apply(AddLabel("run"))
    with pytest.raises(ProjectError, match=r"new\.etp: nobody could edit it there"):
        Project.create(path.with_name("new.etp"))
    assert [file.name for file in path.parent.iterdir()] == ["p.etp"]


def test_a_network_disk_whose_locks_are_not_those_of_sqlite_counts_as_one_without(
    path, monkeypatch
):
    monkeypatch.setattr(store, "disk_of", lambda _: disk.Disk("cifs"))
    assert lock.lockable(path.parent)
    monkeypatch.setattr(store, "lockable", lambda _: False)
    with Project.open(path) as project:
        assert "network disk without locks" in project.read_only
    with pytest.raises(ProjectError, match="nobody could edit it there"):
        Project.create(path.with_name("new.etp"))


# Another program, on a disk whose locks it does not see; it does its last argument.
LOOKER = """
import sys
from pathlib import Path
from etp_core.project import Project, backups, disk, store
for room in (store, backups):
    room.disk_of = lambda path: disk.Disk("fuse.sshfs", locks=False)
path = Path(sys.argv[1])
exec(sys.argv[2])
"""
LOOK = {
    "opened": "print(len(Project.open(path).segments()))",
    "backed up": "print(len(Project.open(backups.make(path)).segments()))",
    "merged": """
with store.opened_copy(path) as found:
    print(found.execute("SELECT count(*) FROM segments").fetchone()[0])""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="there a file that is closed keeps its locks")
@pytest.mark.parametrize("look", LOOK.values(), ids=LOOK)
def test_who_looks_from_a_disk_without_locks_does_no_harm_to_who_writes(path, look):
    with Project.open(path) as writer:
        writer.apply(AddSegment(1, 1, 1.0, 2.0))
        # Closing a file gives up this process's locks on it: nobody sees them.
        before = {file: file.read_bytes() for file in path.parent.iterdir()}
        seen = subprocess.run(
            [sys.executable, "-c", LOOKER, str(path), look], capture_output=True, text=True
        )
        assert seen.stdout == "401\n", seen.stderr  # with what waits in the log
        assert {file: file.read_bytes() for file in path.parent.iterdir()} == before
        for i in range(5):
            writer.apply(AddSegment(1, 1, 1.0, 3.0 + i))
        assert len(writer.segments()) == 406
    assert len(segments(path)) == 406


# A program that is killed while it writes a transaction into the file itself.
KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = DELETE")
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE segments SET end_s = end_s + 1000")
os._exit(0)
"""


def test_who_looks_from_a_disk_without_locks_sees_no_half_written_transaction(path, no_locks):
    before = segments(path)
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=True)
    assert path.with_name("p.etp-journal").stat().st_size
    assert segments(path) == before


def test_who_looks_from_a_disk_without_locks_waits_for_a_copy_of_one_moment(
    path, no_locks, monkeypatch
):
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("UPDATE segments SET unsure = 1 WHERE id = 1")
        writer.commit()
        assert path.with_name("p.etp-wal").stat().st_size
        copyfile = shutil.copyfile

        def copied(source, target):
            copyfile(source, target)
            if source.name.endswith("-wal"):
                writer.close()  # its log goes into the file and is removed

        monkeypatch.setattr(shutil, "copyfile", copied)
        assert any(segment.unsure for segment in segments(path))


def test_on_a_network_disk_with_a_log_a_copy_is_read_for_others_write_it(path, monkeypatch):
    monkeypatch.setattr(store, "disk_of", lambda _: disk.Disk("nfs4"))
    monkeypatch.setattr(store.os, "access", lambda *_: False)  # an export that cannot be written
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("UPDATE segments SET unsure = 1 WHERE id = 1")
        writer.commit()
        before = {file: file.read_bytes() for file in path.parent.iterdir()}
        with Project.open(path) as project:
            assert any(segment.unsure for segment in project.segments())
            assert {file: file.read_bytes() for file in path.parent.iterdir()} == before


# Another person


def test_who_may_not_write_a_project_leaves_no_file_in_the_way_of_who_may(path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, _: Path(place) != path)
    assert len(segments(backups.make(path))) == 400
    with Project.open(path) as project:
        assert project.read_only == "the file is read-only" and len(project.segments()) == 400
        assert [file.name for file in path.parent.iterdir()] == ["p.etp"]


@pytest.mark.skipif(sys.platform == "win32", reason="there a lock has to be written")
def test_a_lock_that_another_person_left_behind_can_be_taken(path, monkeypatch):
    left, opened = path.with_name("p.etp-lock"), Path.open
    left.touch()

    def refused(self, mode="r", *options, **more):
        if self == left and "a" in mode:
            raise PermissionError(13, "Permission denied")
        return opened(self, mode, *options, **more)

    monkeypatch.setattr(Path, "open", refused)
    with Project.open(path) as project, Project.open(path) as second:
        assert project.read_only == ""
        assert second.read_only == "another program has it open"
    assert not left.exists()


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


# Links


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_to_a_project_is_the_project(path, tmp_path):
    link = tmp_path / "link.etp"
    link.symlink_to(path)
    with Project.open(link) as project:
        assert project.videos()[0].path == path.parent / "a.mp4"
        with Project.open(path) as second:
            assert second.read_only == "another program has it open"
        project.apply(AddSegment(1, 1, 1.0, 2.0))
        assert repair(link, tmp_path / "out.etp") == []  # with what waits in the log
    assert len(segments(tmp_path / "out.etp")) == 401
    assert link.is_symlink()
    circle = tmp_path / "circle.etp"
    circle.symlink_to(circle)
    with pytest.raises(ProjectError, match=r"circle\.etp: cannot be read"):
        Project.open(circle)
