"""A lane with more bars than can be told apart, as heat: how many lie at each pixel, and of whom.

The hue is that of the class with the most of them there, the opacity grows with all of them. It
depends on the zoom and on nothing else on screen, so that panning does not change it.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from etp_studio.theme import Theme, faded
from etp_studio.timeline import raster
from etp_studio.timeline.axis import GUTTER, Axis
from etp_studio.timeline.bars import SUB_ROWS, Bars
from etp_studio.timeline.layout import LANE_PAD, Lane
from etp_studio.timeline.median import median

CROWD = 150  # bars on screen from which a lane may become heat
FEW, NARROW = 2.0, 3.0  # bars at a pixel; pixels of a bar
HALF = 4.0  # bars of full strength at a pixel that are painted half opaque
LEVELS = 24  # shades of opacity
LEAST, MOST = 0.12, 0.95  # opacity
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def is_dense(bars: Bars, shown: Ints, axis: Axis) -> bool:
    """Whether more bars lie at a pixel, on average, than a lane has sub-rows for.

    Of bars that are hardly wider than a pixel, two are enough.
    """
    if len(shown) <= CROWD:
        return False
    start = np.maximum(bars.start[shown], axis.start)
    wide = np.maximum((np.minimum(bars.end[shown], axis.end) - start) * axis.scale, 1.0)
    deep = float(wide.sum()) / axis.width
    return deep > SUB_ROWS or (deep > FEW and median(wide) < NARROW)


def density(
    left: Floats, right: Floats, hue: Ints, strength: Floats, hues: int, width: int
) -> tuple[Ints, Floats]:
    """Bars [left, right) in pixels -> per pixel column (W,) the hue with most, and how much of all.

    Each bar counts with its strength in every column it touches.
    """
    first = np.clip(np.floor(left), 0, width).astype(np.int64)
    last = np.clip(np.maximum(np.ceil(right), np.floor(left) + 1), 0, width).astype(np.int64)
    count = last - first
    column = np.arange(int(count.sum())) + np.repeat(first - (np.cumsum(count) - count), count)
    weight = np.repeat(strength, count)
    of = np.bincount(column * hues + np.repeat(hue, count), weight, width * hues)
    amount = np.bincount(column, weight, width)
    return of.reshape(width, hues).argmax(axis=1), amount


def paint(
    painter: QPainter,
    bars: Bars,
    shown: Ints,
    axis: Axis,
    lane: Lane,
    hues: tuple[str, ...],
    theme: Theme,
    back: bool,
) -> None:
    """Draw the bars of a lane; `back`: faintly, behind what is brought forward."""
    width = int(axis.width)
    left, right = (axis.x(times[shown]) - GUTTER for times in (bars.start, bars.end))
    most, amount = density(left, right, bars.hue[shown], bars.strength[shown], len(hues), width)
    level = np.ceil((1 - 0.5 ** (amount / HALF)) * LEVELS - 1e-9).astype(np.int64)
    colors = _colors(hues, theme, back)[most * (LEVELS + 1) + level]
    top = lane.row_top(0)
    high = lane.bottom - LANE_PAD - top
    if not raster.is_vector(painter):
        raster.draw(painter, colors[None], GUTTER, width, lambda _: top, high)
        return
    begin = np.append(0, np.flatnonzero(np.diff(colors)) + 1)
    end = np.append(begin[1:], width)
    there = colors[begin] > 0
    runs = (begin[there].astype(np.float64), end[there].astype(np.float64))
    row, fill = np.zeros(int(there.sum()), np.int64), colors[begin[there]]
    raster.bars(painter, *runs, row, fill, None, GUTTER, width, 1, lambda _: top, high)


@lru_cache(maxsize=8)
def _colors(hues: tuple[str, ...], theme: Theme, back: bool) -> raster.Colors:
    """Colours by (hue, level), flat."""
    shades = []
    for hue in hues:
        color = theme.shown(hue) if hue else theme.color("neutral")
        shades.append(faded(color, 0.0))
        for level in range(1, LEVELS + 1):
            opacity = LEAST + (MOST - LEAST) * level / LEVELS
            shades.append(faded(color, opacity * (0.35 if back else 1.0)))
    return raster.table(shades)
