"""Playing and stepping: where the playhead is, how fast it moves, which frame is to be shown."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from etp_core.timeline import cut_at
from etp_studio.playback.clock import Clock
from etp_studio.playback.decoder import Clip, Decoder, Picture
from etp_studio.playback.onion import Boundary, Edge, Strip
from etp_studio.playback.sound import Sound

SPEEDS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0)
PRE_ROLL = 1.0  # seconds before the segment that `loop` starts at
_BEAT = 0.012  # s between two pictures at least: screens show no more


class Player(QObject):
    """Drives one decoder. Times are seconds of the video's presentation time.

    `playhead` is where the user is: it moves at once when seeking, while the picture follows as
    fast as it can be decoded. While playing, the clock follows the time stamps and frames are
    dropped rather than slowed down.
    """

    clip_changed = Signal(object)  # Clip, or None
    picture = Signal(object)  # Picture
    strip = Signal(object)  # Strip around the boundary that is looked at, or None
    playhead_moved = Signal(float)
    playing_changed = Signal(bool)
    speed_changed = Signal(float)
    failed = Signal(str)  # the video cannot be opened
    undecodable = Signal(int, str)

    def __init__(
        self,
        parent: QObject | None = None,
        clock: Clock | None = None,
        sound: Sound | None = None,
    ) -> None:
        super().__init__(parent)
        self.sound = sound or Sound(self)
        self.clip: Clip | None = None
        self.index = 0
        self.speed = 1.0
        self.loop: tuple[float, float] | None = None
        self._clock = clock or Clock()
        self._decoder: Decoder | None = None
        self._retired: list[Decoder] = []
        self._preview: int | None = None
        self.onion = False  # whether a strip is wanted where a boundary is looked at
        self._boundary: Boundary | None = None
        self._begin_at: float | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether the clock runs."""
        return self._clock.running

    @property
    def playhead(self) -> float:
        """Time stamp of the frame that the playhead is on, in seconds."""
        return float(self.clip.pts[self.index]) if self.clip else 0.0

    def open(self, path: Path, at: float | None = None) -> None:
        """Open a video at `at` seconds (None: at its first frame), in a thread of its own.

        `clip_changed` or `failed` tells when.
        """
        self.close()
        self._begin_at = at
        decoder = Decoder(path, self)
        decoder.opened.connect(self._opened)
        decoder.failed.connect(self._failed)
        decoder.decoded.connect(self._decoded)
        decoder.surrounded.connect(self._surrounded)
        decoder.undecodable.connect(self._undecodable)
        self._decoder = decoder
        decoder.start()

    def close(self) -> None:
        """Let go of the video without waiting for the decoder."""
        self.pause()
        self.sound.close()
        if self._decoder:
            self._retired = [d for d in self._retired if not d.isFinished()]
            self._retired.append(self._decoder)
            self._decoder.stop()
            self._decoder = None
        self._preview = None
        if self._boundary is not None:
            self._boundary = None
            self.strip.emit(None)
        self.index = 0
        if self.clip:
            self.clip = None
            self.clip_changed.emit(None)

    def shutdown(self) -> None:
        """Close and wait for every decoder thread (at the end of the program)."""
        self.close()
        self.sound.shutdown()
        for decoder in self._retired:
            decoder.wait()
        self._retired.clear()

    # Seeking

    def seek(self, time: float, edge: Edge | None = None) -> None:
        """Go to the frame on screen at `time`; `edge`: of a segment that begins or ends there."""
        if self.clip:
            self.go(self.clip.index_at(time), self._boundary_at(time, edge))

    def go(self, index: int, boundary: Boundary | None = None) -> None:
        """Go to frame `index`, clamped to the video; keeps playing from there."""
        if not self.clip:
            return
        self._preview = None
        self.index = max(0, min(index, len(self.clip) - 1))
        if self.playing:
            self._start(self.playhead, self._clock.speed)
        self._request(self.index, boundary=boundary)
        self.playhead_moved.emit(self.playhead)

    def step(self, frames: int) -> None:
        """Pause and go `frames` frames on (negative: back)."""
        self.pause()
        self.go(self.index + frames)

    def skip(self, seconds: float) -> None:
        """Go `seconds` on (negative: back), to the frame shown then."""
        self.seek(self.playhead + seconds)

    def preview(self, time: float, edge: Edge | None = None) -> None:
        """Show the frame at `time` without moving the playhead, and what is on the other side of
        the cut: with `onion` the strip around the `edge` of a segment, else the frame before.

        The end of the last frame is a moment, too: the last frame is shown.
        """
        if self.clip:
            self.pause()
            self._preview = self.clip.index_at(time)
            boundary = self._boundary_at(time, edge)
            self._request(self._preview, with_before=boundary is None, boundary=boundary)

    def end_preview(self) -> None:
        """Show the playhead's frame again."""
        if self._preview is not None:
            self._preview = None
            self._request(self.index)

    # Playing

    def toggle(self) -> None:
        """Play or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self, speed: float | None = None) -> None:
        """Play from the playhead at `speed` (default: the speed chosen last, forwards).

        At the last frame playing starts over, as it does at the first frame backwards.
        """
        if not self.clip:
            return
        speed = abs(self.speed) if speed is None else speed
        if speed > 0 and self.index == len(self.clip) - 1:
            self.go(0)
        elif speed < 0 and self.index == 0:
            self.go(len(self.clip) - 1)
        was_playing = self.playing
        self._start(self.playhead, speed)
        if speed != self.speed:
            self.speed = speed
            self.speed_changed.emit(speed)
        if not was_playing:
            self.playing_changed.emit(True)
        self._tick()

    def pause(self) -> None:
        """Stand still; the frame of the playhead is shown."""
        self.loop = None
        if not self.playing:
            return
        self._clock.stop()
        self.sound.stop()
        self._timer.stop()
        self.playing_changed.emit(False)
        if self.speed < 0:
            self.speed = 1.0
            self.speed_changed.emit(self.speed)
        self._request(self.index)
        self.playhead_moved.emit(self.playhead)

    def set_speed(self, speed: float) -> None:
        """Choose the speed; it holds at once if the video plays."""
        self.speed = speed
        self.speed_changed.emit(speed)
        if self.playing:
            self._start(self._clock.now(), speed)
            self._tick()

    def shuttle(self, direction: int) -> None:
        """The keys J and L: play that way, or faster that way if it does already."""
        if self.playing and self.speed * direction > 0:
            faster = [speed for speed in SPEEDS if speed > abs(self.speed)]
            self.set_speed(direction * (faster[0] if faster else SPEEDS[-1]))
        else:
            self.play(float(direction))

    def play_loop(self, start: float, end: float) -> None:
        """Play [start, end) over and over, with a second of pre-roll."""
        self.pause()
        self.seek(max(0.0, start - PRE_ROLL))
        self.loop = (self.playhead, end)
        self.play(abs(self.speed))

    def _start(self, media: float, speed: float) -> None:
        """Run the clock, and the sound with it."""
        assert self.clip is not None
        self._clock.start(media, speed)
        self.sound.start(media, float(self.clip.cuts[-1]), self._clock.now, speed)

    def _tick(self) -> None:
        clip = self.clip
        if clip is None or not self.playing:
            return
        heard = self.sound.heard()
        if heard is not None:
            self._clock.steer(heard)
        now = self._clock.now()
        if self.loop and now >= self.loop[1]:
            now = self.loop[0]
            self._start(now, self._clock.speed)
        index = clip.index_at(now)
        forwards = self._clock.speed > 0
        due = float(clip.cuts[index + 1] if forwards else clip.pts[index] - 1e-6)
        beat = now + _BEAT * self._clock.speed
        due = max(due, beat) if forwards else min(due, beat)
        if index != self.index:
            self.index = index
            self._request(index, following=clip.index_at(due))
            self.playhead_moved.emit(self.playhead)
        if now >= clip.cuts[-1] if forwards else now <= clip.pts[0]:
            self.pause()
            return
        self._timer.start(max(1, round(1000 * self._clock.until(due))))

    # From the decoder (a decoder that was replaced may still have something to say)

    def _boundary_at(self, time: float, edge: Edge | None) -> Boundary | None:
        if self.clip is None or edge is None or not self.onion:
            return None
        return Boundary(cut_at(self.clip.cuts, time), edge)

    def _request(
        self,
        index: int,
        with_before: bool = False,
        following: int | None = None,
        boundary: Boundary | None = None,
    ) -> None:
        if boundary is None and self._boundary is not None:
            self.strip.emit(None)
        self._boundary = boundary
        if self._decoder:
            self._decoder.request(index, with_before, following, boundary)

    def _opened(self, clip: Clip) -> None:
        if self.sender() is self._decoder:
            self.clip = clip
            if clip.track is not None:
                self.sound.open(clip.info.path, clip.track)
            self.clip_changed.emit(clip)
            self.go(0 if self._begin_at is None else clip.index_at(self._begin_at))

    def _failed(self, line: str) -> None:
        if self.sender() is self._decoder:
            self.failed.emit(line)

    def _decoded(self, picture: Picture) -> None:
        if self.sender() is self._decoder:
            self.picture.emit(picture)

    def _surrounded(self, strip: Strip) -> None:
        if self.sender() is self._decoder and strip.boundary == self._boundary:
            self.strip.emit(strip)

    def _undecodable(self, index: int, line: str) -> None:
        if self.sender() is self._decoder:
            self.undecodable.emit(index, line)
