"""The review: where detections and ground truth disagree, one after the other, decided by a key."""

import numpy as np
import pytest
from projects import evolution_of, project_of
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from etp_core.project import Detection, Label, StoredSegment
from etp_studio.review.issues import Kind, find_issues

LABELS = [Label(1, "jump", "#3d8fd6"), Label(2, "wave", "#e08a2b")]
CUTS = np.arange(301) / 30


def segment(key, start, end, label=1):
    return StoredSegment(key, 1, label, start, end, "Ada", "drawn")


def found(row, label, start, end, score=0.9):
    return Detection(row, label, start, end, score, 0.0)


def issues_of(detections, segments):
    issues = find_issues(detections, segments, LABELS, CUTS)
    return [(issue.kind, issue.segment, issue.detection) for issue in issues]


def test_what_agrees_within_two_frames_is_no_issue():
    assert issues_of([found(0, "jump", 1.0, 2.05)], [segment(7, 1.05, 2.0)]) == []


def test_boundaries_that_differ_are_told_in_frames_and_direction():
    (issue,) = find_issues([found(3, "jump", 1.2, 1.9)], [segment(7, 1.0, 2.0)], LABELS, CUTS)
    assert (issue.kind, issue.segment, issue.detection) == (Kind.boundary, 7, 3)
    assert issue.text == (
        "The detection starts 6 frames later and ends 3 frames earlier. Enter takes its boundaries."
    )


def test_a_detection_of_nothing_a_missed_segment_and_another_label():
    segments = [segment(1, 1.0, 2.0), segment(2, 4.0, 5.0)]
    detections = [found(0, "wave", 1.0, 2.0), found(1, "jump", 7.0, 8.0)]
    assert issues_of(detections, segments) == [
        (Kind.label, 1, 0),
        (Kind.missed, 2, None),
        (Kind.unmatched, None, 1),
    ]


def test_a_second_detection_of_a_segment_that_has_one_is_no_issue():
    detections = [found(0, "jump", 1.0, 2.0), found(1, "jump", 1.3, 2.0, 0.4)]
    assert issues_of(detections, [segment(1, 1.0, 2.0)]) == []


def test_without_detections_or_without_segments():
    assert issues_of([], []) == []
    assert issues_of([], [segment(1, 1.0, 2.0)]) == [(Kind.missed, 1, None)]
    assert issues_of([found(0, "jump", 1, 2)], []) == [(Kind.unmatched, None, 0)]


@pytest.fixture
def reviewed(qtbot, window, tmp_path, clip):
    """The window; one segment is 4 frames off, one detection has no segment, one is missed."""
    project = project_of(tmp_path / "work.etp", clip)
    run = ((0.5, 1.0 + 4 / 30, 0, 0.9), (1.4, 1.8, 1, 0.8))
    project.add_run(1, evolution_of("clip", run), {})
    project.close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen and window.session.evolution is not None)
    return window


def press(qtbot, window, key):
    qtbot.keyClick(QApplication.focusWidget() or window, key)


def test_n_goes_through_the_disagreements_and_enter_decides_and_moves_on(qtbot, reviewed):
    session = reviewed.session
    press(qtbot, reviewed, Qt.Key.Key_N)
    assert session.selected == session.segments[0].id
    assert "ends 4 frames later" in reviewed.messages.text
    press(qtbot, reviewed, Qt.Key.Key_Return)
    assert session.segments[0].end == pytest.approx(1.0 + 4 / 30)

    assert session.selected_detection == 1  # moved on to what was detected without ground truth
    press(qtbot, reviewed, Qt.Key.Key_Return)
    made = session.segments[1]
    assert (made.start, made.end) == (pytest.approx(1.4), pytest.approx(1.8))
    assert made.source.startswith("accepted:run")

    assert "wave was not detected here" in reviewed.messages.text  # and on to the missed one
    assert session.selected == session.segments[2].id
    press(qtbot, reviewed, Qt.Key.Key_N)
    assert session.selected == session.segments[2].id  # the only one left

    before = session.segments
    press(qtbot, reviewed, Qt.Key.Key_Return)
    assert session.segments == before  # there is nothing to take over


def test_enter_takes_the_label_of_a_segment_that_was_detected_as_another(
    qtbot, window, tmp_path, clip
):
    project = project_of(tmp_path / "work.etp", clip, segments=((0.5, 1.0, 0),))
    project.add_run(1, evolution_of("clip", ((0.5, 1.0, 1, 0.9),)), {})
    project.close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen and window.session.evolution is not None)
    session = window.session
    assert session.label(session.segments[0].label_id).name == "jump"
    press(qtbot, window, Qt.Key.Key_N)
    assert "Detected as wave (0.90)" in window.messages.text
    press(qtbot, window, Qt.Key.Key_Return)
    assert session.label(session.segments[0].label_id).name == "wave"
    assert len(session.segments) == 1
    session.undo()
    assert session.label(session.segments[0].label_id).name == "jump"


def test_n_reaches_every_disagreement_that_begins_at_one_time(qtbot, window, tmp_path, clip):
    project = project_of(tmp_path / "work.etp", clip, segments=())
    run = ((1.0, 1.5, 0, 0.9), (1.0, 1.8, 1, 0.8), (2.0, 2.5, 0, 0.7))
    project.add_run(1, evolution_of("clip", run), {})
    project.close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen and window.session.evolution is not None)
    reached = []
    for _ in range(4):
        press(qtbot, window, Qt.Key.Key_N)
        reached.append(window.session.selected_detection)
    assert sorted(reached[:3]) == [0, 1, 2]
    assert reached[3] == reached[0]


def test_without_detections_n_says_what_to_do(qtbot, window, tmp_path, clip):
    project_of(tmp_path / "work.etp", clip).close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen)
    press(qtbot, window, Qt.Key.Key_N)
    assert "D looks for actions" in window.messages.text
