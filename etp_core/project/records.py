"""What is read from a project: the rows of its tables as frozen values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etp_core.evolution import MOTION


@dataclass(frozen=True, slots=True)
class Video:
    """A video of the project; frames are half-open in [start, start + duration) seconds.

    frames 0 and duration, frame_rate None: it could not be decoded when it was added.
    """

    id: int
    path: Path
    name: str
    fingerprint: str
    frames: int
    duration: float | None
    frame_rate: float | None
    width: int
    height: int
    start: float = 0.0
    about: str = ""  # see edits.DescribeVideo


@dataclass(frozen=True, slots=True)
class Label:
    """A class of action; color '#rrggbb'."""

    id: int
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment of ground truth, [start, end) in seconds; editor changed it last, at `modified`."""

    id: int
    video_id: int
    label_id: int
    start: float
    end: float
    annotator: str
    source: str
    created: str = ""
    modified: str = ""
    editor: str = ""
    unsure: bool = False
    extra: str = ""  # see edits.AddSegment

    @property
    def last_by(self) -> str:
        """Who made it what it is: the one who changed it, else its annotator, not its importer."""
        return self.editor if self.editor and self.modified != self.created else self.annotator


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision of the review (see edits.Judge); [start, end) in seconds, created ISO 8601."""

    id: int
    video_id: int
    verdict: str
    label: str
    start: float
    end: float
    annotator: str
    created: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the engine on one video; created is ISO 8601 in UTC."""

    id: int
    video_id: int
    model: str
    created: str
    options: dict[str, Any]

    @property
    def detects(self) -> bool:
        """Whether it can be held against the ground truth: motion only proposes."""
        return self.model != MOTION


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one annotator has in a project: segments, unsure ones among them, review verdicts."""

    annotator: str
    segments: int
    unsure: int
    verdicts: int


@dataclass(frozen=True, slots=True)
class Detection:
    """A detection of a run: its row in the localization list, [start, end) in seconds.

    before: the segments that it came from, one for each earlier stage (evolution.STAGES).
    """

    row: int
    label: str
    start: float
    end: float
    score: float
    completeness: float = 0.0
    before: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One step of the history; kind is 'edit', 'undo' or 'redo', undone says so of an edit."""

    id: int
    time: str
    author: str
    kind: str
    title: str
    undone: bool


@dataclass(frozen=True, slots=True)
class Alteration:
    """What an edit did to one row; before is "" if it added the row, after if it took it away.

    what: the label, or what else it is about; video: the name of its video, or "".
    """

    what: str
    video_id: int | None
    video: str
    segment_id: int | None
    before: str
    after: str
