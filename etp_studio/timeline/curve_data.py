"""Actionness curves as they arrive, piece by piece, and as they are drawn, pixel by pixel."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SIGMA = 3.0  # samples; the smoothing of Algorithm 1
GAP = 4.0  # steps; where samples lie farther apart, the curve is broken

Floats = NDArray[np.float64]


class CurveData:
    """Scores of K classes and the class-agnostic curve: times (T,) seconds, scores (K + 1, T)."""

    def __init__(self, classes: Sequence[str] = ()) -> None:
        self.classes = tuple(classes)
        self.times: Floats = np.zeros(0)
        self.scores: NDArray[np.float32] = np.zeros((len(self.classes) + 1, 0), np.float32)
        self._smooth: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, classes: Sequence[str], times: Floats, scores: NDArray) -> "CurveData":
        """Complete curves: times (T,) seconds, scores (K + 1, T)."""
        data = cls(classes)
        data.append(times, scores)
        return data

    def append(self, times: Floats, scores: NDArray) -> None:
        """Add a piece: times (M,) seconds, scores (K + 1, M). Pieces may come in any order.

        A moment that is there already takes the new scores. Raises ValueError if the shapes do not
        fit each other or the classes.
        """
        times = np.asarray(times, np.float64)
        scores = np.asarray(scores, np.float32)
        if scores.shape != (len(self.classes) + 1, len(times)):
            raise ValueError(
                f"curves of {len(self.classes)} classes at {len(times)} times need the shape "
                f"{(len(self.classes) + 1, len(times))}, not {scores.shape}"
            )
        all_times = np.concatenate([times, self.times])
        self.times, kept = np.unique(all_times, return_index=True)  # the first of equals: the new
        self.scores = np.concatenate([scores, self.scores], axis=1)[:, kept]
        self._smooth = None

    @property
    def step(self) -> float:
        """Usual seconds between two samples; 0 with fewer than two."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 0.0

    @property
    def smooth(self) -> NDArray[np.float32]:
        """The curves smoothed by a Gaussian of SIGMA samples (K + 1, T), never across a gap."""
        if self._smooth is None:
            self._smooth = np.empty_like(self.scores)
            breaks = np.flatnonzero(np.diff(self.times) > GAP * self.step) + 1
            for part in np.split(np.arange(len(self.times)), breaks):
                if len(part):
                    piece = slice(int(part[0]), int(part[-1]) + 1)
                    self._smooth[:, piece] = _gaussian(self.scores[:, piece])
        return self._smooth

    def drawn(
        self, values: NDArray[np.float32], start: float, end: float, pixels: int
    ) -> tuple[Floats, NDArray[np.float32], NDArray[np.float32]]:
        """What to draw of `values` (C, T) for the seconds [start, end) on `pixels` pixels.

        Returns x (P,) seconds, low and high (C, P), clipped to the view with one sample on either
        side. With more than two samples a pixel, each column keeps its least and its greatest, so
        that no peak is lost; otherwise low and high are the samples. A gap in time is a NaN.
        """
        first = max(int(np.searchsorted(self.times, start)) - 1, 0)
        last = int(np.searchsorted(self.times, end, side="right")) + 1
        x, y = self.times[first:last], values[:, first:last]
        if len(x) > 2 * pixels:
            column = np.floor((x - x[0]) / (x[-1] - x[0]) * pixels)
            begin = np.flatnonzero(np.diff(column, prepend=-1.0))
            low = np.minimum.reduceat(y, begin, axis=1)
            high = np.maximum.reduceat(y, begin, axis=1)
            x = x[begin]
            apart = GAP * max(self.step, (end - start) / pixels)
        else:
            low = high = y
            apart = GAP * self.step
        breaks = np.flatnonzero(np.diff(x) > apart) + 1
        if not len(breaks):
            return x, low, high
        x, low, high = (np.insert(rows, breaks, np.nan, axis=-1) for rows in (x, low, high))
        return x, low, high


def columns(
    x: Floats, low: NDArray[np.float32], high: NDArray[np.float32]
) -> tuple[Floats, NDArray[np.float32]]:
    """One curve as upright strokes: (P,) columns -> (2 P,) pairs of points that touch each other.

    Each column is stretched to meet the one before, so that steep curves have no holes.
    """
    reach_low, reach_high = low.copy(), high.copy()
    reach_low[1:] = np.fmin(low[1:], high[:-1])
    reach_high[1:] = np.fmax(high[1:], low[:-1])
    return np.repeat(x, 2), np.stack([reach_low, reach_high], axis=1).ravel()


def _gaussian(values: NDArray[np.float32]) -> NDArray[np.float32]:
    reach = int(4 * SIGMA)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SIGMA) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(values, ((0, 0), (reach, reach)), mode="symmetric")
    return np.stack([np.convolve(row, kernel, mode="valid") for row in padded]).astype(np.float32)
