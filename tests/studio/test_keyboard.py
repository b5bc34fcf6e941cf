"""Without a mouse: Tab goes through what can be seen, and panes, lists and tabs take keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from etp_studio.review.metrics import MetricsPane
from etp_studio.review.pane import ReviewPane

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QAbstractSlider, QAbstractSpinBox)


def tab_through(window):
    """What Tab leads to, once around."""
    window.activateWindow()
    window.video.setFocus()
    met = []
    for _ in range(60):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        if now in met:
            return met
        met.append(now)
    raise AssertionError("Tab does not come around")


def is_in(kind, widget):
    while widget is not None and not isinstance(widget, kind):
        widget = widget.parentWidget()
    return widget is not None


def test_tab_passes_over_panes_that_lie_behind_others(qtbot, opened):
    met = tab_through(opened)
    assert opened.timeline.lanes in met and opened.segments.truth in met
    assert opened.threshold.spin in met
    assert not any(is_in((ReviewPane, MetricsPane), widget) for widget in met)
    opened.docks.enter("Review")
    met = tab_through(opened)
    assert opened.review.table in met and opened.segments.truth not in met


def test_what_tab_leads_to_has_a_name(opened):
    for pane in ("Segments", "Review", "Metrics", "Why", "History"):
        opened.docks.enter(pane)
        for widget in tab_through(opened):
            assert widget.accessibleName() or widget.text(), (pane, widget)


def test_every_control_has_a_name_and_a_tooltip(opened):
    for window in (opened, opened.training):
        for widget in window.findChildren(QWidget):
            inner = widget.objectName().startswith("qt_") or isinstance(widget, QScrollBar)
            owner = widget.parentWidget()
            if inner or not isinstance(widget, CONTROLS) or isinstance(owner, QHeaderView):
                continue
            if isinstance(owner, QAbstractSpinBox | QComboBox | QLineEdit) or owner is None:
                continue
            if type(owner).__name__ == "QTabBar":  # its buttons for scrolling
                continue
            said = isinstance(widget, QAbstractButton) and widget.text()
            assert widget.accessibleName() or said, (widget, owner)
            assert widget.toolTip() or said, (widget, owner)


def test_a_pane_behind_another_is_brought_forward_by_its_menu_entry_and_then_hidden(opened):
    review = next(action for action in opened.docks.toggles if action.text() == "Review")
    assert not review.isChecked()
    review.trigger()
    assert not opened.docks["Review"].visibleRegion().isEmpty()
    assert QApplication.focusWidget() is opened.review.table and review.isChecked()
    review.trigger()
    assert opened.docks["Review"].isHidden() and not review.isChecked()


def test_up_and_down_go_through_the_list_that_has_the_keyboard(qtbot, opened):
    opened.docks.enter("Review")
    qtbot.waitUntil(lambda: opened.review.table.rows.rowCount() > 1)
    table = opened.review.table
    table.setCurrentIndex(table.rows.index(0, 0))
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert table.currentIndex().row() == 1
    opened.video.setFocus()
    opened.session.select(opened.session.segments[0].id)
    QTest.keyClick(opened.video, Qt.Key.Key_Down)
    assert opened.session.selected == opened.session.segments[1].id


def test_left_and_right_go_through_tabs_and_frames_elsewhere(qtbot, opened):
    opened.docks.enter("Metrics")
    qtbot.waitUntil(lambda: opened.metrics.tabs.isVisible())
    bar = opened.metrics.tabs.tabBar()
    bar.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(bar, Qt.Key.Key_Right)
    assert opened.metrics.tabs.currentIndex() == 1 and opened.player.index == 0
    opened.video.setFocus()
    QTest.keyClick(opened.video, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: opened.player.index == 1)


def test_the_threshold_of_algorithm_1_moves_by_keys_where_tab_has_led_to_the_curves(qtbot, opened):
    curves = opened.timeline.curves
    assert curves in tab_through(opened)
    qtbot.waitUntil(lambda: curves.threshold is not None)
    before = curves.threshold
    curves.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(3):
        QTest.keyClick(curves, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: curves.threshold == pytest.approx(before - 0.03))
    assert opened.session.selected is None  # the keys are not those of segments here


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Space])
def test_a_box_of_choices_takes_its_keys_from_the_keyboard_and_none_after_a_click(
    qtbot, opened, key
):
    opened.docks.enter("Review")
    box = opened.review.stage
    assert not box.focusPolicy() & Qt.FocusPolicy.ClickFocus
    box.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(box, key)
    if key == Qt.Key.Key_Space:
        assert box.view().isVisible() and not opened.player.playing
        box.hidePopup()
    else:
        assert box.currentIndex() == 1


def test_detections_are_reached_by_ctrl_tab(qtbot, opened):
    opened.segments.truth.setFocus()
    QTest.keyClick(opened.segments.truth, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert opened.segments._tabs.currentWidget() is opened.segments.detections
    assert isinstance(QApplication.focusWidget(), QAbstractItemView)
