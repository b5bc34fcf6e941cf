"""The timeline under the hand: real mouse events, one edit per gesture, one axis for all parts."""

import math

import numpy as np
import pytest
from evolving import LABELS, RATE, cuts_of, evolution_of, truth_of
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from etp_core.evolution import Reason
from etp_core.project import AddSegment, MoveSegment, StoredSegment
from etp_studio.editing.snap import Source
from etp_studio.timeline import TimelineView
from etp_studio.timeline.axis import GUTTER
from etp_studio.timeline.overlay import chip_text
from etp_studio.timeline.scene import TRUTH

SECONDS = 60.0
CUTS = cuts_of(SECONDS)
SEGMENTS = [
    StoredSegment(11, 1, 1, 10.0, 14.0, "Ada", "drawn"),
    StoredSegment(12, 1, 2, 20.0123, 26.0, "Ada", "imported:a.csv"),  # its start lies on no cut
    StoredSegment(13, 1, 3, 30.0, 34.0, "Ada", "drawn"),
]
LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(qtbot):
    made = TimelineView()
    qtbot.addWidget(made)
    made.resize(1132, 500)
    made.set_video(1, CUTS)
    made.set_labels(LABELS)
    made.set_truth(SEGMENTS)
    made.show()
    made.heard = []
    for name in ("edit", "seek", "preview"):
        getattr(made, f"{name}_requested").connect(lambda x, n=name: made.heard.append((n, x)))
    made.preview_ended.connect(lambda: made.heard.append(("preview ended", None)))
    made.selection_changed.connect(lambda x: made.heard.append(("selected", x)))
    made.proposal_selected.connect(lambda s, r: made.heard.append(("proposal", (s, r))))
    return made


def told(view, name):
    """What the view asked for under that name, in order."""
    return [value for kind, value in view.heard if kind == name]


def place(view, time, lane=TRUTH, dx=0):
    """A point of the lanes at a time, in the first sub-row of a lane."""
    band = view.lanes.bands[lane]
    return QPoint(round(view.axis.x(time)) + dx, round(band.row_top(0) + band.bar / 2))


def send(widget, kind, point, button=LEFT, buttons=LEFT, modifiers=NO):
    where = QPointF(widget.mapToGlobal(point))
    event = QMouseEvent(kind, QPointF(point), where, button, buttons, modifiers)
    QApplication.sendEvent(widget, event)


def drag(widget, points, modifiers=NO, button=LEFT, release=True):
    """Press at the first point, move over the others, let go at the last."""
    send(widget, QEvent.Type.MouseButtonPress, points[0], button, button, modifiers)
    for point in points[1:]:
        none = Qt.MouseButton.NoButton
        send(widget, QEvent.Type.MouseMove, point, none, button, modifiers)
    if release:
        none = Qt.MouseButton.NoButton
        send(widget, QEvent.Type.MouseButtonRelease, points[-1], button, none, modifiers)


def wheel(widget, point, x=0, y=0, modifiers=NO):
    """Turn the wheel by eighths of a degree; a notch is 120."""
    event = QWheelEvent(
        QPointF(point), QPointF(widget.mapToGlobal(point)), QPoint(), QPoint(x, y),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


# editing


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


# selecting


def test_a_click_selects_a_segment_and_a_click_beside_it_selects_none_and_seeks(view):
    drag(view.lanes, [place(view, 12.0)])
    drag(view.lanes, [place(view, 12.0)])
    assert told(view, "selected") == [11]
    assert told(view, "edit") == [] and told(view, "seek") == []
    drag(view.lanes, [place(view, 17.0)])
    assert told(view, "selected") == [11, None]
    assert told(view, "seek") == [pytest.approx(17.0, abs=0.05)]


def test_selecting_from_outside_is_shown_and_not_told_back(view):
    view.select(13)
    assert view.selected == 13 and view.heard == []
    assert "sit down" in view.lanes.accessibleDescription()


def test_a_selection_that_is_gone_from_the_truth_is_gone(view):
    view.select(13)
    view.set_truth(SEGMENTS[:2])
    assert view.selected is None


def test_double_click_and_the_menu_ask_for_a_label(view, qtbot):
    with qtbot.waitSignal(view.relabel_requested) as asked:
        send(view.lanes, QEvent.Type.MouseButtonDblClick, place(view, 12.0))
    assert asked.args[0] == 11
    point = place(view, 32.0)
    with qtbot.waitSignal(view.relabel_requested) as asked:
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, point, view.lanes.mapToGlobal(point)
        )
        QApplication.sendEvent(view.lanes, event)
    assert asked.args == [13, view.lanes.mapToGlobal(point)]
    assert told(view, "selected") == [13]


