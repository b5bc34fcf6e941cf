"""What once only the mouse could do: the volume, another part of a close picture, a plot saved."""

import pytest
from driving import press
from films import write_film
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from etp_studio.picture import SCALE

ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def film(qtbot, window, tmp_path):
    """The window with a video that has sound."""
    window.open([write_film(tmp_path / "film.mkv", 2.0)])
    qtbot.waitUntil(lambda: window.video.on_screen and window.transport.loudness.isVisible())
    return window


def test_the_volume_goes_down_and_up_by_keys_and_no_further(qtbot, film):
    loudness = film.transport.loudness
    for _ in range(3):
        press(qtbot, film, Qt.Key.Key_Down, CONTROL)
    assert loudness.value == (0.85, False) and film.session.selected is None
    for _ in range(5):
        press(qtbot, film, Qt.Key.Key_Up, CONTROL)
    assert loudness.value == (1.0, False)
    assert "Ctrl+Up" in loudness.slider.toolTip() and "Ctrl+Down" in loudness.slider.toolTip()


def test_sound_that_was_off_is_heard_again_when_it_is_made_louder(qtbot, film):
    press(qtbot, film, Qt.Key.Key_M, CONTROL)
    assert film.transport.loudness.value == (1.0, True)
    press(qtbot, film, Qt.Key.Key_Up, CONTROL)
    assert film.transport.loudness.value == (1.0, False)


def test_the_volume_is_said_where_its_slider_has_no_room(qtbot, film):
    press(qtbot, film, Qt.Key.Key_Down, CONTROL)
    assert film.messages.text == ""
    film.resize(900, 600)
    qtbot.waitUntil(lambda: not film.transport.loudness.slider.isVisible())
    press(qtbot, film, Qt.Key.Key_Down, CONTROL)
    assert film.messages.text == "Volume 90 %"


def test_a_video_without_sound_says_so(qtbot, opened):
    press(qtbot, opened, Qt.Key.Key_Up, CONTROL)
    assert opened.messages.text == "This video has no sound."


def test_in_a_list_and_a_number_ctrl_with_the_arrows_is_theirs(qtbot, film):
    for widget in (film.segments.truth, film.threshold.spin):
        widget.setFocus()
        press(qtbot, film, Qt.Key.Key_Down, CONTROL)
        assert film.transport.loudness.value == (1.0, False)


@pytest.mark.parametrize(
    ("key", "x", "y"),
    [
        (Qt.Key.Key_Left, 1, 0),
        (Qt.Key.Key_Right, -1, 0),
        (Qt.Key.Key_Up, 0, 1),
        (Qt.Key.Key_Down, 0, -1),
    ],
)
def test_another_part_of_a_close_picture_is_looked_at_by_alt_and_the_arrows(
    qtbot, opened, key, x, y
):
    view = opened.video
    for _ in range(8):
        press(qtbot, opened, Qt.Key.Key_Plus, CONTROL)
    before = view.picture_rect()
    press(qtbot, opened, key, ALT)
    moved = view.picture_rect().topLeft() - before.topLeft()
    assert moved.x() == pytest.approx(x * view.width() / 10)
    assert moved.y() == pytest.approx(y * view.height() / 10)
    for _ in range(40):
        press(qtbot, opened, key, ALT)
    assert view.picture_rect().contains(view.rect())  # not beyond its edge
    assert opened.player.index == 0


def test_a_whole_picture_says_how_to_look_closer(qtbot, opened):
    whole = opened.video.picture_rect()
    press(qtbot, opened, Qt.Key.Key_Right, ALT)
    assert opened.video.picture_rect() == whole
    assert opened.messages.text == (
        "The whole picture is to be seen; Ctrl++ or Ctrl+= looks closer."
    )


def export_plot(qtbot, window):
    """By its name in the list of commands."""
    press(qtbot, window, Qt.Key.Key_P, CONTROL | SHIFT)
    picker = QApplication.activePopupWidget()
    qtbot.keyClicks(picker.field, "export plot")
    qtbot.keyClick(picker.field, Qt.Key.Key_Return)


def test_the_plot_of_the_metrics_is_saved_without_looking_for_it(qtbot, opened, tmp_path):
    export_plot(qtbot, opened)
    qtbot.waitUntil(lambda: bool(opened.findChildren(QFileDialog)))
    assert opened.metrics.plot.isVisible()
    (files,) = opened.findChildren(QFileDialog)
    assert "precision and recall" in files.selectedFiles()[0]
    with qtbot.waitSignal(opened.pictures.done):
        files.fileSelected.emit(str(tmp_path / "plot.png"))
    files.close()
    width = opened.metrics.plot.viewport().width()
    assert QImage(str(tmp_path / "plot.png")).width() == SCALE * width


def test_where_nothing_is_measured_the_plot_is_not_saved_and_why_is_said(qtbot, film):
    export_plot(qtbot, film)
    qtbot.waitUntil(lambda: "compare detections with ground truth" in film.messages.text)
    assert film.findChildren(QFileDialog) == []


def test_tab_leads_to_a_plot_and_the_menu_key_opens_its_menu(qtbot, opened):
    opened.docks.enter("Metrics")
    plot = opened.metrics.plot
    qtbot.waitUntil(plot.isVisible)
    bare = plot.grab().toImage()
    for _ in range(60):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget() is plot:
            break
    assert plot.hasFocus() and plot.grab().toImage() != bare  # it is to be seen where one is
    at = plot.rect().center()
    key = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(plot, QContextMenuEvent(key, at, plot.mapToGlobal(QPoint(at))))
    (menu,) = plot.findChildren(QMenu)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert not QApplication.clipboard().image().isNull()
    QApplication.clipboard().clear()
