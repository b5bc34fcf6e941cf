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
TALL = 240  # pixels of the images of a strip: sharp on dense screens
_HIGHEST = 120.0  # pixels that they are shown in at most
_SHARE, _GAP, _TEXT = 0.18, 3.0, 15.0  # height of a row in the picture's; pixels
_LEAST = 40.0  # pixels of height below which images beside the picture would be too small
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


def cells(strip: Strip, picture: QRectF, view: QRectF) -> dict[int, QRectF]:
    """Where each frame's image lies in the view, of which the picture fills a part.

    They hide as little of it as can be: where there is room beside it, what lies before the cut is
    on its left and what lies after it on its right; else they are a row at the view's lower end.
    """
    if not strip.frames:
        return {}
    image = QSizeF(strip.frames[0][1].size())
    places = _beside(image, picture, view) or _below(image, picture, view)
    first = strip.boundary.cut - AROUND
    return {number: places[number - first] for number, _ in strip.frames}


def _beside(image: QSizeF, picture: QRectF, view: QRectF) -> list[QRectF]:
    """Places in two columns, or none where they would be too small."""
    margin = min(picture.left() - view.left(), view.right() - picture.right())
    room = QSizeF(margin - 2 * _GAP, (view.height() - _GAP) / (AROUND + 1) - _TEXT - _GAP)
    size = _fitted(image, room)
    if size.height() < _LEAST:
        return []
    pitch = size.height() + _TEXT + _GAP
    places = []
    for x, count in (
        (picture.left() - _GAP - size.width(), AROUND),
        (picture.right() + _GAP, AROUND + 1),
    ):
        top = view.center().y() - count * pitch / 2
        places += [QRectF(QPointF(x, top + k * pitch), size) for k in range(count)]
    return places


def _below(image: QSizeF, picture: QRectF, view: QRectF) -> list[QRectF]:
    """Places in a row, below the picture as far as there is room."""
    count, margin = 2 * AROUND + 1, view.bottom() - picture.bottom()
    high = max(margin - _TEXT - 2 * _GAP, picture.height() * _SHARE)
    size = _fitted(image, QSizeF((view.width() - (count + 1) * _GAP) / count, high))
    pitch = size.width() + _GAP
    left = picture.center().x() - pitch * count / 2 + _GAP / 2
    lowest = view.bottom() - size.height() - _TEXT - 2 * _GAP
    top = min(max(picture.bottom() + _GAP, view.top()), lowest)
    return [QRectF(QPointF(left + k * pitch, top), size) for k in range(count)]


def _fitted(image: QSizeF, room: QSizeF) -> QSizeF:
    if room.isEmpty():
        return QSizeF(0, 0)
    room.setHeight(min(room.height(), _HIGHEST))
    return image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)


def paint(painter: QPainter, strip: Strip, picture: QRectF, view: QRectF) -> None:
    """Draw the strip beside the picture or over the lower part of it."""
    places = cells(strip, picture, view)
    if not places or next(iter(places.values())).width() < 24:
        return
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(10)
    boundary = strip.boundary
    for place in places.values():
        painter.fillRect(place.adjusted(-_GAP, -_GAP, _GAP, _TEXT + _GAP), _BACK)
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
    painter.setPen(QPen(_CUT, 2))
    for number, gap in ((boundary.cut - 1, _GAP / 2), (boundary.cut, -_GAP / 2)):
        if place := places.get(number):  # the cut lies behind the one and before the other
            x = (place.right() if gap > 0 else place.left()) + gap
            painter.drawLine(QPointF(x, place.top() - _GAP), QPointF(x, place.bottom() + _TEXT))
    painter.restore()
