"""The lists beside the timeline: what their rows say and how they sort."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QFontMetrics

from etp_core.project import (
    AddLabel,
    AddSegment,
    Detection,
    Label,
    RenameLabel,
    StoredSegment,
    Video,
)
from etp_core.timeline import tiou
from etp_studio.actions import digit_of
from etp_studio.playback.position import clock_text
from etp_studio.review.labels import LabelPane
from etp_studio.review.queue import Entry, QueueView
from etp_studio.review.segments import SegmentPane, SegmentTable
from etp_studio.review.tables import (
    TRUTH_COLUMNS,
    Kept,
    Row,
    best_overlaps,
    detection_rows,
    truth_rows,
)

LABELS = [Label(1, "jump", "#3d8fd6"), Label(2, "wave", "#e08a2b")]
CUTS = np.array([0.0, 0.1, 0.3, 0.35, 0.7, 1.0])


def segment(key, start, end, label=1):
    return StoredSegment(key, 1, label, start, end, "Ada", "drawn")


def test_frames_are_counted_between_cuts_not_computed_from_a_rate():
    (row,) = truth_rows([segment(7, 0.1, 0.7)], LABELS, CUTS)
    assert row.values == ("jump", 0.1, 0.7, 3)
    assert row.told == "jump, drawn, by Ada\n0:00.100 – 0:00.700\nframes 1 to 3, 3 frames"


def test_rows_say_whose_they_are_where_several_have_annotated():
    theirs = replace(segment(8, 0.1, 0.7), annotator="Bo", unsure=True)
    rows = truth_rows([segment(7, 0.1, 0.7), theirs], LABELS, CUTS, several=True)
    assert [row.values[0] for row in rows] == ["jump · Ada", "jump ? · Bo"]


def test_rows_are_renamed_when_a_second_person_begins(qtbot, opened):
    session, table = opened.session, opened.segments.truth
    qtbot.waitUntil(lambda: table.model().rowCount() == 2)
    session.apply(AddSegment(1, session.labels[0].id, 0.1, 0.4, annotator="Bo"))
    mine = session.segments[-1].annotator

    def names():
        return {table.model().index(row, 0).data() for row in range(table.model().rowCount())}

    qtbot.waitUntil(lambda: names() == {"jump · Bo", f"jump · {mine}", f"wave · {mine}"})
    session.undo()
    qtbot.waitUntil(lambda: names() == {"jump", "wave"})


def test_without_the_video_there_are_no_frame_numbers():
    (row,) = truth_rows([segment(7, 0.1, 0.7)], LABELS, None)
    assert row.values[3] == -1
    assert "frames" not in row.told


def test_a_detection_knows_its_best_overlap_with_its_own_label():
    detections = [
        Detection(0, "jump", 0.0, 1.0, 0.9, 0.1),
        Detection(1, "wave", 0.0, 1.0, 0.8, 0.1),
        Detection(2, "sit", 0.0, 1.0, 0.7, 0.1),
    ]
    truth = [segment(1, 0.0, 0.5), segment(2, 0.1, 1.0), segment(3, 2.0, 3.0, 2)]
    rows = detection_rows(detections, truth, LABELS)
    assert [row.values[4] for row in rows] == [pytest.approx(0.9), 0.0, 0.0]
    assert [row.color for row in rows] == ["#3d8fd6", "#e08a2b", ""]


def test_the_best_overlaps_are_those_of_every_pair():
    chance = np.random.default_rng(3)
    names = {label.id: label.name for label in LABELS}

    def some(count):
        start = chance.uniform(0, 50, count)
        return start, start + chance.exponential(3, count) + 0.1, chance.integers(1, 3, count)

    truth = [
        segment(i, *map(float, row[:2]), int(row[2]))
        for i, row in enumerate(zip(*some(80), strict=True))
    ]
    found = [
        Detection(i, names[int(row[2])], float(row[0]), float(row[1]), 0.5, 0.5)
        for i, row in enumerate(zip(*some(60), strict=True))
    ]
    pairs = tiou([(d.start, d.end) for d in found], [(s.start, s.end) for s in truth])
    own = np.array([[names[s.label_id] == d.label for s in truth] for d in found])
    assert np.allclose(best_overlaps(found, truth, LABELS), (pairs * own).max(axis=1))
    assert best_overlaps(found, [], LABELS).tolist() == [0.0] * 60
    assert best_overlaps([], truth, LABELS).tolist() == []


def test_rows_of_the_same_things_are_kept_and_all_made_anew_where_labels_are_others():
    made = []
    kept = Kept(lambda things, *others: made.append(len(things)) or truth_rows(things, *others))
    segments = [segment(i, i, i + 1) for i in range(5)]
    first = kept.of(segments, LABELS, None)
    moved = [*segments[:2], segment(2, 2, 2.5), *segments[3:]]
    again = kept.of(moved, LABELS, None)
    assert again == truth_rows(moved, LABELS, None)
    assert [a is b for a, b in zip(first, again, strict=True)] == [True, True, False, True, True]
    kept.of(moved, list(LABELS), None)
    assert made == [5, 1, 5]


def test_selecting_thousands_of_rows_selects_those_and_no_others(qtbot):
    pane = SegmentPane()
    qtbot.addWidget(pane)
    segments = [segment(i, i * 1.0, i + 0.5) for i in range(5000)]
    rows = truth_rows(segments, LABELS, None)
    chosen = frozenset(range(0, 5000, 2)) | frozenset(range(100, 200))
    pane.set_truth(rows, 0, chosen - {0})
    selected = {index.row() for index in pane.truth.selectionModel().selectedRows()}
    assert selected == chosen


def test_a_table_of_thousands_keeps_its_selection_when_one_row_moves(qtbot):
    pane = SegmentPane()
    qtbot.addWidget(pane)
    segments = [segment(i, i * 1.0, i + 0.5) for i in range(3000)]
    pane.set_truth(truth_rows(segments, LABELS, None), 1500)
    pane.show()
    chosen = []
    pane.truth.chosen.connect(chosen.append)
    segments[1500] = segment(1500, 1500.0, 1500.75)
    drawn = []
    pane.truth.rows.dataChanged.connect(lambda top, bottom, roles: drawn.append(top.row()))
    pane.set_truth(truth_rows(segments, LABELS, None), 1500)
    assert drawn == [1500]
    assert pane.truth.currentIndex().row() == 1500
    assert chosen == []  # a program's choice is not a person's


def test_the_tabs_say_how_many_there_are(qtbot):
    pane = SegmentPane()
    qtbot.addWidget(pane)
    pane.set_truth(truth_rows([segment(1, 0, 1)], LABELS, None), None)
    pane.set_detections([], None)
    assert [pane._tabs.tabText(i) for i in range(2)] == ["Ground truth (1)", "Detections (0)"]


def test_the_first_ten_labels_have_a_digit():
    assert [digit_of(i) for i in (0, 8, 9, 10)] == ["1", "9", "0", ""]


def test_a_label_is_renamed_in_place_and_a_refused_name_goes_away(qtbot):
    pane = LabelPane()
    qtbot.addWidget(pane)
    pane.set_labels(LABELS, 1)
    asked = []
    pane.edit_requested.connect(asked.append)
    pane.list.item(0).setText("leap")
    assert asked == [RenameLabel(1, "leap")]
    assert pane.list.item(0).text() == "jump"  # until the project says otherwise


def test_a_new_label_needs_a_name(qtbot):
    pane = LabelPane()
    qtbot.addWidget(pane)
    asked = []
    pane.edit_requested.connect(asked.append)
    qtbot.keyClicks(pane.name, "   ")
    qtbot.keyClick(pane.name, Qt.Key.Key_Return)
    assert asked == []
    pane.name.clear()
    qtbot.keyClicks(pane.name, " sit down ")
    qtbot.keyClick(pane.name, Qt.Key.Key_Return)
    assert asked == [AddLabel("sit down")]


def show(view, *entries, current):
    videos = [
        Video(entry.video_id, Path(entry.name), entry.name, "", 0, None, None, 0, 0)
        for entry in entries
    ]
    said = {entry.video_id: entry for entry in entries}
    view.set_videos(videos, lambda video: said[video.id], current)


def test_the_queue_tells_a_screen_reader_what_is_wrong_with_a_video(qtbot):
    view = QueueView()
    qtbot.addWidget(view)
    show(view, Entry(1, "a.mp4", "0:50"), Entry(2, "b.mp4", "", "b.mp4: is empty"), current=1)
    view.show()
    model = view.model()
    texts = [model.index(i, 0).data(Qt.ItemDataRole.AccessibleTextRole) for i in range(2)]
    assert texts == ["a.mp4, 0:50", "b.mp4, b.mp4: is empty"]
    assert model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole) == "b.mp4: is empty"
    assert QAccessible.queryAccessibleInterface(view).text(QAccessible.Text.Name) == "Videos"


def test_a_program_shows_a_video_without_choosing_it(qtbot):
    view = QueueView()
    qtbot.addWidget(view)
    chosen = []
    view.chosen.connect(chosen.append)
    show(view, Entry(1, "a.mp4", ""), Entry(2, "b.mp4", ""), current=2)
    assert view.currentIndex().row() == 1 and chosen == []
    view.show()
    where = view.visualRect(view.model().index(0, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert chosen == [1]


def test_labels_are_typed_one_after_another_until_esc(qtbot):
    pane = LabelPane()
    qtbot.addWidget(pane)
    pane.show()
    asked = []
    pane.edit_requested.connect(asked.append)
    pane.name.setFocus()
    qtbot.waitUntil(pane.name.hasFocus)
    for name in ("drink", "cough"):
        qtbot.keyClicks(pane.name, name)
        qtbot.keyClick(pane.name, Qt.Key.Key_Return)
    assert asked == [AddLabel("drink"), AddLabel("cough")]
    assert pane.name.hasFocus()
    qtbot.keyClicks(pane.name, "dri")
    qtbot.keyClick(pane.name, Qt.Key.Key_Escape)
    assert not pane.name.hasFocus() and pane.name.text() == ""


def test_enter_keeps_what_was_found_and_esc_shows_all_again(qtbot):
    pane = SegmentPane()
    qtbot.addWidget(pane)
    pane.set_truth(truth_rows([segment(1, 0.0, 0.5), segment(2, 2.0, 3.0, 2)], LABELS, None), None)
    pane.show()
    for key, rows in ((Qt.Key.Key_Return, 1), (Qt.Key.Key_Escape, 2)):
        pane.search.setFocus()
        qtbot.waitUntil(pane.search.hasFocus)
        pane.search.clear()
        qtbot.keyClicks(pane.search, "wave")
        qtbot.keyClick(pane.search, key)
        assert not pane.search.hasFocus()
        assert pane.truth.model().rowCount() == rows


def test_times_of_an_hour_have_room_and_shorter_ones_leave_it_to_the_labels(qtbot):
    table = SegmentTable("Ground truth", TRUTH_COLUMNS, "")
    qtbot.addWidget(table)
    table.resize(340, 200)
    table.show()

    def room(end):
        table.set_rows([Row(1, ("jump", 1.0, end, 30))], None)
        digits = QFontMetrics(table.rows.digits)
        assert table.columnWidth(2) > digits.horizontalAdvance(clock_text(end))
        return table.columnWidth(0)

    assert room(2.0) > room(4000.0)
