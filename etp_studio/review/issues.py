"""What is worth a look: where detections and ground truth of a video disagree."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from etp_core.project import Detection, Label, StoredSegment
from etp_core.timeline import cut_at, tiou

SAME = 0.5  # tIoU from which on a detection and a segment are about the same action
NEAR = 0.1  # tIoU below which they have nothing to do with each other
FRAMES = 3  # boundaries that differ by less are not worth a look


class Kind(StrEnum):
    """How they disagree."""

    unmatched = "unmatched"  # a detection where the ground truth has nothing
    label = "label"  # a segment that was only detected as something else
    boundary = "boundary"  # the same action with other boundaries
    missed = "missed"  # a segment that was not detected


@dataclass(frozen=True)
class Issue:
    """One disagreement at `time` seconds, in words; ids of the segment and detection, if any."""

    kind: Kind
    time: float
    text: str
    segment: int | None = None
    detection: int | None = None


def find_issues(
    detections: list[Detection],
    segments: list[StoredSegment],
    labels: list[Label],
    cuts: NDArray[np.float64],
) -> list[Issue]:
    """The disagreements of one video in order of time; cuts (n + 1,) seconds.

    A segment goes with the detection of its label that overlaps it most, else with the best of
    another label; a detection that lies on no segment is unmatched.
    """
    names = {label.id: label.name for label in labels}
    overlap = np.zeros((len(segments), len(detections)))
    if segments and detections:
        overlap = tiou(
            [(segment.start, segment.end) for segment in segments],
            [(found.start, found.end) for found in detections],
        )
    same = np.array(
        [[names[s.label_id] == found.label for found in detections] for s in segments], dtype=bool
    ).reshape(overlap.shape)
    issues: list[Issue] = []
    taken: set[int] = set()
    for i, segment in enumerate(segments):
        own = np.where(same[i], overlap[i], 0.0)
        best = int(own.argmax()) if len(own) else -1
        if best < 0 or own[best] < SAME:
            issues.append(_unseen(segment, names, detections, overlap[i]))
            continue
        taken.add(best)
        if text := _differ(segment, detections[best], cuts):
            row = detections[best].row
            issues.append(Issue(Kind.boundary, segment.start, text, segment.id, row))
    for j, found in enumerate(detections):
        if j in taken:
            continue
        best = int(overlap[:, j].argmax()) if segments else -1
        if best < 0 or overlap[best, j] < NEAR:
            text = f"{found.label} was detected here ({found.score:.2f}). Enter accepts it."
            issues.append(Issue(Kind.unmatched, found.start, text, None, found.row))
    return sorted(issues, key=lambda issue: issue.time)


def _unseen(
    segment: StoredSegment,
    names: dict[int, str],
    detections: list[Detection],
    overlap: NDArray[np.float64],
) -> Issue:
    """A segment without a detection of its label: was it detected as something else, or missed?"""
    others = [found for found, share in zip(detections, overlap, strict=True) if share >= SAME]
    if not others:
        text = f"{names[segment.label_id]} was not detected here."
        return Issue(Kind.missed, segment.start, text, segment.id)
    found = max(others, key=lambda other: other.score)
    text = f"Detected as {found.label} ({found.score:.2f}). Enter takes that label."
    return Issue(Kind.label, segment.start, text, segment.id, found.row)


def _differ(segment: StoredSegment, found: Detection, cuts: NDArray[np.float64]) -> str:
    start = cut_at(cuts, found.start) - cut_at(cuts, segment.start)
    end = cut_at(cuts, found.end) - cut_at(cuts, segment.end)
    if max(abs(start), abs(end)) < FRAMES:
        return ""
    parts = [
        f"{edge} {abs(frames)} frame{'s' if abs(frames) > 1 else ''} "
        f"{'later' if frames > 0 else 'earlier'}"
        for edge, frames in (("starts", start), ("ends", end))
        if frames
    ]
    return f"The detection {' and '.join(parts)}. Enter takes its boundaries."
