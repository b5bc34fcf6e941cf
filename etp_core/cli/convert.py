"""`etp convert`: annotations from one interchange format to another."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from etp_core.cli import app, keep_existing
from etp_core.errors import InputError

if TYPE_CHECKING:
    from etp_core.formats import Clock
    from etp_core.timeline import Floats


@app.command()
def convert(
    source: Path = typer.Argument(metavar="IN", help="Annotation file or folder."),
    target: Path = typer.Argument(metavar="OUT", help="What to write."),
    source_format: str | None = typer.Option(
        None, "--from", metavar="F", help="Format of IN (default: recognised by its content)."
    ),
    target_format: str | None = typer.Option(
        None, "--to", metavar="F", help="Format of OUT (default: by its suffix)."
    ),
    videos: Path | None = typer.Option(
        None, metavar="DIR", help="Folder of the videos, whose frames make times exact."
    ),
    frame_rate: float | None = typer.Option(
        None, "--fps", metavar="R", help="Frame rate of videos that are not there, if constant."
    ),
    force: bool = typer.Option(False, "--force", help="Replace existing output."),
) -> None:
    """Convert annotations between interchange formats.

    Formats: csv, activitynet, activitynet-results, thumos14, ssn, boris, boris-csv, eaf, via,
    label-studio, fiftyone (written only), otio (written only), webvtt, srt, losslesscut, audacity.
    OUT is a folder where the format holds one video a file. What a format has no place for is left
    out; docs/formats.md says what that is.
    """
    from etp_core.formats import by_suffix, left_out, named, read, write

    keep_existing(target, force)
    clock = folder_clock(videos, frame_rate)
    annotations = read(source, source_format, clock)
    chosen = named(target_format) if target_format else by_suffix(target, annotations)
    write(annotations, target, chosen.name, clock)
    tell([*annotations.notes, *left_out(annotations, chosen)])


def tell(notes: list[str]) -> None:
    """Say on standard error what was left out."""
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def folder_clock(folder: Path | None, frame_rate: float | None) -> "Clock":
    """The clock of the videos in a folder, by their names without suffix, or with it.

    Raises InputError if there is no such folder or the frame rate is none.
    """
    from etp_core.formats import Clock
    from etp_core.video import SUFFIXES

    if frame_rate is not None and not 0 < frame_rate < 1e6:
        raise InputError(f"--fps: {frame_rate} is no frame rate")
    if folder is None:
        return Clock(frame_rate=frame_rate)
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder of videos")
    return files_clock(
        [file for file in sorted(folder.iterdir()) if file.suffix.lower() in SUFFIXES], frame_rate
    )


def files_clock(files: list[Path], frame_rate: float | None = None) -> "Clock":
    """The clock of video files, by their names without suffix, or with it."""
    from etp_core.formats import Clock
    from etp_core.video import VideoReader

    known = {file.stem: file for file in files} | {file.name: file for file in files}

    def cuts(video: str) -> "Floats | None":
        if video not in known:
            return None
        with VideoReader(known[video]) as reader:
            return reader.cuts

    return Clock(cuts, frame_rate)
