"""Where a boundary lands: attracted by what is near, and always on a cut between two frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from etp_core.timeline import cut_at

Times = NDArray[np.float64]


class Source(IntEnum):
    """What attracts a boundary; of several within reach the lowest number wins."""

    PLAYHEAD = 0
    TRUTH = 1  # a boundary of another ground truth segment
    STAGE = 2  # a boundary of a proposal, at any stage
    CROSSING = 3  # where the curve of the class passes the threshold


@dataclass(frozen=True, slots=True)
class Snap:
    """A landing: the index of the cut, its time (seconds) and what attracted it, if anything."""

    cut: int
    time: float
    source: Source | None = None


def snap(
    time: float,
    candidates: Mapping[Source, Times],
    tolerance: float,
    cuts: Times,
    attract: bool = True,
) -> Snap:
    """Land a boundary that is held at `time` seconds.

    candidates: sorted seconds of each source; tolerance: how far they reach, in seconds; cuts
    (n + 1,) sorted seconds. The nearest candidate of the first source within reach attracts the
    boundary; the result is the cut nearest to it. attract=False lands on the nearest cut alone.
    """
    if attract:
        for source in sorted(candidates):
            near = _nearest(candidates[source], time)
            if near is not None and abs(near - time) <= tolerance:
                cut = cut_at(cuts, near)
                return Snap(cut, float(cuts[cut]), source)
    cut = cut_at(cuts, time)
    return Snap(cut, float(cuts[cut]))


def _nearest(times: Times, time: float) -> float | None:
    if not len(times):
        return None
    right = int(np.searchsorted(times, time))
    around = times[max(right - 1, 0) : right + 1]
    return float(around[np.argmin(np.abs(around - time))])
