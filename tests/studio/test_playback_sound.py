"""Sound: it keeps the time, it is the sound of the picture, and without it all plays on."""

import time

import numpy as np
import pytest
from films import write_film

from etp_studio.playback.clock import Clock
from etp_studio.playback.player import Player
from etp_studio.playback.sound import CHANNELS, RATE, Sound

BYTES = 4 * CHANNELS


class Device:
    """A sound device as QAudioSink shows it, that plays `pace` times as fast as the wall clock."""

    def __init__(self, pace=1.0):
        self.pace, self.volume = pace, 1.0
        self.dead = False
        self._reset()

    def _reset(self):
        self.began, self.data = None, bytearray()

    def start(self):
        self._reset()
        self.began = time.perf_counter()
        return self

    def reset(self):
        self._reset()

    def setVolume(self, volume):
        self.volume = volume

    def bufferSize(self):
        return RATE * BYTES // 5

    @property
    def _played(self):
        if self.began is None or self.dead:
            return 0
        passed = int((time.perf_counter() - self.began) * self.pace * RATE) * BYTES
        return min(passed, len(self.data))

    def bytesFree(self):
        return self.bufferSize() - (len(self.data) - self._played)

    def processedUSecs(self):
        return int(1e6 * self._played / BYTES / RATE)

    def write(self, data):
        data = data[: self.bytesFree()]
        self.data += data
        return len(data)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_film(tmp_path_factory.mktemp("film") / "film.mkv")


@pytest.fixture
def play(qtbot, film):
    players = []

    def open_with(device):
        player = Player(clock=Clock(), sound=Sound(device=lambda: device))
        players.append(player)
        player.open(film)
        qtbot.waitUntil(lambda: player.clip is not None)
        return player

    yield open_with
    for player in players:
        player.shutdown()


def moments(device):
    """The moments of the film (s) that the device was given, in order."""
    samples = np.frombuffer(bytes(device.data), np.float32)[::CHANNELS]
    return samples * 2**23 / RATE


@pytest.mark.parametrize("pace", [1.0, 1.03, 0.97])
def test_the_pictures_keep_to_the_sound_also_where_the_device_runs_fast_or_slow(qtbot, play, pace):
    device = Device(pace)
    player = play(device)
    player.go(30)
    off = []

    def compare():
        heard = player.sound.heard()
        if heard is not None and heard > 1.5:  # what was late at the start is made up for by then
            off.append(player._clock.now() - heard)

    player.playhead_moved.connect(lambda _: compare())
    player.play()
    qtbot.waitUntil(lambda: player.index > 30 * 3)
    player.pause()
    assert len(off) > 25
    assert np.abs(off).max() < 0.033  # a frame


def test_every_sample_that_is_played_is_the_one_of_its_moment(qtbot, play):
    device = Device()
    player = play(device)
    player.go(60)
    player.play()
    qtbot.waitUntil(lambda: player.index > 75)
    given = moments(device)
    heard = player.sound.heard()
    assert np.allclose(np.diff(given), 1 / RATE, atol=1e-6)  # without gap
    assert given[int(device.processedUSecs() / 1e6 * RATE)] == pytest.approx(heard, abs=0.02)
    player.go(10)  # the sound follows a seek while it plays
    qtbot.waitUntil(lambda: player.index > 20)
    assert moments(device)[0] == pytest.approx(player.clip.pts[10], abs=0.2)
    player.pause()


@pytest.mark.parametrize("speed", [0.5, 1.5, 4.0])
def test_at_other_speeds_the_sound_is_that_of_its_moment_and_keeps_the_time(qtbot, play, speed):
    device = Device()
    player = play(device)
    player.go(15)
    player.set_speed(speed)
    off = []

    def compare():
        heard = player.sound.heard()
        if heard is not None and device.processedUSecs() > 400_000:
            off.append(player._clock.now() - heard)

    player.playhead_moved.connect(lambda _: compare())
    player.play()
    qtbot.waitUntil(lambda: device.processedUSecs() > 800_000)
    given, heard, at = moments(device), player.sound.heard(), device.processedUSecs()
    player.pause()
    assert given[int(at / 1e6 * RATE)] == pytest.approx(heard, abs=0.05 + 0.03 * speed)
    assert np.polyfit(np.arange(len(given)) / RATE, given, 1)[0] == pytest.approx(speed, rel=0.05)
    assert len(off) > 3 and np.abs(off).max() < 0.1 * max(speed, 1.0)


def test_it_is_silent_where_nothing_could_be_made_out_and_when_paused(qtbot, play):
    device = Device()
    player = play(device)
    player.play()
    qtbot.waitUntil(lambda: len(device.data) > 0)
    for speed in (0.25, 8.0):
        player.set_speed(speed)
        assert device.began is None
    player.go(60)
    player.play(-1.0)
    assert device.began is None
    player.play(1.0)
    qtbot.waitUntil(lambda: device.began is not None)
    player.pause()
    assert device.began is None


def test_a_device_that_takes_nothing_holds_nothing_up(qtbot, play):
    device = Device()
    device.dead = True
    player = play(device)
    player.play()
    qtbot.waitUntil(lambda: player.index > 45)
    assert player.sound.heard() is None
    player.pause()


def test_a_device_that_wakes_up_late_is_heard_at_the_moment_of_the_picture(qtbot, play):
    device = Device()
    device.dead = True
    player = play(device)
    player.play()
    qtbot.waitUntil(lambda: player.index > 15)
    assert device.began is not None
    device.dead, device.began = False, None  # what it was given is lost
    qtbot.waitUntil(lambda: (player.sound.heard() or 0) > 1.5)
    assert moments(device)[0] > 0.9
    assert player._clock.now() == pytest.approx(player.sound.heard(), abs=0.05)
    player.pause()


def test_pictures_do_not_wait_for_a_device_that_wakes_up(qtbot, play):
    device = Device()
    device.dead = True
    player = play(device)
    places = []
    player.playhead_moved.connect(places.append)
    player.play()
    qtbot.waitUntil(lambda: player.index > 12)
    device.dead, device.began = False, time.perf_counter()  # what it was given is heard only now
    qtbot.waitUntil(lambda: player.index > 45)
    assert places == sorted(places)
    assert moments(device)[0] > 0.3
    assert player._clock.now() == pytest.approx(player.sound.heard(), abs=0.05)
    player.pause()


def test_without_a_device_everything_plays_in_silence(qtbot, play):
    player = play(None)
    assert not player.sound.present
    player.play()
    qtbot.waitUntil(lambda: player.index > 10)
    player.pause()


def test_loudness_is_told_to_the_device_and_muting_keeps_it(qtbot, play):
    device = Device()
    player = play(device)
    player.sound.set_volume(0.5, False)
    assert device.volume == pytest.approx(0.125)
    player.sound.set_volume(0.5, True)
    assert device.volume == 0.0
    player.sound.set_volume(0.5, False)
    assert device.volume == pytest.approx(0.125)
