"""A small window: what matters less gives way, nothing overlaps, and all of it comes back."""

import sys
from itertools import pairwise

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton

from etp_core.project import Label, StoredSegment
from etp_studio.actions import Action
from etp_studio.giving_way import staying
from etp_studio.jobs.pane import JobRow
from etp_studio.jobs.process import Job
from etp_studio.review.button_rows import ButtonRows
from etp_studio.review.segments import SegmentTable
from etp_studio.review.tables import FEW, NAME, TRUTH_COLUMNS, Row, truth_rows
from etp_studio.tour import Tour
from etp_studio.tour_steps import tour_steps

STAYS = {"A frame back", "Play or pause", "A frame on"} | {
    "Frame on screen",
    "Time on screen",
    "Speed",
}


@pytest.fixture
def at(qtbot, opened):
    """A function that gives the opened window a size."""

    def resize(width: int, height: int):
        opened.resize(width, height)
        qtbot.waitUntil(lambda: opened.size() == QSize(width, height))
        qtbot.wait(20)  # bands that come or go are laid out once more
        return opened

    return resize


def parts(bar):
    """The visible parts of the transport bar from left to right, by accessible name."""
    shown = [w for w in bar.children() if w.isWidgetType() and w.isVisible() and w.width()]
    return sorted(shown, key=lambda part: part.x())


def test_the_first_parts_are_the_first_to_go():
    assert staying([10, 20, 30], 60) == [True, True, True]
    assert staying([10, 20, 30], 59) == [False, True, True]
    assert staying([10, 20, 30], 49) == [False, False, True]
    assert staying([10, 20, 30], 29) == [False, False, False]
    assert staying([10, 0, 30], 41, spacing=1) == [False, True, True]  # what is not there is free


def test_an_open_project_fits_into_900_by_600(opened):
    assert opened.minimumSizeHint().width() <= 900
    assert opened.minimumSizeHint().height() <= 600


@pytest.mark.parametrize("width", [900, 1024, 1280, 1900])
def test_nothing_in_the_transport_bar_overlaps_or_is_cut(at, width):
    window = at(width, 700)
    shown = parts(window.transport)
    for part, following in pairwise(shown):
        assert part.geometry().right() < following.x() + 1
        assert part.width() >= min(part.minimumSizeHint().width(), part.maximumWidth())
    assert shown[-1].geometry().right() <= window.transport.width()
    assert {part.accessibleName() for part in shown} >= STAYS


def test_a_wide_window_shows_all_of_the_transport_bar(at):
    names = {part.accessibleName() for part in parts(at(1900, 900).transport)}
    assert {"First frame", "Last frame", "Length of the video", "Presentation time stamp"} <= names
    small = {part.accessibleName() for part in parts(at(900, 900).transport)}
    assert "Presentation time stamp" not in small
    assert "time stamp 0.000000" in at(900, 900).transport._time.toolTip()


def test_bands_of_the_timeline_give_way_to_a_low_window_and_come_back(qtbot, at):
    timeline = at(1200, 1000).timeline
    qtbot.waitUntil(lambda: timeline.media.thumbnails.isVisible())
    bands = (timeline.media.thumbnails, timeline.proposals, timeline.errors)
    assert all(band.isVisible() for band in bands)
    at(1200, 600)
    assert not any(band.isVisible() for band in bands)
    assert timeline.lanes.isVisible() and timeline.lanes.height() >= timeline.lanes.minimumHeight()
    assert timeline.height() >= timeline.minimumSizeHint().height()
    at(1200, 1000)
    assert all(band.isVisible() for band in bands)


def test_a_band_that_is_asked_for_and_has_no_place_says_so(at):
    window = at(1200, 600)
    action = window.actions_by_name[Action.thumbnails]
    action.trigger()
    assert window.messages.text == ""
    action.trigger()
    assert "too low" in window.messages.text


def test_names_in_a_narrow_table_have_room_before_less_important_columns(qtbot):
    table = SegmentTable("Ground truth", TRUTH_COLUMNS, "")
    qtbot.addWidget(table)
    table.show()
    seen = []
    for width in (500, 300, 500):
        table.resize(width, 300)
        seen.append([table.horizontalHeader().isSectionHidden(k) for k in range(4)])
    assert seen == [[False] * 4, [False, False, False, True], [False] * 4]
    table.set_rows([Row(1, ("jump", 0.0, 1.0, 30))], None)
    assert not table.isColumnHidden(3)


