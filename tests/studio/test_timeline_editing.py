"""Editing on the timeline: real mouse events, one edit per gesture."""

import numpy as np
import pytest
from evolving import LABELS, RATE
from hand import CUTS, LEFT, NO, SEGMENTS, drag, place, send, timeline, told
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from etp_core.project import AddSegment, MoveSegment
from etp_studio.editing.snap import Source


@pytest.fixture
def view(qtbot):
    return timeline(qtbot)


def test_dragging_an_edge_asks_for_exactly_one_move_onto_a_cut(view):
    start = place(view, 14.0, dx=-2)
    drag(view.lanes, [start, start + QPoint(15, 0), start + QPoint(40, 3), start + QPoint(33, 0)])
    (edit,) = told(view, "edit")
    assert isinstance(edit, MoveSegment)
    assert (edit.segment_id, edit.start) == (11, 10.0)
    assert edit.end in CUTS
    assert edit.end == pytest.approx(14.0 + 33 / view.axis.scale, abs=0.5 / RATE + 1e-9)


def test_the_boundary_that_is_not_dragged_keeps_its_exact_seconds(view):
    drag(view.lanes, [place(view, 26.0, dx=-1), place(view, 26.0, dx=20)])
    assert told(view, "edit")[0].start == 20.0123


def test_while_a_boundary_is_dragged_its_frame_is_asked_for_and_the_playhead_comes_back(view):
    start = place(view, 14.0, dx=-2)
    drag(view.lanes, [start, start + QPoint(20, 0), start + QPoint(40, 0)], release=False)
    previews = told(view, "preview")
    assert len(previews) == 2
    assert set(previews) <= set(CUTS)
    assert previews == sorted(previews)
    assert told(view, "edit") == []
    send(view.lanes, QEvent.Type.MouseButtonRelease, start + QPoint(40, 0), LEFT)
    assert [kind for kind, _ in view.heard][-2:] == ["preview ended", "edit"]
    assert told(view, "edit")[0].end == previews[-1]
    assert told(view, "seek") == []


def test_a_boundary_at_the_end_of_the_video_shows_the_last_frame(view):
    start = place(view, 34.0, dx=-2)
    drag(view.lanes, [start, start + QPoint(20, 0), place(view, 60.0, dx=5)])
    assert told(view, "edit")[0].end == CUTS[-1]
    assert told(view, "preview")[-1] == CUTS[-2]


def test_a_drag_on_empty_ground_truth_draws_a_segment_of_the_current_label(view):
    view.set_current_label(3)
    drag(view.lanes, [place(view, 40.0), place(view, 42.0), place(view, 45.0)])
    (edit,) = told(view, "edit")
    assert isinstance(edit, AddSegment)
    assert (edit.video_id, edit.label_id, edit.source) == (1, 3, "drawn")
    assert edit.start in CUTS and edit.end in CUTS
    assert (edit.start, edit.end) == pytest.approx((40.0, 45.0), abs=0.06)


def test_without_a_label_nothing_is_drawn_and_the_reason_is_told(view, qtbot):
    view.set_current_label(None)
    with qtbot.waitSignal(view.refused) as refused:
        drag(view.lanes, [place(view, 40.0), place(view, 45.0)])
    assert "label" in refused.args[0]
    assert told(view, "edit") == []


def test_dragging_the_middle_moves_the_segment_and_keeps_its_frames(view):
    drag(view.lanes, [place(view, 12.0), place(view, 13.0), place(view, 16.0)])
    (edit,) = told(view, "edit")
    assert edit.segment_id == 11
    assert edit.end - edit.start == pytest.approx(4.0)
    assert edit.start == pytest.approx(14.0, abs=0.06)


def test_esc_gives_a_drag_up_and_nothing_is_asked_for(view, qtbot):
    start = place(view, 14.0, dx=-2)
    drag(view.lanes, [start, start + QPoint(40, 0)], release=False)
    assert view.lanes.draft is not None
    qtbot.keyClick(view.lanes, Qt.Key.Key_Escape)
    assert view.lanes.draft is None
    send(view.lanes, QEvent.Type.MouseMove, start + QPoint(60, 0), Qt.MouseButton.NoButton)
    send(view.lanes, QEvent.Type.MouseButtonRelease, start + QPoint(60, 0), LEFT)
    assert told(view, "edit") == [] and told(view, "seek") == []
    assert told(view, "preview ended") == [None]


