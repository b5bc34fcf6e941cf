"""The edits of a project: small frozen values, the only way in which its data changes.

`Project.apply` checks an edit, writes it as one transaction and returns `Changes`. Times are
seconds of the video's presentation time, intervals half-open [start, end).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class AddVideo:
    """Put a video into the project; the file itself is neither copied nor read.

    A video that cannot be decoded may be added too: frames 0, duration and frame_rate None.
    start is the time stamp of the first frame (negative in some files); the last frame ends at
    start + duration.
    """

    path: Path
    fingerprint: str
    frames: int
    duration: float | None
    frame_rate: float | None
    width: int
    height: int
    start: float = 0.0

    @property
    def title(self) -> str:
        return f"Add video {Path(self.path).name}"


@dataclass(frozen=True, slots=True)
class RemoveVideo:
    """Take a video and its segments out of the project; undo brings them and its runs back."""

    video_id: int
    title: str = field(default="Remove video", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class RelinkVideo:
    """Say where the file of a video lies now; the file itself is not read."""

    video_id: int
    path: Path

    @property
    def title(self) -> str:
        return f"Find video {Path(self.path).name}"


@dataclass(frozen=True, slots=True)
class AddLabel:
    """Add a class of action; color '#rrggbb', or None for the next of the palette."""

    name: str
    color: str | None = None

    @property
    def title(self) -> str:
        return f"Add label {self.name}"


@dataclass(frozen=True, slots=True)
class RenameLabel:
    """Give a label another name, which no other label has."""

    label_id: int
    name: str

    @property
    def title(self) -> str:
        return f"Rename label to {self.name}"


@dataclass(frozen=True, slots=True)
class RecolorLabel:
    """Give a label another colour, '#rrggbb'."""

    label_id: int
    color: str
    title: str = field(default="Change colour of label", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class DeleteLabel:
    """Delete a label that no segment has."""

    label_id: int
    title: str = field(default="Delete label", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class AddSegment:
    """Add a segment of ground truth.

    label_id: an id, or the name of a label, which is added if there is none yet.
    source: 'drawn', 'imported:FILE' or 'accepted:run N'. annotator: None is the project's author.
    extra: a JSON object of what its file says beside this, or "".
    """

    video_id: int
    label_id: int | str
    start: float
    end: float
    source: str = "drawn"
    annotator: str | None = None
    unsure: bool = False
    extra: str = ""
    title: str = field(default="Add segment", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class MoveSegment:
    """Give a segment other boundaries."""

    segment_id: int
    start: float
    end: float
    title: str = field(default="Move segment", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class RelabelSegment:
    """Give a segment another label.

    label_id: an id, or the name of a label, which is added if there is none yet.
    """

    segment_id: int
    label_id: int | str
    title: str = field(default="Relabel segment", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class DeleteSegment:
    """Delete a segment."""

    segment_id: int
    title: str = field(default="Delete segment", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class MarkUnsure:
    """Note that somebody is unsure of a segment, or no longer is."""

    segment_id: int
    unsure: bool
    title: str = field(default="Mark segment", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class Judge:
    """Remember a decision of the review, so that it is not asked for again.

    'rejected': what was detected as `label` at [start, end) is no action. 'kept': the segment of
    that label and those boundaries is right as it is.
    """

    video_id: int
    verdict: Literal["rejected", "kept"]
    label: str
    start: float
    end: float

    @property
    def title(self) -> str:
        return f"{'Reject' if self.verdict == 'rejected' else 'Keep'} {self.label}"


@dataclass(frozen=True, slots=True)
class DescribeVideo:
    """Keep what an annotation file says of a video: `about` is a JSON object, or ""."""

    video_id: int
    about: str
    title: str = field(default="Describe video", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class DescribeProject:
    """Keep what annotation files say that belongs to no video: a JSON object, or ""."""

    extra: str
    title: str = field(default="Describe project", init=False, repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """Several edits as one step of undo: all of them or none, in their order."""

    edits: tuple["Edit", ...]
    title: str


Edit = (
    AddVideo
    | RemoveVideo
    | RelinkVideo
    | AddLabel
    | RenameLabel
    | RecolorLabel
    | DeleteLabel
    | AddSegment
    | MoveSegment
    | RelabelSegment
    | DeleteSegment
    | MarkUnsure
    | Judge
    | DescribeVideo
    | DescribeProject
    | Batch
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an edit, an undo or a redo touched, for the views to refresh.

    videos: ids of videos that were added, removed or changed, or whose segments or verdicts were;
    segments: ids of those added, moved, relabelled or deleted; labels: whether the list of labels
    changed; created: ids that are there now and were not before, in the order of the edits.
    """

    videos: frozenset[int] = frozenset()
    segments: frozenset[int] = frozenset()
    labels: bool = False
    created: tuple[int, ...] = ()
