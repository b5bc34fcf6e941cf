"""The clock of playback: media time in seconds as a function of the wall clock."""

import time
from collections.abc import Callable

_FAR = 0.1  # wall s; a clock that is off by more is set at once
_GAIN = 0.15  # of the error is made up for with every look at the other clock


class Clock:
    """Runs at `speed` media seconds a second (negative: backwards) from where it was started."""

    def __init__(self, wall: Callable[[], float] = time.perf_counter) -> None:
        self._wall = wall
        self._media = 0.0
        self._since = 0.0
        self.speed = 0.0

    @property
    def running(self) -> bool:
        """Whether time passes."""
        return self.speed != 0.0

    def start(self, media: float, speed: float) -> None:
        """Run from `media` seconds at `speed`."""
        self._media, self._since, self.speed = media, self._wall(), speed

    def stop(self) -> None:
        """Stand still at the present media time."""
        self._media = self.now()
        self.speed = 0.0

    def now(self) -> float:
        """Media time in seconds."""
        return self._media + (self._wall() - self._since) * self.speed

    def steer(self, media: float) -> None:
        """Follow another clock that shows `media` seconds now: gently, or at once if far off."""
        now = self.now()
        error = media - now
        far = abs(error) > _FAR * max(abs(self.speed), 1.0)
        self.start(media if far else now + _GAIN * error, self.speed)

    def until(self, media: float) -> float:
        """Wall seconds until `media` is reached (0 when it has passed); the clock must run."""
        return max(0.0, (media - self.now()) / self.speed)
