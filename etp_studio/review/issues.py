"""What is worth a look: where detections and ground truth of a video disagree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from etp_core.evaluation.matching import overlapping
from etp_core.evolution import STAGES
from etp_core.project import Detection, Label, StoredSegment, Verdict
from etp_core.timeline import nearest_cuts, tiou
from etp_studio.texts import later, tr

SAME = 0.5  # tIoU from which on a detection and a segment are about the same action
NEAR = 0.1  # tIoU below which they have nothing to do with each other
FRAMES = 3  # boundaries that differ by less are not worth a look
DRIFT = 0.3  # tIoU of first proposal and detection below which the stages disagree
REJECTED = 0.7  # tIoU from which on a detection is the one that was rejected


class Kind(StrEnum):
    """How they disagree, as the review names it."""

    unmatched = later("new")  # a detection where the ground truth has nothing
    label = later("label")  # a segment that was only detected as something else
    boundary = later("boundaries")  # the same action with other boundaries
    missed = later("missed")  # a segment that was not detected
    stages = later("stages")  # a detection far from the proposal that it came from
    unsure = later("unsure")  # a segment that somebody is unsure of


@dataclass(frozen=True)
class Issue:
    """One disagreement of a video at `time` seconds, in words.

    segment: the id of the segment, if any. found: the detection, if any. label: of the segment,
    else of the detection. error: the larger of both boundary errors in frames, else None.
    """

    kind: Kind
    video_id: int
    time: float
    label: str
    text: str
    segment: int | None = None
    found: Detection | None = None
    error: int | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What stays the same when the lists are read again."""
        return self.video_id, self.segment, self.found.row if self.found else None, self.kind


def at_stage(found: Sequence[Detection], stage: str) -> list[Detection]:
    """The detections with the boundaries that they had after `stage` (one of STAGES)."""
    number = STAGES.index(stage)
    moved = []
    for detection in found:
        if number < len(detection.before):
            start, end = detection.before[number]
            detection = replace(detection, start=start, end=end)
        moved.append(detection)
    return moved


def find_issues(
    video_id: int,
    detections: Sequence[Detection],
    segments: Sequence[StoredSegment],
    labels: Sequence[Label],
    cuts: NDArray[np.float64],
    verdicts: Sequence[Verdict] = (),
) -> list[Issue]:
    """The disagreements of one video in order of time; cuts (n + 1,) seconds.

    A segment goes with the detection of its label that overlaps it most, else with the best of
    another label; a detection that lies on no segment is unmatched. What a verdict has settled is
    left out: a rejected detection, and a kept segment as long as nobody changes it.
    """
    names = {label.id: label.name for label in labels}
    found = sorted(
        (d for d in detections if not _rejected(d, verdicts)), key=lambda d: (d.start, d.end)
    )
    kept = {(v.label, v.start, v.end) for v in verdicts if v.verdict == "kept"}
    bounds = np.array([(d.start, d.end) for d in found]).reshape(-1, 2)
    truth = np.array([(s.start, s.end) for s in segments]).reshape(-1, 2)
    pairs = overlapping(
        truth, np.zeros(len(truth), np.int64), bounds, np.zeros(len(found), np.int64)
    )
    free = np.ones(len(found), bool)  # on no segment so far
    free[pairs.b[pairs.tiou >= NEAR]] = False
    numbers = {label.name: label.id for label in labels}
    of_truth = np.array([segment.label_id for segment in segments], np.int64)
    of_found = np.array([numbers.get(d.label, -1) for d in found], np.int64)
    own = np.flatnonzero(of_truth[pairs.a] == of_found[pairs.b])
    own = own[np.lexsort((-own, pairs.tiou[own], pairs.a[own]))]
    best, share = np.full(len(truth), -1), np.zeros(len(truth))
    best[pairs.a[own]], share[pairs.a[own]] = pairs.b[own], pairs.tiou[own]  # the last one wins
    alike = share >= SAME
    free[best[alike]] = False
    near = np.flatnonzero(pairs.tiou >= SAME)
    first = np.searchsorted(pairs.a[near], np.arange(len(truth) + 1))
    shift = _shift(truth[alike], bounds[best[alike]], cuts)
    shifts = iter(shift.tolist())
    issues: list[Issue] = []
    for place, segment in enumerate(segments):
        name = names[segment.label_id]
        moved = next(shifts) if alike[place] else None
        if segment.unsure:
            issues.append(_doubt(segment, name))
        elif (name, segment.start, segment.end) not in kept:
            if moved is not None:
                issue = _compare(segment, name, found[best[place]], *moved)
            else:
                others = [found[at] for at in pairs.b[near[first[place] : first[place + 1]]]]
                issue = _unseen(segment, name, others)
            issues += [issue] if issue else []
    for detection in (found[at] for at in np.flatnonzero(free)):
        text = tr("{} was detected here ({:.2f}). Enter accepts it.")
        text = text.format(detection.label, detection.score)
        at = (video_id, detection.start, detection.label)
        issues.append(Issue(Kind.unmatched, *at, text, None, detection))
    return sorted(issues, key=lambda issue: issue.time)


