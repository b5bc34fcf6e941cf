"""Why detections are wrong, and what it costs (Alwassel et al. 2018, DETAD).

Every false positive is of one kind, told by the ground truth of its video that it overlaps most,
whatever its class (its own class first among equal tIoUs):

    tIoU with it       of its class       of another class
    reaches the level  double detection   wrong label
    0.1 to the level   localisation       confusion
    less               background         background

Localisation also covers a detection that would reach a ground truth if its boundaries were better.
The mAP that fixing a kind would give is the mAP without its detections, as DETAD removes them.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from etp_core.evaluation.matching import first_hits, overlapping
from etp_core.evaluation.result import Evaluation
from etp_core.timeline import Ints

NEAR = 0.1  # tIoU below which a detection has nothing to do with a ground truth


class Kind(IntEnum):
    """What a detection is."""

    TRUE = 0
    IGNORED = 1  # in an ambiguous segment: it does not count
    DOUBLE = 2
    WRONG_LABEL = 3
    LOCALISATION = 4
    CONFUSION = 5
    BACKGROUND = 6

    @property
    def title(self) -> str:
        """The kind in words."""
        return _TITLES[self]


_TITLES = {
    Kind.TRUE: "true positive",
    Kind.IGNORED: "ignored",
    Kind.DOUBLE: "double detection",
    Kind.WRONG_LABEL: "wrong label",
    Kind.LOCALISATION: "localisation",
    Kind.CONFUSION: "confusion",
    Kind.BACKGROUND: "background",
}
ERRORS = (
    Kind.DOUBLE, Kind.WRONG_LABEL, Kind.LOCALISATION, Kind.CONFUSION, Kind.BACKGROUND,
)  # fmt: skip


@dataclass(frozen=True)
class Diagnosis:
    """The kinds of all detections at one tIoU.

    kinds (N,) a `Kind` each; nearest (N,) the row of the ground truth that tells the kind, or -1;
    mean_average_precision: mAP now, and fixed: what it were without the errors of each kind, in
    [0, 1]; profile (S, 7): how many detections of each kind are among the S * G best of each class,
    G being its number of ground truths; missed: ground truths that no detection takes.
    """

    tiou: float
    kinds: NDArray[np.int8]
    nearest: Ints
    mean_average_precision: float
    fixed: dict[Kind, float]
    profile: Ints
    missed: int

    def count(self, kind: Kind) -> int:
        """How many detections are of that kind."""
        return int(np.count_nonzero(self.kinds == kind))

    def as_dict(self) -> dict[str, object]:
        """Counts, and mAP in percent, by kind."""
        return {
            "tiou": self.tiou,
            "mAP": 100 * self.mean_average_precision,
            "true_positives": self.count(Kind.TRUE),
            "missed": self.missed,
            "ignored": self.count(Kind.IGNORED),
            "errors": {
                kind.title: {
                    "detections": self.count(kind),
                    "mAP_if_fixed": 100 * self.fixed[kind],
                }
                for kind in ERRORS
            },
        }


def diagnose(result: Evaluation, tiou: float = 0.5, steps: int = 10) -> Diagnosis:
    """Tell the kind of every detection; raises InputError if `tiou` was not evaluated."""
    level = result.level(tiou)
    truth, found = result.rows.truth, result.rows.detections
    taken = result.taken[level]
    nearest = np.full(len(taken), -1, dtype=np.int64)
    overlap = np.zeros(len(taken))
    pairs = overlapping(found.segments, found.videos, truth.segments, truth.videos, NEAR)
    foreign = found.classes[pairs.a] != truth.classes[pairs.b]
    order = np.lexsort((foreign, -pairs.tiou, pairs.a))
    rows, first = np.unique(pairs.a[order], return_index=True)
    nearest[rows] = pairs.b[order[first]]
    overlap[rows] = pairs.tiou[order[first]]

    own = (nearest >= 0) & (found.classes == truth.classes[nearest])
    hit = overlap > tiou if result.protocol == "thumos14" else overlap >= tiou
    kinds = np.select(
        [taken >= 0, result.ignored, nearest < 0, hit & own, hit, own],
        [
            Kind.TRUE,
            Kind.IGNORED,
            Kind.BACKGROUND,
            Kind.DOUBLE,
            Kind.WRONG_LABEL,
            Kind.LOCALISATION,
        ],
        Kind.CONFUSION,
    ).astype(np.int8)
    return Diagnosis(
        tiou=tiou,
        kinds=kinds,
        nearest=nearest,
        mean_average_precision=float(result.average_precision[:, level].mean()),
        fixed={
            kind: float(result.precision_without(kinds == kind, level).mean()) for kind in ERRORS
        },
        profile=_profile(result, kinds, steps),
        missed=len(truth.segments) - int(np.count_nonzero(taken >= 0)),
    )


def _profile(result: Evaluation, kinds: NDArray[np.int8], steps: int) -> Ints:
    counts = np.zeros((steps, len(Kind)), dtype=np.int64)
    for rows, positives in result.by_class:
        for step in range(steps):
            best = kinds[rows[: (step + 1) * positives]]
            counts[step] += np.bincount(best, minlength=len(Kind))
    return counts


def confusion(result: Evaluation, tiou: float = 0.5) -> tuple[Ints, float]:
    """What every ground truth was taken for: (C + 1, C + 1) counts, and the least score counted.

    Row: the class of a ground truth, the last row: none. Column: the class of the best-scored
    detection that hits it, the last column: none does. Detections that hit no ground truth stand
    in the last row. Detections count from the score at which F1 over all classes is best.
    """
    level = result.level(tiou)
    least = result.curve(tiou).best[1]
    truth, found, scores = result.rows.truth, result.rows.detections, result.rows.scores
    some = np.flatnonzero(scores >= least)
    strict = result.protocol == "thumos14"
    near = (truth.segments, truth.videos, found.segments[some], found.videos[some])
    winners = first_hits(*near, scores[some], tiou, strict=strict)[1][0]
    classes = len(result.classes)
    matrix = np.zeros((classes + 1, classes + 1), dtype=np.int64)
    column = np.full(len(winners), classes)
    column[winners >= 0] = found.classes[some[winners[winners >= 0]]]
    np.add.at(matrix, (truth.classes, column), 1)
    pairs = overlapping(found.segments, found.videos, truth.segments, truth.videos, tiou)
    hits = pairs.a[pairs.tiou > tiou] if strict else pairs.a
    nothing = np.ones(len(scores), dtype=bool)
    nothing[hits] = False
    nothing &= (scores >= least) & ~(result.ignored & (result.taken[level] < 0))
    np.add.at(matrix[classes], found.classes[nothing], 1)
    return matrix, least
