"""A model directory: `model.toml` and one .safetensors file per stage. Nothing is unpickled.

Weights of a backbone that do not come with the program are in it too, one file per stream.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from etp_core import __version__
from etp_core.actionness.network import ActionnessNetwork
from etp_core.config import Config, FeatureConfig, parse_config
from etp_core.errors import EtpError, ModelError
from etp_core.evolution import STAGES
from etp_core.features.backbones import metadata, new_backbone, weights_file, weights_hash
from etp_core.features.pictures import channels
from etp_core.features.reduction import Reduction
from etp_core.files import atomic
from etp_core.fusion import Fused, joined, parted
from etp_core.localization.network import LocalizationNetwork
from etp_core.refinement.network import RefinementNetwork
from etp_core.tensors import write_tensors

FORMAT = 1
N = TypeVar("N", bound=nn.Module)


@dataclass
class Model:
    """The trained networks of the three stages and what they need to know of their training data.

    Lengths and the unit are in seconds. A stage that is not trained yet is None. Reductions and
    networks are by stream; `weights` are files of backbones that were not installed with the
    program.
    """

    config: Config
    classes: tuple[str, ...]
    min_length: float
    max_length: float
    unit: float
    reductions: dict[str, Reduction]
    actionness: Fused[ActionnessNetwork] | None = None
    refinement: Fused[RefinementNetwork] | None = None
    localization: Fused[LocalizationNetwork] | None = None
    weights: dict[str, Path] = field(default_factory=dict)
    trained_on: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """Stages that the configuration asks for and that are not trained, in their order."""
        wanted = [s for s in STAGES if s != "refinement" or self.config.refinement.enabled]
        return [stage for stage in wanted if getattr(self, stage) is None]

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that the networks read."""
        return tuple(self.reductions)

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(iter(self.reductions.values())).mean.device

    @property
    def unit_rows(self) -> float:
        """Length of a video unit in feature rows."""
        return self.unit / self.config.features.step

    def new_actionness(self) -> Fused[ActionnessNetwork]:
        """Untrained networks of stage 1."""
        own, classes = self.config.actionness, len(self.classes)
        return self.fused(lambda inputs: ActionnessNetwork(inputs, classes, own))

    def new_refinement(self) -> Fused[RefinementNetwork]:
        """Untrained networks of stage 2."""
        own, unit = self.config.refinement, self.unit_rows
        return self.fused(lambda inputs: RefinementNetwork(inputs, unit, own))

    def new_localization(self) -> Fused[LocalizationNetwork]:
        """Untrained networks of stage 3."""
        own, classes = self.config.localization, len(self.classes)
        return self.fused(lambda inputs: LocalizationNetwork(inputs, classes, own))

    def fused(self, make: Callable[[int], N]) -> Fused[N]:
        """One network per stream; `make` is told how many columns it reads."""
        networks = {s: make(int(r.basis.shape[1])) for s, r in self.reductions.items()}
        return Fused(networks, self.config.features.fusion)

    def only(self, stream: str) -> "Model":
        """The model of one stream; it shares its networks."""
        stages: dict[str, Any] = {
            stage: fused.only(stream) for stage, fused in self._stages().items()
        }
        return replace(self, reductions={stream: self.reductions[stream]}, **stages)

    def to(self, device: torch.device) -> "Model":
        """Move everything, in place."""
        self.reductions = {stream: r.to(device) for stream, r in self.reductions.items()}
        for fused in self._stages().values():
            fused.to(device)
        return self

    def save(self, folder: Path) -> None:
        """Write the directory; every file is replaced atomically, model.toml last.

        Raises EtpError where it cannot be written.
        """
        folder = Path(folder)
        reductions = {s: {"mean": r.mean, "basis": r.basis} for s, r in self.reductions.items()}
        write_tensors(folder / "features.safetensors", joined(reductions))
        for name, fused in self._stages().items():
            write_tensors(folder / f"{name}.safetensors", fused.state_dict())
        about = {
            "format": FORMAT,
            "version": __version__,
            "classes": list(self.classes),
            "min_length": self.min_length,
            "max_length": self.max_length,
            "unit": self.unit,
            "stages": list(self._stages()),
            "trained_on": self.trained_on,
            "metrics": self.metrics,
            "config": self.config.model_dump(exclude_none=True),
        }
        with atomic(folder / "model.toml") as temporary:
            temporary.write_text(tomli_w.dumps(about), "utf-8")

    def _stages(self) -> dict[str, Fused[Any]]:
        named = {stage: getattr(self, stage) for stage in STAGES}
        return {stage: fused for stage, fused in named.items() if fused is not None}

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Read a model directory.

        Raises ModelError, naming the file, when it is missing, damaged or of another version.
        """
        folder = Path(folder)
        about = read_about(folder)
        try:
            config = parse_config(about["config"], str(folder / "model.toml"))
            streams = config.features.streams
            states = parted(_tensors(folder / "features.safetensors"), streams)
            per_video = config.features.standardise
            model = cls(
                config=config,
                classes=tuple(about["classes"]),
                min_length=about["min_length"],
                max_length=about["max_length"],
                unit=about.get("unit", config.refinement.unit),
                reductions={
                    s: Reduction(own["mean"], own["basis"], per_video) for s, own in states.items()
                },
                weights=_own_backbones(folder, config.features),
                trained_on=about["trained_on"],
                metrics=about["metrics"],
            )
            for stage in about["stages"]:
                fused = getattr(model, f"new_{stage}")()
                states = parted(_tensors(folder / f"{stage}.safetensors"), streams)
                for stream, network in fused.networks.items():
                    network.load_state_dict(states[stream])
                    network.eval().requires_grad_(False)
                setattr(model, stage, fused)
        except (KeyError, AttributeError, TypeError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"{folder}: the model is damaged or incomplete ({reason})") from error
        return model


def backbone_file(folder: Path, stream: str) -> Path:
    """Where a model keeps the weights of a stream's backbone."""
    return Path(folder) / f"backbone-{stream}.safetensors"


