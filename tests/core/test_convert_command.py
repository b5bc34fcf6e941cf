"""`etp convert` and `etp project import`: every format by its name, exact with the videos."""

import json
import subprocess
import sys

import barcode
import pytest

from etp_core.annotations import Annotations, Segment
from etp_core.formats import FORMATS, read, write
from etp_core.project import AddLabel, AddSegment, Project, interchange, probe
from etp_core.video import VideoReader

NAMES = (
    "csv activitynet activitynet-results thumos14 ssn boris boris-csv eaf via label-studio "
    "fiftyone otio webvtt srt losslesscut audacity"
)


def etp(*arguments, code=0):
    """Run the command; returns what it printed on both streams."""
    done = subprocess.run(
        [sys.executable, "-m", "etp_core", *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def film(tmp_path):
    """A video of variable frame rate, in a folder of its own."""
    path = tmp_path / "videos" / "phone.mp4"
    path.parent.mkdir()
    barcode.write(path, barcode.variable(120))
    return path


def test_the_formats_have_the_names_of_the_command_line():
    assert sorted(FORMATS) == sorted(NAMES.split())


def test_frames_are_those_of_the_videos(tmp_path, film):
    with VideoReader(film) as reader:
        cuts = reader.cuts.tolist()
    rows = [
        Segment("phone", "wave", cuts[7], cuts[9]),
        Segment("phone", "wave", cuts[50], cuts[61]),
    ]
    write(Annotations.of(rows), tmp_path / "a.csv")
    videos = ("--videos", film.parent)
    etp("convert", tmp_path / "a.csv", tmp_path / "ls.json", "--to", "label-studio", *videos)
    (task,) = json.loads((tmp_path / "ls.json").read_text())
    ranges = [r["value"]["ranges"][0] for r in task["annotations"][0]["result"]]
    assert ranges == [{"start": 8, "end": 9}, {"start": 51, "end": 61}]
    etp("convert", tmp_path / "ls.json", tmp_path / "srt", "--to", "srt", *videos)
    assert [file.name for file in (tmp_path / "srt").iterdir()] == ["phone.srt"]
    etp("convert", tmp_path / "srt", tmp_path / "b.csv", *videos)
    assert read(tmp_path / "b.csv").segments == rows
    said = etp("convert", tmp_path / "a.csv", tmp_path / "x.json", "--to", "fiftyone", code=2)
    assert "give the videos" in said and not (tmp_path / "x.json").exists()
    assert "--force" in etp("convert", tmp_path / "a.csv", tmp_path / "b.csv", code=2)


def test_what_has_no_place_in_a_format_is_told(tmp_path):
    rows = [Segment("v", "wave", 1.0, 2.0), Segment("v", "wave", 1.0, 2.0, 0.5, "localization")]
    write(Annotations.of(rows), tmp_path / "a.csv")
    said = etp("convert", tmp_path / "a.csv", tmp_path / "v.vtt")
    assert said == (
        "etp: note: left out: 1 segment of the stage localization, which has no place in WebVTT\n"
    )
    write(Annotations.of(rows[1:]), tmp_path / "b.csv")
    said = etp("convert", tmp_path / "b.csv", tmp_path / "w.vtt")
    assert "w.vtt: does not name its video; call the file v.vtt, or say --video v" in said
    assert len(read(tmp_path / "w.vtt").segments) == 1


def test_an_import_is_told_before_and_done_in_one_step(tmp_path, film):
    with Project.create(tmp_path / "p.etp") as project:
        project.apply(probe(film))
        project.apply(AddLabel("wave"))
        project.apply(AddSegment(1, 1, 0.5, 1.0))
        steps = len(project.history())
    (tmp_path / "other name.srt").write_text(
        "1\n00:00:00,501 --> 00:00:01,200\nwave\n\n2\n00:00:01,500 --> 00:00:02,000\nsit\n\n"
    )
    arguments = ("project", "import", tmp_path / "p.etp", tmp_path / "other name.srt")
    refused = etp(*arguments, code=2)
    assert "a video is not in the project: other name" in refused and "--video" in refused
    assert etp(*arguments, "--dry-run", code=2) == refused
    said = "2 segments of 1 video that is not in the project, left out: other name\n"
    assert etp(*arguments, "--dry-run", "--skip-unknown") == said
    assert "nan is no frame rate" in etp(*arguments, "--fps", "nan", code=2)
    with Project.open(tmp_path / "p.etp"):  # as the window would
        said = etp(*arguments, "--video", "phone", "--dry-run", code=2)
        assert "cannot be changed, because another program has it open" in said
    said = etp(*arguments, "--video", "phone", "--differing", "file", "--dry-run")
    assert said == (
        "1 segment new\n"
        "1 segment with other boundaries than in the project: each takes its place\n"
        "1 new label: sit\n"
    )
    with Project.open(tmp_path / "p.etp") as project:
        assert len(project.history()) == steps
    etp(*arguments, "--video", "phone", "--differing", "file")
    with Project.open(tmp_path / "p.etp") as project:
        assert len(project.history()) == steps + 1
        assert len(project.segments()) == 2


def test_a_project_goes_out_in_every_format(tmp_path, film):
    with Project.create(tmp_path / "p.etp") as project:
        project.apply(probe(film))
        project.apply(AddLabel("wave"))
        project.apply(AddSegment(1, 1, 0.5, 1.0))
        for name in FORMATS:
            interchange.save(project, tmp_path / "out" / name, name)
    assert '"phone.mp4"' in (tmp_path / "out" / "boris").read_text()
    found = {file.name for file in (tmp_path / "out").iterdir()}
    assert found == {*FORMATS, "classes.txt"}
