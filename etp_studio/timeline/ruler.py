"""The ruler: times, and frame numbers where frames can be told apart."""

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from etp_core.timeline import frame_at
from etp_studio.texts import tr
from etp_studio.timeline.axis import GUTTER, SharedAxis
from etp_studio.timeline.letters import growth, letters
from etp_studio.timeline.parts import Part
from etp_studio.timeline.ticks import clock, frame_ticks, time_ticks

HEIGHT = 38
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Ruler(Part):
    """Click or drag: go there. Double-click: show the whole video (`fit`)."""

    fit = Signal()

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.cuts = np.array([0.0, 1.0])
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(tr("Time ruler"))
        self.setToolTip(
            tr(
                "Click or drag: go there · double-click: whole video\n"
                "Wheel: zoom at the pointer · Shift and wheel, or middle drag: pan"
            )
        )

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.fit.emit()

    def set_playhead(self, time: float | None) -> None:
        super().set_playhead(time)
        self.update(0, 0, GUTTER, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_still(painter)
        height = self.height()
        painter.save()
        painter.setClipRect(QRectF(GUTTER, 0, self.width() - GUTTER, height))
        painter.setPen(QPen(self.theme.color("accent"), 2))
        painter.drawLines([QLineF(x, height - 9, x, height) for x in map(self.axis.x, self.ghosts)])
        self._handle(painter)
        painter.restore()
        self._readout(painter)

    def paint_still(self, painter: QPainter) -> None:
        theme, height = self.theme, self.height()
        painter.fillRect(self.rect(), theme.color("raised"))
        font, large = letters(self.font(), 11), growth(self.font())
        painter.setFont(font)
        clip = QRectF(GUTTER, 0, self.width() - GUTTER, height)
        metrics = QFontMetricsF(font)
        painter.save()
        painter.setClipRect(clip)
        frames = frame_ticks(self.axis, self.cuts, 46)
        minor, major = [], []
        for tick in time_ticks(self.axis, 84):
            x = round(self.axis.x(tick.time)) + 0.5
            if not tick.label:
                if not frames:
                    minor.append(QLineF(x, height - 5, x, height))
                continue
            major.append(QLineF(x, 6, x, height - (20 if frames else 0)))
            if x + 4 + metrics.horizontalAdvance(tick.label) <= self.width():
                painter.setPen(theme.color("text"))
                painter.drawText(QRectF(x + 5, 4, 120, 14 * large), _LEFT, tick.label)
        painter.setFont(letters(self.font(), 9))
        for tick in frames:
            x = self.axis.x(tick.time)
            minor.append(QLineF(x, height - (6 if tick.label else 3), x, height))
            if tick.label:
                painter.setPen(theme.color("muted"))
                painter.drawText(QRectF(x + 3, height - 17, 60, 12 * large), _LEFT, tick.label)
        painter.setPen(QPen(theme.color("muted", 0.55), 1))
        painter.drawLines(minor)
        painter.setPen(QPen(theme.color("muted", 0.8), 1))
        painter.drawLines(major)
        painter.restore()
        painter.setPen(theme.color("line"))
        painter.drawLine(0, height - 1, self.width(), height - 1)

    def _handle(self, painter: QPainter) -> None:
        if self.playhead is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, height = self.axis.x(self.playhead), self.height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("playhead"))
        top = height - 11
        corners = [
            (x - 5.5, top),
            (x + 5.5, top),
            (x + 5.5, top + 4),
            (x, height),
            (x - 5.5, top + 4),
        ]
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))

    def _readout(self, painter: QPainter) -> None:
        """Time and frame of the playhead, in the gutter."""
        if self.playhead is None:
            return
        large = growth(self.font())
        painter.setFont(letters(self.font(), 13))
        painter.setPen(self.theme.color("text"))
        painter.drawText(QRectF(10, 1, GUTTER - 16, 18 * large), _LEFT, clock(self.playhead))
        painter.setFont(letters(self.font(), 10))
        painter.setPen(self.theme.color("muted"))
        frame = frame_at(self.cuts[:-1], self.playhead)
        painter.drawText(
            QRectF(10, 20, GUTTER - 16, 13 * large), _LEFT, tr("frame {}").format(frame)
        )

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
