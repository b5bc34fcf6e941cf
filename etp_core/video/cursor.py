"""A decoder that stands at a frame and can be sent to any other, exactly.

A frame is recognised by the time stamp it carries, never by arithmetic on a frame rate. After a
seek nothing counts until an entry of the index comes out: what comes before it may lack its
references.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.frame import VideoFrame

from etp_core.timeline import Ints
from etp_core.video.stream import decoded, open_stream

if TYPE_CHECKING:
    from etp_core.video.index import Index

_LOST = -2  # counting frames has led to one that belongs elsewhere
_DECODE_ON = 8  # frames; an entry nearer than this ahead is reached by decoding, not by a seek


class Cursor:
    """One open file and its decoder. Not for use from two threads at once.

    position       index of the frame decoded last, -1 before the first
    codec          name of the decoder
    pixel_aspect   width of a pixel by its height
    """

    def __init__(self, path: Path, index: "Index", on_frame: Callable[[int, VideoFrame], None]):
        """`on_frame(i, frame)` is told every frame that is decoded, wanted or passed."""
        self._path, self._index, self._on_frame = path, index, on_frame
        self._labels: list[int] = index.labels.tolist()
        self._places = {label: i for i, label in enumerate(self._labels)}
        if index.counted:
            often = Counter(self._labels)
            self._places = {k: i for k, i in self._places.items() if often[k] == 1}
        self._starts: list[int] = index.entries[:, 0].tolist()
        self._start_set = set(self._starts)
        self._between = _between(index)
        self._whole_from = self._labels[0]
        self._in_order = not (index.counted or index.repaired or (np.diff(index.labels) <= 0).any())
        self._open()
        self.codec: str = self._stream.codec_context.name
        self.pixel_aspect = float(self._stream.sample_aspect_ratio or 1)

    def close(self) -> None:
        """Close the file."""
        self._frames.close()
        self._container.close()

    def goto(self, i: int, back: int = 0) -> VideoFrame:
        """Frame `i`, decoding on from where the cursor stands or from an entry before it.

        The `back` frames before it are decoded on the way; earlier ones only where others need
        them. Raises LookupError if the frame does not come out of the decoder.
        """
        self._whole_from = self._labels[max(i - back, 0)]
        if self._decodes_on_to(i):
            frame = self._run_to(i)
            if frame is not None:
                return frame
        passed = 0  # how often decoding started at or before the frame and went past it
        for ticks in self._starting_points(i):
            self._start_at(ticks)
            frame = self._run_to(i)
            if frame is not None:
                return frame
            self._whole_from = self._labels[0]
            passed += 0 <= self._first <= i
            if passed == 2:
                break
        raise LookupError(i)

    def run_up(self, i: int) -> int:
        """How many frames lie between frame `i` and where decoding has to start for it."""
        return i - self._starts[self._entry(i)]

    def rest(self) -> Iterator[int]:
        """Decode on to the end of the file; the index of each frame."""
        self._whole_from = self._labels[0]
        while self._advance() is not None:
            yield self.position

    def _decodes_on_to(self, i: int) -> bool:
        entry = self._starts[self._entry(i)]
        if self.position < 0:
            return self._fresh and entry == 0
        return self.position < i and entry <= self.position + _DECODE_ON

    def _entry(self, i: int) -> int:
        return int(np.searchsorted(self._index.entries[:, 0], i, side="right")) - 1

    def _starting_points(self, i: int) -> Iterator[int | None]:
        """Ticks to seek to for frame `i`, ever safer; None opens the file again."""
        entry, step = self._entry(i), 1
        by_decoding_time = self._index.entries[:, 2]
        yield int((by_decoding_time if self._by_decoding_time else self._between)[entry])
        while entry - step > 0:
            yield int(by_decoding_time[entry - step])
            step *= 2
        yield None

    def _start_at(self, ticks: int | None) -> None:
        self._frames.close()
        if ticks is None:
            self._container.close()
            self._open()
            return
        with suppress(av.FFmpegError, OSError):  # what cannot seek stays where it is and runs out
            self._container.seek(ticks, stream=self._stream)
            self._restart(fresh=False)

    def _open(self) -> None:
        self._container, self._stream = open_stream(self._path)
        # Those find any packet by its decoding time, the others key frames by some time near it.
        self._by_decoding_time = self._container.format.name in ("mpegts", "mpeg")
        self._restart(fresh=True)

    def _restart(self, fresh: bool) -> None:
        # only H.264 marks frames that really nothing refers to
        certain = self._in_order and self._stream.codec_context.name == "h264"
        self._frames = decoded(
            self._container,
            self._stream,
            (lambda pts: pts < self._whole_from) if certain else None,
        )
        self._fresh = fresh
        self.position = self._first = -1

    def _run_to(self, i: int) -> VideoFrame | None:
        while self.position < i:
            frame = self._advance()
            if frame is None:
                return None
            if self.position == i:
                return frame
        return None

    def _advance(self) -> VideoFrame | None:
        """The next frame that the index knows; None at the end of the file."""
        for frame in self._frames:
            place = self._place(frame)
            if place == _LOST:
                return None
            if place > self.position and (self.position >= 0 or place in self._start_set):
                if self.position < 0:
                    self._first = place
                self.position = place
                self._on_frame(place, frame)
                return frame
        return None

    def _place(self, frame: VideoFrame) -> int:
        """The index of a decoded frame; -1 if the index does not know it, or _LOST."""
        following = self.position + 1
        inside = following < len(self._labels)
        if inside and frame.pts == self._labels[following]:
            return following
        known = -1 if frame.pts is None else self._places.get(frame.pts, -1)
        if self._index.counted and (self.position >= 0 or self._fresh):
            if known not in (-1, following):
                return _LOST
            return following if inside else -1
        return known


def _between(index: "Index") -> Ints:
    """Where to seek for each entry: half way to the next one, (k,) ticks.

    Containers that index key frames do so by decoding times, presentation times or something in
    between; whichever it is, the last key frame before this point is the entry.
    """
    starts = index.entries[:, 1]
    return (starts + np.append(starts[1:], max(index.end, starts[-1]))) // 2
