"""How stages 2 and 3 say where a proposal should be: centre and span relative to it (Eq. 4)."""

import torch
from torch import Tensor, nn


def encode(proposals: Tensor, truth: Tensor) -> Tensor:
    """Targets (c, s) relative to the proposals: (N, 2), (N, 2) -> (N, 2).

    c = (centre of truth - centre of proposal) / length, s = log(length of truth / length).
    """
    length = proposals[:, 1] - proposals[:, 0]
    shift = (truth.sum(1) - proposals.sum(1)) / 2 / length
    return torch.stack([shift, torch.log((truth[:, 1] - truth[:, 0]) / length)], dim=1)


def decode(proposals: Tensor, offsets: Tensor, most: float = 1.0) -> Tensor:
    """Inverse of `encode`: (N, 2) moved by offsets (N, 2); spans change at most e^most-fold."""
    length = proposals[:, 1] - proposals[:, 0]
    centre = proposals.sum(1) / 2 + offsets[:, 0] * length
    half = length * torch.exp(offsets[:, 1].clamp(-most, most)) / 2
    return torch.stack([centre - half, centre + half], dim=1)


def regression_loss(predicted: Tensor, target: Tensor, beta: float = 1.0) -> Tensor:
    """Smooth-L1, summed over (c, s) and averaged over the N proposals: (N, 2), (N, 2) -> scalar.

    Errors above `beta` count linearly.
    """
    if len(predicted) == 0:
        return predicted.sum()
    return 2 * nn.functional.smooth_l1_loss(predicted, target, beta=beta)
