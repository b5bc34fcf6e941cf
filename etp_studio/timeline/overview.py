"""The whole video in one strip, with a window over what is on screen."""

import numpy as np
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from etp_core.evolution import Reason
from etp_studio.texts import tr
from etp_studio.theme import faded
from etp_studio.timeline import raster
from etp_studio.timeline.axis import GUTTER, MARGIN, SharedAxis
from etp_studio.timeline.letters import letters
from etp_studio.timeline.parts import Part
from etp_studio.timeline.scene import NOTHING, Scene

HEIGHT = 28
GRIP = 5.0  # pixels around an end of the window that take hold of it


class Overview(Part):
    """Drag the window to pan, its ends to zoom; a click elsewhere brings the window there."""

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.scene: Scene = NOTHING
        self._drag: tuple[str, float] | None = None
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Overview of the whole video"))
        self.setToolTip(tr("Drag the window: pan · drag its ends: zoom · click: bring it here"))

    def set_scene(self, scene: Scene) -> None:
        """Show other bars."""
        self.scene = scene
        self.refresh()

    def follow_axis(self) -> None:
        self.update()  # the window moves; the video under it stays as it is

    def set_playhead(self, time: float | None) -> None:
        self.playhead = time
        self.update()

    def x(self, time):
        """Pixel of `time` seconds in the strip (a number or an array)."""
        low, high = self.axis.low, self.axis.high
        width = max(self.width() - GUTTER - 2 * MARGIN, 1)
        return GUTTER + MARGIN + (time - low) / (high - low) * width

    def time(self, x: float) -> float:
        """Seconds at pixel `x` of the strip."""
        width = max(self.width() - GUTTER - 2 * MARGIN, 1)
        return self.axis.low + (x - GUTTER - MARGIN) / width * (self.axis.high - self.axis.low)

    @property
    def window(self) -> QRectF:
        """The window over what is on screen, in the strip's pixels."""
        left = max(self.x(self.axis.start), GUTTER)
        right = min(self.x(self.axis.end), self.width())
        if right - left < 8:
            middle = (left + right) / 2
            left, right = middle - 4, middle + 4
        return QRectF(left, 1, right - left, self.height() - 3)

    # dragging

    def zoom_centre(self, x: float) -> float:
        return (self.axis.start + self.axis.end) / 2

    def pressed(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if event.button() != Qt.MouseButton.LeftButton or x < GUTTER:
            return
        part = self._part(x)
        if part == "outside":
            middle = (self.axis.start + self.axis.end) / 2
            self.shared.set(self.axis.pan(self.time(x) - middle))
            part = "window"
        self._drag = (part, self.time(x) - self.axis.start)

    def moved(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._drag is None:
            resize = self._part(x) in ("start", "end")
            shape = Qt.CursorShape.SizeHorCursor if resize else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            return
        part, offset = self._drag
        axis, time = self.axis, self.time(x)
        if part == "start":
            self.shared.set(axis.show(min(time, axis.end - axis.shortest), axis.end))
        elif part == "end":
            self.shared.set(axis.show(axis.start, max(time, axis.start + axis.shortest)))
        else:
            self.shared.set(axis.pan(time - offset - axis.start))

    def released(self, event: QMouseEvent) -> None:
        self._drag = None

    def _part(self, x: float) -> str:
        window = self.window
        if abs(x - window.left()) <= GRIP:
            return "start"
        if abs(x - window.right()) <= GRIP:
            return "end"
        return "window" if window.left() < x < window.right() else "outside"

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.draw_still(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, window = self.theme, self.window
        shade = theme.color("window", 0.55)
        low, high = self.x(self.axis.low), self.x(self.axis.high)
        inside = window.left() > low + 0.5 or window.right() < high - 0.5
        if inside:
            height = self.height() - 1
            painter.fillRect(QRectF(GUTTER, 0, window.left() - GUTTER, height), shade)
            painter.fillRect(
                QRectF(window.right(), 0, self.width() - window.right(), height), shade
            )
            painter.setPen(QPen(theme.color("accent"), 1.2))
            painter.setBrush(theme.color("accent", 0.08))
            painter.drawRoundedRect(window.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        for x in map(self.x, self.ghosts):
            painter.fillRect(QRectF(x - 0.75, 0, 1.5, self.height() - 1), theme.color("accent"))
        if self.playhead is not None:
            x = self.x(self.playhead)
            painter.fillRect(QRectF(x - 0.75, 0, 1.5, self.height() - 1), theme.color("playhead"))

    def paint_still(self, painter: QPainter) -> None:
        theme = self.theme
        painter.fillRect(self.rect(), theme.color("surface"))
        painter.fillRect(0, 0, GUTTER, self.height(), theme.color("window"))
        painter.setFont(letters(self.font(), 11))
        painter.setPen(theme.color("muted"))
        painter.drawText(
            QRectF(10, 0, GUTTER, HEIGHT), Qt.AlignmentFlag.AlignVCenter, tr("Overview")
        )
        low, high = self.x(self.axis.low), self.x(self.axis.high)
        painter.fillRect(QRectF(low, 3, high - low, HEIGHT - 7), theme.color("band"))
        if self.scene.leaf >= 0:
            results = self.scene.lanes[self.scene.leaf]
            self._strip(painter, results, 5, 5, 0.55, results.reason == Reason.KEPT)
        self._strip(painter, self.scene.truth, 13, 9, 1.0, np.ones(len(self.scene.truth), bool))
        painter.setPen(theme.color("line"))
        painter.drawLine(0, HEIGHT - 1, self.width(), HEIGHT - 1)

    def _strip(self, painter, bars, top: float, height: float, alpha: float, which) -> None:
        """Draw the bars of which there is `which`; at least a pixel each, later over earlier."""
        theme = self.theme
        colors = [theme.shown(hue) if hue else theme.color("neutral") for hue in self.scene.hues]
        fill = raster.table([faded(color, alpha) for color in colors])[bars.hue[which]]
        spans = np.floor(self.x(bars.start[which])), np.ceil(self.x(bars.end[which]))
        left, right = (x - GUTTER for x in spans)
        row = np.zeros(len(left), np.int64)
        wide = self.width() - GUTTER
        raster.bars(painter, left, right, row, fill, None, GUTTER, wide, 1, lambda _: top, height)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.refresh()
        super().changeEvent(event)
