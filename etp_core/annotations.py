"""Labelled segments of many videos: the one shape that every format is read into.

Evaluation, training and the interchange formats speak this; the studio's project file has its own
tables and converts at its door.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from etp_core.errors import InputError


@dataclass(frozen=True, slots=True)
class Segment:
    """One labelled interval [start, end) of one video, in seconds of its presentation time."""

    video: str
    label: str
    start: float
    end: float
    score: float | None = None
    stage: str = "ground_truth"  # or one of evolution.STAGES
    start_frame: int | None = None
    end_frame: int | None = None
    completeness: float | None = None
    proposal_id: str = ""
    parent_id: str = ""
    source: str = ""
    reviewer: str = ""
    extra: str = ""  # a JSON object of what a file says beside this, or ""


def overrun(frame_rate: float | None) -> float:
    """Seconds that a segment may reach beyond its video: 0.1, or one frame if that is longer.

    Annotations are often rounded to tenths of a second, or to frames.
    """
    return max(0.1, 1 / frame_rate) if frame_rate else 0.1


@dataclass(slots=True)
class VideoEntry:
    """What an annotation file says of one video; None where it says nothing.

    file: the name of the video's file, which formats that name it are given; "" if not known.
    """

    subset: str | None = None
    duration: float | None = None
    fps: float | None = None
    frames: int | None = None
    ambiguous: list[tuple[float, float]] = field(default_factory=list)
    extra: str = ""  # as of a segment
    file: str = field(default="", compare=False)


@dataclass(slots=True)
class Annotations:
    """Segments in file order and the videos they belong to, by video id.

    extra: a JSON object of what a file says that belongs to no video, or "". notes: what a reader
    has left out, and why, a line each.
    """

    videos: dict[str, VideoEntry] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    extra: str = ""
    notes: list[str] = field(default_factory=list, compare=False)

    @property
    def labels(self) -> list[str]:
        """The class names, sorted."""
        return sorted({segment.label for segment in self.segments})

    def subset(self, name: str) -> "Annotations":
        """The videos whose subset is `name`, with their segments.

        Raises InputError if there are none, naming the subsets that exist.
        """
        videos = {video: entry for video, entry in self.videos.items() if entry.subset == name}
        if not videos:
            known = sorted({entry.subset for entry in self.videos.values() if entry.subset})
            raise InputError(
                f"no video is in the subset {name!r} (there are: {', '.join(known) or 'none'})"
            )
        kept = [segment for segment in self.segments if segment.video in videos]
        return Annotations(videos, kept, self.extra, self.notes)

    def by_video(self) -> dict[str, list[Segment]]:
        """Segments of each video in file order; videos without segments have an empty list."""
        groups: dict[str, list[Segment]] = {video: [] for video in self.videos}
        for segment in self.segments:
            groups.setdefault(segment.video, []).append(segment)
        return groups

    @classmethod
    def of(cls, segments: Iterable[Segment]) -> "Annotations":
        """Annotations of bare segments: the videos are those that they name."""
        rows = list(segments)
        videos = dict.fromkeys(segment.video for segment in rows)
        return cls({video: VideoEntry() for video in videos}, rows)
