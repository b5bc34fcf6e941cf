"""End-to-end fine-tuning of a backbone on single snippets (section 4.2), before the three stages.

Pictures come from trimmed clips (one folder per class, as UCF101 is laid out) or from annotated
segments, where what lies in no segment is one more class. The classifier is thrown away; what the
backbone has learnt goes into the model directory and from there into the features of all stages.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from etp_core.actionness.network import row_targets
from etp_core.annotations import Annotations
from etp_core.config import Config, FeatureConfig
from etp_core.dataset import find_video
from etp_core.errors import InputError
from etp_core.features.backbones import Backbone, metadata, new_backbone, weights_file
from etp_core.features.extraction import pictures, snippet_frames
from etp_core.features.following import follow
from etp_core.features.pictures import channels, mirror
from etp_core.model import backbone_file, keep_weights, replace_backbone, write_tensors
from etp_core.optimisation import Random, Session, new_optimizer, optimise
from etp_core.video import SUFFIXES, VideoReader, fingerprint

T = TypeVar("T")

_BEHIND_THE_BACKBONE = {"modality", "fusion", "components", "standardise", "mirror"}
_AHEAD = 4  # pictures of one video
_OPEN = 8  # videos that are read side by side, so that a batch is of many


@dataclass(frozen=True)
class Labelled:
    """A video and what is seen in it: segments (N, 2) in seconds, labels (N,)."""

    path: Path
    segments: NDArray[np.float64]
    labels: Tensor


def trimmed_clips(folder: Path, classes: Sequence[str]) -> list[Labelled]:
    """The clips of a folder with one folder per class; those of other classes are left out.

    Raises InputError naming a class that has no clip.
    """
    clips = []
    for label, name in enumerate(classes):
        inside = sorted((Path(folder) / name).glob("*"))
        paths = [path for path in inside if path.suffix.lower() in SUFFIXES]
        if not paths:
            raise InputError(f"{folder}: no clip of the class {name!r} (a folder of that name)")
        whole = np.array([[-np.inf, np.inf]])
        clips += [Labelled(path, whole, torch.tensor([label])) for path in paths]
    return clips


def annotated(annotations: Annotations, videos: Path, classes: Sequence[str]) -> list[Labelled]:
    """The annotated videos; raises InputError naming one that has no file."""
    return [
        Labelled(
            find_video(videos, name),
            np.array([(s.start, s.end) for s in segments], np.float64).reshape(-1, 2),
            torch.tensor([classes.index(s.label) for s in segments], dtype=torch.long),
        )
        for name, segments in annotations.by_video().items()
    ]


class PictureSource:
    """Pictures of one stream with their classes, in random order, without end.

    A pass over the videos takes of every class as many snippets as the classes have on average
    (all where there are fewer), of the background half as many as of all classes together. The
    order depends on the seed alone; `set_state` goes on behind the pictures that were drawn.
    """

    def __init__(
        self,
        videos: Sequence[Labelled],
        classes: int,
        config: FeatureConfig,
        stream: str,
        seed: int,
    ) -> None:
        """Raises VideoError naming a video that cannot be read."""
        self._videos, self._classes = videos, classes
        self._config, self._stream, self._seed = config, stream, seed
        self._frames, self._targets = [], []
        self._windows: dict[int, NDArray[np.float64] | None] = {}
        for video in videos:
            with VideoReader(video.path) as reader:
                frames = snippet_frames(reader.pts, config.step)
                times = torch.from_numpy(reader.pts[frames])
            targets, used = row_targets(
                times, torch.from_numpy(video.segments), video.labels, classes
            )
            self._frames.append(frames)
            self._targets.append(np.where(used.numpy(), targets.numpy(), -1))
        self._pool = ThreadPoolExecutor(min(_OPEN, os.cpu_count() or 1))
        self._drawn = 0
        self._stream_of_pictures = self._endless()

    @property
    def has_background(self) -> bool:
        """Whether any snippet is of no class."""
        return any((targets == self._classes).any() for targets in self._targets)

    def draw(self, count: int) -> tuple[NDArray[np.float32], Tensor]:
        """The next pictures (count, C, H, W) and their classes (count,), K for the background.

        All are as large as the first one: they are cut or padded where videos differ in shape.
        """
        drawn = [next(self._stream_of_pictures) for _ in range(count)]
        self._drawn += count
        shape = drawn[0][0].shape
        stack = np.stack([_fit(picture, shape) for picture, _ in drawn])
        return stack.astype(np.float32), torch.tensor([label for _, label in drawn])

    def get_state(self) -> Tensor:
        """How many pictures have been drawn."""
        return torch.tensor([self._drawn])

    def set_state(self, state: Tensor) -> None:
        """Start over and pass the pictures that were drawn; far quicker than learning them."""
        self._stream_of_pictures, self._drawn = self._endless(), int(state)
        for _ in range(self._drawn):
            next(self._stream_of_pictures)

    def close(self) -> None:
        """Stop reading ahead."""
        self._pool.shutdown(cancel_futures=True)

    def _endless(self) -> Iterator[tuple[NDArray[np.float16], int]]:
        random = np.random.default_rng(self._seed)
        waiting: list[tuple[NDArray[np.float16], int]] = []
        while True:
            for picture in self._one_pass(random):
                waiting.append(picture)
                if len(waiting) >= self._config.finetune.shuffle:
                    at = int(random.integers(len(waiting)))
                    waiting[at], waiting[-1] = waiting[-1], waiting[at]
                    yield waiting.pop()

    def _one_pass(self, random: np.random.Generator) -> Iterator[tuple[NDArray[np.float16], int]]:
        """The chosen snippets of every video, some videos side by side."""
        chosen = self._choose(random)
        order = deque(random.permutation(len(self._videos)).tolist())
        reading: deque[Iterator[tuple[NDArray[np.float16], int]]] = deque()
        while order or reading:
            while order and len(reading) < _OPEN:
                video = order.popleft()
                if chosen[video].any():
                    made = self._of_video(video, chosen[video])
                    reading.append(_ahead(self._pool, made))
            if not reading:
                return
            one = reading.popleft()
            picture = next(one, None)
            if picture is not None:
                yield picture
                reading.append(one)

    def _choose(self, random: np.random.Generator) -> list[NDArray[np.bool_]]:
        """Which snippets of each video this pass takes."""
        everything = np.concatenate(self._targets)
        counts = np.bincount(everything[everything >= 0], minlength=self._classes + 1)
        usual = counts[: self._classes].sum() / max(1, np.count_nonzero(counts[: self._classes]))
        taken = np.zeros(len(everything), bool)
        for label in range(self._classes + 1):
            share = 1.0 if label < self._classes else max(1, self._classes) / 2
            rows = np.flatnonzero(everything == label)
            count = min(len(rows), round(usual * share))
            taken[random.choice(rows, count, replace=False)] = True
        return np.split(taken, np.cumsum([len(t) for t in self._targets])[:-1])

    def _of_video(
        self, video: int, chosen: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.float16], int]]:
        last = int(np.flatnonzero(chosen)[-1]) + 1
        with VideoReader(self._videos[video].path) as reader:
            frames = self._frames[video]
            if video not in self._windows:
                self._windows[video] = follow(reader, frames, self._config.crop)
            windows = self._windows[video]
            made = pictures(self._config, reader, frames[:last], [self._stream], windows=windows)
            for row, picture in enumerate(made):
                if chosen[row]:
                    label = int(self._targets[video][row])
                    yield picture[self._stream].astype(np.float16), label


def _ahead(pool: ThreadPoolExecutor, items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order, made by the pool while the ones before are used."""
    pending = pool.submit(lambda: list(islice(items, _AHEAD)))
    while batch := pending.result():
        pending = pool.submit(lambda: list(islice(items, _AHEAD)))
        yield from batch


