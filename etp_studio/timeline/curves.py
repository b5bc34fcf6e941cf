"""Actionness curves on the shared axis: classes in their hue, the class-agnostic one in grey."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QWidget

from etp_studio.theme import Theme, class_hue, faded, mixed
from etp_studio.timeline.axis import GUTTER, SharedAxis
from etp_studio.timeline.curve_data import CurveData, columns
from etp_studio.timeline.parts import Part

LOW, HIGH = -0.06, 1.06  # scores at the lower and the upper end of the plot
THICK = 3.0  # pixels between the least and the greatest of a column from which both are drawn
FEW = 10  # classes; of more only the relevant ones are drawn


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at `time` seconds, behind the playhead."""

    time: float
    color: QColor
    style: Qt.PenStyle


class _Plot(pg.PlotWidget):
    """A plot that draws its curves into a picture once, and lines over it as often as asked.

    It takes no input of its own: the part around it does, so that all parts behave alike.
    """

    def __init__(self, parent: "Curves") -> None:
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
        self._part = parent
        self._picture: QPixmap | None = None

    def forget(self) -> None:
        """The curves changed: draw them again."""
        self._picture = None
        self.viewport().update()

    def x(self, time: float) -> float:
        """Pixel of `time` seconds within the plot, as the plot maps it."""
        box = self.getPlotItem().getViewBox()
        return self.mapFromScene(box.mapViewToScene(QPointF(time, 0.0))).x()

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
        self._part.paint_lines(painter)


