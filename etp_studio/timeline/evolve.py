"""Going through the stages: a slider that morphs the bars from one stage into the next.

Positions are stages: 0 the first, 1 the second, 2 the third. What lies between two of them is
drawn for the eye and computed by nobody, and says so.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEasingCurve, QRectF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from etp_core.evolution import Reason
from etp_studio.elided import ElidedLine
from etp_studio.texts import tr
from etp_studio.theme import faded
from etp_studio.timeline import describe
from etp_studio.timeline.axis import GUTTER
from etp_studio.timeline.scene import LANES, Scene

if TYPE_CHECKING:
    from etp_studio.timeline.lanes_picture import LanesPicture

_STEPS = 100  # of the slider between two stages
_PER_STAGE = 700  # milliseconds
MOST = 1500  # bars that move at once, the strongest
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Between:
    """N results on their way: start and end (N,) seconds, their bars at the stage `upper` and the
    next one, and how far they are between those, in [0, 1]."""

    start: Floats
    end: Floats
    upper: int
    share: float
    above: Ints
    below: Ints


def between(scene: Scene, position: float, start: float, end: float) -> Between:
    """The results that reach into [start, end) seconds, as they are at a position of the slider."""
    leaf = scene.leaf
    upper = min(int(position), max(leaf - 1, 0))
    share = position - upper
    below = scene.lanes[leaf].visible(start, end) if leaf >= 0 else np.zeros(0, np.int64)
    below = below[scene.lanes[leaf].reason[below] == Reason.KEPT]
    if len(below) > MOST:
        order = np.argsort(-scene.lanes[leaf].strength[below], kind="stable")
        below = np.sort(below[order[:MOST]])
    for lane in range(leaf, upper + 1, -1):
        below = np.unique(scene.lanes[lane].up[below])
    below = below[below >= 0]
    above = scene.lanes[upper + 1].up[below] if leaf > 0 else below
    below, above = below[above >= 0], above[above >= 0]
    high, low = scene.lanes[upper], scene.lanes[upper + 1]
    if leaf < 1:
        return Between(high.start[above], high.end[above], 0, 0.0, above, above)
    return Between(
        start=(1 - share) * high.start[above] + share * low.start[below],
        end=(1 - share) * high.end[above] + share * low.end[below],
        upper=upper,
        share=share,
        above=above,
        below=below,
    )


def paint(painter: QPainter, lanes: "LanesPicture") -> None:
    """The results on their way between their stages."""
    if lanes.stage is None:
        return
    axis, theme = lanes.axis, lanes.theme
    found = between(lanes.scene, lanes.stage, axis.start, axis.end)
    high, low = lanes.bands[found.upper], lanes.bands[found.upper + 1]
    above, below = lanes.scene.lanes[found.upper], lanes.scene.lanes[found.upper + 1]
    tops = (1 - found.share) * high.rows_top(above.sub[found.above])
    tops = tops + found.share * low.rows_top(below.sub[found.below])
    height = (1 - found.share) * high.bar + found.share * low.bar
    left, right = axis.x(found.start), axis.x(found.end)
    moving = 0 < found.share < 1
    edge = Qt.PenStyle.DashLine if moving else Qt.PenStyle.SolidLine
    picture = lanes.picture()
    colors: dict[int, QColor] = {}
    hues = below.hue[found.below].tolist()
    for x, to, top, hue in zip(left.tolist(), right.tolist(), tops.tolist(), hues, strict=True):
        color = colors.setdefault(hue, picture.color(hue))
        box = QRectF(x, top, max(to - x, 1.0), height)
        painter.fillRect(box, faded(color, 0.75))
        if to - x >= 4:
            painter.setPen(QPen(theme.color("text", 0.9), 1.2, edge))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)


def words(position: float, leaf: int) -> str:
    """What a position of the slider shows."""
    below = min(int(position), leaf)
    if position == below:
        return tr(describe.NAMES[LANES[below]])
    here, there = (tr(describe.NAMES[LANES[k]]) for k in (below, below + 1))
    return tr("between {} and {}: only drawn, not computed").format(here, there)


class EvolveBar(QWidget):
    """The slider, a button that plays it, and what it shows. At its right end nothing is moved."""

    moved = Signal(object)  # the stage in [0, leaf], or None at the right end

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._leaf = 0
        self.play = QToolButton()
        self.play.setText("▶")
        self.play.setAutoRaise(True)
        self.play.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.play.setAccessibleName(tr("Play the evolution"))
        self.play.setToolTip(
            tr("Play from the first stage to the last ([ ] a stage back, forward)")
        )
        self.play.clicked.connect(self.run)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setMinimumWidth(80)
        self.slider.setMaximumWidth(220)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setTickInterval(_STEPS)
        self.slider.setPageStep(_STEPS)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setAccessibleName(tr("Evolve: stage that is shown"))
        self.slider.setToolTip(tr("Drag: move the proposals through the stages"))
        self.slider.valueChanged.connect(self._changed)
        self.slider.sliderPressed.connect(lambda: self._animation.stop())
        self.text = ElidedLine()
        self.text.setObjectName("muted")
        self._animation = QVariantAnimation(self)
        self._animation.valueChanged.connect(lambda value: self.slider.setValue(round(value)))
        name = QLabel(tr("Evolve"))
        name.setFixedWidth(GUTTER - 44)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 8, 0)
        row.setSpacing(6)
        for widget, share in ((name, 0), (self.play, 0), (self.slider, 2), (self.text, 3)):
            row.addWidget(widget, share)
        self.setFixedHeight(30)
        self.set_leaf(-1)

    def set_leaf(self, leaf: int) -> None:
        """The last stage that has proposals; the slider goes there."""
        self._animation.stop()
        if leaf != self._leaf:
            self._leaf = leaf
            self.slider.setRange(0, max(leaf, 0) * _STEPS)
            self.slider.setValue(self.slider.maximum())
        self.setVisible(leaf > 0)
        self._changed()

    @property
    def stage(self) -> float | None:
        """The position of the slider as a stage, None at its right end."""
        value = self.slider.value()
        return None if value == self.slider.maximum() else value / _STEPS

    def run(self) -> None:
        """Move from the first stage to the last."""
        self._animate(0, self._leaf * _STEPS, self._leaf * _PER_STAGE)

    def step(self, by: int) -> None:
        """Move to the next stage (1) or to the one before (-1)."""
        if self._leaf > 0:
            value = self.slider.value()
            running = self._animation.state() is QVariantAnimation.State.Running
            base = round(self._animation.endValue()) if running else value
            here = base // _STEPS if by > 0 else -(-base // _STEPS)
            goal = min(max(here + by, 0), self._leaf) * _STEPS
            self._animate(value, goal, _PER_STAGE // 2)

    def finish(self) -> None:
        """Be where the animation leads to, at once."""
        if self._animation.state() is QVariantAnimation.State.Running:
            goal = round(self._animation.endValue())
            self._animation.stop()
            self.slider.setValue(goal)

    def _animate(self, start: int, end: int, milliseconds: int) -> None:
        self._animation.stop()
        if start == end:
            return
        self._animation.setStartValue(float(start))
        self._animation.setEndValue(float(end))
        self._animation.setDuration(milliseconds)
        self._animation.setEasingCurve(QEasingCurve.Type.InOutSine)
        self._animation.start()

    def _changed(self) -> None:
        position = self.slider.value() / _STEPS
        self.text.set_line(words(position, self._leaf) if self._leaf > 0 else "")
        self.moved.emit(self.stage)
