"""What the timeline computes while one looks: the moving threshold, classes, stages, errors."""

from dataclasses import replace

import numpy as np
import pytest
from evolving import CLASSES, LABELS, cuts_of, evolution_of, truth_of
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from etp_core.actionness.initial import InitialProposals, Recipe
from etp_core.evolution import Reason
from etp_core.project import AddSegment
from etp_core.timeline import cut_at, tiou
from etp_studio.background import Background
from etp_studio.timeline import TimelineView
from etp_studio.timeline.axis import GUTTER
from etp_studio.timeline.errors import errors
from etp_studio.timeline.evolve import between, words
from etp_studio.timeline.live import MOST, Live
from etp_studio.timeline.scene import TRUTH, build

SECONDS = 60.0
CUTS = cuts_of(SECONDS)
TRUTH_OF = truth_of(SECONDS, 14)
EVOLUTION = replace(
    evolution_of(SECONDS, TRUTH_OF),
    recipe={"thresholds": [0.2, 0.6], "min_length": 0.3, "max_length": 30.0, "nms": 0.8},
)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


@pytest.fixture
def view(qtbot):
    made = TimelineView()
    qtbot.addWidget(made)
    made.resize(1132, 760)
    made.set_video(1, CUTS)
    made.set_labels(LABELS)
    made.set_truth(TRUTH_OF)
    made.set_evolution(EVOLUTION)
    made.show()
    return made


def send(widget, kind, point, buttons=LEFT):
    button = NONE if kind == QEvent.Type.MouseMove else LEFT
    where = QPointF(widget.mapToGlobal(point))
    no = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(kind, QPointF(point), where, button, buttons, no))


def drag_line(view, score):
    """Drag the threshold's line to a score."""
    curves = view.curves
    send(curves, QEvent.Type.MouseButtonPress, QPoint(600, round(curves.y(curves.threshold))))
    send(curves, QEvent.Type.MouseMove, QPoint(610, round(curves.y(score))))
    send(curves, QEvent.Type.MouseButtonRelease, QPoint(610, round(curves.y(score))), NONE)


# the threshold


@pytest.mark.parametrize("score", [0.15, 0.4, 0.75])
def test_the_line_proposes_what_the_engine_proposes_at_that_threshold(view, score):
    drag_line(view, score)
    recipe = Recipe.model_validate(EVOLUTION.recipe)
    engine = InitialProposals(EVOLUTION.times, EVOLUTION.curves, CUTS, recipe)
    expected = engine.propose(view.live.threshold)
    assert view.live.threshold == pytest.approx(score, abs=0.02)
    assert len(view.live.found) == len(expected.kept)
    assert np.array_equal(view.live.found.segments, expected.segments[expected.kept])
    assert np.array_equal(view.live.labels, expected.labels[expected.kept])
    assert view.curves.threshold_text.startswith(f"{len(expected.kept)} proposal")


def test_the_proposals_follow_while_the_line_moves_and_nothing_is_sought(view, qtbot):
    counts, sought = [], []
    view.live.changed.connect(lambda: counts.append(len(view.live.found)))
    view.seek_requested.connect(sought.append)
    curves = view.curves
    send(curves, QEvent.Type.MouseButtonPress, QPoint(600, round(curves.y(0.5))))
    for score in (0.6, 0.8, 0.95):
        send(curves, QEvent.Type.MouseMove, QPoint(600, round(curves.y(score))))
    assert len(counts) == 3 and counts[-1] < counts[0]
    assert sought == []


def test_the_recipe_of_a_run_is_that_of_the_engine(view):
    """Its own thresholds give its own proposals: nothing is lost between engine and window."""
    recipe = Recipe.model_validate(EVOLUTION.recipe)
    assert Recipe.model_validate(recipe.model_dump()) == recipe
    assert recipe.thresholds == (0.2, 0.6) and recipe.sigma == 3.0


def test_a_double_click_makes_a_proposal_a_segment_of_the_current_label(view, qtbot):
    view.set_current_label(3)
    lane = view.proposals
    found = 0
    start, end = view.live.found.segments[found]
    point = QPoint(round(view.axis.x((start + end) / 2)), 0)
    for y in range(4, lane.height()):
        if lane.at(point.x(), y) == found:
            point.setY(y)
            break
    with qtbot.waitSignal(view.edit_requested) as asked:
        send(lane, QEvent.Type.MouseButtonDblClick, point)
    edit = asked.args[0]
    assert isinstance(edit, AddSegment)
    assert (edit.label_id, edit.start, edit.end) == (3, start, end)
    assert edit.source == "accepted:Algorithm 1 at 0.500"


