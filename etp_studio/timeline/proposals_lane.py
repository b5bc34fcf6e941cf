"""The lane of Algorithm 1 by hand: what the curves give at the threshold drawn over them."""

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from etp_core.project import AddSegment
from etp_studio.texts import later, tr
from etp_studio.theme import faded
from etp_studio.timeline import raster
from etp_studio.timeline.axis import GUTTER, SharedAxis
from etp_studio.timeline.bars import pack
from etp_studio.timeline.curves import Curves
from etp_studio.timeline.describe import short
from etp_studio.timeline.letters import growth, letters
from etp_studio.timeline.live import Live
from etp_studio.timeline.parts import Part
from etp_studio.timeline.ticks import clock

HEIGHT = 34
ROWS = 3
FEW = 400  # proposals up to which they are packed into rows; more overlap in one


class ProposalsLane(Part):
    """Bars of the live proposals; a double click makes one a segment of the current label."""

    edited = Signal(object)  # AddSegment
    refused = Signal(str)

    def __init__(
        self, axis: SharedAxis, live: Live, curves: Curves, parent: QWidget | None = None
    ) -> None:
        super().__init__(axis, parent)
        self.video_id: int | None = None
        self.label: int | None = None
        self.read_only = False
        self._live, self._curves = live, curves
        self._sub = np.zeros(0, np.int64)
        self._rows = 1
        self.setFixedHeight(round(HEIGHT * growth(self.font())))
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Proposals of Algorithm 1 at the threshold"))
        live.changed.connect(self._changed)
        self._changed()

    def _changed(self) -> None:
        spans = self._live.found.segments
        self._sub = np.zeros(len(spans), np.int64)
        if len(spans) <= FEW:
            order = np.argsort(spans[:, 0], kind="stable")
            start, end = spans[order].T.tolist()
            self._sub[order] = pack(start, end, [-1] * len(spans), ROWS)
        self._rows = int(self._sub.max(initial=0)) + 1
        self.setAccessibleDescription(self.text)
        self.update()

    @property
    def text(self) -> str:
        """How many proposals there are, and from which score on."""
        count = len(self._live.found)
        return tr("%n proposal(s) at ≥ {}", "", count).format(short(self._live.threshold))

    def at(self, x: float, y: float) -> int | None:
        """The proposal under a pixel; of several the one painted last."""
        if x < GUTTER:
            return None
        time, near = self.axis.time(x), 2 / self.axis.scale
        spans = self._live.found.segments
        under = (spans[:, 0] - near <= time) & (spans[:, 1] + near >= time)
        row = int((y - 4) // ((self.height() - 8) / self._rows))
        here = np.flatnonzero(under & (self._sub == row))
        return int(here[-1]) if len(here) else None

    def describe(self, proposal: int) -> str:
        """A proposal in words."""
        live = self._live
        start, end = live.found.segments[proposal]
        row = int(live.labels[proposal])
        name = self._curves.data.classes[row] if row >= 0 else tr("any action")
        score = short(float(live.found.scores[proposal]))
        return "\n".join(
            (
                tr("{}, mean actionness {}").format(name, score),
                f"{clock(start)}–{clock(end)}",
                tr("Double-click: make it a segment of the current label"),
            )
        )

    def moved(self, event: QMouseEvent) -> None:
        super().moved(event)
        found = self.at(event.position().x(), event.position().y())
        tip = self.describe(found) if found is not None else tr(_HELP)
        if tip != self.toolTip():
            self.setToolTip(tip)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position().x(), event.position().y())
        if found is None or self.video_id is None or self.read_only:
            super().mouseDoubleClickEvent(event)
        elif self.label is None:
            self.refused.emit(tr("Add or choose a label first: a new segment needs one."))
        else:
            start, end = self._live.found.segments[found].tolist()
            source = f"accepted:Algorithm 1 at {self._live.threshold:.3f}"
            self.edited.emit(AddSegment(self.video_id, self.label, start, end, source))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_still(painter)
        self.draw_playhead(painter)

    def paint_still(self, painter: QPainter) -> None:
        theme, live = self.theme, self._live
        painter.fillRect(self.rect(), theme.color("surface"))
        painter.fillRect(
            QRectF(GUTTER, 2, self.width() - GUTTER, self.height() - 4), theme.color("band")
        )
        self._bars(painter)
        painter.fillRect(QRectF(0, 0, GUTTER, self.height()), theme.color("window"))
        large = growth(self.font())
        painter.setFont(letters(self.font(), 12))
        painter.setPen(theme.color("text"))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(10, 2, GUTTER - 12, 16 * large), left, tr("Algorithm 1"))
        painter.setFont(letters(self.font(), 10))
        painter.setPen(theme.color("muted"))
        text = self.text if live.ready else tr("no curves yet")
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, GUTTER - 14)
        painter.drawText(QRectF(10, 17 * large, GUTTER - 12, 14 * large), left, text)
        painter.setPen(theme.color("line"))
        painter.drawLine(GUTTER - 1, 0, GUTTER - 1, self.height())

    def _bars(self, painter: QPainter) -> None:
        found, axis = self._live.found, self.axis
        spans = found.segments
        seen = np.flatnonzero((spans[:, 1] > axis.start) & (spans[:, 0] < axis.end))
        if not len(seen):
            return
        classes = len(self._curves.data.classes)
        labels = self._live.labels[seen]
        rows = np.where(labels >= 0, labels, classes)
        there = np.bincount(rows) > 0
        colors = [self._curves.hue(row) for row in np.flatnonzero(there).tolist()]
        place = (np.cumsum(there) - 1)[rows]
        fill = raster.table([faded(color, 0.6) for color in colors])[place]
        ends = raster.table([faded(color, 0.95) for color in colors])[place]
        left, right = (axis.x(spans[seen, side]) - GUTTER for side in (0, 1))
        pitch, wide = (self.height() - 8) / self._rows, self.width() - GUTTER
        bars = (left, right, self._sub[seen], fill, ends, GUTTER, wide, self._rows)
        raster.bars(painter, *bars, lambda row: 4 + row * pitch, pitch - 1)


_HELP = later(
    "What Algorithm 1 finds in the curves at the threshold\nDrag the line over the curves: move it"
)
