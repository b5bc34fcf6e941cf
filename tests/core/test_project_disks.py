"""Where a project file lies and who else is there: network disks, other people, links."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from study import segments, study

from etp_core import lock
from etp_core.errors import ProjectError
from etp_core.project import AddLabel, AddSegment, Project, backups, disk, store
from etp_core.project.repair import repair


@pytest.fixture
def path(tmp_path):
    return study(tmp_path / "work" / "p.etp")


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