def _fit(picture: NDArray[np.float16], shape: tuple[int, ...]) -> NDArray[np.float16]:
    if picture.shape == shape:
        return picture
    fitted = np.zeros(shape, picture.dtype)
    h, w = (min(a, b) for a, b in zip(picture.shape[1:], shape[1:], strict=True))
    fitted[:, :h, :w] = picture[:, :h, :w]
    return fitted


class SnippetClassifier(nn.Module):
    """Pictures (B, C, H, W) -> logits (B, outputs): a backbone and a linear classifier.

    Batch normalisation keeps the statistics it was pretrained with: batches are small and alike.
    """

    def __init__(self, backbone: Backbone, outputs: int, dropout: float) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(backbone.dim, outputs))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(x).float())
        return logits

    def train(self, mode: bool = True) -> "SnippetClassifier":
        super().train(mode)
        for module in self.backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def augment(
    batch: NDArray[np.float32], stream: str, config: FeatureConfig, random: torch.Generator
) -> Tensor:
    """Random mirroring, cropping and lighting of each picture: (B, C, H, W) -> the same shape."""
    own = config.finetune
    if own.flip:
        mirrored = (torch.rand(len(batch), generator=random) < 0.5).numpy()
        batch[mirrored] = mirror(batch[mirrored], stream, config)
    x = torch.from_numpy(batch)
    if own.light:
        contrast, brightness = own.light * torch.randn(2, len(x), 1, 1, 1, generator=random)
        x = x * contrast.exp()
        shown = {"rgb": slice(None), "rgbdiff": slice(0, 1), "flow": slice(0)}[stream]
        x[:, shown] += brightness
    if own.crop == 1:
        return x
    kept = own.crop + (1 - own.crop) * torch.rand(len(batch), generator=random)
    shift = (2 * torch.rand(len(batch), 2, generator=random) - 1) * (1 - kept)[:, None]
    theta = torch.zeros(len(batch), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = kept
    theta[:, :, 2] = shift
    grid = nn.functional.affine_grid(theta, list(x.shape), align_corners=False)
    return nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def finetune(
    videos: Sequence[Labelled], classes: int, config: Config, stream: str, session: Session
) -> dict[str, Tensor]:
    """Train the backbone of one stream; returns its weights, for `Backbone.read`.

    Raises InputError where its pretrained weights are missing, VideoError for unreadable videos.
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
    outputs = classes + int(source.has_background)
    network = SnippetClassifier(backbone, outputs, own.dropout).to(session.device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    random = torch.Generator().manual_seed(config.seed)

    def loss_of() -> dict[str, Tensor]:
        batch, labels = source.draw(own.schedule.batch)
        x = augment(batch, stream, features, random)
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
    finally:
        source.close()
    return backbone.state()


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
    for stream in config.features.networks:
        # of everything that is set of the features, only what the pictures depend on
        settings = config.features.model_dump_json(exclude=_BEHIND_THE_BACKBONE)
        about = f"{data} {classes} {stream} {settings} {config.seed}"
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
