"""`evaluate`: detections of a whole dataset against its ground truth."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from etp_core.annotations import Annotations
from etp_core.errors import InputError
from etp_core.evaluation.matching import (
    PROTOCOLS,
    Protocol,
    first_hits,
    match,
    ranking,
    touching,
)
from etp_core.evaluation.recall import (
    AREA_COUNT,
    RECALL_COUNTS,
    RECALL_TIOUS,
    boundary_error,
    share_below,
)
from etp_core.evaluation.result import Evaluation
from etp_core.evaluation.selection import select
from etp_core.timeline import Floats

DEFAULT_TIOUS = tuple(n / 10 for n in range(3, 8))


def evaluate(
    ground_truth: Annotations,
    detections: Annotations,
    protocol: Protocol = "thumos14",
    tious: Sequence[float] = DEFAULT_TIOUS,
    subset: str | None = None,
    allow_unknown: bool = False,
    counts: Sequence[int] = RECALL_COUNTS,
) -> Evaluation:
    """Score detections by a protocol; see `Evaluation` for what it holds.

    Of a file with several stages the ground truth is the stage ground_truth and the detections are
    the stage localization (or the rows without a stage, which read as ground_truth).

    subset: only these videos of the ground truth; None is the subset that all detections are in,
    or every video where they are in several. Detections in videos of another subset are left out
    with a note, those in videos that the ground truth does not know are false positives.
    allow_unknown: leave out detections whose label the ground truth does not have, with a note.
    counts: the AN of AR@AN.

    Raises InputError for a label that the ground truth does not have, an empty ground truth,
    detections that share no video with it or have no score, and options that cannot be meant.
    """
    levels = _levels(tious)
    if protocol not in PROTOCOLS:
        raise InputError(f"there is no protocol {protocol!r} (there are: {', '.join(PROTOCOLS)})")
    if not counts or min(counts) < 1:
        raise InputError("the numbers of proposals for AR@AN must be 1 or more")
    chosen = select(ground_truth, detections, subset, allow_unknown)
    truth, found, scores = chosen.truth, chosen.detections, chosen.scores
    in_truth, in_found = (
        rows.classes * len(chosen.videos) + rows.videos for rows in (truth, found)
    )

    taken = match(truth.segments, in_truth, found.segments, in_found, scores, levels, protocol)
    ignored = np.zeros(len(scores), dtype=bool)
    if protocol == "thumos14":
        doubtful = chosen.ambiguous
        ignored = touching(found.segments, found.videos, doubtful.segments, doubtful.videos)
    counted = sorted({*counts, *range(1, AREA_COUNT + 1)})
    ranks = first_hits(
        truth.segments, truth.videos, found.segments, found.videos, scores,
        [*levels, *RECALL_TIOUS], strict=False,
    )[0]  # fmt: skip
    averages = share_below(ranks[len(levels) :], counted).mean(axis=0)
    result = Evaluation(
        protocol=protocol,
        tious=tuple(levels.tolist()),
        classes=chosen.classes,
        average_precision=np.zeros((0, 0)),
        recall=share_below(ranks[: len(levels)], [None])[:, 0],
        counts=tuple(counts),
        average_recall=averages[np.searchsorted(counted, counts)],
        recall_curve=averages[:AREA_COUNT],
        boundaries=boundary_error(truth.segments, in_truth, found.segments, in_found, scores),
        rows=chosen,
        taken=taken,
        ignored=ignored,
        order=ranking(scores, found.videos, protocol),
    )
    precision = result.precision_without(np.zeros(len(scores), dtype=bool))
    return replace(result, average_precision=precision)


def _levels(tious: Sequence[float]) -> Floats:
    levels = np.atleast_1d(np.asarray(tious, dtype=np.float64))
    if not levels.size or not ((levels > 0) & (levels <= 1)).all():
        raise InputError("a tIoU threshold must be more than 0 and at most 1")
    return levels
