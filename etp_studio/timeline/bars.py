"""The bars of one lane as arrays of equal length, sorted by start, with an index for the view."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SUB_ROWS = 6  # at most; what does not fit is painted over


@dataclass(frozen=True)
class Bars:
    """N bars of one lane, sorted by start.

    start, end (N,) seconds; row (N,) the row in the list they show; hue (N,) an index into the
    scene's colours; strength (N,) in [0, 1], painted as opacity; up (N,) the bar of the lane above
    that each came from, -1 for none; match (N,) the bar of the ground truth lane that it is
    compared with, -1 for none; reason (N,) an evolution.Reason; sub (N,) the sub-row;
    moved (N, 2) int8: start and end moved towards (1) or away from (-1) the match since the lane
    above. until (N,) is the latest end so far, for the search.
    """

    start: Floats
    end: Floats
    row: Ints
    hue: Ints
    strength: Floats
    up: Ints
    match: Ints
    reason: NDArray[np.int8]
    sub: Ints
    moved: NDArray[np.int8]
    until: Floats

    def __len__(self) -> int:
        return len(self.start)

    @property
    def sub_rows(self) -> int:
        """How many sub-rows the lane needs, at least one."""
        return int(self.sub.max()) + 1 if len(self.sub) else 1

    def visible(self, start: float, end: float) -> Ints:
        """Bars that reach into [start, end) seconds, by start."""
        first = int(np.searchsorted(self.until, start, side="right"))
        last = int(np.searchsorted(self.start, end, side="left"))
        bars = np.arange(first, last)
        return bars[self.end[first:last] > start]

    def find(self, row: int) -> int:
        """The bar that shows `row`, -1 if none does."""
        found = np.flatnonzero(self.row == row)
        return int(found[0]) if len(found) else -1


def pack(
    start: Sequence[float], end: Sequence[float], wanted: Sequence[int], most: int = SUB_ROWS
) -> Ints:
    """Sub-rows so that bars do not overlap, greedily, for bars sorted by start.

    wanted: the sub-row each bar would like (that of the bar it came from), -1 for any; it gets it
    if it is free, else the first free one. With `most` of them full it is painted over the bar
    that ends first.
    """
    ends: list[float] = []
    rows = []
    for left, right, wish in zip(start, end, wanted, strict=True):
        if 0 <= wish < len(ends) and ends[wish] <= left:
            row = wish
        else:
            row = 0
            for until in ends:  # a loop of its own: a lane may have tens of thousands of bars
                if until <= left:
                    break
                row += 1
            if row == len(ends):
                if row < most:
                    ends.append(left)
                else:
                    row = ends.index(min(ends))
        rows.append(row)
        if right > ends[row]:
            ends[row] = right
    return np.array(rows, np.int64)


def best_match(start: Floats, end: Floats, hue: Ints, truth: Bars, least: float = 0.3) -> Ints:
    """The truth that each interval is compared with: the one of highest tIoU above `least`.

    start, end (N,) seconds, hue (N,) -> (N,) indices into `truth`, -1 for none. A truth of the same
    hue (the same class) goes before one of another. Only pairs that can overlap are looked at.
    """
    best = np.full(len(start), -1, np.int64)
    if len(truth) and len(start):
        i, j = overlapping(start, end, truth)
        ratio = pair_tiou(start[i], end[i], truth.start[j], truth.end[j])
        good = ratio > least
        i, j, ratio = i[good], j[good], ratio[good]
        same = hue[i] == truth.hue[j]
        preferred = same == _most(same, i)  # those of the same hue, of which there are none all
        i, j, ratio = i[preferred], j[preferred], ratio[preferred]
        top = np.flatnonzero(ratio == _most(ratio, i))[::-1]  # the last one written wins
        best[i[top]] = j[top]
    return best


def _most(values: NDArray[Any], group: Ints) -> NDArray[Any]:
    """The greatest value of each one's group; groups (N,) sorted."""
    if not len(values):
        return values
    begins = np.diff(group, prepend=-1) != 0
    return np.maximum.reduceat(values, np.flatnonzero(begins))[np.cumsum(begins) - 1]


def pair_tiou(start: Floats, end: Floats, other_start: Floats, other_end: Floats) -> Floats:
    """tIoU of N pairs of intervals (seconds) -> (N,) in [0, 1]."""
    shared = np.minimum(end, other_end) - np.maximum(start, other_start)
    shared = np.maximum(shared, 0.0)
    return np.asarray(shared / ((end - start) + (other_end - other_start) - shared))


def overlapping(start: Floats, end: Floats, others: Bars) -> tuple[Ints, Ints]:
    """Pairs (interval, bar of `others`) that may overlap; every pair that does is among them."""
    first = np.searchsorted(others.until, start, side="right")
    last = np.searchsorted(others.start, end, side="left")
    count = np.maximum(last - first, 0)
    i = np.repeat(np.arange(len(start)), count)
    offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return i, np.repeat(first, count) + offset
