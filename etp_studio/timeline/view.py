"""The timeline: ruler, overview, curves and lanes on one time axis.

The view shows and asks; it never writes. What a gesture wants done leaves as one edit value.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from etp_core.evolution import Evolution
from etp_studio.timeline.axis import GUTTER, Axis, SharedAxis
from etp_studio.timeline.parts import Part


class _Lanes(Part):
    """The ground truth, basically painted."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.color("surface"))
        view = self.parent()
        for segment in view.truth:
            left, right = self.axis.x(segment.start), self.axis.x(segment.end)
            painter.fillRect(
                int(max(left, GUTTER)), 20, int(right - left), 24, self.theme.color("accent")
            )
        self.draw_playhead(painter)


class TimelineView(QWidget):
    """Shows one video's curves, evolving proposals and ground truth, and lets people edit the latter.

    All times are seconds of the video's presentation time.
    """

    seek_requested = Signal(float)  # show this moment
    preview_requested = Signal(
        float
    )  # while a boundary is dragged: show the frame that begins here
    preview_ended = Signal()  # back to the playhead
    selection_changed = Signal(object)  # id of the ground truth segment that was picked, or None
    edit_requested = Signal(object)  # one edit (see etp_core.project) for a finished gesture
    relabel_requested = Signal(int, QPoint)  # segment id, global position for a menu
    proposal_selected = Signal(str, int)  # stage, row of the evolution's list; ("", -1) for none
    range_changed = Signal(float, float)  # visible seconds [start, end)
    refused = Signal(str)  # why a gesture did nothing, one readable line

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.video_id: int | None = None
        self.cuts: NDArray[np.float64] = np.array([0.0, 1.0])
        self.labels: list = []
        self.truth: list = []
        self.evolution: Evolution | None = None
        self.current_label: int | None = None
        self.selected: int | None = None
        self.threshold = 0.0
        self.read_only = False
        self.follow = True
        self._axis = SharedAxis(self)
        self._axis.changed.connect(
            lambda: self.range_changed.emit(self._axis.value.start, self._axis.value.end)
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._lanes = _Lanes(self._axis, self)
        layout.addWidget(self._lanes)
        self._lanes.seek.connect(self.seek_requested)

    @property
    def axis(self) -> Axis:
        """Which seconds are on screen, and where."""
        return self._axis.value

    @Slot(int, object)
    def set_video(self, video_id: int | None, cuts: NDArray[np.float64]) -> None:
        """Show an empty timeline of the video; cuts (n + 1,) seconds (see VideoReader.cuts)."""
        self.video_id, self.cuts = video_id, np.asarray(cuts, np.float64)
        self.truth, self.evolution, self.selected = [], None, None
        low, high = float(self.cuts[0]), float(self.cuts[-1])
        shortest = 8 * (high - low) / max(len(self.cuts) - 1, 1)
        width = self.axis.width
        self._axis.set(Axis(low, high, low, high, width, min(shortest, high - low)).fit())

    @Slot(object)
    def set_labels(self, labels: Sequence) -> None:
        """The project's labels; the first is current until `set_current_label`."""
        self.labels = list(labels)
        self.update()

    @Slot(object)
    def set_current_label(self, label_id: int | None) -> None:
        """The label that drawing a new segment gives it."""
        self.current_label = label_id

    @Slot(object)
    def set_truth(self, segments: Sequence) -> None:
        """The stored segments of this video."""
        self.truth = list(segments)
        self._lanes.refresh()

    @Slot(object)
    def set_evolution(self, evolution: Evolution | None) -> None:
        """Curves and proposals of this video; None shows none."""
        self.evolution = evolution
        self._lanes.refresh()

    @Slot(object, object, object)
    def append_curves(
        self, times: NDArray[np.float64], scores: NDArray[np.float32], classes: Sequence[str]
    ) -> None:
        """Show a further piece of live curves: times (M,) seconds, scores (M, K + 1)."""

    @Slot()
    def clear_curves(self) -> None:
        """Forget the curves."""

    @Slot(float)
    def set_playhead(self, seconds: float) -> None:
        """Move the playhead; with `follow` the view turns the page when it runs off."""
        self._lanes.set_playhead(seconds)

    @Slot(float)
    def set_threshold(self, score: float) -> None:
        """Hide detections that score less, and what they came from."""
        self.threshold = score
        self._lanes.refresh()

    @Slot(object)
    def select(self, segment_id: int | None) -> None:
        """Select a ground truth segment, or none."""
        self.selected = segment_id
        self._lanes.refresh()

    @Slot(bool)
    def set_read_only(self, read_only: bool) -> None:
        """Whether gestures may ask for edits."""
        self.read_only = read_only

    @Slot()
    def fit(self) -> None:
        """Show the whole video."""
        self._axis.set(self.axis.fit())

    @Slot(float)
    def zoom(self, factor: float, at: float | None = None) -> None:
        """`factor` times closer, keeping the moment `at` (seconds, default the middle) in place."""
        self._axis.set(self.axis.zoom(factor, at))

    @Slot(float)
    def pan(self, seconds: float) -> None:
        """Show what is later by `seconds`."""
        self._axis.set(self.axis.pan(seconds))

    @Slot(float)
    def ensure_visible(self, time: float) -> None:
        """Pan, if need be, so that `time` is on screen."""
        self._axis.set(self.axis.reveal(time))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._axis.set(self.axis.resized(self.width() - GUTTER))