def test_curves_too_many_for_a_moving_hand_are_proposed_from_as_far_as_they_are_drawn(qtbot):
    cuts = np.arange(MOST // 4 + 2) / 25.0  # a class and the agnostic curve of five still fit
    live = Live(None)
    view = TimelineView()
    qtbot.addWidget(view)
    view.set_evolution(EVOLUTION)
    live.set_curves(view.curves.data, cuts, {}, [2, 4])
    assert set(live.labels.tolist()) <= {2, -1}


def test_with_a_background_the_window_does_not_wait_for_the_curves_to_be_prepared(qtbot):
    background = Background()
    live = Live(background)
    view = TimelineView()
    qtbot.addWidget(view)
    view.set_evolution(EVOLUTION)
    live.set_curves(view.curves.data, CUTS, EVOLUTION.recipe, [0, 4])
    assert not live.ready
    qtbot.waitUntil(lambda: live.ready)
    assert len(live.found)
    background.close()


def test_no_proposal_reaches_into_what_is_still_being_read(view):
    found = view.live.found.segments
    middle = next(s for s in found if s[1] - s[0] > 1).mean()
    view.set_evolution(None)
    view.curves.set_reading(True)
    read = (EVOLUTION.times < middle) & (EVOLUTION.times > middle - 10)
    view.append_curves(EVOLUTION.times[read], EVOLUTION.curves[:, read].T, EVOLUTION.classes)
    assert len(view.live.found)
    assert view.live.found.segments.max() < middle + 0.5
    assert view.live.found.segments.min() > middle - 10.5


def test_live_curves_are_smoothed_as_those_of_the_result_will_be(view):
    view.set_evolution(None)
    view.append_curves(EVOLUTION.times, EVOLUTION.curves.T, EVOLUTION.classes, 0.0)
    assert np.array_equal(view.curves.data.smooth, EVOLUTION.curves)
    view.append_curves(EVOLUTION.times, EVOLUTION.curves.T, EVOLUTION.classes)
    assert not np.array_equal(view.curves.data.smooth, EVOLUTION.curves)


def test_a_video_without_curves_has_no_line(view):
    view.set_evolution(None)
    assert len(view.live.found) == 0
    before = view.live.threshold
    drag_line(view, 0.9)
    assert view.live.threshold == before


# classes and density


def test_a_click_on_a_name_shows_its_class_alone_and_bold_and_another_click_all(view):
    row = QPoint(40, 5 + 7)
    every = len(view.lanes.scene.lanes[2])
    send(view.curves, QEvent.Type.MouseButtonPress, row)
    hues = {view.lanes.scene.names[hue] for hue in view.lanes.scene.lanes[2].hue.tolist()}
    assert view.curves.chosen == {CLASSES[0]} and hues == {CLASSES[0]}
    assert view.lanes.scene.held_back > 0
    widths = {row: view.curves._pen(row, raw=False, strokes=False).widthF() for row in range(5)}
    assert widths[0] > max(widths[k] for k in (1, 2, 3, 4))
    send(view.curves, QEvent.Type.MouseButtonPress, row)
    assert view.curves.chosen == frozenset() and len(view.lanes.scene.lanes[2]) == every


def test_of_several_detections_for_one_segment_only_the_best_is_shown_until_all_are_asked_for(
    view,
):
    few = view.lanes.scene.lanes[2]
    matched = few.match[few.match >= 0]
    assert len(matched) == len(set(matched.tolist()))
    view.show_all(True)
    every = view.lanes.scene.lanes[2]
    assert len(every) == len(few) + view_held_back(view, few)
    for bar in range(len(few)):
        if few.match[bar] < 0:
            continue
        rivals = np.flatnonzero(every.match == few.match[bar])
        same = every.hue[rivals] == view.lanes.scene.truth.hue[few.match[bar]]
        rivals = rivals[same] if same.any() else rivals
        spans = np.stack([every.start[rivals], every.end[rivals]], axis=1)
        truth = view.lanes.scene.truth
        goal = [[truth.start[few.match[bar]], truth.end[few.match[bar]]]]
        best = int(rivals[np.argmax(tiou(spans, goal))])
        assert every.row[best] == few.row[bar]


def view_held_back(view, few):
    view.show_all(False)
    count = view.lanes.scene.held_back
    view.show_all(True)
    return count


def test_a_detection_that_was_chosen_is_shown_though_another_is_better(view):
    view.show_all(True)
    rows = set(view.lanes.scene.lanes[2].row.tolist())
    view.show_all(False)
    hidden = sorted(rows - set(view.lanes.scene.lanes[2].row.tolist()))
    view.show_proposal("localization", hidden[0])
    assert hidden[0] in view.lanes.scene.lanes[2].row
    assert view.lanes.chain is not None


# the stages


def test_the_slider_is_where_the_stages_are_and_half_way_between_them_in_between():
    scene = build(EVOLUTION, TRUTH_OF, LABELS)
    for stage in (0, 1, 2):
        found = between(scene, stage, 0, SECONDS)
        bars = scene.lanes[stage]
        led = found.above if found.share == 0 else found.below
        assert np.array_equal(found.start, bars.start[led])
    half = between(scene, 1.5, 0, SECONDS)
    refined, results = scene.lanes[1], scene.lanes[2]
    assert len(half.start) == (results.reason == Reason.KEPT).sum()
    middle = (refined.end[half.above] + results.end[half.below]) / 2
    assert half.end == pytest.approx(middle)


def test_between_the_stages_the_bar_says_that_it_is_only_drawn(view):
    assert words(2.0, 2) == "Localization"
    assert words(0.4, 2) == "between Actionness and Refinement: only drawn, not computed"
    view.evolve.slider.setValue(140)
    assert view.lanes.stage == 1.4 and "only drawn" in view.evolve.text.text()
    view.evolve.slider.setValue(200)
    assert view.lanes.stage is None


def test_the_play_button_moves_the_bars_from_the_first_stage_to_where_they_ended(qtbot, view):
    seen = []
    view.evolve.moved.connect(seen.append)
    qtbot.mouseClick(view.evolve.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] is None)
    stages = [stage for stage in seen if stage is not None]
    assert stages == sorted(stages) and stages[0] < 0.5 and len(set(stages)) > 2
    assert view.lanes.stage is None


