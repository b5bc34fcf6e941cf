"""The commands `etp project …` and `etp convert`."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from etp_core.annotations import Annotations, Segment
from etp_core.evolution import Evolution, ProposalList
from etp_core.formats import read, write
from etp_core.project import AddLabel, AddSegment, AddVideo, MoveSegment, Project, RelinkVideo

VIDEOS = Path(os.environ.get("ETP_SHARED", "../shared")) / "data" / "biisc"
needs_videos = pytest.mark.skipif(
    not VIDEOS.is_dir(), reason="the shared recordings are not here (ETP_SHARED)"
)


def etp(*arguments, code=0):
    """Run the command; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "etp_core", *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    if code:
        assert done.stderr.startswith("etp: ")
        assert done.stderr.count("\n") == 1
        return done.stderr
    return done.stdout


@needs_videos
def test_the_commands_make_fill_check_and_export_a_project(tmp_path):
    shutil.copyfile(VIDEOS / "videos" / "S001_STD_FCE.mp4", tmp_path / "S001_STD_FCE.mp4")
    project, truth = tmp_path / "p.etp", VIDEOS / "annotations.json"
    etp("project", "new", project)
    assert "exists already" in etp("project", "new", project, code=2)
    films = tmp_path / "S001_STD_FCE.mp4", VIDEOS / "videos" / "S001_STD_LFT.mp4"
    printed = etp("project", "add", project, *films, "--annotations", truth)
    assert printed == ("added 2 videos, 16 segments\nleft out 751 segments of other videos\n")
    assert "already" in etp("project", "add", project, films[0], code=2)
    title = etp("project", "history", project).splitlines()[-1]
    assert title.endswith("  Add 2 videos and import annotations.json")
    printed = etp("project", "info", project)
    assert "2 videos, 16 segments, 8 labels" in printed
    assert "video S001_STD_FCE.mp4: 50.300 s, 503 frames, 8 segments" in printed
    assert etp("project", "verify", project) == "all is well\n"

    out = tmp_path / "out.json"
    etp("project", "export", project, out)
    exported, original = read(out), read(truth)
    videos = ("S001_STD_FCE", "S001_STD_LFT")
    assert exported.segments == [row for row in original.segments if row.video in videos]
    assert "--force" in etp("project", "export", project, out, code=2)
    assert "the project itself" in etp("project", "export", project, project, "--force", code=2)
    etp("project", "export", project, tmp_path / "out.csv")
    row = read(tmp_path / "out.csv").segments[0]
    assert (row.start, row.start_frame, row.end_frame) == (1.3, 13, 48)

    with films[0].open("r+b") as file:
        file.write(b"changed")
    with Project.open(project) as opened:
        opened.apply(RelinkVideo(2, tmp_path / "gone.mp4"))
    assert "2 problems" in etp("project", "verify", project, code=1)


def test_the_command_convert_goes_by_content_and_suffix_and_overwrites_only_by_force(tmp_path):
    truth = Annotations.of([Segment("a", "wave", 1.0, 2.0)])
    write(truth, tmp_path / "a.csv")
    etp("convert", tmp_path / "a.csv", tmp_path / "a.json")
    assert "--force" in etp("convert", tmp_path / "a.csv", tmp_path / "a.json", code=2)
    etp("convert", tmp_path / "a.json", tmp_path / "b.txt", "--from", "activitynet", "--to", "csv")
    assert read(tmp_path / "b.txt").segments == truth.segments
    assert "no such file" in etp("convert", tmp_path / "no.csv", tmp_path / "c.csv", code=2)
    assert "'.xyz'" in etp("convert", tmp_path / "a.csv", tmp_path / "c.xyz", code=2)
    assert "no format 'abc'" in etp(
        "convert", tmp_path / "a.csv", tmp_path / "c", "--to", "abc", code=2
    )


def test_force_gives_up_neither_a_project_nor_a_video(tmp_path):
    write(Annotations.of([Segment("a", "wave", 1.0, 2.0)]), tmp_path / "a.csv")
    Project.create(tmp_path / "p.etp").close()
    (tmp_path / "a.mp4").write_bytes(b"a film")
    for name, what in (("p.etp", "project"), ("a.mp4", "video")):
        before = (tmp_path / name).read_bytes()
        forced = ("convert", tmp_path / "a.csv", tmp_path / name, "--to", "csv", "--force")
        assert f"is a {what}" in etp(*forced, code=2)
        assert (tmp_path / name).read_bytes() == before
    assert "standard output" in etp("convert", tmp_path / "a.csv", "-", "--to", "csv", code=2)


@pytest.fixture
def filled(tmp_path):
    path = tmp_path / "p.etp"
    with Project.create(path, author="ann") as project:
        project.apply(AddVideo(tmp_path / "a.mp4", "print", 100, 10.0, 10.0, 32, 24))
        project.apply(AddLabel("wave"))
        project.apply(AddSegment(1, 1, 1.0, 2.0))
    return path


