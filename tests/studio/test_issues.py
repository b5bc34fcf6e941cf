"""The review: where detections and ground truth disagree, one after the other, decided by a key."""

from dataclasses import replace

import numpy as np
import pytest
from driving import press
from projects import evolution_of, project_of
from PySide6.QtCore import Qt

from etp_core.evolution import MOTION
from etp_core.project import Detection, Label, MarkUnsure, MoveSegment, Project, StoredSegment
from etp_studio.opening import look_into
from etp_studio.review.issues import Kind, find_issues
from etp_studio.review.queue import ENTRY_ROLE

LABELS = [Label(1, "jump", "#3d8fd6"), Label(2, "wave", "#e08a2b")]
CUTS = np.arange(301) / 30


def segment(key, start, end, label=1):
    return StoredSegment(key, 1, label, start, end, "Ada", "drawn")


def found(row, label, start, end, score=0.9):
    return Detection(row, label, start, end, score, 0.0)


def issues_of(detections, segments):
    issues = find_issues(1, detections, segments, LABELS, CUTS)
    return [(i.kind, i.segment, i.found.row if i.found else None) for i in issues]


def test_what_agrees_within_two_frames_is_no_issue():
    assert issues_of([found(0, "jump", 1.0, 2.05)], [segment(7, 1.05, 2.0)]) == []


def test_boundaries_that_differ_are_told_in_frames_and_direction():
    (issue,) = find_issues(1, [found(3, "jump", 1.2, 1.9)], [segment(7, 1.0, 2.0)], LABELS, CUTS)
    assert (issue.kind, issue.segment, issue.found.row, issue.error) == (Kind.boundary, 7, 3, 6)
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
    return opened(qtbot, window, tmp_path / "work.etp")


def opened(qtbot, window, path):
    window.open([path])
    qtbot.waitUntil(lambda: window.video.on_screen and window.session.evolution is not None)
    return window


def in_queue(window):
    """What the queue says of the first video."""
    return window.queue.model().index(0, 0).data(ENTRY_ROLE).state


def press_n(qtbot, window):
    with qtbot.waitSignal(window.reviewer.current_changed, check_params_cb=lambda i: i is not None):
        press(qtbot, window, Qt.Key.Key_N)


def decide(qtbot, window, key, modifier=Qt.KeyboardModifier.NoModifier):
    """Press the key and wait for the issue that follows."""
    with qtbot.waitSignal(window.reviewer.current_changed, check_params_cb=lambda i: i is not None):
        press(qtbot, window, key, modifier)


def test_n_goes_through_the_disagreements_and_enter_decides_and_moves_on(qtbot, reviewed):
    session = reviewed.session
    press_n(qtbot, reviewed)
    assert session.selected == session.segments[0].id
    assert "ends 4 frames later" in reviewed.messages.text
    decide(qtbot, reviewed, Qt.Key.Key_Return)
    assert session.segments[0].end == pytest.approx(1.0 + 4 / 30)

    assert session.selected_detection == 1  # moved on to what was detected without ground truth
    decide(qtbot, reviewed, Qt.Key.Key_Return)
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
    press(qtbot, reviewed, Qt.Key.Key_Y)
    qtbot.waitUntil(lambda: "agree" in reviewed.messages.text)
    assert reviewed.board.issues == []


def test_enter_takes_the_label_of_a_segment_that_was_detected_as_another(
    qtbot, window, tmp_path, clip
):
    project = project_of(tmp_path / "work.etp", clip, segments=((0.5, 1.0, 0),))
    project.add_run(1, evolution_of("clip", ((0.5, 1.0, 1, 0.9),)), {})
    project.close()
    session = opened(qtbot, window, tmp_path / "work.etp").session
    assert session.label(session.segments[0].label_id).name == "jump"
    press_n(qtbot, window)
    assert "Detected as wave (0.90)" in window.messages.text
    press(qtbot, window, Qt.Key.Key_Return)
    assert session.label(session.segments[0].label_id).name == "wave"
    assert len(session.segments) == 1
    session.undo()
    assert session.label(session.segments[0].label_id).name == "jump"