def test_stepping_goes_from_stage_to_stage_and_stops_at_the_ends(view):
    seen = []
    for by in (-1, -1, -1, 1, 1, 1):
        view.evolve.step(by)
        view.evolve.finish()
        seen.append(view.evolve.stage)
    assert seen == [1.0, 0.0, 0.0, 1.0, None, None]


def test_two_quick_steps_are_two_stages(view):
    for by in (-1, -1):
        view.evolve.step(by)
    view.evolve.finish()
    assert view.evolve.stage == 0.0


def test_playing_ends_at_the_last_stage(view, qtbot):
    view.evolve.run()
    assert view.lanes.stage is not None
    view.evolve.finish()
    assert view.lanes.stage is None


# errors, annotators, hover


def test_errors_are_signed_frames_of_every_stage_against_the_best_detection():
    scene = build(EVOLUTION, TRUTH_OF, LABELS)
    found = errors(scene, CUTS)
    seen = 0
    for truth, best in enumerate(found.best.tolist()):
        if best < 0:
            assert np.isnan(found.frames[truth]).all()
            continue
        path = scene.path(2, best)
        for lane, bar in enumerate(path):
            bars = scene.lanes[lane]
            start = cut_at(CUTS, bars.start[bar]) - cut_at(CUTS, scene.truth.start[truth])
            end = cut_at(CUTS, bars.end[bar]) - cut_at(CUTS, scene.truth.end[truth])
            assert found.frames[truth, lane].tolist() == [start, end]
            seen += 1
    assert seen > 20


def test_the_error_lane_is_there_only_with_something_to_compare(view):
    assert view.errors.isVisible()
    view.set_truth([])
    assert not view.errors.isVisible()


def test_two_annotators_have_a_lane_each_and_a_click_selects(view, qtbot):
    assert not view.annotators.isVisible()
    truth = [replace(s, annotator=("Ada", "Bob")[s.id % 2]) for s in TRUTH_OF]
    view.set_truth(truth)
    assert view.annotators.isVisible() and view.annotators.names == ("Ada", "Bob")
    mine = next(s for s in truth if s.annotator == "Bob")
    middle = round(view.axis.x((mine.start + mine.end) / 2))
    with qtbot.waitSignal(view.selection_changed) as picked:
        send(view.annotators, QEvent.Type.MouseButtonPress, QPoint(middle, 3 + 15 + 5))
    assert picked.args == [mine.id]


def test_hovering_a_proposal_marks_its_boundaries_at_every_stage_on_curves_ruler_and_overview(view):
    box = view.lanes.box(2, 3)
    send(view.lanes, QEvent.Type.MouseMove, box.center().toPoint(), NONE)
    path = view.lanes.scene.path(2, 3)
    times = [
        float(side[bar])
        for lane, bar in enumerate(path)
        for side in (view.lanes.scene.lanes[lane].start, view.lanes.scene.lanes[lane].end)
    ]
    assert view.lanes.hovered == (2, 3)
    assert [mark.time for mark in view.curves.marks] == times
    assert list(view.ruler.ghosts) == list(view.overview.ghosts) == times
    QApplication.sendEvent(view.lanes, QEvent(QEvent.Type.Leave))
    assert view.curves.marks == [] and view.ruler.ghosts == ()


def test_the_gutter_starts_at_one_pixel_in_every_part(view):
    assert view.axis.x(view.axis.start) == GUTTER
    assert view.lanes.bands[TRUTH].bottom <= view.lanes.height()