def test_runs_are_listed_and_deleted_for_good(filled):
    with Project.open(filled) as project:
        found = Evolution(
            "a.mp4", ("wave",), np.arange(2.0), np.zeros((2, 2)), *[ProposalList.empty()] * 3,
            model="ours",
        )  # fmt: skip
        first, second = (project.add_run(1, found, {}) for _ in range(2))
    lines = etp("project", "runs", filled).splitlines()
    assert [line.split()[0] for line in lines] == [str(first), str(second)]
    assert lines[0].endswith("  a.mp4  ours")
    assert len(etp("project", "runs", filled, "--delete", first).splitlines()) == 1
    assert "holds no number as large" in etp("project", "runs", filled, "--delete", 10**30, code=2)
    assert "no run 1 in" in etp("project", "runs", filled, "--delete", first, code=2)


def test_the_history_is_listed_and_a_step_of_it_told(filled):
    printed = etp("project", "history", filled).splitlines()
    assert [line.split("ann  ")[-1] for line in printed] == [
        "Add video a.mp4",
        "Add label wave",
        "Add wave",
    ]
    assert len(etp("project", "history", filled, "--newest", 1).splitlines()) == 1
    assert etp("project", "history", filled, "--step", 3) == (
        "wave in a.mp4: nothing → 1.000 – 2.000 s, label wave, annotator ann\n"
    )


def test_two_projects_are_merged_into_a_third_and_conflicts_need_a_word(filled, tmp_path):
    other, out = tmp_path / "q.etp", tmp_path / "out.etp"
    shutil.copyfile(filled, other)
    for path, end in ((filled, 2.5), (other, 3.0)):
        with Project.open(path) as project:
            project.apply(MoveSegment(1, 1.0, end))
            project.apply(AddSegment(1, 1, end + 2, end + 3))
    before = filled.read_bytes(), other.read_bytes()
    assert "1 conflict; --prefer" in etp("project", "merge", filled, other, "--out", out, code=1)
    assert not out.exists()
    printed = etp("project", "merge", filled, other, "--out", out, "--prefer", "theirs")
    assert printed == "1 conflict decided for theirs\n1 segment added\n"
    with Project.open(out) as project:
        assert [s.end for s in project.segments()] == [3.0, 5.5, 6.0]
        assert project.videos()[0].path == tmp_path / "a.mp4"
    assert (filled.read_bytes(), other.read_bytes()) == before
    again = ("project", "merge", filled, other, "--out")
    assert "--force" in etp(*again, out, code=2)
    assert "is one of the projects" in etp(*again, other, "--force", code=2)
    same = ("project", "merge", filled, filled, "--out", tmp_path / "new.etp")
    assert "is the same project" in etp(*same, code=2)
    assert sorted(file.name for file in tmp_path.glob("*.etp*")) == ["out.etp", "p.etp", "q.etp"]


def test_backups_are_made_listed_and_restored(filled, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert etp("project", "backups", filled).startswith("0 backups in ")
    assert etp("project", "backups", filled, "--make").startswith("made ")
    assert etp("project", "backups", filled, "--make").startswith("nothing has changed")
    both = ("project", "backups", filled, "--make", "--restore", "x")
    assert "only one of them" in etp(*both, code=2)
    name = etp("project", "backups", filled).splitlines()[1].split()[0]
    printed = etp("project", "backups", filled, "--restore", name, "--out", tmp_path / "r.etp")
    assert printed == f"restored to {tmp_path / 'r.etp'}\n"
    assert etp("project", "history", tmp_path / "r.etp") == etp("project", "history", filled)
    assert "has no backup x" in etp("project", "backups", filled, "--restore", "x", code=2)


def test_a_damaged_project_is_told_and_repaired(filled, tmp_path):
    data = bytearray(filled.read_bytes())
    data[4096 * 2 : 4096 * 3] = bytes(4096)
    filled.write_bytes(data)
    out = tmp_path / "out.etp"
    assert etp("project", "repair", filled, "--out", out).endswith(f"is in {out}\n")
    assert filled.read_bytes() == data
    with Project.open(out) as project:
        assert len(project.segments()) == 1
    assert "a repaired project is a new file" in etp(
        "project", "repair", filled, "--out", out, code=2
    )


def test_a_project_of_a_stranger_reads_videos_only_and_writes_nowhere(filled, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    work = tmp_path / "work"
    work.mkdir()
    hostile = work / "p.etp"
    shutil.copyfile(filled, hostile)
    for path in ("../secret.txt", str(secret), "file:../secret.txt", "concat:../secret.txt"):
        raw = sqlite3.connect(hostile)
        raw.execute("UPDATE videos SET path = ?", (path,))
        raw.commit()
        raw.close()
        before = sorted(tmp_path.rglob("*"))
        etp("project", "info", hostile)
        etp("project", "export", hostile, work / "out.csv", "--force")
        assert "secret" not in (work / "out.csv").read_text().replace("secret.txt", "").replace(
            "secret,", ""
        )
        assert set(tmp_path.rglob("*")) - set(before) <= {work / "out.csv"}
        assert secret.read_text() == "secret"
