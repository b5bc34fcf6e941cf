"""Where the lanes lie in the height there is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PAD = 9.0  # pixels above the first and below the last lane
ROW_GAP = 2.0  # pixels between sub-rows
LANE_PAD = 3.0  # pixels of a lane above and below its bars
TALLEST, LOWEST = 17.0, 1.5  # pixels of a bar
WIDEST, NARROWEST = 64.0, 13.0  # pixels between lanes, where the ribbons run
TRUTH_STRETCH = 1.5  # the ground truth is taller: it is what people take hold of
READABLE = 5.0  # pixels of a bar of the stages that several rows of ground truth leave it
HANDY, TOUCHABLE = 14.0, 9.0  # pixels of a bar of the ground truth in one row, in many rows


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane in logical pixels: its band from top to bottom, and the height of its bars."""

    top: float
    bottom: float
    bar: float

    def row_top(self, sub: int) -> float:
        """Upper edge of the bars in a sub-row."""
        return self.top + LANE_PAD + sub * (self.bar + ROW_GAP)

    def rows_top(self, subs: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same for (N,) sub-rows."""
        return self.top + LANE_PAD + subs * (self.bar + ROW_GAP)


def arrange(height: float, sub_rows: Sequence[int]) -> tuple[Lane, ...]:
    """Lanes with that many sub-rows each, the last being the ground truth, in `height` pixels.

    Bars are as tall as fits while the ribbons keep their room, and those of the ground truth are
    tall enough to be taken hold of, if that is possible at all; where it has several rows they give
    way to those of the stages, too. What is left over widens the gaps.
    """
    gaps, height = len(sub_rows) - 1, height - 2 * PAD
    for bar, tall in _heights(sub_rows[-1]):
        gap = NARROWEST + bar / 2 if bar > READABLE else NARROWEST
        if height >= _bands(bar, tall, sub_rows) + gaps * gap:
            break
    beyond = _bands(bar, tall, sub_rows) + gaps * NARROWEST - height
    if beyond > 0:
        tall = max(tall - beyond / sub_rows[-1], LOWEST)
    room = max(height - _bands(bar, tall, sub_rows), 0.0)
    gap = min(max(room / gaps, NARROWEST), WIDEST)
    top = PAD + max(room - gaps * gap, 0.0) / 2
    lanes = []
    for rows, high in zip(sub_rows, [*[bar] * gaps, tall], strict=True):
        band = _band(rows, high)
        lanes.append(Lane(top, top + band, high))
        top += band + gap
    return tuple(lanes)


def _heights(truth_rows: int) -> Iterator[tuple[float, float]]:
    """Pixels of the bars of the stages, and of the ground truth, from the best to the least."""
    bar, tall = TALLEST, TALLEST * TRUTH_STRETCH
    least = max(HANDY - 2 * (truth_rows - 1), TOUCHABLE)
    while True:
        yield bar, tall
        if bar <= READABLE and tall > least:
            tall -= 0.5
        elif bar > LOWEST:
            bar -= 0.5
            tall = min(tall, max(bar * TRUTH_STRETCH, HANDY))
        else:
            return


def _bands(bar: float, tall: float, sub_rows: Sequence[int]) -> float:
    *stages, truth = sub_rows
    return sum(_band(rows, bar) for rows in stages) + _band(truth, tall)


def _band(rows: int, bar: float) -> float:
    return rows * (bar + ROW_GAP) - ROW_GAP + 2 * LANE_PAD
