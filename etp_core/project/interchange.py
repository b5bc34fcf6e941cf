"""Annotation files of a project: read and written with the frames of its videos."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from etp_core.annotations import Annotations, Segment
from etp_core.errors import InputError
from etp_core.formats import Clock, by_suffix, named, read, write
from etp_core.project.exchange import GROUND_TRUTH, video_names

if TYPE_CHECKING:
    from etp_core.project.project import Project


def clock_of(project: "Project", frame_rate: float | None = None) -> Clock:
    """The clock of a project's videos, by their names in files; each is opened once.

    frame_rate: of the videos that cannot be opened, on the caller's word.
    """
    videos = project.videos()
    names = video_names(videos)
    files = {video.path.name: video.path for video in videos}
    files |= {names[video.id]: video.path for video in videos}
    return Clock.of_videos(files, frame_rate, lenient=True)


def load(
    project: "Project",
    path: Path,
    format: str | None = None,
    frame_rate: float | None = None,
    video: str | None = None,
) -> Annotations:
    """Read a file for the project; format None recognises it.

    video: the name in the project of the one video that the file is about, whatever it is called
    there. Raises InputError as `read` does, and if the file is about several videos.
    """
    clock = clock_of(project, frame_rate)
    if video is None:
        return read(path, format, clock)
    found = read(path, format, Clock(lambda name: clock.cuts(video), frame_rate))
    return of_video(found, video, path)


def of_video(annotations: Annotations, video: str, path: Path) -> Annotations:
    """The annotations with their one video called `video`; InputError if there are several."""
    if len(annotations.videos) != 1:
        raise InputError(f"{path}: is about {len(annotations.videos)} videos, not one")
    (entry,) = annotations.videos.values()
    rows = [replace(row, video=video) for row in annotations.segments]
    return Annotations({video: entry}, rows, annotations.extra, annotations.notes)


def save(
    project: "Project",
    path: Path,
    format: str | None = None,
    stages: Iterable[str] | None = None,
    min_score: float = 0.0,
) -> Annotations:
    """Write the project's segments; format None goes by the suffix. Returns what was written.

    stages: None is what the format holds. Detections below `min_score` are left out. Frames are
    those of the videos' own time stamps; of a video that cannot be read they stay empty where the
    format can do without. Raises InputError as `write` does.
    """
    asked = None if stages is None else tuple(stages)
    if format is None:
        like = [Segment("", "", 0.0, 1.0, stage=stage) for stage in asked or (GROUND_TRUTH,)]
        format = by_suffix(path, Annotations.of(like)).name
    wanted = named(format).stages if asked is None else asked
    clock = clock_of(project)
    names = video_names(project.videos())
    # Other formats ask the clock themselves, where they have frames at all.
    pts = (lambda video: clock.cuts(names[video.id])) if format == "csv" else None
    annotations = project.annotations(stages=wanted, min_score=min_score, pts=pts)
    write(annotations, path, format, clock)
    return annotations
