"""The pane that says why: every fact of a proposal that the run keeps, and links that lead on."""

from dataclasses import replace

import numpy as np
import pytest
from evolving import LABELS, cuts_of, evolution_of, truth_of
from PySide6.QtCore import QUrl

from etp_core.evolution import Reason
from etp_core.project.records import Detection
from etp_studio.review.explanation import explain, tally
from etp_studio.review.why import WhyPane
from etp_studio.session import Session
from etp_studio.timeline import TimelineView

SECONDS = 60.0
TRUTH = truth_of(SECONDS, 14)


def with_details(evolution):
    """The evolution with offsets, units and probabilities, as a run of today keeps them."""
    refined, found = evolution.refinement, evolution.localization
    n, k = len(refined), len(evolution.classes)
    before = evolution.actionness.segments[refined.parents]
    units = np.column_stack([before[:, 0], before[:, 1], np.full(n, 0.2), np.full(n, 5.0)])
    probabilities = np.full((n, k + 1), 0.1 / k, np.float32)
    probabilities[np.arange(n), np.arange(n) % k] = 0.9
    offsets = np.tile([0.05, -0.1], (n, 1))
    return replace(
        evolution,
        refinement=replace(refined, units=units, probabilities=probabilities, offsets=offsets),
        localization=replace(found, offsets=np.tile([-0.02, 0.0], (len(found), 1))),
        recipe={"thresholds": [0.5]},
    )


PLAIN = evolution_of(SECONDS, TRUTH)
FULL = with_details(PLAIN)


def show(session, evolution):
    """Let the session show an evolution, as if its project held it."""
    stage = evolution.localization
    found = [
        Detection(row, "", *stage.segments[row].tolist(), float(stage.scores[row]), 0.0, ())
        for row in stage.kept.tolist()
    ]
    session._show_run(evolution, found)


@pytest.fixture
def pane(qtbot):
    session, timeline = Session(), TimelineView()
    qtbot.addWidget(timeline)
    made = WhyPane(session, timeline)
    qtbot.addWidget(made)
    made.resize(380, 700)
    made.show()
    timeline.resize(1200, 800)
    timeline.set_video(1, cuts_of(SECONDS))
    timeline.set_labels(LABELS)
    timeline.set_truth(TRUTH)
    timeline.set_evolution(FULL)
    show(session, FULL)
    made.timeline, made.session = timeline, session
    return made


def suppressed_row():
    rows = np.flatnonzero(FULL.localization.reasons == Reason.NMS)
    assert len(rows)
    return int(rows[0])


def test_a_detection_is_explained_from_its_first_proposal_to_its_score():
    row = int(FULL.localization.kept[0])
    found = explain(FULL, "localization", row)
    initial, refined = FULL.ancestry(row)
    assert [(s.stage, s.row) for s in found.steps] == [
        ("actionness", initial), ("refinement", refined), ("localization", row),
    ]  # fmt: skip
    assert found.step.row == row and found.step.offset == (-0.02, 0.0)
    assert found.steps[1].offset == (0.05, -0.1) and found.steps[0].offset is None
    start, end = FULL.refinement.segments[refined]
    half = (end - start) / 2
    assert found.looked_at == ((start - half, start), (start, end), (end, end + half))
    assert len(found.units) == 5 and found.units[0][0] == FULL.actionness.segments[initial, 0]
    assert found.units[-1][1] == pytest.approx(FULL.actionness.segments[initial, 1])
    assert found.probabilities[0] == (FULL.classes[refined % 4], pytest.approx(0.9))
    assert sum(share for _, share in found.probabilities) == pytest.approx(1)
    assert found.completeness == FULL.localization.completeness[row]


def test_a_first_proposal_is_followed_to_the_best_of_what_became_of_it():
    row = int(FULL.localization.kept[0])
    initial, refined = FULL.ancestry(row)
    found = explain(FULL, "actionness", initial)
    assert found.at == 0 and [s.row for s in found.steps[:2]] == [initial, refined]


def test_what_suppressed_a_proposal_and_what_it_suppressed_are_each_others_mirror():
    row = suppressed_row()
    found = explain(FULL, "localization", row)
    assert found.step.reason is Reason.NMS and found.suppressed_by is not None
    assert ("localization", row) in explain(FULL, *found.suppressed_by).suppressed


def test_a_run_of_an_earlier_version_is_explained_as_far_as_it_goes():
    found = explain(PLAIN, "localization", int(PLAIN.localization.kept[0]))
    assert len(found.steps) == 3 and not found.complete
    assert found.units == () and found.probabilities == () and found.steps[2].offset is None


