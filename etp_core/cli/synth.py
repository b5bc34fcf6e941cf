"""`etp synth`: generated videos with exactly known boundaries."""

from pathlib import Path

import typer

from etp_core.cli import app, reporting
from etp_core.cli.options import PROGRESS, ProgressMode


@app.command()
def synth(
    out: Path = typer.Argument(help="Folder to write into."),
    videos: int = typer.Option(help="How many videos."),
    seed: int = typer.Option(help="The same seed gives the same videos."),
    seconds: float = typer.Option(40.0, help="Length of each video."),
    size: str = typer.Option("320x180", help="Width x height in pixels."),
    fps: float = typer.Option(25.0, help="Frames per second."),
    force: bool = typer.Option(False, "--force", help="Write into a folder that is not empty."),
    progress: ProgressMode = PROGRESS,
) -> None:
    """Write stick-figure videos and annotations.json with exact boundaries."""
    from etp_core.errors import InputError
    from etp_core.synth import generate

    try:
        width, height = (int(side) for side in size.lower().split("x"))
    except ValueError:
        raise InputError(f"--size: two numbers such as 320x180, not {size!r}") from None
    with reporting(progress) as report:
        path = generate(out, videos, seed, report, seconds, (width, height), fps, force)
    print(path)
