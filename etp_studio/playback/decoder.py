"""The decoder thread: it owns the video file, and only the newest request counts."""

from dataclasses import dataclass, replace
from pathlib import Path
from threading import Condition

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtGui import QImage

from etp_core.errors import EtpError
from etp_core.timeline import frame_at
from etp_core.video import VideoInfo, VideoReader
from etp_studio.background import readable


@dataclass(frozen=True, eq=False)
class Clip:
    """What the window knows of an open video.

    pts (n,) seconds, sorted; cuts (n + 1,) seconds: pts and the end of the last frame.
    """

    info: VideoInfo
    pts: NDArray[np.float64]
    cuts: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.pts)

    def index_at(self, time: float) -> int:
        """The frame on screen at `time` seconds."""
        return frame_at(self.pts, time)


@dataclass(frozen=True, eq=False)
class Picture:
    """One decoded frame: its index, its time stamp in seconds, the image, how wide a pixel is.

    before: the image of the frame before it, where the cut between the two is looked at.
    """

    index: int
    time: float
    image: QImage
    pixel_aspect: float = 1.0
    before: QImage | None = None


class Decoder(QThread):
    """Opens one video and decodes the frame asked for last.

    Signals arrive on the thread of whoever connects: `opened(Clip)`, then `decoded(Picture)` for
    each request that was not overtaken; `failed(line)` if the file cannot be opened;
    `undecodable(index, line)` for a single frame.
    """

    opened = Signal(object)
    decoded = Signal(object)
    failed = Signal(str)
    undecodable = Signal(int, str)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"decoder {path.name}")
        self._path = path
        self._wake = Condition()
        self._wanted: tuple[int, bool] | None = None
        self._stopping = False

    def request(self, index: int, with_before: bool = False) -> None:
        """Ask for frame `index`; takes the place of a request that was not begun.

        With `with_before` the picture comes a second time, with the frame before it, unless
        another was asked for meanwhile.
        """
        with self._wake:
            self._wanted = (index, with_before)
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
            self.opened.emit(Clip(reader.info, reader.pts, reader.cuts))
            while (request := self._next()) is not None:
                index, with_before = request
                try:
                    self._show(reader, index, with_before)
                except EtpError as error:
                    self.undecodable.emit(index, str(error))
                except Exception as error:
                    self.undecodable.emit(index, f"{self._path.name}: {readable(error)}")

    def _show(self, reader: VideoReader, index: int, with_before: bool) -> None:
        image = _image(reader.frame(index))
        picture = Picture(index, float(reader.pts[index]), image, reader.info.pixel_aspect)
        self.decoded.emit(picture)
        if with_before and index > 0 and self._wanted is None:
            self.decoded.emit(replace(picture, before=_image(reader.frame(index - 1))))

    def _next(self) -> tuple[int, bool] | None:
        with self._wake:
            while self._wanted is None and not self._stopping:
                self._wake.wait()
            request, self._wanted = self._wanted, None
            return None if self._stopping else request


def _image(pixels: NDArray[np.uint8]) -> QImage:
    height, width, _ = pixels.shape
    pixels = np.ascontiguousarray(pixels)
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    # The raster engine blits 32-bit images several times faster; converting here also copies.
    return image.convertToFormat(QImage.Format.Format_RGB32)
