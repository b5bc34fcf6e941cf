"""A model directory: `model.toml` and one .safetensors file per stage. Nothing is unpickled."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from etp_core import __version__
from etp_core.actionness.network import ActionnessNetwork
from etp_core.config import Config, parse_config
from etp_core.errors import EtpError, ModelError
from etp_core.evolution import STAGES
from etp_core.features.reduction import Reduction
from etp_core.files import atomic
from etp_core.localization.network import LocalizationNetwork
from etp_core.refinement.network import RefinementNetwork

FORMAT = 1


@dataclass
class Model:
    """The three trained networks and what they need to know of their training data.

    Lengths are in seconds. A stage that is not trained yet is None.
    """

    config: Config
    classes: tuple[str, ...]
    min_length: float
    max_length: float
    reduction: Reduction
    actionness: ActionnessNetwork | None = None
    refinement: RefinementNetwork | None = None
    localization: LocalizationNetwork | None = None
    trained_on: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """Stages that the configuration asks for and that are not trained, in their order."""
        wanted = [s for s in STAGES if s != "refinement" or self.config.refinement.enabled]
        return [stage for stage in wanted if getattr(self, stage) is None]

    @property
    def inputs(self) -> int:
        """Columns d that the networks read."""
        return int(self.reduction.basis.shape[1])

    @property
    def unit_rows(self) -> float:
        """Length of a video unit in feature rows."""
        return self.config.refinement.unit / self.config.features.step

    def new_actionness(self) -> ActionnessNetwork:
        """An untrained network of stage 1."""
        return ActionnessNetwork(self.inputs, len(self.classes), self.config.actionness)

    def new_refinement(self) -> RefinementNetwork:
        """An untrained network of stage 2."""
        return RefinementNetwork(self.inputs, self.unit_rows, self.config.refinement)

    def new_localization(self) -> LocalizationNetwork:
        """An untrained network of stage 3."""
        return LocalizationNetwork(self.inputs, len(self.classes), self.config.localization)

    def save(self, folder: Path) -> None:
        """Write the directory; every file is replaced atomically, model.toml last.

        Raises EtpError where it cannot be written.
        """
        folder = Path(folder)
        tensors = {"features": {"mean": self.reduction.mean, "basis": self.reduction.basis}}
        for name, network in self._stages().items():
            tensors[name] = {k: v.contiguous() for k, v in network.state_dict().items()}
        for name, state in tensors.items():
            path = folder / f"{name}.safetensors"
            with atomic(path) as temporary:
                try:
                    save_file(state, temporary)
                except SafetensorError as error:
                    raise EtpError(f"{path}: cannot be written ({error})") from error
        about = {
            "format": FORMAT,
            "version": __version__,
            "classes": list(self.classes),
            "min_length": self.min_length,
            "max_length": self.max_length,
            "stages": list(self._stages()),
            "trained_on": self.trained_on,
            "metrics": self.metrics,
            "config": self.config.model_dump(exclude_none=True),
        }
        with atomic(folder / "model.toml") as temporary:
            temporary.write_text(tomli_w.dumps(about), "utf-8")

    def _stages(self) -> dict[str, nn.Module]:
        named = {stage: getattr(self, stage) for stage in STAGES}
        return {stage: network for stage, network in named.items() if network is not None}

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Read a model directory.

        Raises ModelError, naming the file, when it is missing, damaged or of another version.
        """
        folder = Path(folder)
        about = read_about(folder)
        try:
            state = _tensors(folder / "features.safetensors")
            config = parse_config(about["config"], str(folder / "model.toml"))
            model = cls(
                config=config,
                classes=tuple(about["classes"]),
                min_length=about["min_length"],
                max_length=about["max_length"],
                reduction=Reduction(state["mean"], state["basis"], config.features.standardise),
                trained_on=about["trained_on"],
                metrics=about["metrics"],
            )
            for stage in about["stages"]:
                network = getattr(model, f"new_{stage}")()
                network.load_state_dict(_tensors(folder / f"{stage}.safetensors"))
                setattr(model, stage, network.eval().requires_grad_(False))
        except (KeyError, AttributeError, TypeError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"{folder}: the model is damaged or incomplete ({reason})") from error
        return model


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
