"""What is on screen is the frame that the counter says, in every container, however it is reached.

Long form: ETP_SEEKS=2000 pytest tests/studio/test_playback_exact.py
"""

import os

import barcode
import numpy as np
import pytest
from pictures import number_on_screen

from etp_studio.playback.player import Player
from etp_studio.playback.transport import TransportBar
from etp_studio.playback.video_view import VideoView

SEEKS = int(os.environ.get("ETP_SEEKS", "25"))
FRAMES = 240
FORMS = {
    "mp4 with a long GOP": ("mp4", {"gop": 250}, barcode.constant(FRAMES)),
    "mp4 at a variable rate": ("mp4", {"gop": 40}, barcode.variable(FRAMES)),
    "mkv at a variable rate": ("mkv", {}, barcode.variable(FRAMES, 1)),
    "mkv with open GOPs": (
        "mkv",
        {"options": {"x264-params": "open-gop=1:keyint=40:min-keyint=40"}},
        barcode.constant(FRAMES),
    ),
    "ts that starts late": ("ts", {}, barcode.constant(FRAMES, start=3.7)),
    "avi without B-frames": ("avi", {"codec": "mpeg4", "b_frames": 0}, barcode.constant(FRAMES)),
    "webm": (
        "webm",
        {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8"}},
        barcode.variable(FRAMES, 2),
    ),
}


class Screen:
    """A player as the window has it; every picture painted is compared with its counter."""

    def __init__(self, qtbot):
        self.player, self.view, self.bar = Player(), VideoView(), TransportBar([])
        for widget in (self.view, self.bar):
            qtbot.addWidget(widget)
            widget.show()
        self.view.resize(480, 300)
        self.player.picture.connect(self.view.show_picture)
        self.player.clip_changed.connect(self.bar.set_clip)
        self.view.painted.connect(self.bar.set_picture)
        self.arrived, self.painted = -1, 0
        self.view.painted.connect(self._painted)

    def _painted(self, picture):
        self.arrived = picture.index if picture.wanted is None else -1
        self.painted += 1

    def agree(self):
        """The number in the pixels on screen, if the counter says the same."""
        shown = number_on_screen(self.view)
        assert int(self.bar.frame.text()) == shown
        assert self.bar._pts.text() == f"PTS {self.player.clip.pts[shown]:.6f}"
        return shown


@pytest.fixture
def screen(qtbot):
    made = Screen(qtbot)
    yield made
    made.player.shutdown()


@pytest.mark.parametrize("form", FORMS)
def test_the_counter_never_lies(qtbot, screen, form, tmp_path):
    suffix, how, times = FORMS[form]
    path = tmp_path / f"clip.{suffix}"
    if suffix == "avi":
        how = {**how, "clock": barcode.Fraction(1, 30)}
    barcode.write(path, times, **how)
    player = screen.player
    player.open(path)
    qtbot.waitUntil(lambda: screen.arrived == 0)
    assert len(player.clip) == FRAMES
    rng = np.random.default_rng(3)
    for _ in range(SEEKS):
        player.go(int(rng.integers(FRAMES)))
        qtbot.waitUntil(lambda: screen.arrived == player.index)
        assert screen.agree() == player.index
        for frames in rng.choice([-10, -1, 1, 10], 3).tolist():
            player.step(frames)
            qtbot.waitUntil(lambda: screen.arrived == player.index)
            assert screen.agree() == player.index
    for speed in (2.0, -2.0):  # whatever is on screen while playing and scrubbing
        player.go(FRAMES // 2)
        player.play(speed)
        for _ in range(4):
            before = screen.painted
            qtbot.waitUntil(lambda before=before: screen.painted > before)
            screen.agree()
        player.pause()
        qtbot.waitUntil(lambda: screen.arrived == player.index)
        assert screen.agree() == player.index
    for index in rng.integers(FRAMES, size=40).tolist():
        player.go(index)
        before = screen.painted
        qtbot.waitUntil(lambda before=before: screen.painted > before)
        screen.agree()