class Curves(Part):
    """The plot, and in the gutter its scale and the names of what is drawn."""

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.data = CurveData()
        self.emphasis: frozenset[str] = frozenset()
        self.relevant: frozenset[str] = frozenset()
        self.marks: list[Mark] = []
        self._hues: Mapping[str, str] = {}
        self._pool: list[pg.PlotCurveItem] = []
        self.plot = _Plot(self)
        self.setMinimumHeight(56)
        self.setAccessibleName("Actionness curves")
        self.setToolTip("How much each moment looks like each action\nClick or drag: go there")

    def set_data(self, data: CurveData) -> None:
        """Show other curves."""
        self.data = data
        self.refresh()

    def set_hues(self, hues: Mapping[str, str]) -> None:
        """The colour ('#rrggbb') of each class by name; others take those of their place."""
        self._hues = dict(hues)
        self.refresh()

    def set_relevant(self, names: frozenset[str]) -> None:
        """Of many classes, those worth drawing."""
        if names != self.relevant:
            self.relevant = names
            self.refresh()

    def set_emphasis(self, names: frozenset[str]) -> None:
        """Classes to bring forward; none: all alike."""
        if names != self.emphasis:
            self.emphasis = names
            self.refresh()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Vertical lines over the curves."""
        self.marks = list(marks)
        self.plot.viewport().update()

    def set_playhead(self, time: float | None) -> None:
        before = self.playhead
        super().set_playhead(time)
        for moment in (before, time):
            if moment is not None:
                x = int(self.axis.x(moment)) - GUTTER
                self.plot.viewport().update(x - 2, 0, 5, self.height())

    @property
    def shown(self) -> list[int]:
        """Rows of the scores that are drawn, the class-agnostic one last."""
        count = len(self.data.classes)
        rows = range(count)
        if count > FEW:
            rows = [k for k in rows if self.data.classes[k] in self.relevant][:FEW]
        return [*rows, count]

    def hue(self, row: int) -> QColor:
        """The colour of a row of the scores."""
        if row >= len(self.data.classes):
            return self.theme.color("neutral")
        name = self.data.classes[row]
        return self.theme.shown(self._hues.get(name, class_hue(row)))

    def refresh(self) -> None:
        self._draw()
        self.update()

    def paint_lines(self, painter: QPainter) -> None:
        """Draw the marks and the playhead over the curves."""
        for mark in self.marks:
            painter.setPen(QPen(mark.color, 1.5, mark.style))
            x = self.axis.x(mark.time)
            painter.drawLine(QLineF(x, 0, x, self.height()))
        self.draw_playhead(painter)

    def _draw(self) -> None:
        axis, data = self.axis, self.data
        box = self.plot.getPlotItem().getViewBox()
        box.setRange(xRange=(axis.start, axis.end), yRange=(LOW, HIGH), padding=0, update=True)
        self.plot.setBackground(self.theme.surface)
        rows = self.shown if len(data.times) else []
        pixels = max(self.plot.width(), 1)
        wide = len(data.times) and axis.scale * data.step >= 3  # samples can be told apart
        lines = [(row, False) for row in rows[::-1]]
        if wide:
            lines = [(row, True) for row in rows[::-1]] + lines
        for item in self._pool[len(lines) :]:
            item.setVisible(False)
        while len(self._pool) < len(lines):
            item = pg.PlotCurveItem()
            item.setSegmentedLineMode("on")  # one long path of a thick pen takes seconds
            self._pool.append(item)
            self.plot.addItem(item)
        for item, (row, raw) in zip(self._pool, lines, strict=False):
            x, low, high = data.drawn(row, not raw, axis.start, axis.end, pixels)
            pen = self._pen(row, raw)
            if np.nanmean(high - low) * self.height() > THICK:
                pen.setWidth(1)
                pairs = columns(x, low, high)
                item.setData(*pairs, connect="pairs", antialias=False, pen=pen)
            else:
                middle = (low + high) / 2
                item.setData(x, middle, connect="finite", antialias=True, pen=pen)
            item.setVisible(True)
        self.plot.forget()

    def _pen(self, row: int, raw: bool) -> QPen:
        agnostic = row == len(self.data.classes)
        forward = not self.emphasis or (not agnostic and self.data.classes[row] in self.emphasis)
        alpha = (0.3 if raw else 1.0) * (1.0 if forward else 0.45) * (0.8 if agnostic else 1.0)
        width = 2.0 if self.emphasis and forward and not raw else 1.0
        color = mixed(self.hue(row), self.theme.color("surface"), alpha)  # opaque: joints overlap
        pen = pg.mkPen(color, width=width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self.theme
        painter.fillRect(self.rect(), theme.color("window"))
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._scale(painter, theme)
        self._legend(painter, theme, QFontMetricsF(font))

    def _scale(self, painter: QPainter, theme: Theme) -> None:
        painter.setPen(theme.color("muted"))
        for score, text in ((1.0, "1"), (0.5, ".5"), (0.0, "0")):
            y = (HIGH - score) / (HIGH - LOW) * self.height()
            box = QRectF(GUTTER - 26, min(max(y - 7, 0), self.height() - 14), 20, 14)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, right, text)

    def _legend(self, painter: QPainter, theme: Theme, metrics: QFontMetricsF) -> None:
        rows = self.shown if len(self.data.times) else []
        fit = max(int((self.height() - 6) // 14), 1)
        top = 5.0
        for place, row in enumerate(rows):
            more = place == fit - 1 and len(rows) > fit
            name = f"{len(rows) - fit + 1} more" if more else self._name(row)
            forward = not self.emphasis or name in self.emphasis
            if not more:
                swatch = QRectF(10, top + 5.5, 10, 3)
                painter.fillRect(swatch, faded(self.hue(row), 1.0 if forward else 0.5))
            painter.setPen(theme.color("text" if forward and not more else "muted"))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, GUTTER - 54)
            painter.drawText(QRectF(26, top, GUTTER - 52, 14), Qt.AlignmentFlag.AlignVCenter, text)
            top += 14
            if more:
                break
        if not rows:
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(10, top, GUTTER - 40, 14), Qt.AlignmentFlag.AlignLeft, "Curves")

    def _name(self, row: int) -> str:
        return self.data.classes[row] if row < len(self.data.classes) else "any action"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.plot.setGeometry(GUTTER, 0, max(self.width() - GUTTER, 1), self.height())
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.refresh()
        super().changeEvent(event)
