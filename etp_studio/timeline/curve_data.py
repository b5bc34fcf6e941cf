"""Actionness curves as they arrive, piece by piece, and as they are drawn, pixel by pixel.

Two hours of two hundred classes are many numbers of which few are on screen: pieces are kept as
they came, a class is put together when it is looked at, and every looked-at class has a pyramid of
least and greatest values, so that drawing costs what the pixels cost.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from etp_studio.timeline.median import median

SIGMA = 3.0  # samples; the smoothing of Algorithm 1 where no recipe says otherwise
GAP = 4.0  # steps; where samples lie farther apart, the curve is broken

Floats = NDArray[np.float64]
Row = NDArray[np.float32]


class CurveData:
    """Scores of K classes and, as row K, the class-agnostic curve, at times (T,) seconds."""

    def __init__(self, classes: Sequence[str] = (), sigma: float = SIGMA) -> None:
        """sigma: samples; the width of the Gaussian of the smoothed curves, 0 for none."""
        self.classes, self.sigma = tuple(classes), sigma
        self.times: Floats = np.zeros(0)
        self.step = 0.0  # usual seconds between two samples; 0 with fewer than two
        self._pieces: list[NDArray[np.float32]] = []
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)  # of the pieces laid end to end
        self._rows: dict[tuple[int, bool], Row] = {}
        self._thickness: dict[tuple[int, bool, int], float] = {}
        self._pyramids: dict[tuple[int, bool], list[tuple[Row, Row]]] = {}

    @classmethod
    def of(
        cls, classes: Sequence[str], times: Floats, scores: NDArray, sigma: float = SIGMA
    ) -> "CurveData":
        """Complete curves: times (T,) seconds, scores (K + 1, T)."""
        data = cls(classes, sigma)
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
        before = sum(piece.shape[1] for piece in self._pieces)
        places = np.concatenate([np.arange(len(times)) + before, self._order])
        self._pieces.append(scores)
        # the first of equals stays: the new one
        self.times, kept = np.unique(np.concatenate([times, self.times]), return_index=True)
        self._order = places[kept]
        self.step = median(np.diff(self.times)) if len(self.times) > 1 else 0.0
        self._rows.clear()
        self._thickness.clear()
        self._pyramids.clear()

    def gaps(self, start: float, end: float) -> list[tuple[float, float]]:
        """The parts of [start, end) seconds in which there is no curve."""
        edges = np.concatenate([[start], self.times, [end]])
        wide = np.flatnonzero(np.diff(edges) > GAP * self.step)
        return [(float(edges[i]), float(edges[i + 1])) for i in wide]

    @property
    def rows(self) -> int:
        """How many curves there are, K + 1."""
        return len(self.classes) + 1

    @property
    def scores(self) -> NDArray[np.float32]:
        """All curves (K + 1, T)."""
        return np.stack([self.row(k) for k in range(self.rows)])

    @property
    def smooth(self) -> NDArray[np.float32]:
        """All curves smoothed (K + 1, T)."""
        return np.stack([self.row(k, smooth=True) for k in range(self.rows)])

    def row(self, k: int, smooth: bool = False) -> Row:
        """One curve (T,), raw or smoothed by a Gaussian of `sigma` samples, never across a gap."""
        if (k, smooth) not in self._rows:
            self._rows[k, smooth] = self._smoothed(self.row(k)) if smooth else self._raw(k)
        return self._rows[k, smooth]

    def crossings(self, k: int, score: float) -> Floats:
        """Where a smoothed curve passes a score, sorted seconds; never in a gap."""
        row, times = self.row(k, smooth=True).astype(np.float64), self.times
        above = row >= score
        at = np.flatnonzero((above[1:] != above[:-1]) & (np.diff(times) <= GAP * self.step))
        share = (score - row[at]) / (row[at + 1] - row[at])
        return times[at] + share * (times[at + 1] - times[at])

    def _raw(self, k: int) -> Row:
        if len(self._pieces) == 1 and len(self._order) == self._pieces[0].shape[1]:
            return self._pieces[0][k][self._order]
        parts = [piece[k] for piece in self._pieces]
        return np.concatenate(parts)[self._order] if parts else np.zeros(0, np.float32)

    def _smoothed(self, raw: Row) -> Row:
        if self.sigma <= 0:
            return raw
        smooth = np.empty_like(raw)
        breaks = np.flatnonzero(np.diff(self.times) > GAP * self.step) + 1
        edges = [0, *breaks.tolist(), len(raw)]
        for first, last in pairwise(edges):
            if last > first:
                smooth[first:last] = _gaussian(raw[first:last], self.sigma)
        return smooth

    def drawn(
        self, k: int, smooth: bool, start: float, end: float, pixels: float
    ) -> tuple[Floats, Row, Row]:
        """What to draw of a curve for the seconds [start, end) on `pixels` pixels.

        Returns x (P,) seconds, low and high (P,), clipped to the view with one sample on either
        side. With more than two samples a pixel, each point stands for a block of samples and has
        their least and greatest, so that no peak is lost; otherwise low and high are the samples.
        Blocks lie at the same samples wherever the view is, so that panning does not make the
        curve shimmer. A gap in time is a NaN.
        """
        values = self.row(k, smooth)
        first = max(int(np.searchsorted(self.times, start)) - 1, 0)
        last = min(int(np.searchsorted(self.times, end, side="right")) + 1, len(values))
        level = self.level(pixels / (end - start))
        if level:
            low, high = self._level(k, smooth, level)
            first, last = first >> level, -(-last >> level)
            x = self.times[first << level : last << level : 1 << level]
            low, high = low[first:last], high[first:last]
        else:
            x = self.times[first:last]
            low = high = values[first:last]
        breaks = np.flatnonzero(np.diff(x) > GAP * (1 << level) * self.step) + 1
        if not len(breaks):
            return x, low, high
        x, low, high = (np.insert(part, breaks, np.nan) for part in (x, low, high))
        return x, low, high

    def level(self, scale: float) -> int:
        """How many samples are drawn as one at `scale` pixels a second, as a power of two.

        It depends on nothing else: panning never changes what a point stands for.
        """
        samples = 1 / (scale * self.step) if self.step else 0.0  # of one pixel
        level = 0
        while samples / 2**level > 2 * (1 + 1e-6):
            level += 1
        return level

    def thickness(self, k: int, smooth: bool, level: int) -> float:
        """How far the least and the greatest of a point lie apart, on average."""
        if not level:
            return 0.0
        if (k, smooth, level) not in self._thickness:
            low, high = self._level(k, smooth, level)
            self._thickness[k, smooth, level] = float(np.mean(high - low))
        return self._thickness[k, smooth, level]

    def _level(self, k: int, smooth: bool, level: int) -> tuple[Row, Row]:
        """Least and greatest of every 2^level samples of a curve."""
        levels = self._pyramids.setdefault((k, smooth), [])
        while len(levels) < level:
            low, high = levels[-1] if levels else (self.row(k, smooth),) * 2
            if len(low) % 2:
                low, high = np.append(low, low[-1]), np.append(high, high[-1])
            levels.append((np.minimum(low[::2], low[1::2]), np.maximum(high[::2], high[1::2])))
        return levels[level - 1]


def columns(x: Floats, low: Row, high: Row) -> tuple[Floats, Row]:
    """One curve as upright strokes: (P,) columns -> (2 P,) pairs of points that touch each other.

    Each column is stretched to meet the one before, so that steep curves have no holes.
    """
    reach_low, reach_high = low.copy(), high.copy()
    reach_low[1:] = np.fmin(low[1:], high[:-1])
    reach_high[1:] = np.fmax(high[1:], low[:-1])
    return np.repeat(x, 2), np.stack([reach_low, reach_high], axis=1).ravel()


def _gaussian(values: Row, sigma: float) -> Row:
    reach = max(int(4 * sigma + 0.5), 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    padded = np.pad(values, reach, mode="symmetric")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid").astype(np.float32)
