"""Exact random access to the frames of a video: the one reader of engine and studio.

A frame index is a row of the video's table of presentation time stamps (video/index.py); `frame(i)`
is that frame, on any container, at constant and variable frame rate.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from etp_core.errors import VideoError
from etp_core.timeline import Floats, Ints, frame_at
from etp_core.video.cursor import Cursor
from etp_core.video.index_cache import index_of

Picture = NDArray[np.uint8]
_NEAR_BACK = 64  # frames; going back so far at most is taken for the beginning of more
_FEW = 4  # steps back; where no more will need a run-up, none of its frames is kept for them
_SPARE = 4  # frames before the one asked for that are decoded anyway, for a few steps back
_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a video is, as decoded (not as its header declares).

    width, height   of the picture as shown, after rotation, in pixels
    frame_rate      mean, in frames per second
    duration        from the first frame's start to the last frame's end, in seconds
    variable        whether the frame rate varies by more than the file's clock forces it to
    rotation        degrees counter-clockwise by which decoded pictures were turned: 0, 90, 180, 270
    pixel_aspect    width of a pixel by its height; 1.0 for square pixels
    repaired        what is wrong with the file and was worked around, in a few words ("the last 4
                    frames cannot be decoded"); "" for a sound file
    """

    path: Path
    width: int
    height: int
    codec: str
    frames: int
    frame_rate: float
    duration: float
    variable: bool
    rotation: int
    pixel_aspect: float = 1.0
    repaired: str = ""


