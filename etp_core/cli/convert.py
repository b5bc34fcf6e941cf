"""`etp convert`: annotations from one interchange format to another."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from etp_core.cli import app, keep_existing, tell
from etp_core.cli.options import FORCE, FRAME_RATE
from etp_core.errors import InputError

if TYPE_CHECKING:
    from etp_core.formats import Clock


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
    frame_rate: float | None = FRAME_RATE,
    force: bool = FORCE,
) -> None:
    """Convert annotations between interchange formats.

    Formats: csv, activitynet, activitynet-results, thumos14, ssn, boris, boris-csv, eaf, via,
    label-studio, fiftyone (written only), otio (written only), webvtt, srt, losslesscut, audacity.
    OUT is a folder where the format holds one video a file. What a format has no place for is left
    out; docs/formats.md says what that is.
    """
    from etp_core.formats import by_suffix, left_out, named, read, unnamed, write

    keep_existing(target, force)
    clock = _folder_clock(videos, frame_rate)
    annotations = read(source, source_format, clock)
    chosen = named(target_format) if target_format else by_suffix(target, annotations)
    write(annotations, target, chosen.name, clock)
    tell(
        [*annotations.notes, *left_out(annotations, chosen), *unnamed(annotations, target, chosen)]
    )


def _folder_clock(folder: Path | None, frame_rate: float | None) -> "Clock":
    """The clock of the videos in a folder, by their names without suffix, or with it.

    Raises InputError if there is no such folder.
    """
    from etp_core.formats import Clock
    from etp_core.video import SUFFIXES

    if folder is None:
        return Clock(frame_rate=frame_rate)
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder of videos")
    files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in SUFFIXES]
    return Clock.of_videos(by_name(files), frame_rate)


def by_name(files: list[Path]) -> dict[str, Path]:
    """The files by their names without suffix, and with it."""
    return {file.stem: file for file in files} | {file.name: file for file in files}
