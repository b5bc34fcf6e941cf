"""What the metrics pane shows, computed away from the GUI thread: no Qt in here."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from etp_core.annotations import Annotations
from etp_core.errors import InputError
from etp_core.evaluation import (
    Agreement,
    Case,
    Evaluation,
    StageReport,
    agreement,
    by_annotator,
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
    """What is to be measured: videos by id, a tIoU, the least score of a detection.

    annotator: whose ground truth is measured against, None for everybody's.
    """

    videos: tuple[int, ...]
    tiou: float
    least: float
    annotator: str | None = None


@dataclass(frozen=True)
class Measured:
    """The answer: result and stages are None where there is nothing to compare.

    ids: the id of each video by the name that the cases have. annotators: who has drawn something
    in these videos. mixed: whether segments of several people for one video count together.
    agreements: of every two annotators with a video in common.
    """

    question: Question
    result: Evaluation | None = None
    stages: StageReport | None = None
    cases: tuple[Case, ...] = ()
    ids: dict[str, int] | None = None
    truths: int = 0
    found: int = 0
    annotators: tuple[str, ...] = ()
    mixed: bool = False
    agreements: tuple[Agreement, ...] = ()


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
    layers = by_annotator(rows)
    if question.annotator is None:
        truth = [row for row in rows.segments if row.stage == "ground_truth"]
    else:
        truth = layers[question.annotator].segments if question.annotator in layers else []
    found = [row for row in rows.segments if row.stage != "ground_truth"]
    last = [row for row in found if row.stage == STAGES[-1]]
    whose = {(row.video, row.reviewer) for row in truth}
    known_of_all: dict[str, Any] = {
        "truths": len(truth),
        "found": len(last),
        "annotators": tuple(layers),
        "mixed": len(whose) > len({video for video, _ in whose}),
        "agreements": _agreements(layers, question.tiou, wanted),
    }
    if not truth or not last or not wanted():
        return Measured(question, **known_of_all)
    known = Annotations(rows.videos, truth)
    proposals = Annotations(rows.videos, found)
    result = evaluate(known, proposals, tious=[question.tiou], allow_unknown=True)
    return Measured(
        question=question,
        result=result,
        stages=stage_metrics(known, proposals, [question.tiou]),
        cases=tuple(worst_cases(result, question.tiou, EACH)),
        ids={name: key for key, name in video_names(project.videos()).items()},
        **known_of_all,
    )


def _agreements(
    layers: dict[str, Annotations], tiou: float, wanted: Callable[[], bool]
) -> tuple[Agreement, ...]:
    found = []
    for pair in combinations(layers, 2):
        if not wanted():
            break
        with suppress(InputError):  # they have no video in common
            found.append(agreement(layers[pair[0]], layers[pair[1]], pair, [tiou], tiou))
    return tuple(found)


def class_rows(result: Evaluation) -> Sequence[tuple[str, int, int, float]]:
    """Each class with its numbers of ground truths and detections and its average precision."""
    return [
        (name, positives, len(rows), float(result.average_precision[place, 0]))
        for place, (name, (rows, positives)) in enumerate(
            zip(result.classes, result.by_class, strict=True)
        )
    ]
