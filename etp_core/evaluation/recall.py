"""Recall of segments whatever their class, and how exact the boundaries of the found ones are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from etp_core.evaluation.arrays import grouped, scored
from etp_core.evaluation.matching import first_hits
from etp_core.timeline import Floats, Ints, as_segments

RECALL_TIOUS = tuple(n / 100 for n in range(50, 100, 5))
"""The thresholds that AR@AN is the mean over: 0.5, 0.55 ... 0.95."""

RECALL_COUNTS = (1, 5, 10, 50, 100, 200)
"""The numbers AN of proposals of each video."""


def recall(
    truth: ArrayLike,
    proposals: ArrayLike,
    scores: ArrayLike,
    counts: Sequence[int | None],
    tious: ArrayLike = RECALL_TIOUS,
    *,
    truth_videos: ArrayLike | None = None,
    proposal_videos: ArrayLike | None = None,
) -> Floats:
    """Share of the ground truth that the best proposals find: (T, A), in [0, 1].

    truth (M, 2) and proposals (N, 2) in seconds; scores (N,); the `..._videos` name the video of
    each row, without them all rows are of one video. Column a counts the `counts[a]` best
    proposals of every video (None: all). A ground truth is found where one of them has a tIoU of
    at least the threshold; a proposal may find several.

    Raises ValueError as `average_precision` does.
    """
    truth, proposals = as_segments(truth), as_segments(proposals)
    if not len(truth):
        raise ValueError("there is no ground truth")
    scores = scored(scores, len(proposals))
    in_truth, in_proposals = grouped((truth_videos, len(truth)), (proposal_videos, len(proposals)))
    ranks, _ = first_hits(truth, in_truth, proposals, in_proposals, scores, tious, strict=False)
    return share_below(ranks, counts)


def share_below(ranks: Ints, counts: Sequence[int | None]) -> Floats:
    """Share of ranks (T, M) that are in the first `counts`, -1 being in none: (T, A)."""
    most = int(ranks.max(initial=-1)) + 1
    limits = [most if count is None else count for count in counts]
    found = [
        np.searchsorted(np.sort(row[row >= 0]), np.asarray(limits)) / len(row) for row in ranks
    ]
    return np.array(found).reshape(len(ranks), len(limits))


def average_recall(
    truth: ArrayLike,
    proposals: ArrayLike,
    scores: ArrayLike,
    counts: Sequence[int | None] = RECALL_COUNTS,
    tious: ArrayLike = RECALL_TIOUS,
    *,
    truth_videos: ArrayLike | None = None,
    proposal_videos: ArrayLike | None = None,
) -> Floats:
    """AR@AN: the recall of the AN best proposals of each video, averaged over `tious`: (A,).

    See `recall` for the arguments and errors.
    """
    videos = {"truth_videos": truth_videos, "proposal_videos": proposal_videos}
    return recall(truth, proposals, scores, counts, tious, **videos).mean(axis=0)


AREA_COUNT = 100
"""The AN up to which the area under AR@AN is taken, as the ActivityNet proposal task does."""


def average_recall_area(average_recalls: ArrayLike) -> float:
    """Area under AR@AN over AN = 1, 2 ... A, divided by A (trapezoids, as the official code).

    average_recalls (A,): what `average_recall` gives for the counts 1, 2 ... A.
    """
    values = np.asarray(average_recalls, dtype=np.float64)
    return float((values[1:] + values[:-1]).sum() / 2 / len(values))


@dataclass(frozen=True)
class BoundaryError:
    """How far the boundaries of `count` found ground truths are off, on the mean, in seconds."""

    count: int
    start: float  # NaN where nothing was found
    end: float


def boundary_error(
    truth: Floats,
    truth_groups: Ints,
    detections: Floats,
    detection_groups: Ints,
    scores: Floats,
    tiou: float = 0.5,
) -> BoundaryError:
    """Mean absolute error of start and end, each ground truth against the detection that finds it.

    That is the best-scored one of its group (a class in a video) with a tIoU above `tiou`.
    """
    rows = first_hits(truth, truth_groups, detections, detection_groups, scores, tiou, strict=True)[
        1
    ][0]
    found = rows >= 0
    if not found.any():
        return BoundaryError(0, float("nan"), float("nan"))
    start, end = np.abs(detections[rows[found]] - truth[found]).mean(axis=0).tolist()
    return BoundaryError(int(found.sum()), start, end)
