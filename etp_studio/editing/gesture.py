"""A gesture on the ground truth lane: from the press to the one edit it asks for.

Knows no widget: it is told times and what was hit, and says what to show and what to do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etp_core.project import AddSegment, MoveSegment, StoredSegment
from etp_studio.editing.draft import Draft
from etp_studio.editing.hit import Hit
from etp_studio.editing.snap import Snap, Source, snap

SNAP = 7.0  # pixels within which a boundary is attracted
SLACK = 3.0  # pixels a press may tremble before it is a drag


@dataclass
class Gesture:
    """What the left button does between its press and its release.

    hit: what was pressed; time: seconds under the press; seconds_per_pixel at that moment;
    candidates: what attracts (see snap), the pressed segment's own boundaries left out.
    """

    hit: Hit
    x: float
    time: float
    segment: StoredSegment | None
    cuts: NDArray[np.float64]
    candidates: dict[Source, NDArray[np.float64]]
    editable: bool
    draft: Draft | None = None

    def move(self, x: float, time: float, pixel: float, attract: bool) -> bool:
        """The pointer is at pixel `x` and `time` seconds; returns whether a draft is under way.

        pixel: seconds of one pixel; attract: whether near things pull (Alt: not).
        """
        if self.draft is None:
            if not self.editable or abs(x - self.x) < SLACK:
                return False
            self.draft = self._begin(self._snapper(pixel, attract))
        self.draft = self.draft.moved(time, self._snapper(pixel, attract))
        return True

    def edit(self, video_id: int, label_id: int | None) -> AddSegment | MoveSegment | None:
        """The one edit that this gesture asks for on release, or None."""
        return self.draft.edit(video_id, label_id) if self.draft else None

    def _begin(self, snapper: Callable[[float], Snap]) -> Draft:
        if self.segment is None:
            return Draft.new(snapper(self.time), self.cuts)
        id_, start, end = self.segment.id, self.segment.start, self.segment.end
        if self.hit.kind == "body":
            return Draft.body(id_, start, end, self.time, self.cuts)
        kind = "start" if self.hit.kind == "edge-start" else "end"
        return Draft.edge(kind, id_, start, end, self.time, self.cuts)

    def _snapper(self, pixel: float, attract: bool) -> Callable[[float], Snap]:
        return lambda time: snap(time, self.candidates, SNAP * pixel, self.cuts, attract)


def candidates(
    playhead: float | None,
    truth: Sequence[StoredSegment],
    stages: Sequence[NDArray[np.float64]],
    crossings: NDArray[np.float64],
    without: int | None = None,
) -> dict[Source, NDArray[np.float64]]:
    """What attracts a boundary, sorted seconds per source.

    stages: boundaries of the proposals that are shown; crossings: where the curve of the class
    passes the threshold; without: the id of the dragged segment.
    """
    others = [s for s in truth if s.id != without]
    return {
        Source.PLAYHEAD: np.array([] if playhead is None else [playhead]),
        Source.TRUTH: np.sort([time for s in others for time in (s.start, s.end)]),
        Source.STAGE: np.sort(np.concatenate([np.zeros(0), *stages])),
        Source.CROSSING: crossings,
    }
