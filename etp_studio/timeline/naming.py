"""Names of the bars: in them, beside them where there is more room, or the digit of the label."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from etp_core.evolution import Reason
from etp_studio.actions import digit_of
from etp_studio.timeline.axis import GUTTER
from etp_studio.timeline.letters import growth
from etp_studio.timeline.scene import TRUTH

if TYPE_CHECKING:
    from etp_studio.timeline.painting import Picture

LEAST = 12.0  # pixels of a bar that is tall enough for a name
_MARKED, _PLAIN = 15.0, 5.0  # pixels at both ends of a bar with marks (▲▼), and of one without
_BESIDE = 4.0  # pixels between a bar and the name beside it, and to the next bar
_LETTERS = 3  # of a name that has to be cut; fewer say nothing
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def paint(painter: QPainter, picture: "Picture", index: int, shown: Ints) -> None:
    """Write the names of a lane's bars. A name that is cut, or not there, is told by the chip."""
    bars, lane = picture.scene.lanes[index], picture.lanes[index]
    if index not in (picture.scene.leaf, TRUTH) or lane.bar < LEAST or not len(shown):
        return
    font = QFont(picture.font)
    font.setPixelSize(int(min(max(lane.bar * 0.72, 9), 12 * growth(font))))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    left, right = picture.xs(bars, shown)
    left = np.maximum(left, GUTTER)
    inset = _PLAIN if index == TRUTH else _MARKED
    following = _following(left, bars.sub[shown], picture.width)
    inside = np.minimum(right, following) - left - 2 * inset  # a bar that lies over it covers it
    beside = following - right - 2 * _BESIDE
    if picture.dense[index]:
        beside[:] = 0.0
    names = picture.scene.names
    used, place = np.unique(bars.hue[shown], return_inverse=True)
    letters = font.toString()
    full = np.array([_width(names[hue], letters) for hue in used.tolist()])[place]
    some = metrics.horizontalAdvance("nnn…")
    out = (full > inside) & (beside > inside) & (beside >= np.minimum(some, full))
    digits = index == TRUTH
    least = metrics.horizontalAdvance("0") - 2 * inset if digits else np.minimum(some, full)
    named = (out | (inside >= least)) & picture.forward(index, shown)
    if index == TRUTH and picture.held is not None:
        named &= shown != picture.held  # it keeps its place: names beside others stay as they are
    which = np.flatnonzero(named)
    bar = shown[which]
    strength = bars.strength[bar] * (bars.reason[bar] == Reason.KEPT)
    elided: dict[tuple[int, int], str] = {}  # hundreds of bars have few names and few widths
    plain = picture.theme.color("text")
    for x, y, wide, hue, strong, is_out, start, room in zip(
        np.where(out, right + _BESIDE, left + inset)[which].tolist(),
        lane.rows_top(bars.sub[bar]).tolist(),
        np.where(out, beside, inside)[which].tolist(),
        bars.hue[bar].tolist(),
        strength.tolist(),
        out[which].tolist(),
        left[which].tolist(),
        inside[which].tolist(),
        strict=True,
    ):
        key = (hue, int(wide))
        if key not in elided:
            elided[key] = shortened(names[hue], metrics, key[1])
        text, box, flags = elided[key], QRectF(x, y, wide, lane.bar), _LEFT
        if not text and digits and room >= least:
            text, flags = digit_of(hue) if names[hue] else "", Qt.AlignmentFlag.AlignCenter
            box, is_out = QRectF(start, y, room + 2 * inset, lane.bar), False
        if text:
            painter.setPen(plain if is_out else picture.ink(index, hue, strong))
            painter.drawText(box, flags, text)


@lru_cache(maxsize=4096)
def _width(name: str, letters: str) -> float:
    """Pixels of a name in a font, which is given as a text."""
    font = QFont()
    font.fromString(letters)
    return QFontMetricsF(font).horizontalAdvance(name)


def shortened(name: str, metrics: QFontMetricsF, room: float) -> str:
    """A name as it fits into so many pixels, "" where too little of it would be left."""
    text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
    return text if text == name or len(text) > _LETTERS else ""


def _following(left: Floats, sub: Ints, width: float) -> Floats:
    """The pixel where the next bar of each one's sub-row begins, or where the view ends."""
    following = np.full(len(left), width)
    order = np.lexsort((left, sub))
    before, after = order[:-1], order[1:]
    same = sub[before] == sub[after]
    following[before[same]] = left[after[same]]
    return following
