"""Actionness curves on the shared axis: classes in their hue, the class-agnostic one in grey."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from etp_studio.hues import class_colors
from etp_studio.qactions import OWN_ROWS
from etp_studio.texts import later, tr
from etp_studio.theme import faded, mixed
from etp_studio.timeline import curve_names
from etp_studio.timeline.axis import GUTTER, Axis, SharedAxis
from etp_studio.timeline.curve_data import CurveData, columns
from etp_studio.timeline.letters import growth, letters
from etp_studio.timeline.parts import Part
from etp_studio.timeline.plot import Line, Plot

LOW, HIGH = -0.06, 1.06  # scores at the lower and the upper end of the plot
THICK = 3.0  # pixels between the least and the greatest of a column from which both are drawn
FEW = 10  # classes; of more only the chosen and the relevant ones are drawn
STEP = 0.01  # of the threshold, a key
REACH = 5.0  # pixels around the threshold's line that take hold of it
BESIDE = 8  # pixels beside a strip that its curves reach, for pens are thick

_DASHES = Qt.PenStyle.DashLine
_HELP = later("How much each moment looks like each action\nClick or drag: go there")
_NAME_HELP = later("Click: show this class alone, bold, or no longer")
_LINE_HELP = later(
    "Drag: move the threshold of Algorithm 1 (Up, Down where Tab has led to the curves)"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at `time` seconds, behind the playhead."""

    time: float
    color: QColor
    style: Qt.PenStyle


