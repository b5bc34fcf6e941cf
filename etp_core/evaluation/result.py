"""What an evaluation found, and its shape as JSON."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etp_core.errors import InputError
from etp_core.evaluation.arrays import or_none
from etp_core.evaluation.matching import Protocol
from etp_core.evaluation.precision import Curve, curve_of, precision_of
from etp_core.evaluation.recall import BoundaryError, average_recall_area
from etp_core.evaluation.selection import Selection
from etp_core.timeline import Floats, Ints


@dataclass(frozen=True)
class Evaluation:
    """Detections of a dataset scored by one protocol; all rates are in [0, 1].

    rows: what was scored. taken (T, N): the row of ground truth that each detection takes at each
    threshold, or -1; ignored (N,): those that do not count where they take none; order (N,): the
    detections best first.

    tious (T,) thresholds; classes (C,) sorted; average_precision (C, T); recall (T,), the share of
    ground truth that any detection, of whatever class, overlaps with at least that tIoU; counts
    (A,) and average_recall (A,): AR@AN with the AN best detections of each video, of whatever
    class, averaged over tIoU 0.5, 0.55 ... 0.95; boundaries: errors at tIoU 0.5.
    recall_curve (100,): AR@AN for AN = 1 ... 100.
    """

    protocol: Protocol
    tious: tuple[float, ...]
    classes: tuple[str, ...]
    average_precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    counts: tuple[int, ...]
    average_recall: NDArray[np.float64]
    recall_curve: NDArray[np.float64]
    boundaries: BoundaryError
    rows: Selection
    taken: Ints
    ignored: NDArray[np.bool_]
    order: Ints

    @property
    def videos(self) -> int:
        """The number of videos."""
        return len(self.rows.videos)

    @property
    def ground_truths(self) -> int:
        """The number of segments of ground truth."""
        return len(self.rows.truth.segments)

    @property
    def detections(self) -> int:
        """The number of detections that were scored."""
        return len(self.rows.scores)

    @property
    def notes(self) -> tuple[str, ...]:
        """Readable lines on videos, classes and detections that did not match up."""
        return self.rows.notes

    def level(self, tiou: float) -> int:
        """The place of a threshold in `tious`; raises InputError if it was not evaluated."""
        for place, known in enumerate(self.tious):
            if abs(known - tiou) < 1e-9:
                return place
        shown = ", ".join(f"{known:g}" for known in self.tious)
        raise InputError(f"tIoU {tiou:g} was not evaluated (there are: {shown})")

    @cached_property
    def by_class(self) -> list[tuple[Ints, int]]:
        """Of each class its detections, best first (rows), and the number of its ground truths."""
        positives = np.bincount(self.rows.truth.classes, minlength=len(self.classes))
        labels = self.rows.detections.classes[self.order]
        by_label = np.argsort(labels, kind="stable")
        edges = np.searchsorted(labels[by_label], np.arange(len(self.classes) + 1))
        return [
            (self.order[by_label[edges[c] : edges[c + 1]]], int(positives[c]))
            for c in range(len(self.classes))
        ]

    def precision_without(self, dropped: NDArray[np.bool_], level: int | None = None) -> Floats:
        """Average precision (C, T) if the detections `dropped` (N,), where false, did not count.

        level: at one threshold only, (C, 1).
        """
        taken = self.taken if level is None else self.taken[[level]]
        ignored = self.ignored | dropped
        return np.array(
            [
                precision_of(taken[:, rows] >= 0, ignored[rows], positives, self.protocol)
                for rows, positives in self.by_class
            ]
        )

    def curve(self, tiou: float, label: str | None = None) -> Curve:
        """The precision-recall curve of one class, or of all detections together, at a threshold.

        Precision is not interpolated. Raises InputError if class or threshold were not evaluated.
        """
        taken = self.taken[self.level(tiou)]
        rows, positives = self.order, self.ground_truths
        if label is not None:
            if label not in self.classes:
                raise InputError(f"the class {label!r} was not evaluated")
            rows, positives = self.by_class[self.classes.index(label)]
        return curve_of(taken[rows] >= 0, self.ignored[rows], positives, self.rows.scores[rows])

    @property
    def mean_average_precision(self) -> NDArray[np.float64]:
        """mAP at each tIoU threshold, over the classes of the ground truth: (T,)."""
        return np.asarray(self.average_precision.mean(axis=0), dtype=np.float64)

    @property
    def recall_area(self) -> float:
        """The area under AR@AN over AN = 1 ... 100."""
        return average_recall_area(self.recall_curve)

    @property
    def mean_over_tious(self) -> float:
        """The mean of mAP over the thresholds."""
        return float(self.average_precision.mean())

    def as_dict(self) -> dict[str, Any]:
        """Rates in percent, boundary errors in seconds (None where nothing matched), by name."""
        keys = [f"{level:g}" for level in self.tious]
        percent = (100 * self.average_precision).T.tolist()
        means = (100 * self.mean_average_precision).tolist()
        return {
            "protocol": self.protocol,
            "mAP": dict(zip(keys, means, strict=True)),
            "average_mAP": 100 * self.mean_over_tious,
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
            "AR_area": 100 * self.recall_area,
            "recall": dict(zip(keys, (100 * self.recall).tolist(), strict=True)),
            "boundary_error": {
                "tiou": 0.5,
                "matched": self.boundaries.count,
                "start_s": or_none(self.boundaries.start),
                "end_s": or_none(self.boundaries.end),
            },
            "videos": self.videos,
            "ground_truths": self.ground_truths,
            "detections": self.detections,
            "notes": list(self.notes),
        }
