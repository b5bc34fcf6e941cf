"""The still picture of the lanes: bands, ribbons, bars and their marks.

Everything is drawn from arrays of what is on screen, in batches of one colour; what is narrower
than a pixel is drawn once per pixel.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
)

from etp_core.evolution import Reason
from etp_studio.theme import Theme, faded, ink, mixed
from etp_studio.timeline.axis import GUTTER, Axis
from etp_studio.timeline.bars import Bars
from etp_studio.timeline.layout import Lane
from etp_studio.timeline.ribbons import lost, ribbons
from etp_studio.timeline.scene import TRUTH, Scene

OFF = 40.0  # pixels beyond the widget at which bars are clipped
STEPS = 5  # shades of opacity; more cannot be told apart
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Picture:
    """All that the still picture depends on. `chain`: bars to bring forward, or None for none."""

    scene: Scene
    lanes: tuple[Lane, ...]
    axis: Axis
    theme: Theme
    width: float
    height: float
    font: QFont
    cuts: NDArray[np.float64]
    chain: tuple[Ints, Ints, Ints, Ints] | None = None
    held: int | None = None  # bar of the ground truth lane that is being dragged, not drawn here

    def paint(self, painter: QPainter) -> None:
        """Draw it, without the gutter."""
        painter.fillRect(QRectF(0, 0, self.width, self.height), self.theme.color("surface"))
        left, right = self._ends()
        for lane in self.lanes:
            band = QRectF(left, lane.top, right - left, lane.bottom - lane.top)
            painter.fillRect(band, self.theme.color("band"))
        self._frames(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        visible = [b.visible(self.axis.start, self.axis.end) for b in self.scene.lanes]
        for lane in range(self.scene.leaf + 1):
            lost(painter, self, lane)
            ribbons(painter, self, lane + 1 if lane < self.scene.leaf else TRUTH)
        for lane, shown in enumerate(visible):
            self._bars(painter, lane, shown)
        for lane, shown in enumerate(visible):
            self._marks(painter, lane, shown)
            self._texts(painter, lane, shown)

    def _frames(self, painter: QPainter) -> None:
        """Hairlines at the cuts, where frames can be told apart."""
        first, last = np.searchsorted(self.cuts, (self.axis.start, self.axis.end))
        shown = self.cuts[first:last]
        if len(shown) < 2 or self.axis.scale * float(np.median(np.diff(shown))) < 7:
            return
        painter.setPen(QPen(self.theme.color("grid"), 1))
        xs = [round(x) + 0.5 for x in self.axis.x(shown).tolist() if x >= GUTTER]
        painter.drawLines([QLineF(x, 0, x, self.height) for x in xs])

    def _ends(self) -> tuple[float, float]:
        """Pixels of the first and the last cut, as far as they are on screen."""
        left = max(self.axis.x(self.axis.low), GUTTER)
        return left, min(self.axis.x(self.axis.high), self.width)

    def xs(
        self, bars: Bars, which: Ints, beyond: float = OFF
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Left and right of bars in pixels, at most `beyond` pixels outside the widget."""
        low, high = GUTTER - beyond, self.width + beyond
        left = np.clip(self.axis.x(bars.start[which]), low, high)
        return left, np.clip(self.axis.x(bars.end[which]), low, high)

    def forward(self, lane: int, which: Ints) -> NDArray[np.bool_]:
        """Which of these bars are drawn at full strength."""
        if self.chain is None:
            return np.ones(len(which), bool)
        return np.isin(which, self.chain[lane])

    def color(self, hue: int) -> QColor:
        """The colour of an index into the scene's hues."""
        name = self.scene.hues[hue]
        return self.theme.shown(name) if name else self.theme.color("neutral")

    # bars

    def _bars(self, painter: QPainter, index: int, shown: Ints) -> None:
        bars, lane = self.scene.lanes[index], self.lanes[index]
        if index == TRUTH and self.held is not None:
            shown = shown[shown != self.held]
        left, right = self.xs(bars, shown)
        width = np.maximum(right - left, 1.0)
        level = np.ceil(bars.strength[shown] * STEPS).astype(np.int64)
        level[bars.reason[shown] != Reason.KEPT] = 0
        forward = self.forward(index, shown)
        top = lane.rows_top(bars.sub[shown])
        wide = width >= 4
        left, width = np.where(wide, left, np.floor(left)), np.where(wide, width, np.ceil(width))
        group = (bars.hue[shown] * (STEPS + 1) + level) * 2 + forward
        order = _once(group, left, top, wide)
        painter.setPen(Qt.PenStyle.NoPen)
        for key in np.unique(group[order]):
            mine = order[group[order] == key]
            strength, front = int(key) // 2 % (STEPS + 1) / STEPS, bool(key % 2)
            color = self.color(int(key) // 2 // (STEPS + 1))
            fill = _opacity(index, strength) * (1.0 if front else 0.35)
            painter.setBrush(faded(color, fill))
            painter.drawRects(_rects(left[mine], top[mine], width[mine], lane.bar))
            if index != TRUTH:
                edge = QColor(faded(color, 0.95 if front else 0.4))
                ends = mine[width[mine] >= 4]
                painter.setBrush(edge)
                painter.drawRects(_rects(left[ends], top[ends], 1.5, lane.bar))
                painter.drawRects(_rects((left + width)[ends] - 1.5, top[ends], 1.5, lane.bar))

    # marks and texts

    def _marks(self, painter: QPainter, index: int, shown: Ints) -> None:
        """▲ where a boundary moved towards the truth, ▼ where it moved away."""
        bars, lane = self.scene.lanes[index], self.lanes[index]
        if index in (0, TRUTH) or lane.bar < 8:
            return
        left, right = self.xs(bars, shown)
        size = min(lane.bar * 0.28, 4.0)
        forward = self.forward(index, shown)
        room = (right - left >= 10 * size) & forward
        for towards in (1, -1):
            path = QPainterPath()
            for i in np.flatnonzero(room).tolist():
                y = lane.row_top(int(bars.sub[shown[i]])) + lane.bar / 2
                for side, x in enumerate((left[i] + 3.2 + size, right[i] - 3.2 - size)):
                    if bars.moved[shown[i], side] == towards:
                        path.addPolygon(_triangle(x, y, size, towards))
            path.closeSubpath()
            name = "towards" if towards == 1 else "away"
            painter.strokePath(path, QPen(self.theme.color("surface", 0.9), 2.4))
            painter.fillPath(path, self.theme.color(name))

    def _texts(self, painter: QPainter, index: int, shown: Ints) -> None:
        """Names in the bars of results and of the ground truth, where there is room for them."""
        bars, lane = self.scene.lanes[index], self.lanes[index]
        if index not in (self.scene.leaf, TRUTH) or lane.bar < 12:
            return
        font = QFont(self.font)
        font.setPixelSize(int(min(max(lane.bar * 0.72, 9), 12)))
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        left, right = self.xs(bars, shown)
        forward = self.forward(index, shown)
        inset = 6.0 if index == TRUTH else 15.0
        for i in np.flatnonzero((right - left >= 2 * inset + 18) & forward).tolist():
            bar = int(shown[i])
            if index == TRUTH and bar == self.held:
                continue
            a, b = max(left[i], GUTTER), min(right[i], self.width)
            box = QRectF(a + inset, lane.row_top(int(bars.sub[bar])), b - a - 2 * inset, lane.bar)
            name = self.scene.names[int(bars.hue[bar])]
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, box.width())
            if len(text) < min(len(name), 3):
                continue
            fill = _opacity(index, float(bars.strength[bar]) * (bars.reason[bar] == Reason.KEPT))
            under = self.theme.color("band")
            painter.setPen(ink(mixed(self.color(int(bars.hue[bar])), under, fill)))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _opacity(lane: int, strength: float) -> float:
    """How opaque a bar is: the ground truth nearly full, proposals by their score in [0, 1]."""
    return 0.92 if lane == TRUTH else 0.3 + 0.55 * strength


def _triangle(x: float, y: float, size: float, up: int) -> QPolygonF:
    h = size * up
    return QPolygonF([QPointF(x - size, y + h), QPointF(x + size, y + h), QPointF(x, y - h)])


def _rects(left, top, width, height: float) -> list[QRectF]:
    widths = width.tolist() if isinstance(width, np.ndarray) else [width] * len(left)
    return [
        QRectF(x, y, w, height) for x, y, w in zip(left.tolist(), top.tolist(), widths, strict=True)
    ]


def _once(group: Ints, x, y, keep: NDArray[np.bool_]) -> Ints:
    """Indices of what must be drawn: all of `keep`, and of the others one per colour and place."""
    thin = np.flatnonzero(~keep)
    if len(thin):
        keys = np.stack([group[thin].astype(np.float64), x[thin], y[thin]], axis=1)
        thin = thin[np.unique(keys, axis=0, return_index=True)[1]]
    return np.sort(np.concatenate([thin, np.flatnonzero(keep)]))
