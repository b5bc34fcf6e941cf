"""The decoder thread: it owns the video file, and only the newest request counts."""

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Condition

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtGui import QImage

from etp_core.errors import EtpError
from etp_core.timeline import frame_at
from etp_core.video import AudioTrack, VideoInfo, VideoReader, audio_tracks
from etp_studio.background import readable
from etp_studio.playback.onion import TALL, Boundary, Strip


@dataclass(frozen=True, eq=False)
class Clip:
    """What the window knows of an open video.

    pts (n,) seconds, sorted; cuts (n + 1,) seconds: pts and the end of the last frame;
    tracks: its sound.
    """

    info: VideoInfo
    pts: NDArray[np.float64]
    cuts: NDArray[np.float64]
    tracks: tuple[AudioTrack, ...] = ()

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def track(self) -> int | None:
        """The sound track that is played; None if there is no sound."""
        numbers = [track.number for track in self.tracks if track.default]
        return next(iter(numbers + [track.number for track in self.tracks]), None)

    def index_at(self, time: float) -> int:
        """The frame on screen at `time` seconds."""
        return frame_at(self.pts, time)


_DRAG = 64  # frames; a request so near the one before may be one of a drag
_PATIENCE = 0.04  # s until the nearest frame so far is shown in the place of the one asked for


@dataclass(frozen=True, eq=False)
class Picture:
    """One decoded frame: its index, its time stamp in seconds, the image, how wide a pixel is.

    before: the image of the frame before it, where the cut between the two is looked at.
    wanted: the frame that was asked for, where this is only the nearest so far; else None.
    """

    index: int
    time: float
    image: QImage
    pixel_aspect: float = 1.0
    before: QImage | None = None
    wanted: int | None = None


@dataclass(frozen=True)
class _Request:
    index: int
    with_before: bool = False
    following: int | None = None
    boundary: Boundary | None = None


class Decoder(QThread):
    """Opens one video and decodes the frame asked for last.

    Signals arrive on the thread of whoever connects: `opened(Clip)`, then `decoded(Picture)` for
    each request that was not overtaken; `failed(line)` if the file cannot be opened;
    `undecodable(index, line)` for a single frame. A frame far behind its key frame takes a while:
    until it is there, `decoded` gives frames on the way that are nearer to it than what was shown.
    """

    opened = Signal(object)
    decoded = Signal(object)
    surrounded = Signal(object)  # Strip
    failed = Signal(str)
    undecodable = Signal(int, str)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"decoder {path.name}")
        self._path = path
        self._wake = Condition()
        self._wanted: _Request | None = None
        self._stopping = False
        self._shown = -1
        self._last = 0  # frame that was asked for last
        self._prepared: Picture | None = None

    def request(
        self,
        index: int,
        with_before: bool = False,
        following: int | None = None,
        boundary: Boundary | None = None,
    ) -> None:
        """Ask for frame `index`; takes the place of requests that are not yet answered.

        With `with_before` the picture comes a second time, with the frame before it, unless
        another was asked for meanwhile. `following` is a frame that will be asked for next: it is
        prepared while nothing else is to be done. Without it that is as far on as this one is from
        the one before, which is where a drag goes. After the picture `surrounded` gives the frames
        around `boundary`.
        """
        with self._wake:
            self._wanted = _Request(index, with_before, following, boundary)
            self._wake.notify()

    def stop(self) -> None:
        """Ask the thread to end; returns at once (`wait` waits for it)."""
        with self._wake:
            self._stopping = True
            self._wake.notify()

    def run(self) -> None:
        try:
            reader = VideoReader(self._path)
        except Exception as error:
            self.failed.emit(readable(error))
            return
        with reader:
            tracks: tuple[AudioTrack, ...] = ()
            with suppress(EtpError):  # a video whose sound is damaged is shown without
                tracks = audio_tracks(self._path)
            self.opened.emit(Clip(reader.info, reader.pts, reader.cuts, tracks))
            while (request := self._next()) is not None:
                try:
                    self._answer(reader, request)
                except EtpError as error:
                    self.undecodable.emit(request.index, str(error))
                except Exception as error:
                    line = f"{self._path.name}: {readable(error)}"
                    self.undecodable.emit(request.index, line)

    @property
    def _overtaken(self) -> bool:
        """Whether there is something newer to do."""
        return self._stopping or self._wanted is not None

    def _answer(self, reader: VideoReader, request: _Request) -> None:
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared.index == request.index:
            picture = prepared
        elif self._reach(reader, request.index):
            picture = _picture(reader, request.index)
        else:
            return
        self._emit(picture)
        if request.with_before and request.index > 0 and not self._overtaken:
            self._emit(replace(picture, before=_picture(reader, request.index - 1).image))
        if request.boundary is not None:
            self._surround(reader, request.boundary)
        following, self._last = self._following(reader, request), request.index
        if following is not None and not self._overtaken:
            self._prepare(reader, following)

    def _following(self, reader: VideoReader, request: _Request) -> int | None:
        """The frame that is probably asked for next; None if nobody knows."""
        move = request.index - self._last
        if request.following is not None or not 0 < abs(move) <= _DRAG:
            return request.following
        following = request.index + move
        return following if 0 <= following < len(reader) else None

    def _reach(self, reader: VideoReader, index: int) -> bool:
        """Decode up to the frame; False if something newer is to be done."""
        due = time.perf_counter() + _PATIENCE

        def go_on(position: int) -> bool:
            nonlocal due
            now = time.perf_counter()
            if self._stopping:
                return False
            if position == index or (self._wanted is None and now < due):
                return True
            if abs(position - index) < abs(self._shown - index):
                self._emit(replace(_picture(reader, position), wanted=index))
            elif now < due:
                return True
            due = now + _PATIENCE
            return self._wanted is None

        return reader.reach(index, go_on)

    def _surround(self, reader: VideoReader, boundary: Boundary) -> None:
        """The frames around a boundary, small; nothing if something newer is to be done."""
        info, frames = reader.info, []
        wide = max(round(TALL * info.width / info.height * info.pixel_aspect), 2)
        for index in boundary.frames(len(reader)):
            if self._overtaken:
                return
            with suppress(EtpError):  # one damaged frame leaves a gap
                if reader.reach(index, lambda _: not self._overtaken):
                    frames.append((index, _image(reader, index, (wide, TALL))))
        if not self._overtaken:
            self.surrounded.emit(Strip(boundary, tuple(frames)))

    def _prepare(self, reader: VideoReader, index: int) -> None:
        try:
            if reader.reach(index, lambda _: not self._overtaken):
                self._prepared = _picture(reader, index)
        except EtpError:
            return  # it will be told when the frame is asked for

    def _emit(self, picture: Picture) -> None:
        self._shown = picture.index
        self.decoded.emit(picture)

    def _next(self) -> _Request | None:
        with self._wake:
            while self._wanted is None and not self._stopping:
                self._wake.wait()
            request, self._wanted = self._wanted, None
            return None if self._stopping else request


def _picture(reader: VideoReader, index: int) -> Picture:
    image = _image(reader, index)
    return Picture(index, float(reader.pts[index]), image, reader.info.pixel_aspect)


def _image(reader: VideoReader, index: int, size: tuple[int, int] | None = None) -> QImage:
    pixels = reader.frame(index, size, layout="bgra")  # what screens have: no second conversion
    height, width, _ = pixels.shape
    # copied: pixels that Python owns crash Qt when it lets go of them after Python has ended
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
