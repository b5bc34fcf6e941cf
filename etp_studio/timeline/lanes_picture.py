"""The four lanes as a picture: what is painted, and what lies where. Gestures are in `lanes`."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from etp_core.evolution import Evolution
from etp_core.project import Label, StoredSegment
from etp_studio.editing.draft import Draft
from etp_studio.editing.hit import NOTHING as NO_HIT
from etp_studio.editing.hit import Box, Hit, hit
from etp_studio.texts import tr
from etp_studio.timeline import describe, evolve, overlay
from etp_studio.timeline.axis import GUTTER, SharedAxis
from etp_studio.timeline.layout import Lane, arrange
from etp_studio.timeline.painting import CROWD, Picture
from etp_studio.timeline.parts import Part
from etp_studio.timeline.scene import NOTHING, TRUTH, Scene


class LanesPicture(Part):
    """Actionness, Refinement, Localization and Ground truth on the shared axis.

    The still picture is kept; the playhead, what is hovered or selected and the draft lie over it.
    """

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.scene: Scene = NOTHING
        self.evolution: Evolution | None = None
        self.truth: Sequence[StoredSegment] = ()
        self.labels: Sequence[Label] = ()
        self.cuts: NDArray[np.float64] = np.array([0.0, 1.0])
        self.label: int | None = None
        self.selected: int | None = None
        self.also: frozenset[int] = frozenset()  # selected beside that one
        self.chain: tuple[int, int] | None = None  # lane and bar of the chosen proposal
        self.hovered: tuple[int, int] | None = None
        self.stage: float | None = None  # where the results are between the stages, see evolve
        self.begun: Sequence[tuple[int | None, float]] = ()  # label, start: end at the playhead
        self.bands: tuple[Lane, ...] = arrange(0, (1, 1, 1, 1))
        self.keyboard = False  # whether the keyboard was brought here by the keyboard
        self._picture: QPixmap | None = None
        self._gutter: QPixmap | None = None  # does not move with the axis
        self._heat: tuple[bool, ...] = ()  # what the gutter says of the lanes
        self.setAccessibleName(tr("Proposals of each stage and ground truth"))
        self.setMinimumHeight(170)

    @property
    def draft(self) -> Draft | None:
        """The segment under the hand, if one is dragged."""
        return None

    def show_scene(self, scene: Scene) -> None:
        """Paint other bars."""
        self.scene, self.hovered, self.chain = scene, None, None
        self._arrange()
        self.refresh()
        self.announce()

    def set_chain(self, chain: tuple[int, int] | None) -> None:
        """Bring a proposal (lane, bar) and all that belongs to it forward, or nothing."""
        if chain != self.chain:
            self.chain = chain
            self.refresh()

    def set_stage(self, stage: float | None) -> None:
        """Show the results at a stage, or between two of them; None: where they ended."""
        if (stage is None) != (self.stage is None):
            self._picture = None
        self.stage = stage
        self.update()

    def announce(self) -> None:
        """Tell screen readers what is selected."""
        names = {label.id: label.name for label in self.labels}
        text = describe.spoken(
            self.truth, self.selected, lambda id_: names.get(id_, tr("no label"))
        )
        self.setAccessibleDescription(text)

    def refresh(self) -> None:
        self._gutter = None
        self.follow_axis()

    def follow_axis(self) -> None:
        self._picture = None
        self.update()

    def picture(self) -> Picture:
        """The still picture as it would be painted now."""
        draft = self.draft
        held = None if draft is None or draft.segment is None else self.bar_of(draft.segment)
        chain = self.scene.chain(*self.chain) if self.chain else None
        if self.stage is not None:  # the stages step back behind what moves between them
            none = np.zeros(0, np.int64)
            chain = (none, none, none, np.arange(len(self.scene.truth)))
        return Picture(
            self.scene,
            self.bands,
            self.axis,
            self.theme,
            self.width(),
            self.height(),
            self.font(),
            self.cuts,
            chain,
            held,
        )

    def bar_of(self, segment_id: int) -> int:
        """The bar of a ground truth segment, -1 if it is not there."""
        for row, stored in enumerate(self.truth):
            if stored.id == segment_id:
                return self.scene.truth.find(row)
        return -1

    def also_boxes(self) -> list[QRectF]:
        """Where the segments are painted that are selected beside the first, as far as on screen.

        Of a crowd, those that touch each other in a row are one box: they cannot be told apart.
        """
        if not self.also:
            return []
        bars, axis, band = self.scene.truth, self.axis, self.bands[TRUTH]
        shown = bars.visible(axis.start, axis.end)
        ids = [self.truth[row].id for row in bars.row[shown].tolist()]
        chosen = shown[np.array([key in self.also for key in ids], bool)]
        if len(chosen) <= CROWD:
            return [self.box(TRUTH, bar) for bar in chosen.tolist()]
        start, end = axis.x(bars.start[chosen]), axis.x(bars.end[chosen])
        left = np.floor(np.maximum(start, 0.0)).astype(np.int64)
        right = np.ceil(np.clip(np.maximum(end, start + 1.0), 0.0, self.width())).astype(np.int64)
        covered = np.zeros((int(bars.sub[chosen].max()) + 1, self.width() + 2), np.int64)
        np.add.at(covered, (bars.sub[chosen], left), 1)
        np.add.at(covered, (bars.sub[chosen], np.maximum(right, left)), -1)
        edges = np.diff((covered.cumsum(axis=1) > 0).astype(np.int8), axis=1, prepend=0)
        row, begin = np.nonzero(edges == 1)
        _, end = np.nonzero(edges == -1)
        return [
            QRectF(x, band.row_top(sub), until - x, band.bar)
            for sub, x, until in zip(row.tolist(), begin.tolist(), end.tolist(), strict=True)
        ]

    def set_playhead(self, time: float | None) -> None:
        super().set_playhead(time)
        if self.begun:
            self.update()  # what was begun reaches to the playhead

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            painter = QPainter(self._picture)
            picture = self.picture()
            picture.paint(painter)
            painter.end()
            if self._heat != picture.dense:
                self._heat, self._gutter = picture.dense, None
        if self._gutter is None or self._gutter.devicePixelRatio() != ratio:
            self._gutter = QPixmap(QSize(GUTTER, self.height()) * ratio)
            self._gutter.setDevicePixelRatio(ratio)
            painter = QPainter(self._gutter)
            overlay.gutter(painter, self, self._heat)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)  # Qt clips it to what is to be repainted
        painter.drawPixmap(0, 0, self._gutter)
        painter.setClipRect(QRectF(GUTTER, 0, self.width() - GUTTER, self.height()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        evolve.paint(painter, self)
        overlay.begun(painter, self)
        overlay.hover(painter, self)
        overlay.selection(painter, self)
        overlay.draft(painter, self)
        self.draw_playhead(painter)
        overlay.focus(painter, self)
        overlay.chip(painter, self)

    def paint_still(self, painter: QPainter) -> None:
        picture = replace(self.picture(), chain=None, held=None)
        picture.paint(painter)
        overlay.gutter(painter, self, picture.dense)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.refresh()
        super().changeEvent(event)

    def _arrange(self) -> None:
        self.bands = arrange(self.height(), [bars.sub_rows for bars in self.scene.lanes])

    # what lies where

    def box(self, lane: int, bar: int) -> QRectF:
        """Where a bar is painted, in the widget's pixels."""
        bars, band = self.scene.lanes[lane], self.bands[lane]
        left, right = self.axis.x(bars.start[bar]), self.axis.x(bars.end[bar])
        top = band.row_top(int(bars.sub[bar]))
        return QRectF(left, top, max(right - left, 1.0), band.bar)

    def lane_at(self, y: float) -> int | None:
        """The lane whose band contains the height `y`."""
        for index, lane in enumerate(self.bands):
            if lane.top <= y <= lane.bottom:
                return index
        return None

    def truth_at(self, position: QPointF) -> Hit:
        """What of the ground truth lies under a point."""
        if position.x() < GUTTER:
            return NO_HIT
        near = 6 / self.axis.scale
        time = self.axis.time(position.x())
        boxes = []
        for bar in self.scene.truth.visible(time - near, time + near).tolist():
            box = self.box(TRUTH, bar)
            segment = self.truth[int(self.scene.truth.row[bar])].id
            boxes.append(Box(segment, box.left(), box.right(), box.top(), box.bottom()))
        return hit(position.x(), position.y(), boxes, self.selected)

    def proposal_at(self, position: QPointF) -> tuple[int, int] | None:
        """The proposal (lane, bar) under a point; of several the one painted last."""
        lane = self.lane_at(position.y())
        if lane is None or lane == TRUTH or position.x() < GUTTER:
            return None
        time, near = self.axis.time(position.x()), 2 / self.axis.scale
        for bar in reversed(self.scene.lanes[lane].visible(time - near, time + near).tolist()):
            if self.box(lane, bar).adjusted(-2, 0, 2, 0).contains(position):
                return lane, bar
        return None
