"""Playback: exact frames, the newest request wins, the clock rules, the counter does not lie."""

import time

import barcode
import pytest
from pictures import number_in, number_on_screen
from PySide6.QtCore import Qt

from etp_studio.playback.clock import Clock
from etp_studio.playback.decoder import Decoder
from etp_studio.playback.player import Player
from etp_studio.playback.position import clock_text, parse_position
from etp_studio.playback.transport import TransportBar
from etp_studio.playback.video_view import VideoView


class Stage:
    """A player with a view and a transport bar, connected as the window connects them."""

    def __init__(self, qtbot, clock=None):
        self.player, self.view, self.bar = Player(clock=clock), VideoView(), TransportBar([])
        qtbot.addWidget(self.view)
        qtbot.addWidget(self.bar)
        self.player.picture.connect(self.view.show_picture)
        self.player.clip_changed.connect(self.bar.set_clip)
        self.view.painted.connect(self.bar.set_picture)
        self.bar.go_requested.connect(self.player.go)
        self.shown = []
        self.view.painted.connect(lambda picture: self.shown.append(picture.index))
        self.view.resize(480, 300)
        self.view.show()
        self.bar.show()

    @property
    def counter(self):
        return int(self.bar.frame.text())


@pytest.fixture
def now():
    """The wall clock of `held_stage`, in seconds."""
    return [0.0]


@pytest.fixture
def stage(qtbot):
    made = Stage(qtbot)
    yield made
    made.player.shutdown()


@pytest.fixture
def held_stage(qtbot, now):
    made = Stage(qtbot, Clock(wall=lambda: now[0]))
    yield made
    made.player.shutdown()


def open_clip(qtbot, stage, path):
    stage.player.open(path)
    qtbot.waitUntil(lambda: stage.shown == [0])


@pytest.mark.parametrize("kind", ["clip", "phone_clip"])
def test_the_frame_on_screen_is_the_frame_that_the_counter_shows(qtbot, stage, kind, request):
    open_clip(qtbot, stage, request.getfixturevalue(kind))
    for index in (1, 2, 60, 59, 58, 119, 0, 77):
        stage.player.go(index)
        qtbot.waitUntil(lambda index=index: stage.shown[-1] == index)
        assert number_on_screen(stage.view) == index
        assert stage.counter == index


def test_a_step_is_exactly_one_frame_in_either_direction(qtbot, stage, phone_clip):
    open_clip(qtbot, stage, phone_clip)
    for frames in (1, 1, 10, -1, -10, -1, -1):
        expected = max(0, stage.player.index + frames)
        stage.player.step(frames)
        qtbot.waitUntil(lambda expected=expected: stage.shown[-1] == expected)
        assert number_on_screen(stage.view) == expected


def test_a_second_on_is_the_frame_shown_a_second_later_also_at_a_variable_rate(
    qtbot, stage, phone_clip
):
    open_clip(qtbot, stage, phone_clip)
    pts = stage.player.clip.pts
    stage.player.go(10)
    stage.player.skip(1.0)
    index = stage.player.index
    assert pts[index] <= pts[10] + 1.0 < pts[index + 1]


def test_the_counter_waits_for_the_picture(qtbot, stage, clip):
    open_clip(qtbot, stage, clip)
    stage.player.go(100)
    assert stage.counter == 0  # asked for, not yet painted
    qtbot.waitUntil(lambda: stage.counter == 100)


def test_only_the_newest_request_is_decoded(qtbot, clip):
    decoder = Decoder(clip)
    seen = []
    decoder.decoded.connect(lambda picture: seen.append(picture.index))
    for index in range(0, 120):
        decoder.request(index)
    decoder.start()
    qtbot.waitUntil(lambda: bool(seen))
    decoder.stop()
    assert decoder.wait(2000)
    assert seen == [119]


@pytest.mark.parametrize(("asked", "next_one"), [((60, 70), 80), ((60, 55), 50), ((60, 59), 58)])
def test_where_a_drag_goes_the_next_frame_is_prepared(qtbot, clip, asked, next_one):
    decoder = Decoder(clip)
    seen = []
    decoder.decoded.connect(lambda picture: seen.append(picture))
    decoder.start()
    for index in asked:
        decoder.request(index)
        qtbot.waitUntil(lambda index=index: bool(seen) and seen[-1].index == index)
    qtbot.waitUntil(lambda: decoder._prepared is not None)
    assert number_in(decoder._prepared.image) == decoder._prepared.index == next_one
    decoder.request(next_one)
    qtbot.waitUntil(lambda: seen[-1].index == next_one)
    assert number_in(seen[-1].image) == next_one
    decoder.stop()
    decoder.wait()


def test_a_picture_of_the_decoder_is_the_frame_that_it_says(qtbot, phone_clip):
    decoder = Decoder(phone_clip)
    seen = {}
    decoder.decoded.connect(lambda picture: seen.setdefault(picture.index, picture))
    decoder.start()
    for index in (40, 3, 99):
        decoder.request(index)
        qtbot.waitUntil(lambda index=index: index in seen)
    decoder.stop()
    decoder.wait()
    assert {40, 3, 99} <= set(seen)  # and perhaps some on the way, where the machine is slow
    assert all(number_in(picture.image) == index for index, picture in seen.items())


def test_playing_follows_the_time_stamps_and_pauses_on_the_frame_it_shows(qtbot, stage, phone_clip):
    open_clip(qtbot, stage, phone_clip)
    began = time.perf_counter()
    stage.player.play()
    qtbot.waitUntil(lambda: stage.player.index >= 25)
    elapsed = time.perf_counter() - began
    stage.player.pause()
    pts = stage.player.clip.pts
    assert pts[stage.player.index] <= elapsed + 0.05
    qtbot.waitUntil(lambda: stage.shown[-1] == stage.player.index)
    assert number_on_screen(stage.view) == stage.player.index == stage.counter


