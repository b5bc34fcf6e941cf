"""The whole way: a video, detections by the real engine, a dragged boundary, undo, export."""

import csv

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from etp_core.formats import read
from etp_core.synth import ACTIONS, generate


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A generated video of 15 seconds and its annotations."""
    folder = tmp_path_factory.mktemp("generated")
    annotations = generate(folder / "synth", 1, 5, seconds=15.0)
    return folder / "synth" / "video_0001.mp4", annotations


def test_a_video_is_detected_corrected_undone_and_exported(qtbot, window, generated, tmp_path):
    video, annotations = generated
    session, timeline = window.session, window.timeline
    window.open([video])
    qtbot.waitUntil(lambda: window.video.on_screen)
    window.exchange.preview(annotations, certain=True)
    qtbot.waitUntil(lambda: bool(session.segments))
    truth = [(s.start, s.end) for s in session.segments]

    # detections of the real engine, with curves that fill in while it computes
    pieces = []
    window.detections.curves.connect(lambda _, piece: pieces.append(len(piece.times)))
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_D)
    assert window.detections.running(session.video.id)
    qtbot.waitUntil(lambda: session.evolution is not None, timeout=120_000)
    assert sum(pieces) == len(session.evolution.times) and len(pieces) > 1
    assert set(session.evolution.classes) == set(ACTIONS)
    window.threshold.spin.setValue(0.0)
    assert len(session.detections) == len(session.evolution.localization.kept) > 0
    assert [(s.start, s.end) for s in session.segments] == truth

    # a boundary dragged by hand shows its frame, and lands on a frame's time stamp
    segment = session.segments[0]
    session.select(segment.id)
    timeline.fit()
    lanes = timeline.lanes
    lane = lanes.bands[-1]
    y = lane.row_top(0) + lane.bar / 2
    start = QPoint(round(timeline.axis.x(segment.end)), round(y))
    shown = []
    window.video.painted.connect(lambda picture: shown.append(picture.index))
    qtbot.mousePress(lanes, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, start)
    for step in range(1, 16):
        at = start + QPoint(2 * step, 0)
        qtbot.mouseMove(lanes, at)
        qtbot.wait(15)
    qtbot.mouseRelease(lanes, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, at)
    moved = next(s for s in session.segments if s.id == segment.id)
    assert moved.start == segment.start and moved.end > segment.end
    assert moved.end in window.player.clip.cuts
    assert len(set(shown)) > 1
    qtbot.waitUntil(lambda: shown[-1] == window.player.index)
    assert session.project.undo_title.startswith("Move boundary of ")

    # undo, and export what is there
    qtbot.keyClick(
        QApplication.focusWidget() or window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier
    )
    assert [(s.start, s.end) for s in session.segments] == truth
    with qtbot.waitSignal(window.exchange.done):
        window.exchange.export(tmp_path / "out.csv", "csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    cuts = window.player.clip.cuts
    for row in rows:
        if row["stage"] == "ground_truth":
            assert cuts[int(row["start_frame"])] == pytest.approx(float(row["start_s"]), abs=1e-6)
            assert cuts[int(row["end_frame"])] == pytest.approx(float(row["end_s"]), abs=1e-6)
    back = read(tmp_path / "out.csv").segments
    assert [(s.start, s.end) for s in back if s.stage == "ground_truth"] == truth
    found = [s for s in back if s.stage == "localization"]
    assert len(found) == len(session.detections)
    assert all(s.score is not None and s.parent_id for s in found)


def test_cancelling_a_real_detection_leaves_no_run_and_no_curves(qtbot, window, generated):
    window.open([generated[0]])
    qtbot.waitUntil(lambda: window.video.on_screen)
    before = window.session.project.history()
    window.actions_by_name["detect"].trigger()
    job = window.jobs.jobs[0]
    qtbot.waitUntil(lambda: bool(job.task), timeout=60_000)
    with qtbot.waitSignal(job.ended, timeout=2000):
        window.actions_by_name["cancel"].trigger()
    qtbot.waitUntil(lambda: not window.detections.busy)
    assert window.session.project.runs() == []
    assert window.session.project.history() == before
    assert window.session.evolution is None
