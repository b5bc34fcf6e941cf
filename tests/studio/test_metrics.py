"""The metrics pane: live over what is shown, by class and stage, and a click goes to the case."""

from pathlib import Path

import numpy as np
import pytest
from projects import evolution_of, project_of
from PySide6.QtCore import Qt

from etp_core.project import AddLabel, AddSegment, DeleteSegment
from etp_studio.review.tables import BELOW_ROLE
from etp_studio.texts import capital


@pytest.fixture
def pane(qtbot, opened):
    """The pane in front, with its first answer for 'clip': jump found exactly, wave nearly."""
    opened.docks.bring("Metrics")
    qtbot.waitUntil(lambda: bool(opened.metrics.answer and opened.metrics.answer.cases))
    return opened.metrics


def cell(table, row, column):
    return table.model().index(row, column).data()


def test_it_measures_the_current_video(pane):
    assert pane.headline.text().split() == ["mAP", "100.0", "recall", "100.0"]
    assert pane.detail.text().startswith("2 detections of 2 segments  ·  starts 0.05 s off")
    assert [cell(pane.classes, 0, c) for c in range(4)] == ["jump", "1", "1", "100.0"]
    assert [cell(pane.stages, r, 0) for r in range(3)] == [
        "Actionness", "Refinement", "Localization"
    ]  # fmt: skip
    assert [cell(pane.stages, 1, c) for c in (4, 5)] == ["4", "0"]


def test_it_follows_an_edit_at_once(qtbot, opened, pane):
    session = opened.session
    with qtbot.waitSignal(pane.measured):
        session.apply(DeleteSegment(session.segments[1].id))
    assert pane.answer.truths == 1
    with qtbot.waitSignal(pane.measured):
        session.undo()
    assert pane.answer.truths == 2


def test_it_follows_the_threshold(qtbot, opened, pane):
    with qtbot.waitSignal(pane.measured):
        opened.session.set_threshold(0.5)
    assert pane.headline.text().startswith("mAP 50.0")
    missed = [case for case in pane.answer.cases if case.kind == "missed"]
    assert [case.label for case in missed] == ["wave"]


def test_another_tiou_and_all_videos_can_be_measured(qtbot, opened, pane):
    with qtbot.waitSignal(pane.measured):
        pane.tiou.setCurrentIndex(6)
    assert pane.headline.text().startswith("mAP 0.0")
    session = opened.session
    label = session.labels[0].id
    session.apply(AddSegment(session.videos[1].id, label, 0.0, 1.0))
    with qtbot.waitSignal(pane.measured):
        pane.scope.setCurrentIndex(1)
    assert pane.answer.truths == 3 and len(pane.answer.question.videos) == 2


def test_a_click_on_a_case_shows_it_in_whatever_video(qtbot, opened, pane):
    session = opened.session
    second = session.videos[1]
    session.apply(AddSegment(second.id, session.labels[0].id, 1.0, 2.0))
    with qtbot.waitSignal(pane.measured):
        pane.scope.setCurrentIndex(1)
    pane.tabs.setCurrentWidget(pane.cases)
    index = pane.cases.model().index(0, 0)
    assert cell(pane.cases, 0, 0) == "Missed: jump"
    below = [pane.cases.model().index(0, column).data(BELOW_ROLE) for column in (0, 1)]
    assert below == [capital(pane.answer.cases[0].text), Path(second.path).stem]
    qtbot.mouseClick(
        pane.cases.viewport(), Qt.MouseButton.LeftButton, pos=pane.cases.visualRect(index).center()
    )
    qtbot.waitUntil(lambda: session.video.id == second.id and opened.player.clip is not None)
    qtbot.waitUntil(lambda: opened.video.on_screen)
    assert opened.player.playhead == pytest.approx(1.0, abs=0.1)


def test_a_click_in_the_video_shown_selects_the_detection(qtbot, opened, pane):
    pane.tabs.setCurrentWidget(pane.cases)
    row = next(
        r
        for r in range(pane.cases.model().rowCount())
        if cell(pane.cases, r, 0) == "Boundaries: wave"
    )
    qtbot.mouseClick(
        pane.cases.viewport(),
        Qt.MouseButton.LeftButton,
        pos=pane.cases.visualRect(pane.cases.model().index(row, 0)).center(),
    )
    assert opened.session.selected_detection == 1
    assert opened.player.playhead == pytest.approx(2.1, abs=0.04)


