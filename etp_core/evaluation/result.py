"""What an evaluation found, and its shape as JSON."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etp_core.evaluation.recall import BoundaryError


@dataclass(frozen=True)
class Evaluation:
    """Detections of a dataset scored by one protocol; all rates are in [0, 1].

    tious (T,) thresholds; classes (C,) sorted; average_precision (C, T); recall (T,), the share of
    ground truth that any detection, of whatever class, overlaps with at least that tIoU; counts
    (A,) and average_recall (A,): AR@AN with the AN best detections of each video, of whatever
    class, averaged over tIoU 0.5, 0.55 ... 0.95; boundaries: errors at tIoU 0.5. notes: readable
    lines on videos, classes and detections that did not match up.
    """

    protocol: str
    tious: tuple[float, ...]
    classes: tuple[str, ...]
    average_precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    counts: tuple[int, ...]
    average_recall: NDArray[np.float64]
    boundaries: BoundaryError
    videos: int
    ground_truths: int
    detections: int
    notes: tuple[str, ...]

    @property
    def mean_average_precision(self) -> NDArray[np.float64]:
        """mAP at each tIoU threshold, over the classes of the ground truth: (T,)."""
        return np.asarray(self.average_precision.mean(axis=0), dtype=np.float64)

    def as_dict(self) -> dict[str, Any]:
        """Rates in percent, boundary errors in seconds (None where nothing matched), by name."""
        keys = [f"{level:g}" for level in self.tious]
        percent = (100 * self.average_precision).T.tolist()
        means = (100 * self.mean_average_precision).tolist()
        return {
            "protocol": self.protocol,
            "mAP": dict(zip(keys, means, strict=True)),
            "average_mAP": float(np.mean(means)),
            "AP": {
                key: dict(zip(self.classes, column, strict=True))
                for key, column in zip(keys, percent, strict=True)
            },
            "AR": {
                str(count): value
                for count, value in zip(
                    self.counts, (100 * self.average_recall).tolist(), strict=True
                )
            },
            "recall": dict(zip(keys, (100 * self.recall).tolist(), strict=True)),
            "boundary_error": {
                "tiou": 0.5,
                "matched": self.boundaries.count,
                "start_s": _or_none(self.boundaries.start),
                "end_s": _or_none(self.boundaries.end),
            },
            "videos": self.videos,
            "ground_truths": self.ground_truths,
            "detections": self.detections,
            "notes": list(self.notes),
        }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