def test_where_several_annotate_the_beginning_of_a_name_stays_and_its_tooltip_has_all(qtbot):
    table = SegmentTable("Ground truth", TRUTH_COLUMNS, "")
    qtbot.addWidget(table)
    table.show()
    labels = [Label(1, "sit down", "#0072b2"), Label(2, "throw", "#e69f00")]
    people = ("Ada Lovelace", "Grace Hopper")
    segments = [
        StoredSegment(k + 1, 1, k % 2 + 1, k, k + 0.5, people[k % 2], "drawn") for k in range(4)
    ]
    table.set_rows(truth_rows(segments, labels, None, several=True), None)
    letter = table.fontMetrics().averageCharWidth()
    for width in range(200, 501, 20):
        table.resize(width, 300)
        if width >= 220:
            assert table.columnWidth(0) >= FEW * letter, width
        assert not table.isColumnHidden(1)
        if not table.isColumnHidden(3):
            assert table.columnWidth(0) >= NAME * letter or table.sizeHintForColumn(0) <= (
                table.columnWidth(0)
            )
        assert table.isColumnHidden(3) or not table.isColumnHidden(2)  # the last goes first
    assert table.textElideMode() is Qt.TextElideMode.ElideRight
    tip = table.rows.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "throw, drawn, by Grace Hopper" in tip and "0:01.000 – 0:01.500" in tip


def test_what_stands_below_a_name_has_room_before_less_important_columns_too(qtbot):
    table = SegmentTable("Left to review", TRUTH_COLUMNS, "")
    qtbot.addWidget(table)
    table.use_two_lines()
    table.resize(300, 300)
    table.show()
    for below, hidden in (("", False), ("large disagreement between stages", True)):
        table.set_rows([Row(1, ("jump", 0.0, 1.0, 30), below=(below,))], None)
        assert table.isColumnHidden(3) == hidden


def test_buttons_take_two_rows_where_one_is_too_long(qtbot):
    names = ("Accept", "Boundaries", "Keep", "Reject", "Next")
    rows = ButtonRows([QAction(name) for name in names])
    qtbot.addWidget(rows)
    rows.show()
    buttons = rows.findChildren(QToolButton)

    def are_in(lines: int) -> bool:
        inside = all(button.geometry().right() <= rows.width() for button in buttons)
        return inside and len({button.y() for button in buttons}) == lines

    for width, lines in ((600, 1), (rows.minimumSizeHint().width(), 2), (600, 1)):
        rows.resize(width, 60)
        qtbot.waitUntil(lambda lines=lines: are_in(lines))


def test_the_card_of_the_tour_has_room_for_all_of_its_text_in_large_letters(qtbot, opened):
    font = opened.font()
    font.setPointSize(18)
    opened.setFont(font)
    opened.resize(1200, 700)
    opened.show_tour()
    tour = opened.findChild(Tour)
    for step in tour_steps(opened):
        assert tour.title == step.title
        text = tour._text
        qtbot.waitUntil(lambda text=text: text.height() >= text.heightForWidth(text.width()))
        assert opened.rect().contains(tour._card.geometry())
        tour.next()


@pytest.mark.parametrize("pane", ["Segments", "Review", "Metrics", "Why", "History"])
def test_nothing_of_a_pane_is_cut_at_its_side(qtbot, at, pane):
    window = at(900, 620)
    window.docks.bring(pane)
    window.resizeDocks([window.docks[pane]], [200], Qt.Orientation.Horizontal)
    scrolling = window.docks[pane].widget()
    qtbot.waitUntil(lambda: scrolling.viewport().width() >= scrolling.widget().width())


def test_a_job_can_be_cancelled_in_a_narrow_window(qtbot, tmp_path):
    row = JobRow(Job("Detect in a_recording_with_a_long_name.mp4", [sys.executable, "-c", ""]))
    qtbot.addWidget(row)
    row.resize(340, row.sizeHint().height())
    row.show()
    assert row.minimumSizeHint().width() <= 340
    assert row.cancel.geometry().right() < 340 and row.title.text().endswith("…")
    row.resize(1000, row.height())
    assert row.title.text() == row.job.title
