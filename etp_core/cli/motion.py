"""`etp motion`: proposals from motion alone, where there is no model."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from etp_core.annotations import Annotations
from etp_core.cli import EachVideo, app, keep_existing, names_apart, reporting
from etp_core.cli.options import FORCE, FROM, PROGRESS, ProgressMode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from etp_core.timeline import Floats


@app.command()
def motion(
    videos: list[Path] = typer.Argument(help="Video files."),
    csv: Path = typer.Option(help="Proposals, one row a segment."),
    evolutions: Path | None = typer.Option(None, help="Folder for one Evolution file per video."),
    force: bool = FORCE,
    start: float = FROM,
    progress: ProgressMode = PROGRESS,
) -> None:
    """Propose where something moves: Algorithm 1 on a curve of motion energy, without a model.

    A video that cannot be read is named and skipped; the others are still written, and the exit
    code says that something failed.
    """
    from etp_core.actionness.motion import detect_motion
    from etp_core.detections import detections_of
    from etp_core.formats import write
    from etp_core.video import VideoReader

    names_apart(videos)
    saved = {video: evolutions / f"{video.stem}.npz" for video in videos} if evolutions else {}
    for path in (csv, *saved.values()):
        keep_existing(path, force)
    found = Annotations()
    with reporting(progress) as report:
        several = EachVideo(len(videos), report)
        for video in videos:
            name, done = str(video), 0
            report.emit("start", task="motion", video=name, total=0)

            def told(
                times: "Floats", scores: "NDArray[np.float32]", total: int, name: str = name
            ) -> None:
                nonlocal done
                done += len(times)
                report.emit(
                    "curves",
                    video=name,
                    classes=[],
                    times=times.tolist(),
                    scores=scores.tolist(),
                )
                report.emit("step", task="motion", video=name, done=done, total=total)

            with several.attempt():
                evolution = detect_motion(video, told, start)
                with VideoReader(video) as reader:
                    part = detections_of(evolution, reader.cuts, all_stages=True)
                found.videos.update(part.videos)
                found.segments.extend(part.segments)
                if video in saved:
                    evolution.save(saved[video])
                    report.emit("result", video=name, path=str(saved[video]))
        if several.some:
            write(found, csv, "csv")
    several.end()