def test_every_row_of_every_stage_can_be_explained(pane):
    for stage in ("actionness", "refinement", "localization"):
        for row in range(len(FULL.stage(stage))):
            pane.show_proposal(stage, row)
            assert pane.explanation.step.row == row
            assert stage.capitalize() in pane.text.toPlainText()


def test_a_row_that_is_not_there_is_an_error():
    with pytest.raises(IndexError, match="refinement has no row 999"):
        explain(FULL, "refinement", 999)


def test_a_click_on_a_bar_explains_it_and_on_nothing_says_what_to_do(pane):
    bars = pane.timeline.lanes.scene.lanes[1]
    pane.timeline.lanes.chosen.emit(1, 2)
    assert pane.explanation.step.stage == "refinement"
    assert pane.explanation.step.row == bars.row[2]
    text = pane.text.toPlainText()
    for word in ("5 units of 0.20 s", "course", "background", "centre +5%", "length ×0.90"):
        assert word in text
    pane.timeline.lanes.chosen.emit(-1, -1)
    assert pane.explanation is None and pane.text.toPlainText().startswith("Click a bar")


def test_the_link_leads_to_what_suppressed_it(pane):
    row = suppressed_row()
    pane.show_proposal("localization", row)
    by = int(FULL.localization.suppressed_by[row])
    assert "Show what suppressed it" in pane.text.toPlainText()
    pane.text.anchorClicked.emit(QUrl(f"proposal:localization/{by}"))
    assert pane.explanation.step.row == by
    assert pane.session.selected_detection == by
    start = FULL.localization.segments[by, 0]
    assert pane.timeline.axis.start <= start <= pane.timeline.axis.end


def test_a_detection_that_is_selected_in_the_table_is_explained(pane):
    row = pane.session.detections[0].row
    pane.session.select_detection(row)
    assert pane.explanation.step.row == row
    pane.session.select_detection(None)
    assert pane.explanation is None


def test_it_says_when_a_run_does_not_keep_what_explains(pane):
    show(pane.session, PLAIN)
    assert pane.explanation is None
    pane.show_proposal("localization", int(PLAIN.localization.kept[0]))
    assert "Detect again" in pane.text.toPlainText()


def test_with_nothing_picked_it_says_what_became_of_all_proposals_of_the_video(pane):
    pane.show_proposal("", -1)
    text = pane.text.toPlainText()
    for stage in ("actionness", "refinement", "localization"):
        reasons = FULL.stage(stage).reasons
        assert f"{stage.capitalize()}: {len(reasons)}" in text
        assert sum(tally(FULL)[stage].values()) == len(reasons)
    lost = int((FULL.localization.reasons == Reason.NMS).sum())
    assert tally(FULL)["localization"][Reason.NMS] == lost
    lines = text.splitlines()
    assert "overlapped a better one" in lines and str(lost) in lines
    assert "results" in lines and "Click a bar" in text


def test_a_stage_that_dropped_it_later_on_says_why(pane):
    row = suppressed_row()
    refined = int(FULL.localization.parents[row])
    children = np.flatnonzero(FULL.localization.parents == refined)
    assert (FULL.localization.reasons[children] != Reason.KEPT).all()
    pane.show_proposal("refinement", refined)
    assert "It went on." in pane.text.toPlainText()
    assert "Dropped: overlaps a better one" in pane.text.toPlainText()


def test_all_that_a_proposal_suppressed_can_be_listed(pane):
    by = FULL.localization.suppressed_by.copy()
    winner = int(FULL.localization.kept[0])
    lost = np.setdiff1d(np.arange(len(by)), [winner])[:9]
    by[lost] = winner
    show(pane.session, replace(FULL, localization=replace(FULL.localization, suppressed_by=by)))
    pane.show_proposal("localization", winner)
    assert "3 more" in pane.text.toPlainText()
    pane.text.anchorClicked.emit(QUrl("all:"))
    assert "more" not in pane.text.toPlainText().split("It suppressed")[1]


def test_a_result_that_scores_too_little_says_that_it_is_hidden(pane):
    row = int(FULL.localization.kept[0])
    pane.show_proposal("localization", row)
    assert "It is a result." in pane.text.toPlainText()
    pane.session.set_threshold(float(FULL.localization.scores[row]) + 0.01)
    assert "hidden: it scores less than" in pane.text.toPlainText()
    pane.session.set_threshold(0.0)
    assert "It is a result." in pane.text.toPlainText()
