"""The names of the colours in a picture of the timeline: nobody can point at it to learn them."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from etp_studio.theme import Theme
from etp_studio.timeline import TimelineView
from etp_studio.timeline.axis import GUTTER

_ROW = 16.0  # pixels
_SWATCH = 10.0
_GAP = 18.0  # between one name and the next swatch


class Legend:
    """Every class that the picture shows, as bar or curve: a swatch and its name, in rows."""

    def __init__(self, timeline: TimelineView, width: float) -> None:
        self._font = QFont(timeline.font())
        self._font.setPixelSize(11)
        self._theme: Theme = timeline.ruler.theme
        self._width = width
        metrics = QFontMetricsF(self._font)
        self._words: list[tuple[str, QColor, QPointF]] = []
        at = QPointF(GUTTER, 6)
        for name, color in _colors(timeline):
            wide = _SWATCH + 6 + metrics.horizontalAdvance(name)
            if at.x() > GUTTER and at.x() + wide > width - 8:
                at = QPointF(GUTTER, at.y() + _ROW)
            self._words.append((name, color, at))
            at = QPointF(at.x() + wide + _GAP, at.y())
        self.height = at.y() + _ROW + 6 if self._words else 0.0

    def paint(self, painter: QPainter) -> None:
        """Paint it at the origin, `height` pixels high."""
        painter.fillRect(QRectF(0, 0, self._width, self.height), self._theme.color("window"))
        painter.setFont(self._font)
        for name, color, at in self._words:
            painter.fillRect(QRectF(at.x(), at.y() + 3, _SWATCH, _SWATCH), color)
            painter.setPen(self._theme.color("text"))
            place = QRectF(at.x() + _SWATCH + 6, at.y(), self._width, _ROW)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, name)


def _colors(timeline: TimelineView) -> list[tuple[str, QColor]]:
    """The names of the classes shown, those of bars first, each with its colour."""
    scene, curves, theme = timeline.lanes.scene, timeline.curves, timeline.ruler.theme
    hues = np.unique(np.concatenate([bars.hue for bars in scene.lanes]))
    found = {
        scene.names[hue]: theme.shown(scene.hues[hue]) for hue in hues.tolist() if scene.names[hue]
    }
    if not curves.isHidden() and len(curves.data.times):
        for row in curves.shown:
            found.setdefault(curves.name(row), curves.hue(row))
    return list(found.items())