def test_the_pointer_shows_what_a_press_would_do(view):
    shape, none = Qt.CursorShape, Qt.MouseButton.NoButton

    def at(point):
        send(view.lanes, QEvent.Type.MouseMove, point, none, none)
        return view.lanes.cursor().shape()

    assert at(place(view, 14.0, dx=-2)) is shape.SizeHorCursor
    assert at(place(view, 12.0)) is shape.OpenHandCursor
    assert at(place(view, 17.0)) is shape.CrossCursor
    view.set_current_label(None)
    assert at(place(view, 17.0)) is shape.ForbiddenCursor
    view.set_read_only(True)
    assert at(place(view, 12.0)) is shape.ArrowCursor


def test_every_part_has_a_name_for_screen_readers_and_the_selection_is_read_out(view):
    for part in (view, view.ruler, view.overview, view.curves, view.lanes):
        assert part.accessibleName()
    drag(view.lanes, [place(view, 32.0)])
    text = view.lanes.accessibleDescription()
    assert text == "Segment 3 of 3: sit down, from 0:30.000 to 0:34.000"


# proposals


@pytest.fixture
def evolved(view):
    truth = truth_of(SECONDS, 9, seed=2)
    view.set_truth(truth)
    view.set_evolution(evolution_of(SECONDS, truth))
    assert all(len(bars) for bars in view.lanes.scene.lanes)
    return view


def bar_centre(view, lane, bar):
    return view.lanes.box(lane, bar).center().toPoint()


@pytest.mark.parametrize("lane", [0, 1, 2])
def test_a_click_on_a_proposal_selects_its_chain_and_tells_stage_and_row(evolved, lane):
    bars = evolved.lanes.scene.lanes[lane]
    drag(evolved.lanes, [bar_centre(evolved, lane, 0)])
    stage = ("actionness", "refinement", "localization")[lane]
    assert told(evolved, "proposal") == [(stage, int(bars.row[0]))]
    assert evolved.lanes.chain == (lane, 0)
    assert told(evolved, "seek") == []
    assert len(evolved.curves.marks) == 6  # both boundaries at three stages


def test_a_click_beside_all_proposals_seeks_and_lets_the_chain_go(evolved):
    drag(evolved.lanes, [bar_centre(evolved, 2, 0)])
    drag(evolved.lanes, [QPoint(GUTTER + 2, 2)])
    assert told(evolved, "proposal")[-1] == ("", -1)
    assert len(told(evolved, "seek")) == 1
    assert evolved.lanes.chain is None


def test_what_is_chosen_stays_chosen_when_the_truth_changes_and_goes_when_it_is_hidden(evolved):
    drag(evolved.lanes, [bar_centre(evolved, 2, 0)])
    row = int(evolved.lanes.scene.lanes[2].row[0])
    evolved.set_truth(evolved.lanes.truth[1:])
    assert evolved.lanes.scene.lanes[2].row[evolved.lanes.chain[1]] == row
    evolved.set_threshold(99.0)
    assert evolved.lanes.chain is None
    assert all(len(bars) == 0 for bars in evolved.lanes.scene.lanes[:TRUTH])


def test_a_proposal_chosen_elsewhere_is_brought_forward_and_not_told_back(evolved):
    row = int(evolved.lanes.scene.lanes[2].row[1])
    evolved.show_proposal("localization", row)
    assert evolved.lanes.chain == (2, 1)
    evolved.show_proposal("", -1)
    assert evolved.lanes.chain is None and told(evolved, "proposal") == []


def test_the_chip_of_a_dropped_proposal_says_why_and_no_tooltip_covers_it(evolved):
    evolved.show_dropped(True)
    bars = evolved.lanes.scene.lanes[0]
    lost = np.flatnonzero(bars.reason != Reason.KEPT)
    assert len(lost)
    none = Qt.MouseButton.NoButton
    texts = set()
    for bar in lost:
        send(evolved.lanes, QEvent.Type.MouseMove, bar_centre(evolved, 0, int(bar)), none, none)
        texts.add(chip_text(evolved.lanes, *evolved.lanes.hovered))
        assert evolved.lanes.toolTip() == ""
    assert any("dropped: overlaps a better one" in text for text in texts)


def test_the_chip_of_a_segment_names_its_label_its_frames_and_who_drew_it(view):
    none = Qt.MouseButton.NoButton
    send(view.lanes, QEvent.Type.MouseMove, place(view, 12.0), none, none)
    text = chip_text(view.lanes, *view.lanes.hovered)
    assert text.startswith("jump  0:10.000–0:14.000 · 100 frames") and "Ada" in text
    assert view.lanes.toolTip() == ""


def test_the_name_of_a_lane_has_a_tooltip_that_says_what_it_is(view):
    none = Qt.MouseButton.NoButton
    at = QPointF(20, view.lanes.bands[TRUTH].top + 3)
    send(view.lanes, QEvent.Type.MouseMove, at, none, none)
    assert "Esc" in view.lanes.toolTip()


# time


