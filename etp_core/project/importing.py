"""Annotations as edits of a project, and what those edits will do before they are done."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import ProjectError
from etp_core.project import edits, meeting
from etp_core.project.adding import NewSegments
from etp_core.project.exchange import GROUND_TRUTH, to_json, video_names
from etp_core.project.meeting import Place, Segments
from etp_core.project.records import Video
from etp_core.words import counted, some

if TYPE_CHECKING:
    from etp_core.project.project import Project

Kind = meeting.Kind | Literal["unknown"]
Differing = Literal["both", "file", "project"]


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row of ground truth, and what it meets in the project.

    new: nothing. present: its equal, which it adds nothing to. changed: a segment of its label and
    annotator with other boundaries. conflicting: one of its annotator with another label.
    unknown: its video is not in the project. meets: the id of that segment, or None.
    """

    number: int  # from 1, among the rows of ground truth
    row: Segment
    kind: Kind
    meets: int | None = None


@dataclass(slots=True)
class Plan:
    """What an import will do.

    segments: the rows of ground truth in file order; kinds: of each; meets: the id of the segment
    in the project, by the place of the row that meets it. labels: new ones; unknown: rows by video.
    """

    source: str
    segments: list[Segment] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    meets: dict[int, int] = field(default_factory=dict)
    videos: dict[str, int] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    left_out: int = 0  # rows of detections and proposals
    entries: dict[str, VideoEntry] = field(default_factory=dict)
    extra: str = ""

    @property
    def rows(self) -> list[PlannedRow]:
        """The rows one by one, in file order."""
        return [
            PlannedRow(i + 1, row, kind, self.meets.get(i))
            for i, (row, kind) in enumerate(zip(self.segments, self.kinds, strict=True))
        ]

    def count(self, kind: Kind) -> int:
        """The number of rows of a kind."""
        return self.kinds.count(kind)

    def lines(self, differing: Differing = "both") -> list[str]:
        """The plan in words, a line for each kind of row that there is."""
        does = {
            "both": "is added beside it",
            "file": "takes its place",
            "project": "is left out",
        }[differing]
        found = [
            (self.count("new"), "new"),
            (self.count("present"), "in the project already, left out"),
            (self.count("changed"), f"with other boundaries than in the project: each {does}"),
            (self.count("conflicting"), f"with another label than in the project: each {does}"),
            (self.left_out, "of detections or proposals, left out"),
        ]
        lines = [f"{counted(count, 'segment')} {words}" for count, words in found if count]
        if self.labels:
            lines.append(f"{counted(len(self.labels), 'new label')}: {some(self.labels)}")
        if self.unknown:
            segments = counted(sum(self.unknown.values()), "segment")
            videos = counted(len(self.unknown), "video")
            are = "are" if len(self.unknown) > 1 else "is"
            names = some(list(self.unknown))
            lines.append(f"{segments} of {videos} that {are} not in the project: {names}")
        return lines or ["nothing to import"]


def plan(project: "Project", annotations: Annotations, source: str) -> Plan:
    """What importing the ground truth would do; changes nothing.

    Raises ProjectError if the file has detections only, or the name of a video fits several.
    """
    rows = [row for row in annotations.segments if row.stage == GROUND_TRUTH]
    if annotations.segments and not rows:
        raise ProjectError(f"{source}: holds detections only, no ground truth to import")
    named = {row.video for row in rows} | set(annotations.videos)
    result = Plan(
        source,
        segments=rows,
        kinds=["new"] * len(rows),
        videos=_matching(project.videos(), named, source),
        left_out=len(annotations.segments) - len(rows),
        extra=annotations.extra,
    )
    by_video: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        by_video.setdefault(row.video, []).append(i)
    unknown = by_video.keys() - result.videos.keys()
    result.unknown = {name: len(by_video[name]) for name in sorted(unknown)}
    result.entries = {k: v for k, v in annotations.videos.items() if k in result.videos}
    labels = {label.name: label.id for label in project.labels()}
    wanted = dict.fromkeys(row.label for row in rows if row.video not in unknown)
    result.labels = [name for name in dict.fromkeys(map(str.strip, wanted)) if name not in labels]
    for name, numbers in by_video.items():
        if name in unknown:
            for i in numbers:
                result.kinds[i] = "unknown"
            continue
        there = project.segments(result.videos[name])
        if there:
            segments = Segments(
                (s.id, Place(s.start, s.end, s.label_id, s.annotator)) for s in there
            )
            for i in numbers:
                row = rows[i]
                label = labels.get(row.label.strip(), -1)
                who = row.reviewer.strip() or project.author
                kind, key = segments.meet(Place(row.start, row.end, label, who))
                result.kinds[i] = kind
                if key is not None:
                    result.meets[i] = key
    return result


