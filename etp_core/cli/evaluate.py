"""`etp evaluate`: detections against ground truth, as tables, JSON or a page."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from etp_core.cli import app, keep_existing, tell
from etp_core.cli.several import SeveralNumbers, thresholds
from etp_core.cli.tables import Table, percent, show
from etp_core.errors import InputError
from etp_core.words import counted

if TYPE_CHECKING:
    from etp_core.annotations import Annotations
    from etp_core.evaluation import Diagnosis, Evaluation, StageReport


class ProtocolName(StrEnum):
    """Values of --protocol."""

    thumos14 = "thumos14"
    activitynet = "activitynet"


@app.command(cls=SeveralNumbers)
def evaluate(
    ground_truth: Path = typer.Option(help="A file, or a folder of THUMOS14 text files."),
    detections: Path = typer.Option(help="In any format that can be recognised."),
    protocol: ProtocolName = typer.Option(ProtocolName.thumos14, help="Whose rules."),
    tiou: list[str] = typer.Option(
        ["0.3", "0.4", "0.5", "0.6", "0.7"],
        help="Thresholds: --tiou 0.3 0.5 0.7, or from:step:to, --tiou 0.5:0.05:0.95.",
    ),
    subset: str | None = typer.Option(
        None, help="Only these videos of the ground truth (default: where the detections are)."
    ),
    allow_unknown: bool = typer.Option(
        False, "--allow-unknown", help="Leave out detections of labels without ground truth."
    ),
    annotator: str | None = typer.Option(
        None, help="Only the ground truth of this annotator (of a project file, or a CSV)."
    ),
    compare: list[Path] = typer.Option(
        [], help="Other detections to be shown beside them in the report; may be repeated."
    ),
    report: Path | None = typer.Option(
        None, metavar="OUT.html", help="Write plots, errors and worst cases as one page."
    ),
    videos: Path | None = typer.Option(
        None, help="Folder of the video files, for the report's links into the studio."
    ),
    force: bool = typer.Option(False, "--force", help="Replace an existing report."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON, in percent, unrounded."),
) -> None:
    """Mean average precision, per class and over all, recall, errors and stages, in percent."""
    from etp_core.evaluation import diagnose, evaluate, stage_metrics
    from etp_core.evaluation.sources import load, load_detections

    if report is not None:
        keep_existing(report, force)
    elif compare:
        raise InputError("--compare is shown in a report: add --report OUT.html")
    levels = thresholds(tiou)
    true = load(ground_truth)
    if annotator is not None:
        true = _of_annotator(true, annotator, ground_truth)

    def score(path: Path, found: "Annotations", tious: list[float]) -> "Evaluation":
        try:
            return evaluate(true, found, protocol.value, tious, subset, allow_unknown)
        except InputError as error:
            raise InputError(f"{path} against {ground_truth}: {error}") from error

    found = load_detections(detections)
    result = score(detections, found, levels)
    diagnosis = diagnose(result, 0.5 if 0.5 in levels else levels[0])
    stages = stage_metrics(true, found, levels, result.rows.subset)
    tell([*_layers(true), *result.notes])
    if report is not None:
        wide = sorted({*levels, *(n / 20 for n in range(2, 20))})
        several = [(path.name, score(path, load_detections(path), wide)) for path in compare]
        write_page(
            report, ground_truth, detections, true, found,
            [(detections.name, score(detections, found, wide)), *several],
            diagnosis.tiou, stages, videos,
        )  # fmt: skip
    if as_json:
        more = {"diagnosis": diagnosis.as_dict()}
        if stages.stages:
            more["stages"] = stages.as_dict()
        print(json.dumps(result.as_dict() | more, indent=2))
    else:
        show(_tables(result, diagnosis, stages))


def _of_annotator(true: "Annotations", name: str, path: Path) -> "Annotations":
    from etp_core.evaluation import by_annotator

    layers = by_annotator(true)
    if name not in layers:
        known = ", ".join(filter(None, layers)) or "nobody is named"
        raise InputError(f"{path}: has no segments of the annotator {name!r} (there are: {known})")
    rows = layers[name].segments
    return replace(true, segments=rows)


def _layers(true: "Annotations") -> list[str]:
    names = sorted({row.reviewer for row in true.segments if row.stage == "ground_truth"})
    if len(names) < 2:
        return []
    shown = ", ".join(name or "(nobody)" for name in names)
    return [f"the ground truth holds segments of {len(names)} annotators ({shown}), all count"]


def write_page(
    report: Path,
    ground_truth: Path,
    detections: Path,
    true: "Annotations",
    found: "Annotations",
    results: "list[tuple[str, Evaluation]]",
    tiou: float,
    stages: "StageReport",
    videos: Path | None,
) -> None:
    """The HTML report, with links to a project where one of the files is one."""
    from etp_core.evaluation.agreement import agreement, chosen
    from etp_core.evaluation.report import Places, write_report
    from etp_core.evaluation.sources import is_project
    from etp_core.video import SUFFIXES

    result = results[0][1]
    least = result.curve(tiou).best[1]
    rows = [row for row in found.segments if row.stage != "ground_truth"] or found.segments
    compared = agreement(
        chosen(replace(true, segments=[r for r in true.segments if r.label in result.classes])),
        chosen(replace(found, segments=[r for r in rows if r.label in result.classes]), least),
        (ground_truth.name, detections.name),
        videos=result.rows.videos,
    )
    project = next((path for path in (detections, ground_truth) if is_project(path)), None)
    files = {}
    if videos is not None:
        wanted = set(result.rows.videos)
        files = {
            path.stem: path
            for path in sorted(videos.rglob("*"))
            if path.stem in wanted and path.suffix.lower() in SUFFIXES
        }
        if not files:
            raise InputError(f"{videos}: holds none of the videos that were evaluated")
    write_report(
        report, results, tiou, stages, compared, Places(project, files),
        f"{detections.name} against {ground_truth.name}",
    )  # fmt: skip
    print(f"etp: wrote {report}", file=sys.stderr)


def _tables(result: "Evaluation", diagnosis: "Diagnosis", stages: "StageReport") -> Iterator[Table]:
    from etp_core.evaluation.diagnosis import ERRORS

    levels = [f"{level:g}" for level in result.tious]
    per_class = [
        [name, *map(percent, row)]
        for name, row in zip(result.classes, result.average_precision, strict=True)
    ]
    yield Table(
        f"Average precision (%) at tIoU, protocol {result.protocol}: "
        f"{counted(result.videos, 'video')}, {counted(result.ground_truths, 'ground truth')}, "
        f"{counted(result.detections, 'detection')}",
        ["class", *levels],
        [*per_class, ["mAP", *map(percent, result.mean_average_precision)]],
    )
    yield Table(
        "Recall (%) of all detections, whatever their class, at tIoU",
        ["", *levels],
        [["recall", *map(percent, result.recall)]],
    )
    yield Table(
        "Average recall (%) of the AN best detections of each video",
        ["AN", *map(str, result.counts)],
        [["AR@AN", *map(percent, result.average_recall)]],
    )
    yield Table(
        f"False positives at tIoU {diagnosis.tiou:g}, and the mAP (%) without them; "
        f"missed: {counted(diagnosis.missed, 'ground truth')}",
        ["kind", "detections", "mAP"],
        [
            [kind.title, str(diagnosis.count(kind)), percent(diagnosis.fixed[kind])]
            for kind in ERRORS
        ],
    )
    if len(stages.stages) > 1:
        yield Table(
            f"Stages: recall (%) of all proposals at tIoU; errors (s) along "
            f"{counted(stages.chains, 'chain')}",
            ["stage", "proposals", *levels, "start", "end", "improved", "worsened"],
            [
                [
                    stage.name, str(stage.proposals), *map(percent, stage.recall),
                    f"{stage.start:.3f}", f"{stage.end:.3f}",
                    str(stage.improved), str(stage.worsened),
                ]
                for stage in stages.stages
            ],
        )  # fmt: skip
    errors = result.boundaries
    if errors.count:
        yield Table(
            f"Mean boundary error (s) of {counted(errors.count, 'ground truth')} found at tIoU 0.5",
            ["start", "end"],
            [[f"{errors.start:.3f}", f"{errors.end:.3f}"]],
        )
