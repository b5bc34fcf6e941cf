"""Which rows are scored: of which stage, subset, videos and classes; and what did not match up."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from etp_core.annotations import Annotations, Segment
from etp_core.errors import InputError
from etp_core.timeline import Floats, Ints, as_segments
from etp_core.words import counted


@dataclass(frozen=True)
class Rows:
    """N segments in file order: segments (N, 2) seconds; videos and classes (N,), numbers."""

    segments: Floats
    videos: Ints
    classes: Ints


@dataclass(frozen=True)
class Selection:
    """The rows that count. Videos are numbered in the order of their names, classes likewise.

    ambiguous has no classes (all -1); scores (N,) are those of the detections; notes are readable
    lines on what was left out or is missing.
    """

    videos: tuple[str, ...]
    classes: tuple[str, ...]
    truth: Rows
    ambiguous: Rows
    detections: Rows
    scores: Floats
    notes: tuple[str, ...]
    subset: str | None = None


def select(
    ground_truth: Annotations, detections: Annotations, subset: str | None, allow_unknown: bool
) -> Selection:
    """The rows of ground truth and detections that count; see `scoring.evaluate`."""
    notes: list[str] = []
    found = _detected(detections)
    if subset is None:
        subset = _subset_of(found, ground_truth, notes)
    known = ground_truth if subset is None else ground_truth.subset(subset)
    truth = [row for row in known.segments if row.stage == "ground_truth"]
    if not truth:
        where = "" if subset is None else f" in the subset {subset!r}"
        raise InputError(f"the ground truth has no segments{where}")
    classes = sorted({row.label for row in truth})
    found = _of_known_labels(found, ground_truth, classes, allow_unknown, notes)
    found = _of_known_videos(found, ground_truth, known, subset, notes)
    _note_what_is_missing(found, truth, classes, notes)
    videos = sorted({*known.videos, *(row.video for row in (*truth, *found))})
    doubtful = [
        Segment(video, "Ambiguous", start, end)
        for video, entry in known.videos.items()
        for start, end in entry.ambiguous
    ]
    return Selection(
        videos=tuple(videos),
        classes=tuple(classes),
        truth=_rows(truth, videos, classes),
        ambiguous=_rows(doubtful, videos, classes),
        detections=_rows(found, videos, classes),
        scores=np.array([row.score for row in found], dtype=np.float64),
        notes=tuple(notes),
        subset=subset,
    )


def _detected(detections: Annotations) -> list[Segment]:
    """The rows to be scored, in file order."""
    stages = {row.stage for row in detections.segments}
    stage = "localization" if "localization" in stages else "ground_truth"
    rows = [row for row in detections.segments if row.stage == stage]
    if detections.segments and not rows:
        others = ", ".join(sorted(stages))
        raise InputError(f"the detections have no rows of the stage localization (only {others})")
    for row in rows:
        if row.score is None or not math.isfinite(row.score):
            raise InputError(
                f"the detection {_shown(row)} has no score; detections are ranked by their scores"
            )
    return rows


def _subset_of(rows: list[Segment], ground_truth: Annotations, notes: list[str]) -> str | None:
    """The subset that all the detections are in; None, all videos, if there is no such."""
    subsets = sorted({entry.subset for entry in ground_truth.videos.values() if entry.subset})
    if len(subsets) < 2:
        return None
    videos = {row.video for row in rows} & ground_truth.videos.keys()
    there = {ground_truth.videos[video].subset for video in videos}
    if len(there) == 1 and (subset := there.pop()):
        notes.append(
            f"scored on the subset {subset!r}, where the detections are; the ground truth has "
            f"the subsets {', '.join(subsets)}"
        )
        return subset
    notes.append(f"all subsets are scored together: {', '.join(subsets)}")
    return None


def _of_known_labels(
    rows: list[Segment],
    ground_truth: Annotations,
    classes: list[str],
    allow_unknown: bool,
    notes: list[str],
) -> list[Segment]:
    """The rows of classes that are scored; raises InputError for labels nobody knows."""
    labels = {row.label for row in ground_truth.segments if row.stage == "ground_truth"}
    unknown = sorted({row.label for row in rows} - labels)
    if unknown and not allow_unknown:
        raise InputError(
            f"the detections have {_names('label', unknown)}, which the ground truth does not "
            "have (--allow-unknown, allow_unknown=True, leaves such detections out)"
        )
    absent = sorted({row.label for row in rows} - set(unknown) - set(classes))
    for names, why in (
        (unknown, "which the ground truth does not have"),
        (absent, "of which this subset has no ground truth"),
    ):
        count = sum(row.label in names for row in rows)
        if count:
            notes.append(f"{counted(count, 'detection')} left out: {_names('label', names)}, {why}")
    scored = set(classes)
    return [row for row in rows if row.label in scored]


def _of_known_videos(
    rows: list[Segment],
    ground_truth: Annotations,
    known: Annotations,
    subset: str | None,
    notes: list[str],
) -> list[Segment]:
    """The rows that count; those of videos of another subset are set aside."""
    inside = {*known.videos, *(row.video for row in known.segments)}
    elsewhere = {*ground_truth.videos, *(row.video for row in ground_truth.segments)} - inside
    aside = [row for row in rows if row.video in elsewhere]
    if aside:
        notes.append(
            f"{counted(len(aside), 'detection')} left out: of videos outside the subset {subset!r}"
        )
    rows = [row for row in rows if row.video not in elsewhere]
    strange = sorted({row.video for row in rows} - inside)
    if rows and len(strange) == len({row.video for row in rows}):
        raise InputError(
            "no video of the detections is in the ground truth: they are of "
            f"{_names('video', strange)}, the ground truth of {_names('video', sorted(inside))}"
        )
    if strange:
        count = sum(row.video in set(strange) for row in rows)
        notes.append(
            f"{count} detections count as false positives: the ground truth does not have "
            f"{_names('video', strange)}"
        )
    return rows


def _note_what_is_missing(
    rows: list[Segment], truth: list[Segment], classes: list[str], notes: list[str]
) -> None:
    silent = sorted({row.video for row in truth} - {row.video for row in rows})
    if silent:
        notes.append(f"no detections in {_names('video', silent)} of the ground truth")
    missing = sorted(set(classes) - {row.label for row in rows})
    if missing:
        notes.append(f"no detections with {_names('label', missing)}: average precision 0")


def _names(what: str, names: list[str]) -> str:
    """A readable list: "the video a" or "3 videos (a, b, c)", never a long one."""
    if len(names) == 1:
        return f"the {what} {names[0]!r}"
    more = ", …" if len(names) > 3 else ""
    return f"{len(names)} {what}s ({', '.join(map(repr, names[:3]))}{more})"


def _shown(row: Segment) -> str:
    return f"{row.label!r} of {row.start:g} to {row.end:g} s in {row.video!r}"


def _rows(rows: list[Segment], videos: list[str], classes: list[str]) -> Rows:
    for row in rows:
        if not row.start < row.end:
            raise InputError(f"the segment {_shown(row)} is empty or reversed")
    return Rows(
        segments=as_segments([(row.start, row.end) for row in rows]),
        videos=_numbers((row.video for row in rows), videos),
        classes=_numbers((row.label for row in rows), classes),
    )


def _numbers(names: Iterable[str], known: list[str]) -> Ints:
    places = {name: i for i, name in enumerate(known)}
    return np.array([places.get(name, -1) for name in names], dtype=np.int64)
