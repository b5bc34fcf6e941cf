"""A project's tables as Annotations: what an export writes."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.detections import detections_of
from etp_core.errors import ProjectError
from etp_core.evolution import STAGES
from etp_core.project.records import Video
from etp_core.timeline import Floats, cut_at

if TYPE_CHECKING:
    from etp_core.project.project import Project

TimeStamps = Callable[[Video], Floats | None]
GROUND_TRUTH = "ground_truth"


def video_names(videos: Iterable[Video]) -> dict[int, str]:
    """The name of each video in interchange files, by id: the file's stem.

    Equal stems are told apart by their folder, and if that is equal too, by the id.
    """
    rows = list(videos)
    names = {video.id: video.path.stem for video in rows}
    for better in (
        lambda v: f"{v.path.parent.name}_{v.path.stem}",
        lambda v: f"{v.path.stem}_{v.id}",
    ):
        count = Counter(names.values())
        names.update({v.id: better(v) for v in rows if count[names[v.id]] > 1})
    return names


_TRUTH = """
SELECT l.name, s.start_s, s.end_s, s.source, a.name, s.extra, s.unsure FROM segments s
JOIN labels l ON l.id = s.label JOIN annotators a ON a.id = s.annotator
WHERE s.video = ? ORDER BY s.start_s, s.end_s, s.id
"""


def export(
    project: "Project",
    connection: sqlite3.Connection,
    stages: Iterable[str],
    video_ids: Iterable[int] | None,
    min_score: float,
) -> list[tuple[Video, str, list[Segment]]]:
    """Each video, its name and its rows without frames; see `Project.annotations`."""
    stages = tuple(stages)
    for stage in stages:
        if stage not in (GROUND_TRUTH, *STAGES):
            raise ProjectError(
                f"there is no stage {stage!r} (there are: {', '.join((GROUND_TRUTH, *STAGES))})"
            )
    videos = project.videos()
    names = video_names(videos)
    wanted = set(names) if video_ids is None else {int(key) for key in video_ids}
    if not wanted <= set(names):
        raise ProjectError(f"there is no video {min(wanted - set(names))} in the project")
    found = []
    for video in videos:
        if video.id not in wanted:
            continue
        rows: list[Segment] = []
        if GROUND_TRUTH in stages:
            rows += [
                Segment(
                    names[video.id], label, start, end, source=source, reviewer=who,
                    extra=_with_unsure(extra) if unsure else extra,
                )
                for label, start, end, source, who, extra, unsure in connection.execute(
                    _TRUTH, (video.id,)
                )
            ]  # fmt: skip
        runs = project.runs(video.id) if set(stages) & set(STAGES) else []
        if runs:
            rows += _proposals(project, runs[-1].id, names[video.id], stages, min_score)
        found.append((video, names[video.id], rows))
    return found


def annotations(
    found: list[tuple[Video, str, list[Segment]]], pts: TimeStamps | None, extra: str
) -> Annotations:
    """What `export` found as one value; frames are looked up where there is `pts`."""
    result = Annotations(extra=extra)
    for video, name, rows in found:
        about = json.loads(video.about or "{}")
        result.videos[name] = VideoEntry(
            subset=about.get("subset"),
            duration=video.duration,
            fps=video.frame_rate,
            frames=video.frames or None,
            ambiguous=[(start, end) for start, end in about.get("ambiguous", [])],
            extra=to_json(about.get("extra", {})),
            file=video.path.name,
        )
        result.segments += rows if pts is None or not rows else _with_frames(rows, video, pts)
    return result


def to_json(value: dict[str, Any]) -> str:
    """The object as the tables keep it, "" if it is empty."""
    return json.dumps(value, ensure_ascii=False) if value else ""


def _with_unsure(extra: str) -> str:
    """The keys of a segment that somebody is unsure of, as files have them."""
    return to_json({**json.loads(extra or "{}"), "unsure": True})


def _proposals(
    project: "Project", run: int, name: str, stages: tuple[str, ...], min_score: float
) -> list[Segment]:
    evolution = project.evolution(run)
    rows = detections_of(evolution, all_stages=True).segments
    source = f"run {run} ({evolution.model})" if evolution.model else f"run {run}"
    return [
        replace(row, video=name, source=source)
        for row in rows
        if row.stage in stages and (row.stage != STAGES[-1] or (row.score or 0.0) >= min_score)
    ]


def _with_frames(rows: list[Segment], video: Video, pts: TimeStamps) -> list[Segment]:
    found = pts(video)
    if found is None:
        return rows
    cuts = np.asarray(found, np.float64)
    if len(cuts) == video.frames and video.duration is not None:
        cuts = np.append(cuts, video.start + video.duration)
    return [
        replace(row, start_frame=cut_at(cuts, row.start), end_frame=cut_at(cuts, row.end))
        for row in rows
    ]