def test_shift_enter_takes_boundaries_and_leaves_the_label(qtbot, window, tmp_path, clip):
    project = project_of(tmp_path / "work.etp", clip, segments=((0.5, 1.0, 0),))
    project.add_run(1, evolution_of("clip", ((0.6, 1.1, 1, 0.9),)), {})
    project.close()
    session = opened(qtbot, window, tmp_path / "work.etp").session
    press_n(qtbot, window)
    press(qtbot, window, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    (segment,) = session.segments
    assert (segment.start, segment.end) == (pytest.approx(0.6), pytest.approx(1.1))
    assert session.label(segment.label_id).name == "jump"


def test_a_rejected_detection_stays_rejected_until_that_is_undone(qtbot, reviewed):
    session = reviewed.session
    press_n(qtbot, reviewed)
    decide(qtbot, reviewed, Qt.Key.Key_N)
    assert session.selected_detection == 1
    decide(qtbot, reviewed, Qt.Key.Key_X)
    assert [v.verdict for v in session.project.verdicts()] == ["rejected"]
    kinds = [issue.kind for issue in reviewed.board.issues]
    assert kinds == [Kind.boundary, Kind.missed]
    session.undo()
    qtbot.waitUntil(lambda: len(reviewed.board.issues) == 3)


def test_a_kept_segment_is_asked_for_again_when_somebody_changes_it(qtbot, reviewed):
    session = reviewed.session
    press_n(qtbot, reviewed)
    decide(qtbot, reviewed, Qt.Key.Key_Y)
    assert session.segments[0].end == 1.0
    assert [issue.kind for issue in reviewed.board.issues] == [Kind.unmatched, Kind.missed]
    session.apply(MoveSegment(session.segments[0].id, 0.5, 0.9))
    qtbot.waitUntil(lambda: len(reviewed.board.issues) == 3)


def test_an_unsure_segment_is_reviewed_whatever_was_detected(qtbot, reviewed):
    session = reviewed.session
    session.select(session.segments[1].id)
    press(qtbot, reviewed, Qt.Key.Key_U)
    assert session.segments[1].unsure
    qtbot.waitUntil(lambda: Kind.unsure in [issue.kind for issue in reviewed.board.issues])
    session.select(None)
    reviewed.player.go(0)
    press_n(qtbot, reviewed)
    while reviewed.reviewer.current.kind is not Kind.unsure:
        decide(qtbot, reviewed, Qt.Key.Key_N)
    decide(qtbot, reviewed, Qt.Key.Key_Return)
    assert not session.segments[1].unsure


def test_segments_that_somebody_is_unsure_of_are_reviewed_where_nothing_was_detected(
    qtbot, window, tmp_path, clip
):
    project = project_of(tmp_path / "work.etp", clip)
    project.apply(MarkUnsure(2, True))
    project.close()
    window.open([tmp_path / "work.etp"])
    session, board = window.session, window.board
    qtbot.waitUntil(lambda: window.video.on_screen and bool(board.issues))
    assert [(issue.kind, issue.segment) for issue in board.issues] == [(Kind.unsure, 2)]
    qtbot.waitUntil(lambda: "1 to review" in in_queue(window))
    press_n(qtbot, window)
    assert session.selected == 2
    press(qtbot, window, Qt.Key.Key_X)
    assert session.segments[1].unsure and "Del deletes it" in window.messages.text
    press(qtbot, window, Qt.Key.Key_Return)
    assert not session.segments[1].unsure
    qtbot.waitUntil(lambda: not board.issues)
    session.undo()
    qtbot.waitUntil(lambda: len(board.issues) == 1)


def test_unsure_is_who_changed_a_segment_last_and_not_who_imported_it():
    theirs = replace(segment(7, 1.0, 2.0), unsure=True, editor="Bo", created="1", modified="1")
    (issue,) = find_issues(1, [], [theirs], LABELS, CUTS)
    assert issue.text.startswith("Ada is unsure")
    (issue,) = find_issues(1, [], [replace(theirs, modified="2")], LABELS, CUTS)
    assert issue.text.startswith("Bo is unsure")


def test_motion_proposes_and_misses_nothing(qtbot, window, tmp_path, clip):
    project = project_of(tmp_path / "work.etp", clip)
    project.add_run(1, replace(evolution_of("clip", ()), model=MOTION), {})
    project.close()
    opened(qtbot, window, tmp_path / "work.etp")
    qtbot.waitUntil(lambda: window.board.of_video(1) is not None)
    assert window.board.of_video(1) == []
    qtbot.waitUntil(lambda: "by motion" in in_queue(window))


def test_an_accepted_detection_says_which_run_it_came_from(qtbot, reviewed):
    session = reviewed.session
    session.select_detection(1)
    press(qtbot, reviewed, Qt.Key.Key_Return)
    accepted = session.selected_segment
    assert (accepted.start, accepted.end) == (pytest.approx(1.4), pytest.approx(1.8))
    assert {accepted.start, accepted.end} <= set(reviewed.player.clip.cuts.tolist())  # exactly
    assert accepted.source == f"accepted:run {session.runs[1].id}"
    assert session.label(accepted.label_id).name == "wave"


def test_accepting_brings_a_label_that_the_project_has_not(qtbot, window, tmp_path, clip):
    project = Project.create(tmp_path / "bare.etp")
    project.apply(look_into(clip).edit)
    project.add_run(1, evolution_of("clip"), {})
    project.close()
    session = opened(qtbot, window, tmp_path / "bare.etp").session
    session.select_detection(0)
    press(qtbot, window, Qt.Key.Key_Return)
    assert [label.name for label in session.labels] == ["jump"]
    assert len(session.segments) == 1
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    press(qtbot, window, Qt.Key.Key_Z, control)  # label and segment are one step
    assert (session.labels, session.segments) == ([], [])
    press(qtbot, window, Qt.Key.Key_A, control | shift)
    assert [label.name for label in session.labels] == ["jump", "wave"]
    press(qtbot, window, Qt.Key.Key_Z, control)
    assert (session.labels, session.segments) == ([], [])


def test_all_detections_shown_are_accepted_as_one_step_without_doubling_any(qtbot, reviewed):
    session = reviewed.session
    before = session.segments
    press(
        qtbot,
        reviewed,
        Qt.Key.Key_A,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert len(session.segments) == len(before) + 1  # the other one has its segment
    assert "Accepted 1 detection" in reviewed.messages.text
    session.undo()
    assert session.segments == before


def test_n_reaches_every_disagreement_that_begins_at_one_time(qtbot, window, tmp_path, clip):
    project = project_of(tmp_path / "work.etp", clip, segments=())
    run = ((1.0, 1.5, 0, 0.9), (1.0, 1.8, 1, 0.8), (2.0, 2.5, 0, 0.7))
    project.add_run(1, evolution_of("clip", run), {})
    project.close()
    opened(qtbot, window, tmp_path / "work.etp")
    reached = []
    for _ in range(4):
        press_n(qtbot, window)
        reached.append(window.session.selected_detection)
    assert sorted(reached[:3]) == [0, 1, 2]
    assert reached[3] == reached[0]


def test_the_review_goes_on_in_the_next_video(qtbot, window, tmp_path, clip, phone_clip):
    project = project_of(tmp_path / "work.etp", clip, phone_clip, segments=())
    for video, run in ((1, ((1.0, 1.5, 0, 0.9),)), (2, ((2.0, 2.5, 1, 0.6),))):
        project.add_run(video, evolution_of("clip", run), {})
    project.close()
    session = opened(qtbot, window, tmp_path / "work.etp").session
    qtbot.waitUntil(lambda: len(window.board.issues) == 2)
    window.docks.bring("Review")
    qtbot.waitUntil(lambda: "2 left to decide in 2 videos" in window.review.progress.text())
    press_n(qtbot, window)
    decide(qtbot, window, Qt.Key.Key_Return)
    assert session.video.id == 2
    assert session.selected_detection == 0
    decide(qtbot, window, Qt.Key.Key_N)  # the only one left
    press(qtbot, window, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: "agree" in window.messages.text)


def test_the_list_is_filtered_by_class_kind_score_and_stage(qtbot, reviewed):
    pane, board = reviewed.review, reviewed.board
    qtbot.waitUntil(lambda: len(board.issues) == 3)

    def shown():
        qtbot.waitUntil(lambda: board.left == 0)
        return [(issue.kind, issue.label) for issue in board.issues]

    pane.label.setCurrentIndex(pane.label.findData("jump"))
    assert shown() == [(Kind.boundary, "jump")]
    pane.label.setCurrentIndex(0)
    pane.kind.setCurrentIndex(pane.kind.findData(Kind.missed))
    assert shown() == [(Kind.missed, "wave")]
    pane.kind.setCurrentIndex(0)
    pane.score.setValue(0.85)
    assert shown() == [(Kind.boundary, "jump"), (Kind.missed, "wave")]
    pane.score.setValue(0)
    pane.error.setValue(5)
    assert shown() == []
    pane.stage.setCurrentIndex(pane.stage.findData("refinement"))  # 0.1 s wider: 7 frames off
    assert shown() == [(Kind.boundary, "jump")]


def test_a_row_of_the_list_shows_its_issue(qtbot, reviewed):
    reviewed.docks.bring("Review")
    qtbot.waitUntil(lambda: len(reviewed.review.table.rows.keys) == 3)
    table = reviewed.review.table
    table.selectRow(2)
    assert reviewed.session.selected == reviewed.session.segments[1].id
    assert reviewed.reviewer.current.kind is Kind.missed


def test_the_queue_says_how_much_is_left_and_how_far_off_the_worst_is(qtbot, reviewed):
    first = reviewed.queue.model().index(0, 0)
    qtbot.waitUntil(lambda: "3 to review" in first.data(ENTRY_ROLE).state)
    assert first.data(ENTRY_ROLE).worst == 4


def test_the_list_is_sorted_by_error_where_some_have_none(qtbot, reviewed):
    table = reviewed.review.table
    reviewed.docks.bring("Review")
    qtbot.waitUntil(lambda: table.rows.rowCount() == 3)
    table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    errors = [table.rows.index(row, 2).data() for row in range(3)]
    assert errors[0] == "4" and errors[-1] == ""


def test_without_detections_n_says_what_to_do(qtbot, window, tmp_path, clip):
    project_of(tmp_path / "work.etp", clip).close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen)
    press(qtbot, window, Qt.Key.Key_N)
    assert "D looks for actions" in window.messages.text


def test_the_list_is_filled_only_while_its_pane_is_to_be_seen(qtbot, reviewed):
    pane = reviewed.review
    qtbot.waitUntil(lambda: len(reviewed.board.issues) == 3)
    assert pane.table.rows.keys == [] and pane.progress.text() == ""
    reviewed.docks.bring("Review")
    qtbot.waitUntil(lambda: len(pane.table.rows.keys) == 3)
    reviewed.docks.bring("Segments")
    before = pane.table.rows.keys
    filled = []
    fill = pane.set_issues
    pane.set_issues = lambda *given: (filled.append(len(given[0])), fill(*given))
    reviewed.session.select(reviewed.session.segments[1].id)
    press(qtbot, reviewed, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(reviewed.board.issues) == 2)
    qtbot.wait(300)  # longer than a board that changes is waited for
    assert filled == [] and pane.table.rows.keys == before
    reviewed.docks.bring("Review")
    qtbot.waitUntil(lambda: filled == [2])
    assert len(pane.table.rows.keys) == 2
    assert "2 left to decide" in pane.progress.text()


def test_the_segments_are_listed_only_while_their_pane_is_to_be_seen(qtbot, reviewed):
    table = reviewed.segments.truth
    qtbot.waitUntil(lambda: table.rows.rowCount() == 2)
    reviewed.docks.bring("Metrics")
    qtbot.waitUntil(lambda: not table.isVisible() or table.visibleRegion().isEmpty())
    reviewed.session.select(reviewed.session.segments[0].id)
    press(qtbot, reviewed, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not reviewed.wiring.table_due)
    assert table.rows.rowCount() == 2 and len(reviewed.session.segments) == 1
    reviewed.docks.bring("Segments")
    qtbot.waitUntil(lambda: table.rows.rowCount() == 1)
    assert table.rows.keys == [reviewed.session.segments[0].id]
