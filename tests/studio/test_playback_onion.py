"""The onion strip: the right frames around a boundary, and never in the way of a drag."""

import barcode
import pytest
from pictures import number_in
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from etp_studio.actions import Action
from etp_studio.playback import onion
from etp_studio.playback.decoder import Decoder
from etp_studio.playback.onion import Boundary, Strip
from etp_studio.window import MainWindow


def strip_on(qtbot, window, cut):
    """The strip once it is the one around `cut` and on screen."""

    def there() -> bool:
        return window.video.strip is not None and window.video.strip.boundary.cut == cut

    qtbot.waitUntil(there)
    return window.video.strip


def numbers(strip):
    """The numbers that the frames carry in their pixels; each must be the one it is given."""
    read = [number_in(image) for _, image in strip.frames]
    assert read == [number for number, _ in strip.frames]
    return read


def press(window, key):
    QTest.keyClick(window, key)


def edge_at(opened, segment, edge):
    """The middle of a segment's bar and the point of its edge, in the lanes' pixels."""
    lanes = opened.timeline.lanes
    box = lanes.box(3, lanes.bar_of(segment.id))
    x = box.left() if edge == "start" else box.right()
    return QPoint(round(x), round(box.center().y()))


@pytest.mark.parametrize(
    ("boundary", "frames", "marks"),
    [
        (Boundary(15, "start"), range(13, 18), ["−2", "last out", "first in", "+1", "+2"]),
        (Boundary(30, "end"), range(28, 33), ["−2", "last in", "first out", "+1", "+2"]),
        (Boundary(0, "start"), range(0, 3), ["first in", "+1", "+2"]),
        (Boundary(120, "end"), range(118, 120), ["−2", "last in"]),
    ],
)
def test_the_strip_is_two_frames_to_each_side_within_the_video(boundary, frames, marks):
    assert boundary.frames(120) == frames
    assert [boundary.mark(frame) for frame in frames] == marks


def test_inside_is_from_the_start_on_and_before_the_end():
    assert [Boundary(15, "start").inside(frame) for frame in (14, 15)] == [False, True]
    assert [Boundary(15, "end").inside(frame) for frame in (14, 15)] == [True, False]


def test_a_nudge_shows_the_frames_around_the_boundary(qtbot, opened):
    opened.session.select(opened.session.segments[0].id)
    press(opened, Qt.Key.Key_W)
    strip = strip_on(qtbot, opened, 16)
    assert strip.boundary.edge == "start" and numbers(strip) == [14, 15, 16, 17, 18]
    press(opened, Qt.Key.Key_E)
    strip = strip_on(qtbot, opened, 29)
    assert strip.boundary.edge == "end" and numbers(strip) == [27, 28, 29, 30, 31]


def test_home_and_end_show_the_boundary_and_a_step_away_hides_it(qtbot, opened):
    opened.session.select(opened.session.segments[0].id)
    press(opened, Qt.Key.Key_End)
    assert numbers(strip_on(qtbot, opened, 30)) == [28, 29, 30, 31, 32]
    press(opened, Qt.Key.Key_Right)
    assert opened.video.strip is None


def test_on_a_variable_rate_the_frames_are_those_around_the_cut(qtbot, opened):
    opened.session.set_video(opened.session.videos[1])
    qtbot.waitUntil(lambda: opened.video.on_screen and opened.player.clip is not None)
    player = opened.player
    for cut in (2, 57, 90):
        player.seek(float(player.clip.cuts[cut]), "start")
        assert numbers(strip_on(qtbot, opened, cut)) == list(range(cut - 2, cut + 3))


