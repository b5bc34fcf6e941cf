"""Options that several commands have."""

import math
from enum import StrEnum
from typing import Any

import typer

from etp_core.errors import InputError


class Device(StrEnum):
    """Values of --device."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Preset(StrEnum):
    """Values of --preset."""

    compact = "compact"
    person = "person"
    paper = "paper"
    ssn = "ssn"


class ProgressMode(StrEnum):
    """Values of --progress."""

    auto = "auto"
    json = "json"
    none = "none"


def _frame_rate(value: float | None) -> float | None:
    if value is not None and not 0 < value < 1e6:
        raise InputError(f"--fps: {value} is no frame rate")
    return value


FROM: Any = typer.Option(
    -math.inf,
    "--from",
    metavar="SECONDS",
    show_default=False,
    help="Read a video from here to its end and what comes before last; the result is the same.",
)
FORCE: Any = typer.Option(False, "--force", help="Replace existing output.")
FRAME_RATE: Any = typer.Option(
    None,
    "--fps",
    metavar="R",
    callback=_frame_rate,
    help="Frame rate of videos that are not there, if constant.",
)
FEATURES: Any = typer.Option(None, "--features", help="Folder of the feature caches.")
DEVICE: Any = typer.Option(Device.auto, "--device", help="Where the networks run.")
PROGRESS: Any = typer.Option(
    ProgressMode.auto, "--progress", help="Bars on a terminal, JSON lines on stderr, or nothing."
)
