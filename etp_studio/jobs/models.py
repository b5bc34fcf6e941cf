"""The models that there are: read from their model.toml alone, without torch."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from etp_studio import settings


@dataclass(frozen=True)
class ModelInfo:
    """What a list of models says of one; metrics in percent, by name ("mAP@0.5")."""

    folder: Path
    name: str
    classes: tuple[str, ...]
    stages: tuple[str, ...]
    features: str
    videos: int
    metrics: dict[str, float]
    made: datetime


def look_at(folder: Path) -> ModelInfo | None:
    """A model directory, or None if there is no readable one."""
    file = folder / "model.toml"
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        own = values["config"]["features"]
        return ModelInfo(
            folder=folder,
            name=folder.parent.name if folder.name == "model" else folder.name,
            classes=tuple(map(str, values["classes"])),
            stages=tuple(map(str, values["stages"])),
            features=f"{own['modality']}, {own['backbone']}",
            videos=int(values.get("trained_on", {}).get("videos", 0)),
            metrics={k: float(v) for k, v in values.get("metrics", {}).items()},
            made=datetime.fromtimestamp(file.stat().st_mtime),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def known_models() -> list[ModelInfo]:
    """The models trained here, the chosen one and the shipped one: newest first, shipped last."""
    trained = sorted(settings.models_folder().glob("*/model"), reverse=True)
    places = [settings.model(), *trained, settings.shipped_model()]
    found = [look_at(place) for place in dict.fromkeys(p for p in places if p is not None)]
    models = [model for model in found if model is not None]
    shipped = settings.shipped_model()
    return sorted(models, key=lambda m: (m.folder == shipped, -m.made.timestamp()))
