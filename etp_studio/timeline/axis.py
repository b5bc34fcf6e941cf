"""The shared time axis: which seconds are on screen, and at which pixel each of them lies.

`Axis` is a plain value without a screen; `SharedAxis` holds the current one and tells every part of
the timeline when it changed, so that all of them draw a moment at the same pixel.
"""

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

GUTTER = 132  # logical pixels at the left of every part, for names
MARGIN = 8  # pixels kept free before the first and after the last cut, so that edges can be grabbed


@dataclass(frozen=True, slots=True)
class Axis:
    """The visible seconds [start, end) of a video that spans [low, high), on `width` pixels.

    `shortest` is the least number of seconds that may be on screen. Pixels are logical and counted
    from the left edge of a part, gutter included.
    """

    low: float = 0.0
    high: float = 1.0
    start: float = 0.0
    end: float = 1.0
    width: float = 1.0
    shortest: float = 0.1

    @property
    def span(self) -> float:
        """Seconds on screen."""
        return self.end - self.start

    @property
    def scale(self) -> float:
        """Pixels of one second."""
        return self.width / self.span

    def x(self, time):
        """Pixel of `time` seconds (a number or an array)."""
        return GUTTER + (time - self.start) * self.scale

    def time(self, x: float) -> float:
        """Seconds at pixel `x`."""
        return self.start + (x - GUTTER) / self.scale

    def inside(self, time: float) -> float:
        """`time` moved into the video."""
        return min(max(time, self.low), self.high)

    def fit(self) -> "Axis":
        """The whole video, with a small margin on both sides."""
        pad = (self.high - self.low) * MARGIN / max(self.width - 2 * MARGIN, 1.0)
        return replace(self, start=self.low - pad, end=self.high + pad)

    def zoom(self, factor: float, at: float | None = None) -> "Axis":
        """`factor` times closer (less than 1: farther), keeping the time `at` under its pixel.

        Without `at` the middle stays. Only the ends of the video may push it away.
        """
        at = (self.start + self.end) / 2 if at is None else at
        whole = self.fit()
        span = min(max(self.span / factor, self.shortest), whole.span)
        start = at - (at - self.start) * span / self.span
        return replace(self, start=start, end=start + span)._clamped()

    def pan(self, seconds: float) -> "Axis":
        """Later by `seconds` (negative: earlier), not past the ends of the video."""
        return replace(self, start=self.start + seconds, end=self.end + seconds)._clamped()

    def slide(self, seconds: float) -> "Axis":
        """As `pan`, but by a whole number of pixels, so that what was painted can be moved."""
        return self.pan(round(seconds * self.scale) / self.scale)

    def slid(self, before: "Axis") -> int | None:
        """Pixels to the left that what `before` showed has to move; None if that is not enough."""
        if (self.width, self.low, self.high) != (before.width, before.low, before.high):
            return None
        if abs(self.span - before.span) > 1e-9 * self.span:
            return None
        pixels = (self.start - before.start) * self.scale
        return round(pixels) if abs(pixels - round(pixels)) < 1e-3 else None

    def show(self, start: float, end: float) -> "Axis":
        """Exactly [start, end), as far as zoom and ends allow; the middle is kept."""
        middle, span = (start + end) / 2, max(end - start, self.shortest)
        return replace(self, start=middle - span / 2, end=middle + span / 2)._clamped()

    def reveal(self, time: float, at: float = 0.5) -> "Axis":
        """Unchanged if `time` is on screen, else panned so that it lies at the fraction `at`."""
        if self.start <= time <= self.end:
            return self
        return self.pan(time - at * self.span - self.start)

    def resized(self, width: float) -> "Axis":
        """The same seconds on another width; a view of the whole video stays one."""
        whole = self.span >= self.fit().span * (1 - 1e-9)
        axis = replace(self, width=max(width, 1.0))
        return axis.fit() if whole else axis._clamped()

    def _clamped(self) -> "Axis":
        whole = self.fit()
        if self.span >= whole.span:
            return whole
        pad = MARGIN / self.scale
        start = min(max(self.start, self.low - pad), self.high + pad - self.span)
        return replace(self, start=start, end=start + self.span)


class SharedAxis(QObject):
    """The one axis of a timeline; `changed` fires after every change of the visible seconds."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.value = Axis()

    def set(self, axis: Axis) -> None:
        """Make `axis` the current one."""
        if axis != self.value:
            self.value = axis
            self.changed.emit()
