"""Annotations as edits of a project, and what those edits will do before they are done."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

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
    about: what is kept of videos beside their segments, by name, where it changes; document: the
    same of the project, or None; described: the names of what changes in either.
    """

    source: str
    segments: list[Segment] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    meets: dict[int, int] = field(default_factory=dict)
    videos: dict[str, int] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    left_out: int = 0  # rows of detections and proposals
    about: dict[str, str] = field(default_factory=dict)
    document: str | None = None
    described: list[str] = field(default_factory=list)

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

    def kept(self, differing: Differing = "both") -> list[int]:
        """The places of the rows that are not left out."""
        left = {"unknown", "present"}
        if differing == "project":
            left |= {"changed", "conflicting"}
        return [i for i, kind in enumerate(self.kinds) if kind not in left]

    def new_labels(self, differing: Differing = "both") -> list[str]:
        """The names of the labels that are added for the rows that are not left out."""
        used = {name.strip() for name in {self.segments[i].label for i in self.kept(differing)}}
        return [name for name in self.labels if name in used]

    def check_known(self) -> None:
        """Raise ProjectError if there are rows of videos that are not in the project."""
        if not self.unknown:
            return
        one = len(self.unknown) == 1
        alone = one and self.count("unknown") == len(self.segments)  # a file of one video
        raise ProjectError(
            f"{self.source}: nothing of it is imported, because "
            f"{'a video is' if one else f'{len(self.unknown)} videos are'} not in the project: "
            f"{some(list(self.unknown))}; add {'it' if one else 'them'} (etp project add)"
            f"{', say which of its videos is meant (--video)' if alone else ''} "
            f"or leave {'its' if one else 'their'} segments out (--skip-unknown)"
        )

    def lines(self, differing: Differing = "both", skip_unknown: bool = False) -> list[str]:
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
        rows = [self.segments[i] for i in self.kept(differing)]
        twice = len(rows) - len({(r.video, r.label, r.start, r.end, r.reviewer) for r in rows})
        if twice:
            repeat = "repeats" if twice == 1 else "repeat"
            lines.append(f"{twice} of these {repeat} another row of the file; all are added")
        labels = self.new_labels(differing)
        if labels:
            lines.append(f"{counted(len(labels), 'new label')}: {some(labels)}")
        if self.described:
            what = counted(len(self.about), "video") if self.about else "the project"
            lines.append(f"more is known of {what}: {some(self.described)}")
        if self.unknown:
            segments = counted(sum(self.unknown.values()), "segment")
            videos = counted(len(self.unknown), "video")
            are = "are" if len(self.unknown) > 1 else "is"
            names = some(list(self.unknown))
            out = ", left out" if skip_unknown else ""
            lines.append(f"{segments} of {videos} that {are} not in the project{out}: {names}")
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
    )
    by_video: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        by_video.setdefault(row.video, []).append(i)
    unknown = by_video.keys() - result.videos.keys()
    result.unknown = {name: len(by_video[name]) for name in sorted(unknown)}
    _describe(project, annotations, result)
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
    if not skip_unknown:
        plan.check_known()
    for name in plan.new_labels(differing):
        yield f"{source}: label {name!r}", edits.AddLabel(name)
    labels = {label.name: label.id for label in project.labels()}
    kept = plan.kept(differing)
    if differing == "file":
        for i, key in plan.meets.items():
            if plan.kinds[i] != "present":
                row = plan.segments[i]
                yield _place(plan, i), edits.MoveSegment(key, row.start, row.end)
                yield _place(plan, i), edits.RelabelSegment(key, labels[row.label.strip()])
        kept = [i for i in kept if i not in plan.meets]
    if kept:
        yield "", _new(plan, kept, labels)
    for name, about in plan.about.items():
        yield f"{source}: video {name}", edits.DescribeVideo(plan.videos[name], about)
    if plan.document is not None:
        yield source, edits.DescribeProject(plan.document)


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


def _describe(project: "Project", annotations: Annotations, plan: Plan) -> None:
    """Put into the plan what the file says of videos and of itself, where it says something."""
    about = {video.id: video.about for video in project.videos()}
    for name, entry in annotations.videos.items():
        if name not in plan.videos:
            continue
        key = plan.videos[name]
        before = json.loads(about[key] or "{}")
        found = _described(before, entry)
        if found != before:
            plan.about[name] = about[key] = to_json(found)
            plan.described += _differing(before, found)
    if annotations.extra:
        before = json.loads(project.document() or "{}")
        found = {**before, **json.loads(annotations.extra)}
        if found != before:
            plan.document = to_json(found)
            plan.described += _differing(before, found)
    plan.described = list(dict.fromkeys(plan.described))


def _described(before: dict[str, Any], entry: VideoEntry) -> dict[str, Any]:
    found = dict(before)
    if entry.subset is not None:
        found["subset"] = entry.subset
    if entry.ambiguous:
        found["ambiguous"] = [list(pair) for pair in entry.ambiguous]
    if entry.extra:
        found["extra"] = {**found.get("extra", {}), **json.loads(entry.extra)}
    return found


def _differing(before: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """The names of what is not the same in both, those of other keys by their own names."""
    before, found = ({**one, **one.get("extra", {})} for one in (before, found))
    return [key for key in found if key != "extra" and found[key] != before.get(key)]


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