def edits_of(
    project: "Project", plan: Plan, differing: Differing = "both", skip_unknown: bool = False
) -> Iterator[tuple[str, edits.Edit | NewSegments]]:
    """The edits that carry a plan out, each with the words that name its row in an error.

    A generator to be run inside the transaction: it looks up the labels that it has added.
    differing: whose version of a changed or conflicting segment stays. Raises ProjectError naming
    the videos that the project has not, unless they are to be skipped.
    """
    source = plan.source
    if plan.unknown and not skip_unknown:
        raise ProjectError(
            f"{source}: not in the project: video {some(list(plan.unknown))}; add them first"
        )
    left = {"unknown", "present"}
    if differing == "project":
        left |= {"changed", "conflicting"}
    kept = [i for i, kind in enumerate(plan.kinds) if kind not in left]
    used = {plan.segments[i].label for i in kept}
    used = {name.strip() for name in used}
    for name in plan.labels:
        if name in used:
            yield f"{source}: label {name!r}", edits.AddLabel(name)
    labels = {label.name: label.id for label in project.labels()}
    if differing == "file":
        for i, key in plan.meets.items():
            if plan.kinds[i] not in left:
                row = plan.segments[i]
                yield _place(plan, i), edits.MoveSegment(key, row.start, row.end)
                yield _place(plan, i), edits.RelabelSegment(key, labels[row.label.strip()])
        kept = [i for i in kept if i not in plan.meets]
    if kept:
        yield "", _new(plan, kept, labels)
    yield from _descriptions(project, plan)


def _place(plan: Plan, row: int) -> str:
    segment = plan.segments[row]
    return f"{plan.source}: segment {row + 1} (video {segment.video}, label {segment.label})"


def _new(plan: Plan, numbers: list[int], labels: dict[str, int]) -> NewSegments:
    """The rows of those numbers as new segments."""
    ids = {name: labels[name.strip()] for name in {plan.segments[i].label for i in numbers}}
    rows = [plan.segments[i] for i in numbers]
    kept = [_unsure(row.extra) if row.extra else (False, "") for row in rows]
    return NewSegments(
        videos=[plan.videos[row.video] for row in rows],
        labels=[ids[row.label] for row in rows],
        starts=[row.start for row in rows],
        ends=[row.end for row in rows],
        sources=[f"imported:{Path(plan.source).name}"] * len(rows),
        annotators=[row.reviewer or None for row in rows],
        unsure=[unsure for unsure, _ in kept],
        extras=[extra for _, extra in kept],
        place=lambda i: _place(plan, numbers[i]),
        by_time=True,
    )


def _unsure(extra: str) -> tuple[bool, str]:
    """The flag that files keep among their keys, and the other keys."""
    if '"unsure"' not in extra:
        return False, extra
    keys = json.loads(extra)
    if keys.get("unsure") is not True:
        return False, extra
    del keys["unsure"]
    return True, to_json(keys)


def _descriptions(project: "Project", plan: Plan) -> Iterator[tuple[str, edits.Edit]]:
    """The edits that keep what the file says of videos and of itself, where it says something."""
    about = {video.id: video.about for video in project.videos()}
    for name, entry in plan.entries.items():
        key = plan.videos[name]
        found = json.loads(about[key] or "{}")
        before = to_json(found)
        if entry.subset is not None:
            found["subset"] = entry.subset
        if entry.ambiguous:
            found["ambiguous"] = [list(pair) for pair in entry.ambiguous]
        if entry.extra:
            found["extra"] = {**found.get("extra", {}), **json.loads(entry.extra)}
        if to_json(found) != before:
            about[key] = to_json(found)
            yield f"{plan.source}: video {name}", edits.DescribeVideo(key, about[key])
    if plan.extra:
        merged = {**json.loads(project.document() or "{}"), **json.loads(plan.extra)}
        yield plan.source, edits.DescribeProject(to_json(merged))


def _matching(videos: list[Video], wanted: set[str], source: str) -> dict[str, int]:
    """The id of the video that each name means: the exported name, or the name of the file."""
    known = {name: key for key, name in video_names(videos).items()}
    files = Counter(video.path.name for video in videos)
    known |= {
        v.path.name: v.id for v in videos if files[v.path.name] == 1 and v.path.name not in known
    }
    stems = Counter(video.path.stem for video in videos)
    for name in sorted(wanted - set(known)):
        if stems[Path(name).stem] > 1:
            same = [n for n in video_names(videos).values() if n.endswith(name)]
            raise ProjectError(
                f"{source}: several videos are called {name}; name them {' or '.join(same)}"
            )
    return {name: known[name] for name in wanted if name in known}
