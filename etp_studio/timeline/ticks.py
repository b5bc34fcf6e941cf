"""Times as people read them, and the marks of the ruler."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etp_studio.playback.position import clock_text as clock
from etp_studio.timeline.axis import Axis
from etp_studio.timeline.median import median

STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5,
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400,
)  # fmt: skip
FRAME_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark at `time` seconds; without a label it is a minor one."""

    time: float
    label: str = ""


def time_ticks(axis: Axis, apart: float) -> list[Tick]:
    """Marks of the visible seconds, labelled ones at least `apart` pixels from each other."""
    step = next((s for s in STEPS if s * axis.scale >= apart), STEPS[-1])
    decimals = 0 if step >= 1 else max(1, math.ceil(-math.log10(step) - 1e-9))
    parts = next((n for n in (5, 4, 3, 2) if step / n * axis.scale >= 7 and _even(step, n)), 1)
    first = math.ceil(max(axis.start, axis.low) / step * parts - 1e-6)
    last = math.floor(min(axis.end, axis.high) / step * parts + 1e-6)
    return [
        Tick(i * step / parts, "" if i % parts else clock(i * step / parts, decimals))
        for i in range(first, last + 1)
    ]


def frame_ticks(axis: Axis, cuts: NDArray[np.float64], apart: float) -> list[Tick]:
    """Marks at the cuts, labelled with the number of the frame that begins there.

    Empty where frames lie closer than 4 pixels. cuts (n + 1,) sorted seconds.
    """
    first = int(np.searchsorted(cuts, axis.start))
    last = int(np.searchsorted(cuts, axis.end, side="right"))
    shown = cuts[first:last]
    if not 2 <= len(shown) <= axis.width or axis.scale * median(np.diff(shown)) < 4:
        return []  # with more frames than pixels their median is less than two pixels
    frame = median(np.diff(shown)) * axis.scale
    step = next((s for s in FRAME_STEPS if s * frame >= apart), FRAME_STEPS[-1])
    numbers = range(first, last)
    last_frame = len(cuts) - 1  # the last cut begins no frame
    return [
        Tick(float(cuts[i]), str(i) if i % step == 0 and i < last_frame else "") for i in numbers
    ]


def _even(step: float, parts: int) -> bool:
    """Whether a step falls into that many parts that people count in."""
    part = step / parts
    return any(math.isclose(part, known, rel_tol=1e-6) for known in STEPS)
