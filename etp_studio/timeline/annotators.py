"""Annotator lanes: the ground truth of each person by itself, where there are several."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from etp_core.project import Label, StoredSegment
from etp_studio.texts import tr
from etp_studio.theme import faded
from etp_studio.timeline import raster
from etp_studio.timeline.axis import GUTTER, SharedAxis
from etp_studio.timeline.letters import growth, letters
from etp_studio.timeline.parts import Part
from etp_studio.timeline.ticks import clock

PITCH = 15  # pixels from lane to lane beside usual letters
MOST = 8  # annotators; the lanes of more are not shown


class AnnotatorLanes(Part):
    """One lane per annotator; a click selects the segment under it."""

    picked = Signal(object)  # id of a segment

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.names: tuple[str, ...] = ()
        self._pitch = round(PITCH * growth(self.font()))
        self._segments: list[StoredSegment] = []
        self._labels: dict[int, Label] = {}
        self._spans = np.zeros((0, 2))
        self._rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Ground truth of each annotator"))
        self.set_truth((), ())

    def set_truth(self, segments: Sequence[StoredSegment], labels: Sequence[Label]) -> None:
        """Show other segments; with fewer than two annotators there is nothing to show."""
        names = sorted({segment.annotator for segment in segments})[:MOST]
        self.names = tuple(names) if len(names) > 1 else ()
        place = {name: row for row, name in enumerate(self.names)}
        self._segments = [segment for segment in segments if segment.annotator in place]
        self._labels = {label.id: label for label in labels}
        self._spans = np.array([(s.start, s.end) for s in self._segments]).reshape(-1, 2)
        self._rows = np.array([place[s.annotator] for s in self._segments], np.int64)
        self.setFixedHeight(len(self.names) * self._pitch + 6)
        self.show_if(bool(self.names))
        self.update()

    def at(self, x: float, y: float) -> StoredSegment | None:
        """The segment under a pixel."""
        row, time, near = int((y - 3) // self._pitch), self.axis.time(x), 2 / self.axis.scale
        under = (self._rows == row) & (self._spans[:, 0] - near <= time)
        here = np.flatnonzero(under & (self._spans[:, 1] + near >= time))
        return self._segments[int(here[-1])] if len(here) and x >= GUTTER else None

    def pressed(self, event: QMouseEvent) -> None:
        found = self.at(event.position().x(), event.position().y())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(found.id)
        else:
            super().pressed(event)

    def moved(self, event: QMouseEvent) -> None:
        super().moved(event)
        found = self.at(event.position().x(), event.position().y())
        tip = tr("The segments of each annotator · click: select")
        if found is not None:
            label = self._labels.get(found.label_id)
            span = f"{clock(found.start)}–{clock(found.end)}"
            tip = f"{found.annotator}: {label.name if label else tr('no label')}  {span}"
        if tip != self.toolTip():
            self.setToolTip(tip)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_still(painter)
        self.draw_playhead(painter)

    def paint_still(self, painter: QPainter) -> None:
        theme, wide = self.theme, self.width() - GUTTER
        painter.fillRect(self.rect(), theme.color("surface"))
        pitch = self._pitch
        for row in range(len(self.names)):
            painter.fillRect(QRectF(GUTTER, 3 + row * pitch, wide, pitch - 2), theme.color("band"))
        axis = self.axis
        seen = np.flatnonzero((self._spans[:, 1] > axis.start) & (self._spans[:, 0] < axis.end))
        if len(seen):
            of = np.array([self._segments[i].label_id for i in seen.tolist()])
            ids, place = np.unique(of, return_inverse=True)
            colors = [self._color(int(label)) for label in ids]
            left, right = (axis.x(self._spans[seen, side]) - GUTTER for side in (0, 1))
            fill = raster.table([faded(color, 0.85) for color in colors])[place]
            ends = raster.table(colors)[place]
            bars = (left, right, self._rows[seen], fill, ends, GUTTER, wide, len(self.names))
            raster.bars(painter, *bars, lambda row: 4 + row * pitch, pitch - 4)
        painter.fillRect(QRectF(0, 0, GUTTER, self.height()), theme.color("window"))
        font = letters(self.font(), 11)
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        for row, name in enumerate(self.names):
            text = QFontMetricsF(font).elidedText(
                name or "nobody", Qt.TextElideMode.ElideRight, GUTTER - 16
            )
            box = QRectF(10, 3 + row * pitch, GUTTER - 14, pitch - 2)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        painter.setPen(theme.color("line"))
        painter.drawLine(GUTTER - 1, 0, GUTTER - 1, self.height())

    def _color(self, label_id: int):
        label = self._labels.get(label_id)
        return self.theme.shown(label.color) if label else self.theme.color("neutral")

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