def doubts(segments: Sequence[StoredSegment], labels: Sequence[Label]) -> list[Issue]:
    """What there is to review where nothing was detected: the segments somebody is unsure of."""
    names = {label.id: label.name for label in labels}
    return [_doubt(segment, names[segment.label_id]) for segment in segments if segment.unsure]


def _shift(
    truth: NDArray[np.float64], found: NDArray[np.float64], cuts: NDArray[np.float64]
) -> NDArray[np.int64]:
    """By how many frames the boundaries (N, 2) that were found lie behind those of the truth."""
    if not len(truth):
        return np.zeros((0, 2), np.int64)
    return nearest_cuts(cuts, found) - nearest_cuts(cuts, truth)


def _rejected(found: Detection, verdicts: Sequence[Verdict]) -> bool:
    return any(
        verdict.verdict == "rejected"
        and verdict.label == found.label
        and tiou([(verdict.start, verdict.end)], [(found.start, found.end)])[0, 0] >= REJECTED
        for verdict in verdicts
    )


def _doubt(segment: StoredSegment, name: str) -> Issue:
    text = tr("{} is unsure of this. Enter makes it sure.")
    text = text.format(segment.last_by)
    return Issue(Kind.unsure, segment.video_id, segment.start, name, text, segment.id)


def _unseen(segment: StoredSegment, name: str, others: Sequence[Detection]) -> Issue:
    """A segment without a detection of its label: was it detected as something else, or missed?"""
    at = (segment.video_id, segment.start, name)
    if not others:
        return Issue(Kind.missed, *at, tr("{} was not detected here.").format(name), segment.id)
    found = max(others, key=lambda other: other.score)
    text = tr("Detected as {} ({:.2f}). Enter takes that label.").format(found.label, found.score)
    return Issue(Kind.label, *at, text, segment.id, found)


def _compare(
    segment: StoredSegment, name: str, found: Detection, start: int, end: int
) -> Issue | None:
    """A segment and its detection, whose start and end lie so many frames behind the segment's.

    Do their boundaries differ, or those of the stages?
    """
    at = (segment.video_id, segment.start, name)
    error = max(abs(start), abs(end))
    if error >= FRAMES:
        parts = []
        if start:
            parts.append(
                tr("starts %n frame(s) later", "", start)
                if start > 0
                else tr("starts %n frame(s) earlier", "", -start)
            )
        if end:
            parts.append(
                tr("ends %n frame(s) later", "", end)
                if end > 0
                else tr("ends %n frame(s) earlier", "", -end)
            )
        text = tr("The detection {}. Enter takes its boundaries.").format(tr(" and ").join(parts))
        return Issue(Kind.boundary, *at, text, segment.id, found, error)
    if found.before and tiou([found.before[0]], [(found.start, found.end)])[0, 0] < DRIFT:
        first, last = found.before[0]
        text = tr("The first proposal was far off: {:.2f} to {:.2f} s. Enter keeps this.")
        text = text.format(first, last)
        return Issue(Kind.stages, *at, text, segment.id, found, error)
    return None
