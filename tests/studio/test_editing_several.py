"""Several segments at once, the clipboard, and labels given while playing or by name."""

import pytest
from driving import press
from projects import project_of
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from etp_core.project import AddVideo
from etp_studio.editing.clipboard import Copied, copied, copy, paste

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def project(qtbot, window, tmp_path, clip, phone_clip):
    """The window on two videos; the first has three segments."""
    segments = ((0.5, 1.0, 0), (1.5, 2.0, 1), (2.5, 3.0, 0))
    project_of(tmp_path / "work.etp", clip, phone_clip, segments=segments).close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen)
    return window


def bar(window, segment):
    """The middle of a segment's bar in the ground truth lane."""
    lanes = window.timeline.lanes
    return lanes.box(3, lanes.bar_of(segment)).center().toPoint()


def click(qtbot, window, segment, modifier=Qt.KeyboardModifier.NoModifier):
    at = bar(window, segment)
    qtbot.mouseClick(window.timeline.lanes, Qt.MouseButton.LeftButton, modifier, at)


def selected(window):
    return [segment.id for segment in window.session.selected_segments]


def test_control_and_a_click_select_a_segment_beside_the_others_and_again_no_longer(qtbot, project):
    click(qtbot, project, 1)
    click(qtbot, project, 3, CONTROL)
    assert selected(project) == [1, 3]
    rows = project.segments.truth.selectionModel().selectedRows()
    assert sorted(index.row() for index in rows) == [0, 2]
    click(qtbot, project, 1, CONTROL)
    assert selected(project) == [3]
    click(qtbot, project, 2)
    assert selected(project) == [2]


def test_shift_and_a_row_of_the_table_select_all_between(qtbot, project):
    table = project.segments.truth
    for row, modifier in ((0, Qt.KeyboardModifier.NoModifier), (2, SHIFT)):
        at = table.visualRect(table.model().index(row, 0)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, at)
    assert selected(project) == [1, 2, 3]
    assert project.timeline.lanes.also | {project.timeline.selected} == {1, 2, 3}


def test_what_is_done_to_several_is_one_step_of_undo(qtbot, project):
    session = project.session
    before = session.segments
    press(qtbot, project, Qt.Key.Key_A, CONTROL)
    press(qtbot, project, Qt.Key.Key_2)
    assert {session.label(s.label_id).name for s in session.segments} == {"wave"}
    press(qtbot, project, Qt.Key.Key_U)
    assert all(segment.unsure for segment in session.segments)
    press(qtbot, project, Qt.Key.Key_Delete)
    assert session.segments == []
    for _ in range(3):
        press(qtbot, project, Qt.Key.Key_Z, CONTROL)
    assert [(s.id, s.label_id, s.unsure) for s in session.segments] == [
        (s.id, s.label_id, False) for s in before
    ]


def test_copied_segments_are_pasted_into_another_video_at_the_playhead_or_the_same_times(
    qtbot, project
):
    session = project.session
    click(qtbot, project, 1)
    click(qtbot, project, 2, CONTROL)
    press(qtbot, project, Qt.Key.Key_C, CONTROL)
    press(qtbot, project, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: session.video.id == 2 and project.player.clip is not None)
    cuts = project.player.clip.cuts
    press(qtbot, project, Qt.Key.Key_V, CONTROL | SHIFT)
    same = session.segments
    assert [s.start for s in same] == pytest.approx([0.5, 1.5], abs=0.05)
    assert {time for s in same for time in (s.start, s.end)} <= set(cuts.tolist())
    press(qtbot, project, Qt.Key.Key_Z, CONTROL)
    assert session.segments == []  # one step
    project.player.go(20)
    press(qtbot, project, Qt.Key.Key_V, CONTROL)
    assert session.segments[0].start == cuts[20]
    assert selected(project) == [s.id for s in session.segments]


def test_what_would_lie_beyond_the_video_is_left_out_and_said(qtbot, project):
    click(qtbot, project, 1)
    click(qtbot, project, 3, CONTROL)
    press(qtbot, project, Qt.Key.Key_C, CONTROL)
    project.player.go(90)  # of 120
    press(qtbot, project, Qt.Key.Key_V, CONTROL)
    assert len(project.session.segments) == 4
    assert "1 segment beyond the video's ends left out" in project.messages.text


