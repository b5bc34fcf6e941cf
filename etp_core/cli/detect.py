"""`etp detect`: the three stages on raw video."""

from pathlib import Path

import typer

from etp_core.annotations import Annotations
from etp_core.cli import EachVideo, app, keep_existing, names_apart, reporting
from etp_core.cli.options import DEVICE, FEATURES, FORCE, FROM, PROGRESS, Device, ProgressMode
from etp_core.errors import InputError


@app.command()
def detect(
    videos: list[Path] = typer.Argument(help="Video files."),
    model: Path = typer.Option(help="Model directory."),
    csv: Path = typer.Option(help="Detections, one row a segment."),
    json: Path | None = typer.Option(None, help="Detections in ActivityNet's results format."),
    stages: bool = typer.Option(False, "--stages", help="Also write both stages' proposals."),
    evolutions: Path | None = typer.Option(None, help="Folder for one Evolution file per video."),
    features: Path | None = FEATURES,
    force: bool = FORCE,
    start: float = FROM,
    device: Device = DEVICE,
    progress: ProgressMode = PROGRESS,
) -> None:
    """Find actions in videos: actionness, refinement, localization.

    A video that cannot be read is named and skipped; the others are still written, and the exit
    code says that something failed.
    """
    from etp_core.detections import detections_of
    from etp_core.formats import write
    from etp_core.localizer import Localizer
    from etp_core.video import VideoReader

    if json is not None and json.resolve() == csv.resolve():
        raise InputError(f"{json}: is named twice; --csv and --json are two files")
    names_apart(videos)
    saved = {video: evolutions / f"{video.stem}.npz" for video in videos} if evolutions else {}
    for path in (csv, *([json] if json else []), *saved.values()):
        keep_existing(path, force)
    localizer = Localizer.load(model, features, device.value)
    found = Annotations()
    with reporting(progress) as report:
        several = EachVideo(len(videos), report)
        for video in videos:
            with several.attempt():
                evolution = localizer.detect(video, report, start)
                with VideoReader(video) as reader:
                    part = detections_of(evolution, reader.cuts, all_stages=stages)
                found.videos.update(part.videos)
                found.segments.extend(part.segments)
                if video in saved:
                    evolution.save(saved[video])
                    report.emit("result", video=str(video), path=str(saved[video]))
        if several.some:
            write(found, csv, "csv")
            if json is not None:
                final = [s for s in found.segments if s.stage == "localization"]
                write(Annotations(found.videos, final), json, "activitynet-results")
    several.end()
