"""A boundary, a segment or a new segment while it is dragged, as a value.

A draft knows where its boundaries are now and which edit it would become; it changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from etp_core.project import AddSegment, MoveSegment
from etp_core.timeline import cut_at
from etp_studio.editing.snap import Snap, Source

Snapper = Callable[[float], Snap]
HAIR = 5e-7  # seconds; times that were rounded in a file still count as on their cut


@dataclass(frozen=True)
class Draft:
    """A segment under the hand; start and end in seconds are where it would land.

    kind: "start" or "end" (that boundary is dragged, the other keeps its exact seconds), "body"
    (both move by the same number of frames) or "new". held is the time (seconds) under the pointer
    when the drag began, boundary the moving boundary, source what attracts it.
    """

    kind: Literal["start", "end", "body", "new"]
    start: float
    end: float
    held: float
    cuts: NDArray[np.float64]
    segment: int | None = None
    boundary: float = 0.0
    source: Source | None = None
    origin: tuple[float, float] | None = None

    @classmethod
    def edge(
        cls,
        kind: Literal["start", "end"],
        segment: int,
        start: float,
        end: float,
        held: float,
        cuts: NDArray[np.float64],
    ) -> "Draft":
        """Take hold of one boundary of a stored segment."""
        boundary = start if kind == "start" else end
        return cls(kind, start, end, held, cuts, segment, boundary, origin=(start, end))

    @classmethod
    def body(
        cls, segment: int, start: float, end: float, held: float, cuts: NDArray[np.float64]
    ) -> "Draft":
        """Take hold of a stored segment as a whole."""
        return cls("body", start, end, held, cuts, segment, start, origin=(start, end))

    @classmethod
    def new(cls, held: Snap, cuts: NDArray[np.float64]) -> "Draft":
        """Begin a segment at a cut; it is empty until it is moved."""
        return cls("new", held.time, held.time, held.time, cuts, boundary=held.time)

    @property
    def changed(self) -> bool:
        """Whether letting go now would ask for an edit."""
        return self.end > self.start and (self.start, self.end) != self.origin

    def moved(self, time: float, snapper: Snapper) -> "Draft":
        """The draft with the pointer at `time` seconds; `snapper` says where a boundary lands."""
        if self.kind == "new":
            return self._drawn(snapper(time))
        if self.kind == "body":
            return self._shifted(time - self.held, snapper)
        return self._resized(time - self.held, snapper)

    def edit(self, video_id: int, label_id: int | None) -> AddSegment | MoveSegment | None:
        """The edit that this draft asks for; None if nothing changed or a new one has no label."""
        if not self.changed:
            return None
        if self.segment is not None:
            return MoveSegment(self.segment, self.start, self.end)
        if label_id is None:
            return None
        return AddSegment(video_id, label_id, self.start, self.end, source="drawn")

    def _drawn(self, landing: Snap) -> "Draft":
        start, end = sorted((self.held, landing.time))
        return replace(self, start=start, end=end, boundary=landing.time, source=landing.source)

    def _resized(self, by: float, snapper: Snapper) -> "Draft":
        assert self.origin is not None
        start, end = self.origin
        landing = snapper((start if self.kind == "start" else end) + by)
        if self.kind == "start":
            cut = min(landing.cut, last_cut_before(self.cuts, end))
            time = float(self.cuts[cut])
            moved = replace(self, start=time, end=end)
        else:
            cut = max(landing.cut, first_cut_after(self.cuts, start))
            time = float(self.cuts[cut])
            moved = replace(self, start=start, end=time)
        source = landing.source if cut == landing.cut else None
        return replace(moved, boundary=time, source=source)

    def _shifted(self, by: float, snapper: Snapper) -> "Draft":
        assert self.origin is not None
        start, end = self.origin
        first, last = cut_at(self.cuts, start), cut_at(self.cuts, end)
        at_start, at_end = snapper(start + by), snapper(end + by)
        lead = _stronger(at_start, at_end)
        steps = at_end.cut - last if lead is at_end else at_start.cut - first
        wanted = steps
        steps = min(max(steps, -first), len(self.cuts) - 1 - last)
        source = lead.source if steps == wanted else None
        if steps == 0:
            return replace(self, start=start, end=end, boundary=start, source=source)
        frames = max(last - first, 1)
        begin = min(first + steps, len(self.cuts) - 1 - frames)
        start, end = float(self.cuts[begin]), float(self.cuts[begin + frames])
        boundary = end if lead is at_end else start
        return replace(self, start=start, end=end, boundary=boundary, source=source)


def last_cut_before(cuts: NDArray[np.float64], end: float) -> int:
    """The last cut that leaves a segment ending at `end` seconds a whole frame (index)."""
    return max(int(np.searchsorted(cuts, end + HAIR, side="right")) - 2, 0)


def first_cut_after(cuts: NDArray[np.float64], start: float) -> int:
    """The first cut that gives a segment starting at `start` seconds a whole frame (index)."""
    return min(int(np.searchsorted(cuts, start - HAIR, side="left")) + 1, len(cuts) - 1)


def _stronger(start: Snap, end: Snap) -> Snap:
    """Of two landings of one body the one that leads: attracted before not, then by source."""
    if end.source is not None and (start.source is None or end.source < start.source):
        return end
    return start
