"""Looking closer at the picture: at the cursor, by hand, and with the pixels that are there."""

import numpy as np
import pytest
from pictures import number_on_screen, pixels
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from etp_studio.actions import Action
from etp_studio.playback.decoder import Picture
from etp_studio.playback.video_view import VideoView
from etp_studio.playback.zoom import CRISP


def turn(view, notches, at):
    """The wheel, as the system sends it."""
    nothing = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    place = QPointF(at), QPointF(view.mapToGlobal(at))
    turned = QPoint(0, 120 * notches)
    end = Qt.ScrollPhase.NoScrollPhase, False
    QApplication.sendEvent(view, QWheelEvent(*place, QPoint(), turned, *nothing, *end))


def checks(width=160, height=90):
    """A picture in which every pixel differs from its neighbours."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    for y in range(height):
        for x in range(width):
            image.setPixelColor(x, y, QColor((x * 37) % 256, (y * 53) % 256, 255 * ((x + y) % 2)))
    return image


@pytest.fixture
def view(qtbot):
    made = VideoView()
    qtbot.addWidget(made)
    made.resize(480, 300)
    made.show_picture(Picture(7, 0.0, checks()))
    made.show()
    return made


def under(view, at):
    """The place in the picture under a point of the widget, as shares of it."""
    rect = view.picture_rect()
    return (at.x() - rect.left()) / rect.width(), (at.y() - rect.top()) / rect.height()


def test_the_wheel_looks_closer_at_what_is_under_the_cursor(view):
    at = QPoint(400, 180)
    before = under(view, at)
    turn(view, 4, at)
    assert view.picture_rect().width() > 2 * view.width()
    assert under(view, at) == pytest.approx(before, abs=1e-6)
    turn(view, -4, at)
    assert view.picture_rect().width() == view.width()


def test_a_hand_moves_the_picture_and_not_beyond_its_edge(qtbot, view):
    turn(view, 4, QPoint(240, 150))
    left, button = view.picture_rect().left(), Qt.MouseButton.LeftButton
    qtbot.mousePress(view, button, pos=QPoint(200, 150))
    qtbot.mouseMove(view, QPoint(230, 150))
    assert view.picture_rect().left() == pytest.approx(left + 30)
    for x in (300, 2000):
        qtbot.mouseMove(view, QPoint(x, 150))
    qtbot.mouseRelease(view, button, pos=QPoint(2000, 150))
    assert view.picture_rect().left() == pytest.approx(0.0)
    qtbot.mouseMove(view, QPoint(10, 10))
    assert view.picture_rect().left() == pytest.approx(0.0)


def test_a_double_click_shows_the_whole_picture(qtbot, view):
    turn(view, 6, QPoint(10, 40))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(240, 150))
    assert view.picture_rect().width() == view.width()


def test_close_up_every_pixel_is_a_square_of_its_colour(view):
    turn(view, 8, QPoint(0, 15))
    assert view.scale > CRISP
    rect, shown = view.picture_rect(), pixels(view.grab().toImage())
    true = pixels(checks())
    for x, y in ((5, 5), (9, 12), (20, 14)):
        centre = rect.topLeft() + QPointF(x + 0.5, y + 0.5) * view.scale
        near = np.array([[-0.3, -0.3], [0.3, 0.3], [0.0, 0.0]]) * view.scale
        for dx, dy in near:
            column, row = int(centre.x() + dx), int(centre.y() + dy)
            assert (shown[row, column] == true[y, x]).all()


def test_the_scale_is_shown_while_it_is_not_the_whole_picture(view):
    plain = view.grab(view.rect()).toImage()
    turn(view, 4, QPoint(470, 20))
    assert view.grab().toImage() != plain
    turn(view, -4, QPoint(470, 20))
    assert view.grab().toImage() == plain


def test_it_stays_while_frames_change_and_goes_with_the_video(qtbot, opened):
    keys = opened.actions_by_name
    for _ in range(5):
        keys[Action.picture_in].trigger()
    close = opened.video.picture_rect()
    opened.player.go(40)
    qtbot.waitUntil(lambda: opened.video.on_screen and opened.video.picture.index == 40)
    assert opened.video.picture_rect() == close
    keys[Action.picture_out].trigger()
    assert opened.video.picture_rect().width() < close.width()
    keys[Action.picture_whole].trigger()
    assert number_on_screen(opened.video) == 40
    keys[Action.picture_in].trigger()
    opened.video.show_text("Opening")
    opened.player.go(41)
    qtbot.waitUntil(lambda: opened.video.on_screen and opened.video.picture.index == 41)
    assert number_on_screen(opened.video) == 41