class VideoReader:
    """Frames of one video by index, exactly. Use one reader per thread.

    pts    (n,) float64 seconds, strictly increasing: when each frame is shown
    cuts   (n + 1,) float64 seconds: pts and the end of the last frame
    """

    def __init__(self, path: str | Path, cache_bytes: int = 176 << 20) -> None:
        """Open `path`; `cache_bytes` bounds the decoded frames that are kept for going back.

        Raises VideoError, one line naming the file, if it is missing, empty or cannot be decoded.
        """
        self._path = Path(path)
        self._index = index_of(self._path)
        self.cuts: Floats = self._index.cuts()
        self.cuts.flags.writeable = False
        self.pts: Floats = self.cuts[:-1]
        self._cache = _FrameCache(cache_bytes)
        self._reformatter = VideoReformatter()
        self._go_on: Callable[[int], bool] | None = None
        self._asked = 0
        self._cursor = Cursor(self._path, self._index, self._came)
        try:
            first = self._decoded(0)
        except BaseException:
            self._cursor.close()
            raise
        self._quarters = round(first.rotation / 90) % 4
        self._coded = (first.width, first.height)
        self.info = self._describe()

    def _describe(self) -> VideoInfo:
        width, height = self._turned(self._coded)
        duration = float(self.cuts[-1] - self.cuts[0])
        gaps = np.diff(self.pts)
        variable = False
        if len(gaps) > 1:
            usual = float(np.median(gaps))
            tolerance = max(1.5 * float(self._index.time_base), 0.02 * usual)
            variable = bool((np.abs(gaps - usual) > tolerance).any())
        return VideoInfo(
            path=self._path,
            width=width,
            height=height,
            codec=self._cursor.codec,
            frames=len(self),
            frame_rate=(len(self) - 1) / float(self.pts[-1] - self.pts[0])
            if len(gaps)
            else 1 / duration,
            duration=duration,
            variable=variable,
            rotation=90 * self._quarters,
            pixel_aspect=self._cursor.pixel_aspect,
            repaired=self._index.repaired,
        )

    def __len__(self) -> int:
        return len(self._index.ticks)

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let go of the kept frames."""
        self._cursor.close()
        self._cache.clear()

    @property
    def key_frames(self) -> Ints:
        """(k,) indices, increasing: frames that decoding can start at, cheap to reach."""
        return self._index.entries[:, 0]

    def frame(self, i: int, size: tuple[int, int] | None = None, layout: str = "rgb24") -> Picture:
        """Frame `i` in order of display, (height, width, 3) uint8 RGB, turned as it is shown.

        `size` = (width, height) scales it. `layout` "bgra" gives (height, width, 4) as screens
        have it.

        Raises IndexError outside 0 … len - 1, and VideoError naming file and frame where a damaged
        part of the file yields no picture.
        """
        if not 0 <= i < len(self):
            raise IndexError(f"{self._path}: no frame {i} (there are {len(self)})")
        return self._picture(self._decoded(i), self._reformatter, size, layout)

    def reach(self, i: int, go_on: Callable[[int], bool]) -> bool:
        """Decode up to frame `i`, so that `frame(i)` is at hand; whether it was reached.

        `go_on(j)` is asked after each frame j that is decoded on the way (all of them can be had
        from `frame` without decoding, the last ones at least); False gives up. Errors as in
        `frame`.
        """
        self._go_on = go_on
        try:
            self._decoded(i)
        except _GivenUp:
            return False
        finally:
            self._go_on = None
        return True

    def frames(self, start: int, end: int) -> Iterator[Picture]:
        """The frames start … end - 1, one after the other; errors as in `frame`."""
        for i in range(start, end):
            yield self.frame(i)

    def index_at(self, time: float) -> int:
        """Index of the frame on screen at `time` seconds, clamped to the first and last frame."""
        return frame_at(self.pts, time)

    def sample(
        self, indices: Iterable[int], size: tuple[int, int] | None = None
    ) -> Iterator[Picture]:
        """The frames `indices`, scaled to `size` = (width, height): (height, width, 3) uint8 RGB.

        `indices` must not decrease. One decoding pass of its own, apart from `frame`; frames that
        are not asked for are never converted. Where a damaged part of the file yields no picture,
        the one before is repeated (black at the very start).
        Raises IndexError and ValueError for indices out of range or order.
        """
        wanted = np.asarray(list(indices), dtype=np.int64)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < len(self):
            raise IndexError(
                f"{self._path}: frames {wanted.min()} to {wanted.max()} of {len(self)}"
            )
        if (np.diff(wanted) < 0).any():
            raise ValueError("indices must be in increasing order")
        return self._sample(wanted.tolist(), size)

    def _sample(self, wanted: list[int], size: tuple[int, int] | None) -> Iterator[Picture]:
        reformatter = VideoReformatter()
        width, height = size or self._turned(self._coded)
        picture = np.zeros((height, width, 3), dtype=np.uint8)
        cursor = Cursor(self._path, self._index, lambda i, frame: None)
        try:
            for i in wanted:
                if i != cursor.position:
                    with suppress(LookupError):
                        picture = self._picture(cursor.goto(i), reformatter, size)
                yield picture
        finally:
            cursor.close()

    def _came(self, i: int, frame: VideoFrame) -> None:
        self._cache.put(i, frame)
        if self._go_on is not None and not self._go_on(i):
            raise _GivenUp

    def _decoded(self, i: int) -> VideoFrame:
        step_back, self._asked = self._asked - i, i
        frame = self._cache.get(i)
        if frame is not None:
            return frame
        more = 0 < step_back <= _NEAR_BACK and self._cursor.run_up(i) > _FEW * step_back
        try:
            return self._cursor.goto(i, self._cache.holds if more else _SPARE)
        except LookupError:
            raise VideoError(
                f"{self._path}: frame {i} at {self.pts[i]:.3f} s cannot be decoded (damaged file)"
            ) from None

    def _turned(self, size: tuple[int, int]) -> tuple[int, int]:
        return size[::-1] if self._quarters % 2 else size

    def _picture(
        self,
        frame: VideoFrame,
        reformatter: VideoReformatter,
        size: tuple[int, int] | None = None,
        layout: str = "rgb24",
    ) -> Picture:
        width, height = self._turned(size) if size else self._coded
        # files that do not name their colours mean BT.709 from high definition on, as players do
        unnamed = frame.colorspace == _UNSPECIFIED and (frame.width >= 1280 or frame.height > 576)
        picture = reformatter.reformat(
            frame,
            width,
            height,
            format=layout,
            src_colorspace=Colorspace.ITU709 if unnamed else None,
            interpolation="AREA" if size else "BICUBIC",
        ).to_ndarray()
        return np.ascontiguousarray(np.rot90(picture, self._quarters), dtype=np.uint8)


class _GivenUp(Exception):
    """Nobody waits for the frame any more."""


class _FrameCache:
    """The frames decoded last, bounded by the memory they hold."""

    def __init__(self, limit: int) -> None:
        self._limit, self._bytes = limit, 0
        self._frames: OrderedDict[int, VideoFrame] = OrderedDict()

    def get(self, i: int) -> VideoFrame | None:
        frame = self._frames.get(i)
        if frame is not None:
            self._frames.move_to_end(i)
        return frame

    def put(self, i: int, frame: VideoFrame) -> None:
        if i in self._frames:
            self._bytes -= _memory(self._frames.pop(i))
        self._frames[i] = frame
        self._bytes += _memory(frame)
        while self._bytes > self._limit and len(self._frames) > 1:
            self._bytes -= _memory(self._frames.popitem(last=False)[1])

    @property
    def holds(self) -> int:
        """How many frames there is room for, by those that are held."""
        return self._limit * len(self._frames) // self._bytes if self._bytes else 1

    def clear(self) -> None:
        self._frames.clear()
        self._bytes = 0


def _memory(frame: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in frame.planes)
