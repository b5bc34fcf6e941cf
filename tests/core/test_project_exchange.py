"""Runs, annotations in and out, and copies of a project."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from etp_core.annotations import Annotations, Segment
from etp_core.errors import ProjectError
from etp_core.evolution import STAGES, Evolution, ProposalList, Reason
from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Changes,
    DeleteSegment,
    Project,
    RemoveVideo,
)


def video(path, duration=10.0, start=0.0):
    return AddVideo(path, "", round(duration * 10), duration, 10.0, 32, 24, start)


@pytest.fixture
def project(tmp_path):
    """Video 1 (a.mp4), label 1 (wave), segment 1."""
    with Project.create(tmp_path / "p.etp", author="ann") as opened:
        opened.apply(video(tmp_path / "a.mp4"))
        opened.apply(AddLabel("wave"))
        opened.apply(AddSegment(1, 1, 1.0, 2.5))
        yield opened


def evolution(name="a.mp4", model="m"):
    """Two detections, of which one was dropped, their parents and grandparents."""
    first = ProposalList.of(
        np.array([[1.0, 2.0], [4.0, 4.5]]),
        np.array([0.8, 0.4]),
        labels=np.array([-1, 0]),
        reasons=np.array([Reason.KEPT, Reason.LENGTH], np.int8),
    )
    second = ProposalList.of(np.array([[1.1, 2.4]]), np.array([0.8]), parents=np.array([0]))
    last = ProposalList.of(
        np.array([[1.04, 2.52], [1.0, 2.0]]),
        np.array([0.9, 0.3]),
        labels=np.array([1, 1]),
        parents=np.array([0, 0]),
        reasons=np.array([Reason.KEPT, Reason.NMS], np.int8),
        suppressed_by=np.array([-1, 0]),
        completeness=np.array([1.5, -0.5]),
    )
    times = np.arange(5) / 5
    curves = np.linspace(0, 1, 15, dtype=np.float32).reshape(3, 5)
    return Evolution(name, ("run", "wave"), times, curves, first, second, last, model)


def assert_same(a, b):
    """Two evolutions are equal to the bit, and of the same types."""
    assert (a.video, a.classes, a.model) == (b.video, b.classes, b.model)
    pairs = [(a.times, b.times), (a.curves, b.curves)]
    for stage in STAGES:
        pairs += zip(vars(a.stage(stage)).values(), vars(b.stage(stage)).values(), strict=True)
    for one, other in pairs:
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


FLOATS = st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def lists(draw):
    n = draw(st.integers(0, 4))
    integers = hnp.arrays(np.int64, n, elements=st.integers(-1, 2**40))
    return ProposalList(
        segments=draw(hnp.arrays(np.float64, (n, 2), elements=FLOATS)),
        scores=draw(hnp.arrays(np.float64, n, elements=FLOATS)),
        labels=draw(integers),
        parents=draw(integers),
        reasons=draw(hnp.arrays(np.int8, n, elements=st.integers(0, 5))),
        suppressed_by=draw(integers),
        completeness=draw(hnp.arrays(np.float64, n, elements=FLOATS)),
        offsets=draw(hnp.arrays(np.float64, (n, 2), elements=FLOATS)),
        units=draw(hnp.arrays(np.float64, (n, 4), elements=FLOATS)),
        probabilities=draw(hnp.arrays(np.float32, (n, 3), elements=st.floats(0, 1, width=32))),
    )


@st.composite
def evolutions(draw):
    classes = draw(st.lists(st.text(st.characters(codec="utf-8")), max_size=3))
    n = draw(st.integers(0, 6))
    floats = st.floats(width=32)
    return Evolution(
        draw(st.text(st.characters(codec="utf-8"))),
        tuple(classes),
        draw(hnp.arrays(np.float64, n, elements=FLOATS)),
        draw(hnp.arrays(np.float32, (len(classes) + 1, n), elements=floats)),
        draw(lists()),
        draw(lists()),
        draw(lists()),
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(value=evolutions())
def test_any_evolution_comes_back_as_it_was_added(project, value):
    assert_same(project.evolution(project.add_run(1, value, {})), value)


def test_runs_are_listed_kept_and_deleted_and_are_no_edits(project):
    title = project.undo_title
    first = project.add_run(1, evolution(model="one"), {"threshold": 0.5})
    second = project.add_run(1, evolution(model="two"), {})
    assert [(run.id, run.video_id, run.model) for run in project.runs(1)] == [
        (first, 1, "one"),
        (second, 1, "two"),
    ]
    assert project.runs()[0].options == {"threshold": 0.5}
    assert project.undo_title == title
    project.delete_run(first)
    assert [run.id for run in project.runs(1)] == [second]
    for call in (project.evolution, project.delete_run):
        with pytest.raises(ProjectError, match="no run 1"):
            call(first)
    with pytest.raises(ProjectError, match="no video 9"):
        project.add_run(9, evolution(), {})
    assert not [problem for problem in project.verify() if "missing" not in problem]


def test_a_removed_video_comes_back_with_its_runs(project):
    project.add_run(1, evolution(), {})
    project.apply(RemoveVideo(1))
    assert project.runs() == []
    project.undo()
    assert_same(project.evolution(project.runs(1)[0].id), evolution())
    assert len(project.segments(1)) == 1


def test_annotations_hold_ground_truth_with_its_provenance(project):
    (row,) = project.annotations().segments
    assert row == Segment("a", "wave", 1.0, 2.5, source="drawn", reviewer="ann")
    entry = project.annotations().videos["a"]
    assert (entry.duration, entry.fps, entry.frames) == (10.0, 10.0, 100)


def test_annotations_hold_the_newest_run_with_ids_that_name_the_parents(project):
    project.add_run(1, evolution(model="old"), {})
    newest = project.add_run(1, evolution(model="new"), {})
    rows = project.annotations(("ground_truth", *STAGES)).segments
    assert [row.stage for row in rows] == ["ground_truth", *STAGES]
    _, first, second, last = rows
    assert (first.label, last.label) == ("any", "wave")
    assert (second.parent_id, last.parent_id) == (first.proposal_id, second.proposal_id)
    assert (last.score, last.completeness, last.source) == (0.9, 1.5, f"run {newest} (new)")
    assert project.annotations(("localization",), min_score=0.95).segments == []
    with pytest.raises(ProjectError, match="no stage 'detections'"):
        project.annotations(("detections",))
    with pytest.raises(ProjectError, match="no video 9"):
        project.annotations(video_ids=[9])


def test_frames_are_looked_up_in_the_time_stamps_and_the_end_is_the_first_frame_out(project):
    stamps = np.arange(100) / 10
    stamps[12:] += 0.06  # a variable frame rate: frame 12 is shown at 1.26 s
    rows = project.annotations(pts=lambda video: stamps).segments
    assert (rows[0].start_frame, rows[0].end_frame) == (10, 24)
    project.apply(AddSegment(1, 1, 5.0, 10.0))
    assert project.annotations(pts=lambda video: stamps).segments[1].end_frame == 100
    unread = project.annotations(pts=lambda video: None).segments
    assert unread[0].start_frame is None


def test_videos_of_one_name_are_told_apart_by_their_folder(project, tmp_path):
    project.apply(video(tmp_path / "one" / "a.mp4"))
    project.apply(video(tmp_path / "two" / "a.mp4"))
    project.apply(video(tmp_path / "two" / "a.mkv"))
    project.apply(video(tmp_path / "two" / "b.mkv"))
    names = list(project.annotations().videos)
    assert names == [f"{tmp_path.name}_a", "one_a", "a_3", "a_4", "b"]
    rows = Annotations.of([Segment("one_a", "wave", 1.0, 2.0), Segment("b", "wave", 1.0, 2.0)])
    assert project.import_annotations(rows, "x.csv").videos == {2, 5}
    with pytest.raises(ProjectError, match=r"several videos are called a; name them .*one_a"):
        project.import_annotations(Annotations.of([Segment("a", "wave", 1.0, 2.0)]), "x.csv")


def test_importing_is_one_edit_that_adds_labels_and_keeps_the_source(project):
    rows = [
        Segment("a", "wave", 3.0, 4.123456789),
        Segment("a.mp4", "run", 5.0, 6.0, reviewer="bob"),  # the name of the file will do as well
        Segment("a", "run", 7.0, 8.0, score=0.5, stage="localization"),
    ]
    changes = project.import_annotations(Annotations.of(rows), "truth.json")
    assert changes == Changes(frozenset({1}), frozenset({2, 3}), True, (2, 2, 3))
    assert project.undo_title == "Import truth.json"
    _, first, second = project.segments(1)
    assert (first.end, first.source, first.annotator) == (4.123456789, "imported:truth.json", "ann")
    assert (second.annotator, second.editor) == ("bob", "ann")
    project.undo()
    assert len(project.segments()) == 1
    assert [label.name for label in project.labels()] == ["wave"]


WRONG = {
    "unknown videos": (
        [Segment("a", "wave", 1.0, 2.0), Segment("y", "wave", 1.0, 2.0), Segment("x", "b", 1, 2)],
        "not in the project: x, y",
    ),
    "beyond the video": (
        [Segment("a", "run", 1.0, 2.0), Segment("a", "wave", 9.0, 11.0)],
        r"segment 2 \(video a, label wave\): the segment \[9, 11\) s is not within the video",
    ),
    "reversed": ([Segment("a", "wave", 2.0, 1.0)], r"segment 1 .* is empty or reversed"),
    "detections": (
        [Segment("a", "wave", 1.0, 2.0, stage="localization")],
        "holds detections only",
    ),
    "bad label": ([Segment("a", "two\nlines", 1.0, 2.0)], "is no label"),
}


@pytest.mark.parametrize(("rows", "words"), WRONG.values(), ids=WRONG)
def test_nothing_is_imported_of_annotations_that_do_not_fit(project, rows, words):
    before = project.segments(), project.labels(), project.history()
    with pytest.raises(ProjectError, match=f"^truth.json: .*{words}"):
        project.import_annotations(Annotations.of(rows), "truth.json")
    assert (project.segments(), project.labels(), project.history()) == before


def test_a_copy_is_the_whole_project_and_finds_the_videos_from_its_own_folder(project, tmp_path):
    project.add_run(1, evolution(), {})
    with project.save_as(tmp_path / "deep" / "copy.etp") as copy:
        assert copy.videos() == project.videos()
        assert copy.segments() == project.segments()
        assert_same(copy.evolution(1), evolution())
        copy.apply(DeleteSegment(1))
        assert len(project.segments()) == 1
        while copy.undo() is not None:
            pass
        assert copy.videos() == []
    with pytest.raises(ProjectError, match="exists already"):
        project.backup(tmp_path / "deep" / "copy.etp")
    project.backup(tmp_path / "deep" / "copy.etp", force=True)
    with Project.open(tmp_path / "deep" / "copy.etp") as again:
        assert again.segments() == project.segments()
    with pytest.raises(ProjectError, match="onto itself"):
        project.backup(project.path, force=True)
    (tmp_path / "video.mp4").write_bytes(b"not a project")
    with pytest.raises(ProjectError, match="is not an ETP project"):
        project.backup(tmp_path / "video.mp4", force=True)
    assert sorted(file.name for file in (tmp_path / "deep").iterdir()) == ["copy.etp"]
