"""What is written opens in the neighbours' own software, and what they write is read."""

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import opentimelineio
import pympi
import pysubs2
import pytest
import webvtt

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import Clock, read, recognise, write
from etp_core.project import AddVideo, Project

SHARED = Path(os.environ.get("ETP_SHARED", "../shared")) / "data"
needs_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared data is not here (ETP_SHARED)"
)
BORIS = os.environ.get("ETP_BORIS_PYTHON", "")
needs_boris = pytest.mark.skipif(
    not BORIS, reason="no Python with boris-behav-obs is named (ETP_BORIS_PYTHON)"
)

CUTS = np.arange(301) * 1001 / 30000
CLOCK = Clock(lambda video: CUTS)
ROWS = [
    Segment("clip", "größe & <b>wave</b>", float(CUTS[3]), float(CUTS[31]), reviewer="ann"),
    Segment("clip", "run", float(CUTS[20]), float(CUTS[21]), reviewer="ann"),
    Segment("clip", "走る", float(CUTS[200]), float(CUTS[299]), reviewer="Bob"),
]


def spans(rows):
    return sorted((row.label, row.start, row.end) for row in rows)


def in_milliseconds(rows):
    return sorted((row.label, round(row.start * 1000), round(row.end * 1000)) for row in rows)


def test_pympi_reads_our_eaf_and_we_read_pympis(tmp_path):
    path = tmp_path / "clip.eaf"
    write(Annotations.of(ROWS), path, clock=CLOCK)
    document = pympi.Elan.Eaf(str(path))
    assert sorted(document.get_tier_names()) == ["Bob", "ann", "ann (2)"]
    found = [
        (label, start, end)
        for tier in document.get_tier_names()
        for start, end, label in document.get_annotation_data_for_tier(tier)
    ]
    assert sorted(found) == in_milliseconds(ROWS)
    assert document.get_linked_files()[0]["MIME_TYPE"] == "video/mp4"

    theirs = pympi.Elan.Eaf(author="else")
    theirs.add_linked_file("file:///C:/videos/clip.mp4", mimetype="video/mp4")
    theirs.add_tier("hands")
    theirs.add_annotation("hands", 667, 1001, "wave")
    theirs.add_linguistic_type("ref", "Symbolic_Association", timealignable=False)
    theirs.add_tier("gloss", "ref", parent="hands")
    theirs.add_ref_annotation("gloss", "hands", 700, "hello")
    theirs.to_file(tmp_path / "theirs.eaf")
    back = read(tmp_path / "theirs.eaf", clock=CLOCK)
    assert [(s.video, s.label, s.start, s.end) for s in back.segments] == [
        ("clip", "wave", float(CUTS[20]), float(CUTS[30]))
    ]
    assert json.loads(back.segments[0].extra) == {"tier": "hands"}
    assert "left out: 1 annotation with reference to others" in back.notes[0]


def test_webvtt_py_reads_our_cues_and_we_read_its(tmp_path):
    path = tmp_path / "clip.vtt"
    write(Annotations.of(ROWS), path, clock=CLOCK)
    cues = webvtt.read(path)
    assert [cue.start for cue in cues] == ["00:00:00.100", "00:00:00.667", "00:00:06.673"]
    assert [cue.raw_text for cue in cues][1:] == ["run", "走る"]
    theirs = webvtt.WebVTT()
    theirs.captions.append(webvtt.Caption("00:00:00.667", "00:00:01.001", "<v Ann>wave &amp; run"))
    theirs.save(str(tmp_path / "theirs.vtt"))
    (row,) = read(tmp_path / "theirs.vtt", clock=CLOCK).segments
    assert (row.label, row.start, row.end) == ("wave & run", float(CUTS[20]), float(CUTS[30]))


def test_pysubs2_reads_our_subtitles_and_we_read_its(tmp_path):
    for name in ("srt", "vtt"):
        path = tmp_path / f"clip.{name}"
        write(Annotations.of(ROWS[1:]), path, clock=CLOCK)
        events = pysubs2.load(str(path))
        assert sorted((e.plaintext, e.start, e.end) for e in events) == in_milliseconds(ROWS[1:])
        theirs = pysubs2.SSAFile()
        theirs.append(pysubs2.SSAEvent(667, 1001, "wave"))
        theirs.save(str(tmp_path / f"theirs.{name}"))
        (row,) = read(tmp_path / f"theirs.{name}", clock=CLOCK).segments
        assert (row.label, row.start, row.end) == ("wave", float(CUTS[20]), float(CUTS[30]))


