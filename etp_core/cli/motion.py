"""`etp motion`: proposals from motion alone, where there is no model."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from etp_core.annotations import Annotations
from etp_core.cli import app, keep_existing, reporting
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
    """Propose where something moves: Algorithm 1 on a curve of motion energy, without a model."""
    from etp_core.actionness.motion import detect_motion
    from etp_core.detections import detections_of
    from etp_core.formats import write
    from etp_core.video import VideoReader

    keep_existing(csv, force)
    found = Annotations()
    with reporting(progress) as report:
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

            evolution = detect_motion(video, told, start)
            with VideoReader(video) as reader:
                part = detections_of(evolution, reader.cuts, all_stages=True)
            found.videos.update(part.videos)
            found.segments.extend(part.segments)
            if evolutions is not None:
                path = evolutions / f"{video.stem}.npz"
                evolution.save(path)
                report.emit("result", video=name, path=str(path))
    write(found, csv, "csv")
