"""Playback in the window: full screen, the clipboard, and what the keys do."""

import barcode
import numpy as np
import pytest
from films import write_film
from pictures import number_in
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from etp_studio import settings
from etp_studio.timeline.axis import GUTTER
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


def test_a_file_that_was_put_right_says_so(qtbot, window, phone_clip, tmp_path):
    cut = tmp_path / "cut.ts"
    barcode.write(cut, barcode.constant(90))
    cut.write_bytes(cut.read_bytes()[20_000:])  # begins in the middle of a group of pictures
    window.open([cut])
    qtbot.waitUntil(lambda: window.video.on_screen)
    assert window.transport._repaired.isVisible()
    assert window.player.clip.info.repaired in window.transport._repaired.toolTip()
    assert window.player.clip.info.repaired.startswith("the file breaks off")
    window.open([phone_clip])
    qtbot.waitUntil(lambda: window.player.clip is not None and window.player.clip.info.variable)
    assert not window.transport._repaired.isVisible()
    assert window.transport._badge.isVisible()


def test_thumbnails_fill_in_and_are_gone_with_the_video(qtbot, opened):
    strip = opened.timeline.media.thumbnails
    qtbot.waitUntil(lambda: not opened.timeline.media.busy)
    assert strip.isVisible() and len(strip) >= 4
    shown = strip.shown()
    lefts, pictures, own = zip(*shown, strict=True)
    wide = pictures[0].deviceIndependentSize().width()
    assert np.diff(lefts) == pytest.approx(wide) and lefts[0] <= GUTTER  # side by side
    assert lefts[-1] + wide >= strip.width() and sum(own) >= 4
    opened.timeline.show_range(1.0, 1.2)
    repeated = strip.shown()
    assert len(repeated) == pytest.approx(len(shown), abs=1)  # the nearest fill a close view
    assert sum(own for *_, own in repeated) <= 1
    opened.actions_by_name["thumbnails"].trigger()
    assert not strip.isVisible()
    opened.actions_by_name["thumbnails"].trigger()
    assert strip.isVisible()
    opened.session.set_video(None)
    assert not strip.isVisible() and len(strip) == 0


def test_lanes_can_be_hidden_and_stay_hidden(qtbot, opened):
    lane = opened.timeline.proposals
    qtbot.waitUntil(opened.timeline.media.thumbnails.isVisible)  # they take from the curves, too
    qtbot.wait(0)
    curves = opened.timeline.curves.height()
    opened.actions_by_name["proposals_lane"].trigger()
    assert not lane.isVisible() and not settings.shown("proposals_lane")
    qtbot.waitUntil(lambda: opened.timeline.curves.height() > curves)
    for name, part in (("error_lane", "errors"), ("annotator_lanes", "annotators")):
        opened.actions_by_name[name].trigger()
        getattr(opened.timeline, part).show_if(True)  # there is something to show now
        assert not getattr(opened.timeline, part).isVisible()
        opened.actions_by_name[name].trigger()
        assert getattr(opened.timeline, part).isVisible()


def test_where_there_is_sound_there_is_a_waveform_and_a_volume(qtbot, window, tmp_path):
    film = write_film(tmp_path / "film.mkv", 2.0)
    window.open([film])
    qtbot.waitUntil(lambda: window.timeline.media.waveform.isVisible())
    wave = window.timeline.media.waveform.waveform
    assert wave.columns(0.0, 2.0, 4)[3, 1] == pytest.approx(2 * 48_000 / 2**23, rel=0.01)
    assert window.transport.loudness.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert window.transport.loudness.value == (1.0, True)
    qtbot.mouseClick(window.timeline.media.waveform, Qt.MouseButton.LeftButton, pos=QPoint(700, 20))
    qtbot.waitUntil(lambda: window.video.picture.index == window.player.index > 0)


def test_a_silent_video_has_neither(qtbot, opened):
    qtbot.waitUntil(lambda: not opened.timeline.media.busy)
    assert not opened.timeline.media.waveform.isVisible()
    assert not opened.transport.loudness.isVisible()
