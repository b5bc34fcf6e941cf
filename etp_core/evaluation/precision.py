"""Average precision, as the two protocols define it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from etp_core.evaluation.arrays import grouped, scored
from etp_core.evaluation.matching import PROTOCOLS, Protocol, match, ranking, touching
from etp_core.timeline import Floats, as_segments


def average_precision(
    truth: ArrayLike,
    detections: ArrayLike,
    scores: ArrayLike,
    tious: ArrayLike = 0.5,
    *,
    protocol: Protocol = "thumos14",
    truth_videos: ArrayLike | None = None,
    detection_videos: ArrayLike | None = None,
    ambiguous: ArrayLike | None = None,
    ambiguous_videos: ArrayLike | None = None,
) -> Floats:
    """Average precision of one class, in [0, 1], at each tIoU threshold: (T,).

    truth (M, 2) and detections (N, 2) in seconds, half-open, in file order; scores (N,). The
    `..._videos` name the video of each row (texts or numbers); without them all rows are of one
    video. ambiguous (A, 2): a detection that takes no ground truth and overlaps one of these does
    not count (protocol thumos14 only).

    Raises ValueError if an interval is empty or reversed, a score is not finite or a length does
    not fit, and if there is no ground truth: the average precision is not defined then.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, not {protocol!r}")
    truth, detections = as_segments(truth), as_segments(detections)
    doubtful = as_segments(np.zeros((0, 2)) if ambiguous is None else ambiguous)
    if not len(truth):
        raise ValueError("there is no ground truth")
    scores = scored(scores, len(detections))
    in_truth, in_detections, in_doubtful = grouped(
        (truth_videos, len(truth)),
        (detection_videos, len(detections)),
        (ambiguous_videos, len(doubtful)),
    )
    taken = match(truth, in_truth, detections, in_detections, scores, tious, protocol)
    ignored = np.zeros(len(detections), dtype=bool)
    if protocol == "thumos14":
        ignored = touching(detections, in_detections, doubtful, in_doubtful)
    order = ranking(scores, in_detections, protocol)
    return precision_of(taken[:, order] >= 0, ignored[order], len(truth), protocol)


@dataclass(frozen=True)
class Curve:
    """Precision and recall of the n best detections, n = 1, 2 ... N, and their scores: (N,)."""

    scores: Floats
    precision: Floats
    recall: Floats

    @property
    def best(self) -> tuple[float, float]:
        """(F1, score): the best F1 and the least score that reaches it; (0, inf) if never."""
        total = self.precision + self.recall
        f1 = 2 * self.precision * self.recall / np.where(total > 0, total, 1.0)
        if not len(f1) or f1.max() <= 0:
            return 0.0, float("inf")
        at = int(f1.argmax())
        return float(f1[at]), float(self.scores[at])


def curve_of(
    true: NDArray[np.bool_], ignored: NDArray[np.bool_], positives: int, scores: Floats
) -> Curve:
    """The precision-recall curve of detections best first: true, ignored unless true, scores."""
    counts = true | ~ignored
    hits = np.cumsum(true[counts])
    return Curve(scores[counts], hits / np.arange(1, len(hits) + 1), hits / max(positives, 1))


def precision_of(
    true: NDArray[np.bool_], ignored: NDArray[np.bool_], positives: int, protocol: Protocol
) -> Floats:
    """Average precision (T,) of detections best first: true (T, N), ignored (N,) unless true."""
    result = np.zeros(len(true))
    for t, flags in enumerate(true):
        flags = flags[flags | ~ignored]
        hits = np.cumsum(flags)
        precision = hits / np.arange(1, len(flags) + 1)
        if protocol == "activitynet":  # interpolated: the best precision at this recall or more
            precision = np.maximum.accumulate(precision[::-1])[::-1]
        result[t] = precision[flags].sum() / positives
    return result