def test_a_class_that_is_picked_has_its_curve_drawn(qtbot, pane):
    assert pane.plot.plotItem.titleLabel.text == "All classes"
    index = pane.classes.model().index(1, 0)
    qtbot.mouseClick(
        pane.classes.viewport(),
        Qt.MouseButton.LeftButton,
        pos=pane.classes.visualRect(index).center(),
    )
    assert pane.plot.plotItem.titleLabel.text == "wave"
    assert np.array_equal(pane._curve.getData()[1], [1, 1])


def test_a_new_run_is_measured(qtbot, opened, pane):
    session = opened.session
    session.project.add_run(session.video.id, evolution_of("clip", [(0.5, 1.0, 0, 0.9)]), {})
    with qtbot.waitSignal(pane.measured):
        session.run_added(session.video.id)
    assert pane.answer.found == 1


def test_without_ground_truth_or_detections_it_says_what_to_do(qtbot, opened, pane):
    session = opened.session
    with qtbot.waitSignal(pane.measured):
        session.set_video(session.videos[1])
    assert pane.detail.text().endswith("I and O set where an action begins and ends.")
    assert not pane.plot.isVisible()
    with qtbot.waitSignal(pane.measured):
        session.apply(AddSegment(session.video.id, session.labels[0].id, 0.0, 1.0))
    assert pane.detail.text().endswith("D detects actions.")


def test_nothing_is_measured_while_it_is_not_seen(qtbot, opened):
    opened.session.set_threshold(0.5)
    assert opened.metrics.answer is None and not opened.metrics._soon.isActive()
    with qtbot.waitSignal(opened.metrics.measured):
        opened.docks.bring("Metrics")
    assert opened.metrics.answer.found == 1
    opened.docks.bring("Segments")
    opened.session.set_threshold(0.0)
    assert not opened.metrics._soon.isActive()


def test_detections_are_measured_against_everybody_or_one_annotator(qtbot, opened, pane):
    session = opened.session
    assert not pane.annotator.isVisible() and not pane.tabs.isTabVisible(3)
    video, label = session.video.id, session.labels[0].id
    with qtbot.waitSignal(pane.measured):
        session.apply(AddSegment(video, label, 0.6, 1.0, annotator="Zoë"))
    assert pane.annotator.isVisible() and "several annotators" in pane.detail.text()
    assert pane.answer.truths == 3
    with qtbot.waitSignal(pane.measured):
        pane.annotator.setCurrentIndex(pane.annotator.findData("Zoë"))
    assert pane.answer.truths == 1 and "several annotators" not in pane.detail.text()
    with qtbot.waitSignal(pane.measured):
        session.undo()
    assert pane.answer.truths == 0 and pane.annotator.currentData() == "Zoë"
    with qtbot.waitSignal(pane.measured):
        pane.annotator.setCurrentIndex(0)
    assert pane.answer.truths == 2 and not pane.annotator.isVisible()


def test_the_tab_that_was_chosen_comes_back_with_the_detections(qtbot, opened, pane):
    pane.tabs.setCurrentWidget(pane.cases)
    session = opened.session
    first, second = session.videos
    with qtbot.waitSignal(pane.measured):
        session.set_video(second)  # nothing was detected there
    assert not pane.tabs.isVisible()
    qtbot.waitUntil(lambda: opened.video.on_screen)
    with qtbot.waitSignal(pane.measured, check_params_cb=lambda answer: answer.result is not None):
        session.set_video(first)
    assert pane.tabs.currentWidget() is pane.cases


def test_annotators_are_compared_with_each_other_where_nothing_was_detected(
    qtbot, window, tmp_path, clip
):
    project = project_of(tmp_path / "two.etp", clip, segments=())
    label = project.apply(AddLabel("kick")) and project.labels()[-1].id
    for who, spans in (("Ada", ((0.5, 1.0), (2.0, 3.0))), ("Zoë", ((0.6, 1.0), (3.2, 3.6)))):
        for start, end in spans:
            project.apply(AddSegment(1, label, start, end, annotator=who))
    project.close()
    window.open([tmp_path / "two.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen)
    window.docks.bring("Metrics")
    pane = window.metrics
    qtbot.waitUntil(lambda: bool(pane.answer and pane.answer.agreements))
    assert [pane.tabs.isTabVisible(k) for k in range(4)] == [False, False, False, True]
    (pair,) = pane.answer.agreements
    assert (pair.counts, pair.matched) == ((2, 2), (1,))
    row = [cell(pane.agreement, 0, column) for column in range(5)]
    assert row == ["Ada – Zoë", "50.0", f"{pair.kappa:.2f}", "0.10", "0.00"]
    tip = pane.agreement.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("2 and 2 segments, 1 in common") and "kick: κ" in tip
