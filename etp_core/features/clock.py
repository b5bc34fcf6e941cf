"""Seconds and feature rows: where a time lies among the snippets of a video."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SnippetClock:
    """Row i of the features covers [times[i], times[i + 1]), the last one up to `end` (seconds)."""

    times: NDArray[np.float64]
    end: float

    def _edges(self) -> NDArray[np.float64]:
        return np.append(self.times, max(self.end, self.times[-1] + 1e-6))

    def rows(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fractional rows of times in seconds; times outside the video are clamped to it."""
        return np.interp(seconds, self._edges(), np.arange(len(self.times) + 1.0))

    def seconds(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times in seconds of fractional rows; rows outside the video are clamped to it."""
        return np.interp(rows, np.arange(len(self.times) + 1.0), self._edges())
