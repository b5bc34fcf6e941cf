"""`etp extract`: build feature caches ahead of training and detection."""

from pathlib import Path
from typing import Any

import typer

from etp_core.cli import EachVideo, app, reporting
from etp_core.cli.options import DEVICE, PROGRESS, Device, Preset, ProgressMode
from etp_core.errors import InputError


@app.command()
def extract(
    videos: list[Path] = typer.Argument(help="Video files."),
    features: Path = typer.Option(help="Folder of the caches."),
    preset: Preset = typer.Option(Preset.compact, help="Whose features."),
    config: Path | None = typer.Option(None, help="TOML file that overrides the preset."),
    modality: str | None = typer.Option(
        None, help="rgb, rgbdiff (grey and its differences), flow, rgb+flow or rgbdiff+flow."
    ),
    backbone: str | None = typer.Option(None, help="efficientnet-lite0, resnet34 or inception-v3."),
    weights: Path | None = typer.Option(None, help="File with the backbone's weights."),
    side: int | None = typer.Option(None, help="Input area, as the side of a square in pixels."),
    step: float | None = typer.Option(None, help="Seconds between snippets."),
    device: Device = DEVICE,
    progress: ProgressMode = PROGRESS,
) -> None:
    """Compute the features of videos once; training and detection read them.

    What is not given is as in the preset. A video that cannot be read is named and left out, and
    the exit code says that something failed.
    """
    from etp_core.config import load_config
    from etp_core.features.extraction import Extractor

    given = {"modality": modality, "backbone": backbone, "side": side, "step": step}
    own: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if weights is not None:
        own["weights"] = str(weights)
    settings = load_config(preset.value, config, features=own).features
    if settings.finetune.enabled:
        raise InputError(
            f"{config or preset.value}: features are of a backbone that etp train fine-tunes first "
            "(features.finetune.enabled); it makes them then"
        )
    extractor = Extractor(settings, features, device.value)
    with reporting(progress) as report:
        several = EachVideo(len(videos), report)
        there = [f.video for f in extractor.extract_all(videos, report, several.failed)]
        if settings.mirror:
            for _ in extractor.mirror_image().extract_all(there, report):
                pass
    several.end()
