"""The timeline: ruler, overview, curves and lanes on one time axis.

The view shows and asks; it never writes. What a gesture wants done leaves as one edit value.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtWidgets import QWidget

from etp_core.evolution import Evolution
from etp_core.project import Label, StoredSegment
from etp_studio.background import Background
from etp_studio.picker import Choice, Picker
from etp_studio.texts import tr
from etp_studio.timeline.arrangement import Arrangement
from etp_studio.timeline.axis import Axis
from etp_studio.timeline.curve_data import SIGMA, CurveData
from etp_studio.timeline.ghosts import ghosts
from etp_studio.timeline.scene import LANES, build

SHORTEST = 8  # frames that fill the view at the closest zoom
MORE = 1.15  # growth of live curves after which Algorithm 1 looks at them again


class TimelineView(Arrangement):
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
    refused = Signal(str)  # why a gesture did nothing, one readable line

    def __init__(self, parent: QWidget | None = None, background: Background | None = None) -> None:
        """With `background` Algorithm 1 is prepared there, for curves may be long."""
        super().__init__(parent, background)
        self.evolution: Evolution | None = None
        self._dropped = False
        self._all = False
        self._threshold = 0.0
        self._proposed_from = 0  # samples of the curves
        self._chosen: tuple[str, int] | None = None  # stage and row, which outlive a new scene
        self._wire()

    def _wire(self) -> None:
        for part in self._parts:
            part.seek.connect(self.seek_requested)
        self.ruler.fit.connect(self.fit)
        self.curves.threshold_moved.connect(self.live.set_threshold)
        self.curves.classes_chosen.connect(lambda _: self._rebuild())
        self.curves.more_asked.connect(self._pick_classes)
        self.live.changed.connect(self._show_threshold)
        self.proposals.edited.connect(self.edit_requested)
        self.proposals.refused.connect(self.refused)
        self.lanes.crossings = self._crossings
        self.lanes.picked.connect(self._pick)
        self.lanes.toggled.connect(self.selection_toggled)
        self.lanes.chosen.connect(self._choose)
        self.lanes.edited.connect(self.edit_requested)
        self.lanes.previewed.connect(self._preview)
        self.lanes.preview_over.connect(self.preview_ended)
        self.lanes.relabel.connect(self.relabel_requested)
        self.lanes.refused.connect(self.refused)
        self.lanes.drafted.connect(self._mark)
        self.lanes.hover_changed.connect(self._mark)
        self.annotators.picked.connect(self._pick)
        self.evolve.moved.connect(self.lanes.set_stage)

    # what is shown

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
        self.proposals.video_id = video_id
        self.lanes.truth, self.lanes.selected, self.evolution = (), None, None
        self._chosen, self.lanes.begun = None, ()
        low, high = float(cuts[0]), float(cuts[-1])
        frame = (high - low) / (len(cuts) - 1)
        shortest = min(SHORTEST * frame, high - low)
        self._axis.set(Axis(low, high, low, high, self.axis.width, shortest).fit())
        self.media.clear()
        for part in self._parts:
            part.set_playhead(None)
        self.clear_curves()
        self._rebuild()

    @Slot(object)
    def set_labels(
        self, labels: Sequence[Label], truth: Sequence[StoredSegment] | None = None
    ) -> None:
        """The project's labels: names and colours. The first is current where none is.

        truth: the segments, where the same edit changed them.
        """
        self.lanes.labels = list(labels)
        if truth is not None:
            self._take_truth(truth)
        ids = [label.id for label in labels]
        if self.lanes.label not in ids:
            self.set_current_label(ids[0] if ids else None)
        self.curves.set_hues({label.name: label.color for label in labels})
        self._rebuild()

    @Slot(object)
    def set_current_label(self, label_id: int | None) -> None:
        """The label of the next segment that is drawn; None: none can be drawn."""
        self.lanes.label = self.proposals.label = label_id

    @Slot(object)
    def set_truth(self, segments: Sequence[StoredSegment]) -> None:
        """The stored segments of this video, in any order."""
        if self.lanes.truth == segments:
            return  # it came with the labels
        self._take_truth(segments)
        self._rebuild()

    def _take_truth(self, segments: Sequence[StoredSegment]) -> None:
        self.lanes.truth = list(segments)
        if self.selected not in {segment.id for segment in segments}:
            self.lanes.selected = None

    @Slot(object)
    def set_evolution(self, evolution: Evolution | None) -> None:
        """Proposals and curves of this video; None takes both away."""
        self.evolution, self._chosen = evolution, None
        if evolution is None:
            self.curves.set_data(CurveData())
        else:
            sigma = float(evolution.recipe.get("sigma", SIGMA))
            self.curves.set_data(
                CurveData.of(evolution.classes, evolution.times, evolution.curves, sigma)
            )
        self._rebuild()
        self._propose()

    def append_curves(
        self,
        times: NDArray[np.float64],
        scores: NDArray[np.float32],
        classes: Sequence[str],
        sigma: float = SIGMA,
    ) -> None:
        """Show a further piece of live curves: times (M,) seconds, scores (M, K + 1).

        They are smoothed by `sigma` samples, as those of the result will be. Pieces may come in any
        order. Other classes or another sigma than before begin anew. Raises ValueError if the
        shapes do not fit.
        """
        data = self.curves.data
        if (data.classes, data.sigma) != (tuple(classes), sigma):
            data = CurveData(classes, sigma)
        data.append(times, np.asarray(scores).T)
        self.curves.set_data(data)
        if len(data.times) >= MORE * self._proposed_from:
            self._propose()

    @Slot()
    def clear_curves(self) -> None:
        """Forget the curves."""
        self.curves.set_data(CurveData())
        self._propose()

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

    @Slot(bool)
    def show_all(self, shown: bool) -> None:
        """Whether to show all results that score enough; else, of several for one ground truth,
        only the best."""
        if shown != self._all:
            self._all = shown
            self._rebuild()

    @Slot(object)
    def choose_classes(self, names: frozenset[str]) -> None:
        """Show these classes alone, and bold; none: all alike."""
        self.curves.choose(names & frozenset(self.curves.data.classes))
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
        if self._chosen is not None and self._shown(self._chosen) is None:
            self._rebuild()  # one of several for the same ground truth
        self.lanes.set_chain(self._shown(self._chosen))
        self._mark()

    @Slot(object)
    def set_begun(self, begun: Sequence[tuple[int | None, float]]) -> None:
        """Show segments that will end at the playhead: label id (None: the current), start (s)."""
        self.lanes.begun = begun
        self.lanes.update()

    @Slot(bool)
    def set_read_only(self, read_only: bool) -> None:
        """Whether gestures ask for no edits (selecting and seeking go on)."""
        self.lanes.read_only = self.proposals.read_only = read_only
        self.lanes.cancel()

    @Slot()
    def cancel(self) -> bool:
        """Give up a drag under way (Esc); returns whether there was one."""
        return self.lanes.cancel()

    # reactions

    def _rebuild(self) -> None:
        """Link and pack everything anew; what was chosen stays chosen if it is still shown."""
        lanes = self.lanes
        frame = (self.axis.high - self.axis.low) / (len(lanes.cuts) - 1)
        scene = build(
            self.evolution,
            lanes.truth,
            lanes.labels,
            self._threshold,
            self._dropped,
            frame,
            self.curves.chosen,
            not self._all,
            self._chosen,
        )
        lanes.evolution = self.evolution
        lanes.show_scene(scene)
        lanes.set_chain(self._shown(self._chosen))
        self.overview.set_scene(scene)
        self.errors.set_scene(scene, lanes.cuts)
        self.annotators.set_truth(lanes.truth, lanes.labels)
        self.evolve.set_leaf(scene.leaf)
        shown = [scene.truth.hue] + ([scene.lanes[scene.leaf].hue] if scene.leaf >= 0 else [])
        names = {scene.names[hue] for hues in shown for hue in set(hues.tolist())}
        self.curves.set_relevant(frozenset(names - {""}))
        self._mark()

    def _propose(self) -> None:
        """Algorithm 1 by hand, on the curves as they are now."""
        curves = self.curves
        self._proposed_from = len(curves.data.times)
        recipe = self.evolution.recipe if self.evolution else {"sigma": curves.data.sigma}
        unread = curves.unread
        self.live.set_curves(curves.data, self.lanes.cuts, recipe, curves.shown, unread)

    def _crossings(self, label_id: int | None) -> NDArray[np.float64]:
        """Where the curve of a label passes the threshold; without one, that of any action."""
        data = self.curves.data
        name = next((label.name for label in self.lanes.labels if label.id == label_id), "")
        row = data.classes.index(name) if name in data.classes else data.rows - 1
        return data.crossings(row, self.live.threshold)

    def _show_threshold(self) -> None:
        self.curves.set_threshold(self.live.threshold, self.proposals.text)

    def _pick_classes(self, where: QPoint) -> None:
        """Choose among all classes by typing."""
        classes, chosen = self.curves.data.classes, self.curves.chosen
        choices = [Choice(tr("All classes"), partial(self.choose_classes, frozenset()))]
        for name in classes:
            remark = tr("shown") if name in chosen else ""
            take = partial(self.choose_classes, chosen ^ {name})
            choices.append(Choice(name, take, None, remark))
        Picker(tr("Show a class alone"), choices, self).show_at(where, 260)

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
        """Ghost boundaries over the curves, the ruler and the overview."""
        marks, names = ghosts(self.lanes)
        self.curves.set_marks(marks)
        self.curves.set_emphasis(names & frozenset(self.curves.data.classes))
        for part in (self.ruler, self.overview):
            part.set_ghosts(tuple(mark.time for mark in marks))
