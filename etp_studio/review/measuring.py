"""What the metrics pane shows, computed away from the GUI thread: no Qt in here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from etp_core.annotations import Annotations
from etp_core.evaluation import (
    Case,
    Evaluation,
    StageReport,
    evaluate,
    stage_metrics,
    worst_cases,
)
from etp_core.evolution import STAGES
from etp_core.project import Project
from etp_core.project.exchange import video_names

EACH = 20  # cases of a kind


@dataclass(frozen=True)
class Question:
    """What is to be measured: videos by id, a tIoU, and the least score of a detection."""

    videos: tuple[int, ...]
    tiou: float
    least: float


@dataclass(frozen=True)
class Measured:
    """The answer: result and stages are None where there is nothing to compare.

    ids: the id of each video by the name that the cases have.
    """

    question: Question
    result: Evaluation | None = None
    stages: StageReport | None = None
    cases: tuple[Case, ...] = ()
    ids: dict[str, int] | None = None
    truths: int = 0
    found: int = 0


def measure(project: Project, question: Question, wanted: Callable[[], bool]) -> Measured:
    """Read and evaluate; stops early, with nothing, once the answer is not `wanted` any more.

    Video by video, so that edits need not wait for all of them.
    """
    rows = Annotations()
    for video in question.videos:
        if not wanted():
            return Measured(question)
        one = project.annotations(("ground_truth", *STAGES), [video], question.least)
        rows.videos |= one.videos
        rows.segments += one.segments
    truth = [row for row in rows.segments if row.stage == "ground_truth"]
    found = [row for row in rows.segments if row.stage != "ground_truth"]
    last = [row for row in found if row.stage == STAGES[-1]]
    counts = {"truths": len(truth), "found": len(last)}
    if not truth or not last:
        return Measured(question, **counts)
    known = Annotations(rows.videos, truth)
    proposals = Annotations(rows.videos, found)
    result = evaluate(known, proposals, tious=[question.tiou], allow_unknown=True)
    return Measured(
        question=question,
        result=result,
        stages=stage_metrics(known, proposals, [question.tiou]),
        cases=tuple(worst_cases(result, question.tiou, EACH)),
        ids={name: key for key, name in video_names(project.videos()).items()},
        **counts,
    )


def class_rows(result: Evaluation) -> Sequence[tuple[str, int, int, float]]:
    """Each class with its numbers of ground truths and detections and its average precision."""
    return [
        (name, positives, len(rows), float(result.average_precision[place, 0]))
        for place, (name, (rows, positives)) in enumerate(
            zip(result.classes, result.by_class, strict=True)
        )
    ]