def test_playing_drops_frames_rather_than_slowing_down(qtbot, held_stage, now, clip):
    stage = held_stage
    open_clip(qtbot, stage, clip)
    stage.player.play()
    now[0] = 2.0  # the window was held up for two seconds
    qtbot.waitUntil(lambda: stage.player.index == 60)


def test_playing_ends_on_the_last_frame_and_begins_again_from_the_first(qtbot, stage, clip):
    open_clip(qtbot, stage, clip)
    stage.player.go(116)
    with qtbot.waitSignal(stage.player.playing_changed, check_params_cb=lambda on: not on):
        stage.player.play()
    assert stage.player.index == 119
    stage.player.play()
    assert stage.player.playing and stage.player.index < 30
    stage.player.pause()


def test_shuttling_plays_backwards_and_faster_with_every_press(qtbot, stage, clip):
    open_clip(qtbot, stage, clip)
    stage.player.go(90)
    stage.player.shuttle(-1)
    assert stage.player.speed == -1.0
    qtbot.waitUntil(lambda: stage.player.index < 85)
    stage.player.shuttle(-1)
    assert stage.player.speed == -1.5
    stage.player.shuttle(1)
    assert stage.player.speed == 1.0
    stage.player.shuttle(1)
    assert stage.player.speed == 1.5
    stage.player.pause()
    assert not stage.player.playing


def test_a_loop_comes_back_to_its_pre_roll(qtbot, held_stage, now, clip):
    stage = held_stage
    open_clip(qtbot, stage, clip)
    stage.player.play_loop(2.0, 3.0)
    assert stage.player.index == 30
    for wall, index in ((0.5, 45), (2.1, 30), (3.0, 57)):
        now[0] = wall
        qtbot.waitUntil(lambda index=index: stage.player.index == index)


def test_a_preview_shows_a_frame_and_leaves_the_playhead_where_it_is(qtbot, stage, clip):
    open_clip(qtbot, stage, clip)
    stage.player.go(20)
    qtbot.waitUntil(lambda: stage.counter == 20)
    stage.player.preview(2.0)
    qtbot.waitUntil(lambda: stage.counter == 60)
    assert number_on_screen(stage.view) == 60
    assert stage.player.index == 20
    qtbot.waitUntil(lambda: stage.view.picture.before is not None)
    assert number_in(stage.view.picture.before) == 59  # the last frame on the other side of the cut
    stage.player.end_preview()
    qtbot.waitUntil(lambda: stage.counter == 20)
    assert stage.view.picture.before is None


def test_another_video_takes_the_place_of_one_that_is_still_opening(qtbot, stage, clip, tmp_path):
    other = tmp_path / "other.mp4"
    barcode.write(other, barcode.constant(30))
    stage.player.open(clip)
    stage.player.open(other)
    qtbot.waitUntil(lambda: stage.player.clip is not None)
    qtbot.wait(100)
    assert len(stage.player.clip) == 30


def test_a_file_that_is_no_video_is_told_in_one_line(qtbot, stage, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video at all" * 100)
    with qtbot.waitSignal(stage.player.failed) as told:
        stage.player.open(broken)
    assert str(broken) in told.args[0] and "\n" not in told.args[0]


def test_pixels_that_are_not_square_are_shown_in_the_right_shape(qtbot, stage, clip):
    open_clip(qtbot, stage, clip)
    picture = stage.view.picture
    rect = stage.view.picture_rect()
    assert rect.width() / rect.height() == pytest.approx(160 / 48, rel=0.01)
    wide = type(picture)(picture.index, picture.time, picture.image, 2.0)
    stage.view.show_picture(wide)
    rect = stage.view.picture_rect()
    assert rect.width() / rect.height() == pytest.approx(320 / 48, rel=0.01)


def test_a_frame_or_a_time_can_be_typed_into_the_counter(qtbot, stage, clip):
    open_clip(qtbot, stage, clip)
    for text, index in (("45", 45), ("0:02.5", 75), ("1s", 30), ("9999", 119)):
        stage.bar.edit_frame()
        stage.bar.frame.selectAll()
        qtbot.keyClicks(stage.bar.frame, text)
        qtbot.keyClick(stage.bar.frame, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda index=index: stage.shown[-1] == index)
    stage.bar.frame.setText("")
    stage.bar.edit_frame()
    qtbot.keyClicks(stage.bar.frame, "abc")
    qtbot.keyClick(stage.bar.frame, Qt.Key.Key_Return)
    assert stage.counter == 119


def test_esc_gives_up_typing_a_position(qtbot, stage, clip):
    open_clip(qtbot, stage, clip)
    stage.bar.edit_frame()
    qtbot.keyClicks(stage.bar.frame, "77")
    qtbot.keyClick(stage.bar.frame, Qt.Key.Key_Escape)
    assert stage.counter == 0 and stage.player.index == 0


def test_positions_read_as_people_write_them(qtbot, stage, clip):
    open_clip(qtbot, stage, clip)
    clip = stage.player.clip
    assert parse_position("12", clip) == 12
    assert parse_position(" 1.0 ", clip) == 30
    assert parse_position("1,0", clip) == 30
    assert parse_position("0:01", clip) == 30
    assert parse_position("0:00:02", clip) == 60
    assert parse_position("-3", clip) is None
    assert parse_position("", clip) is None
    assert parse_position("1:2:3:4", clip) is None
    assert clock_text(0) == "0:00.000"
    assert clock_text(59.9996) == "1:00.000"
    assert clock_text(3725.5) == "1:02:05.500"
    assert clock_text(-1.25) == "−0:01.250"