def test_pasting_what_is_no_segment_says_what_to_do(qtbot, project):
    head = "label\tstart_s\tend_s\tunsure\n"
    for text in (
        "0.5 1.0",
        "",
        head,
        f"{head}jump\t1",
        f"{head}jump\tnan\t1\t0",
        f"{head}j\tx\ty\t0",
    ):
        project.messages.hide()
        QApplication.clipboard().setText(text)
        press(qtbot, project, Qt.Key.Key_V, CONTROL)
        assert "Copy segments first" in project.messages.text
    assert len(project.session.segments) == 3


def test_times_on_the_clipboard_count_from_the_first_frame_of_each_video(qtbot, project):
    segment = project.session.segments[0]
    text = copy([segment], {segment.label_id: "jump"}, first=0.25)
    assert copied(text) == [Copied("jump", 0.25, 0.75)]
    assert text.splitlines() == ["label\tstart_s\tend_s\tunsure", "jump\t0.25\t0.75\t0"]
    cuts = project.player.clip.cuts + 10.0
    (edit,) = paste(copied(text), 1, cuts, None)
    assert (edit.start, edit.end) == pytest.approx((10.25, 10.75), abs=0.02)


def test_a_digit_begins_a_label_while_playing_and_ends_it_the_next_time(qtbot, project):
    session, player = project.session, project.player
    player.play(0.5)
    press(qtbot, project, Qt.Key.Key_2)
    begun = player.index
    assert "wave since" in project.video._note
    qtbot.waitUntil(lambda: player.index >= begun + 4, timeout=10000)
    press(qtbot, project, Qt.Key.Key_2)
    player.pause()
    made = next(s for s in session.segments if s.id == 4)
    assert session.label(made.label_id).name == "wave"
    cuts = player.clip.cuts
    assert (made.start, made.end) == (cuts[begun], player.playhead)
    assert session.selected is None and project.video._note == ""


def test_escape_forgets_what_was_begun_while_playing(qtbot, project):
    project.player.play(0.5)
    press(qtbot, project, Qt.Key.Key_1)
    project.player.pause()
    press(qtbot, project, Qt.Key.Key_Escape)
    assert project.video._note == ""
    assert len(project.session.segments) == 3


def test_a_label_that_goes_is_no_longer_begun(qtbot, project):
    project.session.label_for("hop")
    project.player.play(0.5)
    press(qtbot, project, Qt.Key.Key_3)
    assert "hop since" in project.video._note
    project.player.pause()
    press(qtbot, project, Qt.Key.Key_Z, CONTROL)
    assert project.video._note == ""
    press(qtbot, project, Qt.Key.Key_I)
    assert "O ends it here" in project.video._note


def test_a_label_is_typed_by_its_letters_and_a_new_one_is_added(qtbot, project):
    session = project.session
    click(qtbot, project, 1)
    press(qtbot, project, Qt.Key.Key_T)
    picker = QApplication.activePopupWidget()
    qtbot.keyClicks(picker.field, "WA")
    assert picker.list.currentItem().text() == "wave"
    qtbot.keyClick(picker.field, Qt.Key.Key_Return)
    assert session.label(session.segments[0].label_id).name == "wave"

    press(qtbot, project, Qt.Key.Key_T)
    picker = QApplication.activePopupWidget()
    qtbot.keyClicks(picker.field, "crouch")
    assert picker.list.currentItem().text() == "Add “crouch”"
    qtbot.keyClick(picker.field, Qt.Key.Key_Return)
    assert session.label(session.segments[0].label_id).name == "crouch"


def test_segments_are_found_by_label_source_and_annotator(qtbot, project):
    press(qtbot, project, Qt.Key.Key_F, CONTROL)
    assert QApplication.focusWidget() is project.segments.search
    qtbot.keyClicks(project.segments.search, "wav")
    assert project.segments.truth.rows.keys == [2]
    project.session.select(2)
    assert project.segments.truth.currentIndex().row() == 0
    project.segments.search.setText("by nobody")
    assert project.segments.truth.rows.keys == []
    project.segments.search.clear()
    assert project.segments.truth.rows.keys == [1, 2, 3]


def test_paste_needs_no_video_that_can_be_decoded_only_one_that_is_open(qtbot, project, tmp_path):
    session = project.session
    click(qtbot, project, 1)
    press(qtbot, project, Qt.Key.Key_C, CONTROL)
    session.apply(AddVideo(tmp_path / "lost.mp4", "x", 0, None, None, 0, 0))
    session.set_video(session.videos[-1])
    press(qtbot, project, Qt.Key.Key_V, CONTROL)
    assert session.segments == []
