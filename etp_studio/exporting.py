"""Files in and out of the window: export and import, written and read in the background."""

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from etp_core.errors import VideoError
from etp_core.evolution import STAGES
from etp_core.formats import FORMATS, read, write
from etp_core.project import Project, Video
from etp_core.video import VideoReader
from etp_studio.background import Background
from etp_studio.session import Session


def export_annotations(project: Project, path: Path, format: str, threshold: float) -> Counter[str]:
    """Write ground truth and detections of the whole project; returns the segments of each stage.

    CSV gets all stages, ActivityNet ground truth only the ground truth, ActivityNet results only
    the detections. Detections below `threshold` are left out. Frames are looked up in each video's
    cuts: start_frame is the first inside, end_frame the first outside.
    """
    stages = {
        "csv": ("ground_truth", *STAGES),
        "activitynet": ("ground_truth",),
        "activitynet-results": (STAGES[-1],),
    }[format]
    cuts: dict[int, NDArray[np.float64] | None] = {}

    def time_stamps(video: Video) -> NDArray[np.float64] | None:
        if video.id not in cuts:
            try:
                with VideoReader(video.path) as reader:
                    cuts[video.id] = reader.cuts
            except VideoError:  # its segments are exported all the same, without frames
                cuts[video.id] = None
        return cuts[video.id]

    pts = time_stamps if format == "csv" else None
    annotations = project.annotations(stages=stages, min_score=threshold, pts=pts)
    write(annotations, path, format)
    return Counter(segment.stage for segment in annotations.segments)


def told(counts: Counter[str], threshold: float) -> str:
    """What an export wrote, in words: its segments by stage, and the threshold if it mattered."""
    truth, detections = counts["ground_truth"], counts[STAGES[-1]]
    proposals = counts[STAGES[0]] + counts[STAGES[1]]
    parts = []
    if truth or not detections:
        parts.append(f"{truth} segments of ground truth")
    if detections:
        from_score = f" from score {threshold:g} on" if threshold else ""
        parts.append(f"{detections} detections{from_score}")
    if proposals:
        parts.append(f"{proposals} proposals")
    return ", ".join(parts)


class Exchange(QObject):
    """Exports and imports for the window; `done(line)` or `failed(line)` says how it went."""

    done = Signal(str)
    failed = Signal(str)

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__(session)
        self._session, self._background = session, background

    def export(self, path: Path, format: str) -> None:
        """Write the project's segments to `path`, replacing it."""
        project, threshold = self._session.project, self._session.threshold
        if project is None:
            return

        suffix = FORMATS[format].suffixes[0]
        if path.suffix.lower() != suffix:
            self.failed.emit(f"{path.name}: give the file a name that ends in {suffix}, its format")
            return
        self._background.run(
            lambda: export_annotations(project, path, format, threshold),
            lambda counts: self.done.emit(f"Exported {told(counts, threshold)} to {path}"),
            self.failed.emit,
        )

    def import_file(self, path: Path) -> None:
        """Add the ground truth of a file to the project, as one step of undo."""
        project = self._session.project
        if project is None:
            return

        def load():
            return project.import_annotations(read(path), str(path))

        def show(changes) -> None:
            if self._session.project is project:
                self._session.changed_elsewhere(changes)
                self.done.emit(f"Imported {len(changes.segments)} segments from {path.name}")

        self._background.run(load, show, self.failed.emit)
