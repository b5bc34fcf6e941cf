"""The session: one way to change data, one place that tells the views, undo that shows itself."""

import numpy as np
import pytest
from projects import evolution_of, project_of

from etp_core.project import AddLabel, AddSegment, DeleteSegment, MoveSegment, Project
from etp_studio.opening import is_project
from etp_studio.session import Session

CUTS = np.arange(121) / 30


@pytest.fixture
def session(qtbot, tmp_path, clip, phone_clip):
    made = Session()
    made.set_project(project_of(tmp_path / "work.etp", clip, phone_clip))
    yield made
    made.set_project(None)


def heard(session):
    """The names of the signals that the session sends from now on, in order."""
    names = []
    for name in ("videos", "labels", "segments", "evolution", "detections", "history"):
        getattr(session, f"{name}_changed").connect(lambda name=name: names.append(name))
    return names


def test_an_edit_is_on_disk_and_in_the_lists_when_apply_returns(session):
    segment = session.segments[0]
    names = heard(session)
    assert session.apply(MoveSegment(segment.id, 0.6, 1.2))
    assert (session.segments[0].start, session.segments[0].end) == (0.6, 1.2)
    assert names == ["videos", "segments", "history"]
    with Project.open(session.project.path) as other:
        assert other.segments(session.video.id)[0].start == 0.6


def test_an_edit_that_is_not_possible_is_refused_in_one_line_without_the_path(session, qtbot):
    before = session.segments
    with qtbot.waitSignal(session.refused) as told:
        assert session.apply(MoveSegment(before[0].id, 3.0, 2.0)) is None
    assert told.args == ["The segment [3, 2) s is empty or reversed"]
    assert session.segments == before


def test_a_new_segment_is_selected(session):
    session.apply(AddSegment(session.video.id, session.labels[0].id, 1.0, 1.5))
    assert (session.selected_segment.start, session.selected_segment.end) == (1.0, 1.5)


def test_a_deleted_segment_is_no_longer_selected(session):
    session.select(session.segments[0].id)
    session.apply(DeleteSegment(session.segments[0].id))
    assert session.selected is None


def test_undo_selects_what_it_brought_back_and_redo_takes_it_away_again(session):
    segment = session.segments[0]
    session.apply(DeleteSegment(segment.id))
    session.undo()
    assert session.selected == segment.id
    session.redo()
    assert session.selected is None and len(session.segments) == 1


def test_undo_in_another_video_shows_that_video(session):
    first, second = session.videos
    session.apply(MoveSegment(session.segments[0].id, 0.6, 1.2))
    session.set_video(second)
    session.undo()
    assert session.video == first
    assert session.segments[0].start == 0.5


def test_a_new_label_reaches_the_list_and_the_first_one_is_current(session):
    assert session.current_label == session.labels[0].id
    session.apply(AddLabel("sit down"))
    assert [label.name for label in session.labels] == ["jump", "wave", "sit down"]
    assert session.current_label == session.labels[0].id


def test_the_counts_of_the_queue_follow_the_edits(session):
    first, second = session.videos
    session.apply(AddSegment(second.id, session.labels[0].id, 0.2, 0.4))
    assert session.counts == {first.id: 2, second.id: 1}
    session.undo()
    assert session.counts[second.id] == 0


def test_a_run_gives_detections_and_the_threshold_filters_them(session):
    session.project.add_run(session.video.id, evolution_of("clip"), {})
    session.run_added(session.video.id)
    assert [found.label for found in session.detections] == ["jump", "wave"]
    session.set_threshold(0.5)
    assert [found.score for found in session.detections] == [0.9]
    assert session.evolution.classes == ("jump", "wave")


def test_a_detection_below_the_threshold_is_no_longer_selected(session):
    session.project.add_run(session.video.id, evolution_of("clip"), {})
    session.run_added(session.video.id)
    session.select_detection(1)
    session.set_threshold(0.5)
    assert session.selected_detection is None


def test_either_a_segment_or_a_detection_is_selected(session):
    session.project.add_run(session.video.id, evolution_of("clip"), {})
    session.run_added(session.video.id)
    session.select(session.segments[0].id)
    session.select_detection(0)
    assert session.selected is None
    session.select(session.segments[0].id)
    assert session.selected_detection is None


def test_predictions_alone_never_change_the_ground_truth(session):
    before = session.segments
    session.project.add_run(session.video.id, evolution_of("clip"), {})
    session.run_added(session.video.id)
    session.set_threshold(0.5)
    assert session.segments == before == session.project.segments(session.video.id)


def test_a_missing_video_gets_its_reason_and_the_first_that_works_is_shown(
    qtbot, tmp_path, clip, phone_clip
):
    project = project_of(tmp_path / "gone.etp", clip, phone_clip)
    clip.unlink()
    session = Session()
    session.set_project(project)
    assert session.errors == {1: f"{clip}: the file is not there"}
    assert session.video.path == phone_clip
    session.set_project(None)


def test_without_a_project_everything_is_empty(qtbot):
    session = Session()
    session.set_project(None)
    assert session.apply(AddLabel("x")) is None
    assert session.undo() is None
    assert (session.videos, session.labels, session.segments, session.video) == ([], [], [], None)


def test_a_project_is_told_by_its_name_or_by_how_it_begins(tmp_path, clip):
    project_of(tmp_path / "work.etp", clip).close()
    renamed = tmp_path / "no-suffix"
    (tmp_path / "work.etp").rename(renamed)
    assert is_project(renamed)
    assert is_project(tmp_path / "missing.etp")
    assert not is_project(clip)
