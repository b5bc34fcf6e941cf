"""Training proposals and what they are matched with: positive, incomplete, background.

Everything here is in rows of a `FeatureTable`, relative to the first row of each video.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from etp_core.timeline import tiou


@dataclass(frozen=True)
class Truth:
    """Ground truth of the training videos: video (M,), segments (M, 2) rows, labels (M,)."""

    video: Tensor
    segments: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Matched:
    """N proposals and the ground truth of highest tIoU of each.

    video (N,), segments (N, 2) rows, tiou (N,), truth (N,) a row of `Truth` or -1 where the video
    has none, inside (N,) the share of the proposal that lies in that ground truth.
    """

    video: Tensor
    segments: Tensor
    tiou: Tensor
    truth: Tensor
    inside: Tensor

    def where(self, mask: Tensor) -> "Matched":
        """The proposals that a mask or an index selects."""
        return Matched(*(getattr(self, field.name)[mask] for field in fields(self)))


def match(video: Tensor, segments: Tensor, truth: Truth) -> Matched:
    """Match proposals (N, 2) of videos (N,) with the ground truth of highest tIoU."""
    best, inside = torch.zeros(len(segments)), torch.zeros(len(segments))
    row = torch.full((len(segments),), -1, dtype=torch.long)
    for index in video.unique().tolist():
        here = (video == index).nonzero()[:, 0]
        there = (truth.video == index).nonzero()[:, 0]
        if len(there) == 0:
            continue
        overlap = torch.from_numpy(tiou(segments[here].numpy(), truth.segments[there].numpy()))
        value, at = overlap.max(dim=1)
        best[here], row[here] = value.float(), there[at]
        own, its = segments[here], truth.segments[there[at]]
        shared = torch.minimum(own[:, 1], its[:, 1]) - torch.maximum(own[:, 0], its[:, 0])
        inside[here] = (shared.clamp(min=0) / (own[:, 1] - own[:, 0])).float()
    return Matched(video, segments, best, row, inside)


def clip(segments: Tensor, length: Tensor, shortest: float) -> tuple[Tensor, Tensor]:
    """Clip (N, 2) to [0, length (N,)]; returns the clipped ones and which are still long enough."""
    clipped = torch.minimum(segments.clamp(min=0), length.to(segments)[:, None])
    return clipped, clipped[:, 1] - clipped[:, 0] >= shortest


def jitter(truth: Truth, lengths: Tensor, copies: int, seed: int) -> tuple[Tensor, Tensor]:
    """Proposals around the ground truth, of every quality: video (N,), segments (N, 2) rows.

    Centres move by a normal deviate of a quarter of the length, lengths by one of e^0.35. They
    teach the later stages the errors that a small training set does not happen to contain.
    """
    random = np.random.default_rng(seed)
    segments = np.repeat(truth.segments.numpy(), copies, axis=0)
    video = truth.video.repeat_interleave(copies)
    length = segments[:, 1] - segments[:, 0]
    spread = random.uniform(0.2, 1.5, len(length))
    centre = segments.mean(1) + 0.25 * spread * length * random.standard_normal(len(length))
    half = length * np.exp(0.35 * spread * random.standard_normal(len(length))) / 2
    moved = torch.from_numpy(np.stack([centre - half, centre + half], axis=1))
    moved, long_enough = clip(moved, lengths[video], 1.0)
    return video[long_enough], moved[long_enough]


def windows(lengths: Tensor, truth: Truth, copies: int, seed: int) -> tuple[Tensor, Tensor]:
    """Random windows as long as random instances: mostly background. video (N,), segments (N, 2).

    `copies` windows for every video of `lengths` (V,) rows.
    """
    random = np.random.default_rng(seed)
    video = torch.arange(len(lengths)).repeat_interleave(copies)
    span = (truth.segments[:, 1] - truth.segments[:, 0]).numpy()
    length = random.choice(span, len(video)) * random.uniform(0.5, 1.5, len(video))
    total = lengths[video].numpy().astype(np.float64)
    length = np.minimum(length, total)
    start = random.uniform(0, 1, len(video)) * (total - length)
    return video, torch.from_numpy(np.stack([start, start + length], axis=1))


class Drawer:
    """Draws rows of a set of proposals, every ground-truth instance (or video) equally often."""

    def __init__(self, rows: Tensor, owner: Tensor, seed: int) -> None:
        """rows (N,) to draw from; owner (N,) the instance that each belongs to."""
        self.rows = rows
        counts = torch.bincount(owner - owner.min()) if len(owner) else owner
        self._chance = 1.0 / counts[owner - owner.min()].double() if len(owner) else owner
        self.generator = torch.Generator().manual_seed(seed)

    def draw(self, count: int) -> Tensor:
        """`count` rows with replacement; none where there are none."""
        if len(self.rows) == 0:
            return self.rows
        at = torch.multinomial(self._chance, count, replacement=True, generator=self.generator)
        return self.rows[at]
