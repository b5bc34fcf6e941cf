"""The four lanes under the hand: presses become gestures, gestures become one edit each."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip, QWidget

from etp_studio.editing.draft import Draft
from etp_studio.editing.gesture import Gesture, candidates
from etp_studio.texts import later, tr
from etp_studio.timeline.axis import GUTTER, SharedAxis
from etp_studio.timeline.lanes_picture import LanesPicture
from etp_studio.timeline.scene import LANES, TRUTH, Scene

# What lets a boundary loose from what attracts it: some desktops move the window by Alt.
_LOOSE = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
_LOOSE_KEYS = (Qt.Key.Key_Alt, Qt.Key.Key_Shift)
_CURSORS = {
    "edge-start": Qt.CursorShape.SizeHorCursor,
    "edge-end": Qt.CursorShape.SizeHorCursor,
    "body": Qt.CursorShape.OpenHandCursor,
    "empty": Qt.CursorShape.CrossCursor,
}


class Lanes(LanesPicture):
    """The lanes with everything done by hand on them."""

    picked = Signal(object)  # a ground truth segment id, or None: the person chose it
    toggled = Signal(int)  # a segment to be selected beside the others, or no longer
    chosen = Signal(int, int)  # lane, bar of a proposal; (-1, -1) for none
    edited = Signal(object)  # the edit of a finished gesture
    previewed = Signal(float)  # seconds of the boundary that is dragged
    preview_over = Signal()
    relabel = Signal(int, QPoint)
    hover_changed = Signal()
    drafted = Signal()  # the draft changed or is gone
    refused = Signal(str)

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.video_id: int | None = None
        self.read_only = False
        self.gesture: Gesture | None = None
        # sorted seconds at which the curve of a label passes the threshold
        self.crossings: Callable[[int | None], NDArray[np.float64]] = lambda _: np.zeros(0)
        self._pressed: QPointF | None = None
        self._last: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def draft(self) -> Draft | None:
        return self.gesture.draft if self.gesture else None

    def show_scene(self, scene: Scene) -> None:
        """Paint other bars; a gesture under way is given up, for its segment may be gone."""
        self.cancel()
        super().show_scene(scene)

    def pressed(self, event: QMouseEvent) -> None:
        position = event.position()
        if event.button() != Qt.MouseButton.LeftButton or position.x() < GUTTER:
            return
        self._pressed = self._last = position
        if self.lane_at(position.y()) != TRUTH:
            found = self.proposal_at(position)
            self.chosen.emit(*(found or (-1, -1)))
            if found is None:
                self.seek_to(position)
            return
        found = self.truth_at(position)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and found.segment is not None:
            self.toggled.emit(found.segment)
            return
        self.picked.emit(found.segment)
        stored = next((s for s in self.truth if s.id == found.segment), None)
        crossings = self.crossings(stored.label_id if stored else self.label)
        self.gesture = Gesture(
            found,
            position.x(),
            self.axis.time(position.x()),
            stored,
            self.cuts,
            candidates(self.playhead, self.truth, self._boundaries(), crossings, found.segment),
            not self.read_only and (stored is not None or self.label is not None),
        )

    def moved(self, event: QMouseEvent) -> None:
        position = event.position()
        self._last = position
        if self.gesture is not None:
            self._drag(position, event.modifiers())
        elif event.buttons() & Qt.MouseButton.LeftButton and self._pressed is not None:
            if self._scrubs(position):
                self.seek_to(position)
        elif not event.buttons():
            self._hover(position)

    def released(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        gesture, self.gesture, self._pressed = self.gesture, None, None
        if gesture is None:
            return
        if gesture.draft is not None:
            self._leave_draft()
            edit = gesture.edit(self.video_id, self.label) if self.video_id is not None else None
            if edit is not None:
                self.edited.emit(edit)
        elif gesture.segment is None:
            moved = abs(event.position().x() - gesture.x) >= 3
            if moved and not self.read_only:
                self.refused.emit(tr("Add or choose a label first: a new segment needs one."))
            self.seek_to(event.position())
        self._hover(event.position())

    def cancel(self) -> bool:
        """Give up the gesture under way; returns whether there was one."""
        gesture, self.gesture, self._pressed = self.gesture, None, None
        if gesture is not None and gesture.draft is not None:
            self._leave_draft()
            return True
        return False

    def _drag(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        beyond = min(position.x() - GUTTER, 0.0) + max(position.x() - self.width(), 0.0)
        if beyond:
            self.shared.set(self.axis.pan(0.1 * beyond / self.axis.scale))
        before = self.gesture.draft
        attract = not modifiers & _LOOSE
        time = self.axis.time(position.x())
        if self.gesture.move(position.x(), time, 1 / self.axis.scale, attract):
            draft = self.gesture.draft
            if before is None:
                self.setCursor(
                    Qt.CursorShape.ClosedHandCursor
                    if draft.kind == "body"
                    else Qt.CursorShape.SizeHorCursor
                )
                self.installEventFilter(self)
                self.refresh()  # the segment leaves the still picture
            if before is None or before.boundary != draft.boundary:
                self.previewed.emit(draft.boundary)
            self.drafted.emit()
            self.update()

    def _leave_draft(self) -> None:
        self.removeEventFilter(self)
        self.preview_over.emit()
        self.drafted.emit()
        self.unsetCursor()
        self.refresh()

    def _scrubs(self, position: QPointF) -> bool:
        """A press on a bar chooses it; only a real drag from there moves the playhead."""
        return self.proposal_at(self._pressed) is None or (
            abs(position.x() - self._pressed.x()) > 6
        )

    def _boundaries(self) -> list[NDArray[np.float64]]:
        return [side for bars in self.scene.lanes[:TRUTH] for side in (bars.start, bars.end)]

    def _hover(self, position: QPointF) -> None:
        found = self.proposal_at(position)
        lane = self.lane_at(position.y())
        if lane == TRUTH and position.x() >= GUTTER:
            on = self.truth_at(position)
            if on.segment is not None:
                found = (TRUTH, self.bar_of(on.segment))
            if self.read_only:
                shape = Qt.CursorShape.ArrowCursor
            elif on.kind == "empty" and self.label is None:
                shape = Qt.CursorShape.ForbiddenCursor
            else:
                shape = _CURSORS[on.kind]
            self.setCursor(shape)
        else:
            shape = Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
        if found != self.hovered:
            self.hovered = found
            self.hover_changed.emit()
            self.update()
        text = self.tooltip_at(position)
        if text != self.toolTip():
            QToolTip.hideText()
            self.setToolTip(text)

    def leaveEvent(self, event: QEvent) -> None:
        if self.hovered is not None:
            self.hovered = None
            self.hover_changed.emit()
        self.update()
        super().leaveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self.truth_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found.segment is not None:
            self.cancel()
            if not self.read_only:
                self.relabel.emit(found.segment, event.globalPosition().toPoint())
        else:
            super().mouseDoubleClickEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        segment, where = self.truth_at(QPointF(event.pos())).segment, event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.selected is not None:
            segment = self.selected
            where = self.mapToGlobal(self.box(TRUTH, self.bar_of(segment)).center().toPoint())
        if segment is None or self.read_only:
            event.ignore()
            return
        self.cancel()
        self.picked.emit(segment)
        self.relabel.emit(segment, where)

    # keys and words

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.keyboard = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        )
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.keyboard = False
        self.update()
        super().focusOutEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """During a drag: keep the window's own Esc from taking it.

        A filter and not `event`, because an error in a handler that runs below a Python `event`
        brings PySide down.
        """
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.draft is not None:
            self.cancel()
        elif event.key() in _LOOSE_KEYS and self.gesture is not None:
            self._drag(self._last, _LOOSE)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() in _LOOSE_KEYS and self.gesture is not None:
            self._drag(self._last, Qt.KeyboardModifier.NoModifier)
        else:
            super().keyReleaseEvent(event)

    def tooltip_at(self, position: QPointF) -> str:
        """What the tooltip at a point says: of the names alone, for over bars it hides the chip."""
        lane = self.lane_at(position.y()) if position.x() < GUTTER else None
        return "" if lane is None else tr(LANE_HELP[LANES[lane]])


LANE_HELP = {
    "actionness": later("Proposals that Algorithm 1 found in the actionness curves"),
    "refinement": later("Boundaries after the Refinement Network"),
    "localization": later("Detections of the Localization Network"),
    "ground_truth": later(
        "Segments that people drew or imported\n"
        "Drag: draw one with the current label · drag its edge or its middle: move it\n"
        "Alt or Shift: no attraction · Esc: give up the drag · double-click: label"
    ),
}
