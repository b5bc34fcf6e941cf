"""Playback in the window: full screen, the clipboard, and what the keys do."""

from pictures import number_in
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from etp_studio.window import MainWindow


def test_full_screen_shows_the_video_alone_and_esc_brings_everything_back(qtbot, opened):
    parts = [opened.timeline, opened.menuBar(), opened.queue, opened.segments]
    qtbot.keyClick(opened, Qt.Key.Key_F11)
    qtbot.waitUntil(opened.isFullScreen)
    assert not any(part.isVisible() for part in parts)
    assert opened.video.isVisible() and opened.transport.isVisible()
    opened.player.go(9)
    qtbot.waitUntil(lambda: opened.transport.frame.text().strip() == "9")
    qtbot.keyClick(opened, Qt.Key.Key_Escape)
    assert not opened.isFullScreen()
    assert all(part.isVisible() for part in parts)


def test_a_window_closed_in_full_screen_comes_back_whole(qtbot, opened):
    project = opened.session.project.path
    opened.full_screen.toggle()
    opened.close()
    again = MainWindow()
    again.show()
    again.open([project])
    qtbot.waitUntil(lambda: again.video.on_screen)
    assert not again.isFullScreen()
    assert again.queue.isVisible() and again.segments.isVisible() and again.timeline.isVisible()
    again.close()
    again.deleteLater()


def test_the_frame_on_screen_is_copied_at_full_resolution(qtbot, opened):
    opened.player.go(33)
    qtbot.waitUntil(lambda: opened.transport.frame.text().strip() == "33")
    qtbot.keyClick(
        opened,
        Qt.Key.Key_C,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    image: QImage = QApplication.clipboard().image()
    assert (image.width(), image.height()) == (160, 48)
    assert number_in(image) == 33
    assert "Frame 33" in opened.messages.text


def test_the_keys_j_k_l_play_faster_with_every_press_and_stop(qtbot, opened):
    player = opened.player
    player.go(60)
    for key, speed in ((Qt.Key.Key_L, 1.0), (Qt.Key.Key_L, 1.5), (Qt.Key.Key_J, -1.0)):
        qtbot.keyClick(opened, key)
        assert player.playing and player.speed == speed
    qtbot.keyClick(opened, Qt.Key.Key_K)
    assert not player.playing
    qtbot.waitUntil(lambda: opened.video.picture.index == player.index)
    assert number_in(opened.video.picture.image) == player.index
