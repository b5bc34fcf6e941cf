"""`etp detect`: the three stages on raw video."""

from pathlib import Path

import typer

from etp_core.annotations import Annotations
from etp_core.cli import app, keep_existing, reporting
from etp_core.cli.options import DEVICE, FEATURES, FORCE, FROM, PROGRESS, Device, ProgressMode
from etp_core.errors import EtpError, InputError


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

    for path in (csv, json):
        if path is not None:
            keep_existing(path, force)
    names = [video.stem for video in videos]
    for video in videos:
        if names.count(video.stem) > 1:
            raise InputError(f"{video}: two videos have the name {video.stem!r}; detect them apart")
    localizer = Localizer.load(model, features, device.value)
    found = Annotations()
    failed: list[str] = []
    with reporting(progress) as report:
        for video in videos:
            try:
                evolution = localizer.detect(video, report, start)
                with VideoReader(video) as reader:
                    part = detections_of(evolution, reader.cuts, all_stages=stages)
            except InputError as error:
                if len(videos) == 1:
                    raise
                failed.append(str(error))
                report.emit("error", text=str(error))
                continue
            found.videos.update(part.videos)
            found.segments.extend(part.segments)
            if evolutions is not None:
                path = evolutions / f"{video.stem}.npz"
                evolution.save(path)
                report.emit("result", video=str(video), path=str(path))
        if len(failed) < len(videos):
            write(found, csv, "csv")
            if json is not None:
                final = [s for s in found.segments if s.stage == "localization"]
                write(Annotations(found.videos, final), json, "activitynet-results")
    if failed:
        raise EtpError(f"{len(failed)} of {len(videos)} videos failed: {'; '.join(failed)}")
