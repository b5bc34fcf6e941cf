"""One open project, read and changed; what is open and selected is in `looked_at`.

The session owns the data of the window. Every change goes through `apply`, `undo` or `redo`, and
one method, `_refresh`, reads again what the project says has changed and tells the views.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from etp_core.bulk import many_values
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
from etp_core.timeline import nearest_cuts
from etp_studio.background import Background
from etp_studio.looked_at import LookedAt
from etp_studio.texts import tr

_FEW = 100  # changed segments up to which only those are read again


@dataclass(frozen=True)
class Start:
    """What is shown of a project at first, read where that holds nothing up.

    errors: why a video cannot be shown, by its id. video: the one to look at, with its segments.
    """

    project: Project
    videos: list[Video]
    labels: list[Label]
    runs: dict[int, Run]
    errors: dict[int, str]
    video: Video | None
    segments: list[StoredSegment]


def read_start(project: Project, first: int | None = None) -> Start:
    """Read what is shown first.

    first: the id of the video to look at; without it, or where it does not work, the first that
    does. Raises ProjectError.
    """
    videos = project.videos()
    missing = ((video.id, missing_line(video)) for video in videos)
    errors = {key: line for key, line in missing if line}
    working = [video for video in videos if video.id not in errors and video.frames]
    wanted = [video for video in working if video.id == first]
    video = next(iter(wanted or working or videos), None)
    return Start(
        project=project,
        videos=videos,
        labels=project.labels(),
        runs={run.video_id: run for run in project.runs()},
        errors=errors,
        video=video,
        segments=project.segments(video.id) if video else [],
    )


def missing_line(video: Video) -> str:
    """Why a video cannot be shown whose file is gone, else ""."""
    if os.path.isfile(video.path):  # noqa: PTH113 (three times as fast)
        return ""
    return tr("{}: the file is not there").format(video.path)


class Session(LookedAt):
    """Opens and closes the project, changes it, and reads again what has changed."""

    def __init__(self, parent: QObject | None = None, background: Background | None = None) -> None:
        """With `background` the evolution of a video is read there, for it may be long."""
        super().__init__(parent)
        self._background = background

    # Opening

    def set_project(self, project: Project | None, first: int | None = None) -> None:
        """Look at another project (the one before is closed); first: see `read_start`."""
        self.show_project(None if project is None else read_start(project, first))

    def show_project(self, start: Start | None) -> None:
        """Look at another project that was read already, or at none (the one before is closed)."""
        before, self.project = self.project, start.project if start else None
        self._forget()
        if before is not None:
            before.close()
        if start is not None:
            self.videos, self.labels = start.videos, start.labels
            self.runs, self.errors = start.runs, start.errors
            self.current_label = self.labels[0].id if self.labels else None
            self._count(start.project)
        self.project_changed.emit()
        self.labels_changed.emit()
        self.current_label_changed.emit(self.current_label)
        self.videos_changed.emit()
        self.history_changed.emit()
        self._show_video(start.video if start else None, start.segments if start else [])

    def set_video(self, video: Video | None) -> None:
        """Look at another video of the project."""
        there = [] if self.project is None or video is None else self.project.segments(video.id)
        self._show_video(video, there)

    def _show_video(self, video: Video | None, segments: list[StoredSegment]) -> None:
        self.video, self.segments = video, segments
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
        with many_values():
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
        if line := missing_line(video):
            self.errors[video.id] = line

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


def on_cuts(found: Detection, cuts: NDArray[np.float64]) -> tuple[float, float]:
    """Start and end of a detection on the nearest cuts (n + 1,) seconds, a frame apart at least."""
    return all_on_cuts([found], cuts)[0]


def all_on_cuts(found: Sequence[Detection], cuts: NDArray[np.float64]) -> list[tuple[float, float]]:
    """The same for several."""
    bounds = np.array([(one.start, one.end) for one in found]).reshape(-1, 2)
    first, last = nearest_cuts(cuts, bounds).T
    first = np.minimum(first, len(cuts) - 2)
    last = np.maximum(last, first + 1)
    return list(zip(cuts[first].tolist(), cuts[last].tolist(), strict=True))