class Curves(Part):
    """The plot, and in the gutter its scale and the names of what is drawn.

    A click on a name chooses its class, or no longer: chosen classes are bold, and the lanes show
    them alone. The dashed line is a threshold (see `live`); it is dragged up and down.
    """

    classes_chosen = Signal(object)  # frozenset of names
    threshold_moved = Signal(float)  # a score in [0, 1]
    more_asked = Signal(QPoint)  # the row that stands for the names without room, global position

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.data = CurveData()
        self.emphasis: frozenset[str] = frozenset()
        self.relevant: frozenset[str] = frozenset()
        self.chosen: frozenset[str] = frozenset()
        self.marks: list[Mark] = []
        self.threshold: float | None = None
        self.threshold_text = ""
        self.reading = False
        self._holding = False
        self._labels: tuple[tuple[str, str], ...] = ()
        self._pool: list[Line] = []
        self._pens: dict[tuple[int, bool, bool], QPen] = {}  # row, raw, as strokes
        self._lines: list[tuple[int, bool, bool]] = []  # row, raw, as strokes: of each item shown
        self._drawn_on = axis.value
        self.plot = Plot(self, self.paint_lines)
        self.setMinimumHeight(round(56 * growth(self.font())))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty(OWN_ROWS, True)
        self.setAccessibleName(tr("Actionness curves"))
        self.setToolTip(tr(_HELP))

    def set_data(self, data: CurveData) -> None:
        """Show other curves."""
        self.data = data
        self.refresh()

    def set_hues(self, hues: Mapping[str, str]) -> None:
        """The colour ('#rrggbb') of each label by name; other classes take others."""
        self._labels = tuple(hues.items())
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

    def set_threshold(self, score: float | None, text: str = "") -> None:
        """Draw the threshold's line with a text at its end; None: there is no line."""
        self.threshold, self.threshold_text = score, text
        self.setAccessibleDescription(text)
        self.plot.viewport().update()

    def set_reading(self, reading: bool) -> None:
        """Whether what has no curve yet is being read: it is hatched."""
        self.reading = reading
        self.plot.viewport().update()

    def choose(self, names: frozenset[str]) -> None:
        """Choose classes; emits nothing."""
        if names != self.chosen:
            self.chosen = names
            self.refresh()

    def set_playhead(self, time: float | None) -> None:
        before = self.playhead
        super().set_playhead(time)
        for moment in (before, time):
            if moment is not None:
                x = int(self.axis.x(moment)) - GUTTER
                self.plot.viewport().update(x - 2, 0, 5, self.height())

    @property
    def unread(self) -> list[tuple[float, float]]:
        """The spans of the video, in seconds, that are still to be read."""
        return self.data.gaps(self.axis.low, self.axis.high) if self.reading else []

    @property
    def shown(self) -> list[int]:
        """Rows of the scores that are drawn, the class-agnostic one last."""
        names = self.data.classes
        rows = list(range(len(names)))
        if len(names) > FEW:
            chosen = [k for k in rows if names[k] in self.chosen]
            others = [k for k in rows if names[k] in self.relevant - self.chosen]
            rows = sorted(chosen + others[: max(FEW - len(chosen), 0)])
        return [*rows, len(names)]

    def hue(self, row: int) -> QColor:
        """The colour of a row of the scores."""
        if row >= len(self.data.classes):
            return self.theme.color("neutral")
        name = self.data.classes[row]
        return self.theme.shown(class_colors(self.data.classes, self._labels)[name])

    def refresh(self) -> None:
        self._pens.clear()
        self._draw()
        self.update()

    def follow_axis(self) -> None:
        """Pan by moving the picture and painting only what came into view, if that is possible."""
        pixels = self.axis.slid(self._drawn_on)
        strip = self.plot.scroll(pixels) if pixels and len(self.data.times) else None
        if strip is None:
            self._draw()
            return
        axis, seam = self.axis, BESIDE
        start = axis.time(GUTTER + strip.left() - seam)
        end = axis.time(GUTTER + strip.right() + 1 + seam)
        self._frame(axis)
        for item, line in zip(self._pool, self._lines, strict=False):
            self._fill(item, line, start, end)
        self.plot.patch(strip)

    def paint_lines(self, painter: QPainter) -> None:
        """Draw the marks and the playhead over the curves."""
        if self.reading:
            self._paint_unread(painter)
        for mark in self.marks:
            painter.setPen(QPen(mark.color, 1.5, mark.style))
            x = self.axis.x(mark.time)
            painter.drawLine(QLineF(x, 0, x, self.height()))
        self._paint_threshold(painter)
        self.draw_playhead(painter)

    def y(self, score: float) -> float:
        """Pixel of a score."""
        return (HIGH - score) / (HIGH - LOW) * self.height()

    def _paint_unread(self, painter: QPainter) -> None:
        """Hatch the parts of the video that are still to be read."""
        axis, muted = self.axis, self.theme.color("muted")
        text = tr("not read yet")
        painter.setFont(QFont(self.font()))
        for start, end in self.unread:
            left, right = max(axis.x(start), GUTTER), min(axis.x(end), self.width())
            box = QRectF(left, 0, right - left, self.height())
            painter.fillRect(box, QBrush(faded(muted, 0.25), Qt.BrushStyle.BDiagPattern))
            wide = painter.fontMetrics().horizontalAdvance(text) + 20
            if box.width() > wide:
                chip = QRectF(0, 0, wide, painter.fontMetrics().height() + 8)
                chip.moveCenter(QPointF(box.center().x(), 0.25 * self.height()))
                painter.fillRect(chip, self.theme.color("surface"))
                painter.setPen(muted)
                painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_threshold(self, painter: QPainter) -> None:
        if self.threshold is None or not len(self.data.times):
            return
        theme, y = self.theme, self.y(self.threshold)
        painter.setPen(QPen(theme.color("text", 0.9), 1.6 if self._holding else 1.0, _DASHES))
        painter.drawLine(QLineF(GUTTER, y, self.width(), y))
        font, high = letters(self.font(), 11), 17 * growth(self.font())
        painter.setFont(font)
        wide = QFontMetricsF(font).horizontalAdvance(self.threshold_text) + 14
        top = y - high - 3 if y > high + 5 else y + 3
        box = QRectF(self.width() - wide - 8, top, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised", 0.94))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.threshold_text)

    # the hand

    def _on_line(self, y: float) -> bool:
        return (
            self.threshold is not None
            and len(self.data.times) > 0
            and abs(y - self.y(self.threshold)) <= REACH
        )

    def pressed(self, event: QMouseEvent) -> None:
        x, y = event.position().x(), event.position().y()
        left = event.button() == Qt.MouseButton.LeftButton
        if left and x < GUTTER:
            self._click_name(y, event.globalPosition().toPoint())
        elif left and self._on_line(y):
            self._holding = True
        else:
            super().pressed(event)

    def moved(self, event: QMouseEvent) -> None:
        x, y = event.position().x(), event.position().y()
        if self._holding:
            score = HIGH - y / max(self.height(), 1) * (HIGH - LOW)
            self.threshold_moved.emit(min(max(score, 0.0), 1.0))
            return
        if not event.buttons():
            grips = x >= GUTTER and self._on_line(y)
            names = x < GUTTER and curve_names.row_at(self, y) is not None
            shape = Qt.CursorShape.SizeVerCursor if grips else Qt.CursorShape.ArrowCursor
            self.setCursor(Qt.CursorShape.PointingHandCursor if names else shape)
            self.setToolTip(tr(_LINE_HELP if grips else _NAME_HELP if names else _HELP))
        elif x >= GUTTER:
            super().moved(event)

    def released(self, event: QMouseEvent) -> None:
        if self._holding:
            self._holding = False
            self.plot.viewport().update()

    # the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: STEP, Qt.Key.Key_Down: -STEP}.get(Qt.Key(event.key()))
        if step is None or self.threshold is None or not len(self.data.times):
            super().keyPressEvent(event)
            return
        self.threshold_moved.emit(min(max(round(self.threshold + step, 3), 0.0), 1.0))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.data.classes:
            self.more_asked.emit(self.mapToGlobal(QPoint(0, 0)))
        else:
            super().contextMenuEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def _click_name(self, y: float, where: QPoint) -> None:
        row = curve_names.row_at(self, y)
        if row is None:
            return
        if curve_names.stands_for_more(self, row) or row >= len(self.data.classes):
            self.more_asked.emit(where)
            return
        self.choose(self.chosen ^ {self.data.classes[row]})
        self.classes_chosen.emit(self.chosen)

    def _draw(self) -> None:
        axis, data = self.axis, self.data
        self._frame(axis)
        self.plot.setBackground(self.theme.surface)
        rows = self.shown if len(data.times) else []
        wide = len(data.times) and axis.scale * data.step >= 3  # samples can be told apart
        bold = self.emphasis | self.chosen
        raws = rows if wide else [k for k in rows if k < data.rows - 1 and data.classes[k] in bold]
        lines = [(row, True) for row in raws[::-1]] + [(row, False) for row in rows[::-1]]
        for item in self._pool[len(lines) :]:
            item.setVisible(False)
        while len(self._pool) < len(lines):
            item = Line()
            item.setSegmentedLineMode("on")  # one long path of a thick pen takes seconds
            self._pool.append(item)
            self.plot.addItem(item)
        level = data.level(axis.scale)
        self._lines = [
            (row, raw, data.thickness(row, not raw, level) * self.height() > THICK)
            for row, raw in lines
        ]
        for item, line in zip(self._pool, self._lines, strict=False):
            row, raw, strokes = line
            item.setPen(self._pen(row, raw, strokes))
            self._fill(item, line, axis.start, axis.end)
            item.setVisible(True)
        self.plot.forget()

    def _frame(self, axis: Axis) -> None:
        """Let the plot show what the axis shows."""
        self._drawn_on = axis
        box = self.plot.getPlotItem().getViewBox()
        box.setRange(xRange=(axis.start, axis.end), yRange=(LOW, HIGH), padding=0, update=True)

    def _fill(self, item: Line, line: tuple[int, bool, bool], start: float, end: float) -> None:
        """Give an item what it draws of the seconds [start, end): row, raw and whether strokes."""
        row, raw, strokes = line
        x, low, high = self.data.drawn(row, not raw, start, end, (end - start) * self.axis.scale)
        if strokes:
            item.setData(*columns(x, low, high), connect="pairs", antialias=False)
        else:
            item.setData(x, (low + high) / 2, connect="finite", antialias=True)

    def _pen(self, row: int, raw: bool, strokes: bool) -> QPen:
        key = row, raw, strokes
        if key not in self._pens:
            agnostic = row == len(self.data.classes)
            bold = self.emphasis | self.chosen
            forward = not bold or (not agnostic and self.data.classes[row] in bold)
            alpha = (0.3 if raw else 1.0) * (1.0 if forward else 0.45) * (0.8 if agnostic else 1.0)
            width = 2.0 if bold and forward and not raw and not strokes else 1.0
            # opaque, for joints overlap
            color = mixed(self.hue(row), self.theme.color("surface"), alpha)
            pen = pg.mkPen(color, width=width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            self._pens[key] = pen
        return self._pens[key]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        curve_names.paint(painter, self)
        if self.hasFocus():
            painter.fillRect(GUTTER - 2, 0, 2, self.height(), self.theme.color("accent"))

    def paint_still(self, painter: QPainter) -> None:
        emphasis, self.emphasis = self.emphasis, frozenset()
        self._pens.clear()
        self._draw()  # after panning the items have only what came into view
        curve_names.paint(painter, self)
        painter.save()
        painter.translate(GUTTER, 0)
        self.plot.paint_still(painter, [item for item in self._pool if item.isVisible()])
        painter.restore()
        self._paint_threshold(painter)
        self.set_emphasis(emphasis)

    def name(self, row: int) -> str:
        """What a row of the scores is called."""
        return self.data.classes[row] if row < len(self.data.classes) else tr("any action")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.plot.setGeometry(GUTTER, 0, max(self.width() - GUTTER, 1), self.height())
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.refresh()
        super().changeEvent(event)
