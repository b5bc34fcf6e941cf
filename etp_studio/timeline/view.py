"""The timeline: ruler, overview, curves and lanes on one time axis.

The view shows and asks; it never writes. What a gesture wants done leaves as one edit value.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from etp_core.evolution import Evolution
from etp_core.project import Label, StoredSegment
from etp_studio.timeline.axis import GUTTER, Axis, SharedAxis
from etp_studio.timeline.curve_data import CurveData
from etp_studio.timeline.curves import Curves, Mark
from etp_studio.timeline.lanes import Lanes
from etp_studio.timeline.overview import Overview
from etp_studio.timeline.ruler import Ruler
from etp_studio.timeline.scene import LANES, build

SHORTEST = 8  # frames that fill the view at the closest zoom
TURN = 0.9  # fraction of the view at which `follow` turns the page
_GHOSTS = (Qt.PenStyle.DotLine, Qt.PenStyle.DashLine, Qt.PenStyle.SolidLine)


class TimelineView(QWidget):
    """Shows one video's curves, evolving proposals and ground truth; people edit the latter here.

    All times are seconds of the video's presentation time.
    """

    seek_requested = Signal(float)  # show this moment
    preview_requested = Signal(float)  # a boundary is dragged: show the frame that begins there
    preview_ended = Signal()  # back to the playhead
    selection_changed = Signal(object)  # id of the ground truth segment that was picked, or None
    edit_requested = Signal(object)  # one edit (see etp_core.project) for a finished gesture
    relabel_requested = Signal(int, QPoint)  # segment id, global position for a menu
    selection_toggled = Signal(int)  # a segment to be selected beside the others, or no longer
    proposal_selected = Signal(str, int)  # stage, row of the evolution's list; ("", -1) for none
    range_changed = Signal(float, float)  # visible seconds [start, end)
    refused = Signal(str)  # why a gesture did nothing, one readable line

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.evolution: Evolution | None = None
        self.follow = True
        self._dropped = False
        self._threshold = 0.0
        self._chosen: tuple[str, int] | None = None  # stage and row, which outlive a new scene
        self._axis = SharedAxis(self)
        self.ruler = Ruler(self._axis)
        self.overview = Overview(self._axis)
        self.curves = Curves(self._axis)
        self.lanes = Lanes(self._axis)
        self._parts = (self.ruler, self.overview, self.curves, self.lanes)
        self.setAccessibleName("Timeline")
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(3)
        splitter.addWidget(self.curves)
        splitter.addWidget(self.lanes)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 5)
        splitter.setSizes([200, 500])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.ruler)
        layout.addWidget(self.overview)
        layout.addWidget(splitter, 1)

    def _wire(self) -> None:
        self._axis.changed.connect(self._tell_range)
        for part in (self.ruler, self.curves, self.lanes):
            part.seek.connect(self.seek_requested)
        self.ruler.fit.connect(self.fit)
        self.lanes.picked.connect(self._pick)
        self.lanes.toggled.connect(self.selection_toggled)
        self.lanes.chosen.connect(self._choose)
        self.lanes.edited.connect(self.edit_requested)
        self.lanes.previewed.connect(self._preview)
        self.lanes.preview_over.connect(self.preview_ended)
        self.lanes.relabel.connect(self.relabel_requested)
        self.lanes.refused.connect(self.refused)
        self.lanes.drafted.connect(self._mark)

    # what is shown

    @property
    def axis(self) -> Axis:
        """Which seconds are on screen, and at which pixels."""
        return self._axis.value

    @property
    def selected(self) -> int | None:
        """Id of the selected ground truth segment."""
        return self.lanes.selected

    @property
    def threshold(self) -> float:
        """Detections that score less are hidden."""
        return self._threshold

    @property
    def read_only(self) -> bool:
        """Whether gestures ask for no edits."""
        return self.lanes.read_only

    @Slot(object, object)
    def set_video(self, video_id: int | None, cuts: NDArray[np.float64]) -> None:
        """Show an empty timeline of a video; cuts (n + 1,) sorted seconds (see VideoReader.cuts).

        Truth, evolution, curves and selection of the video before are forgotten. No cuts: no video.
        """
        cuts = np.asarray(cuts, np.float64)
        if len(cuts) < 2:
            cuts = np.array([0.0, 1.0])
        self.lanes.cancel()
        self.lanes.video_id, self.lanes.cuts, self.ruler.cuts = video_id, cuts, cuts
        self.lanes.truth, self.lanes.selected, self.evolution = (), None, None
        self._chosen, self.lanes.begun = None, None
        low, high = float(cuts[0]), float(cuts[-1])
        frame = (high - low) / (len(cuts) - 1)
        shortest = min(SHORTEST * frame, high - low)
        self._axis.set(Axis(low, high, low, high, self.axis.width, shortest).fit())
        for part in self._parts:
            part.set_playhead(None)
        self.clear_curves()
        self._rebuild()

    @Slot(object)
    def set_labels(self, labels: Sequence[Label]) -> None:
        """The project's labels: names and colours. The first is current where none is."""
        self.lanes.labels = list(labels)
        ids = [label.id for label in labels]
        if self.lanes.label not in ids:
            self.lanes.label = ids[0] if ids else None
        self.curves.set_hues({label.name: label.color for label in labels})
        self._rebuild()

    @Slot(object)
    def set_current_label(self, label_id: int | None) -> None:
        """The label of the next segment that is drawn; None: none can be drawn."""
        self.lanes.label = label_id

    @Slot(object)
    def set_truth(self, segments: Sequence[StoredSegment]) -> None:
        """The stored segments of this video, in any order."""
        self.lanes.truth = list(segments)
        if self.selected not in {segment.id for segment in segments}:
            self.lanes.selected = None
        self._rebuild()

    @Slot(object)
    def set_evolution(self, evolution: Evolution | None) -> None:
        """Proposals and curves of this video; None takes both away."""
        self.evolution, self._chosen = evolution, None
        if evolution is None:
            self.curves.set_data(CurveData())
        else:
            self.curves.set_data(CurveData.of(evolution.classes, evolution.times, evolution.curves))
        self._rebuild()

    @Slot(object, object, object)
    def append_curves(
        self, times: NDArray[np.float64], scores: NDArray[np.float32], classes: Sequence[str]
    ) -> None:
        """Show a further piece of live curves: times (M,) seconds, scores (M, K + 1).

        Pieces may come in any order. Other classes than before begin anew. Raises ValueError if the
        shapes do not fit.
        """
        data = self.curves.data
        if data.classes != tuple(classes):
            data = CurveData(classes)
        data.append(times, np.asarray(scores).T)
        self.curves.set_data(data)

    @Slot()
    def clear_curves(self) -> None:
        """Forget the curves."""
        self.curves.set_data(CurveData())

    @Slot(float)
    def set_playhead(self, seconds: float) -> None:
        """Move the playhead; with `follow` the page is turned when it leaves the view."""
        for part in self._parts:
            part.set_playhead(seconds)
        axis = self.axis
        if self.follow and self.lanes.gesture is None:
            place = (seconds - axis.start) / axis.span
            if not 0 <= place <= TURN and axis.low <= seconds <= axis.high:
                self._axis.set(axis.pan((place - (1 - TURN)) * axis.span))

    @Slot(float)
    def set_threshold(self, score: float) -> None:
        """Hide detections that score less, and what they came from."""
        if score != self._threshold:
            self._threshold = score
            self._rebuild()

    @Slot(bool)
    def show_dropped(self, shown: bool) -> None:
        """Whether to show proposals that did not go on, fading out, with the reason as tooltip."""
        if shown != self._dropped:
            self._dropped = shown
            self._rebuild()

    @Slot(object)
    def select(self, segment_id: int | None, also: frozenset[int] = frozenset()) -> None:
        """Select a ground truth segment, or none, and others beside it; emits nothing."""
        if also != self.lanes.also:
            self.lanes.also = also
            self.lanes.update()
        if segment_id is not None:
            self._choose(-1, -1)
        if segment_id != self.lanes.selected:
            self.lanes.selected = segment_id
            self.lanes.announce()
            self._mark()
            self.lanes.update()

    def show_proposal(self, stage: str, row: int) -> None:
        """Bring a proposal of a stage's list forward (row -1: none); emits nothing.

        Nothing is brought forward where the proposal is not shown.
        """
        self._chosen = (stage, row) if row >= 0 else None
        self.lanes.set_chain(self._shown(self._chosen))
        self._mark()

    @Slot(object)
    def set_begun(self, seconds: float | None) -> None:
        """Show a segment that was begun there and will end at the playhead; None: there is none."""
        self.lanes.begun = seconds
        self.lanes.update()

    @Slot(bool)
    def set_read_only(self, read_only: bool) -> None:
        """Whether gestures ask for no edits (selecting and seeking go on)."""
        self.lanes.read_only = read_only
        self.lanes.cancel()

    @Slot()
    def cancel(self) -> bool:
        """Give up a drag under way (Esc); returns whether there was one."""
        return self.lanes.cancel()

    # which seconds are on screen

    @Slot()
    def fit(self) -> None:
        """Show the whole video."""
        self._axis.set(self.axis.fit())

    def zoom(self, factor: float, at: float | None = None) -> None:
        """`factor` times closer, keeping the moment `at` (seconds, default the middle) in place."""
        self._axis.set(self.axis.zoom(factor, at))

    @Slot(float)
    def pan(self, seconds: float) -> None:
        """Show what is later by `seconds`."""
        self._axis.set(self.axis.pan(seconds))

    def show_range(self, start: float, end: float) -> None:
        """Show [start, end) seconds, with a little around them."""
        around = 0.15 * (end - start)
        self._axis.set(self.axis.show(start - around, end + around))

    @Slot(float)
    def ensure_visible(self, time: float) -> None:
        """Pan, if need be, so that `time` is on screen."""
        self._axis.set(self.axis.reveal(time))

    # reactions

    def _rebuild(self) -> None:
        """Link and pack everything anew; what was chosen stays chosen if it is still shown."""
        lanes = self.lanes
        frame = (self.axis.high - self.axis.low) / (len(lanes.cuts) - 1)
        scene = build(
            self.evolution, lanes.truth, lanes.labels, self._threshold, self._dropped, frame
        )
        lanes.evolution = self.evolution
        lanes.show_scene(scene)
        lanes.set_chain(self._shown(self._chosen))
        self.overview.set_scene(scene)
        shown = [scene.truth.hue] + ([scene.lanes[scene.leaf].hue] if scene.leaf >= 0 else [])
        names = {scene.names[hue] for hues in shown for hue in set(hues.tolist())}
        self.curves.set_relevant(frozenset(names - {""}))
        self._mark()

    def _shown(self, chosen: tuple[str, int] | None) -> tuple[int, int] | None:
        """Lane and bar of a proposal (stage, row), if it is shown."""
        if chosen is None:
            return None
        lane = LANES.index(chosen[0])
        bar = self.lanes.scene.lanes[lane].find(chosen[1])
        return (lane, bar) if bar >= 0 else None

    def _pick(self, segment_id: int | None) -> None:
        self._choose(-1, -1)
        if segment_id != self.selected or self.lanes.also:
            self.select(segment_id)
            self.selection_changed.emit(segment_id)

    def _choose(self, lane: int, bar: int) -> None:
        if bar < 0:
            if self._chosen is None:
                return
            self._chosen = None
            self.lanes.set_chain(None)
            self._mark()
            self.proposal_selected.emit("", -1)
            return
        self._chosen = (LANES[lane], int(self.lanes.scene.lanes[lane].row[bar]))
        self.lanes.set_chain((lane, bar))
        self._mark()
        self.proposal_selected.emit(*self._chosen)

    def _preview(self, boundary: float) -> None:
        """The frame that begins at the boundary; at the end of the video, its last frame."""
        self.preview_requested.emit(min(boundary, float(self.lanes.cuts[-2])))

    def _mark(self) -> None:
        """Lines over the curves: the draft's boundary, or those of the chosen proposal's stages."""
        lanes, theme = self.lanes, self.lanes.theme
        marks: list[Mark] = []
        emphasis: set[str] = set()
        if lanes.draft is not None:
            style = _GHOSTS[2 if lanes.draft.source is not None else 1]
            marks.append(Mark(lanes.draft.boundary, theme.color("accent"), style))
        elif lanes.chain is not None:
            scene = lanes.scene
            for lane, bar in enumerate(scene.path(*lanes.chain)):
                if bar >= 0:
                    bars = scene.lanes[lane]
                    for time in (bars.start[bar], bars.end[bar]):
                        marks.append(Mark(float(time), theme.color("muted"), _GHOSTS[lane]))
            emphasis.add(scene.names[int(scene.lanes[lanes.chain[0]].hue[lanes.chain[1]])])
        elif lanes.selected is not None and (bar := lanes.bar_of(lanes.selected)) >= 0:
            truth = lanes.scene.truth
            for time in (truth.start[bar], truth.end[bar]):
                marks.append(Mark(float(time), theme.color("muted"), _GHOSTS[2]))
            emphasis.add(lanes.scene.names[int(truth.hue[bar])])
        self.curves.set_marks(marks)
        drawn = set(self.curves.data.classes)
        self.curves.set_emphasis(frozenset(emphasis & drawn))

    def _tell_range(self) -> None:
        self.range_changed.emit(self.axis.start, self.axis.end)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._axis.set(self.axis.resized(self.width() - GUTTER))
