"""End-to-end fine-tuning of a backbone (section 4.2), before the three stages.

It classifies single snippets, as stage 1 does, or the snippets of a proposal's course together, as
stage 3 does. The classifier is thrown away; what the backbone has learnt goes into the model
directory and from there into the features of all stages.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from etp_core.config import Config, FeatureConfig
from etp_core.errors import EtpError
from etp_core.features.backbones import (
    Backbone,
    metadata,
    new_backbone,
    weights_file,
    weights_hash,
)
from etp_core.features.pictures import channels, mirror
from etp_core.features.pyramid import pooling
from etp_core.labelled import Labelled, PictureSource
from etp_core.model import backbone_file, keep_weights, replace_backbone
from etp_core.optimisation import Random, Session, new_optimizer, optimise
from etp_core.tensors import write_tensors
from etp_core.video import fingerprint

_VERSION = 2  # raised where the same settings would give another backbone than before
_LOOKED_AT = 32  # pictures that say whether a backbone still sees anything
_ALIVE = 1e-3  # least deviation of a feature between them
_BEHIND_THE_BACKBONE = {"modality", "fusion", "components", "standardise", "mirror"}


class Classifier(nn.Module):
    """Pictures (B * K, C, H, W), K of each of B -> logits (B, outputs).

    A backbone, the mean of its features in the parts of `pooled` (parts, K), a linear classifier.
    Features are divided by the root of their number: thousands of them, none negative, would let
    the first steps of the classifier move its logits by whole units, and the quickest way for the
    backbone to lower such a loss is to switch its features off.
    Batch normalisation keeps the statistics it was pretrained with: batches are small and alike.
    """

    pooled: Tensor

    def __init__(self, backbone: Backbone, outputs: int, dropout: float, pooled: Tensor) -> None:
        super().__init__()
        self.backbone = backbone
        self.register_buffer("pooled", pooled)
        width = backbone.dim * len(pooled)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, outputs))

    def forward(self, x: Tensor) -> Tensor:
        features = self.backbone(x).float().unflatten(0, (-1, self.pooled.shape[1]))
        rows = torch.einsum("pk,bkd->bpd", self.pooled, features).flatten(1)
        logits: Tensor = self.head(rows / rows.shape[1] ** 0.5)
        return logits

    def train(self, mode: bool = True) -> "Classifier":
        super().train(mode)
        for module in self.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def augment(
    batch: NDArray[np.float32],
    stream: str,
    config: FeatureConfig,
    random: torch.Generator,
    together: int = 1,
) -> Tensor:
    """Random mirroring, cropping and lighting: (B, C, H, W) -> the same shape.

    Each `together` pictures in a row, which are of one proposal, are changed alike.
    """
    own = config.finetune
    count = len(batch) // together

    def spread(values: Tensor) -> Tensor:
        return values.repeat_interleave(together, dim=0)

    if own.flip:
        mirrored = spread(torch.rand(count, generator=random) < 0.5).numpy()
        batch[mirrored] = mirror(batch[mirrored], stream, config)
    x = torch.from_numpy(batch)
    if own.light:
        contrast, brightness = own.light * torch.randn(2, count, 1, 1, 1, generator=random)
        x = x * spread(contrast).exp()
        shown = {"rgb": slice(None), "rgbdiff": slice(0, 1), "flow": slice(0)}[stream]
        x[:, shown] += spread(brightness)
    if own.crop == 1:
        return x
    kept = own.crop + (1 - own.crop) * torch.rand(count, generator=random)
    shift = (2 * torch.rand(count, 2, generator=random) - 1) * (1 - kept)[:, None]
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = kept
    theta[:, :, 2] = shift
    grid = nn.functional.affine_grid(spread(theta), list(x.shape), align_corners=False)
    return nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def finetune(
    videos: Sequence[Labelled], classes: int, config: Config, stream: str, session: Session
) -> dict[str, Tensor]:
    """Train the backbone of one stream; returns its weights, for `Backbone.read`.

    Raises InputError where its pretrained weights are missing, VideoError for unreadable videos,
    EtpError where it has learnt to see nothing.
    """
    features, own = config.features, config.features.finetune
    given = Path(features.weights) if features.weights else None
    source = PictureSource(videos, classes, features, stream, config.seed)
    torch.manual_seed(config.seed)
    backbone = new_backbone(
        features.backbone,
        weights_file(features.backbone, given),
        channels(stream, features),
        features.grid,
    )
    backbone.freeze(own.frozen)
    course = config.localization.pyramid.pyramid[1]
    pooled = pooling(course, own.snippets) if source.together > 1 else torch.ones(1, 1)
    outputs = classes + int(source.has_background)
    network = Classifier(backbone, outputs, own.dropout, pooled).to(session.device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    random = torch.Generator().manual_seed(config.seed)

    def loss_of() -> dict[str, Tensor]:
        batch, labels = source.draw(own.schedule.batch)
        x = augment(batch, stream, features, random, source.together)
        x = x.to(session.device, memory_format=torch.channels_last)
        labels = labels.to(session.device)
        logits = network(x)
        return {
            "loss": nn.functional.cross_entropy(logits, labels, label_smoothing=own.smoothing),
            "accuracy": (logits.argmax(1) == labels).float().mean(),
        }

    optimizer = new_optimizer(network, own.schedule, network.head, own.head)
    task = f"finetune {stream}"
    drawn_from: list[Random] = [source, random]
    try:
        optimise(
            network, own.schedule, loss_of, task, session, drawn_from, None, optimizer, half=True
        )
        _see_that_it_lives(network.backbone, source, session, task)
    finally:
        source.close()
    return backbone.state()


def _see_that_it_lives(
    backbone: Backbone, source: PictureSource, session: Session, task: str
) -> None:
    """Tell how many features still differ from picture to picture; EtpError where none does.

    Steps that are too large switch units off for good: their loss falls little and looks harmless.
    """
    pictures, _ = source.draw(max(2, _LOOKED_AT // source.together))
    with torch.inference_mode():
        rows = backbone(torch.from_numpy(pictures).to(session.device))
    alive = float((rows.float().std(0) > _ALIVE).float().mean())
    text = f"{task}: {alive:.0%} of the features tell pictures apart"
    if alive == 0:
        raise EtpError(f"{text}; train with a lower features.finetune.schedule.learning_rate")
    session.reporter.emit("message", text=text)


def provide_backbones(
    folder: Path,
    config: Config,
    classes: int,
    videos: Callable[[], Sequence[Labelled]],
    session: Session,
) -> None:
    """See to it that a model directory has the backbones which the configuration asks for.

    Fine-tuned ones, unless they are there already from the same data and settings; else a copy of
    those given as a file; nothing where the installed ones do. Errors as in `finetune`.
    """
    if not config.features.finetune.enabled:
        keep_weights(folder, config.features)
        return
    data = session.key
    given = Path(config.features.weights) if config.features.weights else None
    for stream in config.features.networks:
        # of everything that is set of the features, only what the pictures depend on
        settings = config.features.model_dump_json(exclude=_BEHIND_THE_BACKBONE)
        about = f"{_VERSION} {data} {classes} {stream} {settings} {config.seed}"
        if config.features.finetune.stage == "localization":
            about += f" {config.localization.pyramid.pyramid[1]}"
        if given is not None:  # the settings name the file, not what is in it
            about += f" {weights_hash(weights_file(config.features.backbone, given))}"
        key = hashlib.sha256(about.encode()).hexdigest()[:16]
        session = replace(session, key=key, mixed=config.mixed_precision)
        path = backbone_file(folder, stream)
        if not path.is_file() or metadata(path).get("finetuned") != key:
            replace_backbone(path)
            state = finetune(videos(), classes, config, stream, session)
            write_tensors(path, state, {"finetuned": key})


def clips_fingerprint(clips: Sequence[Labelled]) -> str:
    """Identifies trimmed clips: their content and their classes."""
    content = [(clip.labels.tolist(), fingerprint(clip.path)) for clip in clips]
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]
