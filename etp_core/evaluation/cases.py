"""The cases that are worth a look first: missed actions, bad boundaries, confident errors."""

from dataclasses import dataclass

import numpy as np

from etp_core.evaluation.diagnosis import ERRORS, Diagnosis, Kind, diagnose
from etp_core.evaluation.matching import overlapping
from etp_core.evaluation.result import Evaluation


@dataclass(frozen=True)
class Case:
    """One thing that went wrong: kind in words, where it is (seconds), and the story in `text`.

    score: of the detection, None for a missed action. truth: start and end of the ground truth
    that is meant, if there is one.
    """

    kind: str
    video: str
    label: str
    start: float
    end: float
    score: float | None
    truth: tuple[float, float] | None
    text: str


MISSED, BOUNDARIES = "missed", "boundaries"


def worst_cases(
    result: Evaluation, tiou: float = 0.5, count: int = 10, diagnosis: Diagnosis | None = None
) -> list[Case]:
    """The `count` worst cases of each kind: first missed actions, then boundaries, then errors.

    Missed: ground truths that no detection takes, the longest first. Boundaries: of the true
    positives, the greatest sum of both absolute errors first. Errors: each `Kind` of
    the diagnosis, the best scored first. Raises InputError if `tiou` was not evaluated.
    """
    found = diagnosis if diagnosis is not None else diagnose(result, tiou)
    cases = _missed(result, tiou, count) + _boundaries(result, tiou, count)
    for kind in ERRORS:
        cases += _errors(result, found, kind, count)
    return cases


def _missed(result: Evaluation, tiou: float, count: int) -> list[Case]:
    truth, found = result.rows.truth, result.rows.detections
    free = np.ones(len(truth.segments), dtype=bool)
    taken = result.taken[result.level(tiou)]
    free[taken[taken >= 0]] = False
    best = np.zeros(len(truth.segments))
    pairs = overlapping(found.segments, found.videos, truth.segments, truth.videos)
    own = found.classes[pairs.a] == truth.classes[pairs.b]
    np.maximum.at(best, pairs.b[own], pairs.tiou[own])
    rows = np.flatnonzero(free)
    length = truth.segments[rows, 1] - truth.segments[rows, 0]
    cases = []
    for row in rows[np.argsort(-length, kind="stable")][:count].tolist():
        start, end = truth.segments[row].tolist()
        label = result.classes[truth.classes[row]]
        text = f"not detected; the nearest detection of {label} has tIoU {best[row]:.2f}"
        video = result.rows.videos[truth.videos[row]]
        cases.append(Case(MISSED, video, label, start, end, None, (start, end), text))
    return cases


def _boundaries(result: Evaluation, tiou: float, count: int) -> list[Case]:
    truth, found = result.rows.truth, result.rows.detections
    taken = result.taken[result.level(tiou)]
    rows = np.flatnonzero(taken >= 0)
    off = found.segments[rows] - truth.segments[taken[rows]]
    cases = []
    for i in np.argsort(-np.abs(off).sum(axis=1), kind="stable")[:count].tolist():
        start, end = off[i].tolist()
        text = f"starts {_late(start)}, ends {_late(end)}"
        cases.append(_case(result, BOUNDARIES, int(rows[i]), int(taken[rows[i]]), text))
    return cases


def _errors(result: Evaluation, diagnosis: Diagnosis, kind: Kind, count: int) -> list[Case]:
    order = result.order[diagnosis.kinds[result.order] == kind][:count]
    cases = []
    for row in order.tolist():
        near = int(diagnosis.nearest[row])
        text = "where the ground truth has nothing"
        if near >= 0:
            other = result.classes[result.rows.truth.classes[near]]
            text = {
                Kind.DOUBLE: f"{other} is detected already",
                Kind.WRONG_LABEL: f"is {other}",
                Kind.LOCALISATION: f"overlaps {other} too little",
                Kind.CONFUSION: f"overlaps {other} a little",
            }[kind]
        cases.append(_case(result, kind.title, row, near, text))
    return cases


def _case(result: Evaluation, kind: str, row: int, near: int, text: str) -> Case:
    found, truth = result.rows.detections, result.rows.truth
    start, end = found.segments[row].tolist()
    meant = None
    if near >= 0:
        begin, finish = truth.segments[near].tolist()
        meant = (begin, finish)
    return Case(
        kind=kind,
        video=result.rows.videos[found.videos[row]],
        label=result.classes[found.classes[row]],
        start=start,
        end=end,
        score=float(result.rows.scores[row]),
        truth=meant,
        text=text,
    )


def _late(seconds: float) -> str:
    return f"{abs(seconds):.2f} s {'late' if seconds > 0 else 'early'}"
