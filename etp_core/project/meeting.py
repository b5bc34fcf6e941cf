"""Which segment of a video another one meets: its equal, or the one that it is a version of."""

import math
from collections.abc import Hashable, Iterable
from typing import Literal, NamedTuple

import numpy as np

from etp_core.timeline import tiou

Kind = Literal["new", "present", "changed", "conflicting"]

_SAME = 0.5e-3  # seconds: half of what a format of milliseconds can tell
_MEETS = 0.5  # tIoU from which two segments of one annotator are taken for one action


class Place(NamedTuple):
    """[start, end) seconds of a video, by label and annotator."""

    start: float
    end: float
    label: Hashable
    annotator: Hashable


class Segments:
    """The segments of one video, by id; each is met once at most."""

    def __init__(self, rows: Iterable[tuple[int, Place]]) -> None:
        self._rows = list(rows)
        self._starts = np.array([place.start for _, place in self._rows])
        self._ends = np.array([place.end for _, place in self._rows])
        self._met: set[int] = set()

    def meet(self, place: Place) -> tuple[Kind, int | None]:
        """What the place is to the segment that it meets, and the id of that.

        present: one of its label and boundaries. Else, of those with a tIoU of 0.5, the best of its
        label (changed) or of another (conflicting). new: it meets none, nor does an empty interval.
        """
        start, end = place.start, place.end
        if not -math.inf < start < end < math.inf:
            return "new", None
        near = (self._starts <= end + _SAME) & (self._ends >= start - _SAME)
        rows = [
            (key, there)
            for key, there in (self._rows[i] for i in np.flatnonzero(near).tolist())
            if key not in self._met and there.annotator == place.annotator
        ]
        kind: Kind
        for key, there in rows:
            same = max(abs(there.start - start), abs(there.end - end)) <= _SAME
            if same and there.label == place.label:
                self._met.add(key)
                return "present", key
        for kind in ("changed", "conflicting"):
            alike = kind == "changed"
            fit = [(key, there) for key, there in rows if (there.label == place.label) == alike]
            if not fit:
                continue
            overlaps = tiou([(start, end)], [there[:2] for _, there in fit])[0]
            key = fit[int(overlaps.argmax())][0]
            if overlaps.max() >= _MEETS:
                self._met.add(key)
                return kind, key
        return "new", None
