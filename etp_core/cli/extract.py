"""`etp extract`: build feature caches ahead of training and detection."""

from pathlib import Path

import typer

from etp_core.cli import app, reporting
from etp_core.cli.options import DEVICE, PROGRESS, Device, ProgressMode


@app.command()
def extract(
    videos: list[Path] = typer.Argument(help="Video files."),
    features: Path = typer.Option(help="Folder of the caches."),
    modality: str = typer.Option(
        "rgbdiff", help="rgb, rgbdiff (grey and its differences), flow, rgb+flow or rgbdiff+flow."
    ),
    backbone: str = typer.Option(
        "efficientnet-lite0", help="efficientnet-lite0, resnet34 or inception-v3."
    ),
    weights: Path | None = typer.Option(None, help="File with the backbone's weights."),
    side: int = typer.Option(224, help="Input area, as the side of a square in pixels."),
    step: float = typer.Option(0.1, help="Seconds between snippets."),
    device: Device = DEVICE,
    progress: ProgressMode = PROGRESS,
) -> None:
    """Compute the features of videos once; training and detection read them."""
    from etp_core.config import load_config
    from etp_core.features.extraction import Extractor

    own = {"modality": modality, "backbone": backbone, "side": side, "step": step}
    if weights is not None:
        own["weights"] = str(weights)
    extractor = Extractor(load_config(features=own).features, features, device.value)
    with reporting(progress) as report:
        for _ in extractor.extract_all(videos, report):
            pass