def test_a_drag_shows_the_strip_of_where_the_boundary_is_and_letting_go_hides_it(qtbot, opened):
    lanes, segment = opened.timeline.lanes, opened.session.segments[0]
    opened.session.select(segment.id)
    start = edge_at(opened, segment, "end")
    QTest.mousePress(lanes, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 30):
        QTest.mouseMove(lanes, start + QPoint(step, 0))
    assert lanes.draft is not None
    cut = round(lanes.draft.boundary * 30)
    assert cut != 30
    strip = strip_on(qtbot, opened, cut)
    assert strip.boundary.edge == "end"
    assert numbers(strip) == [n for n in range(cut - 2, cut + 3) if n < 120]
    QTest.mouseRelease(lanes, Qt.MouseButton.LeftButton, pos=start + QPoint(29, 0))
    assert opened.video.strip is None


def test_the_frames_on_screen_are_those_of_the_strip(qtbot, opened):
    opened.session.select(opened.session.segments[1].id)
    opened.timeline.hide()  # room for a large picture
    opened.resize(1800, 1000)
    press(opened, Qt.Key.Key_Home)
    strip = strip_on(qtbot, opened, 60)
    view = opened.video
    picture = view.grab().toImage()
    for number, place in onion.cells(strip, view.picture_rect(), QRectF(view.rect())).items():
        inner = place.adjusted(0, 0, 0, -2).toAlignedRect()
        assert number_in(picture.copy(inner)) == number


def strip_of(width, height):
    images = [(n, QImage(width, height, QImage.Format.Format_RGB888)) for n in range(28, 33)]
    return Strip(Boundary(30, "end"), tuple(images))


def test_beside_a_narrow_picture_the_strip_hides_nothing_of_it():
    view, picture = QRectF(0, 0, 720, 240), QRectF(160, 0, 400, 240)
    places = onion.cells(strip_of(200, 120), picture, view)
    assert all(view.contains(place) and not place.intersects(picture) for place in places.values())
    assert [places[n].center().x() < picture.left() for n in range(28, 33)] == [True] * 2 + [
        False
    ] * 3
    tops = [places[n].top() for n in (28, 29)], [places[n].top() for n in (30, 31, 32)]
    assert all(column == sorted(column) for column in tops)  # time runs down both columns


def test_below_a_low_picture_the_strip_hides_nothing_of_it():
    view, picture = QRectF(0, 0, 720, 600), QRectF(0, 100, 720, 400)
    places = onion.cells(strip_of(216, 120), picture, view)
    assert all(view.contains(place) and not place.intersects(picture) for place in places.values())


def test_over_a_picture_that_fills_the_view_the_strip_hides_less_than_a_third_of_it():
    view = QRectF(0, 0, 720, 405)
    places = onion.cells(strip_of(213, 120), view, view)
    assert all(view.contains(place) for place in places.values())
    assert min(place.top() for place in places.values()) > 0.7 * view.height()


def test_switched_off_there_is_no_strip_and_it_is_remembered(qtbot, opened):
    opened.actions_by_name[Action.onion].trigger()
    opened.session.select(opened.session.segments[0].id)
    press(opened, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: opened.video.on_screen and opened.video.picture.index == 15)
    assert opened.video.strip is None and not opened.player.onion
    again = MainWindow()
    assert not again.actions_by_name[Action.onion].isChecked() and not again.player.onion
    again.close()
    again.deleteLater()


def test_the_newest_boundary_wins_and_its_frame_comes_before_its_strip(qtbot, tmp_path):
    path = tmp_path / "long.mp4"
    barcode.write(path, barcode.constant(300), gop=300)
    decoder, told = Decoder(path), []
    decoder.decoded.connect(
        lambda picture: told.append(picture.index) if picture.wanted is None else None
    )
    decoder.surrounded.connect(told.append)
    with qtbot.waitSignal(decoder.opened):
        decoder.start()
    for cut in range(100, 280, 5):
        decoder.request(cut, boundary=Boundary(cut, "start"))
    with qtbot.waitSignal(
        decoder.surrounded, check_params_cb=lambda strip: strip.boundary.cut == 275
    ):
        pass
    strips = [item for item in told if not isinstance(item, int)]
    assert told[-2:] == [275, strips[-1]]
    assert len(strips) < 36  # those that were overtaken were not decoded
    decoder.stop()
    decoder.wait()
