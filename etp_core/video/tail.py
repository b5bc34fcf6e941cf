"""Which frames really come out at the end of a file: files are cut there."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from av import FFmpegError

from etp_core.errors import VideoError
from etp_core.timeline import Ints
from etp_core.video.cursor import Cursor
from etp_core.video.stream import decoded, open_stream

if TYPE_CHECKING:
    from etp_core.video.index import Index


def last_frames(path: Path, index: "Index") -> list[int]:
    """Indices of the frames that come out from the last entry to the end."""
    come: list[int] = []
    cursor = Cursor(path, index, lambda i, frame: come.append(i))
    try:
        with suppress(LookupError):
            cursor.goto(int(index.entries[-1, 0]))
            come = come[-1:]
            for _ in cursor.rest():
                pass
    finally:
        cursor.close()
    return come


class Tail(threading.Thread):
    """Decodes from the last key frame on while somebody else reads the packets.

    Only for containers that list their key frames.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(name=f"tail of {path.name}", daemon=True)
        self._path = path
        self._labels: list[int | None] = []
        self._begins: int | None = None
        self._begun, self._stopping = threading.Event(), threading.Event()
        self._ended = threading.Event()  # `join` would leave a thread object for a caller of Qt's
        self.start()

    def last_frames(self, index: "Index") -> list[int]:
        """As the function `last_frames`, without its decoding where this one began there."""
        self._begun.wait()
        last = int(index.entries[-1, 0])
        if self._begins == index.labels[last]:
            self._ended.wait()
            come = _known(self._labels, index.labels[last:])
            if come is not None:
                return [last + i for i in come]
        self.stop()
        return last_frames(self._path, index)

    def stop(self) -> None:
        """Give up, and wait until the file is closed."""
        self._stopping.set()
        self._ended.wait()

    def run(self) -> None:
        try:
            with suppress(VideoError, FFmpegError, OSError):
                self._decode()
        finally:
            self._begun.set()
            self._ended.set()

    def _decode(self) -> None:
        container, stream = open_stream(self._path)
        with container:
            container.seek((stream.start_time or 0) + (stream.duration or 0), stream=stream)
            for frame in decoded(container, stream, self._sent):
                self._labels.append(frame.pts)
                if self._stopping.is_set():
                    return

    def _sent(self, pts: int) -> bool:
        """Told of every packet before it is decoded; none is dispensable."""
        if not self._begun.is_set():
            self._begins = pts
            self._begun.set()
        return False


def _known(come: list[int | None], labels: Ints) -> list[int] | None:
    """Places in `labels` of the frames that came, in order; None if the first one is not there."""
    places = {label: i for i, label in enumerate(labels.tolist())}
    found: list[int] = []
    for label in come:
        place = places.get(label, -1) if label is not None else -1
        if place > (found[-1] if found else -1) and (found or place == 0):
            found.append(place)
    return found or None
