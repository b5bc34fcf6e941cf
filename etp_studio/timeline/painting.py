"""The still picture of the lanes: bands, ribbons, bars and their marks.

Everything is drawn from arrays of what is on screen, in batches of one colour; what is narrower
than a pixel is drawn once per pixel.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap, QPolygonF

from etp_core.evolution import Reason
from etp_studio.theme import Theme, faded, ink, mixed
from etp_studio.timeline import heat, naming, raster
from etp_studio.timeline.axis import GUTTER, Axis
from etp_studio.timeline.bars import Bars
from etp_studio.timeline.layout import Lane
from etp_studio.timeline.median import median
from etp_studio.timeline.ribbons import lost, ribbons
from etp_studio.timeline.scene import TRUTH, Scene

OFF = 40.0  # pixels beyond the widget at which bars are clipped
STEPS = 5  # shades of opacity; more cannot be told apart
CROWD = 150  # bars of a lane on screen from which they are drawn as one picture
SEAM = 6.0  # pixels of both segments from which the line between them is drawn
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
        visible = self.visible
        for lane in range(self.scene.leaf + 1):
            lost(painter, self, lane)
            ribbons(painter, self, lane + 1 if lane < self.scene.leaf else TRUTH)
        for lane, shown in enumerate(visible):
            self._bars(painter, lane, shown)
        self._seams(painter, visible[TRUTH])
        for lane, shown in enumerate(visible):
            self._marks(painter, lane, shown)
            naming.paint(painter, self, lane, shown)

    @cached_property
    def visible(self) -> tuple[Ints, ...]:
        """The bars of each lane that are on screen."""
        return tuple(bars.visible(self.axis.start, self.axis.end) for bars in self.scene.lanes)

    @cached_property
    def dense(self) -> tuple[bool, ...]:
        """Which lanes are heat; the ground truth never is, for people take hold of it."""
        found = [
            heat.is_dense(bars, shown, self.axis)
            for bars, shown in zip(self.scene.lanes[:TRUTH], self.visible, strict=False)
        ]
        return (*found, False)

    def _frames(self, painter: QPainter) -> None:
        """Hairlines at the cuts, where frames can be told apart."""
        first, last = np.searchsorted(self.cuts, (self.axis.start, self.axis.end))
        shown = self.cuts[first:last]
        if not 2 <= len(shown) <= self.axis.width:
            return
        if self.axis.scale * median(np.diff(shown)) < 7:
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

    def ink(self, lane: int, hue: int, strength: float) -> QColor:
        """The colour of a name on a bar."""
        return _ink(self.scene.hues[hue], round(_opacity(lane, strength), 2), self.theme)

    # bars

    def _bars(self, painter: QPainter, index: int, shown: Ints) -> None:
        bars, lane = self.scene.lanes[index], self.lanes[index]
        if index == TRUTH and self.held is not None:
            shown = shown[shown != self.held]
        if self.dense[index]:
            back = self.chain is not None
            hues = self.scene.hues
            heat.paint(painter, bars, shown, self.axis, lane, hues, self.theme, back)
            if not back:
                return
            shown = shown[self.forward(index, shown)]
        left, right = self.xs(bars, shown)
        level = np.ceil(bars.strength[shown] * STEPS).astype(np.int64)
        level[bars.reason[shown] != Reason.KEPT] = 0
        forward = self.forward(index, shown)
        shade = (bars.hue[shown] * (STEPS + 1) + level) * 2 + forward
        rank = (level + 8 * forward).astype(np.int8)
        order = np.argsort(rank, kind="stable")  # what is brought forward comes last
        left, right, shade, sub = left[order], right[order], shade[order], bars.sub[shown][order]
        if len(shown) > CROWD:
            self._crowd(painter, index, left, right, shade, sub)
            return
        fills, edges = _shades(self.scene.hues, self.theme, index == TRUTH)
        top = lane.rows_top(sub)
        width = np.maximum(right - left, 1.0)
        painter.setPen(Qt.PenStyle.NoPen)
        for x, y, w, key in zip(
            left.tolist(), top.tolist(), width.tolist(), shade.tolist(), strict=True
        ):
            painter.fillRect(QRectF(x, y, w, lane.bar), fills[key])
            if edges and w >= 4:
                painter.fillRect(QRectF(x, y, 1.5, lane.bar), edges[key])
                painter.fillRect(QRectF(x + w - 1.5, y, 1.5, lane.bar), edges[key])

    def _seams(self, painter: QPainter, shown: Ints) -> None:
        """A line where two segments of one row meet: without it a cut within a label is unseen."""
        bars, lane = self.scene.truth, self.lanes[TRUTH]
        if self.held is not None:
            shown = shown[shown != self.held]
        left, right = self.xs(bars, shown)
        order = np.lexsort((left, bars.sub[shown]))
        before, after = order[:-1], order[1:]
        meets = bars.sub[shown[before]] == bars.sub[shown[after]]
        meets &= np.abs(bars.start[shown[after]] - bars.end[shown[before]]) < 1e-6
        meets &= np.minimum(right[before] - left[before], right[after] - left[after]) >= SEAM
        tops = lane.rows_top(bars.sub[shown[after[meets]]])
        color = self.theme.color("surface")
        for x, y in zip(left[after[meets]].tolist(), tops.tolist(), strict=True):
            painter.fillRect(QRectF(round(x) - 1, y, 2, lane.bar), color)

    def _crowd(
        self,
        painter: QPainter,
        index: int,
        left: NDArray[np.float64],
        right: NDArray[np.float64],
        shade: Ints,
        sub: Ints,
    ) -> None:
        lane, rows = self.lanes[index], self.scene.lanes[index].sub_rows
        fills, edges = _tables(self.scene.hues, self.theme, index == TRUTH)
        ends = None if edges is None else edges[shade]
        places = (left - GUTTER, right - GUTTER, sub, fills[shade], ends)
        wide = self.width - GUTTER
        raster.bars(painter, *places, GUTTER, wide, rows, lane.row_top, lane.bar)

    # marks

    def _marks(self, painter: QPainter, index: int, shown: Ints) -> None:
        """▲ where a boundary moved towards the truth, ▼ where it moved away."""
        bars, lane = self.scene.lanes[index], self.lanes[index]
        if index in (0, TRUTH) or lane.bar < 4:
            return
        left, right = self.xs(bars, shown)
        size = min(max(lane.bar * 0.28, 2.6), 4.0)
        room = (right - left >= 4 * size + 9) & self.forward(index, shown)
        room &= bars.moved[shown].any(axis=1)
        ratio, vector = painter.device().devicePixelRatio(), raster.is_vector(painter)
        for i in np.flatnonzero(room).tolist():
            y = lane.row_top(int(bars.sub[shown[i]])) + lane.bar / 2
            for side, x in enumerate((left[i] + 3.2 + size, right[i] - 3.2 - size)):
                towards = int(bars.moved[shown[i], side])
                if towards and vector:
                    painter.save()
                    _draw_triangle(painter, QPointF(x, y), size, towards, self.theme)
                    painter.restore()
                elif towards:
                    stamp = _triangle(size, towards, ratio, self.theme)
                    half = stamp.deviceIndependentSize().width() / 2
                    painter.drawPixmap(QPointF(x - half, y - half), stamp)


def _opacity(lane: int, strength):
    """How opaque a bar is: the ground truth nearly full, proposals by their score in [0, 1]."""
    return 0.92 if lane == TRUTH else 0.3 + 0.55 * strength


@lru_cache(maxsize=16)
def _shades(hues: tuple[str, ...], theme: Theme, truth: bool) -> tuple[list[QColor], list[QColor]]:
    """Colours of bars and of their ends by (hue, level, forward), flat; the truth has no ends."""
    fills, edges = [], []
    for hue in hues:
        color = theme.shown(hue) if hue else theme.color("neutral")
        for level in range(STEPS + 1):
            opacity = _opacity(TRUTH if truth else 0, level / STEPS)
            fills += [faded(color, opacity * 0.35), faded(color, opacity)]
            edges += [faded(color, 0.4), faded(color, 0.95)]
    return fills, [] if truth else edges


@lru_cache(maxsize=16)
def _tables(
    hues: tuple[str, ...], theme: Theme, truth: bool
) -> tuple[raster.Colors, raster.Colors | None]:
    fills, edges = _shades(hues, theme, truth)
    return raster.table(fills), raster.table(edges) if edges else None


@lru_cache(maxsize=1024)
def _ink(hue: str, fill: float, theme: Theme) -> QColor:
    """The colour of a name on a bar of that hue and opacity."""
    color = theme.shown(hue) if hue else theme.color("neutral")
    return ink(mixed(color, theme.color("band"), fill))


@lru_cache(maxsize=32)
def _triangle(size: float, up: int, ratio: float, theme: Theme) -> QPixmap:
    """▲ or ▼ of about `size` pixels to each side, with a rim that parts it from its bar."""
    whole = 2 * size + 4
    stamp = QPixmap(round(whole * ratio), round(whole * ratio))
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_triangle(painter, QPointF(whole / 2, whole / 2), size, up, theme)
    painter.end()
    return stamp


def _draw_triangle(painter: QPainter, at: QPointF, size: float, up: int, theme: Theme) -> None:
    x, y, h = at.x(), at.y(), size * up
    shape = QPolygonF([QPointF(x - size, y + h), QPointF(x + size, y + h), QPointF(x, y - h)])
    painter.setPen(QPen(theme.color("surface", 0.9), 2.4))
    painter.drawPolygon(shape)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("towards" if up == 1 else "away"))
    painter.drawPolygon(shape)
