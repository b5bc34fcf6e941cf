"""The sound of a video: read ahead in a thread, played by Qt, and the clock that pictures follow.

Sound plays forwards at the speeds at which it can be made out, its pitch kept. What the device has
played is the master clock; without a device playing goes on in silence by the wall clock, and so it
does where the device stops taking sound, which is then tried again and again.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer

from etp_core.errors import EtpError
from etp_core.video import AudioReader
from etp_core.video.tempo import FASTEST, SLOWEST, stretched

RATE, CHANNELS = 48_000, 2
_FRAME = 4 * CHANNELS  # bytes of one moment: float32 per channel
_AHEAD = RATE * _FRAME // 2  # bytes that are read ahead: half a second
_TURN = 10  # ms between two fillings of the device
_LATE = 0.1  # s; a device that needs longer to wake up is joined where the pictures are by then
_DEAD = 1.0  # s without a sample taken until the device is started anew; twice as long each time


class Reading(threading.Thread):
    """Reads sound ahead from the moment asked for last."""

    def __init__(self, path: Path, track: int) -> None:
        super().__init__(name=f"sound of {path.name}", daemon=True)
        self._path, self._track = path, track
        self._wake = threading.Condition()
        self._span: tuple[float, float, float] | None = None
        self._blocks: deque[bytes] = deque()
        self._waiting = 0
        self._stopping = False
        self._turn = 0

    def begin(self, start: float, end: float, speed: float) -> None:
        """Read [start, end) seconds from now on, `speed` times as fast; forget what was read."""
        with self._wake:
            self._forget()
            self._span = (start, end, speed)
            self._wake.notify()

    def halt(self) -> None:
        """Forget what was read."""
        with self._wake:
            self._forget()
            self._span = None

    def _forget(self) -> None:
        self._turn += 1
        self._blocks.clear()
        self._waiting = 0
        self._wake.notify()

    def take(self, size: int) -> bytes:
        """At most `size` bytes of what was read."""
        parts = []
        with self._wake:
            while size > 0 and self._blocks:
                block = self._blocks.popleft()
                if len(block) > size:
                    self._blocks.appendleft(block[size:])
                    block = block[:size]
                parts.append(block)
                size -= len(block)
                self._waiting -= len(block)
            self._wake.notify()
        return b"".join(parts)

    def stop(self) -> None:
        """Ask the thread to end; returns at once (`join` waits for it)."""
        with self._wake:
            self._stopping = True
            self._forget()

    def run(self) -> None:
        try:
            reader = AudioReader(self._path, self._track, rate=RATE, channels=CHANNELS)
        except EtpError:
            return  # it plays in silence
        with reader:
            while (task := self._next()) is not None:
                turn, start, end, speed = task
                for block in stretched(reader.blocks(start, end), RATE, speed):
                    if not self._put(turn, block.tobytes()):
                        break

    def _next(self) -> tuple[int, float, float, float] | None:
        with self._wake:
            while self._span is None and not self._stopping:
                self._wake.wait()
            if self._stopping or self._span is None:
                return None
            span, self._span = self._span, None
            return (self._turn, *span)

    def _put(self, turn: int, block: bytes) -> bool:
        with self._wake:
            while self._turn == turn and self._waiting > _AHEAD:
                self._wake.wait()
            if self._turn != turn:
                return False
            self._blocks.append(block)
            self._waiting += len(block)
            return True


def default_device() -> Any | None:
    """The sink of the system's sound device, or None if there is none."""
    from PySide6.QtCore import QLoggingCategory  # what a machine without sound lacks is no news

    QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices

    device = QMediaDevices.defaultAudioOutput()
    if device.isNull():
        return None
    wanted = QAudioFormat()
    wanted.setSampleRate(RATE)
    wanted.setChannelCount(CHANNELS)
    wanted.setSampleFormat(QAudioFormat.SampleFormat.Float)
    if not device.isFormatSupported(wanted):
        return None
    sink = QAudioSink(device, wanted)
    sink.setBufferSize(RATE * _FRAME // 5)
    return sink


class Sound(QObject):
    """Plays one track from a moment on, and tells which moment is heard."""

    def __init__(
        self,
        parent: QObject | None = None,
        device: Callable[[], Any | None] = default_device,
        wall: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._device, self._wall = device, wall
        self._reading: Reading | None = None
        self._retired: list[Reading] = []
        self._sink: Any | None = None
        self._asked = False  # whether there is a device was asked
        self._port: Any | None = None
        self._volume, self._muted = 1.0, False
        self._now: Callable[[], float] = lambda: 0.0
        self._start, self._end, self._speed, self._began = 0.0, 0.0, 1.0, False
        self._patience, self._awake = _DEAD, False
        self._written, self._last, self._moved = 0, 0.0, 0.0
        self._timer = QTimer(self, interval=_TURN)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._fill)

    def open(self, path: Path, track: int = 0) -> None:
        """Play this track from now on."""
        self.close()
        self._patience = _DEAD
        if not self._asked:
            self._asked, self._sink = True, self._device()
            self._set_gain()
        if self._sink is not None:
            self._reading = Reading(path, track)
            self._reading.start()

    def close(self) -> None:
        """Let go of the file."""
        self.stop()
        if self._reading is not None:
            self._reading.stop()
            self._retired = [one for one in self._retired if one.is_alive()]
            self._retired.append(self._reading)
            self._reading = None

    def shutdown(self) -> None:
        """Close and wait for the threads (at the end of the program)."""
        self.close()
        for reading in self._retired:
            reading.join()
        self._retired.clear()

    @property
    def present(self) -> bool:
        """Whether there is a device and a track to play."""
        return self._reading is not None

    def start(self, media: float, end: float, now: Callable[[], float], speed: float = 1.0) -> None:
        """Play [media, end) seconds; `now()` is where the pictures are when the sound is ready.

        Backwards, and slower or faster than can be made out, it is silent.
        """
        self.stop()
        if self._reading is None or self._sink is None or not SLOWEST <= speed <= FASTEST:
            return
        self._now, self._end, self._speed, self._awake = now, end, speed, False
        self._start_at(media)

    def _start_at(self, media: float) -> None:
        assert self._reading is not None
        self.stop()
        self._start, self._began = media, False
        self._reading.begin(media, self._end, self._speed)
        self._timer.start()

    def stop(self) -> None:
        """Be silent at once."""
        self._timer.stop()
        if self._reading is not None:
            self._reading.halt()
        if self._port is not None and self._sink is not None:
            self._sink.reset()
        self._port = None

    def set_volume(self, volume: float, muted: bool) -> None:
        """How loud, in [0, 1] as people hear it; a muted sound still keeps the time."""
        self._volume, self._muted = volume, muted
        self._set_gain()

    def _set_gain(self) -> None:
        if self._sink is not None:
            self._sink.setVolume(0.0 if self._muted else self._volume**3)

    def heard(self) -> float | None:
        """The moment that is heard now, in seconds; None: there is no sound to go by."""
        if self._port is None or self._sink is None:
            return None
        waiting = max(0, self._sink.bufferSize() - self._sink.bytesFree())
        taken = max(0, self._written - waiting) / _FRAME / RATE  # some devices count what waits
        heard = min(self._sink.processedUSecs() / 1e6, taken)
        now = self._wall()
        if heard > self._last:
            behind = (self._now() - self._start) / self._speed - heard
            if not self._awake and behind > _LATE:
                self._awake = True
                self._start_at(self._now())
                return None
            self._awake = True
            self._last, self._moved, self._patience = heard, now, _DEAD
        elif now - self._moved > self._patience:
            self._patience *= 2
            self._start_at(self._now())
            return None
        return self._start + heard * self._speed if heard > 0 else None

    def _fill(self) -> None:
        assert self._reading is not None and self._sink is not None
        if not self._began:
            self._begin()
            return
        if self._port is None:
            return
        room = self._sink.bytesFree() // _FRAME * _FRAME
        data = self._reading.take(room) if room > 0 else b""
        if data:
            self._written += max(0, self._port.write(data))

    def _begin(self) -> None:
        """Start the device once sound is there, where the pictures have got to by now."""
        assert self._reading is not None and self._sink is not None
        late = int((self._now() - self._start) / self._speed * RATE) * _FRAME
        if late > 0:
            skipped = len(self._reading.take(late))
            self._start += skipped / _FRAME / RATE * self._speed
            if skipped < late:
                return
        first = self._reading.take(self._sink.bufferSize() // 2)
        if not first:
            return
        self._port = self._sink.start()
        if self._port is None:
            self.stop()
            return
        self._began, self._last, self._moved = True, 0.0, self._wall()
        self._written = max(0, self._port.write(first))
