"""`etp propose`: Algorithm 1 alone, on scores that somebody else computed."""

import csv
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from etp_core.cli import app, keep_existing
from etp_core.cli.options import FORCE
from etp_core.cli.several import SeveralNumbers
from etp_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Average(StrEnum):
    """Values of --average."""

    mean = "mean"
    max = "max"
    sum = "sum"


class Semantics(StrEnum):
    """Values of --semantics."""

    move = "move"
    copy = "copy"


class Extent(StrEnum):
    """Values of --extent."""

    tight = "tight"
    dilated = "dilated"


@app.command(cls=SeveralNumbers)
def propose(
    scores: Path = typer.Argument(metavar="SCORES.npy", help="Actionness, (K, T) or (T,)."),
    threshold: list[float] = typer.Option(help="A frame is above from here on; one or several."),
    min_length: float = typer.Option(0, help="Frames; proposals are longer than this."),
    max_length: float = typer.Option(float("inf"), help="Frames; proposals are shorter than this."),
    sigma: float = typer.Option(3.0, help="Smoothing, in samples; 0 uses the raw curves only."),
    average: Average = typer.Option(Average.mean, help="The class-agnostic curve of K > 1."),
    semantics: Semantics = typer.Option(Semantics.move, help="Leave when it fits, or every scale."),
    extent: Extent = typer.Option(Extent.tight, help="Frames above only, or with those added."),
    nms: float = typer.Option(0.9, help="A tIoU above it is a duplicate."),
    per_label: bool = typer.Option(False, "--per-label", help="Duplicates within a class only."),
    out: Path | None = typer.Option(None, "--csv", metavar="OUT.csv", help="Write the rows too."),
    force: bool = FORCE,
) -> None:
    """Print proposals as rows of start, end, label and score, best first.

    Frames are half-open [start, end); the label is the row of SCORES.npy, or -1 for the curve of
    all classes together.
    """
    from etp_core.actionness import propose as algorithm1

    if out is not None:
        keep_existing(out, force)
    array = _read(scores)
    try:
        found = algorithm1(
            array,
            threshold,
            min_length,
            max_length,
            sigma=sigma,
            average=average.value,
            semantics=semantics.value,
            extent=extent.value,
            nms_threshold=nms,
            across_labels=not per_label,
        )
    except ValueError as error:
        raise InputError(f"{scores}: {error}") from error
    rows = [
        (int(start), int(end), int(label), float(score))
        for (start, end), label, score in zip(
            found.spans[found.kept],
            found.labels[found.kept],
            found.scores[found.kept],
            strict=True,
        )
    ]
    if out is not None:
        from etp_core.files import atomic

        with atomic(out) as temporary, temporary.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("start_frame", "end_frame", "label", "score"))
            writer.writerows(rows)
    for start, end, label, score in rows:
        sys.stdout.write(f"{start}\t{end}\t{label}\t{score:.6g}\n")


def _read(path: Path) -> "NDArray[Any]":
    """The array of a .npy file; raises InputError naming the file where there is none."""
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, EOFError) as error:  # NumPy's text advises to unpickle the file
        raise InputError(f"{path}: is not an array of numbers that numpy.save wrote") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise InputError(f"{path}: holds several arrays (.npz); save the scores alone as .npy")
    return array
