"""`etp evaluate`: detections against ground truth, as tables or JSON."""

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from etp_core.cli import app
from etp_core.cli.several import SeveralNumbers
from etp_core.errors import InputError

if TYPE_CHECKING:
    from etp_core.evaluation import Evaluation


class ProtocolName(StrEnum):
    """Values of --protocol."""

    thumos14 = "thumos14"
    activitynet = "activitynet"


class _Table(NamedTuple):
    title: str
    header: list[str]
    rows: list[list[str]]


@app.command(cls=SeveralNumbers)
def evaluate(
    ground_truth: Path = typer.Option(help="A file, or a folder of THUMOS14 text files."),
    detections: Path = typer.Option(help="In any format that can be recognised."),
    protocol: ProtocolName = typer.Option(ProtocolName.thumos14, help="Whose rules."),
    tiou: list[float] = typer.Option(
        [0.3, 0.4, 0.5, 0.6, 0.7], help="Thresholds, one or several: --tiou 0.3 0.5 0.7."
    ),
    subset: str | None = typer.Option(
        None, help="Only these videos of the ground truth (default: where the detections are)."
    ),
    allow_unknown: bool = typer.Option(
        False, "--allow-unknown", help="Leave out detections of labels without ground truth."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON, in percent, unrounded."),
) -> None:
    """Mean average precision, per class and over all, recall and boundary errors, in percent."""
    from etp_core import evaluation
    from etp_core.formats import read

    true, found = read(ground_truth), read(detections)
    try:
        result = evaluation.evaluate(true, found, protocol.value, tiou, subset, allow_unknown)
    except InputError as error:
        raise InputError(f"{detections} against {ground_truth}: {error}") from error
    for note in result.notes:
        print(f"etp: note: {note}", file=sys.stderr)
    if as_json:
        print(json.dumps(result.as_dict(), indent=2))
    elif sys.stdout.isatty():
        _draw(_tables(result))
    else:
        _write(_tables(result))


def _tables(result: "Evaluation") -> Iterator[_Table]:
    levels = [f"{level:g}" for level in result.tious]
    per_class = [
        [name, *map(_percent, row)]
        for name, row in zip(result.classes, result.average_precision, strict=True)
    ]
    yield _Table(
        f"Average precision (%) at tIoU, protocol {result.protocol}: {result.videos} videos, "
        f"{result.ground_truths} ground truths, {result.detections} detections",
        ["class", *levels],
        [*per_class, ["mAP", *map(_percent, result.mean_average_precision)]],
    )
    yield _Table(
        "Recall (%) of all detections, whatever their class, at tIoU",
        ["", *levels],
        [["recall", *map(_percent, result.recall)]],
    )
    yield _Table(
        "Average recall (%) of the AN best detections of each video",
        ["AN", *map(str, result.counts)],
        [["AR@AN", *map(_percent, result.average_recall)]],
    )
    errors = result.boundaries
    if errors.count:
        yield _Table(
            f"Mean boundary error (s) of {errors.count} ground truths found at tIoU 0.5",
            ["start", "end"],
            [[f"{errors.start:.3f}", f"{errors.end:.3f}"]],
        )


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f}"


def _draw(tables: Iterator[_Table]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, emoji=False, highlight=False)  # names are shown as they are
    for title, header, rows in tables:
        console.print(f"\n{title}")
        drawn = Table()
        for i, cell in enumerate(header):
            drawn.add_column(cell, justify="right" if i or cell == "start" else "left")
        for row in rows:
            if row[0] == "mAP" and len(rows) > 1:
                drawn.add_section()
            drawn.add_row(*row)
        console.print(drawn)


def _write(tables: Iterator[_Table]) -> None:
    for i, (title, header, rows) in enumerate(tables):
        print(title if i == 0 else f"\n{title}")
        for row in (header, *rows):
            print("\t".join(row))
