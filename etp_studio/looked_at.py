"""What the window looks at: what is open, what of it is selected, and the signals that tell.

Nothing here reads or changes a project: `session` does, and fills this in.
"""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from etp_core.evolution import Evolution
from etp_core.project import Detection, Label, Project, Run, StoredSegment, Video


class LookedAt(QObject):
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

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
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

    def _filter(self) -> None:
        self.detections = [found for found in self._found if found.score >= self.threshold]
        if self.selected_detection not in {found.row for found in self.detections}:
            self.select_detection(None)
        self.detections_changed.emit()
