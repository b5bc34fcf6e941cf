"""Thumbnails and waveform of a video: computed in a thread while all else goes on, and shown."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from etp_core.errors import EtpError
from etp_core.video import Thumbnail, Waveform, thumbnails, waveform
from etp_studio.timeline.axis import SharedAxis
from etp_studio.timeline.strips import Thumbnails, WaveformStrip


class Media(QObject):
    """Both bands for one video at a time; another video, or none, leaves what was begun."""

    _thumbnail = Signal(int, object)  # which load, Thumbnail
    _waveform = Signal(int, object)  # which load, Waveform; a longer one may follow

    def __init__(self, axis: SharedAxis, parent: QWidget) -> None:
        super().__init__(parent)
        self.thumbnails, self.waveform = Thumbnails(axis, parent), WaveformStrip(axis, parent)
        self._load = 0
        self._threads: list[threading.Thread] = []
        self._thumbnail.connect(self._add)
        self._waveform.connect(self._set)

    @property
    def busy(self) -> bool:
        """Whether something is being computed."""
        return any(thread.is_alive() for thread in self._threads)

    def load(self, path: Path, track: int | None) -> None:
        """Compute for the video at `path` and its sound track; what was begun before is left."""
        self._load += 1
        thread = threading.Thread(
            target=self._work, args=(self._load, path, track), name=f"thumbnails of {path.name}"
        )
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()

    def clear(self) -> None:
        """Show nothing, and leave what is being computed."""
        self._load += 1
        self.thumbnails.clear()
        self.waveform.set_waveform(None)

    def shutdown(self) -> None:
        """Cancel and wait (at the end of the program)."""
        self._load += 1
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _work(self, load: int, path: Path, track: int | None) -> None:
        _give_way()
        with suppress(EtpError):  # what is wrong with the video is told by the player
            self._pass_on(load, thumbnails(path), self._thumbnail)
        if track is not None:
            with suppress(EtpError):
                self._pass_on(load, waveform(path, track), self._waveform)

    def _pass_on(self, load: int, things: Iterator, signal) -> None:
        for thing in things:
            if load != self._load:
                return
            signal.emit(load, thing)

    def _add(self, load: int, thumbnail: Thumbnail) -> None:
        if load == self._load:
            self.thumbnails.add(thumbnail)

    def _set(self, load: int, waveform: Waveform) -> None:
        if load == self._load:
            self.waveform.set_waveform(waveform)


def _give_way() -> None:
    """Let the window's thread and its decoder go before this one, and before those FFmpeg starts
    from it: there may be only two cores. (Only Linux takes the number of a thread here.)
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        before = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, before + 5)
