"""From the times that files count in to seconds and back, by the frames of the videos.

A cut is a place between two frames (timeline.py). Formats that count frames need the cuts of the
videos, or a frame rate that the caller vouches for; those that count milliseconds are put back on
the cut that they were rounded from.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import numpy as np

from etp_core.annotations import Segment
from etp_core.errors import InputError, VideoError
from etp_core.timeline import Floats, cut_at

MOST_HOURS = 10_000  # of a video; a time beyond is a mistake
_HELP = "give the videos, or their frame rate"


def milliseconds(seconds: float) -> int:
    """Seconds as whole milliseconds, half to even; the decimal digits decide, not the float's."""
    return int(Decimal(repr(float(seconds))).scaleb(3).to_integral_value(ROUND_HALF_EVEN))


def span_ms(start: float, end: float, place: str) -> tuple[int, int]:
    """An interval as whole milliseconds, 1 ms long at least.

    Raises InputError if it begins before 0 or ends later than any video does.
    """
    first, last = milliseconds(start), milliseconds(end)
    if first < 0:
        raise InputError(f"{place}: the segment [{start:g}, {end:g}) s begins before 0")
    if last > MOST_HOURS * 3_600_000:
        raise InputError(
            f"{place}: the segment [{start:g}, {end:g}) s ends after {MOST_HOURS} hours"
        )
    return first, max(last, first + 1)


class Clock:
    """What is known of the frames of the videos that a file is about.

    cuts(video) gives the cuts (n + 1,) of a video by its name in the file, in seconds, or None.
    frame_rate: of every video whose cuts are not known, on the caller's word.
    """

    def __init__(
        self,
        cuts: Callable[[str], Floats | None] | None = None,
        frame_rate: float | None = None,
    ) -> None:
        self._look_up = cuts
        self._frame_rate = frame_rate
        self._known: dict[str, Floats | None] = {}

    @classmethod
    def of_videos(
        cls, files: Mapping[str, Path], frame_rate: float | None = None, lenient: bool = False
    ) -> "Clock":
        """The clock of video files by their names; each is opened when it is asked for.

        lenient: a file that cannot be read counts as not known; otherwise VideoError is raised.
        """
        from etp_core.video import VideoReader

        def cuts(video: str) -> Floats | None:
            if video not in files:
                return None
            try:
                with VideoReader(files[video]) as reader:
                    return reader.cuts
            except VideoError:
                if lenient:
                    return None
                raise

        return cls(cuts, frame_rate)

    def cuts(self, video: str) -> Floats | None:
        """The cuts of a video, or None; looked up once."""
        if video not in self._known:
            found = None if self._look_up is None else self._look_up(video)
            self._known[video] = None if found is None else np.asarray(found, np.float64)
        return self._known[video]

    def seconds(self, video: str, cut: int, place: str, frame_rate: float | None = None) -> float:
        """The time of a cut, counted from 0; raises InputError naming `place` if nobody knows."""
        cuts = self.cuts(video)
        if cuts is not None:
            if not 0 <= cut < len(cuts):
                raise InputError(
                    f"{place}: frame {cut} is not in the video, which has {len(cuts) - 1} frames"
                )
            return float(cuts[cut])
        rate = frame_rate or self._frame_rate
        if not rate:
            raise InputError(
                f"{place}: the file counts frames of {video}, whose times are not known; {_HELP}"
            )
        return cut / rate

    def frames(self, row: Segment, place: str, frame_rate: float | None = None) -> tuple[int, int]:
        """The cuts [start, end) of a segment, a frame long at least; raises InputError as above."""
        cuts = self.cuts(row.video)
        if cuts is not None:
            first = min(cut_at(cuts, row.start), len(cuts) - 2)
            return first, max(cut_at(cuts, row.end), first + 1)
        if row.start_frame is not None and row.end_frame is not None:
            return row.start_frame, max(row.end_frame, row.start_frame + 1)
        rate = frame_rate or self._frame_rate
        if not rate:
            raise InputError(
                f"{place}: this format counts frames, and those of {row.video} are not known; "
                f"{_HELP}"
            )
        if max(abs(row.start), abs(row.end)) * rate > 2**53:
            raise InputError(f"{place}: the segment [{row.start:g}, {row.end:g}) s is too long")
        first = round(row.start * rate)
        return first, max(round(row.end * rate), first + 1)

    def snapped(self, video: str, start: float, end: float) -> tuple[float, float]:
        """Times that were rounded to milliseconds, each on its nearest cut within half a frame.

        As they are where the cuts are not known, or both would fall on one cut.
        """
        cuts = self.cuts(video)
        if cuts is None or len(cuts) < 2:
            return start, end
        first, last = _snap(cuts, start), _snap(cuts, end)
        return (first, last) if first < last else (start, end)


def _snap(cuts: Floats, time: float) -> float:
    near = cut_at(cuts, time)
    beside = near + 1 if time > cuts[near] and near + 1 < len(cuts) else max(near - 1, 0)
    if beside == near:
        beside = near + 1
    half = abs(float(cuts[beside] - cuts[near])) / 2
    return float(cuts[near]) if abs(time - float(cuts[near])) <= half + 1e-9 else time