def backbone_files(folder: Path, streams: tuple[str, ...]) -> dict[str, Path]:
    """The weights that a model directory has, by stream."""
    paths = {stream: backbone_file(folder, stream) for stream in streams}
    return {stream: path for stream, path in paths.items() if path.is_file()}


def _own_backbones(folder: Path, config: FeatureConfig) -> dict[str, Path]:
    """The backbones of a model; the installed ones must not stand in for one that is lost."""
    found = backbone_files(folder, config.streams)
    if config.finetune.enabled or config.weights is not None:
        for stream in config.networks:
            if stream not in found:
                path = backbone_file(folder, stream)
                raise ModelError(f"{path}: is missing from the model directory")
    return found


def keep_weights(folder: Path, config: FeatureConfig) -> None:
    """Copy weights given as a file into a model directory: without them it could not detect.

    The copy is known by the hash of its source, so that caches made with the one serve the other.
    What an earlier model left there is removed.
    """
    source = Path(config.weights) if config.weights else None
    wanted = None if source is None else weights_hash(weights_file(config.backbone, source))
    for path in Path(folder).glob("backbone-*.safetensors"):
        if metadata(path).get("source") != wanted or wanted is None:
            replace_backbone(path)
    for stream in config.networks:
        path = backbone_file(folder, stream)
        if source is not None and not path.exists():
            state = new_backbone(config.backbone, source, channels(stream, config)).state()
            write_tensors(path, state, {"source": str(wanted)})


def replace_backbone(path: Path) -> None:
    """Remove a backbone from a model directory; what was trained on it is no model any more."""
    (path.parent / "model.toml").unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def read_about(folder: Path) -> dict[str, Any]:
    """What model.toml says, after checking its format; raises ModelError (see `Model.load`)."""
    path = Path(folder) / "model.toml"
    if not path.is_file():
        raise ModelError(f"{folder}: not a model directory (no model.toml in it)")
    try:
        about = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error
    if about.get("format") != FORMAT:
        raise ModelError(
            f"{path}: model format {about.get('format')} is not the format {FORMAT} "
            f"of this version ({__version__}); train it again or use the version that made it"
        )
    return about


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except FileNotFoundError:
        raise ModelError(f"{path}: is missing from the model directory") from None
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error


def stage_missing(folder: Path | str, stage: str) -> EtpError:
    """The error of a command that needs a stage which the model does not have."""
    return ModelError(f"{folder}: the model has no trained {stage} stage; run etp train {stage}")