def test_esc_belongs_to_the_drag_while_there_is_one_and_to_the_window_otherwise(view):
    def override():
        event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, NO)
        event.ignore()
        QApplication.sendEvent(view.lanes, event)
        return event.isAccepted()

    assert not override()
    start = place(view, 14.0, dx=-2)
    drag(view.lanes, [start, start + QPoint(40, 0)], release=False)
    assert override()
    view.cancel()


def test_a_boundary_is_attracted_by_the_playhead_and_alt_or_shift_switch_that_off(view):
    view.set_playhead(16.0)
    start, near = place(view, 14.0, dx=-2), place(view, 16.0, dx=3)
    drag(view.lanes, [start, start + QPoint(9, 0), near])
    drag(view.lanes, [start, start + QPoint(9, 0), near], Qt.KeyboardModifier.AltModifier)
    drag(view.lanes, [start, start + QPoint(9, 0), near], Qt.KeyboardModifier.ShiftModifier)
    attracted, free, free_too = (edit.end for edit in told(view, "edit"))
    assert attracted == 16.0
    assert free != 16.0 and free in CUTS and free_too == free


def test_pressing_alt_in_a_drag_lets_the_boundary_loose_at_once(view, qtbot):
    view.set_playhead(16.0)
    start, near = place(view, 14.0, dx=-2), place(view, 16.0, dx=3)
    drag(view.lanes, [start, start + QPoint(9, 0), near], release=False)
    assert view.lanes.draft.end == 16.0
    for key, modifier in (
        (Qt.Key.Key_Alt, Qt.KeyboardModifier.AltModifier),
        (Qt.Key.Key_Shift, Qt.KeyboardModifier.ShiftModifier),
    ):
        qtbot.keyPress(view.lanes, key, modifier)
        assert view.lanes.draft.end != 16.0
        qtbot.keyRelease(view.lanes, key)
        assert view.lanes.draft.end == 16.0
    view.cancel()


def test_a_boundary_is_attracted_to_where_the_curve_of_its_label_passes_the_threshold(view):
    times = np.arange(0, 60, 0.1)
    jump = np.clip((times - 10) / 10, 0, 1)  # passes a half at 15 s, as a line
    scores = np.stack([jump, *np.full((4, len(times)), 0.1)])
    view.append_curves(times, scores.T, tuple(label.name for label in LABELS))
    view.live.set_threshold(0.5)
    start, near = place(view, 14.0, dx=-2), place(view, 15.0, dx=4)
    drag(view.lanes, [start, start + QPoint(9, 0), near], release=False)
    assert view.lanes.draft.source is Source.CROSSING
    assert view.lanes.draft.end == pytest.approx(15.0, abs=0.5 / RATE + 1e-9)
    view.cancel()
    view.live.set_threshold(0.7)
    drag(view.lanes, [start, start + QPoint(9, 0), near], release=False)
    assert view.lanes.draft.source is None
    view.cancel()


def test_a_dragged_segment_is_not_attracted_by_itself(view):
    start = place(view, 14.0, dx=-2)
    drag(view.lanes, [start, start + QPoint(-30, 0), start + QPoint(5, 0)])
    (edit,) = told(view, "edit")
    assert edit.end > 14.0


def test_a_read_only_project_is_looked_at_and_not_changed(view):
    view.set_read_only(True)
    menus = []
    view.relabel_requested.connect(lambda *args: menus.append(args))
    start = place(view, 14.0, dx=-2)
    drag(view.lanes, [start, start + QPoint(40, 0)])
    drag(view.lanes, [place(view, 40.0), place(view, 45.0)])
    send(view.lanes, QEvent.Type.MouseButtonDblClick, place(view, 12.0))
    assert told(view, "edit") == [] and menus == []
    assert told(view, "selected")[0] == 11


def test_when_the_truth_changes_under_a_drag_the_drag_is_given_up(view):
    start = place(view, 14.0, dx=-2)
    drag(view.lanes, [start, start + QPoint(40, 0)], release=False)
    view.set_truth(SEGMENTS[1:])
    send(view.lanes, QEvent.Type.MouseButtonRelease, start + QPoint(40, 0), LEFT)
    assert told(view, "edit") == []
