"""The onion strip: the frames around a boundary side by side, so that the cut is seen at a glance.

A boundary is a cut: the frame b that begins at it is the first frame in at a segment's start and
the first frame out at its end. The strip shows b−2 … b+2.
"""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from etp_studio.texts import tr

AROUND = 2  # frames before and after
TALL = 120  # pixels of the images of a strip
_SHARE, _GAP, _TEXT = 0.24, 3.0, 15.0  # height of the strip in the picture's; pixels
_BACK, _INK, _DIM = QColor(17, 18, 20, 215), QColor(240, 241, 243), QColor(150, 153, 158)
_CUT = QColor(255, 176, 0)

Edge = Literal["start", "end"]


@dataclass(frozen=True)
class Boundary:
    """An edge of a segment: the frame that begins there (the number of frames at the very end)."""

    cut: int
    edge: Edge

    def frames(self, count: int) -> range:
        """The frames of its strip, of a video of `count` frames."""
        return range(max(self.cut - AROUND, 0), min(self.cut + AROUND + 1, count))

    def mark(self, frame: int) -> str:
        """What a frame of the strip is called: its place, or which side it is the first on."""
        if frame == self.cut:
            return tr("first in") if self.edge == "start" else tr("first out")
        if frame == self.cut - 1:
            return tr("last out") if self.edge == "start" else tr("last in")
        return f"{frame - self.cut:+d}".replace("-", "−")

    def inside(self, frame: int) -> bool:
        """Whether a frame belongs to the segment, as far as this edge says."""
        return (frame >= self.cut) == (self.edge == "start")


@dataclass(frozen=True, eq=False)
class Strip:
    """The frames around a boundary: their numbers and images with square pixels."""

    boundary: Boundary
    frames: tuple[tuple[int, QImage], ...]


def cells(strip: Strip, picture: QRectF) -> dict[int, QRectF]:
    """Where each frame's image lies: a row along the lower edge of the picture."""
    if not strip.frames:
        return {}
    places = 2 * AROUND + 1
    size = QSizeF(strip.frames[0][1].size())
    room = QSizeF((picture.width() - (places + 1) * _GAP) / places, picture.height() * _SHARE)
    size.scale(room, Qt.AspectRatioMode.KeepAspectRatio)
    pitch = size.width() + _GAP
    left = picture.center().x() - pitch * places / 2 + _GAP / 2
    top = picture.bottom() - size.height() - _TEXT - 2 * _GAP
    first = strip.boundary.cut - AROUND
    return {
        number: QRectF(QPointF(left + (number - first) * pitch, top), size)
        for number, _ in strip.frames
    }


def paint(painter: QPainter, strip: Strip, picture: QRectF) -> None:
    """Draw the strip over the lower part of the picture."""
    places = cells(strip, picture)
    if not places or next(iter(places.values())).width() < 24:
        return
    painter.save()
    whole = QRectF(next(iter(places.values())))
    for place in places.values():
        whole = whole.united(place)
    painter.fillRect(whole.adjusted(-_GAP, -_GAP, _GAP, _TEXT + 2 * _GAP), _BACK)
    font = QFont(painter.font())
    font.setPixelSize(10)
    boundary = strip.boundary
    for number, image in strip.frames:
        place, inside = places[number], boundary.inside(number)
        painter.drawImage(place, image)
        if inside:
            painter.fillRect(QRectF(place.left(), place.bottom(), place.width(), 2), _INK)
        first = number == boundary.cut
        font.setBold(first)
        painter.setFont(font)
        painter.setPen(_CUT if first else _INK if inside else _DIM)
        box = QRectF(place.left(), place.bottom() + 2, place.width(), _TEXT)
        text = f"{number} {boundary.mark(number)}"
        if painter.fontMetrics().horizontalAdvance(text) > box.width():
            text = boundary.mark(number)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    before = places.get(boundary.cut - 1)
    after = places.get(boundary.cut)
    if after is not None or before is not None:
        x = after.left() - _GAP / 2 if after is not None else before.right() + _GAP / 2
        painter.setPen(QPen(_CUT, 2))
        painter.drawLine(QPointF(x, whole.top() - _GAP), QPointF(x, whole.bottom() + _TEXT))
    painter.restore()
