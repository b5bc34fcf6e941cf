"""The plot of the curves: a picture that is painted once, moved when it is panned, drawn over."""

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QWidget

from etp_studio.timeline.axis import GUTTER


class Line(pg.PlotCurveItem):
    """A curve whose bounds are those of the plot, for it has no more points than that shows.

    Finding its own takes longer than drawing it.
    """

    def boundingRect(self) -> QRectF:
        box = self.getViewBox()
        return QRectF() if box is None else box.viewRect()


class Plot(pg.PlotWidget):
    """A plot that draws its curves into a picture once, and lines over it as often as asked.

    `lines` draws those, in the pixels of the part. It takes no input of its own: the part around
    it does, so that all parts behave alike.
    """

    def __init__(self, parent: QWidget, lines: Callable[[QPainter], None]) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseEnabled(False, False)
        self.setMenuEnabled(False)
        item = self.getPlotItem()
        item.hideButtons()
        item.hideAxis("left")
        item.hideAxis("bottom")
        item.layout.setContentsMargins(0, 0, 0, 0)
        item.getViewBox().setDefaultPadding(0)
        item.disableAutoRange()
        self._paint_lines = lines
        self._picture: QPixmap | None = None

    def scroll(self, pixels: int) -> QRect | None:
        """Move the picture to the left; returns the strip that has to be painted, as `patch` does.

        None where the picture cannot be moved: it has to be painted as a whole.
        """
        view, picture = self.viewport().rect(), self._picture
        if picture is None or abs(pixels) >= view.width():
            return None
        ratio = picture.devicePixelRatio()
        if ratio != self.devicePixelRatioF() or pixels * ratio != round(pixels * ratio):
            return None
        picture.scroll(-round(pixels * ratio), 0, picture.rect())
        left = view.width() - pixels if pixels > 0 else 0
        return QRect(left, 0, abs(pixels), view.height())

    def patch(self, strip: QRect) -> None:
        """Paint a strip of the picture anew."""
        assert self._picture is not None
        painter = QPainter(self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(strip)
        self.render(painter, QRectF(strip), strip)
        painter.end()
        self.viewport().update()

    def forget(self) -> None:
        """The curves changed: draw them again."""
        self._picture = None
        self.viewport().update()

    def x(self, time: float) -> float:
        """Pixel of `time` seconds within the plot, as the plot maps it."""
        box = self.getPlotItem().getViewBox()
        return self.mapFromScene(box.mapViewToScene(QPointF(time, 0.0))).x()

    def paint_still(self, painter: QPainter, curves: list[pg.PlotCurveItem]) -> None:
        """Draw the curves; each is one path, however many pieces a screen has it in."""
        painter.fillRect(self.viewport().rect(), self.backgroundBrush())
        painter.setClipRect(self.viewport().rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for item in curves:
            onto = item.sceneTransform() * self.viewportTransform()
            painter.setPen(item.opts["pen"])
            painter.drawPath(onto.map(item.getPath()))

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.viewport().size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            painter = QPainter(self._picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            # Without a target Qt fills device pixels, which at a ratio of 2 is twice the picture.
            self.render(painter, QRectF(self.viewport().rect()), self.viewport().rect())
            painter.end()
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._picture)  # Qt clips it to what is to be repainted
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-GUTTER, 0)  # into the pixels of the part, which the axis speaks
        self._paint_lines(painter)
