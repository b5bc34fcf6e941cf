"""The timeline under the hand: what is selected and told, and one axis for all parts."""

import math

import numpy as np
import pytest
from evolving import cuts_of, evolution_of, truth_of
from hand import SECONDS, SEGMENTS, drag, place, send, timeline, told, wheel
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication

from etp_core.evolution import Reason
from etp_core.project import StoredSegment
from etp_studio.timeline.axis import GUTTER
from etp_studio.timeline.overlay import chip_text
from etp_studio.timeline.scene import TRUTH


@pytest.fixture
def view(qtbot):
    return timeline(qtbot)


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


def test_the_same_segments_once_more_leave_a_drag_under_way_alone(qtbot):
    view = timeline(qtbot)
    drag(view.lanes, [place(view, 12.0), place(view, 13.0)], release=False)
    assert view.lanes.draft is not None
    view.set_truth(list(SEGMENTS))
    assert view.lanes.draft is not None
    view.set_truth(SEGMENTS[:2])
    assert view.lanes.draft is None and len(view.lanes.scene.truth) == 2
