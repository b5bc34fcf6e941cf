"""The commands `etp project …` and `etp convert`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from etp_core.annotations import Annotations, Segment
from etp_core.formats import read, write
from etp_core.project import Project, RelinkVideo

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