def test_opentimelineio_reads_our_timelines(tmp_path):
    rows = [*ROWS, Segment("clip", "run", 0.5, 1.5, score=0.75, stage="localization")]
    annotations = Annotations({"clip": VideoEntry(duration=10.01, fps=30000 / 1001)}, rows)
    write(annotations, tmp_path / "clip.otio", clock=CLOCK)
    timeline = opentimelineio.adapters.read_from_file(str(tmp_path / "clip.otio"))
    tracks = {track.name: track for track in timeline.tracks}
    assert list(tracks) == ["ground_truth", "localization"]
    markers = tracks["ground_truth"][0].markers
    assert [marker.name for marker in markers] == [row.label for row in ROWS]
    second = markers[1].marked_range
    assert (second.start_time.value, second.duration.value) == (20, 1)
    assert tracks["localization"][0].markers[0].metadata["etp_studio"]["score"] == 0.75
    assert tracks["ground_truth"].duration().value == 300


@needs_boris
def test_boris_opens_our_project_without_a_complaint_and_we_read_what_it_writes(tmp_path):
    path, table, copy = (tmp_path / name for name in ("clip.boris", "out.csv", "copy.boris"))
    rows = [*ROWS, Segment("clip", "run", float(CUTS[10]), float(CUTS[30]), reviewer="ann")]
    entry = VideoEntry(duration=float(CUTS[-1]), fps=30000 / 1001)
    write(Annotations({"clip": entry}, rows), path, clock=CLOCK)
    script = Path(__file__).with_name("boris_reads.py")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [BORIS, script, path, table, copy],
        capture_output=True,
        text=True,
        env=environment | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"integrity": "", "message": "", "rows": 4}
    for file, name in ((table, "boris-csv"), (copy, "boris")):
        assert recognise(file).name == name
        back = read(file, clock=CLOCK).segments
        assert spans(back) == spans(rows)
        assert Counter(row.reviewer for row in back) == {"ann": 3, "Bob": 1}


# --- The data that is published ----------------------------------------------------------------


def videos_of(annotations, folder):
    """An edit a video, as if the file were there."""
    return [
        AddVideo(folder / f"{name}.mp4", "", entry.frames or 0, entry.duration, entry.fps, 320, 240)
        for name, entry in annotations.videos.items()
    ]


@needs_data
def test_thumos14_goes_from_text_through_a_project_to_text_without_loss(tmp_path):
    folder = SHARED / "thumos14" / "annotation"
    annotations = read(folder)
    with Project.create(tmp_path / "p.etp") as project:
        project.add(videos_of(annotations, tmp_path), annotations, "thumos14")
        write(project.annotations(), tmp_path / "out", "thumos14")

    def rows(place):
        return {
            file.name: Counter(re.sub(" +", " ", line) for line in file.read_text().splitlines())
            for file in place.glob("*_*.txt")
        }

    assert rows(tmp_path / "out") == rows(folder)


@needs_data
def test_the_recordings_json_goes_through_a_project_without_loss(tmp_path):
    file = SHARED / "biisc" / "annotations.json"
    annotations = read(file)
    with Project.create(tmp_path / "p.etp") as project:
        project.add(videos_of(annotations, tmp_path), annotations, "biisc")
        assert any(segment.unsure for segment in project.segments())
        write(project.annotations(), tmp_path / "out.json", "activitynet")
    before, after = json.loads(file.read_text()), json.loads((tmp_path / "out.json").read_text())
    for document in (before, after):
        for entry in document["database"].values():
            entry["annotations"].sort(key=lambda row: (row["segment"], row["label"]))
            entry.setdefault("ambiguous", [])
    assert after == before


def test_the_tags_of_subtitles_are_no_part_of_a_label_and_no_label_may_hold_one(tmp_path):
    subtitles = pysubs2.SSAFile()
    subtitles.append(pysubs2.SSAEvent(start=1000, end=2000, text="{\\i1}wave{\\i0}\\Nagain <3"))
    for name in ("srt", "vtt"):
        subtitles.save(str(tmp_path / f"a.{name}"))
        assert [row.label for row in read(tmp_path / f"a.{name}").segments] == ["wave again <3"]
    tagged = Annotations.of([Segment("a", "a <b>bold</b> move", 1.0, 2.0)])
    write(tagged, tmp_path / "b.vtt")
    assert read(tmp_path / "b.vtt").segments[0].label == "a <b>bold</b> move"
    with pytest.raises(InputError, match="would be taken for a tag"):
        write(tagged, tmp_path / "b.srt")
