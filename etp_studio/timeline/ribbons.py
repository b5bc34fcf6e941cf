"""The ribbons of the lanes: they join a bar to the one it came from, or fade out where it was lost.

A slanted side is a boundary that moved. Ribbons of less than a few pixels say nothing and are left
out, except those that are brought forward.
"""

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPen

from etp_core.evolution import Reason
from etp_studio.theme import faded
from etp_studio.timeline.scene import TRUTH

if TYPE_CHECKING:
    from etp_studio.timeline.painting import Picture

FAR = 20_000.0  # pixels beyond the widget at which sides are clipped, so that slopes stay true
LEAST = 4.0  # pixels of width from which a ribbon is drawn
CROWD, LEAST_IN_CROWD = 200, 12.0  # ribbons on screen from which narrow ones say nothing
RIBBONS, OUTLINES = 48, 16  # at most, of one lane on screen; the widest go first
SMOOTH = 12  # ribbons on screen up to which their sides are antialiased, which is four times slower
SIDES = 10.0  # pixels of width from which its sides are drawn, too
SHADE, SHADE_FORWARD, SHADE_BACK = 0.17, 0.3, 0.06  # opacity
Ints = NDArray[np.int64]


def ribbons(painter: QPainter, picture: "Picture", lane: int) -> None:
    """Join the bars of `lane` to those of the lane they came from; the truth to the results."""
    upper_lane, upper, lower, start, end = picture.scene.links[lane]
    above, below = picture.scene.lanes[upper_lane], picture.scene.lanes[lane]
    seen = (start < picture.axis.end) & (end > picture.axis.start)
    if picture.dense[upper_lane] or picture.dense[lane]:  # of heat only what is brought forward
        chosen = picture.forward(upper_lane, upper) & picture.forward(lane, lower)
        seen &= chosen & (picture.chain is not None)
    upper, lower = upper[seen], lower[seen]
    a, b = picture.xs(above, upper, FAR)
    c, d = picture.xs(below, lower, FAR)
    forward = picture.forward(upper_lane, upper) & picture.forward(lane, lower)
    chosen = forward & (picture.chain is not None)
    width = np.where(chosen, np.inf, np.maximum(b - a, d - c))
    least = LEAST if len(width) < CROWD else LEAST_IN_CROWD
    wide = width >= max(least, _width_of(width, RIBBONS))
    outlined = width >= max(SIDES, _width_of(width, OUTLINES))
    smooth = bool(np.count_nonzero(outlined) <= SMOOTH)
    high, low = picture.lanes[upper_lane], picture.lanes[lane]
    top = high.rows_top(above.sub[upper]) + high.bar
    bottom = low.rows_top(below.sub[lower])
    hue = above.hue[upper] if lane == TRUTH else below.hue[lower]
    group = forward * len(picture.scene.hues) + hue  # what is brought forward comes last
    drawn = np.flatnonzero(wide)
    drawn = drawn[np.argsort(group[drawn], kind="stable")]
    corners = np.stack([a, b, c, d, top, bottom, group, outlined], axis=1)[drawn].tolist()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # the sides are smooth
    painter.setPen(Qt.PenStyle.NoPen)
    sides: list[tuple[QColor, list[QLineF]]] = []
    for key, same in groupby(corners, key=lambda corner: corner[6]):
        front, hue_index = divmod(int(key), len(picture.scene.hues))
        color = picture.color(hue_index)
        weight = (SHADE if picture.chain is None else SHADE_FORWARD) if front else SHADE_BACK
        painter.setBrush(faded(color, weight))
        lines = []
        for x_a, x_b, x_c, x_d, y, z, _, edged in same:
            p, q = QPointF(x_a, y), QPointF(x_b, y)
            r, s = QPointF(x_d, z), QPointF(x_c, z)
            painter.drawConvexPolygon((p, q, r, s))
            if edged:
                lines += (QLineF(p, s), QLineF(q, r))
        if lines:
            sides.append((faded(color, min(weight * 3.0, 1.0)), lines))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
    for color, lines in sides:
        painter.setPen(color)
        painter.drawLines(lines)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _width_of(width: NDArray[np.float64], place: int) -> float:
    """The width of the ribbon that has this place among the widest; 0 where there are fewer."""
    return 0.0 if len(width) <= place else float(np.partition(width, -place)[-place])


def lost(painter: QPainter, picture: "Picture", lane: int) -> None:
    """Ribbons of proposals that did not go on: they fade out, with a cross at the end."""
    bars, band = picture.scene.lanes[lane], picture.lanes[lane]
    which = bars.visible(picture.axis.start, picture.axis.end)
    which = which[bars.reason[which] != Reason.KEPT]
    if picture.dense[lane]:
        which = which[picture.forward(lane, which) & (picture.chain is not None)]
    if not len(which):
        return
    left, right = picture.xs(bars, which)
    wide = right - left >= LEAST
    which, left, right = which[wide], left[wide], right[wide]
    forward = picture.forward(lane, which)
    bottom = band.bottom + (picture.lanes[lane + 1].top - band.bottom) * 0.62
    tops = band.rows_top(bars.sub[which]) + band.bar
    for group in np.unique(np.stack([bars.hue[which], bars.sub[which], forward], 1), axis=0):
        mine = np.flatnonzero(
            (bars.hue[which] == group[0]) & (bars.sub[which] == group[1]) & (forward == group[2])
        )
        top = float(tops[mine[0]])
        fade = QLinearGradient(0, top, 0, bottom)
        color = picture.color(int(group[0]))
        fade.setColorAt(0, faded(color, 0.24 if group[2] else 0.07))
        fade.setColorAt(1, faded(color, 0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(fade))
        painter.drawRects(
            [QRectF(left[i], top, right[i] - left[i], bottom - top) for i in mine.tolist()]
        )
    crosses, r = [], 2.8
    y = band.bottom + (bottom - band.bottom) * 0.55
    for i in np.flatnonzero(forward & (right - left >= 3 * r)).tolist():
        x = (left[i] + right[i]) / 2
        crosses += (QLineF(x - r, y - r, x + r, y + r), QLineF(x - r, y + r, x + r, y - r))
    painter.setPen(QPen(picture.theme.color("muted"), 1.3))
    painter.drawLines(crosses)
