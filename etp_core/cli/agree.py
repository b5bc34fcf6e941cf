"""`etp agree`: how well annotators agree with each other, or detections with the truth."""

import json
import math
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from etp_core.cli import app, tell
from etp_core.cli.several import SeveralNumbers, thresholds
from etp_core.cli.tables import Table, percent, show
from etp_core.errors import InputError
from etp_core.words import counted

if TYPE_CHECKING:
    from etp_core.annotations import Annotations
    from etp_core.evaluation import Agreement


@app.command(cls=SeveralNumbers)
def agree(
    files: list[Path] = typer.Argument(
        metavar="FILE...",
        help="Two or more files, one an annotator; or one file or project with several annotators.",
    ),
    tiou: list[str] = typer.Option(
        ["0.3", "0.5", "0.7", "0.9"], help="Thresholds of precision, recall and F1."
    ),
    boundaries_at: float = typer.Option(
        0.5, help="Least tIoU of the pairs whose boundaries are compared."
    ),
    annotator: list[str] = typer.Option(
        [], help="Only these annotators of one file; may be repeated."
    ),
    min_score: float = typer.Option(
        0.0, help="Of a file of detections, leave out those that score less."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON, in percent, unrounded."),
) -> None:
    """Agreement of every two annotators: matched segments, boundary differences, Cohen's kappa.

    A file without ground truth is compared by its detections.
    """
    from etp_core.evaluation import agreement

    layers = _layers(files, annotator, min_score)
    found = [
        agreement(layers[a], layers[b], (a, b), thresholds(tiou), boundaries_at)
        for a, b in combinations(layers, 2)
    ]
    for pair in found:
        tell(f"{pair.first}, {pair.second}: {note}" for note in pair.notes)
    if as_json:
        print(json.dumps([pair.as_dict() for pair in found], indent=2))
    else:
        show(_tables(found))


def _layers(files: list[Path], annotators: list[str], min_score: float) -> "dict[str, Annotations]":
    from etp_core.evaluation import by_annotator
    from etp_core.evaluation.agreement import chosen
    from etp_core.evaluation.sources import load

    if len(files) > 1:
        if annotators:
            raise InputError("--annotator chooses among the annotators of one file, not of several")
        names = [path.name if len({p.name for p in files}) == len(files) else str(path)
                 for path in files]  # fmt: skip
        return {
            name: chosen(load(path), min_score) for name, path in zip(names, files, strict=True)
        }
    layers = by_annotator(load(files[0]))
    known = ", ".join(name or "nobody named" for name in layers)
    for name in annotators:
        if name not in layers:
            raise InputError(
                f"{files[0]}: has no segments of the annotator {name!r} (there are: {known})"
            )
    if annotators:
        layers = {name: layers[name] for name in annotators}
    if len(layers) < 2:
        raise InputError(
            f"{files[0]}: holds segments of one annotator only, {known}; name a second file"
        )
    return layers


def _tables(found: "list[Agreement]") -> Iterator[Table]:
    for pair in found:
        a, b = (name or "(nobody)" for name in (pair.first, pair.second))
        yield Table(
            f"{a} ({counted(pair.counts[0], 'segment')}) and {b} ({pair.counts[1]}), "
            f"{counted(len(pair.videos), 'video')}: agreement (%) at tIoU, {a} as the truth",
            ["", *(f"{level:g}" for level in pair.tious)],
            [
                [name, *map(percent, values)]
                for name, values in (
                    ("precision", pair.precision), ("recall", pair.recall), ("F1", pair.f1)
                )
            ],
        )  # fmt: skip
        shown = pair.as_dict()["boundaries"]
        yield Table(
            f"Mean absolute boundary difference of {shown['pairs']} pairs with tIoU "
            f"{pair.difference_tiou:g} or more",
            ["", "start", "end"],
            [
                [unit, *("–" if v is None else f"{v:.3f}" for v in values)]
                for unit, values in (
                    ("seconds", (shown["start_s"], shown["end_s"])),
                    ("frames", (shown["start_frames"], shown["end_frames"])),
                )
            ],
        )
        yield Table(
            "Cohen's kappa per frame",
            ["label", "kappa"],
            [
                *([label, _number(value)] for label, value in pair.kappas.items()),
                ["all together", _number(pair.kappa)],
            ],
        )


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