@pytest.mark.parametrize("part", ["ruler", "curves", "lanes"])
def test_a_press_and_a_drag_seek_on_every_part_but_the_overview(view, part):
    widget = getattr(view, part)
    points = [QPoint(round(view.axis.x(t)), 3) for t in (5.0, 20.0, 70.0)]
    drag(widget, points)
    assert told(view, "seek")[:2] == pytest.approx([5.0, 20.0], abs=0.06)
    assert told(view, "seek")[-1] == SECONDS  # never past the end


@pytest.mark.parametrize("part", ["ruler", "curves", "lanes"])
@pytest.mark.parametrize("clicks", [1, -2])
def test_the_wheel_zooms_and_keeps_the_time_under_the_cursor(view, part, clicks):
    view.zoom(6, 30.0)
    point = QPoint(700, 10)
    time, span = view.axis.time(700), view.axis.span
    wheel(getattr(view, part), point, y=120 * clicks)
    assert view.axis.time(700) == pytest.approx(time, abs=1e-9)
    assert (view.axis.span < span) == (clicks > 0)


def test_shift_and_wheel_a_sideways_wheel_and_the_middle_button_pan(view):
    view.zoom(6, 30.0)
    start, span = view.axis.start, view.axis.span
    wheel(view.lanes, QPoint(700, 10), y=-120, modifiers=Qt.KeyboardModifier.ShiftModifier)
    assert view.axis.start > start
    wheel(view.lanes, QPoint(700, 10), x=120)
    assert view.axis.start == pytest.approx(start)
    time = view.axis.time(700)
    middle = Qt.MouseButton.MiddleButton
    drag(view.lanes, [QPoint(700, 10), QPoint(600, 10)], button=middle)
    assert view.axis.time(600) == pytest.approx(time)
    assert view.axis.span == pytest.approx(span)
    assert view.heard == []


def test_a_double_click_on_the_ruler_shows_the_whole_video(view):
    view.zoom(6, 30.0)
    send(view.ruler, QEvent.Type.MouseButtonDblClick, QPoint(500, 10))
    assert view.axis == view.axis.fit()


def test_the_window_of_the_overview_is_dragged_and_its_ends_zoom(view):
    view.zoom(4, 30.0)
    strip = view.overview
    middle, span = strip.window.center().toPoint(), view.axis.span
    drag(strip, [middle, middle + QPoint(50, 0)])
    assert view.axis.span == pytest.approx(span)
    assert strip.window.center().x() == pytest.approx(middle.x() + 50, abs=1)
    end = view.axis.end
    left = QPoint(round(strip.window.left()), 10)
    drag(strip, [left, left + QPoint(40, 0)])
    assert view.axis.end == pytest.approx(end)
    assert view.axis.span < span
    drag(strip, [QPoint(round(strip.x(5.0)), 10)])
    assert view.axis.start <= 5.0 <= view.axis.end
    assert view.heard == []


def test_follow_turns_the_page_and_without_it_the_view_stays(view):
    view.zoom(6, 30.0)
    view.follow = False
    start = view.axis.start
    view.set_playhead(55.0)
    assert view.axis.start == start
    view.follow = True
    view.set_playhead(55.0)
    assert view.axis.start < 55.0 < view.axis.end
    turned = view.axis.start
    view.set_playhead(55.1)
    assert view.axis.start == turned


def test_the_range_is_told_when_it_changes(view, qtbot):
    with qtbot.waitSignal(view.range_changed) as changed:
        view.zoom(2, 30.0)
    assert changed.args == [view.axis.start, view.axis.end]


def test_another_video_forgets_everything_of_the_one_before(evolved):
    evolved.select(2)
    evolved.set_video(2, cuts_of(10.0))
    assert evolved.selected is None and evolved.evolution is None
    assert all(len(bars) == 0 for bars in evolved.lanes.scene.lanes)
    assert len(evolved.curves.data.times) == 0
    assert evolved.axis.high == 10.0


def test_the_rings_of_a_selected_crowd_lie_where_its_segments_are(view):
    def covered(boxes):
        """Pixels of each height that lie in a box."""
        return {
            (round(box.top()), x)
            for box in boxes
            for x in range(math.floor(box.left()), math.ceil(box.right()))
        }

    chance = np.random.default_rng(5)
    start = np.sort(chance.uniform(0, 59, 600))
    segments = [
        StoredSegment(i, 1, 1, float(a), float(a) + 0.05, "Ada", "drawn")
        for i, a in enumerate(start)
    ]
    view.set_truth(segments)
    chosen = frozenset(range(100, 350)) | frozenset(range(400, 500, 2))
    view.select(0, chosen)
    lanes = view.lanes
    boxes = lanes.also_boxes()
    each = [lanes.box(TRUTH, lanes.bar_of(key)) for key in chosen]
    assert len(boxes) < len(each) and covered(boxes) == covered(each)
    view.select(0, frozenset({1, 2, 3}))
    assert lanes.also_boxes() == [lanes.box(TRUTH, lanes.bar_of(key)) for key in (1, 2, 3)]
