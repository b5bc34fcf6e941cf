"""What is open: one project, its current video, the selection, the threshold.

The session owns the data of the window. Every change goes through `apply`, `undo` or `redo`, and
one method, `_refresh`, reads again what the project says has changed and tells the views.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from etp_core.errors import EtpError
from etp_core.evolution import Evolution
from etp_core.project import (
    AddLabel,
    AddSegment,
    Changes,
    Detection,
    Edit,
    Label,
    Project,
    Run,
    StoredSegment,
    Video,
)
from etp_core.timeline import cut_at
from etp_studio.background import Background
from etp_studio.texts import tr

_FEW = 100  # changed segments up to which only those are read again


class Session(QObject):
    """The open project and what of it is looked at. Without a project all lists are empty."""

    project_changed = Signal()
    videos_changed = Signal()  # the list, a count or a badge
    video_changed = Signal(object)  # another Video is current, or None
    labels_changed = Signal()
    segments_changed = Signal()
    evolution_changed = Signal()
    detections_changed = Signal()
    selection_changed = Signal(object)  # id of a segment, or None
    detection_changed = Signal(object)  # row of the selected detection, or None
    current_label_changed = Signal(object)  # label id, or None
    history_changed = Signal()
    threshold_changed = Signal()
    edited = Signal(object)  # frozenset of ids of the videos that an edit or a new run changed
    refused = Signal(str)  # why an edit was not done

    def __init__(self, parent: QObject | None = None, background: Background | None = None) -> None:
        """With `background` the evolution of a video is read there, for it may be long."""
        super().__init__(parent)
        self._background = background
        self.project: Project | None = None
        self.threshold = 0.0
        self._forget()

    def _forget(self) -> None:
        self.videos: list[Video] = []
        self.labels: list[Label] = []
        self.errors: dict[int, str] = {}  # video id -> why it cannot be shown
        self.counts: dict[int, int] = {}  # video id -> segments of ground truth
        self.counted = False  # whether all of them have been counted
        self.runs: dict[int, Run] = {}  # video id -> newest run
        self.video: Video | None = None
        self.segments: list[StoredSegment] = []
        self.evolution: Evolution | None = None
        self.detections: list[Detection] = []  # of the newest run, not below the threshold
        self._found: list[Detection] = []  # all of that run
        self.selected: int | None = None
        self.also: frozenset[int] = frozenset()  # segments that are selected beside that one
        self.selected_detection: int | None = None
        self.current_label: int | None = None

    # Looking things up

    @property
    def selected_segment(self) -> StoredSegment | None:
        """The selected segment of the current video."""
        return next((s for s in self.segments if s.id == self.selected), None)

    @property
    def selected_segments(self) -> list[StoredSegment]:
        """All selected segments of the current video, by start."""
        return [s for s in self.segments if s.id == self.selected or s.id in self.also]

    def label(self, label_id: int) -> Label | None:
        """The label with the id."""
        return next((label for label in self.labels if label.id == label_id), None)

    def label_named(self, name: str) -> Label | None:
        """The label of that name."""
        return next((label for label in self.labels if label.name == name), None)

    def video_with(self, video_id: int) -> Video | None:
        """The video with the id."""
        return next((video for video in self.videos if video.id == video_id), None)

    # Opening

    def set_project(self, project: Project | None, first: int | None = None) -> None:
        """Look at another project (the one before is closed).

        first: the id of the video to look at; without it, or where it does not work, the first
        that does.
        """
        before, self.project = self.project, project
        self._forget()
        if before is not None:
            before.close()
        if project is not None:
            self.videos = project.videos()
            self.labels = project.labels()
            self.runs = {run.video_id: run for run in project.runs()}
            for video in self.videos:
                self._note_missing(video)
            self.current_label = self.labels[0].id if self.labels else None
            self._count(project)
        self.project_changed.emit()
        self.labels_changed.emit()
        self.current_label_changed.emit(self.current_label)
        self.videos_changed.emit()
        self.history_changed.emit()
        working = [video for video in self.videos if video.id not in self.errors and video.frames]
        wanted = [video for video in working if video.id == first]
        self.set_video(next(iter(wanted or working or self.videos), None))

    def set_video(self, video: Video | None) -> None:
        """Look at another video of the project."""
        self.video = video
        self.segments = self._read_segments()
        self.selected, self.also = None, frozenset()
        self.selected_detection = None
        self.evolution, self.detections, self._found = None, [], []
        self.video_changed.emit(video)
        self.selection_changed.emit(None)
        self.detection_changed.emit(None)
        self.segments_changed.emit()
        self._read_evolution()

    def set_error(self, video_id: int, line: str | None) -> None:
        """Note why a video cannot be shown, or that it can."""
        if self.errors.get(video_id) != line:
            self.errors.pop(video_id, None)
            if line:
                self.errors[video_id] = line
            self.videos_changed.emit()

    # Looking at something else

    def select(self, segment_id: int | None) -> None:
        """Select one segment of the current video and no other, or none."""
        self.select_several([] if segment_id is None else [segment_id])

    def select_several(self, segment_ids: Sequence[int]) -> None:
        """Select segments of the current video; the first is the one that keys move."""
        segment_id = segment_ids[0] if segment_ids else None
        also = frozenset(segment_ids[1:])
        if segment_id != self.selected or also != self.also:
            self.selected, self.also = segment_id, also
            self.selection_changed.emit(segment_id)
            if segment_id is not None:
                self.select_detection(None)

    def toggle(self, segment_id: int) -> None:
        """Select a segment beside the others, or no longer."""
        chosen = [s.id for s in self.selected_segments]
        if segment_id in chosen:
            chosen.remove(segment_id)
        else:
            chosen.insert(0, segment_id)
        self.select_several(chosen)

    def select_detection(self, row: int | None) -> None:
        """Select a detection by its row in the localization list, or none."""
        if row != self.selected_detection:
            self.selected_detection = row
            self.detection_changed.emit(row)
            if row is not None:
                self.select(None)

    def set_current_label(self, label_id: int | None) -> None:
        """The label that new segments get."""
        if label_id != self.current_label:
            self.current_label = label_id
            self.current_label_changed.emit(label_id)

    def set_threshold(self, score: float) -> None:
        """Leave out detections that score less."""
        if score != self.threshold:
            self.threshold = score
            self._filter()
            self.threshold_changed.emit()

    # Changing

    def apply(self, edit: Edit) -> Changes | None:
        """Do an edit; None if it is not possible (`refused` says why)."""
        changes = self._change(lambda project: project.apply(edit))
        if changes and isinstance(edit, AddSegment):
            self.select(changes.created[-1])
        return changes

    def undo(self) -> Changes | None:
        """Take the last edit back."""
        return self._step(lambda project: project.undo())

    def redo(self) -> Changes | None:
        """Do again what was taken back last."""
        return self._step(lambda project: project.redo())

    def take_back(self, edit: int) -> Changes | None:
        """Take one edit of the history back and keep what came after it."""
        return self._step(lambda project: project.revert(edit))

    def go_back(self, step: int) -> Changes | None:
        """Bring back the state after a step of the history."""
        return self._step(lambda project: project.restore(step))

    def read_again(self) -> None:
        """Another program changed the project: show all of it as it is now."""
        if self.project is None:
            return
        videos = frozenset(v.id for v in (*self.videos, *self.project.videos()))
        self._refresh(Changes(videos=videos, labels=True))
        self.runs_added()

    def delete_run(self, run_id: int) -> None:
        """Delete a run for good; what was accepted from it stays."""
        project = self.project
        if project is None:
            return
        try:
            project.delete_run(run_id)
        except EtpError as error:
            self.refused.emit(str(error))
        self.runs_added()

    def runs_added(self) -> None:
        """Show the newest runs of all videos."""
        if self.project is None:
            return
        before, key = self.runs, self.video.id if self.video else None
        self.runs = {run.video_id: run for run in self.project.runs()}
        if self.runs != before:
            self.videos_changed.emit()
            self.edited.emit(frozenset({*before, *self.runs}))
            if key is not None and self.runs.get(key) != before.get(key):
                self._read_evolution()

    def changed_elsewhere(self, changes: Changes) -> None:
        """Show what an edit did that a background thread applied to the project."""
        self._refresh(changes)

    def run_added(self, video_id: int) -> None:
        """Show the newest run of a video."""
        if self.project:
            runs = self.project.runs(video_id)
            if runs:
                self.runs[video_id] = runs[-1]
            self.videos_changed.emit()
            self.edited.emit(frozenset([video_id]))
            if self.video and self.video.id == video_id:
                self._read_evolution()

    def label_for(self, name: str) -> Label | None:
        """The label of that name, added if there is none yet; None if that is refused."""
        if self.label_named(name) is None and self.apply(AddLabel(name)) is None:
            return None
        return self.label_named(name)

    def _change(self, work: Callable[[Project], Changes | None]) -> Changes | None:
        if self.project is None:
            return None
        try:
            changes = work(self.project)
        except EtpError as error:
            text = str(error).removeprefix(f"{self.project.path}: ")
            self.refused.emit(text[:1].upper() + text[1:])
            return None
        if changes is not None:
            self._refresh(changes)
        return changes

    def _step(self, work: Callable[[Project], Changes | None]) -> Changes | None:
        changes = self._change(work)
        if changes is None or not changes.segments:
            return changes
        if self.video is None or self.video.id not in changes.videos:
            self.set_video(next((v for v in self.videos if v.id in changes.videos), self.video))
        touched = [s.id for s in self.segments if s.id in changes.segments]
        if touched and self.selected not in touched:
            self.select(touched[0])
        return changes

    def _refresh(self, changes: Changes) -> None:
        """Read again what has changed and tell the views: the one place that does."""
        project = self.project
        assert project is not None
        if changes.labels:
            self.labels = project.labels()
            if self.current_label is None or self.label(self.current_label) is None:
                self.set_current_label(self.labels[0].id if self.labels else None)
        current = self.video.id if self.video else None
        if current in changes.videos:  # before a view can look up the label of a segment
            self.segments = self._read_segments(changes.segments)
        if changes.labels:
            self.labels_changed.emit()
        relinked = None
        if changes.videos:
            before = {video.id: video for video in self.videos if video.id in changes.videos}
            there = project.videos(changes.videos)
            for video in there:
                if video.id in before and before[video.id].path != video.path:
                    self._note_missing(video)
                    relinked = video if video.id == current else relinked
            others = [video for video in self.videos if video.id not in changes.videos]
            self.videos = sorted((*others, *there), key=lambda video: video.id)
            self.counts |= dict.fromkeys(changes.videos, 0)
            self.counts |= project.segment_counts(changes.videos)
            self.videos_changed.emit()
        if self.video is not None and self.video.id in changes.videos:
            if self.video_with(self.video.id) is None:
                self.set_video(next(iter(self.videos), None))
            elif relinked is not None:
                self.set_video(relinked)
            else:
                self.segments_changed.emit()
                ids = {segment.id for segment in self.segments}
                chosen = [key for key in (self.selected, *self.also) if key in ids]
                if self.selected is not None and len(chosen) <= len(self.also):
                    self.select_several(chosen)
        self.edited.emit(changes.videos)
        self.history_changed.emit()

    def _note_missing(self, video: Video) -> None:
        self.errors.pop(video.id, None)
        if not video.path.is_file():
            self.errors[video.id] = tr("{}: the file is not there").format(video.path)

    def _count(self, project: Project) -> None:
        """Count the segments of every video, in the background: there may be a million."""

        def show(counts: dict[int, int]) -> None:
            if self.project is project:
                self.counts = counts | self.counts  # what was edited meanwhile is counted already
                self.counted = True
                self.videos_changed.emit()

        if self._background is None:
            self.counts, self.counted = project.segment_counts(), True
        else:
            self._background.run(project.segment_counts, show, self.refused.emit, key="counts")

    def _read_segments(self, changed: frozenset[int] = frozenset()) -> list[StoredSegment]:
        """The segments of the video; `changed`: where those alone differ from what is known."""
        if self.project is None or self.video is None:
            return []
        if not 0 < len(changed) <= _FEW:
            return self.project.segments(self.video.id)
        there = self.project.segments(self.video.id, changed)
        there += [segment for segment in self.segments if segment.id not in changed]
        return sorted(there, key=lambda segment: (segment.start, segment.end, segment.id))

    def _read_evolution(self) -> None:
        project, video = self.project, self.video
        run = self.runs.get(video.id) if video else None
        if project is None or run is None:
            self._show_run(None, [])
            return

        def read() -> tuple[Evolution, list[Detection]]:
            return project.evolution(run.id), project.detections(run.id)

        if self._background is None:
            try:
                self._show_run(*read())
            except EtpError as error:
                self.refused.emit(str(error))
            return
        if self.evolution is not None:
            self._show_run(None, [])

        def show(found: tuple[Evolution, list[Detection]]) -> None:
            if self.project is project and self.video == video:
                self._show_run(*found)

        def fail(line: str) -> None:
            if self.project is project:
                self.refused.emit(line)

        self._background.run(read, show, fail, key="evolution")

    def _show_run(self, evolution: Evolution | None, found: list[Detection]) -> None:
        self.evolution, self._found = evolution, found
        self.evolution_changed.emit()
        self._filter()

    def _filter(self) -> None:
        self.detections = [found for found in self._found if found.score >= self.threshold]
        if self.selected_detection not in {found.row for found in self.detections}:
            self.select_detection(None)
        self.detections_changed.emit()


def on_cuts(found: Detection, cuts: NDArray[np.float64]) -> tuple[float, float]:
    """Start and end of a detection on the nearest cuts (n + 1,) seconds, a frame apart at least."""
    first = min(cut_at(cuts, found.start), len(cuts) - 2)
    last = max(cut_at(cuts, found.end), first + 1)
    return float(cuts[first]), float(cuts[last])
