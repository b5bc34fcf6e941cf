"""`etp picture`: curves, ground truth and the three stages of one video (Figure 4)."""

from pathlib import Path

import typer

from etp_core.cli import app, keep_existing, reporting
from etp_core.cli.options import DEVICE, FEATURES, PROGRESS, Device, ProgressMode
from etp_core.errors import InputError
from etp_core.files import atomic


@app.command()
def picture(
    source: Path = typer.Argument(help="A video, or an Evolution file of `etp detect`."),
    out: Path = typer.Option(help="Picture to write, .svg or .png."),
    model: Path | None = typer.Option(None, help="Model directory; needed for a video."),
    ground_truth: Path | None = typer.Option(None, help="Annotations with this video."),
    least: float = typer.Option(0.2, "--min-score", help="Leave out detections scored below."),
    features: Path | None = FEATURES,
    force: bool = typer.Option(False, "--force", help="Replace an existing picture."),
    device: Device = DEVICE,
    progress: ProgressMode = PROGRESS,
) -> None:
    """Draw how one video's proposals evolve, next to its curves and its ground truth."""
    from etp_core.evolution import Evolution
    from etp_core.formats import read
    from etp_core.plots import save_figure
    from etp_core.stages_figure import stages_figure

    kind = out.suffix.lower().lstrip(".")
    if kind not in ("svg", "png"):
        raise InputError(f"{out}: a picture ends in .svg or .png")
    keep_existing(out, force)
    if source.suffix == ".npz":
        evolution = Evolution.load(source)
    else:
        if model is None:
            raise InputError(f"{source}: give --model for a video, or an Evolution file (.npz)")
        from etp_core.localizer import Localizer

        localizer = Localizer.load(model, features, device.value)
        with reporting(progress) as report:
            evolution = localizer.detect(source, report)
    name = Path(evolution.video).stem
    truth = []
    if ground_truth is not None:
        known = read(ground_truth).by_video()
        if name not in known:
            raise InputError(f"{ground_truth}: there is no video {name!r}")
        truth = [segment for segment in known[name] if segment.stage == "ground_truth"]
    figure = stages_figure(evolution, truth, least)
    with atomic(out) as temporary:
        save_figure(figure, temporary, kind)
