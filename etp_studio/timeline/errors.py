"""The error lane: by how many frames each stage missed each boundary of the ground truth."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from etp_core.evolution import Reason
from etp_core.timeline import nearest_cuts
from etp_studio.texts import later, tr
from etp_studio.theme import Theme
from etp_studio.timeline import describe, raster
from etp_studio.timeline.axis import GUTTER, SharedAxis
from etp_studio.timeline.bars import pair_tiou
from etp_studio.timeline.letters import growth, letters
from etp_studio.timeline.parts import Part
from etp_studio.timeline.scene import NOTHING, Scene

HEIGHT = 56
APART = 9.0  # pixels between the marks of two stages
FEW = 120  # boundaries on screen up to which every stage has its mark
LEAST = 3  # frames; the scale never shows less
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Errors:
    """Signed errors in frames (M, stages, 2) of M ground truths at start and end, later positive;
    NaN where a stage has nothing for one. best (M,): the result's bar that each was compared with.
    """

    frames: Floats
    best: NDArray[np.int64]


def errors(scene: Scene, cuts: Floats) -> Errors:
    """Each ground truth against its best result and what that came from; cuts (n + 1,) seconds.

    The best is the result of its own class that overlaps it most, else of another class.
    """
    truth, leaf = scene.truth, scene.leaf
    stages = max(leaf + 1, 1)
    frames = np.full((len(truth), stages, 2), np.nan)
    best = np.full(len(truth), -1, np.int64)
    if leaf < 0 or not len(truth):
        return Errors(frames, best)
    results = scene.lanes[leaf]
    rows = np.flatnonzero((results.match >= 0) & (results.reason == Reason.KEPT))
    match = results.match[rows]
    fit = pair_tiou(results.start[rows], results.end[rows], truth.start[match], truth.end[match])
    order = np.lexsort((fit, results.hue[rows] == truth.hue[match]))
    best[match[order]] = rows[order]  # the last one written wins: the best
    known = np.flatnonzero(best >= 0)
    bars = best[known]
    goals = [nearest_cuts(cuts, side[known]) for side in (truth.start, truth.end)]
    for lane in range(leaf, -1, -1):
        here = scene.lanes[lane]
        there = bars >= 0
        for side, times in enumerate((here.start, here.end)):
            found = nearest_cuts(cuts, times[bars[there]])
            frames[known[there], lane, side] = found - goals[side][there]
        if lane:
            bars = np.where(there, here.up[bars], -1)
    return Errors(frames, best)


class ErrorLane(Part):
    """A mark per boundary and stage, above the line where it is late and below where it is early.

    A ring is the first stage, a ring with a dot the second; the last is ▲ where it is nearer to the
    truth than the first was, ▼ where it is farther away, ■ where it is as near.
    """

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self._scene: Scene = NOTHING
        self._errors = errors(NOTHING, np.array([0.0, 1.0]))
        self._worst: Floats = np.zeros(0)  # of each ground truth
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Boundary errors in frames"))

    def set_scene(self, scene: Scene, cuts: Floats) -> None:
        """Show the errors of other bars."""
        self._scene, self._errors = scene, errors(scene, cuts)
        self._worst = np.nanmax(np.abs(self._errors.frames), axis=(1, 2), initial=0.0)
        self.show_if(bool((self._errors.best >= 0).any()))
        self.refresh()

    def _seen(self) -> NDArray[np.int64]:
        shown = self._scene.truth.visible(self.axis.start, self.axis.end)
        return shown[self._errors.best[shown] >= 0]

    def _most(self, seen: NDArray[np.int64]) -> float:
        """Frames at the upper and lower end of the scale."""
        return max(float(self._worst[seen].max(initial=0.0)), LEAST)

    def _y(self, frames: float | Floats, most: float) -> Floats:
        """Height of an error; roots, so that one frame is seen beside fifty."""
        half = HEIGHT / 2 - 8
        return HEIGHT / 2 - np.sign(frames) * np.sqrt(np.abs(frames) / most) * half

    def describe(self, truth: int) -> str:
        """The errors of a ground truth in words."""
        lines = [self._scene.names[int(self._scene.truth.hue[truth])] or tr("no class")]
        for side, name in enumerate((tr("start"), tr("end"))):
            parts = [
                "–" if np.isnan(error) else describe.signed(int(error))
                for error in self._errors.frames[truth, :, side].tolist()
            ]
            lines.append(f"{name} {describe.ARROW.join(parts)}")
        return "\n".join([*lines, tr("− early, + late")])

    def moved(self, event: QMouseEvent) -> None:
        super().moved(event)
        time = self.axis.time(event.position().x())
        seen, truth = self._seen(), self._scene.truth
        tip = tr(_HELP)
        if len(seen) and event.position().x() >= GUTTER:
            away = np.maximum(truth.start[seen] - time, time - truth.end[seen])
            near = int(np.argmin(away))
            if away[near] * self.axis.scale < 20:
                tip = self.describe(int(seen[near]))
        if tip != self.toolTip():
            self.setToolTip(tip)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.draw_still(painter)
        self.draw_playhead(painter)

    def paint_still(self, painter: QPainter) -> None:
        theme, middle = self.theme, HEIGHT / 2
        painter.fillRect(self.rect(), theme.color("surface"))
        painter.fillRect(QRectF(GUTTER, 2, self.width() - GUTTER, HEIGHT - 4), theme.color("band"))
        line = QRectF(GUTTER, middle, self.width() - GUTTER, 1)
        painter.fillRect(line, theme.color("muted", 0.7))
        seen = self._seen()
        most = self._most(seen)
        if 2 * len(seen) <= FEW:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for truth in seen.tolist():
                for side in (0, 1):
                    self._boundary(painter, truth, side, most)
        else:
            self._crowd(painter, seen, most)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._gutter(painter, most)

    def _boundary(self, painter: QPainter, truth: int, side: int, most: float) -> None:
        theme, bars = self.theme, self._scene.truth
        errors = self._errors.frames[truth, :, side]
        x = self.axis.x((bars.start, bars.end)[side][truth])
        if not GUTTER - 20 <= x <= self.width() + 20:
            return
        room = (bars.end[truth] - bars.start[truth]) * self.axis.scale / 2 / max(len(errors), 1)
        pitch = min(APART, max(room, 2.0)) * (1 if side == 0 else -1)
        order = range(len(errors)) if side == 0 else range(len(errors) - 1, -1, -1)
        points = []
        for place, stage in enumerate(order):
            if np.isfinite(errors[stage]):
                step = place if side == 0 else len(errors) - 1 - place
                at = QPointF(x + pitch * (step + 0.4), self._y(errors[stage], most))
                points.append((stage, at))
        points.sort(key=lambda point: point[0])
        painter.setPen(QPen(theme.color("muted", 0.8), 1))
        painter.drawPolyline(QPolygonF([point for _, point in points]))
        finite = errors[np.isfinite(errors)]
        better = np.sign(abs(finite[0]) - abs(finite[-1])) if len(finite) > 1 else 0
        ratio, vector = painter.device().devicePixelRatio(), raster.is_vector(painter)
        for stage, point in points:
            mark = (stage, len(errors) - 1, int(better), theme)
            if vector:
                _mark(painter, point, *mark)
            else:
                stamp = _stamp(*mark, ratio)
                half = stamp.deviceIndependentSize().width() / 2
                painter.drawPixmap(QPointF(point.x() - half, point.y() - half), stamp)
        if len(points) and abs(pitch) >= APART - 1 and room > 34:
            font = QFont(self.font())
            font.setPixelSize(9)
            painter.setFont(font)
            painter.setPen(theme.color("text"))
            last = points[-1][1]
            align = Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignLeft if side == 0 else Qt.AlignmentFlag.AlignRight
            )
            left = last.x() + 6 if side == 0 else last.x() - 46
            text = describe.signed(int(finite[-1]))
            painter.drawText(QRectF(left, last.y() - 6, 40, 12), align, text)

    def _crowd(self, painter: QPainter, seen: NDArray[np.int64], most: float) -> None:
        """The last stage only: per pixel how late and how early its boundaries are at worst."""
        wide = max(self.width() - GUTTER, 1)
        late, early = np.zeros(wide), np.zeros(wide)
        truth = self._scene.truth
        for side, times in enumerate((truth.start, truth.end)):
            error = np.nan_to_num(self._errors.frames[seen, -1, side])
            x = (self.axis.x(times[seen]) - GUTTER).astype(np.int64)
            inside = (x >= 0) & (x < wide)
            np.maximum.at(late, x[inside], error[inside])
            np.minimum.at(early, x[inside], error[inside])
        if raster.is_vector(painter):
            tops, bottoms = (self._y(worst, most).tolist() for worst in (late, early))
            for column in np.flatnonzero((late > 0) | (early < 0)).tolist():
                height = bottoms[column] - tops[column]
                box = QRectF(GUTTER + column, tops[column], 1, height)
                painter.fillRect(box, self.theme.color("text", 0.75))
            return
        heights = np.arange(HEIGHT)[:, None] + 0.5
        reached = (heights >= self._y(late, most)) & (heights <= self._y(early, most))
        ink = raster.table([self.theme.color("text", 0.75)])[0]
        pixels = np.where(reached & ((late > 0) | (early < 0)), ink, np.uint32(0))
        raster.draw_whole(painter, np.ascontiguousarray(pixels, np.uint32), GUTTER, 0)

    def _gutter(self, painter: QPainter, most: float) -> None:
        theme = self.theme
        painter.fillRect(QRectF(0, 0, GUTTER, HEIGHT), theme.color("window"))
        large = growth(self.font())
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        unit = tr("frames off") if large < 1.1 else ""  # the ends of the scale need its place
        for size, color, top, text in (
            (12, "text", HEIGHT / 2 - 15 * large, tr("Error")),
            (10, "muted", HEIGHT / 2 + 1, unit),
        ):
            painter.setFont(letters(self.font(), size))
            painter.setPen(theme.color(color))
            painter.drawText(QRectF(10, top, GUTTER - 44, 14 * large), left, text)
        for top, text in (
            (1, tr("+{:.0f} late").format(most)),
            (HEIGHT - 14 * large - 1, tr("−{:.0f} early").format(most)),
        ):
            painter.drawText(QRectF(GUTTER - 90, top, 84, 14 * large), right, text)
        painter.setPen(theme.color("line"))
        painter.drawLine(GUTTER - 1, 0, GUTTER - 1, HEIGHT)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.refresh()
        super().changeEvent(event)


@lru_cache(maxsize=64)
def _stamp(stage: int, last: int, better: int, theme: Theme, ratio: float) -> QPixmap:
    """A mark as a picture: of hundreds on screen few are different."""
    stamp = QPixmap(round(12 * ratio), round(12 * ratio))
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _mark(painter, QPointF(6, 6), stage, last, better, theme)
    painter.end()
    return stamp


def _mark(painter: QPainter, at: QPointF, stage: int, last: int, better: int, theme: Theme) -> None:
    painter.setPen(QPen(theme.color("text"), 1.1))
    painter.setBrush(theme.color("surface"))
    if stage < last or stage == 0:
        painter.drawEllipse(at, 2.8, 2.8)
        if stage:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("text"))
            painter.drawEllipse(at, 1.2, 1.2)
        return
    painter.setPen(QPen(theme.color("surface", 0.9), 1))
    painter.setBrush(theme.color(("away", "neutral", "towards")[better + 1]))
    x, y, r = at.x(), at.y(), 4.0
    if better == 0:
        painter.drawRect(QRectF(x - 3, y - 3, 6, 6))
    else:
        tip, foot = y - r * better, y + r * better
        corners = [(x - r, foot), (x + r, foot), (x, tip)]
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))


_HELP = later(
    "By how many frames each stage missed the boundaries: above late, below early\n"
    "○ Actionness, ◉ Refinement; Localization ▲ nearer than Actionness, ▼ farther, ■ as near"
)
